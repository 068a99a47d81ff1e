"""A simple model of what an account remembers, to compare the sandbox with.

It knows contacts and accounts, one unique key of each and two values; nothing of HTTP.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

Values = Mapping[str, str]

NOTHING: Final[Values] = MappingProxyType({})
KEY: Final = {"contacts": "email", "sales_accounts": "name"}
"""What is unique, whatever its letter case, and stays taken in the bin (reference 4)."""


@dataclass
class Row:
    """One record; ``made`` and ``changed`` tell the order of writes."""

    id: int
    values: dict[str, str]
    made: int
    changed: int
    binned: bool = False


@dataclass
class Shelf:
    """All records of one kind."""

    module: str
    rows: dict[int, Row] = field(default_factory=dict)
    forgotten: set[int] = field(default_factory=set)
    writes: int = 0

    def holder(self, key: str) -> Row | None:
        """The record that holds a key, in the bin or not."""
        wanted = key.casefold()
        own = KEY[self.module]
        rows = self.rows.values()
        return next((row for row in rows if row.values[own].casefold() == wanted), None)

    def seen(self) -> list[int]:
        """Every id there ever was."""
        return sorted({*self.rows, *self.forgotten})

    def live(self, record_id: int) -> Row | None:
        """The record, unless it is unknown, forgotten or in the bin."""
        row = self.rows.get(record_id)
        return None if row is None or row.binned else row

    def may_hold(self, key: str | None, own: Row | None = None) -> bool:
        """Whether a key is free, or the record's own."""
        holder = None if key is None else self.holder(key)
        return holder is None or holder is own

    def make(self, record_id: int, values: Values) -> None:
        """A record is created."""
        self.writes += 1
        self.rows[record_id] = Row(record_id, dict(values), self.writes, self.writes)

    def change(self, row: Row, values: Values = NOTHING, *, binned: bool = False) -> None:
        """A record is written to, or goes to the bin."""
        self.writes += 1
        row.values |= values
        row.changed, row.binned = self.writes, binned

    def forget(self, record_id: int) -> None:
        """A record is erased for good."""
        del self.rows[record_id]
        self.forgotten.add(record_id)

    def ordered(self, sort: str, way: str, *, binned: bool = False) -> list[int]:
        """The ids of a view, in order; equal names stand in the order of ids."""
        rows = [row for row in self.rows.values() if row.binned is binned]
        keys: dict[str, Callable[[Row], Any]] = {
            "id": lambda row: row.id,
            "created_at": lambda row: row.made,
            "updated_at": lambda row: row.changed,
            "name": lambda row: (self.name(row).lower(), row.id),
        }
        rows.sort(key=keys[sort], reverse=way == "desc")
        return [row.id for row in rows]

    def name(self, row: Row) -> str:
        """What a record is called."""
        return row.values.get("last_name" if self.module == "contacts" else "name", "")
