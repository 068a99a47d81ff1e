"""``INSERT … ON CONFLICT`` for both databases, whose spellings SQLAlchemy keeps apart."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.elements import ColumnElement

Insert = sqlite.Insert | postgresql.Insert


def insert(connection: Connection, table: Table) -> Insert:
    """An insert that knows ``on_conflict_do_update`` of the connection's database."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


def put(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    keep: Collection[str] = (),
    compute: Mapping[str, ColumnElement[Any]] | None = None,
) -> None:
    """Insert rows, or replace those with the same primary key, in sets.

    Args:
        connection: a writing transaction.
        table: where to.
        rows: all with the same columns. Of two with one key the last stands.
        keep: columns that stay as they were first written.
        compute: columns whose new value depends on the standing row.
    """
    if not rows:
        return
    key = [column.name for column in table.primary_key]
    statement = insert(connection, table)
    changed: dict[str, Any] = {
        name: statement.excluded[name]
        for name in rows[0]
        if name not in key and name not in keep
    }
    changed |= compute or {}
    connection.execute(
        statement.on_conflict_do_update(index_elements=key, set_=changed),
        [dict(row) for row in rows],
    )
