"""What a rule says about frames: counts, places and the remedy. It holds no values.

Not here: Dagster, the rules themselves.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

SHOWN = 10
Frames = Mapping[str, pl.DataFrame]
"""Frames by the name of their asset."""


@dataclass(frozen=True)
class Verdict:
    """How much breaks a rule, what was counted, where a few stand, and what to do."""

    failures: int
    counts: Mapping[str, int] = field(default_factory=dict)
    where: Sequence[str] = ()
    remedy: str = ""


Rule = Callable[[Frames], Verdict]


def places(frame: pl.DataFrame) -> list[str]:
    """``batch/file:row`` of the first ten rows: provenance, else the first source."""
    if {"_batch", "_file", "_row"} <= set(frame.columns):
        place = pl.format("{}/{}:{}", "_batch", "_file", "_row")
    elif "sources" in frame.columns:
        place = pl.col("sources").list.first()
    else:
        return []
    return frame.head(SHOWN).select(place).to_series().drop_nulls().to_list()


def counts_of(
    frame: pl.DataFrame, column: str, expected: Sequence[str] = ()
) -> dict[str, int]:
    """Rows by the word in ``column``; the expected words are there even with 0 rows."""
    found = frame.group_by(column).len().sort(column).drop_nulls(column).iter_rows()
    return dict.fromkeys(expected, 0) | {str(word): int(rows) for word, rows in found}
