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

AT_ONCE: Final = 150_000
"""Rows held in memory together: a few hundred megabytes of wide rows."""
HELD: Final = 100_000_000
"""Bytes of parts that a spool keeps in memory, because writing costs more than holding."""
_BUCKET: Final = "_bucket"


class Spool:
    """Named tables of parts, in the order in which they were added.

    Args:
        folder: an empty folder of its own for the parts; None keeps all in memory.
        at_once: how many rows are worked on together.
        held: bytes of parts kept in memory before the folder is used.
    """

    def __init__(
        self, folder: Path | None = None, at_once: int = AT_ONCE, held: int = HELD
    ) -> None:
        self.folder = folder
        self.at_once = at_once
        self._room = held
        self._parts: dict[str, list[pl.DataFrame | Path]] = {}
        self._heights: dict[str, int] = {}

    def add(self, name: str, part: pl.DataFrame) -> None:
        """Put a part at the end of a table; empty parts only lend it their columns."""
        parts = self._parts.setdefault(name, [])
        if part.is_empty() and parts:
            return
        self._heights[name] = self._heights.get(name, 0) + part.height
        size = int(part.estimated_size())
        if self.folder is None or size <= self._room:
            self._room -= size
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
            yield (
                part
                if isinstance(part, pl.DataFrame)
                else pl.read_parquet(part, glob=False)
            )

    def scan(self, name: str) -> pl.LazyFrame:
        """A table as one lazy frame; columns that a part lacks are null in it."""
        found = [
            part.lazy()
            if isinstance(part, pl.DataFrame)
            else pl.scan_parquet(part, glob=False)
            for part in self._parts[name]
        ]
        return found[0] if len(found) == 1 else pl.concat(found, how="diagonal")

    def drop(self, name: str) -> None:
        """Forget a table that no later step needs."""
        for part in self._parts.pop(name, []):
            if isinstance(part, Path):
                part.unlink()
            else:
                self._room += int(part.estimated_size())
        self._heights.pop(name, None)


def height_of(table: pl.LazyFrame) -> int:
    """How many rows a lazy frame has; free for Parquet, which notes it."""
    return int(table.select(pl.len()).collect().item())


def slices(table: pl.LazyFrame, at_once: int) -> Iterator[pl.DataFrame]:
    """The rows of a lazy frame in order, ``at_once`` at a time; one slice at least."""
    for start in range(0, max(height_of(table), 1), at_once):
        yield table.slice(start, at_once).collect()


def rows_of_keys(table: pl.LazyFrame, key: pl.Expr, spool: Spool) -> Iterator[pl.DataFrame]:
    """All rows of each key together: some keys at a time instead of all at once.

    Rows that share their key with no other come slice by slice, as they stand; only the
    others are sorted into buckets first.

    Args:
        table: any rows.
        key: what rows must share to come together; never null.
        spool: where rows wait for their turn.

    Yields:
        Rows in their order, some perhaps none; at least once.
    """
    keys = table.select(key).collect().to_series()
    shared = keys.is_duplicated()
    del keys
    if len(shared) <= spool.at_once:
        yield table.collect()
        return
    buckets = math.ceil(int(shared.sum()) / spool.at_once)
    bucket = (key.hash() % max(buckets, 1)).alias(_BUCKET)
    at = 0
    for rows in slices(table, spool.at_once):
        repeated = shared.slice(at, rows.height)
        at += rows.height
        waiting = rows.filter(repeated).with_columns(bucket)
        for (number,), part in waiting.partition_by(
            _BUCKET, include_key=False, as_dict=True
        ).items():
            spool.add(f"waiting-{number}", part)
        yield rows.filter(~repeated)
    for number in range(buckets):
        parts = list(spool.parts(f"waiting-{number}"))
        spool.drop(f"waiting-{number}")
        if parts:
            yield pl.concat(parts, how="diagonal")
