"""Proof of an undo: everything the plan announced, read back and compared.

Only reads. A field restored equals its pre-image, a deleted record is in no view, members
and notes are gone. Not here: the report (``reports``).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from kartra_freshsales.freshsales.client import FreshsalesClient
from kartra_freshsales.freshsales.comparison import same
from kartra_freshsales.freshsales.metadata import Metadata
from kartra_freshsales.freshsales.modules import HUNG, Module
from kartra_freshsales.ledger.records import Json
from kartra_freshsales.ledger.states import IntentState, Operation
from kartra_freshsales.ledger.store import Ledger
from kartra_freshsales.loading.pages import id_of
from kartra_freshsales.loading.rollback_activities import ActivityReadings
from kartra_freshsales.loading.rollback_judge import BY_ELEMENT, EDITED, unchanged
from kartra_freshsales.loading.rollback_model import Scope, Selection
from kartra_freshsales.loading.rollback_plan import RollbackPlan
from kartra_freshsales.loading.rollback_reading import Reader, Reading
from kartra_freshsales.loading.rollback_scope import gather
from kartra_freshsales.loading.rollback_survey import CHILDREN_FIRST, Survey
from kartra_freshsales.loading.session import ViewNames

DIFFERENCES: dict[str, pl.DataType] = {
    "module": pl.String(),
    "source_key": pl.String(),
    "freshsales_id": pl.Int64(),
    "field": pl.String(),
    "expected": pl.String(),
    "found": pl.String(),
}
SPARED: dict[str, pl.DataType] = {
    "module": pl.String(),
    "source_key": pl.String(),
    "freshsales_id": pl.Int64(),
    "operation": pl.String(),
    "reason": pl.String(),
}
_GONE, _STANDS, _MEMBER, _NO_MEMBER = "gone", "stands", "on the list", "not on the list"


@dataclass(frozen=True)
class Proof:
    """``passed`` if nothing of what was to be undone differs.

    ``checked`` counts values and records compared. ``differences`` holds ``DIFFERENCES``
    (values as JSON text), ``spared`` holds ``SPARED``: what was left to people on purpose.
    """

    passed: bool
    checked: int
    differences: pl.DataFrame
    spared: pl.DataFrame
    requests: int = 0


def prove(  # noqa: PLR0917  in the order in which they are spoken of
    before: pl.DataFrame | None,
    ledger: Ledger,
    client: FreshsalesClient,
    metadata: Metadata,
    plan: RollbackPlan,
    edition: str,
    *,
    view_names: ViewNames | None = None,
) -> Proof:
    """Read back what a rollback touched and compare it with what it promised.

    Args:
        before: a snapshot from before the load; our fields must equal it, too.
        ledger: what was done.
        client: the destination; it is only read.
        metadata: its views.
        plan: the plan that was carried out.
        edition: ``suite`` or ``classic``.
        view_names: views to use instead of the standard names.
    """
    undone = plan.rows.filter(pl.col("action") == "undo")
    ids = undone.select(pl.col("undoes").explode().drop_nulls()).to_series().to_list()
    selection = Selection(intents=frozenset(ids))
    reader = Reader(client, metadata, view_names)
    check = _Check(
        reader=reader,
        edition=edition,
        scope=gather(ledger, edition, selection, undone_too=True),
        left=_left_over(ledger, reader, edition, selection),
        written_back=_written_back(ledger),
        before=_by_record(before),
    )
    check.run(list(undone.iter_rows(named=True)))
    spared = plan.rows.filter(pl.col("action") == "spare").select(SPARED.keys())
    late = pl.DataFrame(check.spared, schema=SPARED, orient="row")
    return Proof(
        passed=not check.differences,
        checked=check.checked,
        differences=pl.DataFrame(check.differences, schema=DIFFERENCES, orient="row"),
        spared=pl.concat([spared, late]),
        requests=check.requests,
    )


def _left_over(
    ledger: Ledger, reader: Reader, edition: str, selection: Selection
) -> dict[tuple[str, str], str]:
    """Records of the plan that still are to be undone, and why people's work bars that."""
    scope = gather(ledger, edition, selection)
    if scope.empty:
        return {}
    rows = Survey(reader, scope).rows()
    return {
        (str(row["module"]), str(row["source_key"])): str(row["reason"])
        for row in rows
        if row["action"] == "spare"
    }


def _written_back(ledger: Ledger) -> dict[tuple[str, str, int], set[str]]:
    """Fields that confirmed restores have written, by record."""
    found: dict[tuple[str, str, int], set[str]] = {}
    for intent in ledger.intents(states=[IntentState.CONFIRMED]):
        fields = intent.payload.get("fields")
        if intent.operation is Operation.RESTORE and isinstance(fields, dict):
            number = int(str(intent.payload["id"]))
            key = (str(intent.module), intent.source_key, number)
            found.setdefault(key, set()).update(fields)
    return found


def _by_record(before: pl.DataFrame | None) -> dict[tuple[str, int], Json]:
    if before is None:
        return {}
    rows = before.select("module", "freshsales_id", "record").iter_rows()
    return {(endpoint, number): json.loads(record) for endpoint, number, record in rows}


@dataclass
class _Check:
    """Compares row by row and remembers what differs."""

    reader: Reader
    edition: str
    scope: Scope
    left: Mapping[tuple[str, str], str]
    written_back: Mapping[tuple[str, str, int], set[str]]
    before: Mapping[tuple[str, int], Json]
    checked: int = 0
    requests: int = 0
    differences: list[Json] = field(default_factory=list)
    spared: list[Json] = field(default_factory=list)
    readings: dict[str, Reading] = field(default_factory=dict)

    def run(self, rows: list[Json]) -> None:
        """Check every row of a plan that was to be undone."""
        notes = [row for row in rows if row["module"] == Module.NOTES]
        lists = [row for row in rows if row["operation"] == "remove_member"]
        hung = {str(module) for module in HUNG}
        on_records = [row for row in rows if row["module"] not in hung]
        deleted = {self._place(r) for r in on_records if r["operation"] == "delete"}
        parents = self._parents(notes) - deleted
        for endpoint in CHILDREN_FIRST:
            some = [row for row in on_records if self._place(row)[0] == endpoint]
            hosts = {number for place, number in parents if place == endpoint}
            if some or hosts:
                restored = {self._place(row)[1] for row in some} - {
                    number for place, number in deleted if place == endpoint
                }
                self._read(endpoint, restored | hosts, hosts)
            for row in some:
                self._record(endpoint, row, self.readings[endpoint])
        self._notes(notes, parents)
        self._activities([row for row in rows if row["module"] == Module.ACTIVITIES])
        for row in lists:
            self._members(row)

    def _read(self, endpoint: str, wanted: set[int], hosts: set[int]) -> None:
        reading = self.reader.read(
            endpoint,
            wanted,
            self.scope.since,
            attachments=bool(hosts),
            perhaps_older=hosts,
        )
        self.readings[endpoint] = reading
        self.requests += reading.requests

    def _place(self, row: Json) -> tuple[str, int]:
        endpoint = Module(str(row["module"])).endpoint_in(self.edition)
        return endpoint, int(str(row["freshsales_id"]))

    def _parents(self, rows: list[Json]) -> set[tuple[str, int]]:
        ids = {int(str(row["freshsales_id"])) for row in rows}
        return {
            (note.parent_endpoint, note.parent_id)
            for note in self.scope.notes
            if note.note_id in ids and note.parent_id
        }

    def _record(self, endpoint: str, row: Json, reading: Reading) -> None:
        number = int(str(row["freshsales_id"]))
        now = reading.records.get(number)
        if row["operation"] == "delete":
            self.checked += 1
            if (endpoint, number) in self.before:
                self._differs(row, None, _STANDS, _GONE if now is None else _STANDS)
            elif now is not None:
                self._spare_or_differ(row, None, _GONE, _STANDS)
        elif now is None:
            self._spare_or_differ(row, None, _STANDS, _GONE)
        else:
            standing = self.before.get((endpoint, number), {})
            self._fields(endpoint, row, now, standing)

    def _fields(self, endpoint: str, row: Json, now: Json, standing: Json) -> None:
        for key, value in _object(row["pre_image"]).items():
            self.checked += 1
            if not unchanged(key, value, now.get(key)):
                if not self._somebody_elses(row, key, now):
                    self._differs(row, key, value, now.get(key))
            elif key in standing and not self._as_then(endpoint, key, standing, value):
                self._differs(row, key, standing[key], now.get(key))

    def _as_then(self, endpoint: str, key: str, standing: Json, value: object) -> bool:
        """People's own tags and links stay; what stood before the load must be there."""
        then = standing[key]
        if key not in BY_ELEMENT[endpoint] or not isinstance(then, list):
            return same(key, then, value).equal
        return isinstance(value, list) and set(map(str, then)) <= set(map(str, value))

    def _somebody_elses(self, row: Json, key: str, now: Json) -> bool:
        """A field we did not write back because a person had changed it by then."""
        name = (str(row["module"]), str(row["source_key"]))
        number = int(str(row["freshsales_id"]))
        if key in self.written_back.get((*name, number), set()):
            return False
        seen = self.scope.seen.get(name, {})
        theirs = key in seen and not same(key, seen[key], now.get(key)).equal
        if theirs:
            self._spare(row, EDITED)
        return theirs

    def _notes(self, rows: list[Json], parents: set[tuple[str, int]]) -> None:
        standing: dict[int, str] = {}
        for reading in self.readings.values():
            standing.update(reading.notes)
        for endpoint, number in sorted(parents):
            reading = self.readings[endpoint]
            if number in reading.records and number not in reading.notes_told:
                notes = self.reader.client.notes_of(endpoint, number)
                standing.update((id_of(i), str(i.get("description") or "")) for i in notes)
                self.requests += 1
        for row in rows:
            self.checked += 1
            text = standing.get(int(str(row["freshsales_id"])))
            if row["operation"] == "restore":
                wanted = _object(row["pre_image"])["description"]
                if not same("description", wanted, text).equal:
                    self._spare_or_differ(row, "description", wanted, text)
            elif text is not None:
                self._spare_or_differ(row, None, _GONE, _STANDS)

    def _activities(self, rows: list[Json]) -> None:
        asked = ActivityReadings(self.reader.client)
        routes = {(u.source_key, u.activity_id): u.route for u in self.scope.activities}
        for row in rows:
            self.checked += 1
            key = (str(row["source_key"]), int(str(row["freshsales_id"])))
            if asked.stands(routes[key], key[1]):
                self._spare_or_differ(row, None, _GONE, _STANDS)
        self.requests += asked.requests

    def _members(self, row: Json) -> None:
        ids = _object(row["pre_image"])["remove"]
        removed = set(ids) if isinstance(ids, list) else set()
        if not removed:
            return
        members, pages = self.reader.members(int(str(row["freshsales_id"])))
        self.requests += pages
        self.checked += len(removed)
        for _ in removed & members:
            self._differs(row, "members", _NO_MEMBER, _MEMBER)

    def _spare_or_differ(
        self, row: Json, key: str | None, expected: object, found: object
    ) -> None:
        reason = self.left.get((str(row["module"]), str(row["source_key"])))
        if reason is None:
            self._differs(row, key, expected, found)
        else:
            self._spare(row, reason)

    def _spare(self, row: Json, reason: str) -> None:
        self.spared.append({name: row[name] for name in SPARED} | {"reason": reason})

    def _differs(self, row: Json, key: str | None, expected: object, found: object) -> None:
        facts = {name: row[name] for name in ("module", "source_key", "freshsales_id")}
        texts = {"field": key, "expected": _text(expected), "found": _text(found)}
        self.differences.append(facts | texts)


def _object(value: object) -> Json:
    loaded: Json = json.loads(str(value)) if value else {}
    return loaded


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
