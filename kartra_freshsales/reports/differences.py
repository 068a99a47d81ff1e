"""Which rows differ or did not arrive, told by file and line (no values).

Not here: deciding what differs (``reconcile``), layout.
"""

import polars as pl

from kartra_freshsales.reconcile.compare import EQUAL, NORMALISED

_LINE = pl.col("sources").list.first().alias("source row")
_REACHED_NO_ONE = ("refused", "failed", "conflict")


def differences(comparison: pl.DataFrame) -> pl.DataFrame:
    """``module, source row, field, cause``: every field that did not arrive as meant."""
    cause = "cause" if "cause" in comparison.columns else "verdict"
    return (
        comparison.filter(~pl.col("verdict").is_in([EQUAL, NORMALISED]))
        .select("module", _LINE, "field", pl.col(cause).alias("cause"))
        .sort("module", "source row", "field")
    )


def not_written(results: pl.DataFrame) -> pl.DataFrame:
    """``module, source row, outcome, reason, remedy`` of records that were not written."""
    return (
        results.filter(pl.col("outcome").is_in(_REACHED_NO_ONE))
        .select("module", _LINE, "outcome", "reason", "remedy")
        .sort("module", "source row")
    )


def where_rows_ended(rows: pl.DataFrame) -> pl.DataFrame:
    """``export, state, reason, rows`` of rows that are no record of their own."""
    return (
        rows.filter(pl.col("state") != "loaded")
        .group_by(pl.col("_kind").alias("export"), "state", "reason")
        .agg(pl.len().cast(pl.Int64).alias("rows"))
        .sort("export", "state", "rows", "reason", descending=[False, False, True, False])
    )


def spot_checks(comparison: pl.DataFrame, count: int = 20) -> pl.DataFrame:
    """``module, freshsales id, source row, fields, agree``: records to look up (S105).

    Chosen by a hash of module and key: spread over everything, the same on every run.
    """
    records = (
        comparison.filter(pl.col("freshsales_id").is_not_null())
        .group_by("module", "source_key")
        .agg(
            # As text: an id is looked up, not counted.
            pl.col("freshsales_id").first().cast(pl.String).alias("freshsales id"),
            pl.col("sources").first(),
            pl.len().cast(pl.Int64).alias("fields"),
            pl.col("verdict")
            .is_in([EQUAL, NORMALISED])
            .sum()
            .cast(pl.Int64)
            .alias("agree"),
        )
    )
    return (
        records.with_columns(
            pl.struct("module", "source_key").hash(seed=20).alias("_order")
        )
        .sort("_order", "module", "source_key")
        .head(count)
        .sort("module", "freshsales id")
        .select("module", "freshsales id", _LINE, "fields", "agree")
    )
