"""The undo of activities, and what the ledger remembers of files afterwards.

No call deletes a file. One whose record was deleted went with it, and a later load uploads
it again; any other stays and is known to stand. Not here: notes (``rollback_hung``).
"""

import json

import polars as pl

from kartra_freshsales.freshsales.modules import Module
from kartra_freshsales.ledger.states import IdentityState
from kartra_freshsales.ledger.store import Ledger
from kartra_freshsales.loading.rollback_activities import ActivityReadings
from kartra_freshsales.loading.rollback_book import (
    ALREADY_GONE,
    ATTEMPTS,
    DONE,
    FAILED,
    NO_EFFECT,
    SPARED,
    Work,
)
from kartra_freshsales.loading.rollback_judge import DELETED
from kartra_freshsales.loading.rollback_model import ActivityUndo
from kartra_freshsales.loading.rollback_scope import undone_intents
from kartra_freshsales.loading.rollback_steps import Target, in_groups

ACTIVITIES, FILES = str(Module.ACTIVITIES), str(Module.FILES)


def undo_activities(work: Work) -> None:
    """Delete the activities of the plan, unless people have changed them since."""
    waiting = work.book.open("delete_activity")
    undos = [undo for undo in work.survey.scope.activities if _key(undo) in waiting]
    if not undos:
        return
    readings = ActivityReadings(
        work.survey.reader.client, touched=work.survey.activities.touched
    )
    pending = []
    for undo in undos:
        reason = readings.judge(undo)
        if reason is None:
            pending.append(undo)
        else:
            outcome = ALREADY_GONE if reason == DELETED else SPARED
            work.book.note(_key(undo), outcome, reason)
    for _ in range(ATTEMPTS):
        if not pending:
            return
        pending = _deleted(work, pending)
    for undo in pending:
        work.book.note(_key(undo), FAILED, NO_EFFECT)


def _deleted(work: Work, pending: list[ActivityUndo]) -> list[ActivityUndo]:
    """Delete activities and look; answers those that are to be tried again."""
    done = 0
    for group in in_groups(pending):
        work.sender.delete_activities([_target(undo) for undo in group])
        done += len(group)
        work.book.tell(ACTIVITIES, done, len(pending))
    work.settler.settle_activities(work.settler.open_undos([ACTIVITIES]))
    undone = undone_intents(work.ledger.intents(modules=[ACTIVITIES]))
    for undo in pending:
        if set(undo.undoes) <= undone:
            work.book.note(_key(undo), DONE)
    return [undo for undo in pending if not set(undo.undoes) <= undone]


def _key(undo: ActivityUndo) -> tuple[str, str, str, int]:
    return "delete_activity", ACTIVITIES, undo.source_key, undo.activity_id


def _target(undo: ActivityUndo) -> Target:
    return Target(
        module=ACTIVITIES,
        source_key=undo.source_key,
        freshsales_id=undo.activity_id,
        batch=undo.batch,
        undoes=undo.undoes,
        now=undo.written,
        where={"route": undo.route},
    )


def forget_files(ledger: Ledger) -> None:
    """Files of records that were taken back went with them."""
    files = ledger.identities([FILES]).filter(pl.col("state") == IdentityState.LIVE)
    if files.is_empty():
        return
    live = set(ledger.identity_ids().items())
    standing = {(module, number) for (module, _), number in live}
    gone = []
    for key, written in files.select("source_key", "written").iter_rows():
        link = json.loads(written)
        places = (
            [("deals", link.get("deal"))]
            if "deal" in link
            else [(module, link.get("contact")) for module in ("contacts", "leads")]
        )
        if not any(place in standing for place in places):
            gone.append((FILES, key))
    ledger.mark_identities(gone, IdentityState.ROLLED_BACK)
