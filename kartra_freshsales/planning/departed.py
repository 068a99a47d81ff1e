"""Records that have left the source: in no standing export, or not in a complete one.

They are told, never acted on by a plan: what stands there goes only by a rollback of its
own, and what was never loaded is not begun. Not here: taking records back (``loading``).
"""

from collections.abc import Iterable

import polars as pl

LEFT = "left_the_source"
_REMEDY = (
    "Kartra's newest complete export no longer holds it; the list is "
    "reports/left_the_source.csv. To take it out of Freshsales as well, plan and approve: "
    "kartra-freshsales rollback --left-source. To keep it, do nothing."
)
SCHEMA: dict[str, pl.DataType] = {
    "module": pl.String(),
    "source_key": pl.String(),
    "batch": pl.String(),
    "freshsales_id": pl.Int64(),
    "because": pl.String(),
}
NO_EXPORT, NOT_COMPLETE = "in_no_standing_export", "not_in_the_complete_export"
_KINDS = {
    "contacts": "contacts", "leads": "contacts", "notes": "contacts",
    "deals": "transactions", "subscriptions": "subscriptions",
}  # fmt: skip


def complete_batches(
    manifest: pl.DataFrame, declared: Iterable[tuple[str, str]]
) -> pl.DataFrame:
    """The declared batches and those exported later, as ``left_the_source`` takes them.

    Args:
        manifest: ``kind, batch, exported_at``, a row per file; without a time the key of
            the batch decides.
        declared: kind and batch.

    Returns:
        ``kind, batch``, in no order.
    """
    taken = []
    for kind, batch in declared:
        files = manifest.filter(pl.col("kind") == kind)
        ages = files.group_by("batch").agg(pl.col("exported_at").max())
        ranked = ages.sort("exported_at", "batch", nulls_last=False)["batch"].to_list()
        if batch in ranked:
            taken += [(kind, later) for later in ranked[ranked.index(batch) :]]
    return pl.DataFrame(taken, schema=["kind", "batch"], orient="row").cast(pl.String)


def left_the_source(
    intended: pl.DataFrame, live: pl.DataFrame, complete: pl.DataFrame
) -> pl.DataFrame:
    """Records that the source no longer has.

    Args:
        intended: ``module, source_key, batch, sources`` (``batch/file:row``) of all
            standing batches.
        live: ``module, source_key, batch, freshsales_id`` of what stands in Freshsales.
        complete: ``kind, batch``: the batches whose rows are the whole of a kind, or were
            exported after the one that is; nothing is said of other kinds.

    Returns:
        Columns of ``SCHEMA``. ``because`` is ``NO_EXPORT`` for what stands in Freshsales
        and comes from none of the batches any more, a withdrawn one for instance;
        ``NOT_COMPLETE`` for what older batches hold and the complete one does not.
        ``freshsales_id`` is null for what was never loaded. Accounts and lists are of many
        rows and are not told.
    """
    told = live.filter(pl.col("module").is_in(list(_KINDS)))
    orphans = told.join(intended, on=("module", "source_key"), how="anti").with_columns(
        pl.lit(NO_EXPORT).alias("because")
    )
    older = _not_in(intended, complete).join(
        live.select("module", "source_key", "freshsales_id"),
        on=("module", "source_key"),
        how="left",
        maintain_order="left",
    )
    older = older.with_columns(pl.lit(NOT_COMPLETE).alias("because"))
    both = pl.concat(
        [
            frame.select(pl.col(name).cast(dtype) for name, dtype in SCHEMA.items())
            for frame in (orphans, older)
        ]
    )
    return both.sort("module", "source_key")


def _not_in(intended: pl.DataFrame, complete: pl.DataFrame) -> pl.DataFrame:
    """Records none of whose rows stand in a batch of the complete ones of their kind."""
    kind = pl.col("module").replace_strict(_KINDS, default=None, return_dtype=pl.String)
    rows = intended.select(
        "module", "source_key", "batch", "sources", kind.alias("kind")
    ).filter(pl.col("kind").is_in(complete["kind"].implode()))
    seen = (
        rows.explode("sources", empty_as_null=True)
        .with_columns(pl.col("sources").str.split("/").list.first().alias("_of"))
        .join(
            complete.select("kind", pl.col("batch").alias("_of")),
            on=("kind", "_of"),
            how="semi",
        )
    )
    return rows.join(seen, on=("module", "source_key"), how="anti").drop("sources", "kind")


def refused(records: pl.DataFrame, left: pl.DataFrame | None) -> pl.DataFrame:
    """Give what has left the source a reason not to go, unless it has one already."""
    if left is None or left.is_empty():
        return records
    return _noted(records, left, pl.lit(value=True))


def told(plan: pl.DataFrame, left: pl.DataFrame | None) -> pl.DataFrame:
    """Say of what stands there unchanged that the source no longer has it."""
    if left is None or left.is_empty():
        return plan
    return _noted(plan, left, pl.col("operation") == "skip")


def _noted(frame: pl.DataFrame, left: pl.DataFrame, where: pl.Expr) -> pl.DataFrame:
    keys = left.select("module", "source_key", pl.lit(value=True).alias("_left")).unique()
    by = ("module", "source_key")
    joined = frame.join(keys, on=by, how="left", maintain_order="left")
    gone = pl.col("_left").fill_null(value=False) & pl.col("reason").is_null() & where
    return joined.with_columns(
        pl.when(gone).then(pl.lit(LEFT)).otherwise("reason").alias("reason"),
        pl.when(gone).then(pl.lit(_REMEDY)).otherwise("remedy").alias("remedy"),
    ).drop("_left")
