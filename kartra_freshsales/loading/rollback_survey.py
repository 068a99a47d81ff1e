"""One look at the destination, judged from the children up.

What will stay of the children decides about their parents. Used for the dry run in one go,
and kind by kind while an undo is carried out. Not here: requests (``rollback_reading``),
the rules for one record (``rollback_judge``).
"""

from collections.abc import Iterable

from kartra_freshsales.ledger.records import Json
from kartra_freshsales.loading import rollback_judge
from kartra_freshsales.loading.rollback_activities import ActivityReadings, activity_row
from kartra_freshsales.loading.rollback_judge import (
    DELETED,
    WITH_CONTACT,
    Judgement,
    judge_delete,
    judge_restore,
    linked,
    lost_links,
)
from kartra_freshsales.loading.rollback_model import (
    ListUndo,
    NoteUndo,
    RecordUndo,
    Scope,
)
from kartra_freshsales.loading.rollback_reading import Reader, Reading
from kartra_freshsales.loading.rollback_rows import list_row, note_row, record_rows

CHILDREN_FIRST = ("deals", "leads", "contacts", "sales_accounts")
"""The order in which records are judged and undone."""


class Survey:
    """One look at the destination, children first, judging each undo as it goes.

    What will stay of the children decides about their parents.
    """

    def __init__(self, reader: Reader, scope: Scope, *, touched: bool = False) -> None:
        self.touched = touched
        self.reader = reader
        self.scope = scope
        self.readings: dict[str, Reading] = {}
        self._finals: dict[str, dict[int, Json]] = {}
        self._gone: dict[str, set[int]] = {}
        self._removed: set[tuple[str, int]] = set()
        notes = {("notes", note.note_id) for note in scope.notes}
        done = {(undo.route, undo.activity_id) for undo in scope.activities}
        self._ours = scope.ours | notes | done
        self.activities = ActivityReadings(reader.client, touched=touched)

    def rows(self) -> list[Json]:
        """Every row of a plan."""
        made = [self._list(undo) for undo in self.scope.lists]
        for endpoint in self.endpoints():
            self.read(endpoint)
        notes = [(undo, self.judge_note(undo)) for undo in self.scope.notes]
        done = [(undo, self.activities.judge(undo)) for undo in self.scope.activities]
        for endpoint in self.endpoints():
            for undo, judged in self.judged(endpoint):
                made += record_rows(undo, judged)
        made += [activity_row(undo, reason) for undo, reason in done]
        reading = self.readings.setdefault("activities", Reading())
        reading.requests = self.activities.requests
        return made + [self._note(undo, reason) for undo, reason in notes]

    def endpoints(self) -> list[str]:
        """Endpoints to read: of what is undone, and of what may hang on it."""
        wanted = {undo.endpoint for undo in self.scope.records}
        wanted |= {undo.parent_endpoint for undo in self.scope.notes}
        deleting = {undo.endpoint for undo in self.scope.records if undo.created}
        if deleting & {"contacts", "sales_accounts"}:
            wanted.add("deals")
        if "sales_accounts" in deleting:
            wanted.add("contacts")
        return [endpoint for endpoint in CHILDREN_FIRST if endpoint in wanted]

    def read(self, endpoint: str) -> None:
        """Read an endpoint as it stands now, with what hangs on its records."""
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

    def judged(self, endpoint: str) -> list[tuple[RecordUndo, Judgement]]:
        """Judge an endpoint's records, given what will stay of their children."""
        reading = self.readings[endpoint]
        undos = [undo for undo in self.scope.records if undo.endpoint == endpoint]
        self._verify_lost_links(undos, reading)
        going = self._notes_going_with(endpoint) | self._activities_going(endpoint)
        staying = self._activities_staying(endpoint)
        children = linked(endpoint, self._finals)
        finals = dict(reading.records)
        made = []
        for undo in undos:
            number = undo.freshsales_id
            hung = reading.attached.get(number, set()) - going
            hung |= staying.get(number, set())
            judged = self._judge(undo, reading, children.get(number, set()) | hung)
            if judged.reason is None and undo.created:
                del finals[number]
                self._removed.add((endpoint, number))
            elif judged.reason is None:
                finals[number] = finals[number] | judged.restore
            made.append((undo, judged))
        self.stands(endpoint, finals)
        return made

    def stands(self, endpoint: str, records: dict[int, Json]) -> None:
        """Say how an endpoint's records will stand, or do stand after the undo."""
        self._finals[endpoint] = records

    def _judge(
        self, undo: RecordUndo, reading: Reading, children: set[tuple[str, int]]
    ) -> Judgement:
        now = reading.records.get(undo.freshsales_id)
        if not undo.created:
            return judge_restore(undo, now, touched=self.touched)
        return judge_delete(
            undo,
            now,
            gone=lambda endpoint, number: number in self._gone.get(endpoint, set()),
            children=children,
            ours=self._ours,
            touched=self.touched,
        )

    def _verify_lost_links(self, undos: Iterable[RecordUndo], reading: Reading) -> None:
        """Find out which links fell away only because their record did."""
        for endpoint, ids in lost_links(undos, reading).items():
            read = self.readings.get(endpoint)
            unknown = ids - self._gone.get(endpoint, set())
            if read is not None:
                unknown -= read.records.keys()
            if unknown:
                looked = self.reader.read(endpoint, unknown, self.scope.since)
                self._gone.setdefault(endpoint, set()).update(looked.gone)

    # Notes and lists

    def judge_note(self, undo: NoteUndo) -> str | None:
        """Why a note stays, or ``None``; its record's endpoint must have been read."""
        reading = self.readings[undo.parent_endpoint]
        standing = undo.note_id in reading.notes or self._asked_for(undo, reading)
        return rollback_judge.judge_note(undo, reading, standing, touched=self.touched)

    def _notes_going_with(self, endpoint: str) -> set[tuple[str, int]]:
        return {
            ("notes", note.note_id)
            for note in self.scope.notes
            if note.parent_endpoint == endpoint
            and note.before is None
            and self.judge_note(note) is None
        }

    def _activities_going(self, endpoint: str) -> set[tuple[str, int]]:
        """Activities are deleted by calls of their own, before their record."""
        return {
            (undo.route, undo.activity_id)
            for undo in self.scope.activities
            if undo.parent_endpoint == endpoint and self.activities.judge(undo) is None
        }

    def _activities_staying(self, endpoint: str) -> dict[int, set[tuple[str, int]]]:
        """Sales activities do not come along with their record, so they are told here."""
        found: dict[int, set[tuple[str, int]]] = {}
        for undo in self.scope.activities:
            stays = self.activities.judge(undo) not in {None, DELETED}
            if undo.parent_endpoint == endpoint and stays:
                found.setdefault(undo.parent_id, set()).add((undo.route, undo.activity_id))
        return found

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

    def _note(self, undo: NoteUndo, reason: str | None) -> Json:
        """A note on a record that goes needs no request of its own."""
        row = note_row(undo, reason)
        going = (undo.parent_endpoint, undo.parent_id) in self._removed
        spoken_for = going and reason is None and undo.before is None
        return row | {"reason": WITH_CONTACT} if spoken_for else row

    def _list(self, undo: ListUndo) -> Json:
        members, pages = self.reader.members(undo.list_id) if undo.ids else (set(), 0)
        reading = self.readings.setdefault("lists", Reading())
        reading.requests += pages
        return list_row(undo, sorted(members & set(undo.ids)))
