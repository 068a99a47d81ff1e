"""Rows that cleaning sets aside, each with state, reason and remedy.

What does not belong here: the reasons, which each kind knows itself.
"""

from collections.abc import Mapping

import polars as pl

from kartra_freshsales.transforms.records import SET_ASIDE, together


def set_aside_rows(
    rows: pl.DataFrame, kind: str, told: Mapping[str, tuple[str, str]]
) -> pl.DataFrame:
    """Rows with a ``reason`` as ``SET_ASIDE``; ``told`` gives its state and remedy."""
    stated = rows.select(
        pl.lit(kind).alias("_kind"),
        "_batch", "_file", "_row", "reason",
        *(
            pl.col("reason")
            .replace_strict(
                {reason: both[at] for reason, both in told.items()}, return_dtype=pl.String
            )
            .alias(column)
            for at, column in enumerate(("state", "remedy"))
        ),
    )  # fmt: skip
    return together([stated], SET_ASIDE)
