"""``INSERT … ON CONFLICT`` for both databases, whose spellings SQLAlchemy keeps apart."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Table
from sqlalchemy.sql.elements import ColumnElement

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

Compute = Callable[[Any], Mapping[str, ColumnElement[Any]]]
"""Makes new values that depend on the standing row out of the rows to be inserted."""


def insert(connection: Connection, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """An insert that knows ``on_conflict_do_update`` of the connection's database."""
    return _insert(connection.dialect.name, table)


def _insert(dialect: str, table: Table) -> "sqlite.Insert | postgresql.Insert":
    # A dialect is as large as the rest of SQLAlchemy's core: load the one that is used.
    if dialect == "sqlite":
        from sqlalchemy.dialects.sqlite import insert as sqlite_insert  # noqa: PLC0415

        return sqlite_insert(table)
    from sqlalchemy.dialects.postgresql import insert as postgresql_insert  # noqa: PLC0415

    return postgresql_insert(table)


def put(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    keep: frozenset[str] = frozenset(),
    compute: Compute | None = None,
) -> None:
    """Insert rows, or replace those with the same primary key, in sets.

    Args:
        connection: a writing transaction.
        table: where to.
        rows: all with the same columns. Of two with one key the last stands.
        keep: columns that stay as they were first written.
        compute: columns whose new value depends on the standing row; a function that
            lives as long as the process, since its statement is kept.
    """
    if not rows:
        return
    names = tuple(rows[0])
    statement = _statement(connection.dialect.name, table, names, keep, compute)
    connection.execute(statement, [dict(row) for row in rows])


@lru_cache(maxsize=64)
def _statement(
    dialect: str,
    table: Table,
    names: tuple[str, ...],
    keep: frozenset[str],
    compute: Compute | None,
) -> "sqlite.Insert | postgresql.Insert":
    """Made once: spelling it out costs as much as a hundred rows."""
    key = [column.name for column in table.primary_key]
    statement = _insert(dialect, table)
    changed: dict[str, Any] = {
        name: statement.excluded[name]
        for name in names
        if name not in key and name not in keep
    }
    changed |= compute(statement.excluded) if compute else {}
    return statement.on_conflict_do_update(index_elements=key, set_=changed)
