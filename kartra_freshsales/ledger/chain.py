"""The two append-only chains of a destination: how a row is hashed, and the check.

A row's hash covers its facts and the hash before it. What holds personal data goes in as a
hash of its own (``content_hash``), so that a purge can drop it and leave the chain whole.
Not here: appending (``intents``).
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Table, bindparam, select

from kartra_freshsales.errors import IntegrityError
from kartra_freshsales.ledger.records import ChainReport
from kartra_freshsales.ledger.states import IntentState, check_transition
from kartra_freshsales.ledger.tables import destination, intent, intent_event
from kartra_freshsales.ledger.text import canonical, digest

INTENT_FACTS = ("position", "run", "operation", "module", "payload_digest", "group_key",
                "batch", "planned_us", "content_hash")  # fmt: skip
INTENT_CONTENT = ("source_key", "payload", "pre_image", "way_back")
EVENT_FACTS = ("position", "intent_id", "before", "after", "freshsales_id", "at_us",
               "content_hash")  # fmt: skip
EVENT_CONTENT = ("detail",)

PURGED = "purged"
"""``after`` of an event that says: contents up to this intent were dropped on purpose."""

Row = Mapping[Any, Any]
_ROWS_AT_ONCE = 5000
_BEFORE_ALL = -(2**62)


def content_hash(row: Row, names: Iterable[str]) -> str:
    """The hash that stands in for the parts a purge may drop."""
    return digest({name: row[name] for name in names})


def link(previous: str, row: Row, names: Iterable[str]) -> str:
    """The hash of a row that follows the one with hash ``previous``."""
    facts = canonical({name: row[name] for name in names})
    return hashlib.sha256(f"{previous}\n{facts}".encode()).hexdigest()


@dataclass
class _Standing:
    """What the events say of the intents, and how far contents were purged."""

    states: dict[int, tuple[str, str, int | None]] = field(default_factory=dict)
    purged_to: int = 0
    emptied: list[Row] = field(default_factory=list)
    """Events whose detail is gone; a purge further on may account for it."""


class _Broken(Exception):
    """Internal: the first row that does not fit."""

    def __init__(self, row_id: int | None, reason: str) -> None:
        self.row_id = row_id
        self.reason = reason
        super().__init__(reason)


def verify(connection: Connection, destination_id: int) -> ChainReport:
    """Walk both chains from the start and compare them with what is derived from them."""
    ends = connection.execute(
        select(destination).where(destination.c.id == destination_id)
    ).one()
    counted: Counter[str] = Counter()
    try:
        standing = _events(connection, destination_id, counted)
        _same_end(counted["events"], ends.events, "events")
        _intents(connection, destination_id, standing, counted)
        _same_end(counted["intents"], ends.intents, "intents")
    except _Broken as broken:
        broken_at, reason, intact = broken.row_id, broken.reason, False
    else:
        broken_at, reason, intact = None, "", True
    return ChainReport(
        intact=intact,
        intents=counted["intents"],
        events=counted["events"],
        broken_at=broken_at,
        reason=reason,
    )


def _events(
    connection: Connection, destination_id: int, counted: Counter[str]
) -> _Standing:
    standing = _Standing()
    for row in _walk(connection, destination_id, intent_event, EVENT_FACTS, "event"):
        before = IntentState.PLANNED, "", None
        state, _, known = standing.states.get(row["intent_id"], before)
        if row["after"] == PURGED:
            standing.purged_to = max(standing.purged_to, row["intent_id"])
        else:
            _allowed(row, state)
            newest = row["freshsales_id"]
            standing.states[row["intent_id"]] = (
                row["after"],
                row["content_hash"],
                known if newest is None else newest,
            )
        if row["detail"] is None:
            standing.emptied.append(row)
        else:
            _content_fits(row, EVENT_CONTENT, purged=False, what="event")
        counted["events"] += 1
    for row in standing.emptied:
        purged = row["intent_id"] <= standing.purged_to
        _content_fits(row, EVENT_CONTENT, purged=purged, what="event")
    return standing


def _allowed(row: Row, state: str) -> None:
    if row["before"] != state:
        raise _Broken(row["id"], "an event does not start where the one before ended")
    try:
        check_transition(
            row["intent_id"], IntentState(row["before"]), IntentState(row["after"])
        )
    except (IntegrityError, ValueError):
        raise _Broken(row["id"], "an event makes a step that is not allowed") from None


def _intents(
    connection: Connection,
    destination_id: int,
    standing: _Standing,
    counted: Counter[str],
) -> None:
    last_id = 0
    for row in _walk(connection, destination_id, intent, INTENT_FACTS, "intent"):
        if row["id"] <= last_id:
            raise _Broken(row["id"], "an intent was renumbered")
        last_id = row["id"]
        purged = row["id"] <= standing.purged_to and row["payload"] is None
        _content_fits(row, INTENT_CONTENT, purged=purged, what="intent")
        _derived_fits(row, standing.states.get(row["id"]), purged=purged)
        counted["intents"] += 1


def _derived_fits(
    row: Row, said: tuple[str, str, int | None] | None, *, purged: bool
) -> None:
    state, detail, known = said or (IntentState.PLANNED, "", None)
    fits = row["state"] == state and row["freshsales_id"] == known
    if said and not purged:
        fits = fits and content_hash(row, EVENT_CONTENT) == detail
    if not fits:
        raise _Broken(row["id"], "an intent's state is not what its events say")


def _content_fits(row: Row, names: Iterable[str], *, purged: bool, what: str) -> None:
    if not purged and content_hash(row, names) != row["content_hash"]:
        raise _Broken(row["id"], f"the content of an {what} was changed")


def _walk(
    connection: Connection,
    destination_id: int,
    table: Table,
    names: Iterable[str],
    what: str,
) -> Iterator[Row]:
    """Rows in order, each checked against its own hash and the end against the head."""
    names, previous, expected = tuple(names), "", 1
    for row in _in_order(connection, destination_id, table):
        if row["position"] != expected:
            raise _Broken(row["id"], f"an {what} is missing before this one")
        if row["hash"] != link(previous, row, names):
            raise _Broken(row["id"], f"an {what} was changed")
        previous, expected = row["hash"], expected + 1
        yield row
    head = connection.execute(
        select(destination.c[f"{what}_head"]).where(destination.c.id == destination_id)
    ).scalar_one()
    if head != previous:
        raise _Broken(None, f"the last {what} is not the one that was written last")


def _in_order(connection: Connection, destination_id: int, table: Table) -> Iterator[Row]:
    """Rows by position, some at a time: a chain may be longer than memory."""
    query = (
        select(table)
        .where(table.c.destination_id == destination_id)
        .where(table.c.position > bindparam("last"))
        .order_by(table.c.position)
        .limit(_ROWS_AT_ONCE)
    )
    last = _BEFORE_ALL
    while rows := connection.execute(query, {"last": last}).mappings().all():
        yield from rows
        last = rows[-1]["position"]


def _same_end(found: int, expected: int, what: str) -> None:
    if found != expected:
        raise _Broken(None, f"there are {found} {what} where {expected} were written")
