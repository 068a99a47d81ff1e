"""Frames as outputs of assets, with the counts that are worth a look."""

from collections.abc import Iterator
from typing import Any

import polars as pl
from dagster import Output

Outputs = Iterator[Output[pl.DataFrame]]
"""What an asset with several outputs yields."""


def counted(
    frame: pl.DataFrame, *, name: str | None = None, **more: Any
) -> Output[pl.DataFrame]:
    """A frame as an output, with its row count and whatever else is worth a look."""
    facts = {"dagster/row_count": frame.height, **more}
    return Output(frame, metadata=facts, output_name=name or "result")
