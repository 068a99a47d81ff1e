"""``INSERT … ON CONFLICT`` for both databases, whose spellings SQLAlchemy keeps apart."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Table
from sqlalchemy.sql.elements import ColumnElement

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite


def insert(connection: Connection, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """An insert that knows ``on_conflict_do_update`` of the connection's database."""
    # A dialect is as large as the rest of SQLAlchemy's core: load the one that is used.
    if connection.dialect.name == "sqlite":
        from sqlalchemy.dialects.sqlite import insert as sqlite_insert  # noqa: PLC0415

        return sqlite_insert(table)
    from sqlalchemy.dialects.postgresql import insert as postgresql_insert  # noqa: PLC0415

    return postgresql_insert(table)


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
