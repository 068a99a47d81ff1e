"""Frames as outputs of assets, with the counts that are worth a look."""

from collections.abc import Iterator
from typing import Any

import polars as pl
from dagster import Output

Facts = dict[str, Any]
"""What Dagster shows beside an output."""
Outputs = Iterator[Output[pl.DataFrame]]
"""What an asset with several outputs yields."""


def counted(
    frame: pl.DataFrame, name: str = "result", **facts: Any
) -> Output[pl.DataFrame]:
    """A frame as an output, with its row count and whatever else is worth a look."""
    metadata = {"dagster/row_count": frame.height, **facts}
    return Output(frame, metadata=metadata, output_name=name)


def counts_by(frame: pl.DataFrame, column: str) -> Facts:
    """How many rows there are of each word in ``column``, in the order of the words."""
    return dict(frame.group_by(column).len().sort(column).iter_rows())
