"""A rollback plan as a frame, and back: its rows, beside each the facts of all."""

import polars as pl

from kartra_freshsales.loading.rollback_plan import RollbackPlan
from kartra_freshsales.loading.rollback_rows import SCHEMA

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
