"""Records of which the load says nothing, nothing good, or nothing that still holds.

Source rows are counted by ``conservation``; accounts, notes and lists have no row of their
own, and results may be older than the plan. Not here: what a field holds (``compare``).
"""

import polars as pl

from kartra_freshsales.reconcile.conservation import NOT_SENT

KEYS = ("module", "source_key", "batch")
"""A list is loaded once per batch, everything else once."""

NOT_STANDING = "not_standing"
_ARRIVED = ("created", "updated", "skipped")
_WHY: dict[str, str] = {
    "never_loaded": "were never loaded",
    "planned_since": "are to be written by a plan that was not loaded yet",
    "failed": "failed",
    NOT_STANDING: "were taken back, or belong to another account",
    "not_compared": "were loaded but not reconciled",
}
_NOTHING, _ADOPTED = "{}", "adopted"
SCHEMA: dict[str, pl.DataType] = {name: pl.String() for name in (*KEYS, "why")}


def still_meant(results: pl.DataFrame, intended: pl.DataFrame) -> pl.DataFrame:
    """The results without those of records that are meant otherwise by now.

    A contact that another batch owns since, or that became a lead, leaves a result behind
    in its old place.

    Args:
        results: load results of all batches.
        intended: ``module, source_key, batch`` of every intended record.
    """
    return results.join(intended, on=KEYS, how="semi", maintain_order="left")


def as_they_stand(results: pl.DataFrame, identities: pl.DataFrame) -> pl.DataFrame:
    """The results, failed where the ledger of this account knows of no standing record.

    Args:
        results: load results.
        identities: the ledger's ``module, source_key, state``.
    """
    live = identities.filter(pl.col("state") == "live").select(
        "module", "source_key", pl.lit(value=True).alias("_live")
    )
    gone = pl.col("outcome").is_in(_ARRIVED) & pl.col("_live").is_null()
    return (
        results.join(live, on=("module", "source_key"), how="left", maintain_order="left")
        .with_columns(
            pl.when(gone).then(pl.lit("failed")).otherwise("outcome").alias("outcome"),
            pl.when(gone).then(pl.lit(NOT_STANDING)).otherwise("reason").alias("reason"),
        )
        .drop("_live")
    )


def open_records(
    intended: pl.DataFrame,
    plans: pl.DataFrame,
    results: pl.DataFrame,
    comparison: pl.DataFrame,
) -> pl.DataFrame:
    """Every record that cannot be certified, with ``why``; one row each.

    Args:
        intended: ``module, source_key, batch`` of every intended record.
        plans: ``module, source_key, batch, operation, planned_in`` of all batches' plans.
        results: of ``still_meant`` and ``as_they_stand``, with ``planned_in``.
        comparison: of ``compare_records``, of all batches.
    """
    failed = pl.col("outcome").eq("failed") | (
        pl.col("outcome").eq("conflict") & pl.col("reason").is_in(NOT_SENT)
    )
    why = pl.when(pl.col("reason").eq_missing(NOT_STANDING)).then(pl.lit(NOT_STANDING))
    pending = plans.filter(pl.col("operation").is_in(["create", "update"]))
    # Nothing was written of what people had made and that lacked nothing; what the source
    # means is compared all the same.
    wrote = pl.col("written").is_not_null() & (pl.col("written") != _NOTHING)
    met = pl.col("reason").eq_missing(_ADOPTED)
    arrived = results.filter(pl.col("outcome").is_in(_ARRIVED) & (wrote | met))
    found = [
        intended.join(results, on=KEYS, how="anti").with_columns(
            why=pl.lit("never_loaded")
        ),
        results.filter(failed).with_columns(why.otherwise(pl.lit("failed")).alias("why")),
        still_meant(pending, intended)
        .join(results, on=(*KEYS, "planned_in"), how="anti")
        .with_columns(why=pl.lit("planned_since")),
        arrived.join(comparison, on=("module", "source_key"), how="anti").with_columns(
            why=pl.lit("not_compared")
        ),
    ]
    rows = [
        frame.select(pl.col(name).cast(pl.String) for name in SCHEMA) for frame in found
    ]
    return pl.concat(rows).unique(KEYS, keep="first", maintain_order=True)


def sentences(found: pl.DataFrame) -> list[str]:
    """One sentence for each module and reason."""
    table = found.group_by("module", "why").len().sort("module", "why")
    return [f"{count} {module} {_WHY[why]}." for module, why, count in table.iter_rows()]
