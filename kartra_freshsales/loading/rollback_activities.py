"""Taking activities back: which of the ledger's are meant, and how each stands now.

Tasks, appointments and sales activities are asked for one by one, since no view shows them
all. Not here: deleting them (``rollback_attached``), records (``rollback_scope``).
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from kartra_freshsales.errors import NotFound
from kartra_freshsales.freshsales.client import FreshsalesClient
from kartra_freshsales.freshsales.comparison import same
from kartra_freshsales.freshsales.modules import Module
from kartra_freshsales.ledger.records import Intent, Json
from kartra_freshsales.ledger.states import Operation
from kartra_freshsales.loading.activities import flat
from kartra_freshsales.loading.children import place_of
from kartra_freshsales.loading.rollback_judge import DELETED, EDITED
from kartra_freshsales.loading.rollback_model import ActivityUndo, Known, Selection
from kartra_freshsales.loading.rollback_rows import row_of

_THEIRS = ("title", "start", "end", "text")
"""What people may have changed; marking a task as done is no work that would be lost."""


def activities_of(
    live: Collection[Intent], selection: Selection, known: Known
) -> tuple[ActivityUndo, ...]:
    """Activities that the selection made."""
    converted = known.converted()
    undos = []
    for intent in live:
        made = intent.module == Module.ACTIVITIES and intent.operation is Operation.CREATE
        number = intent.freshsales_id
        if made and number is not None and selection.covers(intent) and intent.payload:
            place = place_of(intent.payload)
            endpoint, parent = converted.get(place, place)
            undo = ActivityUndo(
                source_key=intent.source_key,
                route=str(intent.payload["record"]),
                activity_id=number,
                parent_endpoint=endpoint,
                parent_id=parent,
                written=intent.payload,
                batch=intent.batch,
                undoes=(intent.id,),
            )
            undos.append(undo)
    return tuple(undos)


def activity_stands(client: FreshsalesClient, intent: Intent) -> bool:
    """Whether what an undo was to delete is still there."""
    number = int(str(intent.payload["id"]))
    return ActivityReadings(client).stands(str(intent.payload["route"]), number)


@dataclass
class ActivityReadings:
    """Activities as they stand, each asked for once."""

    client: FreshsalesClient
    touched: bool = False
    requests: int = 0
    _found: dict[tuple[str, int], Json | None] = field(default_factory=dict)

    def stands(self, route: str, number: int) -> bool:
        """Whether an activity is there."""
        return self._read(route, number) is not None

    def judge(self, undo: ActivityUndo) -> str | None:
        """Why an activity stays, or ``None``."""
        record = self._read(undo.route, undo.activity_id)
        if record is None:
            return DELETED
        now = flat(undo.route, record)
        changed = (
            key in undo.written and not same(key, undo.written[key], now.get(key)).equal
            for key in _THEIRS
        )
        return EDITED if not self.touched and any(changed) else None

    def _read(self, route: str, number: int) -> Json | None:
        place = route, number
        if place not in self._found:
            self.requests += 1
            try:
                self._found[place] = self.client.activity(route, number)
            except NotFound:
                self._found[place] = None
        return self._found[place]


def activity_row(undo: ActivityUndo, reason: str | None) -> Json:
    """An activity's row in a rollback plan."""
    return row_of(
        module=str(Module.ACTIVITIES),
        source_key=undo.source_key,
        freshsales_id=undo.activity_id,
        operation="delete_activity",
        action="undo" if reason is None else "spare",
        reason=reason,
        batch=undo.batch,
        undoes=list(undo.undoes),
    )
