"""An undo as assets see it: its plan as a frame and back, and carrying it out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from kartra_freshsales.errors import BadInput, NotConfirmed
from kartra_freshsales.freshsales.metadata import Metadata
from kartra_freshsales.freshsales.modules import Module
from kartra_freshsales.ledger.store import Ledger
from kartra_freshsales.loading.rollback import carry_out, prove
from kartra_freshsales.loading.rollback_closure import places_in, with_children
from kartra_freshsales.loading.rollback_plan import RollbackPlan
from kartra_freshsales.loading.rollback_proof import Proof
from kartra_freshsales.loading.rollback_rows import SCHEMA
from kartra_freshsales.orchestration.destination import Connection
from kartra_freshsales.orchestration.progress import Progress

UNDO, UNDONE = "undo", "rollback"
"""Kinds of approvals: of an undo as a whole, and of what it does to each batch."""

FACTS: dict[str, pl.DataType] = {
    "digest": pl.String(),
    "requests": pl.Int64(),
    "edition": pl.String(),
    "hard": pl.Boolean(),
    "touched": pl.Boolean(),
    "cannot_undo": pl.List(pl.String()),
}


@dataclass(frozen=True)
class Wanted:
    """What a person wants taken back, as run config can say it: no key of a record.

    ``batch`` is ``None`` for all; ``records`` are words such as ``contacts:1234``.
    """

    batch: str | None
    module: str = ""
    run: str = ""
    records: Sequence[str] = ()
    left_source: bool = False


def selected(wanted: Wanted, ledger: Ledger, left: pl.DataFrame) -> dict[str, Any]:
    """The arguments of ``plan_rollback`` that choose what is taken back.

    Args:
        wanted: by whom it was asked for.
        ledger: knows the records by their ids.
        left: ``module, source_key, freshsales_id`` of what has left the source.

    Raises:
        BadInput: a record is none of ours, or no module has that name.
    """
    if wanted.module and wanted.module not in list(Module):
        raise BadInput(
            f"There is no module {wanted.module!r}.",
            remedy=f"Name one of: {', '.join(Module)}.",
        )
    chosen: dict[str, Any] = {
        "batch": wanted.batch,
        "module": wanted.module or None,
        "run": wanted.run or None,
    }
    if wanted.records:
        places = places_in(wanted.records)
        chosen["keys"] = with_children(ledger.identities(), places)
    elif wanted.left_source:
        loaded = left.filter(pl.col("freshsales_id").is_not_null())
        chosen["keys"] = frozenset(loaded["source_key"])
    return chosen


def with_facts(plan: RollbackPlan) -> pl.DataFrame:
    """The plan's rows with its facts as columns; a plan without rows keeps them in one.

    That one row has no module.
    """
    facts = pl.DataFrame(
        {
            "digest": [plan.digest],
            "requests": [plan.requests],
            "edition": [plan.edition],
            "hard": [plan.hard],
            "touched": [plan.touched],
            "cannot_undo": [list(plan.cannot_undo)],
        },
        schema=FACTS,
    )
    if plan.rows.is_empty():
        return pl.concat([pl.DataFrame(schema=SCHEMA), facts], how="diagonal")
    return plan.rows.join(facts, how="cross")


def touched_batches(plan: pl.DataFrame) -> list[str]:
    """Batches of which the undo takes anything back."""
    undone = plan.filter(pl.col("action") == "undo")
    return sorted(set(undone["batch"].drop_nulls()))


def rollback_plan_from(frame: pl.DataFrame) -> RollbackPlan:
    """The plan that ``with_facts`` made a frame of."""
    digest, requests, edition, hard, touched, cannot_undo = frame.select(*FACTS).row(0)
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
        touched=touched,
    )


def require_undo_approval(ledger: Ledger, plan: RollbackPlan, batch: str) -> None:
    """Raise ``NotConfirmed`` unless this account's ledger holds the approval of the plan.

    A frame of an approval can be old; the ledger knows which undo was approved last.
    """
    given = ledger.approval(UNDO, batch)
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
