"""Which source record became which Freshsales record.

Every function works inside the caller's transaction.
"""

from collections.abc import Sequence
from typing import Any

import polars as pl
from sqlalchemy import Connection, Select, and_, bindparam, case, select, update
from sqlalchemy.sql.elements import ColumnElement

from kartra_freshsales.ledger import upsert
from kartra_freshsales.ledger.records import Identity
from kartra_freshsales.ledger.states import IdentityState, Origin
from kartra_freshsales.ledger.tables import identity
from kartra_freshsales.ledger.text import canonical, digest

SCHEMA = {
    "module": pl.String,
    "source_key": pl.String,
    "freshsales_id": pl.Int64,
    "origin": pl.String,
    "written": pl.String,
    "seen": pl.String,
    "payload_hash": pl.String,
    "batch": pl.String,
    "state": pl.String,
}
_ROWS_AT_ONCE = 50_000


def put(
    connection: Connection, destination_id: int, identities: Sequence[Identity], now_us: int
) -> None:
    """Write identities, or what is new about them.

    A record we created stays ``created`` for as long as it lives: a later update does not
    make it somebody else's, so that a rollback still deletes it.
    """
    rows = [
        {
            "destination_id": destination_id,
            "module": str(item.module),
            "source_key": item.source_key,
            "freshsales_id": item.freshsales_id,
            "origin": str(item.origin),
            "written": canonical(item.written),
            "seen": canonical(item.seen),
            "payload_hash": item.payload_hash,
            "batch": item.batch,
            "state": str(item.state),
            "changed_us": now_us,
        }
        # One order for all writers, or two of them could wait for each other for ever.
        for item in sorted(identities, key=lambda item: (str(item.module), item.source_key))
    ]
    upsert.put(connection, identity, rows, compute=_origin)


def _origin(new: Any) -> dict[str, ColumnElement[Any]]:
    still_ours = and_(
        identity.c.origin == str(Origin.CREATED),
        identity.c.state == str(IdentityState.LIVE),
        identity.c.freshsales_id == new.freshsales_id,
    )
    return {"origin": case((still_ours, identity.c.origin), else_=new.origin)}


def mark(
    connection: Connection,
    destination_id: int,
    keys: Sequence[tuple[str, str]],
    state: IdentityState,
    now_us: int,
) -> None:
    """Set the state of identities given as (module, source key)."""
    if not keys:
        return
    connection.execute(
        update(identity)
        .where(identity.c.destination_id == destination_id)
        .where(identity.c.module == bindparam("of_module"))
        .where(identity.c.source_key == bindparam("of_key"))
        .values(state=str(state), changed_us=now_us),
        [{"of_module": str(module), "of_key": key} for module, key in keys],
    )


def purge(connection: Connection, destination_id: int, now_us: int) -> None:
    """Drop documents and replace each source key by its hash; ids and states stay."""
    keys = connection.execute(
        select(identity.c.module, identity.c.source_key)
        .where(identity.c.destination_id == destination_id)
        .where(identity.c.written != "")
    ).all()
    if not keys:
        return
    connection.execute(
        update(identity)
        .where(identity.c.destination_id == destination_id)
        .where(identity.c.module == bindparam("of_module"))
        .where(identity.c.source_key == bindparam("of_key"))
        .values(source_key=bindparam("hashed"), written="", seen="", changed_us=now_us),
        [
            {"of_module": module, "of_key": key, "hashed": digest(key)}
            for module, key in keys
        ],
    )


def frame(
    connection: Connection, destination_id: int, modules: Sequence[str] | None
) -> pl.DataFrame:
    """Every identity with its documents, ordered by module and source key."""
    query = _of(select(*(identity.c[name] for name in SCHEMA)), destination_id, modules)
    found = connection.execute(query.execution_options(yield_per=_ROWS_AT_ONCE))
    parts = [
        pl.DataFrame(list(zip(*part, strict=True)), schema=SCHEMA, orient="col")
        for part in found.partitions()
    ]
    # Sorted here: databases order text by rules of their own.
    return pl.concat([pl.DataFrame(schema=SCHEMA), *parts]).sort("module", "source_key")


def ids(
    connection: Connection, destination_id: int, modules: Sequence[str] | None
) -> dict[tuple[str, str], int]:
    """(module, source key) → Freshsales id, of the live ones."""
    query = _of(
        select(identity.c.module, identity.c.source_key, identity.c.freshsales_id),
        destination_id,
        modules,
    ).where(identity.c.state == str(IdentityState.LIVE))
    return {(module, key): found for module, key, found in connection.execute(query)}


def _of(
    query: Select[Any], destination_id: int, modules: Sequence[str] | None
) -> Select[Any]:
    query = query.where(identity.c.destination_id == destination_id)
    if modules is None:
        return query
    return query.where(identity.c.module.in_([str(module) for module in modules]))
