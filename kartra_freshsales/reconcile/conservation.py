"""The conservation equation: every source row ends in exactly one state (G4).

Not here: deciding a row's state before the load (``transforms``), rendering.
"""

from collections.abc import Mapping, Sequence

import polars as pl

STATES: tuple[str, ...] = (
    "loaded",
    "merged",
    "excluded",
    "suppressed",
    "quarantined",
    "failed",
)

MODULES_OF_KIND: Mapping[str, Sequence[str]] = {
    "contacts": ("contacts", "leads"),
    "transactions": ("deals",),
    "subscriptions": ("subscriptions", "deals", "notes"),
    "activities": ("activities", "notes"),
    "attachments": ("files",),
}

DELETED_THERE = "deleted_at_destination"
"""Reason of a conflict in which people deleted the record: nothing of it stands there."""
NOT_SENT: tuple[str, ...] = (
    "exists_at_destination",
    "changed_since_plan",
    "plan_outdated",
)
"""Reasons of a conflict met while loading: what was approved was not sent. Plan again."""

_ROW = ("_kind", "_batch", "_file", "_row")
_SCHEMA: dict[str, pl.DataType] = {
    "_kind": pl.String(),
    "_batch": pl.String(),
    "_file": pl.String(),
    "_row": pl.Int64(),
    "state": pl.String(),
    "reason": pl.String(),
    "record_key": pl.String(),
    "remedy": pl.String(),
}


def _shaped(frame: pl.DataFrame, schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    return frame.select(
        [
            (pl.col(name) if name in frame.columns else pl.lit(None).alias(name)).cast(
                dtype
            )
            for name, dtype in schema.items()
        ]
    )


def _outcomes(results: pl.DataFrame) -> pl.DataFrame:
    """``_kind, record_key, _arrived, _failed, _reason``: what became of each record."""
    kinds = pl.DataFrame(
        [(kind, module) for kind, found in MODULES_OF_KIND.items() for module in found],
        schema={"_kind": pl.String(), "module": pl.String()},
        orient="row",
    )
    shaped = _shaped(
        results,
        {
            "module": pl.String(),
            "source_key": pl.String(),
            "outcome": pl.String(),
            "reason": pl.String(),
        },
    )
    conflict = pl.col("outcome") == "conflict"
    failed = (pl.col("outcome") == "failed") | (conflict & pl.col("reason").is_in(NOT_SENT))
    deleted = conflict & pl.col("reason").eq_missing(DELETED_THERE)
    missing = (pl.col("outcome") == "refused") | failed.fill_null(value=False) | deleted
    return (
        shaped.join(kinds, on="module", how="inner")
        .group_by("_kind", pl.col("source_key").alias("record_key"))
        .agg(
            (~missing).any().alias("_arrived"),
            failed.any().alias("_failed"),
            pl.col("reason").drop_nulls().sort().first().alias("_reason"),
        )
    )


def carried_by_deals(row_states: pl.DataFrame, absorbed: pl.DataFrame) -> pl.DataFrame:
    """Rows of subscriptions that are fields of a deal end where that deal ends.

    Args:
        row_states: as for ``terminal_states``.
        absorbed: ``deal_key, record_key``: the deal that carries each such subscription.
    """
    carried = absorbed.select(
        pl.lit("subscriptions").alias("_kind"),
        pl.col("deal_key").alias("record_key"),
        pl.col("record_key").alias("_deal"),
    )
    on_deal = pl.col("_deal").is_not_null()
    return (
        row_states.join(
            carried, on=("_kind", "record_key"), how="left", maintain_order="left"
        )
        .with_columns(
            pl.when(on_deal & (pl.col("state") == "loaded"))
            .then(pl.lit("merged"))
            .otherwise("state")
            .alias("state"),
            pl.coalesce("_deal", "record_key").alias("record_key"),
        )
        .drop("_deal")
    )


def terminal_states(
    row_states: pl.DataFrame, results: pl.DataFrame, *, complete: bool = False
) -> pl.DataFrame:
    """Each source row's state after the load.

    A row that was to be loaded, or was merged into a record, shares that record's end: it
    is ``quarantined`` where the record was refused (before or by the destination) or
    deleted there by people, and ``failed`` where it is not known to have arrived.

    Args:
        row_states: ``_kind, _batch, _file, _row, state, reason, record_key, remedy``.
        results: ``module, source_key, outcome, reason`` of the load.
        complete: whether ``results`` covers every record. If so, a record without a result
            was never written, and its rows are ``failed`` too.

    Returns:
        The same columns, with ``state`` and ``reason`` as they ended.
    """
    on_record = pl.col("state").is_in(["loaded", "merged"])
    arrived = pl.col("_arrived").fill_null(not complete)
    return (
        _shaped(row_states, _SCHEMA)
        .join(
            _outcomes(results),
            on=("_kind", "record_key"),
            how="left",
            maintain_order="left",
        )
        .with_columns(
            pl.when(on_record & ~arrived)
            .then(
                pl.when(pl.col("_failed").fill_null(True))
                .then(pl.lit("failed"))
                .otherwise(pl.lit("quarantined"))
            )
            .otherwise("state")
            .alias("state"),
            pl.when(on_record & ~arrived)
            .then(pl.coalesce("_reason", pl.lit("record_not_written")))
            .otherwise("reason")
            .alias("reason"),
            # What to do about a record stands with the record.
            pl.when(on_record & ~arrived).then(None).otherwise("remedy").alias("remedy"),
        )
        .drop("_arrived", "_failed", "_reason")
    )


def equation(
    row_states: pl.DataFrame,
    results: pl.DataFrame,
    *,
    raw: pl.DataFrame | None = None,
    complete: bool = False,
) -> pl.DataFrame:
    """Count rows by state, per kind and batch, and say whether the states add up.

    Args:
        row_states: as for ``terminal_states``.
        results: as for ``terminal_states``.
        raw: ``_kind, _batch, _file, _row`` of every row that was read. Without it a row
            that never got a state cannot be missed.
        complete: as for ``terminal_states``.

    Returns:
        ``kind, batch, rows, loaded, merged, excluded, suppressed, quarantined, failed,
        balanced``. Not balanced: a row without a state, with two, or with an unknown one.
    """
    states = terminal_states(row_states, results, complete=complete)
    rows = states.select(_ROW)
    if raw is not None:
        known = {name: _SCHEMA[name] for name in _ROW}
        rows = pl.concat([rows, _shaped(raw, known)])
    by = ("_kind", "_batch")
    counts = states.group_by(by).agg(
        *((pl.col("state") == state).sum().cast(pl.Int64).alias(state) for state in STATES)
    )
    return (
        rows.unique()
        .group_by(by)
        .agg(pl.len().cast(pl.Int64).alias("rows"))
        .join(counts, on=by, how="left", nulls_equal=True)
        .with_columns(pl.col(STATES).fill_null(0))
        .with_columns((pl.sum_horizontal(STATES) == pl.col("rows")).alias("balanced"))
        .select(
            pl.col("_kind").alias("kind"),
            pl.col("_batch").alias("batch"),
            "rows",
            *STATES,
            "balanced",
        )
        .sort("kind", "batch")
    )


def unbalanced(table: pl.DataFrame) -> list[str]:
    """One sentence for each kind and batch whose states do not add up to its rows."""
    sentences = []
    for row in table.filter(~pl.col("balanced")).iter_rows(named=True):
        counted = sum(int(row[state]) for state in STATES)
        sentences.append(
            f"{row['kind']} in batch {row['batch']}: {row['rows']} rows were read, "
            f"but their states add up to {counted}."
        )
    return sentences
