"""Proposals of duplicates as rows: their shape, their order, and those already rejected.

What does not belong here: what makes two records alike.
"""

from collections.abc import Sequence

import polars as pl

PROPOSALS: dict[str, pl.DataType] = {
    "kind": pl.String(),
    "score": pl.Float64(),
    "reason": pl.String(),
    "keep": pl.String(),
    "other": pl.String(),
    "keep_at": pl.String(),
    "other_at": pl.String(),
    "decision": pl.String(),
}
"""``keep`` is the one seen last; ``…_at`` its newest row as ``batch/file:row``;
``decision`` the line for ``mappings/duplicates.yaml`` if the proposal is right."""


def decision(word: str, gone: pl.Expr, kept: pl.Expr) -> pl.Expr:
    """The entry for ``mappings/duplicates.yaml``, quoted as YAML wants it, named so.

    Args:
        word: ``contact`` or ``account``.
        gone: what goes into the other.
        kept: what stays.
    """
    first, second = (part.str.replace_all("'", "''", literal=True) for part in (gone, kept))
    return pl.concat_str(
        pl.lit("{" + word + ": '"), first, pl.lit("', into: '"), second,
        pl.lit("', why: proposed}"),
    ).alias("decision")  # fmt: skip


def without_pairs(
    proposals: pl.DataFrame, different: Sequence[tuple[str, ...]]
) -> pl.DataFrame:
    """The proposals without those that a person has rejected, in either order."""
    if not different:
        return proposals
    both = [pair for one, other in different for pair in ((one, other), (other, one))]
    rejected = pl.DataFrame(both, schema=["keep", "other"], orient="row")
    return proposals.join(rejected, on=["keep", "other"], how="anti")


def in_order(proposals: pl.DataFrame) -> pl.DataFrame:
    """The most likely first; the order of equals is that of their keys."""
    return proposals.select(
        pl.col(name).cast(dtype) for name, dtype in PROPOSALS.items()
    ).sort("score", "keep", "other", descending=[True, False, False])
