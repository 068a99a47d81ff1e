"""Writing down what is about to happen, and what came of it, around every request.

An intent with its way back is committed before anything leaves; an identity is written
in the transaction that closes its intent. Not here: requests.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from kartra_freshsales.freshsales.records import Json
from kartra_freshsales.ledger.records import Identity, Intent, IntentChange, NewIntent
from kartra_freshsales.ledger.states import IntentState, Operation, Origin
from kartra_freshsales.loading.items import Item, Known, holds
from kartra_freshsales.loading.pages import id_of, older
from kartra_freshsales.loading.session import Session

WAYS_BACK: dict[Operation, str] = {
    Operation.CREATE: "Delete the record this creates.",
    Operation.UPDATE: "Write the pre-image back, field by field.",
    Operation.CREATE_NOTE: "Delete the note this creates.",
    Operation.UPLOAD: "None: the API cannot delete a file; it goes with its record.",
    Operation.CREATE_LIST: "None: the API cannot delete a list, only empty and rename it.",
    Operation.ADD_MEMBER: "Take those off the list who were not on it before.",
    Operation.DELETE: "None: it erases what an earlier rollback had deleted already.",
}
EXISTED = "existed_before"
NO_TRACE = "left_no_trace"
"""Details of intents: a create that met a record, and a write of which nothing is seen."""


def send_off(session: Session, items: Sequence[Item], group: str) -> list[Intent]:
    """Commit the intents of records that go out together, and that they leave now.

    Returns:
        The intents in order; those of updates name their record.
    """
    return session.ledger.send_intents(
        session.run,
        [
            new_intent(
                session,
                Operation.CREATE if item.creates else Operation.UPDATE,
                item.module,
                item.source_key,
                item.sent,
                digest=item.digest,
                pre_image=item.pre_image,
                group=group,
            )
            for item in items
        ],
        [item.freshsales_id for item in items],
    )


def new_intent(
    session: Session,
    operation: Operation,
    module: str,
    source_key: str,
    payload: Json,
    *,
    digest: str = "",
    pre_image: Json | None = None,
    group: str = "",
) -> NewIntent:
    """An intent of this batch with its way back."""
    return NewIntent(
        operation=operation,
        module=module,
        source_key=source_key,
        payload_digest=digest,
        payload=payload,
        pre_image=pre_image,
        way_back=WAYS_BACK[operation],
        group=group,
        batch=session.batch,
    )


def mark(
    session: Session,
    intents: Iterable[Intent],
    state: IntentState,
    detail: str | None = None,
) -> None:
    """Take intents one step further."""
    session.ledger.mark_intents([IntentChange(i.id, state, detail) for i in intents])


def confirm(
    session: Session,
    arrived: Sequence[tuple[Intent, Json]],
    known: Known,
    floor: datetime | None,
) -> set[str]:
    """Close intents whose record was seen, with their identities.

    Args:
        session: the load.
        arrived: intents with the record as it was read.
        known: identities of the module as they were.
        floor: a record that an earlier time shows as created was not made by us.

    Returns:
        Source keys of records that stood there before: ours to link to, not to delete.
    """
    existed = {
        intent.source_key
        for intent, seen in arrived
        if intent.operation is Operation.CREATE and older(seen, floor, "created_at")
    }
    session.ledger.conclude_intents(
        [
            _identity(intent, seen, known, existed=intent.source_key in existed)
            for intent, seen in arrived
        ],
        [
            # Undoing a create that turned out to be none would delete people's work.
            IntentChange(intent.id, IntentState.FAILED, EXISTED, id_of(seen))
            if intent.source_key in existed
            else IntentChange(intent.id, IntentState.CONFIRMED, None, id_of(seen))
            for intent, seen in arrived
        ],
    )
    return existed


def claim(
    session: Session, found: Sequence[tuple[Item, Json]], known: Known
) -> list[Intent]:
    """Take over records that an earlier call of ours made after all, without sending."""
    intents = send_off(session, [item for item, _ in found], "late_arrivals")
    seen = [(i, record) for i, (_, record) in zip(intents, found, strict=True)]
    confirm(session, seen, known, None)
    return intents


def sent_again(session: Session, lost: Intent) -> Intent:
    """The same write once more, as sent: what it makes was found, so nothing is sent."""
    new = NewIntent(
        operation=lost.operation,
        module=lost.module,
        source_key=lost.source_key,
        payload_digest=lost.payload_digest,
        payload=lost.payload,
        pre_image=lost.pre_image,
        way_back=lost.way_back,
        group="late_arrivals",
        batch=lost.batch,
    )
    [intent] = session.ledger.send_intents(session.run, [new], [None])
    return intent


def _identity(intent: Intent, seen: Json, known: Known, *, existed: bool) -> Identity:
    own = known.live(intent.source_key)
    number = id_of(seen)
    if own is not None and own.freshsales_id != number:
        own = None
    origin = Origin.ADOPTED if existed else Origin.CREATED
    if intent.operation is Operation.UPDATE:
        ours = own is not None and own.origin is Origin.CREATED
        origin = Origin.CREATED if ours else Origin.UPDATED
    return Identity(
        module=intent.module,
        source_key=intent.source_key,
        freshsales_id=number,
        origin=origin,
        written=(own.written if own else {}) | intent.payload,
        seen=seen,
        payload_hash=intent.payload_digest,
        batch=own.batch if own else intent.batch,
    )


def carried_out(intent: Intent, seen: Json) -> bool:
    """Whether a record shows that a write reached it.

    A create is proven by the record itself. An update is proven by any field that now
    stands as sent and did not before; a value the destination rewrote proves nothing.
    """
    if intent.operation is not Operation.UPDATE:
        return True
    stand = [key for key, value in intent.payload.items() if holds(key, value, seen)]
    earlier = intent.pre_image or {}
    moved = [key for key in stand if not holds(key, intent.payload[key], earlier)]
    return bool(moved) or len(stand) == len(intent.payload)
