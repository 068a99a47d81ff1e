"""Notes and list members in the ledger, replayed in the order in which they were written.

Pure. Not here: records (``rollback_scope``).
"""

from collections.abc import Collection, Mapping

from kartra_freshsales.freshsales.modules import Module
from kartra_freshsales.ledger.records import Intent
from kartra_freshsales.ledger.states import Operation
from kartra_freshsales.loading.rollback_model import (
    Known,
    ListUndo,
    NoteUndo,
    Selection,
    contact_key,
    listed,
)

_ON_NOTES = frozenset({Operation.CREATE_NOTE, Operation.UPDATE})


def notes_of(
    live: list[Intent], selection: Selection, known: Known
) -> tuple[NoteUndo, ...]:
    """Notes of the selection: those it wrote go, those it rewrote get their text back."""
    by_note: dict[tuple[str, int], list[Intent]] = {}
    for intent in live:
        on_note = intent.module == Module.NOTES and intent.operation in _ON_NOTES
        if on_note and intent.freshsales_id is not None:
            key = (intent.source_key, intent.freshsales_id)
            by_note.setdefault(key, []).append(intent)
    undos = []
    leads = known.ids_of(Module.LEADS)
    converted = known.converted()
    for (_, number), standing in by_note.items():
        mine = [i for i in standing if selection.covers(i) and i.payload]
        if mine:
            place = _parent(standing[0], known, leads)
            place = converted.get(place, place)
            undos.append(_note(number, place, standing, mine))
    return tuple(undos)


def _note(
    number: int, place: tuple[str, int], standing: list[Intent], mine: list[Intent]
) -> NoteUndo:
    endpoint, parent = place
    created = any(intent.operation is Operation.CREATE_NOTE for intent in mine)
    before = (mine[0].pre_image or {}).get("description")
    return NoteUndo(
        source_key=mine[0].source_key,
        note_id=number,
        parent_endpoint=endpoint,
        parent_id=parent,
        description=str(standing[-1].payload.get("description") or ""),
        before=None if created else str(before or ""),
        foreign=len(standing) > len(mine),
        later=standing[-1].id not in {intent.id for intent in mine},
        batch=mine[0].batch,
        undoes=tuple(intent.id for intent in mine),
    )


def _parent(intent: Intent, known: Known, leads: Collection[int]) -> tuple[str, int]:
    """Where a note hangs: by the id it was sent with, else by its contact's key."""
    sent = intent.payload.get("targetable_id") or intent.payload.get("contact")
    for value in (sent, contact_key(intent.source_key)):
        for module in (Module.CONTACTS, Module.LEADS):
            if (number := known.id_of(value, (module,))) is not None:
                at = Module.LEADS if number in leads else module
                return known.endpoint(str(at)), number
    return known.endpoint(str(Module.CONTACTS)), 0


def lists_of(
    done: list[Intent], live: list[Intent], selection: Selection, known: Known
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
        ids = [int(str(item)) for item in listed(intent.payload.get("ids"))]
        if intent.operation is Operation.REMOVE_MEMBER:
            for member in ids:
                before.get(list_id, {}).pop(member, None)
                claims.get(list_id, {}).pop(member, None)
        elif intent.operation is Operation.ADD_MEMBER:
            already = listed((intent.pre_image or {}).get("already"))
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
    known: Known,
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
