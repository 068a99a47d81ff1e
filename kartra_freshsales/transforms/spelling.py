"""Spellings that are one slip apart, and pairs of rows that share a block.

What does not belong here: what likeness means for people, companies or tags.
"""

import re

import polars as pl

MOST_IN_A_BLOCK = 20
"""Rows that share a larger block are not compared: it tells nothing, and costs a square."""

_DIGITS = re.compile(r"\d+")
_LONG = 40
"""Letters from which blocks are halves: one block for each letter would be too many."""


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
        blocks: ``block`` (nulls are no block) and ``at``, the number of the row.
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


def crowded(blocks: pl.DataFrame) -> tuple[int, int]:
    """How many blocks are too large to be compared, and how many rows stand in them."""
    known = blocks.drop_nulls("block").unique(("block", "at"))
    full = known.filter(pl.len().over("block") > MOST_IN_A_BLOCK)
    return full["block"].n_unique(), full["at"].n_unique()


def slip_blocks(keys: pl.Series) -> pl.DataFrame:
    """``block, at``: rows one slip apart, with the same numbers, share at least one block.

    Whatever the slip, leaving out one letter of each of the two makes them the same text;
    so few others share it that blocks stay small. Long texts, of which there are few, share
    the half that a slip left whole. Blocks are hashes: chance puts rows together, at worst.
    """
    key = pl.col("key")
    numbers = key.str.extract_all(_DIGITS.pattern).list.join(" ")
    known = (
        pl.DataFrame({"key": keys})
        .with_row_index("at")
        .drop_nulls("key")
        .with_columns(key.str.len_chars().alias("size"), numbers.alias("numbers"))
    )
    # One of 40 letters and one of 41 must meet: both stand on either side.
    short = known.filter(pl.col("size") <= _LONG + 1)
    parts = [_blocks(short, key)]
    for at in range(int(short["size"].max() or 0)):  # type: ignore[arg-type]
        longer = short.filter(pl.col("size") > at)
        parts.append(_blocks(longer, key.str.head(at) + key.str.slice(at + 1)))
    return pl.concat([*parts, *_halves(known.filter(pl.col("size") >= _LONG))])


def _halves(known: pl.DataFrame) -> list[pl.DataFrame]:
    """A single slip leaves the beginning or the end of a text whole, up to its middle."""
    key, halves = pl.col("key"), []
    for shorter_by in (0, 1):
        size = (pl.col("size") - shorter_by) // 2
        for mark, part in (("<", key.str.head(size)), (">", key.str.tail(size))):
            told = pl.concat_str(pl.lit(mark), size.cast(pl.String), part)
            halves.append(_blocks(known, told))
    return halves


def _blocks(known: pl.DataFrame, block: pl.Expr) -> pl.DataFrame:
    hashed = pl.concat_str(block, "numbers", separator="\n").hash()
    return known.select(hashed.alias("block"), "at")
