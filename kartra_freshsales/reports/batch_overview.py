"""One batch at a glance: rows in, where they went, and whether the sums agree (G4).

Counts only. Not here: what waits for a decision (``open_points``), what the load did with
the records (``reconciliation``).
"""

from collections.abc import Mapping

import polars as pl

from kartra_freshsales.reports.tables import Table, table

OVERVIEW: dict[str, pl.DataType] = {
    "kind": pl.String(),
    "batch": pl.String(),
    "rows_in": pl.Int64(),
    "golden": pl.Int64(),
    "merged": pl.Int64(),
    "set_aside": pl.Int64(),
    "unreadable": pl.Int64(),
    "excluded": pl.Int64(),
    "suppressed": pl.Int64(),
    "adds_up": pl.Boolean(),
}
"""``golden`` rows made a record; ``set_aside`` ones could be read but not placed."""
_HEADINGS = {
    "kind": "kind",
    "rows_in": "rows in",
    "golden": "became a record",
    "merged": "merged into one",
    "set_aside": "set aside",
    "unreadable": "unreadable",
    "excluded": "left out by rule",
    "suppressed": "left out by decision",
    "adds_up": "adds up",
}
_PARTS = ("golden", "merged", "set_aside", "unreadable", "excluded", "suppressed")


def overview(
    batch: str,
    source_rows: pl.DataFrame,
    *,
    read: Mapping[str, pl.DataFrame],
    unreadable: Mapping[str, pl.DataFrame],
) -> pl.DataFrame:
    """Count where the rows of a batch went.

    Args:
        batch: whose.
        source_rows: the ledger of rows, of any batches.
        read: per kind, the batch's rows as they were read.
        unreadable: per kind, the batch's lines that no row could be made of.

    Returns:
        ``OVERVIEW``, one row per kind. ``rows_in`` is counted from the files and not from
        the ledger, so that ``adds_up`` says something.
    """
    own = source_rows.filter(pl.col("_batch") == batch)
    counts = {
        (kind, state): n
        for kind, state, n in own.group_by("_kind", "state").len().iter_rows()
    }
    rows = []
    for kind, frame in read.items():
        lost = unreadable[kind].height
        found = {
            "golden": counts.get((kind, "loaded"), 0),
            "merged": counts.get((kind, "merged"), 0),
            "set_aside": counts.get((kind, "quarantined"), 0) - lost,
            "unreadable": lost,
            "excluded": counts.get((kind, "excluded"), 0),
            "suppressed": counts.get((kind, "suppressed"), 0),
        }
        rows_in = frame.height + lost
        adds_up = sum(found.values()) == rows_in and found["set_aside"] >= 0
        rows.append(
            {"kind": kind, "batch": batch, "rows_in": rows_in, **found, "adds_up": adds_up}
        )
    return pl.DataFrame(rows, schema=OVERVIEW)


def with_total(counts: pl.DataFrame) -> pl.DataFrame:
    """The overview with a last row over all kinds."""
    numbers = ("rows_in", *_PARTS)
    total = counts.select(
        pl.lit("all").alias("kind"),
        pl.lit(None, pl.String).alias("batch"),
        *(pl.col(name).sum() for name in numbers),
        pl.col("adds_up").all(),
    )
    return pl.concat([counts, total.select(counts.columns)])


def overview_table(counts: pl.DataFrame) -> Table:
    """Rows in and where they went, with the sum of all kinds."""
    return table(with_total(counts), _HEADINGS, caption="Where the rows went")


def reasons_table(not_moving: pl.DataFrame) -> Table:
    """Why rows go no further, the most frequent reason first.

    Args:
        not_moving: of ``open_points.not_moving``.
    """
    counted = (
        not_moving.group_by("kind", "state", "reason")
        .agg(pl.len().cast(pl.Int64).alias("rows"), pl.col("remedy").drop_nulls().first())
        .sort("rows", "kind", "state", "reason", descending=[True, False, False, False])
        .select("kind", "rows", "state", "reason", "remedy")
    )
    return table(
        counted, caption="Why rows go no further", limit=50, empty="Every row goes on."
    )
