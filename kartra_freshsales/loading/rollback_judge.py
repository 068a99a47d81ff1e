"""May this be taken back? What stood before, what we left and what stands now, compared.

Pure. Whatever a person changed since is theirs: a changed field is not restored, a changed
record of ours is not deleted. Tags and links are judged element by element, so that only
ours go. Not here: reading, sending.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from kartra_freshsales.freshsales.comparison import is_blank, same
from kartra_freshsales.freshsales.records import READ_ONLY
from kartra_freshsales.ledger.records import Json
from kartra_freshsales.loading.rollback_model import NoteUndo, RecordUndo
from kartra_freshsales.loading.rollback_reading import Reading

EDITED = "edited_since"
DELETED = "deleted_since"
FOREIGN_CHILDREN = "has_foreign_children"
CHILDREN_STAY = "has_children_that_stay"
OTHER_BATCH = "used_by_another_load"
NOT_SHOWN = "not_shown_by_the_destination"
WITH_CONTACT = "goes_with_its_record"
AS_BEFORE = "already_as_before"
"""Why something is spared, or needs no request of its own."""

_COMPUTED = frozenset({"base_currency_amount"})
_LINK_ENDPOINTS = {"sales_account_ids": "sales_accounts", "contact_ids": "contacts"}
BY_ELEMENT = {
    "sales_accounts": frozenset({"tags"}),
    "contacts": frozenset({"tags", "sales_account_ids"}),
    "leads": frozenset({"tags"}),
    "deals": frozenset({"tags", "contact_ids"}),
}

Gone = Callable[[str, int], bool]
"""Whether a record known by (endpoint, id) was looked for and no longer stands."""


@dataclass(frozen=True)
class Judgement:
    """What may be done about one record: values to write back, or leave to delete it.

    ``kept`` maps a field that is left alone to the reason. ``reason`` is set where the
    whole record is spared.
    """

    restore: Json = field(default_factory=dict)
    kept: Mapping[str, str] = field(default_factory=dict)
    reason: str | None = None


def judge_restore(
    undo: RecordUndo, now: Json | None, *, touched: bool = False
) -> Judgement:
    """Fields of a record that was not ours, back to what stood before our first write.

    With ``touched`` that goes for fields that people changed since, too.
    """
    if now is None:
        return Judgement(reason=DELETED)
    restore: Json = {}
    kept = dict.fromkeys(sorted(undo.later), OTHER_BATCH)
    for key, before in undo.fields.items():
        if key in _LINK_ENDPOINTS and key not in now:
            kept[key] = NOT_SHOWN
            continue
        target = _target(undo, key, before, now)
        if target is _THEIRS and touched:
            target = before
        if target is _THEIRS:
            kept[key] = EDITED
        elif not unchanged(key, target, now.get(key)):
            restore[key] = target
    return Judgement(restore, kept)


_THEIRS = object()


def _target(undo: RecordUndo, key: str, before: object, now: Json) -> object:
    """The value to write back; ``_THEIRS`` where a person has put another one since."""
    standing = now.get(key)
    ours = undo.seen.get(key, undo.written.get(key))
    if key in BY_ELEMENT[undo.endpoint]:
        return _without_ours(_items(before), _items(ours), _items(standing))
    if same(key, before, standing).equal or same(key, ours, standing).equal:
        return before
    return _THEIRS


def _without_ours(
    before: list[object], ours: list[object], standing: list[object]
) -> list[object]:
    """What stands now, less what we added, plus what we removed; the old order if equal."""
    was, left = set(map(_fold, before)), set(map(_fold, ours))
    kept = [item for item in standing if _fold(item) in was or _fold(item) not in left]
    held = set(map(_fold, standing))
    back = [i for i in before if _fold(i) not in left and _fold(i) not in held]
    made = kept + back
    return before if set(map(_fold, made)) == was else made


def _fold(item: object) -> object:
    return item.casefold() if isinstance(item, str) else item


def _items(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else []


def unchanged(key: str, target: object, standing: object) -> bool:
    """Whether nothing needs to be written; the first linked account must be the first."""
    if key == "sales_account_ids" and _items(target)[:1] != _items(standing)[:1]:
        return False
    return same(key, target, standing).equal


def judge_delete(
    undo: RecordUndo,
    now: Json | None,
    *,
    gone: Gone,
    children: Iterable[tuple[str, int]],
    ours: Collection[tuple[str, int]],
    touched: bool = False,
) -> Judgement:
    """A record we created: may it go?

    Args:
        undo: the record.
        now: as it stands, ``None`` if it does not.
        gone: tells links that fell away because their record did.
        children: what would still hang on it: (endpoint or kind, id).
        ours: (endpoint, id) of all records of ours.
        touched: even where people changed it since.
    """
    if now is None:
        return Judgement(reason=DELETED)
    if undo.foreign:
        return Judgement(reason=OTHER_BATCH)
    if not touched and (changed := edited_fields(undo, now, gone)):
        return Judgement(reason=EDITED, kept=dict.fromkeys(changed, EDITED))
    staying = set(children)
    if staying:
        mine = staying <= set(ours)
        return Judgement(reason=CHILDREN_STAY if mine else FOREIGN_CHILDREN)
    return Judgement()


def edited_fields(undo: RecordUndo, now: Json, gone: Gone) -> list[str]:
    """Fields that differ from what we last read back: somebody else's work.

    A new time stamp alone is nothing; notes, lists and deals of ours cause that.
    """
    left = undo.seen or undo.written
    changed = []
    for key in sorted(now.keys() | left.keys()):
        if key in READ_ONLY or key in _COMPUTED or key not in now:
            continue
        if key not in left:
            if key.startswith("cf_") and not is_blank(now[key]):
                changed.append(key)
        elif not same(key, _standing_links(key, left[key], gone), now[key]).equal:
            changed.append(key)
    return changed


def _standing_links(key: str, value: object, gone: Gone) -> object:
    endpoint = _LINK_ENDPOINTS.get(key)
    if endpoint is None:
        return value
    return [item for item in _items(value) if not gone(endpoint, int(str(item)))]


def lost_links(undos: Iterable[RecordUndo], reading: Reading) -> dict[str, set[int]]:
    """Ids, by endpoint, that we linked and that the records no longer name."""
    lost: dict[str, set[int]] = {}
    for undo in undos:
        now = reading.records.get(undo.freshsales_id)
        for key, endpoint in _LINK_ENDPOINTS.items():
            if now is not None and key in now:
                fallen = set(_items(undo.seen.get(key))) - set(_items(now[key]))
                lost.setdefault(endpoint, set()).update(int(str(i)) for i in fallen)
    return {endpoint: ids for endpoint, ids in lost.items() if ids}


def judge_note(
    undo: NoteUndo, reading: Reading, standing: bool, *, touched: bool = False
) -> str | None:
    """``None`` if the note may go or get its text back, else why not."""
    if not standing:
        return DELETED
    if undo.later or (undo.foreign and undo.before is None):
        return OTHER_BATCH
    text = reading.notes.get(undo.note_id)
    if touched or text is None or same("description", undo.description, text).equal:
        return None
    return None if text_is(undo, text) else EDITED


def text_is(undo: NoteUndo, text: object) -> bool:
    """Whether a note that is to be rewritten holds its earlier text again."""
    return undo.before is not None and same("description", undo.before, text).equal


def linked(
    parent: str, finals: Mapping[str, Mapping[int, Json]]
) -> dict[int, set[tuple[str, int]]]:
    """Parent id → the records, as they will stand, that link to it.

    Args:
        parent: ``sales_accounts`` or ``contacts``.
        finals: records by endpoint and id, without those that will be gone.
    """
    keys = [key for key, endpoint in _LINK_ENDPOINTS.items() if endpoint == parent]
    found: dict[int, set[tuple[str, int]]] = {}
    for endpoint, records in finals.items():
        for number, record in records.items():
            for key in keys:
                for target in _items(record.get(key)):
                    found.setdefault(int(str(target)), set()).add((endpoint, number))
    return found
