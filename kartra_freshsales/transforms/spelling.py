"""Spellings that are one slip apart, and pairs of rows that share a block.

What does not belong here: what likeness means for people, companies or tags.
"""

import re

import polars as pl

MOST_IN_A_BLOCK = 20
"""Rows that share a larger block are not compared: it tells nothing, and costs a square."""

_DIGITS = re.compile(r"\d+")


def one_slip(one: str, other: str) -> bool:
    """Whether a letter was added, left out, replaced, or swapped with the next; or none."""
    if abs(len(one) - len(other)) > 1:
        return False
    at = next(
        (n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
        min(len(one), len(other)),
    )
    rest, different = one[at:], other[at:]
    return (
        rest[1:] == different[1:]
        or rest[1:] == different
        or rest == different[1:]
        or (rest[:2] == different[:2][::-1] and rest[2:] == different[2:])
    )


def same_numbers(one: str, other: str) -> bool:
    """Whether two texts hold the same numbers: ``Unit 1`` is no slip for ``Unit 2``."""
    return _DIGITS.findall(one) == _DIGITS.findall(other)


def pairs_in_blocks(blocks: pl.DataFrame) -> pl.DataFrame:
    """``one, other`` (numbers, ``one`` the smaller) of rows that share a block, each once.

    Args:
        blocks: ``block`` (text, nulls are no block) and ``at``, the number of the row.
    """
    known = blocks.drop_nulls("block").unique(("block", "at"))
    size = pl.len().over("block")
    few = known.filter(size.is_between(2, MOST_IN_A_BLOCK))
    return (
        few.rename({"at": "one"})
        .join(few.rename({"at": "other"}), on="block")
        .filter(pl.col("one") < pl.col("other"))
        .select("one", "other")
        .unique()
    )


def crowded_rows(blocks: pl.DataFrame) -> int:
    """How many rows were not compared because too many share their block."""
    known = blocks.drop_nulls("block").unique(("block", "at"))
    crowded = known.filter(pl.len().over("block") > MOST_IN_A_BLOCK)
    return crowded["at"].n_unique()


def half_blocks(keys: pl.Series) -> pl.DataFrame:
    """``block, at``: rows one slip apart share at least one block.

    A single slip leaves the beginning or the end of a text whole, up to its middle.
    """
    key = pl.col("key")
    numbered = pl.DataFrame({"key": keys}).with_row_index("at").drop_nulls("key")
    halves = []
    for shorter_by in (0, 1):
        size = (key.str.len_chars() - shorter_by) // 2
        for mark, part in (("<", key.str.head(size)), (">", key.str.tail(size))):
            block = pl.concat_str(pl.lit(mark), size.cast(pl.String), part)
            halves.append(numbered.select(block.alias("block"), "at"))
    return pl.concat(halves)
