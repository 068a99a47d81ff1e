"""Frames too large to hold at once, as named tables of parts.

A stage that works slice by slice puts its parts here and hands on a lazy frame over them.
Without a folder the parts stay in memory, which is right for a few thousand rows.
What does not belong here: what the parts mean, and where results are kept for good.
"""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import polars as pl

AT_ONCE: Final = 200_000
"""Rows held in memory together: a few hundred megabytes of wide rows."""
BUCKET: Final = "_bucket"


class Spool:
    """Named tables of parts, in the order in which they were added.

    Args:
        folder: an empty folder of its own for the parts; None keeps them in memory.
        at_once: how many rows are worked on together.
    """

    def __init__(self, folder: Path | None = None, at_once: int = AT_ONCE) -> None:
        self.folder = folder
        self.at_once = at_once
        self._parts: dict[str, list[pl.DataFrame | Path]] = {}
        self._heights: dict[str, int] = {}

    def add(self, name: str, part: pl.DataFrame) -> None:
        """Put a part at the end of a table; empty parts only lend it their columns."""
        parts = self._parts.setdefault(name, [])
        if part.is_empty() and parts:
            return
        self._heights[name] = self._heights.get(name, 0) + part.height
        if self.folder is None:
            parts.append(part)
            return
        path = self.folder / f"{name}-{len(parts):05d}.parquet"
        # Written once, read once or twice, deleted: quick to pack rather than small.
        part.write_parquet(path, compression="lz4", statistics=False)
        parts.append(path)

    def height(self, name: str) -> int:
        """How many rows a table has."""
        return self._heights.get(name, 0)

    def parts(self, name: str) -> Iterator[pl.DataFrame]:
        """The parts of a table, one after the other."""
        for part in self._parts.get(name, []):
            yield part if isinstance(part, pl.DataFrame) else pl.read_parquet(part)

    def scan(self, name: str) -> pl.LazyFrame:
        """A table as one lazy frame; columns that a part lacks are null in it."""
        found = [
            part.lazy() if isinstance(part, pl.DataFrame) else pl.scan_parquet(part)
            for part in self._parts[name]
        ]
        return found[0] if len(found) == 1 else pl.concat(found, how="diagonal")

    def drop(self, name: str) -> None:
        """Forget a table that no later step needs."""
        for part in self._parts.pop(name, []):
            if isinstance(part, Path):
                part.unlink()
        self._heights.pop(name, None)


def height_of(table: pl.LazyFrame) -> int:
    """How many rows a lazy frame has; free for Parquet, which notes it."""
    return int(table.select(pl.len()).collect().item())


def slices(table: pl.LazyFrame, at_once: int) -> Iterator[pl.DataFrame]:
    """The rows of a lazy frame in order, ``at_once`` at a time; one slice at least."""
    for start in range(0, max(height_of(table), 1), at_once):
        yield table.slice(start, at_once).collect()


def bucket_of(key: pl.Expr, buckets: int) -> pl.Expr:
    """The bucket of each key, from 0: rows of one key always share theirs."""
    return (key.hash() % buckets).cast(pl.UInt32)


def in_buckets(
    table: pl.LazyFrame, key: pl.Expr, spool: Spool, name: str
) -> Iterator[tuple[int, int, pl.DataFrame]]:
    """All rows of each key together: a few keys at a time instead of all at once.

    Args:
        table: any rows.
        key: what rows must share to come together.
        spool: where rows wait for their turn.
        name: a name for the waiting rows that no other table has.

    Yields:
        The number of the bucket, how many there are, and its rows in their order.
    """
    buckets = math.ceil(max(height_of(table), 1) / spool.at_once)
    if buckets == 1:
        yield 0, 1, table.collect()
        return
    placed = table.with_columns(bucket_of(key, buckets).alias(BUCKET))
    for rows in slices(placed, spool.at_once):
        for (bucket,), part in rows.partition_by(
            BUCKET, include_key=False, as_dict=True
        ).items():
            spool.add(f"{name}-{bucket}", part)
    for bucket in range(buckets):
        waiting = f"{name}-{bucket}"
        parts = list(spool.parts(waiting))
        spool.drop(waiting)
        rows = pl.concat(parts, how="diagonal") if parts else table.clear().collect()
        del parts
        yield bucket, buckets, rows
