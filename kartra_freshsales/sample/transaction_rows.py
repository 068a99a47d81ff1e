"""Which batch exports which transaction, and what must come of each row.

What does not belong here: the text of the cells (``transaction_csv``).
"""

import polars as pl

from kartra_freshsales.sample.charges import with_charges
from kartra_freshsales.sample.events import PAID, UNDOING, events
from kartra_freshsales.sample.scale import Scale

_EXPORTED_TWICE = 0.08
_FIRST_ID = 40_000_003


def transaction_rows(scale: Scale, orders: pl.DataFrame) -> pl.DataFrame:
    """All rows of the transactions files in file order.

    Columns beside those of ``events`` and ``charges``: ``id``, ``batch``, ``repeated`` (an
    earlier batch showed it), ``state`` (loaded, merged, excluded, quarantined).
    """
    dated = with_charges(events(scale, orders), scale).sort(
        "date", "order", "type", "number", "nth"
    )
    place = pl.int_range(pl.len(), dtype=pl.Int64)
    numbered = dated.with_columns(
        (place * 3 + _FIRST_ID).alias("id"),
        (place * scale.batches // pl.len()).cast(pl.Int64).alias("batch"),
        pl.lit(value=False).alias("repeated"),
    )
    # A row that finds nobody is shown once: no rule says what its repetition would be.
    settled = pl.col("found") | ~pl.col("type").is_in([*PAID, *UNDOING])
    twice = settled & scale.dice.chance(pl.col("id"), "exported twice", _EXPORTED_TWICE)
    again = numbered.filter(twice & (pl.col("batch") < scale.batches - 1)).with_columns(
        pl.col("batch") + 1, pl.lit(value=True).alias("repeated")
    )
    rows = pl.concat([numbered, again]).sort("batch", "id")
    return rows.with_columns(_state().alias("state"))


def _state() -> pl.Expr:
    kind = pl.col("type")
    found, paid, undoing = pl.col("found"), kind.is_in(PAID), kind.is_in(UNDOING)
    return (
        pl.when((paid | undoing) & ~found).then(pl.lit("quarantined"))
        .when(paid & ~pl.col("repeated")).then(pl.lit("loaded"))
        .when(paid | undoing).then(pl.lit("merged"))
        .otherwise(pl.lit("excluded"))
    )  # fmt: skip
