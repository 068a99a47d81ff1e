"""The undo of what hangs on records: list members in groups, notes one by one.

Not here: the records themselves (``rollback_records``).
"""

import json
from collections.abc import Collection

from kartra_freshsales.freshsales.modules import Module
from kartra_freshsales.ledger.records import Json
from kartra_freshsales.loading.rollback_book import (
    ALREADY_GONE,
    ATTEMPTS,
    DONE,
    FAILED,
    NO_EFFECT,
    SPARED,
    Key,
    Work,
    ids_in,
    note_key,
)
from kartra_freshsales.loading.rollback_judge import AS_BEFORE, DELETED
from kartra_freshsales.loading.rollback_model import NoteUndo
from kartra_freshsales.loading.rollback_scope import undone_intents
from kartra_freshsales.loading.rollback_steps import Target, in_groups


def undo_members(work: Work) -> None:
    """Take our members off every list; the lists themselves cannot be deleted."""
    for key, row in work.book.open("remove_member").items():
        planned = set(ids_in(json.loads(str(row["pre_image"]))["remove"]))
        target = _list_target(row)
        if _take_off(work, target, planned):
            work.book.note(key, FAILED, NO_EFFECT)
        else:
            number, name = target.freshsales_id, target.source_key
            work.settler.forget_members(name, number, target.undoes)
            work.sender.note_list_as_done(target)
            work.book.note(key, DONE, None if planned else AS_BEFORE)


def _take_off(work: Work, target: Target, planned: Collection[int]) -> set[int]:
    """Members that are still on the list after all attempts."""
    left = _still_on(work, target, planned)
    done, total = 0, len(left)
    for _ in range(ATTEMPTS):
        if not left:
            break
        for group in in_groups(sorted(left)):
            work.sender.remove_members(target, group)
            done = min(done + len(group), total)
            work.book.tell(target.module, done, total)
        work.settler.settle_members(work.settler.open_undos([target.module]))
        left = _still_on(work, target, planned)
    return left


def _still_on(work: Work, target: Target, planned: Collection[int]) -> set[int]:
    if not planned:
        return set()
    members, _ = work.survey.reader.members(target.freshsales_id)
    return members & set(planned)


def _list_target(row: Json) -> Target:
    return Target(
        module=str(row["module"]),
        source_key=str(row["source_key"]),
        freshsales_id=int(str(row["freshsales_id"])),
        batch=str(row["batch"] or ""),
        undoes=tuple(ids_in(row["undoes"])),
    )


def undo_notes(work: Work, keys: Collection[Key]) -> None:
    """Delete or rewrite the notes of these rows, unless people have rewritten them."""
    undos = [undo for undo in work.survey.scope.notes if note_key(undo) in keys]
    for endpoint in sorted({undo.parent_endpoint for undo in undos}):
        work.survey.read(endpoint)
    pending: list[NoteUndo] = []
    for undo in undos:
        reason = work.survey.judge_note(undo)
        if reason is None:
            pending.append(undo)
        else:
            outcome = ALREADY_GONE if reason == DELETED else SPARED
            work.book.note(note_key(undo), outcome, reason)
    for _ in range(ATTEMPTS):
        if not pending:
            return
        _send(work, pending)
        pending = _not_undone(work, pending)
    for undo in pending:
        work.book.note(note_key(undo), FAILED, NO_EFFECT)


def _send(work: Work, pending: list[NoteUndo]) -> None:
    done = 0
    for rewriting in (True, False):
        some = [undo for undo in pending if (undo.before is not None) is rewriting]
        send = work.sender.rewrite_notes if rewriting else work.sender.delete_notes
        for group in in_groups(some):
            send([_note_target(undo) for undo in group])
            done += len(group)
            work.book.tell(str(Module.NOTES), done, len(pending))


def _not_undone(work: Work, pending: list[NoteUndo]) -> list[NoteUndo]:
    """Read what became of notes; answers those that are to be tried again."""
    modules = [str(Module.NOTES)]
    work.settler.settle_notes(work.settler.open_undos(modules))
    undone = undone_intents(work.ledger.intents(modules=modules))
    for undo in pending:
        if set(undo.undoes) <= undone:
            work.book.note(note_key(undo), DONE)
    return [undo for undo in pending if not set(undo.undoes) <= undone]


def _note_target(undo: NoteUndo) -> Target:
    return Target(
        module=str(Module.NOTES),
        source_key=undo.source_key,
        freshsales_id=undo.note_id,
        batch=undo.batch,
        undoes=undo.undoes,
        now={"description": undo.description},
        restore={} if undo.before is None else {"description": undo.before},
        where={"parent_endpoint": undo.parent_endpoint, "parent_id": undo.parent_id},
        stays=undo.foreign,
    )
