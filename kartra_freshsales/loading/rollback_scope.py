"""What the ledger says can be taken back: intents folded into one undo per thing.

Pure over what the ledger holds; nothing is asked of the destination here. An intent is
*live* while it was carried out and no later undo has taken it back. Not here: what people
did since (``rollback_judge``), sending (``rollback_steps``).
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import polars as pl

from kartra_freshsales.freshsales.modules import Module
from kartra_freshsales.freshsales.records import READ_ONLY
from kartra_freshsales.ledger.records import Intent, Json
from kartra_freshsales.ledger.states import IdentityState, IntentState, Operation
from kartra_freshsales.ledger.store import Ledger

UNDOING = frozenset({Operation.DELETE, Operation.RESTORE, Operation.REMOVE_MEMBER})
"""Operations a rollback plans; their payload names the intents they take back."""

_CARRIED_OUT = frozenset({IntentState.CONFIRMED, IntentState.RESOLVED})
_ON_RECORDS = frozenset({Operation.CREATE, Operation.UPDATE})
_RECORD_MODULES = tuple(m for m in Module if m not in {Module.NOTES, Module.LISTS})
_MARGIN = timedelta(hours=1)
_LINKS = {"sales_account": "sales_account_ids", "contact": "contact_ids"}


@dataclass(frozen=True, slots=True)
class Selection:
    """Which intents are to be taken back; what is not given is not asked for."""

    batch: str | None = None
    run: str | None = None
    module: str | None = None
    keys: frozenset[str] | None = None
    intents: frozenset[int] | None = None

    def covers(self, intent: Intent) -> bool:
        """Whether the whole intent is meant; a note goes by its contact's key, too."""
        own = {intent.source_key, _contact_key(intent.source_key)}
        return (
            (self.batch is None or intent.batch == self.batch)
            and (self.run is None or intent.run == self.run)
            and (self.module is None or str(intent.module) == self.module)
            and (self.keys is None or bool(own & self.keys))
            and (self.intents is None or intent.id in self.intents)
        )

    def without_keys(self) -> "Selection":
        """The same, whatever the record: who is on a list is told by ids."""
        return Selection(self.batch, self.run, self.module, None, self.intents)


@dataclass(frozen=True, slots=True)
class RecordUndo:
    """One record of ours. ``fields`` is what stood before, keys as they are read.

    ``later`` are fields that a live intent outside the selection wrote last, ``foreign``
    says that such intents exist at all: the record is not only the selection's.
    """

    module: str
    source_key: str
    freshsales_id: int
    endpoint: str
    batch: str
    created: bool
    seen: Json
    written: Json
    fields: Json
    later: frozenset[str]
    foreign: bool
    undoes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NoteUndo:
    """One note of ours and the record it hangs on."""

    source_key: str
    note_id: int
    parent_endpoint: str
    parent_id: int
    description: str
    batch: str
    undoes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ListUndo:
    """Members that were not on the list before us and that nobody else claims."""

    name: str
    list_id: int
    ids: tuple[int, ...]
    batch: str
    undoes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """Everything a selection can take back. ``ours`` are (endpoint, id) of live records.

    ``since`` is a time before which nothing of ours was written.
    """

    records: tuple[RecordUndo, ...] = ()
    notes: tuple[NoteUndo, ...] = ()
    lists: tuple[ListUndo, ...] = ()
    ours: frozenset[tuple[str, int]] = frozenset()
    since: datetime | None = None
    left_behind: frozenset[Operation] = frozenset()
    emptied: int = 0
    states: Mapping[tuple[str, str], IdentityState] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Nothing of ours is in the selection."""
        return not (self.records or self.notes or self.lists)


@dataclass(frozen=True)
class _Known:
    """Identities by key, and the ids symbolic keys stand for."""

    rows: dict[tuple[str, str], dict[str, object]]
    edition: str

    def endpoint(self, module: str) -> str:
        return Module(module).endpoint_in(self.edition)

    def id_of(self, value: object, modules: Iterable[Module]) -> int | None:
        if isinstance(value, int):
            return value
        rows = (self.rows.get((str(module), str(value))) for module in modules)
        return next((int(str(row["freshsales_id"])) for row in rows if row), None)


def gather(ledger: Ledger, edition: str, selection: Selection) -> Scope:
    """Fold the live intents of a selection into undos, one per record, note and list."""
    everything = ledger.intents()
    undone = undone_intents(everything)
    done = [i for i in everything if i.state in _CARRIED_OUT]
    live = [i for i in done if i.id not in undone]
    frame = ledger.identities()
    known = _Known({(r["module"], r["source_key"]): r for r in _rows(frame)}, edition)
    chosen = [i for i in live if selection.covers(i) and i.payload]
    records = _records(live, selection, known)
    return Scope(
        records=records,
        notes=_notes(chosen, known),
        lists=_lists(done, live, selection, known),
        ours=frozenset(_ours(known)),
        since=_since(chosen, records),
        left_behind=frozenset(i.operation for i in chosen),
        emptied=sum(not i.payload for i in live if i.operation not in UNDOING),
        states={key: IdentityState(str(row["state"])) for key, row in known.rows.items()},
    )


def undone_intents(intents: Iterable[Intent]) -> set[int]:
    """Ids of intents that a carried-out undo has already taken back."""
    return {
        int(str(number))
        for intent in intents
        if intent.operation in UNDOING and intent.state in _CARRIED_OUT
        for number in _listed(intent.payload.get("undoes"))
    }


def _rows(frame: pl.DataFrame) -> Iterable[dict[str, object]]:
    return frame.iter_rows(named=True)


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _contact_key(source_key: str) -> str:
    return source_key.removeprefix("note:").partition("#")[0]


def _ours(known: _Known) -> Iterable[tuple[str, int]]:
    for (module, _), row in known.rows.items():
        if row["state"] == IdentityState.LIVE and module in _RECORD_MODULES:
            yield known.endpoint(module), int(str(row["freshsales_id"]))


# Records


def _records(
    live: list[Intent], selection: Selection, known: _Known
) -> tuple[RecordUndo, ...]:
    by_key: dict[tuple[str, str], list[Intent]] = {}
    for intent in live:
        if intent.operation in _ON_RECORDS:
            by_key.setdefault((str(intent.module), intent.source_key), []).append(intent)
    undos = []
    for key, intents in sorted(by_key.items()):
        row = known.rows.get(key)
        if row is None or row["state"] != IdentityState.LIVE:
            continue
        number = int(str(row["freshsales_id"]))
        standing = [i for i in intents if i.freshsales_id in {None, number}]
        if mine := [i for i in standing if selection.covers(i)]:
            undos.append(_record(key, row, standing, mine, known))
    return tuple(undos)


def _record(
    key: tuple[str, str],
    row: Mapping[str, object],
    standing: list[Intent],
    mine: list[Intent],
    known: _Known,
) -> RecordUndo:
    chosen = {intent.id for intent in mine}
    fields, later = _net(standing, chosen, known)
    written: Json = {}
    for intent in mine:
        written.update(read_form(intent.payload, known.id_of))
    return RecordUndo(
        module=key[0],
        source_key=key[1],
        freshsales_id=int(str(row["freshsales_id"])),
        endpoint=known.endpoint(key[0]),
        batch=mine[0].batch,
        created=any(intent.operation is Operation.CREATE for intent in mine),
        seen=json.loads(str(row["seen"])),
        written=written,
        fields=fields,
        later=frozenset(later),
        foreign=len(standing) > len(mine),
        undoes=tuple(sorted(chosen)),
    )


def _net(
    standing: list[Intent], chosen: set[int], known: _Known
) -> tuple[Json, set[str]]:
    """What stood before, per field: the earliest pre-image since others last wrote it."""
    fields: Json = {}
    later: set[str] = set()
    for intent in standing:
        before = read_form(intent.pre_image or {}, known.id_of)
        for key, value in before.items():
            if key in READ_ONLY:
                continue
            if intent.id not in chosen:
                fields.pop(key, None)
                later.add(key)
            else:
                later.discard(key)
                fields.setdefault(key, value)
    return fields, later


def read_form(flat: Json, id_of: Callable[..., int | None]) -> Json:
    """A record as sent, its links under the keys they are read back under."""
    made: Json = {}
    for key, value in flat.items():
        if key not in _LINKS:
            made[key] = value
            continue
        modules = (
            (Module.SALES_ACCOUNTS,)
            if key == "sales_account"
            else (Module.CONTACTS, Module.LEADS)
        )
        items = value if isinstance(value, list) else [] if value is None else [value]
        ids = [id_of(item, modules) for item in items]
        if None not in ids:
            made.setdefault(_LINKS[key], ids)
    return made


# Notes and lists


def _notes(chosen: list[Intent], known: _Known) -> tuple[NoteUndo, ...]:
    undos = []
    for intent in chosen:
        if intent.operation is not Operation.CREATE_NOTE or intent.freshsales_id is None:
            continue
        endpoint, parent = _parent(intent, known)
        undos.append(
            NoteUndo(
                source_key=intent.source_key,
                note_id=intent.freshsales_id,
                parent_endpoint=endpoint,
                parent_id=parent,
                description=str(intent.payload.get("description") or ""),
                batch=intent.batch,
                undoes=(intent.id,),
            )
        )
    return tuple(undos)


def _parent(intent: Intent, known: _Known) -> tuple[str, int]:
    """Where a note hangs: by the id it was sent with, else by its contact's key."""
    sent = intent.payload.get("targetable_id") or intent.payload.get("contact")
    for module in (Module.CONTACTS, Module.LEADS):
        for value in (sent, _contact_key(intent.source_key)):
            if (number := known.id_of(value, (module,))) is not None:
                return known.endpoint(str(module)), number
    return known.endpoint(str(Module.CONTACTS)), 0


def _lists(
    done: list[Intent], live: list[Intent], selection: Selection, known: _Known
) -> tuple[ListUndo, ...]:
    """Replay who joined which list through us: first comer's pre-image decides.

    A member that stood there before our first call stays, and so does one that a live
    intent outside the selection put there as well.
    """
    alive = {intent.id for intent in live}
    before: dict[int, dict[int, bool]] = {}
    claims: dict[int, dict[int, list[Intent]]] = {}
    for intent in done:
        list_id = int(str(intent.payload.get("list_id") or 0))
        ids = [int(str(item)) for item in _listed(intent.payload.get("ids"))]
        if intent.operation is Operation.REMOVE_MEMBER:
            for member in ids:
                before.get(list_id, {}).pop(member, None)
                claims.get(list_id, {}).pop(member, None)
        elif intent.operation is Operation.ADD_MEMBER:
            already = _listed((intent.pre_image or {}).get("already"))
            for member in ids:
                before.setdefault(list_id, {}).setdefault(member, member in already)
                if intent.id in alive:
                    held = claims.setdefault(list_id, {})
                    held.setdefault(member, []).append(intent)
    found = (
        _list(list_id, members, before[list_id], selection, known)
        for list_id, members in sorted(claims.items())
    )
    return tuple(undo for undo in found if undo is not None)


def _list(
    list_id: int,
    members: Mapping[int, list[Intent]],
    before: Mapping[int, bool],
    selection: Selection,
    known: _Known,
) -> ListUndo | None:
    keyed = selection.keys or frozenset()
    contacts = {
        known.id_of(key, (module,))
        for key in keyed
        for module in (Module.CONTACTS, Module.LEADS)
    }

    def meant(intent: Intent, member: int) -> bool:
        if selection.covers(intent):
            return True
        return member in contacts and selection.without_keys().covers(intent)

    ids = [
        member
        for member, intents in members.items()
        if not before[member] and all(meant(intent, member) for intent in intents)
    ]
    whole = {i.id: i for held in members.values() for i in held if selection.covers(i)}
    if not ids and not whole:
        return None
    first = next(iter(next(iter(members.values()))))
    some = next(iter(whole.values()), first)
    return ListUndo(
        name=str(some.payload.get("list") or some.source_key),
        list_id=list_id,
        ids=tuple(sorted(ids)),
        batch=some.batch,
        undoes=tuple(sorted(whole)),
    )


# Times


def _since(chosen: list[Intent], records: tuple[RecordUndo, ...]) -> datetime | None:
    """An hour before the first of our writes, by the destination's clock and by ours."""
    times = [intent.planned_at for intent in chosen]
    times += [at for undo in records if (at := moment(undo.seen.get("updated_at")))]
    return min(times) - _MARGIN if times else None


def moment(value: object) -> datetime | None:
    """A time as the destination writes it, or ``None`` where it cannot be told."""
    try:
        read = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return read if read.tzinfo is not None else None
