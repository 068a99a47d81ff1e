"""Fields that people changed at the destination while the source changed too."""

from collections.abc import Collection, Sequence
from dataclasses import fields

import polars as pl
from sqlalchemy import Connection, bindparam, delete, select

from kartra_freshsales.ledger import upsert
from kartra_freshsales.ledger.records import Conflict
from kartra_freshsales.ledger.tables import conflict

SCHEMA = dict.fromkeys((field.name for field in fields(Conflict)), pl.String)


def put(
    connection: Connection, destination_id: int, conflicts: Sequence[Conflict], now_us: int
) -> None:
    """Write conflicts; one per record and field, the newest stands."""
    rows = [
        {
            "destination_id": destination_id,
            "module": str(item.module),
            "source_key": item.source_key,
            "field": item.field,
            "source": item.source,
            "written": item.written,
            "found": item.destination,
            "resolution": item.resolution,
            "run": item.run,
            "at_us": now_us,
        }
        for item in conflicts
    ]
    upsert.put(connection, conflict, rows)


def settle(
    connection: Connection,
    destination_id: int,
    planned: Collection[tuple[str, str]],
    still: Sequence[Conflict],
) -> None:
    """Drop the conflicts of planned records that the plan no longer found."""
    open_now = {(str(c.module), c.source_key, c.field) for c in still}
    columns = conflict.c
    known = connection.execute(
        select(columns.module, columns.source_key, columns.field).where(
            columns.destination_id == destination_id
        )
    ).all()
    over = [
        {"of_module": module, "of_key": key, "of_field": field}
        for module, key, field in known
        if (module, key) in planned and (module, key, field) not in open_now
    ]
    if over:
        connection.execute(
            delete(conflict)
            .where(columns.destination_id == destination_id)
            .where(columns.module == bindparam("of_module"))
            .where(columns.source_key == bindparam("of_key"))
            .where(columns.field == bindparam("of_field")),
            over,
        )


def purge(connection: Connection, destination_id: int) -> None:
    """Drop them: a conflict is nothing but values of a record."""
    connection.execute(delete(conflict).where(conflict.c.destination_id == destination_id))


def frame(connection: Connection, destination_id: int) -> pl.DataFrame:
    """Every conflict, with the columns of ``records.Conflict``."""
    columns = conflict.c
    rows = connection.execute(
        select(
            columns.module,
            columns.source_key,
            columns.field,
            columns.source,
            columns.written,
            columns.found,
            columns.resolution,
            columns.run,
        ).where(columns.destination_id == destination_id)
    ).all()
    found = pl.DataFrame([tuple(row) for row in rows], schema=SCHEMA, orient="row")
    return found.sort("module", "source_key", "field")
