"""``owners.yaml`` and ``notes.yaml``.

Not here: who is an active user (``mapping.owners``).
"""

from typing import Annotated

from pydantic import BeforeValidator, Field

from kartra_freshsales.mapping.decisions.base import Decisions


def _folded(value: object) -> object:
    return value.strip().casefold() if isinstance(value, str) else value


Email = Annotated[str, BeforeValidator(_folded)]


class Owners(Decisions):
    """Who owns records without an owner, and who takes over from people who left (S61)."""

    default_owner: Email = ""
    remap: dict[Email, Email] = Field(default_factory=dict)


class Notes(Decisions):
    """Whether Kartra's notes text becomes Freshsales notes, and how long they may be."""

    load: bool = True
    split_at: int = Field(default=10_000, ge=100, le=10_000)
