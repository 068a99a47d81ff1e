"""Intents and their events: appending to the chains, stepping states, reading, purging.

Every function works inside the caller's transaction. Not here: hashing (``chain``).
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from kartra_freshsales.errors import IntegrityError
from kartra_freshsales.ledger import chain
from kartra_freshsales.ledger.records import Intent, IntentChange, NewIntent
from kartra_freshsales.ledger.states import (
    OPEN,
    IntentState,
    Operation,
    check_transition,
)
from kartra_freshsales.ledger.tables import destination, intent, intent_event
from kartra_freshsales.ledger.text import canonical, digest, from_text, from_us

_IN_ONE_QUERY = 500


def plan(
    connection: Connection,
    destination_id: int,
    run: str,
    intents: Sequence[NewIntent],
    now_us: int,
) -> list[Intent]:
    """Append intents in order; answers them with their ids."""
    if not intents:
        return []
    ends = _lock(connection, destination_id)
    rows = _new_rows(destination_id, ends.intents, run, intents, now_us)
    head = _chained(rows, ends.intent_head, chain.INTENT_FACTS)
    ids = _insert(connection, rows)
    _move_end(
        connection, destination_id, intents=ends.intents + len(rows), intent_head=head
    )
    return _written(ids, intents, rows, now_us)


def send(
    connection: Connection,
    destination_id: int,
    run: str,
    intents: Sequence[NewIntent],
    now_us: int,
    *,
    targets: Sequence[int | None],
) -> list[Intent]:
    """Append intents together with the step that they leave now.

    Args:
        connection: a writing transaction.
        destination_id: whose chains.
        run: whose intents.
        intents: in order.
        now_us: the time of both.
        targets: the record each of them goes to, where one stands already.

    Returns:
        The intents as they stand, in order: ``sent``.
    """
    if not intents:
        return []
    ends = _lock(connection, destination_id)
    rows = _new_rows(destination_id, ends.intents, run, intents, now_us)
    for row, target in zip(rows, targets, strict=True):
        row["state"], row["freshsales_id"] = str(IntentState.SENT), target
    intent_head = _chained(rows, ends.intent_head, chain.INTENT_FACTS)
    ids = _insert(connection, rows)
    events = [
        _event(
            destination_id,
            ends.events + at,
            IntentChange(number, IntentState.SENT, None, target),
            str(IntentState.PLANNED),
            now_us,
        )
        for at, (number, target) in enumerate(zip(ids, targets, strict=True), start=1)
    ]
    event_head = _chained(events, ends.event_head, chain.EVENT_FACTS)
    connection.execute(insert(intent_event), events)
    _move_end(
        connection,
        destination_id,
        intents=ends.intents + len(rows),
        intent_head=intent_head,
        events=ends.events + len(events),
        event_head=event_head,
    )
    return _written(ids, intents, rows, now_us)


def _new_rows(
    destination_id: int, end: int, run: str, intents: Iterable[NewIntent], now_us: int
) -> list[dict[str, Any]]:
    return [
        _new_row(destination_id, end + at, run, new, now_us)
        for at, new in enumerate(intents, start=1)
    ]


def _chained(rows: Iterable[dict[str, Any]], head: str, facts: Sequence[str]) -> str:
    """Give each row its hash; answers the last one."""
    for row in rows:
        head = row["hash"] = chain.link(head, row, facts)
    return head


def _insert(connection: Connection, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Insert intents; answers their ids in order."""
    connection.execute(insert(intent), rows)
    ids = connection.scalars(
        select(intent.c.id)
        .where(intent.c.destination_id == rows[0]["destination_id"])
        .where(intent.c.position >= rows[0]["position"])
        .order_by(intent.c.position)
    )
    return list(ids)


def _written(
    ids: Sequence[int],
    intents: Sequence[NewIntent],
    rows: Sequence[dict[str, Any]],
    now_us: int,
) -> list[Intent]:
    at = from_us(now_us)
    both = zip(ids, intents, rows, strict=True)
    return [_as_written(number, new, row, at) for number, new, row in both]


def _as_written(number: int, new: NewIntent, row: dict[str, Any], at: datetime) -> Intent:
    """The intent as it was just written; reading its documents back would cost as much."""
    return Intent(
        id=number,
        run=row["run"],
        operation=Operation(new.operation),
        module=str(new.module),
        source_key=new.source_key,
        payload_digest=new.payload_digest,
        payload=dict(new.payload),
        pre_image=None if new.pre_image is None else dict(new.pre_image),
        way_back=new.way_back,
        group=new.group,
        batch=new.batch,
        state=IntentState(row["state"]),
        detail=None,
        freshsales_id=row["freshsales_id"],
        planned_at=at,
        changed_at=at,
    )


def _new_row(
    destination_id: int, position: int, run: str, new: NewIntent, now_us: int
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "destination_id": destination_id,
        "position": position,
        "run": run,
        "operation": str(new.operation),
        "module": str(new.module),
        "source_key": new.source_key,
        "payload_digest": new.payload_digest,
        "payload": canonical(new.payload),
        "pre_image": None if new.pre_image is None else canonical(new.pre_image),
        "way_back": new.way_back,
        "group_key": new.group,
        "batch": new.batch,
        "planned_us": now_us,
        "state": str(IntentState.PLANNED),
        "detail": None,
        "freshsales_id": None,
        "changed_us": now_us,
    }
    row["content_hash"] = chain.content_hash(row, chain.INTENT_CONTENT)
    return row


def mark(
    connection: Connection,
    destination_id: int,
    changes: Sequence[IntentChange],
    now_us: int,
) -> None:
    """Take intents through the given steps, in order; all of them or none.

    Raises:
        IntegrityError: a step is not allowed, or an intent is not known here.
    """
    if not changes:
        return
    ends = _lock(connection, destination_id)
    states = _states(connection, destination_id, {change.intent_id for change in changes})
    events: list[dict[str, Any]] = []
    for at, change in enumerate(changes, start=1):
        before = states.get(change.intent_id)
        if before is None:
            raise IntegrityError(
                f"Intent {change.intent_id} is not in this ledger.",
                remedy="Open the ledger of the account that the load was made to.",
            )
        check_transition(change.intent_id, before, change.state)
        states[change.intent_id] = change.state
        events.append(_event(destination_id, ends.events + at, change, str(before), now_us))
    head = _chained(events, ends.event_head, chain.EVENT_FACTS)
    connection.execute(insert(intent_event), events)
    _derive(connection, events)
    _move_end(connection, destination_id, events=ends.events + len(events), event_head=head)


def _event(
    destination_id: int, position: int, change: IntentChange, before: str, now_us: int
) -> dict[str, Any]:
    event: dict[str, Any] = {
        "destination_id": destination_id,
        "position": position,
        "intent_id": change.intent_id,
        "before": before,
        "after": str(change.state),
        "detail": change.detail,
        "freshsales_id": change.freshsales_id,
        "at_us": now_us,
    }
    event["content_hash"] = _detail_hash(change.detail)
    return event


@lru_cache(maxsize=256)
def _detail_hash(detail: str | None) -> str:
    """Details are a few words, or none: the same over and over."""
    return chain.content_hash({"detail": detail}, chain.EVENT_CONTENT)


def _derive(connection: Connection, events: Iterable[dict[str, Any]]) -> None:
    newest = bindparam("newest_id", type_=intent.c.freshsales_id.type)
    connection.execute(
        update(intent)
        .where(intent.c.id == bindparam("which"))
        .values(
            state=bindparam("after"),
            detail=bindparam("said"),
            freshsales_id=func.coalesce(newest, intent.c.freshsales_id),
            changed_us=bindparam("at"),
        ),
        [
            {
                "which": event["intent_id"],
                "after": event["after"],
                "said": event["detail"],
                "newest_id": event["freshsales_id"],
                "at": event["at_us"],
            }
            for event in events
        ],
    )


def _states(
    connection: Connection, destination_id: int, ids: Iterable[int]
) -> dict[int, IntentState]:
    found: dict[int, IntentState] = {}
    for some in _in_slices(sorted(ids)):
        # Those of one request stand side by side: a range costs less than their list.
        dense = some[-1] - some[0] < 2 * _IN_ONE_QUERY
        which = intent.c.id.between(some[0], some[-1]) if dense else intent.c.id.in_(some)
        rows = connection.execute(
            select(intent.c.id, intent.c.state)
            .where(intent.c.destination_id == destination_id)
            .where(which)
        )
        found.update({number: IntentState(state) for number, state in rows})
    return found


def _in_slices(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), _IN_ONE_QUERY):
        yield ids[start : start + _IN_ONE_QUERY]


def find(
    connection: Connection,
    destination_id: int,
    *,
    batch: str | None = None,
    run: str | None = None,
    modules: Sequence[str] | None = None,
    states: Iterable[IntentState] | None = None,
) -> list[Intent]:
    """Intents in the order they were planned; ``None`` means any."""
    query = select(intent).where(intent.c.destination_id == destination_id)
    if batch is not None:
        query = query.where(intent.c.batch == batch)
    if run is not None:
        query = query.where(intent.c.run == run)
    if modules is not None:
        query = query.where(intent.c.module.in_([str(module) for module in modules]))
    if states is not None:
        query = query.where(intent.c.state.in_([str(state) for state in states]))
    return [
        _as_intent(row) for row in connection.execute(query.order_by(intent.c.position))
    ]


def purge(connection: Connection, destination_id: int, now_us: int) -> int:
    """Drop the personal contents of settled intents; hashes, counts and states stay.

    Returns:
        How many intents were emptied.

    Raises:
        IntegrityError: some intents are not settled yet.
    """
    ends = _lock(connection, destination_id)
    if find(connection, destination_id, states=OPEN):
        raise IntegrityError(
            "Some writes are not settled yet.", remedy="Finish or rerun the load first."
        )
    full = connection.execute(
        select(intent.c.id, intent.c.source_key)
        .where(intent.c.destination_id == destination_id)
        .where(intent.c.payload.is_not(None))
        .order_by(intent.c.position)
    ).all()
    if not full:
        return 0
    connection.execute(
        update(intent)
        .where(intent.c.id == bindparam("which"))
        .values(source_key=bindparam("hashed"), payload=None, pre_image=None, detail=None),
        [{"which": row.id, "hashed": digest(row.source_key)} for row in full],
    )
    connection.execute(
        update(intent_event)
        .where(intent_event.c.destination_id == destination_id)
        .values(detail=None)
    )
    _note_purge(connection, destination_id, ends, full[-1].id, now_us)
    return len(full)


def _note_purge(
    connection: Connection, destination_id: int, ends: Row[Any], last_id: int, now_us: int
) -> None:
    event: dict[str, Any] = {
        "destination_id": destination_id,
        "position": ends.events + 1,
        "intent_id": last_id,
        "before": "",
        "after": chain.PURGED,
        "detail": None,
        "freshsales_id": None,
        "at_us": now_us,
    }
    event["content_hash"] = chain.content_hash(event, chain.EVENT_CONTENT)
    event["hash"] = chain.link(ends.event_head, event, chain.EVENT_FACTS)
    connection.execute(insert(intent_event), [event])
    _move_end(connection, destination_id, events=ends.events + 1, event_head=event["hash"])


def _lock(connection: Connection, destination_id: int) -> Row[Any]:
    """Both chains' ends; nobody else appends until this transaction is over."""
    return connection.execute(
        select(destination).where(destination.c.id == destination_id).with_for_update()
    ).one()


def _move_end(connection: Connection, destination_id: int, **values: Any) -> None:
    connection.execute(
        update(destination).where(destination.c.id == destination_id).values(**values)
    )


def _as_intent(row: Row[Any]) -> Intent:
    return Intent(
        id=row.id,
        run=row.run,
        operation=Operation(row.operation),
        module=row.module,
        source_key=row.source_key,
        payload_digest=row.payload_digest,
        payload=from_text(row.payload),
        pre_image=None if row.pre_image is None else from_text(row.pre_image),
        way_back=row.way_back,
        group=row.group_key,
        batch=row.batch,
        state=IntentState(row.state),
        detail=row.detail,
        freshsales_id=row.freshsales_id,
        planned_at=from_us(row.planned_us),
        changed_at=from_us(row.changed_us),
    )
