"""An undo as assets see it: its plan as a frame and back, and carrying it out."""

import polars as pl

from kartra_freshsales.errors import NotConfirmed
from kartra_freshsales.freshsales.metadata import Metadata
from kartra_freshsales.ledger.store import Ledger
from kartra_freshsales.loading.rollback import carry_out, prove
from kartra_freshsales.loading.rollback_plan import RollbackPlan
from kartra_freshsales.loading.rollback_proof import Proof
from kartra_freshsales.loading.rollback_rows import SCHEMA
from kartra_freshsales.orchestration.destination import Connection
from kartra_freshsales.orchestration.progress import Progress

FACTS: dict[str, pl.DataType] = {
    "digest": pl.String(),
    "requests": pl.Int64(),
    "edition": pl.String(),
    "hard": pl.Boolean(),
    "cannot_undo": pl.List(pl.String()),
}


def with_facts(plan: RollbackPlan) -> pl.DataFrame:
    """The plan's rows with its facts as columns; a plan without rows keeps them in one.

    That one row has no module.
    """
    facts = pl.DataFrame(
        [(plan.digest, plan.requests, plan.edition, plan.hard, list(plan.cannot_undo))],
        schema=FACTS,
        orient="row",
    )
    if plan.rows.is_empty():
        return pl.concat([pl.DataFrame(schema=SCHEMA), facts], how="diagonal")
    return plan.rows.join(facts, how="cross")


def rollback_plan_from(frame: pl.DataFrame) -> RollbackPlan:
    """The plan that ``with_facts`` made a frame of."""
    digest, requests, edition, hard, cannot_undo = frame.select(*FACTS).row(0)
    rows = frame.select(*SCHEMA).filter(pl.col("module").is_not_null())
    counts = dict(rows.group_by("action").len().iter_rows())
    return RollbackPlan(
        rows=rows,
        digest=digest,
        counts=counts,
        cannot_undo=tuple(cannot_undo),
        requests=requests,
        edition=edition,
        hard=hard,
    )


def require_undo_approval(ledger: Ledger, plan: RollbackPlan, batch: str) -> None:
    """Raise ``NotConfirmed`` unless this account's ledger holds the approval of the plan.

    A frame of an approval can be old; the ledger knows which undo was approved last.
    """
    given = ledger.approval("rollback", batch)
    if given is None or given.digest != plan.digest:
        raise NotConfirmed(
            "This rollback is not the one that was approved last.",
            remedy="Look at rollback_plan again and approve its digest.",
        )


def undo(
    link: Connection,
    plan: RollbackPlan,
    metadata: Metadata,
    *,
    run: str,
    progress: Progress,
) -> tuple[pl.DataFrame, Proof]:
    """Carry an approved plan out, then read everything back."""
    target = link.mapping.destination
    done = carry_out(
        plan,
        link.ledger,
        link.client,
        metadata,
        run=run,
        progress=progress,
        view_names=target.views,
        bulk=target.bulk_endpoints,
    )
    proof = prove(
        None,
        link.ledger,
        link.client,
        metadata,
        plan,
        target.edition,
        view_names=target.views,
    )
    return done, proof
