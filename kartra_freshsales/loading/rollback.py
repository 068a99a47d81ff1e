"""Carrying out an approved undo, children first, however often it is interrupted.

Before each kind of record the destination is read again: what people changed meanwhile is
spared, what is gone or restored already is not sent twice. Not here: the dry run
(``rollback_plan``), the proof (``rollback_proof``); both are offered from here as well.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import polars as pl

from kartra_freshsales.errors import NotConfirmed
from kartra_freshsales.freshsales.client import FreshsalesClient
from kartra_freshsales.freshsales.metadata import Metadata
from kartra_freshsales.freshsales.modules import Module
from kartra_freshsales.ledger.records import Json
from kartra_freshsales.ledger.states import IdentityState
from kartra_freshsales.ledger.store import Ledger
from kartra_freshsales.loading.rollback_judge import (
    AS_BEFORE,
    DELETED,
    EDITED,
    WITH_CONTACT,
    Judgement,
    unchanged,
)
from kartra_freshsales.loading.rollback_plan import (
    CHILDREN_FIRST,
    RollbackPlan,
    Survey,
    plan_rollback,
    refuse_unsettled,
    rollback_digest,
)
from kartra_freshsales.loading.rollback_proof import Proof, prove
from kartra_freshsales.loading.rollback_reading import Reader, Reading
from kartra_freshsales.loading.rollback_scope import (
    NoteUndo,
    RecordUndo,
    Selection,
    gather,
    undone_intents,
)
from kartra_freshsales.loading.rollback_settle import Settler
from kartra_freshsales.loading.rollback_steps import Sender, Target, in_groups

Progress = Callable[[str, int, int], None]

DONE, SPARED, FAILED, ALREADY_GONE = "done", "spared", "failed", "already_gone"
_NO_EFFECT = "no_effect_after_three_attempts"
_PARTLY = "partly_edited_since"
_ATTEMPTS = 3

RESULT_SCHEMA: dict[str, pl.DataType] = {
    "module": pl.String(),
    "source_key": pl.String(),
    "freshsales_id": pl.Int64(),
    "operation": pl.String(),
    "outcome": pl.String(),
    "reason": pl.String(),
    "batch": pl.String(),
}
Key = tuple[str, str, str, int]
"""Operation, module, source key and id: what a row of a plan is about."""


def carry_out(
    plan: RollbackPlan,
    ledger: Ledger,
    client: FreshsalesClient,
    metadata: Metadata,
    *,
    run: str,
    progress: Progress | None = None,
) -> pl.DataFrame:
    """Undo what the plan's rows say, and nothing else; may be run again at any time.

    Args:
        plan: as approved.
        ledger: where each write is noted before it is sent.
        client: the destination.
        metadata: its views.
        run: the name of this run.
        progress: told the module and how many of how many, after each group.

    Returns:
        One row per row of the plan, with the columns of ``RESULT_SCHEMA``: ``outcome`` is
        done, spared, failed or already_gone.

    Raises:
        NotConfirmed: the rows are not those of the digest.
        IntegrityError: a load's own writes are not settled.
    """
    if rollback_digest(plan.rows, hard=plan.hard) != plan.digest:
        raise NotConfirmed(
            "The rollback plan is not the one its digest names.",
            remedy="Plan the rollback again and approve the new digest.",
        )
    return _Undo.of(plan, ledger, client, metadata, run, progress).carry_out()


@dataclass
class _Undo:
    """One execution of a plan: what is left to do, and what became of each row."""

    plan: RollbackPlan
    ledger: Ledger
    survey: Survey
    settler: Settler
    sender: Sender
    progress: Progress | None
    rows: dict[Key, Json]
    outcomes: dict[Key, tuple[str, str | None]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        plan: RollbackPlan,
        ledger: Ledger,
        client: FreshsalesClient,
        metadata: Metadata,
        run: str,
        progress: Progress | None,
    ) -> "_Undo":
        """Settle what an earlier run left open, then fold the plan's intents."""
        undone = plan.rows.filter(pl.col("action") == "undo")
        ids = undone.select(pl.col("undoes").explode().drop_nulls()).to_series()
        selection = Selection(intents=frozenset(ids.to_list()))
        refuse_unsettled(ledger, selection)
        reader = Reader(client, metadata)
        settler = Settler(ledger, reader, plan.edition)
        settler.settle_all()
        scope = gather(ledger, plan.edition, selection)
        return cls(
            plan=plan,
            ledger=ledger,
            survey=Survey(reader, scope),
            settler=settler,
            sender=Sender(ledger, client, run),
            progress=progress,
            rows={_key(row): row for row in undone.iter_rows(named=True)},
        )

    def carry_out(self) -> pl.DataFrame:
        """Members, notes, then records from the children up."""
        self._skip_what_is_done()
        self._members()
        self._notes()
        for endpoint in CHILDREN_FIRST:
            self._records(endpoint)
        self._notes_left_behind()
        return self._results()

    def _skip_what_is_done(self) -> None:
        """Rows that an earlier run has finished, or whose record is no longer ours."""
        undone = undone_intents(self.ledger.intents())
        for key, row in self.rows.items():
            numbers = set(_listed(row["undoes"]))
            state = self.survey.scope.states.get((key[1], key[2]))
            if numbers and numbers <= undone:
                self.outcomes[key] = (DONE, _text(row["reason"]))
            elif state is IdentityState.LOST:
                self.outcomes[key] = (ALREADY_GONE, DELETED)
            elif state is IdentityState.ROLLED_BACK:
                self.outcomes[key] = (DONE, _text(row["reason"]))

    def _open(self, operation: str) -> dict[Key, Json]:
        return {
            key: row
            for key, row in self.rows.items()
            if key[0] == operation and key not in self.outcomes
        }

    def _tell(self, module: str, done: int, total: int) -> None:
        if self.progress is not None:
            self.progress(module, done, total)

    # Lists

    def _members(self) -> None:
        for key, row in self._open("remove_member").items():
            planned = set(_listed(json.loads(str(row["pre_image"]))["remove"]))
            target = _target_of(row)
            left = self._still_on(target.freshsales_id, planned)
            done = 0
            for _ in range(_ATTEMPTS):
                for group in in_groups(sorted(left)):
                    self.sender.remove_members(target, group)
                    done += len(group)
                    self._tell(target.module, min(done, len(planned)), len(planned))
                if left:
                    self.settler.settle_members(self.settler.open_undos([target.module]))
                    left = self._still_on(target.freshsales_id, planned)
            if left:
                self.outcomes[key] = (FAILED, _NO_EFFECT)
            else:
                self.sender.note_as_done([target])
                self.outcomes[key] = (DONE, None if planned else AS_BEFORE)

    def _still_on(self, list_id: int, planned: set[int]) -> set[int]:
        if not planned:
            return set()
        members, _ = self.survey.reader.members(list_id)
        return members & planned

    # Notes

    def _notes(self) -> None:
        """Notes on records that stay; the others go with their record."""
        explicit = [
            key for key, row in self._open("delete_note").items() if row["reason"] is None
        ]
        self._delete_notes(explicit)

    def _notes_left_behind(self) -> None:
        """Notes whose record was spared after all."""
        self._delete_notes(list(self._open("delete_note")))

    def _delete_notes(self, keys: list[Key]) -> None:
        undos = [undo for undo in self.survey.scope.notes if _note_key(undo) in set(keys)]
        for endpoint in sorted({undo.parent_endpoint for undo in undos}):
            self.survey.read(endpoint)
        pending: list[NoteUndo] = []
        for undo in undos:
            reason = self.survey.judge_note(undo)
            if reason is None:
                pending.append(undo)
            else:
                outcome = ALREADY_GONE if reason == DELETED else SPARED
                self.outcomes[_note_key(undo)] = (outcome, reason)
        targets = [_note_target(undo) for undo in pending]
        done = 0
        for group in in_groups(targets):
            self.sender.delete_notes(group)
            done += len(group)
            self._tell(str(Module.NOTES), done, len(targets))
        if pending:
            self._confirm_notes(pending)

    def _confirm_notes(self, pending: list[NoteUndo]) -> None:
        self.settler.settle_notes(self.settler.open_undos([str(Module.NOTES)]))
        undone = undone_intents(self.ledger.intents(modules=[str(Module.NOTES)]))
        for undo in pending:
            gone = set(undo.undoes) <= undone
            self.outcomes[_note_key(undo)] = (DONE, None) if gone else (FAILED, _NO_EFFECT)

    # Records

    def _records(self, endpoint: str) -> None:
        """One endpoint: read, judge again, send, read, and once more what had no effect."""
        undos = {
            _record_key(undo): undo
            for undo in self.survey.scope.records
            if undo.endpoint == endpoint and _record_key(undo) in self.rows
        }
        if not undos and endpoint not in self.survey.endpoints():
            return
        self.survey.read(endpoint)
        judged = self.survey.judged(endpoint)
        planned = [(u, j) for u, j in judged if _record_key(u) in undos]
        reading = self.survey.readings[endpoint]
        targets = [t for u, j in planned if (t := self._target(u, j, reading)) is not None]
        if targets:
            reading = self._send(endpoint, targets)
            self._conclude(targets, reading)
        self.survey.settle(endpoint, reading.records)

    def _target(
        self, undo: RecordUndo, judged: Judgement, reading: Reading
    ) -> Target | None:
        """What to send for a record; ``None`` where nothing is, its outcome then stands."""
        key = _record_key(undo)
        now = reading.records.get(undo.freshsales_id)
        if judged.reason is not None or now is None:
            gone = judged.reason == DELETED
            self.outcomes[key] = (ALREADY_GONE if gone else SPARED, judged.reason)
            if gone:
                self.settler.lose([(undo.module, undo.source_key)])
            return None
        announced = set(_listed(self.rows[key]["fields"]))
        restore = {k: v for k, v in judged.restore.items() if k in announced}
        changed = sorted(announced & judged.kept.keys())
        if changed and not restore:
            self.outcomes[key] = (SPARED, EDITED)
            return None
        if changed:
            self.outcomes[key] = (DONE, _PARTLY)
        notes = self._notes_on(undo) if undo.created else []
        return Target(
            module=undo.module,
            source_key=undo.source_key,
            freshsales_id=undo.freshsales_id,
            batch=undo.batch,
            undoes=(*undo.undoes, *(n for note in notes for n in note.undoes)),
            now=now,
            restore=restore,
            stays=undo.foreign,
        )

    def _notes_on(self, undo: RecordUndo) -> list[NoteUndo]:
        return [
            note
            for note in self.survey.scope.notes
            if (note.parent_endpoint, note.parent_id) == (undo.endpoint, undo.freshsales_id)
            and _note_key(note) in self._open("delete_note")
        ]

    def _send(self, endpoint: str, targets: list[Target]) -> Reading:
        """Send in groups until reading shows the effect, three times at most."""
        modules = sorted({target.module for target in targets})
        ids = [target.freshsales_id for target in targets]
        left, done = targets, 0
        reading = self.survey.readings[endpoint]
        for attempt in range(_ATTEMPTS):
            last = attempt == _ATTEMPTS - 1
            for group, deleting in self._groups(left):
                self._send_group(endpoint, group, deleting=deleting, singly=last)
                done = min(done + len(group), len(targets))
                self._tell(group[0].module, done, len(targets))
            self.sender.wait_for_jobs()
            reading = self.survey.reader.read(
                endpoint, ids, self.survey.scope.since, verify=False
            )
            self.settler.settle_records(self.settler.open_undos(modules), reading)
            left = [t for t in left if not self._took_effect(t, reading)]
            if not left:
                break
        return reading

    def _groups(self, targets: list[Target]) -> Iterable[tuple[list[Target], bool]]:
        """Restores first: they take links off what is deleted next."""
        deleting = [t for t in targets if self._deletes(t)]
        restoring = [t for t in targets if not self._deletes(t)]
        self.sender.note_as_done([t for t in restoring if not t.restore])
        for group in in_groups([t for t in restoring if t.restore]):
            yield list(group), False
        for group in in_groups(deleting):
            yield list(group), True

    def _send_group(
        self, endpoint: str, group: list[Target], *, deleting: bool, singly: bool
    ) -> None:
        if not deleting and singly:
            self.sender.restore_singly(endpoint, group)
        elif not deleting:
            self.sender.restore(endpoint, group)
        elif singly and not self.plan.hard:
            self.sender.destroy_singly(endpoint, group)
        else:
            self.sender.destroy(endpoint, group, hard=self.plan.hard)

    def _deletes(self, target: Target) -> bool:
        return self._row_key(target, "delete") in self.rows

    def _row_key(self, target: Target, operation: str) -> Key:
        return operation, target.module, target.source_key, target.freshsales_id

    def _took_effect(self, target: Target, reading: Reading) -> bool:
        now = reading.records.get(target.freshsales_id)
        if self._deletes(target):
            return now is None
        return now is not None and all(
            unchanged(key, value, now.get(key)) for key, value in target.restore.items()
        )

    def _conclude(self, targets: list[Target], reading: Reading) -> None:
        """Outcomes by reading. A record restored field by field is noted as whole."""
        undone = undone_intents(self.ledger.intents())
        for target in targets:
            deleting = self._deletes(target)
            key = self._row_key(target, "delete" if deleting else "restore")
            if not self._took_effect(target, reading):
                self.outcomes[key] = (FAILED, _NO_EFFECT)
                continue
            if not set(target.undoes) <= undone:
                self.sender.note_as_done([target])
            reason = None if deleting or target.restore else AS_BEFORE
            self.outcomes.setdefault(key, (DONE, reason))
            if deleting:
                self._note_rows_gone(target)

    def _note_rows_gone(self, target: Target) -> None:
        for note in self.survey.scope.notes:
            if note.parent_id == target.freshsales_id and set(note.undoes) & set(
                target.undoes
            ):
                self.outcomes[_note_key(note)] = (DONE, WITH_CONTACT)

    def _results(self) -> pl.DataFrame:
        made = []
        for row in self.plan.rows.iter_rows(named=True):
            if row["action"] == "undo":
                outcome, reason = self.outcomes.get(_key(row), (FAILED, _NO_EFFECT))
            else:
                gone = row["reason"] == DELETED
                outcome, reason = (ALREADY_GONE if gone else SPARED), row["reason"]
            made.append({**row, "outcome": outcome, "reason": reason})
        return pl.DataFrame(made, schema=None if made else RESULT_SCHEMA).select(
            pl.col(name).cast(kind) for name, kind in RESULT_SCHEMA.items()
        )


def _key(row: Json) -> Key:
    number = int(str(row["freshsales_id"]))
    return str(row["operation"]), str(row["module"]), str(row["source_key"]), number


def _note_key(undo: NoteUndo) -> Key:
    return "delete_note", str(Module.NOTES), undo.source_key, undo.note_id


def _record_key(undo: RecordUndo) -> Key:
    operation = "delete" if undo.created else "restore"
    return operation, undo.module, undo.source_key, undo.freshsales_id


def _listed(value: object) -> list[int]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _target_of(row: Json) -> Target:
    return Target(
        module=str(row["module"]),
        source_key=str(row["source_key"]),
        freshsales_id=int(str(row["freshsales_id"])),
        batch=str(row["batch"] or ""),
        undoes=tuple(_listed(row["undoes"])),
    )


def _note_target(undo: NoteUndo) -> Target:
    return Target(
        module=str(Module.NOTES),
        source_key=undo.source_key,
        freshsales_id=undo.note_id,
        batch=undo.batch,
        undoes=undo.undoes,
        now={"description": undo.description},
        where={"parent_endpoint": undo.parent_endpoint, "parent_id": undo.parent_id},
    )


__all__ = ["Proof", "RollbackPlan", "carry_out", "plan_rollback", "prove"]
