"""Newest wins: the age of source rows, and the newest value of each field (S74–S76).

*Newest* is told by the export's time, then batch key, file name and line; rows without an
export time are older than any with one. The order in which files were read never counts.
What does not belong here: which fields are united, dated or decided otherwise.
"""

from collections.abc import Sequence

import polars as pl

from kartra_freshsales.transforms.records import PROVENANCE

RANK = "_rank"
"""0 is the newest row of a frame."""
SOURCE = pl.format("{}/{}:{}", "_batch", "_file", "_row").alias("sources")


def ranked(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame in unchanged order with ``_rank`` (UInt32) added."""
    order = frame.select(
        pl.arg_sort_by(
            "_exported_at", "_batch", "_file", "_row", descending=True, nulls_last=True
        )
    ).to_series()
    return frame.with_columns(order.arg_sort().cast(pl.UInt32).alias(RANK))


def newest_ranks(frame: pl.DataFrame, key: str, fields: Sequence[str]) -> pl.DataFrame:
    """Per key the rank of the newest row, and of the newest that has each field.

    One pass in which every field is a minimum of numbers: no row is sorted or copied.

    Returns:
        The key, ``_rank``, ``_rows`` (how many there are) and one column of ranks per
        field, null where no row has a value; in the order of the key.
    """
    return (
        frame.group_by(key)
        .agg(
            pl.col(RANK).min(),
            pl.len().alias("_rows"),
            *(
                pl.when(pl.col(name).is_not_null()).then(pl.col(RANK)).min().alias(name)
                for name in fields
            ),
        )
        .sort(key)
    )


def gathered(
    frame: pl.DataFrame, chosen: pl.DataFrame, fields: Sequence[str]
) -> list[pl.Series]:
    """The values that ``chosen`` (columns of ranks, named like the fields) points at."""
    where = frame[RANK].arg_sort()
    return [frame[name].gather(where.gather(chosen[name])).alias(name) for name in fields]


def all_sources(frame: pl.DataFrame, key: str) -> pl.DataFrame:
    """``key, sources``: every row of a key as ``batch/file:row``, the newest first."""
    return (
        frame.select(key, RANK, SOURCE)
        .sort(RANK)
        .group_by(key, maintain_order=True)
        .agg("sources")
    )


def merged(frame: pl.DataFrame, key: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One record per key: field by field the newest value, blanks never over values.

    Args:
        frame: rows with provenance; every key is non-null.
        key: the column that makes rows one record.

    Returns:
        The records, in the order of the key, with the provenance of their newest row and
        ``sources``; and all rows as ``key, _batch, _file, _row, _newest``.
    """
    aged = ranked(frame)
    twice = aged[key].is_duplicated()
    single, repeated = aged.filter(~twice), aged.filter(twice)
    fields = [name for name in frame.columns if name != key and name not in PROVENANCE]
    chosen = newest_ranks(repeated, key, fields)
    whole = chosen.select(pl.col(RANK).alias(name) for name in PROVENANCE)
    united = pl.DataFrame(
        [
            chosen[key],
            *gathered(repeated, whole, list(PROVENANCE)),
            *gathered(repeated, chosen, fields),
        ]
    ).select(frame.columns)
    records = pl.concat([single.select(frame.columns), united]).sort(key)
    newest = pl.concat([single.select(RANK), chosen.select(RANK)])[RANK]
    rows = aged.select(
        key,
        "_batch",
        "_file",
        "_row",
        pl.col(RANK).is_in(newest.implode()).alias("_newest"),
    )
    sources = all_sources(aged, key)
    return records.join(sources, on=key, how="left", maintain_order="left"), rows
