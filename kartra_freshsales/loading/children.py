"""Making things that hang on records and have no natural key: once, whatever happens.

Each goes out alone, its intent first. A call that was not answered is looked for under its
record before it is sent again. What a kind of thing looks like and which calls make it is
told by its ``Kind``. Not here: the kinds (``activities``, ``files``), notes, which may have
several parts (``notes``).
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Protocol

from kartra_freshsales.errors import DestinationError, Forbidden, NotFound, Refused
from kartra_freshsales.errors import UnknownOutcome as Unknown
from kartra_freshsales.freshsales.modules import Module
from kartra_freshsales.freshsales.records import Json
from kartra_freshsales.freshsales.request_log import carrying
from kartra_freshsales.ledger.records import Identity, Intent, IntentChange
from kartra_freshsales.ledger.states import IntentState, Operation, Origin
from kartra_freshsales.loading import journal
from kartra_freshsales.loading.bulk import NO_ANSWER
from kartra_freshsales.loading.items import Item
from kartra_freshsales.loading.pages import id_of
from kartra_freshsales.loading.results import Results
from kartra_freshsales.loading.session import Session
from kartra_freshsales.loading.settle import never_left, without_trace
from kartra_freshsales.loading.words import verdict_of

Ids = Mapping[tuple[str, str], int]

TARGETS = {"contacts": "Contact", "leads": "Lead", "deals": "Deal"}
"""Endpoint → what a thing calls the record it hangs on."""

ON = "on"
"""Key of an intent's payload: the endpoint of the record that the thing hangs on."""

_LINKS = {"deal": (Module.DEALS,), "contact": (Module.CONTACTS, Module.LEADS)}
_PARENT = "Its contact or deal is not in Freshsales: see that record's own row first."


class Kind(Protocol):
    """One kind of thing: its calls and its flat form."""

    module: str
    operation: Operation

    def send(self, payload: Json) -> Json:
        """Make it; answers what the call answered, with its id."""

    def standing(self, payload: Json) -> Iterable[Json]:
        """Things of this kind that stand where it was to be made."""

    def is_it(self, payload: Json, record: Json) -> bool:
        """Whether a standing thing is the one that was sent."""

    def written(self, payload: Json) -> Json:
        """What of a payload is compared with what is read back."""

    def seen(self, payload: Json, record: Json) -> Json:
        """What was answered, in the form of ``written``, with its id."""

    def read_back(self, payload: Json, record: Json) -> Json:
        """The whole of what was made, where the answer to its call told only a part."""


def with_parent(session: Session, record: Json, ids: Ids) -> Json | None:
    """The payload with its link as an id and ``ON``; ``None`` if nothing is there yet.

    A file of a deal names the deal's contact besides, which is no link of its own.
    """
    link = next((key for key in _LINKS if record.get(key) is not None), "contact")
    for module in _LINKS[link]:
        found = ids.get((str(module), str(record.get(link))))
        if found is not None:
            own = {key: value for key, value in record.items() if key not in _LINKS}
            return {**own, link: found, ON: session.endpoint(str(module))}
    return None


def place_of(payload: Json) -> tuple[str, int]:
    """Endpoint and id of the record that a thing hangs on."""
    number = next(payload[key] for key in _LINKS if payload.get(key) is not None)
    return str(payload[ON]), int(str(number))


def no_parent(item: Item, results: Results) -> None:
    """Settle a thing whose record is not there (S18)."""
    results.settle(item, "refused", reason="parent_not_loaded", remedy=_PARENT)


def deliver(
    session: Session, kind: Kind, item: Item, payload: Json, results: Results
) -> None:
    """Make one thing, and settle it.

    Raises:
        DestinationError: the account cannot be reached or refuses the key.
    """
    for _ in range(session.policy.attempts):
        intent = _sent(session, kind, item, payload)
        try:
            with carrying([intent]):
                record = kind.send(payload)
        except Unknown as error:
            journal.mark(session, [intent], IntentState.UNKNOWN, "no_answer")
            patience = session.policy.after(error.status)
            found = _found_in_time(session, kind, intent, patience)
            if found is None:
                journal.mark(session, [intent], IntentState.FAILED, journal.NO_TRACE)
                continue
            record = found
        except (Refused, NotFound, Forbidden) as error:
            verdict = verdict_of(error, kind.written(payload))
            journal.mark(session, [intent], IntentState.FAILED, verdict.reason)
            results.settle(item, "refused", reason=verdict.reason, remedy=verdict.remedy)
            return
        except DestinationError:
            journal.mark(session, [intent], IntentState.FAILED, "not_carried_out")
            raise
        seen = confirm(session, kind, intent, record)
        results.settle(
            item,
            "created",
            freshsales_id=id_of(record),
            written=kind.written(payload),
            seen=seen,
        )
        return
    results.settle(item, "failed", reason="no_answer", remedy=NO_ANSWER)


def _sent(session: Session, kind: Kind, item: Item, payload: Json) -> Intent:
    new = journal.new_intent(
        session, kind.operation, kind.module, item.source_key, payload, digest=item.digest
    )
    [intent] = session.ledger.send_intents(session.run, [new], [None])
    return intent


def confirm(session: Session, kind: Kind, intent: Intent, record: Json) -> Json:
    """Remember a thing that stands there and close its intent; answers it as seen.

    It is remembered before it is read back: a crash in between costs only a look.
    """
    seen = kind.seen(intent.payload, record)
    identity = Identity(
        kind.module,
        intent.source_key,
        id_of(record),
        Origin.CREATED,
        kind.written(intent.payload),
        seen,
        intent.payload_digest,
        intent.batch,
    )
    change = IntentChange(intent.id, IntentState.CONFIRMED, None, identity.freshsales_id)
    session.ledger.conclude_intents([identity], [change])
    whole = kind.read_back(intent.payload, record)
    if whole is record:
        return seen
    read = replace(identity, seen=kind.seen(intent.payload, whole))
    session.ledger.put_identities([read])
    return read.seen


def find(session: Session, kind: Kind, intent: Intent) -> Json | None:
    """Look where a thing was to be made; what other source records are is none of it."""
    known = session.ledger.identity_ids([kind.module])
    others = {n for (_, key), n in known.items() if key != intent.source_key}
    try:
        standing = kind.standing(intent.payload)
        return next(
            (
                record
                for record in standing
                if id_of(record) not in others and kind.is_it(intent.payload, record)
            ),
            None,
        )
    except NotFound:
        return None


def settle(session: Session, kind: Kind) -> None:
    """Find out what became of things an earlier run left open."""
    opened = (
        intent
        for intent in session.ledger.left_open([kind.module])
        if intent.operation is kind.operation and "undoes" not in intent.payload
    )
    for intent in never_left(session, opened):
        age = (session.policy.now() - intent.changed_at).total_seconds()
        left = max(0.0, session.policy.silent_patience - age)
        record = _found_in_time(session, kind, intent, left)
        if record is None:
            journal.mark(session, [intent], IntentState.FAILED, journal.NO_TRACE)
        else:
            confirm(session, kind, intent, record)
    _claim_late(session, kind)


def _claim_late(session: Session, kind: Kind) -> None:
    """Things that left no trace may have arrived after all, when nobody looked any more."""
    lost = without_trace(session, kind.module, kind.operation)
    known = session.ledger.identity_ids([kind.module])
    for tries in (t for key, t in lost.items() if (kind.module, key) not in known):
        record = find(session, kind, tries[-1])
        if record is not None:
            confirm(session, kind, journal.sent_again(session, tries[-1]), record)


def _found_in_time(
    session: Session, kind: Kind, intent: Intent, patience: float
) -> Json | None:
    """A call that was on its way may still arrive."""
    for _ in session.policy.tries(patience):
        record = find(session, kind, intent)
        if record is not None:
            return record
    return None
