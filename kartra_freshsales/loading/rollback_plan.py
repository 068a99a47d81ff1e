"""The dry run of an undo: exactly what would go, what would be restored, what is spared.

Reads the destination, writes nothing there. Not here: folding the ledger
(``rollback_scope``), judging one record (``rollback_judge``), sending (``rollback_steps``).
"""

import hashlib
import json
import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

import polars as pl

from kartra_freshsales.errors import IntegrityError
from kartra_freshsales.freshsales.client import FreshsalesClient
from kartra_freshsales.freshsales.metadata import Metadata
from kartra_freshsales.freshsales.modules import Module
from kartra_freshsales.ledger.records import Json
from kartra_freshsales.ledger.states import UNSETTLED, Operation
from kartra_freshsales.ledger.store import Ledger
from kartra_freshsales.loading.rollback_judge import (
    AS_BEFORE,
    DELETED,
    WITH_CONTACT,
    Judgement,
    judge_delete,
    judge_note,
    judge_restore,
    linked,
    lost_links,
)
from kartra_freshsales.loading.rollback_reading import Reader, Reading
from kartra_freshsales.loading.rollback_scope import (
    UNDOING,
    ListUndo,
    NoteUndo,
    RecordUndo,
    Scope,
    Selection,
    gather,
)

GROUP = 100
"""Records, or list members, in one request."""

SCHEMA: dict[str, pl.DataType] = {
    "module": pl.String(),
    "source_key": pl.String(),
    "freshsales_id": pl.Int64(),
    "operation": pl.String(),
    "fields": pl.List(pl.String()),
    "pre_image": pl.String(),
    "action": pl.String(),
    "reason": pl.String(),
    "batch": pl.String(),
    "undoes": pl.List(pl.Int64()),
}
_CHILDREN_FIRST = ("deals", "leads", "contacts", "sales_accounts")
_HARD = "forget"


@dataclass(frozen=True)
class RollbackPlan:
    """What a person approves.

    ``rows`` has the columns of ``SCHEMA``: one row per record, note and list; a record of
    which some fields are spared has a second row that lists them. ``pre_image`` holds the
    values to write back, or the members to take off. ``undoes`` are ledger intents.
    ``hard`` erases what we created, so that its e-mail addresses are free again.
    """

    rows: pl.DataFrame
    digest: str
    counts: Mapping[str, int] = field(default_factory=dict)
    cannot_undo: tuple[str, ...] = ()
    requests: int = 0
    edition: str = "suite"
    hard: bool = False


def rollback_digest(rows: pl.DataFrame, *, hard: bool = False) -> str:
    """SHA-256 over the rows, whatever their order: another set is another digest."""
    lines = sorted(
        json.dumps(row, sort_keys=True, ensure_ascii=True)
        for row in rows.select(SCHEMA.keys()).iter_rows(named=True)
    )
    text = "\n".join(lines + ([_HARD] if hard else []))
    return hashlib.sha256(text.encode()).hexdigest()


def plan_rollback(
    ledger: Ledger,
    client: FreshsalesClient,
    metadata: Metadata,
    *,
    edition: str = "suite",
    batch: str | None = None,
    run: str | None = None,
    module: Module | str | None = None,
    keys: Collection[str] | None = None,
    hard: bool = False,
) -> RollbackPlan:
    """Plan the undo of all loads, or of a batch, a run, a module or single records.

    Args:
        ledger: what we did.
        client: the destination; it is only read.
        metadata: its views.
        edition: ``suite`` or ``classic``.
        batch: only writes of this batch.
        run: only writes of this run.
        module: only this module.
        keys: only these source keys, their notes and list memberships.
        hard: erase instead of the recycle bin. There is no way back from that.

    Raises:
        IntegrityError: some writes of the selection have no known outcome yet.
        WaitingForPerson: a view that shows every record is missing.
    """
    selection = Selection(
        batch=batch,
        run=run,
        module=None if module is None else str(Module(module)),
        keys=None if keys is None else frozenset(keys),
    )
    refuse_unsettled(ledger, selection)
    scope = gather(ledger, edition, selection)
    survey = Survey(Reader(client, metadata), scope)
    rows = pl.DataFrame(
        sorted(survey.rows(), key=lambda row: (row["module"], row["source_key"])),
        schema=SCHEMA,
        orient="row",
    )
    return RollbackPlan(
        rows=rows,
        digest=rollback_digest(rows, hard=hard),
        counts=_counts(rows),
        cannot_undo=tuple(_cannot_undo(rows, scope, hard=hard)),
        requests=_requests(rows, survey.readings, hard=hard, edition=edition),
        edition=edition,
        hard=hard,
    )


def refuse_unsettled(ledger: Ledger, selection: Selection) -> None:
    """Raise ``IntegrityError`` while a load's own write may or may not have happened."""
    open_writes = sum(
        intent.state in UNSETTLED
        and intent.operation not in UNDOING
        and selection.covers(intent)
        for intent in ledger.unsettled()
    )
    if open_writes:
        raise IntegrityError(
            f"{open_writes} writes of this load have no known outcome yet.",
            remedy="Start the load again once: it reads what became of them, then undo.",
        )


class Survey:
    """One look at the destination, children first, judging each undo as it goes.

    What will stay of the children decides about their parents.
    """

    def __init__(self, reader: Reader, scope: Scope) -> None:
        self.reader = reader
        self.scope = scope
        self.readings: dict[str, Reading] = {}
        self._finals: dict[str, dict[int, Json]] = {}
        self._gone: dict[str, set[int]] = {}
        self._notes_going: set[int] = set()
        self._removed: set[tuple[str, int]] = set()

    def rows(self) -> list[Json]:
        """Every row of the plan."""
        made = [self._list(undo) for undo in self.scope.lists]
        for endpoint in self._endpoints():
            self._read(endpoint)
        notes = [self._note(undo) for undo in self.scope.notes]
        for endpoint in _CHILDREN_FIRST:
            if endpoint in self.readings:
                made += self._records(endpoint)
        return made + [self._with_its_record(row, undo) for row, undo in notes]

    def _endpoints(self) -> list[str]:
        """Endpoints to read: of what is undone, and of what may hang on it."""
        wanted = {undo.endpoint for undo in self.scope.records}
        wanted |= {undo.parent_endpoint for undo in self.scope.notes}
        deleting = {undo.endpoint for undo in self.scope.records if undo.created}
        if deleting & {"contacts", "sales_accounts"}:
            wanted.add("deals")
        if "sales_accounts" in deleting:
            wanted.add("contacts")
        return [endpoint for endpoint in _CHILDREN_FIRST if endpoint in wanted]

    def _read(self, endpoint: str) -> None:
        ids = {u.freshsales_id for u in self.scope.records if u.endpoint == endpoint}
        parents = {u.parent_id for u in self.scope.notes if u.parent_endpoint == endpoint}
        reading = self.reader.read(
            endpoint,
            (ids | parents) - {0},
            self.scope.since,
            attachments=bool(ids | parents),
            perhaps_older=parents - ids,
        )
        self.readings[endpoint] = reading
        self._gone.setdefault(endpoint, set()).update(reading.gone)

    # Records

    def _records(self, endpoint: str) -> list[Json]:
        reading = self.readings[endpoint]
        undos = [undo for undo in self.scope.records if undo.endpoint == endpoint]
        self._verify_lost_links(undos, reading)
        finals = self._finals[endpoint] = dict(reading.records)
        children = linked(endpoint, self._finals)
        made: list[Json] = []
        for undo in undos:
            judged = self.judge(undo, reading, children.get(undo.freshsales_id, set()))
            if undo.created and judged.reason is None:
                del finals[undo.freshsales_id]
                self._removed.add((endpoint, undo.freshsales_id))
            elif not undo.created and judged.reason is None:
                finals[undo.freshsales_id] = finals[undo.freshsales_id] | judged.restore
            made += record_rows(undo, judged)
        return made

    def judge(
        self, undo: RecordUndo, reading: Reading, children: set[tuple[str, int]]
    ) -> Judgement:
        """One record against what stands now."""
        now = reading.records.get(undo.freshsales_id)
        if not undo.created:
            return judge_restore(undo, now)
        hung = reading.attached.get(undo.freshsales_id, set())
        notes = {("notes", number) for number in self._notes_going}
        return judge_delete(
            undo,
            now,
            gone=lambda endpoint, number: number in self._gone.get(endpoint, set()),
            children=children | (hung - notes),
            ours=self.scope.ours | {("notes", u.note_id) for u in self.scope.notes},
        )

    def _verify_lost_links(self, undos: Iterable[RecordUndo], reading: Reading) -> None:
        """Find out which links fell away only because their record did."""
        for endpoint, ids in lost_links(undos, reading).items():
            read = self.readings.get(endpoint)
            known = set() if read is None else read.records.keys() | read.gone
            unknown = ids - known
            if unknown:
                looked = self.reader.read(endpoint, unknown, self.scope.since)
                self._gone.setdefault(endpoint, set()).update(looked.gone)

    # Notes and lists

    def _note(self, undo: NoteUndo) -> tuple[Json, NoteUndo]:
        reading = self.readings[undo.parent_endpoint]
        standing = undo.note_id in reading.notes or self._asked_for(undo, reading)
        reason = judge_note(undo, reading, standing)
        if reason is None:
            self._notes_going.add(undo.note_id)
        return note_row(undo, reason), undo

    def _asked_for(self, undo: NoteUndo, reading: Reading) -> bool:
        """Ask for a record's notes where they did not come along with it."""
        if undo.parent_id in reading.notes_told or undo.parent_id in reading.gone:
            return False
        if undo.parent_id not in reading.records:
            return True  # not known where it hangs: the delete itself will tell
        for item in self.reader.client.notes_of(undo.parent_endpoint, undo.parent_id):
            reading.notes[int(str(item["id"]))] = str(item.get("description") or "")
        reading.notes_told.add(undo.parent_id)
        reading.requests += 1
        return undo.note_id in reading.notes

    def _with_its_record(self, row: Json, undo: NoteUndo) -> Json:
        """A note on a record that goes needs no request of its own."""
        going = (undo.parent_endpoint, undo.parent_id) in self._removed
        return row | {"reason": WITH_CONTACT} if going and row["reason"] is None else row

    def _list(self, undo: ListUndo) -> Json:
        members, pages = self.reader.members(undo.list_id) if undo.ids else (set(), 0)
        reading = self.readings.setdefault("lists", Reading())
        reading.requests += pages
        return list_row(undo, sorted(members & set(undo.ids)))


def _row(**values: object) -> Json:
    return dict.fromkeys(SCHEMA) | {"fields": [], "action": "undo"} | values


def record_rows(undo: RecordUndo, judged: Judgement) -> list[Json]:
    """A record's row, and a second one for the fields that are left alone."""
    facts: Json = {
        "module": undo.module,
        "source_key": undo.source_key,
        "freshsales_id": undo.freshsales_id,
        "operation": "delete" if undo.created else "restore",
        "batch": undo.batch,
        "undoes": list(undo.undoes),
    }
    kept: Json = {"fields": sorted(judged.kept), "action": "spare"}
    if judged.reason is not None:
        return [_row(**facts) | kept | {"reason": judged.reason}]
    if undo.created:
        return [_row(**facts)]
    made = []
    if judged.restore or not judged.kept:
        values = json.dumps(judged.restore, sort_keys=True, ensure_ascii=False)
        done: Json = {"fields": sorted(judged.restore), "pre_image": values}
        reason = None if judged.restore else AS_BEFORE
        made.append(_row(**facts) | done | {"reason": reason})
    for reason in sorted(set(judged.kept.values())):
        names = sorted(name for name, why in judged.kept.items() if why == reason)
        made.append(_row(**facts) | kept | {"fields": names, "reason": reason})
    return made


def note_row(undo: NoteUndo, reason: str | None) -> Json:
    """A note's row."""
    return _row(
        module=str(Module.NOTES),
        source_key=undo.source_key,
        freshsales_id=undo.note_id,
        operation="delete_note",
        action="undo" if reason is None else "spare",
        reason=reason,
        batch=undo.batch,
        undoes=list(undo.undoes),
    )


def list_row(undo: ListUndo, ids: list[int]) -> Json:
    """A list's row: the members of ours that are still on it."""
    return _row(
        module=str(Module.LISTS),
        source_key=undo.name,
        freshsales_id=undo.list_id,
        operation="remove_member",
        pre_image=json.dumps({"remove": ids}),
        reason=None if ids else AS_BEFORE,
        batch=undo.batch,
        undoes=list(undo.undoes),
    )


def _counts(rows: pl.DataFrame) -> dict[str, int]:
    """Rows to undo by operation, and rows spared."""
    undone = rows.filter(pl.col("action") == "undo")
    names = ("delete", "restore", "remove_member", "delete_note")
    counts = {name: undone.filter(pl.col("operation") == name).height for name in names}
    return counts | {"spared": rows.height - undone.height}


def _cannot_undo(rows: pl.DataFrame, scope: Scope, *, hard: bool) -> Iterable[str]:
    """What stays whatever we do, said before and after (API reference, section 9)."""
    done = set(rows.filter(pl.col("action") == "undo")["operation"].to_list())
    if {Operation.CREATE_LIST, Operation.ADD_MEMBER} & scope.left_behind:
        yield "Marketing lists stay, empty of our members: the API cannot delete a list."
    if Operation.CREATE_FIELD in scope.left_behind:
        yield "Custom fields stay: an admin removes them in Freshsales."
    if "delete" in done and not hard:
        yield (
            "Deleted records stay in the recycle bin for 90 days; their e-mail addresses"
            " may count as taken until they are erased."
        )
    if "delete" in done and hard:
        yield "Erased records cannot be brought back, not even by Freshsales."
    if done & {"delete", "restore"}:
        yield "What workflows, sequences and web-hooks did on our writes stays done."
        yield "Activity feeds and modification times keep the traces of load and undo."
        yield "Tags stay in the tag settings; files and links go only with their record."
    if scope.emptied:
        yield (
            f"{scope.emptied} writes cannot be undone: their contents were purged from"
            " the ledger."
        )


def _requests(
    rows: pl.DataFrame, readings: Mapping[str, Reading], *, hard: bool, edition: str
) -> int:
    """Requests the undo will need: writes, one poll per job, and reading before and after."""
    undone = rows.filter(pl.col("action") == "undo")
    total = 2 * sum(reading.requests for reading in readings.values())
    for (module, operation), some in undone.group_by("module", "operation"):
        needing = some.filter(pl.col("reason").is_null())
        groups = math.ceil(needing.height / GROUP)
        if operation == "delete":
            total += needing.height if hard else groups
        elif operation == "restore":
            total += 2 * groups
        elif operation == "delete_note":
            total += needing.height
        else:
            texts = needing["pre_image"].to_list()
            members = (len(json.loads(text)["remove"]) for text in texts)
            total += sum(math.ceil(count / GROUP) for count in members)
    return total


__all__ = ["DELETED", "RollbackPlan", "Survey", "plan_rollback", "rollback_digest"]
