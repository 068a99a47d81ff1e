"""The undo of one endpoint's records: read, judge again, send, read, and once more.

What people changed since the plan was made is spared; what is gone or restored already is
not sent twice. Not here: requests and intents (``rollback_steps``).
"""

from collections.abc import Iterator, Mapping, Sequence

from kartra_freshsales.freshsales.modules import Module
from kartra_freshsales.loading.rollback_book import (
    ALREADY_GONE,
    ATTEMPTS,
    DONE,
    FAILED,
    NO_EFFECT,
    PARTLY,
    SPARED,
    Work,
    note_key,
    record_key,
    target_key,
)
from kartra_freshsales.loading.rollback_judge import (
    AS_BEFORE,
    DELETED,
    EDITED,
    WITH_CONTACT,
    Judgement,
    unchanged,
)
from kartra_freshsales.loading.rollback_model import NoteUndo, RecordUndo
from kartra_freshsales.loading.rollback_reading import Reading
from kartra_freshsales.loading.rollback_scope import undone_intents
from kartra_freshsales.loading.rollback_steps import Target, in_groups


def undo_records(work: Work, endpoint: str) -> None:
    """Delete what we created at an endpoint, restore what we changed."""
    survey = work.survey
    if endpoint not in survey.endpoints():
        return
    survey.read(endpoint)
    reading = survey.readings[endpoint]
    waiting = work.book.open("delete") | work.book.open("restore")
    notes = _notes_by_place(work)
    targets = [
        target
        for undo, judged in survey.judged(endpoint)
        if record_key(undo) in waiting
        and (target := _target(work, undo, judged, reading, notes)) is not None
    ]
    if targets:
        reading = _send(work, endpoint, targets)
        _conclude(work, targets, reading)
    survey.stands(endpoint, reading.records)


def _target(
    work: Work,
    undo: RecordUndo,
    judged: Judgement,
    reading: Reading,
    notes: Mapping[tuple[str, int], list[NoteUndo]],
) -> Target | None:
    """What to send for a record; where nothing is, its outcome is noted."""
    key, now = record_key(undo), reading.records.get(undo.freshsales_id)
    if judged.reason is not None or now is None:
        gone = judged.reason == DELETED
        work.book.note(key, ALREADY_GONE if gone else SPARED, judged.reason)
        if gone:
            work.settler.lose([(undo.module, undo.source_key)])
        return None
    announced = set(_names(work.book.rows[key]["fields"]))
    restore = {name: value for name, value in judged.restore.items() if name in announced}
    changed = announced & judged.kept.keys()
    if changed and not restore:
        work.book.note(key, SPARED, EDITED)
        return None
    if changed:
        work.book.note(key, DONE, PARTLY)
    hung = notes.get((undo.endpoint, undo.freshsales_id), []) if undo.created else []
    others = [[*alias, undo.freshsales_id] for alias in undo.aliases]
    others += [[str(Module.NOTES), note.source_key, note.note_id] for note in hung]
    return Target(
        module=undo.module,
        source_key=undo.source_key,
        freshsales_id=undo.freshsales_id,
        batch=undo.batch,
        undoes=(*undo.undoes, *(number for note in hung for number in note.undoes)),
        now=now,
        restore=restore,
        where={"with": others} if others else {},
        stays=undo.foreign,
    )


def _names(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


def _notes_by_place(work: Work) -> dict[tuple[str, int], list[NoteUndo]]:
    """Notes that go along, by what they hang on."""
    waiting = work.book.open("delete_note")
    found: dict[tuple[str, int], list[NoteUndo]] = {}
    for note in work.survey.scope.notes:
        if note_key(note) in waiting:
            place = (note.parent_endpoint, note.parent_id)
            found.setdefault(place, []).append(note)
    return found


def _send(work: Work, endpoint: str, targets: list[Target]) -> Reading:
    """Send until reading shows the effect, three times at most; the last time singly."""
    modules = sorted({target.module for target in targets})
    ids = [target.freshsales_id for target in targets]
    since = work.survey.scope.since
    left, done = targets, 0
    reading = work.survey.readings[endpoint]
    for attempt in range(ATTEMPTS):
        work.sender.announce([t for t in left if not _deletes(work, t) and not t.restore])
        for group in _groups(work, left):
            _send_group(work, endpoint, group, singly=attempt == ATTEMPTS - 1)
            done = min(done + len(group), len(targets))
            work.book.tell(group[0].module, done, len(targets))
        work.sender.wait_for_jobs()
        reading = work.survey.reader.read(endpoint, ids, since, verify=False)
        work.settler.settle_records(work.settler.open_undos(modules), reading)
        left = [target for target in left if not _took_effect(work, target, reading)]
        if not left:
            break
    return reading


def _groups(work: Work, targets: list[Target]) -> Iterator[Sequence[Target]]:
    """Restores first: they take links off what is deleted next."""
    yield from in_groups([t for t in targets if t.restore and not _deletes(work, t)])
    yield from in_groups([t for t in targets if _deletes(work, t)])


def _send_group(
    work: Work, endpoint: str, group: Sequence[Target], *, singly: bool
) -> None:
    if not _deletes(work, group[0]):
        send = work.sender.restore_singly if singly else work.sender.restore
        send(endpoint, group)
    elif singly and not work.hard:
        work.sender.destroy_singly(endpoint, group)
    else:
        work.sender.destroy(endpoint, group, hard=work.hard)


def _deletes(work: Work, target: Target) -> bool:
    return target_key(target, "delete") in work.book.rows


def _took_effect(work: Work, target: Target, reading: Reading) -> bool:
    now = reading.records.get(target.freshsales_id)
    if _deletes(work, target):
        return now is None
    return now is not None and all(
        unchanged(key, value, now.get(key)) for key, value in target.restore.items()
    )


def _conclude(work: Work, targets: list[Target], reading: Reading) -> None:
    """Outcomes by reading. A record restored field by field is noted as a whole."""
    undone = undone_intents(work.ledger.intents())
    good = [target for target in targets if _took_effect(work, target, reading)]
    loose = [target for target in good if not set(target.undoes) <= undone]
    if loose:
        work.sender.announce([t for t in loose if not _deletes(work, t)])
        modules = sorted({target.module for target in loose})
        work.settler.settle_records(work.settler.open_undos(modules), reading)
    gone: set[int] = set()
    for target in good:
        deleting = _deletes(work, target)
        key = target_key(target, "delete" if deleting else "restore")
        work.book.note(key, DONE, None if deleting or target.restore else AS_BEFORE)
        gone |= set(target.undoes) if deleting else set()
    for target in targets:
        key = target_key(target, "delete" if _deletes(work, target) else "restore")
        work.book.note(key, FAILED, NO_EFFECT)
    for note in work.survey.scope.notes:
        if set(note.undoes) & gone:
            work.book.note(note_key(note), DONE, WITH_CONTACT)
