"""One record, three ways: what we last wrote, what we mean now, what stands there (G5).

Field by field, people's edits win. Blanks never clear anything. Not here: finding the
three records (``plan``), whether two values mean the same (``freshsales.comparison``).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from kartra_freshsales.freshsales.comparison import is_blank, same
from kartra_freshsales.planning import consent
from kartra_freshsales.reconcile.references import REFERENCES, read_ids
from kartra_freshsales.reconcile.values import as_id

Record = Mapping[str, object]
Resolve = Callable[[str, str], int | None]
"""(link key, source key) → the Freshsales id of a record that stands there."""
Lost = Mapping[str, frozenset[int]]
Take = Callable[[str], str | None]
"""A contested field → "ours", "theirs", or nothing decided."""
_NONE_LOST: Lost = {}

DESTINATION_WINS = "destination_wins"
SOURCE_WINS = "source_wins_by_decision"
KEPT_BY_DECISION = "destination_wins_by_decision"
KEPT = "kept"
CONSENT_NOT_RAISED = "consent_not_raised"
REFUSAL_WINS = "refusal_wins"


@dataclass(frozen=True, slots=True)
class FieldConflict:
    """A field in which source and destination disagree, and who won."""

    field: str
    source: object
    written: object
    destination: object
    resolution: str


@dataclass(slots=True)
class Difference:
    """What has to be sent (``changed``: key → value) and what people keep."""

    changed: dict[str, object] = field(default_factory=dict)
    conflicts: list[FieldConflict] = field(default_factory=list)

    @property
    def contested(self) -> bool:
        """Whether people and the source changed the same field differently."""
        return any(found.resolution == DESTINATION_WINS for found in self.conflicts)


def difference(
    intended: Record,
    written: Record,
    standing: Record | None,
    resolve: Resolve,
    lost: Lost = _NONE_LOST,
) -> Difference:
    """Compare one record three ways.

    Args:
        intended: the payload; links are source keys, a null means "absent".
        written: the flat record as we last sent it; empty for a record that people made.
        standing: the flat record as it stands there; ``None`` where it cannot be read, then
            it is taken to be what we last wrote.
        resolve: ids of linked records; ``None`` for one that is yet to be created.
        lost: link key → ids of records that are made anew: a link to them is none.

    Returns:
        A field that we never wrote is only filled where the destination is blank. A field
        that we wrote is updated where the source changed and people did not touch it. Both
        changed: the destination wins. Consent is never raised, and a new refusal wins.
        Tags are merged: new ones are added, those that people removed stay removed.
    """
    found, sides = Difference(), _Sides(written, standing, lost)
    for key, value in intended.items():
        if is_blank(value):
            continue
        if key in REFERENCES:
            _link(found, key, value, sides, resolve)
        elif key == "tags":
            _tags(found, value, sides)
        elif key == "members":
            _members(found, value, sides, resolve)
        elif key in consent.CONSENT_KEYS:
            _consent(found, key, value, sides)
        else:
            _plain(found, key, value, sides)
    return found


def settled(found: Difference, take: Take, *, ours_by_default: bool) -> Difference:
    """The same difference after a person's decisions about its contested fields.

    A field of a record that people made is written over only where a line names the
    record. What was decided about consent is no question of taste and stays.
    """
    for at, item in enumerate(found.conflicts):
        if item.resolution not in {DESTINATION_WINS, KEPT}:
            continue
        said = take(item.field)
        if said is None and ours_by_default and item.resolution == DESTINATION_WINS:
            said = "ours"
        if said == "ours":
            found.changed[item.field] = item.source
            found.conflicts[at] = replace(item, resolution=SOURCE_WINS)
        elif said == "theirs":
            found.conflicts[at] = replace(item, resolution=KEPT_BY_DECISION)
    return found


@dataclass(frozen=True, slots=True)
class _Sides:
    """What we last wrote and what stands there, key by key."""

    written: Record
    standing: Record | None
    lost: Lost

    def of(self, key: str) -> tuple[object, object]:
        before = self.written.get(key)
        return before, before if self.hides(key) else (self.standing or {}).get(key)

    def hides(self, key: str) -> bool:
        """Relation ids may be left out of an answer without being empty (3.4)."""
        if self.standing is None:
            return True
        return key.endswith("_id") and key not in self.standing


def _plain(found: Difference, key: str, value: object, sides: _Sides) -> None:
    before, now = sides.of(key)
    if same(key, value, now).equal:
        return
    if is_blank(before):
        if _empty(key, now) and not (sides.standing is not None and sides.hides(key)):
            found.changed[key] = value
        elif not _same_name(key, value, now):
            found.conflicts.append(FieldConflict(key, value, None, now, KEPT))
    elif same(key, value, before).equal:
        return
    elif same(key, before, now).equal:
        found.changed[key] = value
    else:
        found.conflicts.append(FieldConflict(key, value, before, now, DESTINATION_WINS))


def _empty(key: str, now: object) -> bool:
    """An unticked custom checkbox reads as false even where nobody ever saw it."""
    return is_blank(now) or (now is False and key.startswith("cf_"))


def _same_name(key: str, value: object, now: object) -> bool:
    """Names are matched without case: another spelling is no difference worth a word."""
    return key == "name" and str(value).casefold() == str(now).casefold()


def _consent(found: Difference, key: str, value: object, sides: _Sides) -> None:
    before, now = sides.of(key)
    if same(key, value, now).equal:
        return
    if not is_blank(before) and same(key, value, before).equal:
        return
    if consent.raises(key, value, now):
        found.conflicts.append(FieldConflict(key, value, before, now, CONSENT_NOT_RAISED))
    elif consent.lowers(key, value, now):
        found.changed[key] = value
        if not is_blank(before) and not same(key, before, now).equal:
            found.conflicts.append(FieldConflict(key, value, before, now, REFUSAL_WINS))


def _tags(found: Difference, value: object, sides: _Sides) -> None:
    """Writing tags replaces them all, so what is sent is the union with what is there."""
    before, there = map(_listed, sides.of("tags"))
    known = {tag.casefold() for tag in (*before, *there)}
    added = [tag for tag in _listed(value) if tag.casefold() not in known]
    if added:
        found.changed["tags"] = [*there, *added]


def _members(found: Difference, value: object, sides: _Sides, resolve: Resolve) -> None:
    """A list is shared by batches: only those go on it who were never put there.

    A contact that is to be created again has to be put on it again.
    """
    before = set(_listed(sides.written.get("members")))
    wanted = _listed(value)
    if any(key not in before or resolve("contact", key) is None for key in wanted):
        found.changed["members"] = wanted


def _listed(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


def _link(
    found: Difference, key: str, value: object, sides: _Sides, resolve: Resolve
) -> None:
    lost = sides.lost.get(key, frozenset())
    target = value if isinstance(value, int) else resolve(key, str(value))
    before = _written_ids(key, sides.written, resolve) - lost
    there = _standing_ids(key, sides.standing, before) - lost
    if target is not None and target in there | before:
        return  # it stands as meant, or people took it away
    if not before:
        if there:
            found.conflicts.append(FieldConflict(key, value, None, sorted(there), KEPT))
        else:
            found.changed[key] = value
    elif there == before or (key == "contact" and before <= there):
        found.changed[key] = value
    else:
        found.conflicts.append(
            FieldConflict(key, value, sorted(before), sorted(there), DESTINATION_WINS)
        )


def _standing_ids(key: str, standing: Record | None, before: set[int]) -> set[int]:
    reference = REFERENCES[key]
    if standing is None or not set(reference.read_keys) & set(standing):
        return before  # an answer without the include says nothing about the link
    return read_ids(reference, standing)


def _written_ids(key: str, written: Record, resolve: Resolve) -> set[int]:
    """Ids we linked; a link that was written by source key is looked up."""
    symbolic = written.get(key)
    if isinstance(symbolic, str) and as_id(symbolic) is None:
        target = resolve(key, symbolic)
        return set() if target is None else {target}
    return read_ids(REFERENCES[key], written)
