"""What the checks of the other client's operations are made of; the checks stand beside it.

Names are those of the client's first generation; ``RENAMED`` gives the second's.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from kartra_freshsales_tests.sandbox.scenario import got, made, view_id

RENAMED: Final = {
    "tasks.list_tasks": "list_all_tasks",
    "appointments.list_appointments": "list_all_appointments",
    "sales_activities.create_activity": "create_sales_activity",
    "sales_activities.view_activity": "view_sales_activity",
    "sales_activities.list_activities": "list_all_sales_activities",
    "sales_activities.list_fields": "list_all_sales_activity_fields",
    "sales_activities.update_activity": "update_sales_activity",
    "sales_activities.delete_activity": "delete_sales_activity",
}
"""What the client's second generation calls the same operations."""


class Caller:
    """The client's methods by the names of its first generation; keeps what was called."""

    def __init__(self, api: Any, names: dict[str, str]) -> None:
        self.api = api
        self.names = names
        self.called: set[str] = set()

    def __call__(self, operation: str, *args: Any, **values: Any) -> Any:
        """Call ``area.method``."""
        self.called.add(operation)
        area, _, method = operation.partition(".")
        method = self.names.get(operation, method)
        return getattr(getattr(self.api, area), method)(*args, **values)


@dataclass(frozen=True)
class Ground:
    """The account the client works on, seen with our own eyes, and words never used."""

    crm: httpx.Client
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def word(self) -> str:
        """A name no record has yet."""
        return f"Name {next(self.numbers)}"

    def email(self) -> str:
        """An address no record has yet."""
        return f"person{next(self.numbers)}@example.com"

    def made(self, module: str, **values: Any) -> int:
        """The id of a new record with the least it needs."""
        least: dict[str, Any] = {"name": self.word()}
        if module == "contacts":
            least = {"email": self.email()}
        if module == "deals":
            least["amount"] = 1
        return int(made(self.crm, module, **{**least, **values})["id"])

    def read(self, module: str, record_id: int, include: str = "") -> dict[str, Any]:
        """A record as it stands."""
        return got(self.crm, module, record_id, include)

    def view(self, module: str, name: str) -> int:
        """The id of a view."""
        return view_id(self.crm, module, name)

    def gone(self, path: str) -> bool:
        """Whether nothing is there any more."""
        return self.crm.get(path).status_code == 404


def kind(item: object) -> str:
    """The name of the client's model; each generation has classes of its own."""
    return type(item).__name__


Operation = Callable[[Caller, Ground], None]


class Table(dict[str, Operation]):
    """Checks by ``area.method``."""

    def entry(self, name: str) -> Callable[[Operation], Operation]:
        """Enter a check; one may stand for several operations."""

        def entered(check: Operation) -> Operation:
            self[name] = check
            return check

        return entered
