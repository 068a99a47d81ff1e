"""The ledger of rows: every line of every file in exactly one state (G4, S76).

What does not belong here: the equation of counts and what the load changed (``reconcile``).
"""

from collections.abc import Mapping, Sequence

import polars as pl

from kartra_freshsales.errors import IntegrityError
from kartra_freshsales.transforms.records import ROW_STATES, together

_ROW = ("_kind", "_batch", "_file", "_row")
_SHOWN = 5


def ledger_of_rows(
    *,
    states: Sequence[pl.DataFrame] = (),
    set_aside: Sequence[pl.DataFrame] = (),
    quarantined: Mapping[str, pl.DataFrame] | None = None,
    read: Mapping[str, pl.DataFrame] | None = None,
) -> pl.DataFrame:
    """Where every source row stands before the load.

    Args:
        states: row states of merged kinds (``ROW_STATES``).
        set_aside: rows that cleaning set aside (``SET_ASIDE``).
        quarantined: per kind, the lines no row could be made of (``_batch, _file, _row,
            reason, remedy``).
        read: per kind, the raw rows, to notice any that got no state.

    Returns:
        ``ROW_STATES``, in the order of kind, batch, file and line.

    Raises:
        IntegrityError: a line is in two states, or in none although it was read.
    """
    lines = [
        frame.with_columns(
            pl.lit(kind).alias("_kind"), pl.lit("quarantined").alias("state")
        )
        for kind, frame in (quarantined or {}).items()
    ]
    ledger = _in_order(together([*states, *set_aside, *lines], ROW_STATES))
    same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(name).shift()) for name in _ROW)
    _refuse(ledger.filter(same.fill_null(False)), "source rows are in more than one state")
    for kind, frame in (read or {}).items():
        known = ledger.filter(pl.col("_kind") == kind)
        lost = frame.join(known, on=_ROW[1:], how="anti", nulls_equal=True)
        _refuse(lost, f"{kind} rows were read but have no state")
    return ledger


def _in_order(ledger: pl.DataFrame) -> pl.DataFrame:
    """The rows by kind, batch, file and line; files are few, so numbers are sorted."""
    files = ledger.select(_ROW[:3]).unique().sort(_ROW[:3]).with_row_index("_place")
    placed = ledger.join(files, on=_ROW[:3], how="left", nulls_equal=True)
    return placed.sort("_place", "_row").drop("_place")


def _refuse(rows: pl.DataFrame, what: str) -> None:
    if rows.is_empty():
        return
    places = rows.head(_SHOWN).select(pl.format("{}/{}:{}", "_batch", "_file", "_row"))
    raise IntegrityError(
        f"{rows.height} {what}, first {', '.join(places.to_series())}.",
        remedy="Clean the batches again; if it stays, report it with these places.",
    )
