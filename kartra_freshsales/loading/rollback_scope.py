"""What the ledger says can be taken back: intents folded into one undo per thing.

Pure over what the ledger holds; nothing is asked of the destination here. An intent is
*live* while it was carried out and no later undo has taken it back. Not here: what people
did since (``rollback_judge``), sending (``rollback_steps``).
"""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from kartra_freshsales.freshsales.modules import HUNG, Module
from kartra_freshsales.freshsales.records import READ_ONLY
from kartra_freshsales.ledger.records import Intent, Json
from kartra_freshsales.ledger.states import IdentityState, IntentState, Operation
from kartra_freshsales.ledger.store import Ledger
from kartra_freshsales.loading.pages import moment
from kartra_freshsales.loading.rollback_activities import activities_of
from kartra_freshsales.loading.rollback_model import (
    Known,
    RecordUndo,
    Scope,
    Selection,
    listed,
    read_form,
    undoing,
)
from kartra_freshsales.loading.rollback_replay import lists_of, notes_of

_CARRIED_OUT = frozenset({IntentState.CONFIRMED, IntentState.RESOLVED})
_ON_RECORDS = frozenset({Operation.CREATE, Operation.UPDATE})
_RECORD_MODULES = tuple(m for m in Module if m not in HUNG)
_MARGIN = timedelta(hours=1)


def gather(
    ledger: Ledger, edition: str, selection: Selection, *, undone_too: bool = False
) -> Scope:
    """Fold the live intents of a selection into undos, one per record, note and list.

    With ``undone_too`` notes and lists that were taken back already are told again.
    """
    everything = ledger.intents()
    undone = set() if undone_too else undone_intents(everything)
    done = [i for i in everything if i.state in _CARRIED_OUT]
    live = [i for i in done if i.id not in undone]
    known = Known(
        {(row["module"], row["source_key"]): row for row in _rows(ledger)}, edition
    )
    chosen = [i for i in live if selection.covers(i) and i.payload]
    return Scope(
        records=_records(live, selection, known),
        notes=notes_of(live, selection, known),
        activities=activities_of(live, selection, known),
        lists=lists_of(done, live, selection, known),
        files=sum(i.operation is Operation.UPLOAD for i in chosen if _stands(i, known)),
        ours=frozenset(_ours(known)),
        since=_since([i for i in done if selection.covers(i)], known),
        left_behind=frozenset(i.operation for i in chosen),
        emptied=sum(not i.payload for i in live if not undoing(i)),
        states={key: IdentityState(str(row["state"])) for key, row in known.rows.items()},
        seen={key: json.loads(str(row["seen"])) for key, row in known.rows.items()}
        if undone_too
        else {},
    )


def undone_intents(intents: Iterable[Intent]) -> set[int]:
    """Ids of intents that a carried-out undo has already taken back."""
    return {
        int(str(number))
        for intent in intents
        if undoing(intent) and intent.state in _CARRIED_OUT
        for number in listed(intent.payload.get("undoes"))
    }


def _stands(intent: Intent, known: Known) -> bool:
    row = known.rows.get((str(intent.module), intent.source_key))
    return row is not None and row["state"] == IdentityState.LIVE


def _rows(ledger: Ledger) -> Iterable[dict[str, Any]]:
    return ledger.identities().iter_rows(named=True)


def _ours(known: Known) -> Iterable[tuple[str, int]]:
    for (module, _), row in known.rows.items():
        if row["state"] == IdentityState.LIVE and module in _RECORD_MODULES:
            yield known.endpoint(module), int(str(row["freshsales_id"]))


# Records


def _records(
    live: list[Intent], selection: Selection, known: Known
) -> tuple[RecordUndo, ...]:
    by_record: dict[tuple[str, int], list[Intent]] = {}
    for intent in live:
        if intent.operation not in _ON_RECORDS or intent.module not in _RECORD_MODULES:
            continue
        row = known.rows.get((str(intent.module), intent.source_key))
        if row is not None and row["state"] == IdentityState.LIVE:
            number = int(row["freshsales_id"])
            if intent.freshsales_id in {None, number}:
                place = (known.endpoint(intent.module), number)
                by_record.setdefault(place, []).append(intent)
    undos = []
    for (endpoint, number), standing in sorted(by_record.items()):
        mine = [intent for intent in standing if selection.covers(intent)]
        if mine:
            undos.append(_record(endpoint, number, standing, mine, known))
    return tuple(undos)


def _record(
    endpoint: str,
    number: int,
    standing: list[Intent],
    mine: list[Intent],
    known: Known,
) -> RecordUndo:
    chosen = {intent.id for intent in mine}
    fields, later = net(standing, chosen, known)
    written: Json = {}
    for intent in mine:
        written.update(read_form(intent.payload, known.id_of))
    keys = list(dict.fromkeys((str(i.module), i.source_key) for i in standing))
    own = (str(mine[0].module), mine[0].source_key)
    last = (str(standing[-1].module), standing[-1].source_key)
    return RecordUndo(
        module=own[0],
        source_key=own[1],
        freshsales_id=number,
        endpoint=endpoint,
        batch=mine[0].batch,
        created=any(intent.operation is Operation.CREATE for intent in mine),
        seen=json.loads(known.rows[last]["seen"]),
        written=written,
        fields=fields,
        later=frozenset(later),
        foreign=len(standing) > len(mine),
        undoes=tuple(sorted(chosen)),
        aliases=tuple(key for key in keys if key != own),
    )


def net(standing: list[Intent], chosen: set[int], known: Known) -> tuple[Json, set[str]]:
    """What stood before, per field: the earliest pre-image since others last wrote it.

    Returns:
        The values, and the chosen intents' fields of which others have the last word.
    """
    fields: Json = {}
    later: set[str] = set()
    written: set[str] = set()
    for intent in standing:
        before = read_form(intent.pre_image or {}, known.id_of)
        for key in before.keys() - READ_ONLY:
            if intent.id in chosen:
                written.add(key)
                later.discard(key)
                fields.setdefault(key, before[key])
            else:
                fields.pop(key, None)
                later.add(key)
    return fields, later & written


# Times


def _since(chosen: list[Intent], known: Known) -> datetime | None:
    """An hour before the first of our writes, by the destination's clock and by ours."""
    times = [intent.planned_at for intent in chosen]
    for key in {(str(intent.module), intent.source_key) for intent in chosen}:
        seen = json.loads(known.rows[key]["seen"]) if key in known.rows else {}
        if (at := moment(seen.get("updated_at"))) is not None:
            times.append(at)
    return min(times) - _MARGIN if times else None
