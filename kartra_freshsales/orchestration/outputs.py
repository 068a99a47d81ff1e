"""Frames as outputs of assets, with the counts that are worth a look."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
from dagster import Output

Facts = dict[str, Any]
"""What Dagster shows beside an output."""
Frame = pl.DataFrame | pl.LazyFrame | Path
"""What can be stored: rows, a plan of them, or a Parquet file that holds them."""
Outputs = Iterator[Output[Any]]
"""What an asset with several outputs yields."""


def counted(frame: Frame, name: str = "result", **facts: Any) -> Output[Any]:
    """A frame as an output, with its row count and whatever else is worth a look.

    A plan should be one over stored rows, for these are counted at once.
    """
    if isinstance(frame, pl.DataFrame):
        rows = frame.height
    else:
        plan = pl.scan_parquet(frame, glob=False) if isinstance(frame, Path) else frame
        rows = int(plan.select(pl.len()).collect(engine="streaming").item())
    metadata = {"dagster/row_count": rows, **facts}
    return Output(frame, metadata=metadata, output_name=name)


def counts_by(frame: pl.DataFrame, column: str) -> Facts:
    """How many rows there are of each word in ``column``, in the order of the words."""
    return dict(frame.group_by(column).len().sort(column).iter_rows())
