"""Pages of ids, each begun where the one before it ended.

SQLite counts out what lies before a page, which at a million records takes longer than all
else. So the end of the last page read is kept, and holds until a record changes.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any, Final

_DIFFERING: Final = frozenset({"id", "created_us", "updated_us"})
"""Columns in which no two records share a value."""
_MOST_ENDS: Final = 500


@dataclass(frozen=True)
class Rows:
    """Records of a module in an order, all by clauses of ours."""

    module: str
    where: str
    args: tuple[Any, ...]
    order: str


@dataclass(frozen=True)
class _End:
    """The place after a page (from 0), the id right before it, and as of which version."""

    version: int
    place: int
    last: int


class DeepPages:
    """The ends of pages of one store."""

    def __init__(self, sql: sqlite3.Connection) -> None:
        self._sql = sql
        self._ends: dict[Rows, _End] = {}

    def ids(self, rows: Rows, place: int, most: int, version: int | None) -> list[int]:
        """At most so many ids from a place (from 0) on.

        ``version`` must differ whenever the rows may; ``None`` where nobody can tell, then
        nothing is kept.
        """
        column, _, way = rows.order.partition(" ")
        end = self._ends.get(rows)
        clause, args, skipped = "", rows.args, place
        if end is not None and (end.version, end.place) == (version, place):
            sign = ">" if way == "ASC" else "<"
            clause = f"AND {column} {sign} (SELECT {column} FROM {rows.module} WHERE id=?)"
            args, skipped = (*rows.args, end.last), 0
        found = self._sql.execute(
            f"SELECT id FROM {rows.module} WHERE {rows.where} {clause}"
            f" ORDER BY {rows.order} LIMIT ? OFFSET ?",
            (*args, most, skipped),
        )
        ids = [int(row[0]) for row in found]
        if ids and version is not None and column in _DIFFERING:
            if len(self._ends) >= _MOST_ENDS:
                self._ends.clear()
            self._ends[rows] = _End(version, place + len(ids), ids[-1])
        return ids
