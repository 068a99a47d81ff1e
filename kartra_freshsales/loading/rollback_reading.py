"""How the destination stands now, read through views newest first: pages, not records.

Only what changed since our first write is paged through. Records that should be there and
were not met are asked for one by one, or in one more pass where they are many. Not here:
what any of it means (``rollback_judge``).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from kartra_freshsales.errors import NotFound
from kartra_freshsales.freshsales.client import FreshsalesClient
from kartra_freshsales.freshsales.metadata import Metadata
from kartra_freshsales.freshsales.records import INCLUDES, Json, flatten
from kartra_freshsales.loading.pages import PER_PAGE, moment, view_ids
from kartra_freshsales.loading.session import ViewNames

ATTACHMENTS = ("notes", "tasks", "appointments")
"""Things people hang on a record; a record that carries some is not ours alone."""

_ONE_BY_ONE = 60
_TARGETS = {
    "SalesAccount": "sales_accounts",
    "Contact": "contacts",
    "Lead": "leads",
    "Deal": "deals",
}

Attached = tuple[str, int]
"""A note, task or appointment: the kind and its id."""


@dataclass
class Reading:
    """Records by id in the flat form, and what hangs on them.

    ``gone`` are ids that were looked for and do not stand. ``notes_told`` are records whose
    notes came along, so that a missing note is known to be missing.
    """

    records: dict[int, Json] = field(default_factory=dict)
    attached: dict[int, set[Attached]] = field(default_factory=dict)
    notes: dict[int, str] = field(default_factory=dict)
    notes_told: set[int] = field(default_factory=set)
    gone: set[int] = field(default_factory=set)
    requests: int = 0


@dataclass(frozen=True, slots=True)
class _Look:
    """What is looked for, where, since when and with what beside it."""

    endpoint: str
    wanted: frozenset[int]
    since: datetime | None
    include: str


@dataclass(frozen=True)
class Reader:
    """Reads one account."""

    client: FreshsalesClient
    metadata: Metadata
    view_names: ViewNames | None = None

    def read(
        self,
        endpoint: str,
        wanted: Collection[int],
        since: datetime | None,
        *,
        attachments: bool = False,
        verify: bool = True,
        perhaps_older: Collection[int] = (),
    ) -> Reading:
        """Read everything changed since ``since``, and all of ``wanted``.

        Args:
            endpoint: where to read.
            wanted: ids that matter; those not found are ``gone``.
            since: nothing wanted was last changed before it. ``None`` reads all there is.
            attachments: ask for notes, tasks and appointments as well.
            verify: look again for what did not turn up. Right after a delete nothing else
                is expected.
            perhaps_older: wanted ids to which ``since`` does not apply.
        """
        include = INCLUDES[endpoint]
        if attachments:
            include = ",".join((include, *ATTACHMENTS))
        reading = Reading()
        self._newest_first(endpoint, since, include, reading)
        if verify:
            look = _Look(endpoint, frozenset(wanted), since, include)
            self._look_again(look, frozenset(perhaps_older), reading)
        reading.gone = set(wanted) - reading.records.keys()
        return reading

    def _look_again(
        self, look: _Look, perhaps_older: frozenset[int], reading: Reading
    ) -> None:
        """A record changed while we paged has moved to the front, where we had been."""
        passes = [look.since] if look.since is None else [look.since, None]
        for start in passes:
            missing = look.wanted - reading.records.keys()
            if len(missing) <= _ONE_BY_ONE:
                self._one_by_one(look.endpoint, missing, look.include, reading)
                return
            if start is None and look.since is not None and not missing & perhaps_older:
                return
            self._newest_first(look.endpoint, start, look.include, reading)

    def members(self, list_id: int) -> tuple[set[int], int]:
        """Ids of a marketing list's members, and the pages read."""
        found: set[int] = set()
        page = 1
        while True:
            answer = self.client.list_members_page(list_id, page, PER_PAGE)
            found.update(int(str(item["id"])) for item in answer.records)
            if page >= answer.total_pages or not answer.records:
                return found, page
            page += 1

    def _newest_first(
        self, endpoint: str, since: datetime | None, include: str, reading: Reading
    ) -> None:
        """Page through each view until it shows what was last changed before ``since``."""
        order = ("id", "asc") if since is None else ("updated_at", "desc")
        for view in view_ids(self.metadata, endpoint, self.view_names).values():
            page = 1
            while True:
                answer = self.client.view_page(
                    endpoint,
                    view,
                    page=page,
                    per_page=PER_PAGE,
                    sort=order[0],
                    sort_type=order[1],
                    include=include,
                )
                reading.requests += 1
                _take(endpoint, answer.records, answer.side_loads, reading)
                if page >= answer.total_pages or not answer.records:
                    break
                if _older(answer.records[-1].get("updated_at"), since):
                    break
                page += 1

    def _one_by_one(
        self, endpoint: str, ids: Iterable[int], include: str, reading: Reading
    ) -> None:
        for number in sorted(ids):
            reading.requests += 1
            try:
                record, side_loads = self.client.record(endpoint, number, include=include)
            except NotFound:
                continue
            _take(endpoint, [record], side_loads, reading)


def _older(value: object, since: datetime | None) -> bool:
    at = moment(value)
    return since is not None and at is not None and at < since


def _take(
    endpoint: str,
    records: list[Json],
    side_loads: Mapping[str, list[Json]],
    reading: Reading,
) -> None:
    for record in records:
        if not record.get("is_deleted"):
            number = int(str(record["id"]))
            reading.records[number] = flatten(endpoint, record, dict(side_loads))
            if "notes" in side_loads:
                reading.notes_told.add(number)
    for kind in ATTACHMENTS:
        for item in _items(side_loads.get(kind)):
            number = int(str(item["id"]))
            if kind == "notes":
                reading.notes[number] = str(item.get("description") or "")
            for target in _items(item.get("targetables")):
                if _TARGETS.get(str(target.get("type")), endpoint) == endpoint:
                    hung = reading.attached.setdefault(int(str(target["id"])), set())
                    hung.add((kind, number))


def _items(value: object) -> Iterator[Json]:
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))
