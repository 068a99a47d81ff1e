"""Loading notes: one call each, since there is no bulk call for them.

A note has no natural key: where a call was not answered, its contact's notes are read and
compared by text before it is sent again. Not here: records (``bulk``).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from kartra_freshsales.errors import DestinationError, Forbidden, NotFound, Refused
from kartra_freshsales.errors import UnknownOutcome as Unknown
from kartra_freshsales.freshsales.comparison import same
from kartra_freshsales.freshsales.modules import Module
from kartra_freshsales.freshsales.records import Json
from kartra_freshsales.freshsales.request_log import carrying
from kartra_freshsales.ledger.records import Identity, Intent, IntentChange
from kartra_freshsales.ledger.states import IntentState, Operation, Origin
from kartra_freshsales.loading import journal
from kartra_freshsales.loading.bulk import NO_ANSWER
from kartra_freshsales.loading.checks import sort_out
from kartra_freshsales.loading.items import Item, Known, KnownRecord, items_of
from kartra_freshsales.loading.results import Results
from kartra_freshsales.loading.session import Session
from kartra_freshsales.loading.settle import never_left, without_trace
from kartra_freshsales.loading.words import verdict_of

LONGEST = 10_000
"""Characters; longer notes are split (reference, section 12.25)."""

TARGETS = {"contacts": "Contact", "leads": "Lead"}
"""Endpoint → what a note calls the record it hangs on."""

NOTES = str(Module.NOTES)
_NOTES_OF_OURS = frozenset({Operation.CREATE_NOTE, Operation.UPDATE})
_PARENT = "Its contact is not in Freshsales: see that record's own row first."
_SPLIT = "The note was split into several; change them by hand in Freshsales."
_EVERY = 25

Ids = Mapping[tuple[str, str], int]


def load_notes(session: Session, results: Results, ids: Ids, *, verify: bool) -> None:
    """Load the notes of a plan.

    Args:
        session: the load.
        results: holds the plan's rows of notes, takes their outcomes.
        ids: of every contact (and lead) that stands there.
        verify: read each note back through its contact; without, the answer to its own
            call is what was seen.
    """
    settle_notes(session)
    known = Known.read(session.ledger, NOTES, results.plan["source_key"].to_list())
    unfinished, others = [], []
    for item in items_of(results.plan):
        own = known.live(item.source_key)
        if own is not None and own.payload_hash == item.digest:
            _written_already(item, own, results)
        elif item.creates and own is not None and not own.payload_hash:
            unfinished.append(item)  # some parts stand there; the hash comes with the last
        else:
            others.append(item)
    desk = _Desk(session, results, ids, known, verify)
    going = [*unfinished, *sort_out(session, others, known, results)]
    for at, item in enumerate(going, start=1):
        desk.deliver(item)
        if at % _EVERY == 0:
            results.tell()
    results.tell()


def _written_already(item: Item, own: KnownRecord, results: Results) -> None:
    results.settle(
        item,
        "skipped",
        freshsales_id=own.freshsales_id,
        written=own.written,
        seen=own.seen,
    )


def parts_of(description: str) -> list[str]:
    """A text in pieces that a note can hold, cut at line ends or spaces where it can."""
    parts, rest = [], description
    while len(rest) > LONGEST:
        head = rest[:LONGEST]
        cut = max(head.rfind("\n"), head.rfind(" ")) + 1
        cut = cut if cut > LONGEST // 2 else LONGEST
        parts.append(rest[:cut].rstrip())
        rest = rest[cut:]
    return [*parts, rest]


def part_key(source_key: str, number: int) -> str:
    """The ledger's key of a note's n-th part; the first is the note itself."""
    return source_key if number == 1 else f"{source_key}#{number}"


@dataclass
class _Desk:
    """Sends notes one after another."""

    session: Session
    results: Results
    ids: Ids
    known: Known
    verify: bool

    def deliver(self, item: Item) -> None:
        """Send one note, in parts if it is long."""
        contact = _contact(self.session, item.record, self.ids)
        if contact is None:
            self.results.settle(item, "refused", reason="parent_not_loaded", remedy=_PARENT)
            return
        endpoint, number = contact
        written: Json = {**item.record, "contact": number}
        parts = parts_of(str(item.record.get("description") or ""))
        if not item.creates and len(parts) > 1:
            self.results.settle(
                item, "refused", reason="note_has_several_parts", remedy=_SPLIT
            )
            return
        item.sent = written
        notes = []
        for at, part in enumerate(parts, start=1):
            note = self._part(item, part_key(item.source_key, at), part, contact)
            if note is None:
                return
            notes.append(note)
        if self.verify:
            notes = self._verified(endpoint, number, notes)
        self._finish(item, written, parts, notes)

    def _part(
        self, item: Item, key: str, part: str, contact: tuple[str, int]
    ) -> Json | None:
        """Send one part unless it stands there; ``None`` once the item is settled."""
        own = Known.read(self.session.ledger, NOTES, [key]).live(key)
        if item.creates and own is not None:
            return own.seen
        payload: Json = {"description": part, "contact": contact[1]}
        for _ in range(self.session.policy.attempts):
            intent = self._plan(item, key, payload)
            try:
                with carrying([intent]):
                    note = self._call(item, payload, contact)
            except Unknown as error:
                journal.mark(self.session, [intent], IntentState.UNKNOWN, "no_answer")
                patience = self.session.policy.after(error.status)
                found = _found_in_time(self.session, contact[0], intent, patience)
                if found is None:
                    journal.mark(
                        self.session, [intent], IntentState.FAILED, journal.NO_TRACE
                    )
                    continue
                note = found
            except (Refused, NotFound, Forbidden) as error:
                verdict = verdict_of(error, payload)
                journal.mark(self.session, [intent], IntentState.FAILED, verdict.reason)
                self.results.settle(
                    item, "refused", reason=verdict.reason, remedy=verdict.remedy
                )
                return None
            except DestinationError:
                journal.mark(self.session, [intent], IntentState.FAILED, "not_carried_out")
                raise
            return confirm_note(self.session, intent, note, contact[1])
        self.results.settle(item, "failed", reason="no_answer", remedy=NO_ANSWER)
        return None

    def _plan(self, item: Item, key: str, payload: Json) -> Intent:
        own = self.known.live(item.source_key)
        operation = Operation.CREATE_NOTE if item.creates else Operation.UPDATE
        before = {"description": own.written.get("description")} if own else None
        [intent] = self.session.ledger.plan_intents(
            self.session.run,
            [
                journal.new_intent(
                    self.session,
                    operation,
                    NOTES,
                    key,
                    payload,
                    digest=item.digest,
                    pre_image=None if item.creates else before,
                )
            ],
        )
        change = IntentChange(intent.id, IntentState.SENT, None, item.freshsales_id)
        self.session.ledger.mark_intents([change])
        return replace(intent, freshsales_id=item.freshsales_id)

    def _call(self, item: Item, payload: Json, contact: tuple[str, int]) -> Json:
        client = self.session.client
        text = {"description": payload["description"]}
        if item.freshsales_id is not None and not item.creates:
            return {"id": item.freshsales_id} | client.update(
                NOTES, item.freshsales_id, dict(text)
            )
        return client.create_note(
            {**text, "targetable_type": TARGETS[contact[0]], "targetable_id": contact[1]}
        )

    def _verified(self, endpoint: str, contact: int, notes: list[Json]) -> list[Json]:
        there = {n["id"]: n for n in self.session.client.notes_of(endpoint, contact)}
        return [seen_note(there[n["id"]], contact) for n in notes if n["id"] in there]

    def _finish(
        self, item: Item, written: Json, parts: list[str], notes: list[Json]
    ) -> None:
        """The first part's identity stands for the whole note from now on."""
        first = notes[0] if notes else {}
        texts = [str(note.get("description") or "") for note in notes]
        pairs = zip(parts, texts, strict=False)
        whole = len(notes) == len(parts) and all(
            same("description", *pair).equal for pair in pairs
        )
        text = written.get("description") if whole else "\n".join(texts)
        seen = {**first, "description": text} if notes else None
        number = int(str(first["id"])) if notes else item.freshsales_id
        if number is not None:
            self.session.ledger.put_identities(
                [
                    Identity(
                        NOTES,
                        item.source_key,
                        number,
                        Origin.CREATED,
                        written,
                        seen or {},
                        item.digest,
                        self.session.batch,
                    )
                ]
            )
        self.results.settle(
            item,
            "created" if item.creates else "updated",
            freshsales_id=number,
            written=written,
            seen=seen,
        )


def _contact(session: Session, record: Json, ids: Ids) -> tuple[str, int] | None:
    for module in (Module.CONTACTS, Module.LEADS):
        found = ids.get((str(module), str(record.get("contact"))))
        if found is not None:
            return session.endpoint(str(module)), found
    return None


def _place(session: Session, contact: int) -> str:
    """Where the person with this id lives: on Classic that may be among the leads."""
    leads = session.ledger.identity_ids([str(Module.LEADS)])
    module = Module.LEADS if contact in leads.values() else Module.CONTACTS
    return session.endpoint(str(module))


def seen_note(note: Json, contact: int) -> Json:
    """A note as it was answered, flat: text, id, times and the contact it hangs on."""
    targets = note.get("targetables")
    linked = [
        int(str(target["id"]))
        for target in (targets if isinstance(targets, list) else [])
        if isinstance(target, dict) and "id" in target
    ]
    kept = {key: note.get(key) for key in ("id", "description", "created_at", "updated_at")}
    return {**kept, "contact_ids": linked or [contact]}


def confirm_note(session: Session, intent: Intent, note: Json, contact: int) -> Json:
    """Remember a note that stands there and close its intent; answers it as seen."""
    seen = seen_note(note, contact)
    number = int(str(note["id"]))
    identity = Identity(
        NOTES,
        intent.source_key,
        number,
        Origin.CREATED,
        intent.payload,
        seen,
        batch=intent.batch,
    )
    session.ledger.put_identities([identity])
    session.ledger.mark_intents(
        [IntentChange(intent.id, IntentState.CONFIRMED, None, number)]
    )
    return seen


def find_note(session: Session, endpoint: str, intent: Intent) -> Json | None:
    """Look under its contact for a note whose call was not answered."""
    contact = int(str(intent.payload["contact"]))
    known = session.ledger.identity_ids([NOTES])
    others = {n for (_, key), n in known.items() if key != intent.source_key}
    try:
        notes: Iterable[Json] = session.client.notes_of(endpoint, contact)
    except NotFound:
        return None
    for note in notes:
        number = int(str(note["id"]))
        wanted = intent.freshsales_id is None or intent.freshsales_id == number
        text = same("description", intent.payload["description"], note.get("description"))
        if wanted and number not in others and text.equal:
            return note
    return None


def settle_notes(session: Session) -> None:
    """Find out what became of notes an earlier run left open."""
    open_notes = session.ledger.left_open([NOTES])
    for intent in never_left(
        session, (i for i in open_notes if i.operation in _NOTES_OF_OURS)
    ):
        policy, contact = session.policy, int(str(intent.payload["contact"]))
        age = (policy.now() - intent.changed_at).total_seconds()
        left = max(0.0, policy.silent_patience - age)
        note = _found_in_time(session, _place(session, contact), intent, left)
        if note is None:
            journal.mark(session, [intent], IntentState.FAILED, journal.NO_TRACE)
        else:
            confirm_note(session, intent, note, contact)
    _claim_late(session)


def _claim_late(session: Session) -> None:
    """Notes that left no trace may have arrived after all, when nobody looked any more."""
    lost = without_trace(session, NOTES, Operation.CREATE_NOTE)
    known = session.ledger.identity_ids([NOTES])
    for tries in (tries for key, tries in lost.items() if (NOTES, key) not in known):
        contact = int(str(tries[-1].payload["contact"]))
        note = find_note(session, _place(session, contact), tries[-1])
        if note is not None:
            confirm_note(session, journal.sent_again(session, tries[-1]), note, contact)


def _found_in_time(
    session: Session, endpoint: str, intent: Intent, patience: float
) -> Json | None:
    """A call that was on its way may still arrive."""
    for _ in session.policy.tries(patience):
        note = find_note(session, endpoint, intent)
        if note is not None:
            return note
    return None
