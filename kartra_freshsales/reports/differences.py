"""Which rows differ or did not arrive, told by file and line (no values).

Not here: deciding what differs (``reconcile``), layout.
"""

import polars as pl

from kartra_freshsales.freshsales.comparison import MEANINGS
from kartra_freshsales.reconcile.causes import CAUSES, WHAT_TO_DO
from kartra_freshsales.reconcile.compare import EQUAL, NORMALISED
from kartra_freshsales.reports.reasons import in_words, state_in_words
from kartra_freshsales.transforms.normalisations import RULES

_LINE = pl.col("sources").list.first().alias("source row")
_NOTHING_TO_DO = "Nothing."
_SEE_RECORD = "See its record among those that were not written."
_REACHED_NO_ONE = ("refused", "failed", "conflict")


def differences(comparison: pl.DataFrame) -> pl.DataFrame:
    """``module, source row, field, cause``: every field that did not arrive as meant."""
    cause = "cause" if "cause" in comparison.columns else "verdict"
    return (
        comparison.filter(~pl.col("verdict").is_in([EQUAL, NORMALISED]))
        .select("module", _LINE, "field", pl.col(cause).alias("cause"))
        .sort("module", "source row", "field")
    )


def explained(comparison: pl.DataFrame) -> pl.DataFrame:
    """Every field that reads otherwise than it was sent: where, what, why, what to do.

    Holds values of records: for the workspace alone.

    Args:
        comparison: of ``compare_records``, with causes.
    """
    place = pl.col("sources").list.first()
    cause = pl.col("cause")
    return (
        comparison.filter(cause != EQUAL)
        .sort("module", "source_key", "field")
        .select(
            "module",
            place.str.replace(r":\d+$", "").alias("source file"),
            place.str.extract(r":(\d+)$").alias("source row"),
            pl.col("sources").list.slice(1).list.join("; ").alias("further source rows"),
            pl.col("freshsales_id").cast(pl.String).alias("freshsales id"),
            "field",
            "sent",
            pl.col("read").alias("read back"),
            "cause",
            pl.col("normalisation").alias("rule"),
            cause.replace_strict(CAUSES, default="").alias("why"),
            cause.replace_strict(WHAT_TO_DO, default="").alias("what to do"),
        )
    )


def named_rules() -> pl.DataFrame:
    """``rule, between, what it does``: no value changes its form by any other rule (S16).

    ``trace`` says which of them took hold of a value.
    """
    rules = [
        (name, between, what)
        for between, table in (
            ("export and record", RULES),
            ("record and Freshsales", MEANINGS),
        )
        for name, what in table.items()
    ]
    columns = ("rule", "between", "what it does")
    return pl.DataFrame(rules, schema=dict.fromkeys(columns, pl.String()), orient="row")


def not_written(results: pl.DataFrame) -> pl.DataFrame:
    """``module, source row, outcome, reason, remedy`` of records that were not written."""
    return (
        results.filter(pl.col("outcome").is_in(_REACHED_NO_ONE))
        .select("module", _LINE, "outcome", "reason", "remedy")
        .sort("module", "source row")
    )


def where_rows_ended(rows: pl.DataFrame) -> pl.DataFrame:
    """``export, state, reason, rows`` and both in words, with what to do.

    Of rows that are no record of their own.
    """
    return (
        rows.filter(pl.col("state") != "loaded")
        .group_by(pl.col("_kind").alias("export"), "state", "reason")
        .agg(
            pl.len().cast(pl.Int64).alias("rows"),
            pl.col("remedy").drop_nulls().sort().first().alias("do"),
        )
        .sort("export", "state", "rows", "reason", descending=[False, False, True, False])
        .select(
            "export",
            "state",
            "reason",
            "rows",
            state_in_words("state").alias("what became of it"),
            in_words("reason").alias("why"),
            pl.when(pl.col("state").is_in(["failed", "quarantined"]))
            .then(pl.col("do").fill_null(_SEE_RECORD))
            .otherwise(pl.col("do").fill_null(_NOTHING_TO_DO))
            .alias("what to do"),
        )
    )
