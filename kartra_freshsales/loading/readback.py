"""Finding our records again: newest first, a hundred a page, never one by one.

What was written last is read first, so a whole group costs one page. Not here: what
follows from a record that is there or not (``bulk``, ``settle``).
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from kartra_freshsales.freshsales.metadata import Metadata
from kartra_freshsales.freshsales.records import Json
from kartra_freshsales.ledger.records import Intent
from kartra_freshsales.ledger.states import Operation
from kartra_freshsales.loading.pages import (
    id_of,
    natural_key,
    newest_first,
    newest_of,
    view_ids,
)
from kartra_freshsales.loading.session import Session


@dataclass
class Sought:
    """Records to be found, by id where it is known, else by natural key."""

    by_id: dict[int, str] = field(default_factory=dict)
    by_key: dict[str, str] = field(default_factory=dict)
    stages: Counter[object] = field(default_factory=Counter)

    @classmethod
    def of(cls, endpoint: str, intents: Iterable[Intent]) -> "Sought":
        """What a group of intents should have left."""
        sought = cls()
        for intent in intents:
            sought.stages[intent.payload.get("deal_stage_id")] += 1
            if intent.freshsales_id is not None:
                sought.by_id[intent.freshsales_id] = intent.source_key
            elif intent.operation is Operation.CREATE:
                key = natural_key(endpoint, intent.payload)
                if key is not None:
                    sought.by_key[key] = intent.source_key
        return sought

    def __len__(self) -> int:
        """How many records are sought."""
        return len(self.by_id) + len(self.by_key)

    def who(self, endpoint: str, record: Json) -> str | None:
        """The source key of a record that is sought."""
        found = self.by_id.get(id_of(record))
        if found is None and (key := natural_key(endpoint, record)) is not None:
            found = self.by_key.get(key)
        return found


@dataclass
class Sighting:
    """Records found, by source key, and when the last record of all was changed."""

    found: dict[str, Json] = field(default_factory=dict)
    newest: datetime | None = None
    pages: int = 0


def look(
    session: Session, endpoint: str, sought: Sought, floor: datetime | None
) -> Sighting:
    """Read newest first until everything is found or all changes since ``floor`` are read.

    A record that somebody changes meanwhile jumps to the first page, behind our back: what
    is missing after several pages is looked for once more among the newest.
    """
    sighting = Sighting()
    if not len(sought):
        return sighting
    _pass(session, endpoint, sought, floor, sighting)
    if len(sighting.found) < len(sought) and sighting.pages > 1:
        _pass(session, endpoint, sought, sighting.newest or floor, sighting)
    return sighting


def _pass(
    session: Session,
    endpoint: str,
    sought: Sought,
    floor: datetime | None,
    sighting: Sighting,
) -> None:
    views = view_ids(session.metadata, endpoint, session.view_names)
    readings = {
        view_id: (newest_first(session.client, endpoint, view_id, floor=floor), share)
        for view_id, share in _likeliest_first(views, sought, session.metadata).items()
    }
    # First each view's share, then the rest: people may have moved deals to other stages.
    for hurried in (True, False):
        for reading, share in readings.values():
            enough = len(sighting.found) + (share if hurried else len(sought))
            while len(sighting.found) < enough and (sheet := next(reading, None)):
                sighting.pages += 1
                _note(endpoint, sheet.records, sought, sighting)
                if len(sighting.found) >= len(sought):
                    return


def _note(endpoint: str, records: list[Json], sought: Sought, sighting: Sighting) -> None:
    for record in records:
        key = sought.who(endpoint, record)
        if key is not None:
            sighting.found.setdefault(key, record)
    times = [at for at in (sighting.newest, newest_of(records)) if at is not None]
    sighting.newest = max(times, default=None)


def _likeliest_first(
    views: dict[str, int], sought: Sought, metadata: Metadata
) -> dict[int, int]:
    """View → how many of ours it should show, most first.

    Deals are spread over views by stage. Where a stage is not known, each view may show
    all of them.
    """
    words = {
        stage.id: stage.forecast_type.split()[-1].casefold()
        for pipeline in metadata.pipelines
        for stage in pipeline.stages
        if stage.forecast_type
    }
    weight: Counter[str] = Counter()
    for stage_id, count in sought.stages.items():
        weight[words.get(int(str(stage_id)), "") if stage_id is not None else ""] += count
    shares = {number: weight[name.split()[0].casefold()] for name, number in views.items()}
    certain = sum(shares.values()) == len(sought)
    ordered = sorted(shares.items(), key=lambda view: -view[1])
    return {number: share if certain else len(sought) for number, share in ordered}
