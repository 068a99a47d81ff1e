"""Undo writes whose effect is not known yet, settled by reading: gone, restored, or not.

Run after every round of an undo and before every new one, so that a killed undo goes on
where it stopped. Not here: the load's own intents, which the loader settles.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from kartra_freshsales.errors import NotFound
from kartra_freshsales.freshsales.modules import HUNG, Module
from kartra_freshsales.ledger.records import Identity, Intent, IntentChange, Json
from kartra_freshsales.ledger.states import (
    IdentityState,
    IntentState,
    JobState,
    Operation,
    Origin,
)
from kartra_freshsales.ledger.store import Ledger
from kartra_freshsales.ledger.text import from_text
from kartra_freshsales.loading.pages import moment
from kartra_freshsales.loading.rollback_activities import activity_stands
from kartra_freshsales.loading.rollback_judge import unchanged
from kartra_freshsales.loading.rollback_model import UNDO_GROUP, undoing
from kartra_freshsales.loading.rollback_reading import Reader, Reading
from kartra_freshsales.loading.rollback_scope import undone_intents

CARRIED_OUT, NOT_CARRIED_OUT, NEVER_SENT = "carried out", "not carried out", "never sent"
_MARGIN = timedelta(hours=1)


@dataclass(frozen=True)
class Settler:
    """Reads what became of the undo's own writes and notes it in the ledger."""

    ledger: Ledger
    reader: Reader
    edition: str

    def endpoint(self, module: str) -> str:
        """Where a module's records live."""
        return Module(module).endpoint_in(self.edition)

    def settle_all(self) -> None:
        """Settle whatever an earlier, killed undo has left open."""
        waiting = self.open_undos()
        for job in self.ledger.open_jobs():
            if job.group.startswith(UNDO_GROUP):
                self.ledger.close_job(job.job_id, JobState.GIVEN_UP)
        on_records = [i for i in waiting if Module(i.module) not in _NOT_RECORDS]
        for endpoint in sorted({self.endpoint(i.module) for i in on_records}):
            some = [i for i in on_records if self.endpoint(i.module) == endpoint]
            ids = {id_of(intent) for intent in some}
            reading = self.reader.read(endpoint, ids, self._horizon(some))
            self.settle_records(some, reading)
        self.settle_notes(i for i in waiting if i.module == Module.NOTES)
        self.settle_activities(i for i in waiting if i.module == Module.ACTIVITIES)
        self.settle_members(i for i in waiting if i.module == Module.LISTS)

    def open_undos(self, modules: Collection[str] | None = None) -> list[Intent]:
        """Sent undo writes without a known outcome; planned ones never left and fail."""
        found = [
            intent
            for intent in self.ledger.unsettled(None if modules is None else list(modules))
            if undoing(intent)
        ]
        unsent = [i for i in found if i.state is IntentState.PLANNED]
        self.ledger.mark_intents(
            [IntentChange(i.id, IntentState.FAILED, NEVER_SENT) for i in unsent]
        )
        return [intent for intent in found if intent.state is not IntentState.PLANNED]

    def settle_records(self, intents: Iterable[Intent], reading: Reading) -> None:
        """Settle deletes and restores against a fresh reading of their endpoint."""
        verdicts = [
            (intent, _took_effect(intent, reading.records.get(id_of(intent))))
            for intent in intents
        ]
        self._mark_identities([intent for intent, done in verdicts if done], reading)
        self._mark(verdicts)

    def settle_notes(self, intents: Iterable[Intent]) -> None:
        """Settle deleted and rewritten notes by looking under their record."""
        standing: dict[tuple[str, int], dict[int, str]] = {}
        verdicts = []
        for intent in intents:
            parent = (
                str(intent.payload["parent_endpoint"]),
                int(str(intent.payload["parent_id"])),
            )
            if parent not in standing:
                standing[parent] = self._notes_under(*parent)
            text = standing[parent].get(id_of(intent))
            note: Json | None = None if text is None else {"description": text}
            verdicts.append((intent, _took_effect(intent, note)))
        self._mark_identities([intent for intent, done in verdicts if done], Reading())
        self._mark(verdicts)

    def settle_activities(self, intents: Iterable[Intent]) -> None:
        """Settle deleted activities by asking for each."""
        verdicts = [
            (intent, not activity_stands(self.reader.client, intent)) for intent in intents
        ]
        self._mark_identities([intent for intent, done in verdicts if done], Reading())
        self._mark(verdicts)

    def settle_members(self, intents: Iterable[Intent]) -> None:
        """Settle removed list members by reading the list."""
        standing: dict[int, set[int]] = {}
        verdicts = []
        for intent in intents:
            list_id = int(str(intent.payload["list_id"]))
            if list_id not in standing:
                standing[list_id], _ = self.reader.members(list_id)
            ids = intent.payload.get("ids")
            removed = set(ids) if isinstance(ids, list) else set()
            verdicts.append((intent, not removed & standing[list_id]))
        self._mark(verdicts)

    def lose(self, keys: Collection[tuple[str, str]]) -> None:
        """Note that people deleted these records of ours."""
        self.ledger.mark_identities(sorted(keys), IdentityState.LOST)

    def forget_members(self, name: str, list_id: int, undoes: Collection[int]) -> None:
        """Let the ledger remember only those members of a list that are still on it.

        A list nobody of ours claims any more starts anew with the next load.
        """
        modules = [str(Module.LISTS)]
        identity = self._identities(modules).get((modules[0], name))
        if identity is None or identity.freshsales_id != list_id:
            return
        intents = self.ledger.intents(modules=modules, states=[IntentState.CONFIRMED])
        over = undone_intents(intents) | set(undoes)
        claimed = any(
            intent.operation is Operation.ADD_MEMBER
            and intent.source_key == name
            and intent.id not in over
            for intent in intents
        )
        if not claimed:
            self.ledger.mark_identities([(modules[0], name)], IdentityState.ROLLED_BACK)
            return
        there, _ = self.reader.members(list_id)
        self.ledger.put_identities([_with_members(identity, there)])

    def _notes_under(self, endpoint: str, number: int) -> dict[int, str]:
        if not number:
            return {}
        try:
            notes = self.reader.client.notes_of(endpoint, number)
        except NotFound:
            return {}
        return {int(str(i["id"])): str(i.get("description") or "") for i in notes}

    def _mark(self, verdicts: list[tuple[Intent, bool]]) -> None:
        self.ledger.mark_intents(
            [
                IntentChange(
                    intent.id,
                    IntentState.CONFIRMED if done else IntentState.FAILED,
                    CARRIED_OUT if done else NOT_CARRIED_OUT,
                    id_of(intent),
                )
                for intent, done in verdicts
            ]
        )

    def _mark_identities(self, done: list[Intent], reading: Reading) -> None:
        """Identities first: a crash before their intents are marked is settled again."""
        whole = [intent for intent in done if intent.payload.get("undoes")]
        if not whole:
            return
        ended = [(intent, key) for intent in whole for key in _ended_with(intent)]
        known = self._identities({key[0] for _, key in ended})
        over: list[tuple[str, str]] = []
        kept: list[Identity] = []
        for intent, (module, source_key, number) in ended:
            identity = known.get((module, source_key))
            if identity is None or identity.freshsales_id != number:
                continue
            if intent.payload.get("stays"):
                now = reading.records.get(number, {})
                kept.append(_as_it_stands(identity, intent, now))
            else:
                over.append((module, source_key))
        self.ledger.mark_identities(over, IdentityState.ROLLED_BACK)
        self.ledger.put_identities(kept)

    def _identities(self, modules: Collection[str]) -> dict[tuple[str, str], Identity]:
        frame = self.ledger.identities(sorted(modules))
        return {
            (row["module"], row["source_key"]): Identity(
                module=row["module"],
                source_key=row["source_key"],
                freshsales_id=row["freshsales_id"],
                origin=Origin(row["origin"]),
                written=from_text(row["written"]),
                seen=from_text(row["seen"]),
                payload_hash=row["payload_hash"],
                batch=row["batch"],
                state=IdentityState(row["state"]),
            )
            for row in frame.iter_rows(named=True)
        }

    def _horizon(self, intents: list[Intent]) -> datetime | None:
        """A time before which none of these records was last changed."""
        known = self._identities({intent.module for intent in intents})
        times = [intent.planned_at for intent in intents]
        for intent in intents:
            identity = known.get((intent.module, intent.source_key))
            at = moment(identity.seen.get("updated_at")) if identity else None
            if at is None:
                return None
            times.append(at)
        return min(times) - _MARGIN


_NOT_RECORDS = HUNG


def id_of(intent: Intent) -> int:
    """The record, note or list an undo's intent is about."""
    return int(str(intent.payload.get("id") or intent.payload.get("list_id") or 0))


def _ended_with(intent: Intent) -> Iterable[tuple[str, str, int]]:
    """Module, source key and id of every identity an undo is about."""
    yield intent.module, intent.source_key, id_of(intent)
    others = intent.payload.get("with")
    for module, source_key, number in others if isinstance(others, list) else []:
        yield str(module), str(source_key), int(number)


def _with_members(identity: Identity, there: Collection[int]) -> Identity:
    """A list's identity without the members that are no longer on it."""
    keys, ids = identity.written.get("members"), identity.seen.get("members")
    pairs = zip(
        keys if isinstance(keys, list) else [],
        ids if isinstance(ids, list) else [],
        strict=False,
    )
    left = [(key, number) for key, number in pairs if number in there]
    return replace(
        identity,
        written=identity.written | {"members": [key for key, _ in left]},
        seen=identity.seen | {"members": [number for _, number in left]},
        payload_hash="",
    )


def _took_effect(intent: Intent, now: Json | None) -> bool:
    if intent.operation is Operation.DELETE:
        return now is None
    wanted = intent.payload.get("fields")
    if now is None or not isinstance(wanted, dict):
        return False
    return all(unchanged(key, value, now.get(key)) for key, value in wanted.items())


def _as_it_stands(identity: Identity, intent: Intent, now: Json) -> Identity:
    """An identity that other loads still hold: what was restored is what it says now."""
    restored = intent.payload.get("fields")
    values = restored if isinstance(restored, dict) else {}
    return replace(
        identity,
        written=identity.written | values,
        seen=now or identity.seen | values,
        payload_hash="",
    )
