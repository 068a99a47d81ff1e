"""Where the rows of an export are kept while they come: in memory, or in a Parquet file.

What does not belong here: reading them (``passage``), files of a whole batch (``batch``).
"""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
from polars.io.plugins import register_io_source

_ROWS_AT_ONCE = 50_000


@dataclass(frozen=True)
class Kept:
    """Rows; ``stored`` is the Parquet file that holds just them, if one does."""

    rows: pl.LazyFrame = field(repr=False)
    stored: Path | None = None


Keep = Callable[[pl.Schema, Iterator[pl.DataFrame]], Kept]
"""Takes frames of a schema, at least one, and keeps them in their order."""


def in_memory(schema: pl.Schema, frames: Iterator[pl.DataFrame]) -> Kept:
    """Keep frames as one."""
    return Kept(pl.concat(frames).lazy())


@dataclass(frozen=True)
class InFolder:
    """Keeps each export as a Parquet file of its own in a folder."""

    folder: Path

    def __call__(self, schema: pl.Schema, frames: Iterator[pl.DataFrame]) -> Kept:
        """Write frames while they come; only a few are in memory at a time."""
        with tempfile.NamedTemporaryFile(
            dir=self.folder, prefix="export-", suffix=".parquet", delete=False
        ) as file:
            path = Path(file.name)
        source = _Source(frames)
        try:
            write_parquet(register_io_source(source, schema=schema), path)
        except BaseException:
            path.unlink()
            if source.fault is not None:
                raise source.fault from None
            raise
        return Kept(pl.scan_parquet(path, glob=False), path)


class _Source:
    """Frames as polars asks for them; ``fault`` is what stopped them, for it is wrapped."""

    def __init__(self, frames: Iterator[pl.DataFrame]) -> None:
        self.frames = frames
        self.fault: BaseException | None = None

    def __call__(self, *_: object) -> Iterator[pl.DataFrame]:
        try:
            yield from self.frames
        except BaseException as error:
            self.fault = error
            raise


def write_parquet(rows: pl.LazyFrame, path: Path) -> None:
    """Write rows without ever holding all; the fastest compression that is worth it."""
    rows.sink_parquet(
        path,
        compression="lz4",
        statistics=False,
        row_group_size=_ROWS_AT_ONCE,
    )
