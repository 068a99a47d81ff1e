"""Newest wins: the age of source rows, and the newest value of each field (S74–S76).

*Newest* is told by the export's time, then batch key, file name and line; rows without an
export time are older than any with one. The order in which files were read never counts.
What does not belong here: which fields are united, dated or decided otherwise.
"""

from collections.abc import Iterable

import polars as pl

from kartra_freshsales.transforms.records import PROVENANCE

RANK = "_rank"
"""0 is the newest row of a frame."""
SOURCE = pl.format("{}/{}:{}", "_batch", "_file", "_row").alias("sources")


def ranked(frame: pl.DataFrame, *, last: str | None = None) -> pl.DataFrame:
    """The frame in unchanged order with ``_rank`` (UInt32) added.

    Args:
        frame: rows with provenance.
        last: a Boolean column: rows in which it is true count as older than all others.
    """
    age = ("_exported_at", "_batch", "_file", "_row")
    by, newest_first = ((last, *age), [False] + [True] * 4) if last else (age, [True] * 4)
    order = frame.select(
        pl.arg_sort_by(*by, descending=newest_first, nulls_last=True)
    ).to_series()
    return frame.with_columns(order.arg_sort().cast(pl.UInt32).alias(RANK))


def newest_ranks(
    frame: pl.DataFrame,
    key: str,
    fields: Iterable[str],
    where: pl.Expr | bool = True,
) -> pl.DataFrame:
    """Per key the rank of the newest row, and of the newest that has each field.

    Every field is a minimum of numbers: no row is sorted or copied.

    Returns:
        The key, ``_rank``, ``_rows`` (how many there are) and one column of ranks per
        field, null where no row has a value; the oldest record first, so that values are
        gathered in the order in which they lie in memory.
    """
    names = list(fields)
    ranks = (
        frame.lazy()
        .filter(where)
        .select(key, RANK, *(_own_rank(name) for name in names))
        .collect()
    )
    # A single row gives all it has; only the others need to be compared.
    twice = ranks[key].is_duplicated()
    one = pl.lit(1, pl.UInt32).alias("_rows")
    alone = ranks.filter(~twice).select(key, RANK, one, *names)
    compared = (
        ranks.filter(twice)
        .group_by(key)
        .agg(pl.col(RANK).min(), pl.len().alias("_rows"), pl.col(names).min())
    )
    return pl.concat([alone, compared]).sort(RANK, descending=True)


def _own_rank(name: str) -> pl.Expr:
    return pl.when(pl.col(name).is_not_null()).then(pl.col(RANK)).alias(name)


def gathered(
    frame: pl.DataFrame, chosen: pl.DataFrame, fields: Iterable[str]
) -> list[pl.Series]:
    """The values that ``chosen`` (columns of ranks, named like the fields) points at."""
    where = frame[RANK].arg_sort()
    return [frame[name].gather(where.gather(chosen[name])).alias(name) for name in fields]


def gathered_whole(
    frame: pl.DataFrame, chosen: pl.DataFrame, fields: Iterable[str]
) -> list[pl.Series]:
    """The values of the newest row of each key, blank or not."""
    at = frame[RANK].arg_sort().gather(chosen[RANK])
    return [frame[name].gather(at).alias(name) for name in fields]


def aligned(chosen: pl.DataFrame, key: str, table: pl.DataFrame, name: str) -> pl.Series:
    """A column of ``table`` (at most one row per key) in the order of ``chosen``."""
    told = chosen.select(key).join(
        table.select(key, pl.col(name).alias("_told")),
        on=key,
        how="left",
        maintain_order="left",
    )
    return told["_told"].alias(name)


def all_sources(
    frame: pl.DataFrame, several: pl.DataFrame, chosen: pl.DataFrame, key: str
) -> pl.Series:
    """``sources`` of each key: all its rows as ``batch/file:row``, the newest first.

    Args:
        frame: all rows with ``_rank``.
        several: ``key, _rank`` of rows whose key has several.
        chosen: ``key, _rank`` of the newest row of each key.
        key: the column that makes rows one record.
    """
    place = ("_batch", "_file", "_row")
    one = pl.DataFrame(gathered_whole(frame, chosen, place)).select(pl.concat_list(SOURCE))
    all_rows = (
        several.select(key, RANK)
        .with_columns(gathered_whole(frame, several, place))
        .sort(RANK)
        .group_by(key, maintain_order=True)
        .agg(SOURCE)
    )
    told = aligned(chosen, key, all_rows, "sources")
    return pl.select(pl.coalesce(told, one.to_series())).to_series().alias("sources")


def merged(
    frame: pl.DataFrame,
    key: str,
    where: pl.Expr | bool = True,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One record per key: field by field the newest value, blanks never over values.

    Args:
        frame: rows with provenance; every key is non-null.
        key: the column that makes rows one record.
        where: which rows to merge.

    Returns:
        The records, the oldest first, with the provenance of their newest row and
        ``sources``; and all rows as ``key, _batch, _file, _row, _newest``.
    """
    aged = ranked(frame)
    fields = [name for name in frame.columns if name != key and name not in PROVENANCE]
    chosen = newest_ranks(aged, key, fields, where)
    rows = aged.lazy().filter(where).select(key, "_batch", "_file", "_row", RANK).collect()
    several = rows.filter(pl.col(key).is_duplicated()).select(key, RANK)
    records = pl.DataFrame(
        [
            chosen[key],
            *gathered_whole(aged, chosen, PROVENANCE),
            *gathered(aged, chosen, fields),
            all_sources(aged, several, chosen, key),
        ]
    )
    newest = pl.col(RANK).is_in(chosen[RANK].implode()).alias("_newest")
    return records, rows.with_columns(newest).drop(RANK)
