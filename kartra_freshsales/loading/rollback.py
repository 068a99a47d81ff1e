"""Carrying out an approved undo, children first, however often it is interrupted.

Before each kind of record the destination is read again, and every write is noted before
it is sent: killed anywhere and started again, an undo ends as if it had never stopped. Not
here: the dry run (``rollback_plan``), the proof (``rollback_proof``); both are offered from
here as well.
"""

from collections.abc import Collection

import polars as pl

from kartra_freshsales.errors import NotConfirmed
from kartra_freshsales.freshsales.client import FreshsalesClient
from kartra_freshsales.freshsales.metadata import Metadata
from kartra_freshsales.freshsales.modules import Module, bulk_endpoints
from kartra_freshsales.ledger.states import IdentityState
from kartra_freshsales.ledger.store import Ledger
from kartra_freshsales.loading.policy import Policy
from kartra_freshsales.loading.rollback_attached import forget_files, undo_activities
from kartra_freshsales.loading.rollback_book import (
    ALREADY_GONE,
    DONE,
    Book,
    Progress,
    Work,
    ids_in,
    key_of,
)
from kartra_freshsales.loading.rollback_hung import undo_members, undo_notes
from kartra_freshsales.loading.rollback_judge import DELETED
from kartra_freshsales.loading.rollback_model import Selection
from kartra_freshsales.loading.rollback_plan import (
    RollbackPlan,
    plan_rollback,
    rollback_digest,
    settle_load,
)
from kartra_freshsales.loading.rollback_proof import Proof, prove
from kartra_freshsales.loading.rollback_reading import Reader
from kartra_freshsales.loading.rollback_records import undo_records
from kartra_freshsales.loading.rollback_scope import gather, undone_intents
from kartra_freshsales.loading.rollback_settle import Settler
from kartra_freshsales.loading.rollback_steps import Sender
from kartra_freshsales.loading.rollback_survey import CHILDREN_FIRST, Survey
from kartra_freshsales.loading.session import ViewNames


def carry_out(
    plan: RollbackPlan,
    ledger: Ledger,
    client: FreshsalesClient,
    metadata: Metadata,
    *,
    run: str,
    progress: Progress | None = None,
    view_names: ViewNames | None = None,
    policy: Policy | None = None,
    bulk: Collection[str] | None = None,
) -> pl.DataFrame:
    """Undo what the plan's rows say, and nothing else; may be run again at any time.

    Args:
        plan: as approved.
        ledger: where each write is noted before it is sent.
        client: the destination.
        metadata: its views.
        run: the name of this run.
        progress: told the module and how many of how many, after each group.
        view_names: views to use instead of the standard names.
        policy: patience with bulk jobs.
        bulk: endpoints with a bulk call; those of the edition without.

    Returns:
        One row per row of the plan, with the columns of ``rollback_book.RESULT_SCHEMA``:
        ``outcome`` is done, spared, failed or already_gone.

    Raises:
        NotConfirmed: the rows are not those of the digest.
        IntegrityError: a load's own writes are not settled.
        BatchBusy: another process is at work in this account.
    """
    digest = rollback_digest(plan.rows, hard=plan.hard, touched=plan.touched)
    if digest != plan.digest:
        raise NotConfirmed(
            "The rollback plan is not the one its digest names.",
            remedy="Plan the rollback again and approve the new digest.",
        )
    reader, patience = Reader(client, metadata, view_names), policy or Policy()
    together = bulk_endpoints(plan.edition) if bulk is None else bulk
    sender = Sender(ledger, client, run, patience, together)
    with ledger.hold(run=run):
        batches = set(plan.rows["batch"].to_list())
        settle_load(ledger, reader, plan.edition, patience, lambda i: i.batch in batches)
        work = _start(plan, ledger, reader, sender, progress)
        _undo(work)
    return work.book.results(plan.rows)


def _undo(work: Work) -> None:
    """Children first: members and notes, then records; last what spared records hold."""
    _skip_what_is_done(work)
    undo_members(work)
    undo_activities(work)
    waiting = work.book.open("delete_note") | work.book.open("restore")
    undo_notes(work, {key for key, row in waiting.items() if row["reason"] is None})
    for endpoint in CHILDREN_FIRST:
        undo_records(work, endpoint)
    undo_notes(work, set(work.book.open("delete_note")))  # their record was spared
    forget_files(work.ledger)


def _start(
    plan: RollbackPlan,
    ledger: Ledger,
    reader: Reader,
    sender: Sender,
    progress: Progress | None,
) -> Work:
    """Settle what an earlier run left open, then fold the plan's intents."""
    undone = plan.rows.filter(pl.col("action") == "undo")
    ids = undone.select(pl.col("undoes").explode().drop_nulls()).to_series()
    settler = Settler(ledger, reader, plan.edition)
    settler.settle_all()
    scope = gather(ledger, plan.edition, Selection(intents=frozenset(ids.to_list())))
    return Work(
        ledger=ledger,
        survey=Survey(reader, scope, touched=plan.touched),
        settler=settler,
        sender=sender,
        book=Book({key_of(row): row for row in undone.iter_rows(named=True)}, progress),
        hard=plan.hard,
    )


def _skip_what_is_done(work: Work) -> None:
    """Note rows that an earlier run has finished, or whose record is no longer ours."""
    undone = undone_intents(work.ledger.intents())
    for key, row in work.book.rows.items():
        numbers = set(ids_in(row["undoes"]))
        state = work.survey.scope.states.get((key[1], key[2]))
        if numbers and numbers <= undone:
            work.book.note(key, DONE)
        elif state is IdentityState.LOST:
            work.book.note(key, ALREADY_GONE, DELETED)
        elif state is IdentityState.ROLLED_BACK and key[1] != Module.LISTS:
            work.book.note(key, DONE)


__all__ = ["Proof", "RollbackPlan", "carry_out", "plan_rollback", "prove"]
