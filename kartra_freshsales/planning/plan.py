"""The load plan: per record create, update, skip, conflict or refuse, and why.

Joins do the bulk; only records that exist somewhere are looked at one by one
(``existing``). Not here: prices (``cost``), predicted refusals (``refusals``), sending.
"""

import polars as pl

from kartra_freshsales.freshsales.modules import Module
from kartra_freshsales.mapping.decisions.conflicts import Conflicts
from kartra_freshsales.planning import closure, departed, matching
from kartra_freshsales.planning.deleted import (
    CREATED_AGAIN,
    DELETED,
    REMEDIES,
    deletion,
    lost_ids,
    without_lost,
)
from kartra_freshsales.planning.existing import CONFLICT_SCHEMA, decide
from kartra_freshsales.planning.refusals import UNLESS_STANDING
from kartra_freshsales.planning.tokens import filled_keys

OPERATIONS = ("create", "update", "skip", "conflict", "refuse")
TAKEN = "record_of_another"
PARENT_DELETED = "parent_deleted"
ERASES = "erases_earlier_version"
"""Reason of a create whose rolled-back earlier version is erased for good first."""
_ERASES_REMEDY = (
    "What a rollback put into the recycle bin is erased there, so that its e-mail address "
    "or name is free again. Restore it in Freshsales instead, and plan again, to keep it."
)
UNIQUE_THERE = ("sales_accounts", "contacts", "leads")
_TAKEN_REMEDY = (
    "The record with this e-mail address or name belongs to another source record: change "
    "it back in Freshsales, or merge the two in the source."
)
_PARENT_REMEDY = (
    "Restore the account or contact it belongs to in Freshsales, then plan again."
)
_NOTHING_SAID = Conflicts()

SCHEMA: dict[str, pl.DataType] = {
    "module": pl.String(),
    "source_key": pl.String(),
    "batch": pl.String(),
    "role": pl.String(),
    "operation": pl.String(),
    "fields": pl.List(pl.String()),
    "payload": pl.String(),
    "freshsales_id": pl.Int64(),
    "reason": pl.String(),
    "remedy": pl.String(),
    "sources": pl.List(pl.String()),
}


def make_plan(
    intended: pl.DataFrame,
    identities: pl.DataFrame,
    snapshot: pl.DataFrame,
    *,
    batch: str,
    refusals: pl.DataFrame | None = None,
    edition: str = "suite",
    missing: pl.DataFrame | None = None,
    said: Conflicts = _NOTHING_SAID,
    left: pl.DataFrame | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Plan one batch: its own records, and the parents they need that others own.

    Args:
        intended: ``module, source_key, batch, payload, sources, problem, remedy`` of all
            batches.
        identities: the ledger's, ``written`` and ``seen`` as JSON text.
        snapshot: ``module`` (endpoint), ``freshsales_id, natural_key, record, updated_at``.
        batch: whose plan.
        refusals: ``module, source_key, reason, remedy`` from ``predicted_refusals``.
        edition: ``suite`` or ``classic``.
        missing: records of ours that no view showed when the snapshot was read
            (``matching.missing``); without it, all those that the snapshot lacks.
        said: what a person decided about conflicts and deletions.
        left: ``module, source_key`` of records that have left the source.

    Returns:
        The plan (columns of ``SCHEMA``; ``batch`` is the owner's; ``fields`` holds all keys
        of a create and the changed keys of an update), in loading order, and the conflicts
        (``module, source_key, field, source, written, destination, resolution``).
    """
    records = closure.with_links(departed.refused(_with_reasons(intended, refusals), left))
    standing = matching.standing(identities)
    ids = matching.live_ids(identities)
    if missing is None:
        missing = matching.missing(matching.all_live_ids(identities), snapshot, edition)
    records = closure.refused(_lift(records, standing), standing)
    records = closure.without_refused_members(records)
    scoped = closure.scope(records, batch).with_row_index("_at")
    found = matching.matched(scoped, identities, snapshot, edition)
    decided, conflicts = _operations(deletion(found, missing, said), ids, said)
    plan = _with_erasures(_without_deleted_parents(decided), identities)
    plan = departed.told(plan, left)
    order = {str(module): at for at, module in enumerate(Module)}
    rank = pl.col("module").replace_strict(order, default=len(order), return_dtype=pl.Int8)
    plan = plan.sort(rank, pl.col("role") != "own", "_at").select(
        [pl.col(name).cast(dtype) for name, dtype in SCHEMA.items()]
    )
    return plan, conflicts


def _with_reasons(intended: pl.DataFrame, refusals: pl.DataFrame | None) -> pl.DataFrame:
    """``problem`` and predicted refusals as one ``reason`` with its ``remedy``."""
    rows = intended.rename({"problem": "reason"})
    if refusals is None or refusals.is_empty():
        return rows
    first = refusals.select(
        "module",
        "source_key",
        pl.col("reason").alias("_reason"),
        pl.col("remedy").alias("_remedy"),
    ).unique(("module", "source_key"), keep="first", maintain_order=True)
    own = pl.col("reason").is_not_null()
    return (
        rows.join(first, on=("module", "source_key"), how="left", maintain_order="left")
        .with_columns(
            pl.when(own).then("remedy").otherwise("_remedy").alias("remedy"),
            pl.coalesce("reason", "_reason").alias("reason"),
        )
        .drop("_reason", "_remedy")
    )


def _lift(records: pl.DataFrame, standing: pl.DataFrame) -> pl.DataFrame:
    """Records that stand there already lack nothing and clash with nothing."""
    there = standing.with_columns(pl.lit(value=True).alias("_there"))
    joined = records.join(
        there, on=("_family", "source_key"), how="left", maintain_order="left"
    )
    lifted = pl.col("_there") & pl.col("reason").is_in([*UNLESS_STANDING, departed.LEFT])
    return joined.with_columns(
        pl.when(lifted).then(None).otherwise(pl.col(name)).alias(name)
        for name in ("reason", "remedy")
    ).drop("_there")


def _operations(
    found: pl.DataFrame, ids: dict[tuple[str, str], int], said: Conflicts
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Sort the records into those decided by joins and those to be compared one by one."""
    found = found.with_columns(_case().alias("_case"))
    again = found.filter(pl.col("_case") == "again")
    by_hand = found.filter(pl.col("_case") == "compare").with_columns(
        # Found by natural key: nothing of it was ever written by us.
        pl.when(pl.col("_found_id").is_null()).then("_written").alias("_written"),
        pl.when(pl.col("_found_id").is_null()).then("_hash").alias("_hash"),
        pl.coalesce("_record", "_found_record").alias("_record"),
        pl.coalesce("_found_id", "_id").alias("freshsales_id"),
    )
    standing = without_lost(ids, again) | _recognised(by_hand)
    decisions = decide(by_hand, standing, said, lost_ids(again))
    compared = by_hand.drop("payload", "reason", "remedy").join(
        decisions.frame(), on="_at", how="left", maintain_order="left"
    )
    settled = _settled(found.filter(pl.col("_case") != "compare"))
    columns = ["_at", "_family", "_account", "_contact", *SCHEMA]
    plan = pl.concat([compared.select(columns), settled.select(columns)])
    return plan, pl.concat([_deleted(settled), decisions.conflict_frame()])


def _recognised(records: pl.DataFrame) -> dict[tuple[str, str], int]:
    """Ids of parents that were found by natural key: their children may point at them."""
    found = records.filter(pl.col("_found_id").is_not_null())
    rows = found.select("module", "source_key", "_found_id").iter_rows()
    return {(module, key): number for module, key, number in rows}


def _case() -> pl.Expr:
    known, seen_there = pl.col("_id").is_not_null(), pl.col("_record").is_not_null()
    matched = pl.col("_found_id").is_not_null()
    return (
        pl.when(pl.col("reason").is_not_null()).then(pl.lit("refuse"))
        .when(~seen_there & matched & pl.col("_taken")).then(pl.lit("taken"))
        .when(seen_there | matched).then(pl.lit("compare"))
        .when(~known).then(pl.lit("create"))
        .when(pl.col("_deleted") & pl.col("_again")).then(pl.lit("again"))
        .when(pl.col("_deleted")).then(pl.lit("deleted"))
        # One snapshot serves all batches: what was loaded since is not in it.
        .otherwise(pl.lit("compare"))
    )  # fmt: skip


def _settled(records: pl.DataFrame) -> pl.DataFrame:
    case = pl.col("_case")
    operation = {"taken": "refuse", "deleted": "conflict", "again": "create"}
    create = case.is_in(["create", "again"])
    because = {"taken": TAKEN, "deleted": DELETED, "again": CREATED_AGAIN}
    return records.with_columns(
        case.replace(operation).alias("operation"),
        pl.when(create).then(filled_keys()).otherwise(pl.lit([], dtype=pl.List(pl.String)))
        .alias("fields"),
        pl.when(case == "create").then(None).otherwise("_id").alias("freshsales_id"),
        case.replace_strict(because, default=pl.col("reason")).alias("reason"),
        case.replace_strict(
            {"taken": _TAKEN_REMEDY, **REMEDIES}, default=pl.col("remedy")
        ).alias("remedy"),
    )  # fmt: skip


def _deleted(settled: pl.DataFrame) -> pl.DataFrame:
    """One conflict each, of no field, for what people deleted."""
    gone = settled.filter(pl.col("_case").is_in(["deleted", "again"]))
    facts = {"field": pl.lit(""), "resolution": pl.col("reason")}
    return gone.select(
        facts.get(name, pl.lit(None)).cast(dtype).alias(name)
        if name not in {"module", "source_key"}
        else pl.col(name)
        for name, dtype in CONFLICT_SCHEMA.items()
    )


def _with_erasures(plan: pl.DataFrame, identities: pl.DataFrame) -> pl.DataFrame:
    """Say of a create that it erases its earlier version: nobody can take that back."""
    ours = (pl.col("state") == matching.ROLLED_BACK) & (pl.col("origin") == "created")
    binned = identities.filter(ours & pl.col("module").is_in(UNIQUE_THERE)).select(
        "module", "source_key", pl.lit(value=True).alias("_binned")
    )
    joined = plan.join(
        binned, on=("module", "source_key"), how="left", maintain_order="left"
    )
    erases = pl.col("_binned") & (pl.col("operation") == "create")
    return joined.with_columns(
        pl.when(erases).then(pl.lit(ERASES)).otherwise("reason").alias("reason"),
        pl.when(erases).then(pl.lit(_ERASES_REMEDY)).otherwise("remedy").alias("remedy"),
    ).drop("_binned")


def _without_deleted_parents(plan: pl.DataFrame) -> pl.DataFrame:
    """A new record whose account or contact people deleted has nothing to be linked to."""
    for link, family in (("_account", "sales_accounts"), ("_contact", "contacts")):
        gone = plan.filter(
            (pl.col("_family") == family)
            & pl.col("reason").is_in([DELETED, PARENT_DELETED, TAKEN])
        )["source_key"].implode()
        held = pl.col(link).is_in(gone) & (pl.col("operation") == "create")
        plan = plan.with_columns(
            pl.when(held).then(pl.lit("refuse")).otherwise("operation").alias("operation"),
            pl.when(held).then(pl.lit([], dtype=pl.List(pl.String))).otherwise("fields")
            .alias("fields"),
            pl.when(held).then(pl.lit(PARENT_DELETED)).otherwise("reason").alias("reason"),
            pl.when(held).then(pl.lit(_PARENT_REMEDY)).otherwise("remedy").alias("remedy"),
        )  # fmt: skip
    return plan
