"""What a handler is given (a call), what it gives back (an answer), and paging."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kartra_freshsales.sandbox.config import Faults
from kartra_freshsales.sandbox.faults import FaultPlan
from kartra_freshsales.sandbox.refusal import bad
from kartra_freshsales.sandbox.world import World

PER_PAGE = 25
MOST_PER_PAGE = 100


@dataclass(frozen=True)
class Answer:
    """A status and a JSON body."""

    payload: Any
    status: int = 200


@dataclass(frozen=True)
class Call:
    """One authorised request, its query read leniently (the last of repeated keys wins)."""

    world: World
    params: Mapping[str, Any]
    query: Mapping[str, str]
    body: Any = None
    raw: bytes = b""
    content_type: str = ""
    base: str = ""
    faults: FaultPlan = field(default_factory=lambda: FaultPlan(Faults()))
    number_of_request: int | None = None

    def number(self, key: str, default: int) -> int:
        """A query value as a whole number, read as far as it is one ("50x" is 50)."""
        text = self.query.get(key, "").strip()
        digits = ""
        for char in text:
            if not char.isdigit():
                break
            digits += char
        return int(digits) if digits and len(digits) < 10 else default

    @property
    def paging(self) -> tuple[int, int]:
        """``(page, per_page)``: from 1, and 0 to 100."""
        return max(1, self.number("page", 1)), min(
            MOST_PER_PAGE, self.number("per_page", PER_PAGE)
        )

    def mapping(self, singular: str | None = None) -> dict[str, Any]:
        """The body as a mapping, unwrapped from ``singular`` when it is wrapped."""
        body = self.body
        if singular and isinstance(body, dict) and isinstance(body.get(singular), dict):
            body = body[singular]
        if not isinstance(body, dict):
            raise bad("Invalid or missing attributes")
        return body


Handler = Callable[[Call], Answer]


def page_meta(total: int, per_page: int) -> dict[str, Any]:
    """The ``meta`` object of a list answer."""
    pages = -(-total // per_page) if per_page else 0
    return {"total_pages": pages, "total": total}
