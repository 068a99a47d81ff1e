"""The append-only record as it may be handed on: every fact, no personal content.

The facts are all that a row's hash covers, so both chains can be checked again by whoever
holds nothing but this. Not here: the check inside the ledger (``chain``).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl
from sqlalchemy import Connection, Table, select

from kartra_freshsales.errors import IntegrityError
from kartra_freshsales.ledger import chain
from kartra_freshsales.ledger.states import IntentState, check_transition
from kartra_freshsales.ledger.tables import approval, destination, intent, intent_event
from kartra_freshsales.ledger.text import from_us

_NUMBERS = ("id", "position", "intent_id", "planned_us", "at_us", "freshsales_id")
_ENDS = ("intents", "intent_head", "events", "event_head")


def _schema(*names: str) -> dict[str, pl.DataType]:
    return {name: pl.Int64() if name in _NUMBERS else pl.String() for name in names}


INTENTS = _schema("id", *chain.INTENT_FACTS, "hash", "state", "freshsales_id", "source_key")
EVENTS = _schema("id", *chain.EVENT_FACTS, "hash")
APPROVALS = _schema("kind", "subject", "digest", "approved_by", "run", "at_us")


@dataclass(frozen=True)
class ChainRecord:
    """Both chains of a destination, their ends, and the approvals.

    ``intents`` has the columns of ``INTENTS`` (its ``source_key`` names a person and is to
    be hidden by whoever hands it on), ``events`` those of ``EVENTS``, ``approvals`` those
    of ``APPROVALS``. ``ends`` says how long the chains are and which hash they end in.
    """

    intents: pl.DataFrame
    events: pl.DataFrame
    approvals: pl.DataFrame
    ends: Mapping[str, int | str]

    @property
    def as_of(self) -> str:
        """The time of the newest entry, ISO and UTC; the same for the same state."""
        newest = (self.events.get_column("at_us").max(), self.intents["planned_us"].max())
        known = [at for at in newest if isinstance(at, int)]
        return from_us(max(known)).isoformat(timespec="seconds") if known else ""


def read(connection: Connection, destination_id: int) -> ChainRecord:
    """Everything at one moment: the caller's transaction sees one state."""
    ends = connection.execute(
        select(*(destination.c[name] for name in _ENDS)).where(
            destination.c.id == destination_id
        )
    ).one()
    return ChainRecord(
        _frame(connection, destination_id, intent, INTENTS),
        _frame(connection, destination_id, intent_event, EVENTS),
        _frame(connection, destination_id, approval, APPROVALS),
        ends._asdict(),
    )


def _frame(
    connection: Connection,
    destination_id: int,
    table: Table,
    schema: Mapping[str, pl.DataType],
) -> pl.DataFrame:
    rows = connection.execute(
        select(*(table.c[name] for name in schema))
        .where(table.c.destination_id == destination_id)
        .order_by(table.c.get("position", table.c.id))
    ).all()
    return pl.DataFrame([tuple(row) for row in rows], schema=dict(schema), orient="row")


def fault_of(record: ChainRecord) -> str | None:
    """The first thing that does not hold in both chains, in words; ``None`` if all does."""
    return (
        _broken_link(record.events, chain.EVENT_FACTS, "event")
        or _wrong_end(record, "event")
        or _wrong_step(record)
        or _broken_link(record.intents, chain.INTENT_FACTS, "intent")
        or _wrong_end(record, "intent")
    )


def _broken_link(rows: pl.DataFrame, names: tuple[str, ...], what: str) -> str | None:
    previous = ""
    for expected, row in enumerate(rows.iter_rows(named=True), start=1):
        if row["position"] != expected:
            return f"{what} {expected} is missing"
        if row["hash"] != chain.link(previous, row, names):
            return f"{what} {expected} was changed"
        previous = row["hash"]
    return None


def _wrong_end(record: ChainRecord, what: str) -> str | None:
    rows = record.intents if what == "intent" else record.events
    head = rows.item(-1, "hash") if rows.height else ""
    if (rows.height, head) != (record.ends[f"{what}s"], record.ends[f"{what}_head"]):
        return f"the last {what} is not the one that was written last"
    return None


def _wrong_step(record: ChainRecord) -> str | None:
    """Every event goes on from the one before, and every intent stands where they end."""
    said: dict[int, tuple[str, int | None]] = {}
    for number, before, after, found in record.events.select(
        "intent_id", "before", "after", "freshsales_id"
    ).iter_rows():
        if after == chain.PURGED:
            continue
        state, known = said.get(number, (str(IntentState.PLANNED), None))
        if before != state or not _allowed(number, before, after):
            return f"a step of intent {number} is not allowed"
        said[number] = after, known if found is None else found
    for number, state, found in record.intents.select(
        "id", "state", "freshsales_id"
    ).iter_rows():
        if (state, found) != said.get(number, (str(IntentState.PLANNED), None)):
            return f"the state of intent {number} is not what its events say"
    return None


def _allowed(number: int, before: str, after: str) -> bool:
    try:
        check_transition(number, IntentState(before), IntentState(after))
    except (IntegrityError, ValueError):
        return False
    return True
