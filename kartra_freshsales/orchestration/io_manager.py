"""Frames as Parquet, one file per asset and partition, written whole or not at all."""

import shutil
from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
from dagster import (
    ConfigurableIOManagerFactory,
    InputContext,
    OutputContext,
    UPathIOManager,
)
from pydantic import Field

from kartra_freshsales.errors import BadInput
from kartra_freshsales.orchestration.resources import WorkspaceResource

if TYPE_CHECKING:
    from upath import UPath

IDENTIFYING_COLUMNS = [
    "_batch", "_file", "_row", "_kind", "state", "reason", "contact_key", "account_key",
    "deal_key", "activity_key", "file_key", "module", "source_key", "batch", "role",
    "operation", "planned_in", "kind", "column",
]  # fmt: skip
"""What names rows and records: all that checks need of the frames beside their own."""
REVIEWED_COLUMNS = ["gdpr_status", "gdpr_communications", "mail_status", "consent", "lists"]
"""What the review workbook counts of golden contacts, who may be a million."""

_ROWS_AT_ONCE = 50_000
_BLOCK = 1024 * 1024


class ParquetIOManager(UPathIOManager):
    """Polars frames under ``base_path``, on a local disk or any fsspec URL.

    A frame is written under a temporary name and then renamed, so that a reader never
    meets half a file and a failed run leaves the last good one in place. An asset that
    reads several partitions gets them as one frame: every row already names its batch.
    Of an input that is a ``pl.LazyFrame`` nothing is read until it is needed, and an output
    that is one is written without being held as a whole; it may even be made of the frame
    it takes the place of. A path of a ready Parquet file is an output, too: it is copied.
    With ``columns`` it reads only those of them that a frame has. ``withdrawn`` tells which
    of some batches were taken back: they are in no such frame.
    """

    extension = ".parquet"

    def __init__(
        self,
        base_path: "UPath",
        columns: Sequence[str] = (),
        withdrawn: Callable[[Collection[str]], Collection[str]] = lambda _: (),
    ) -> None:
        super().__init__(base_path=base_path)
        self.columns = columns
        self.withdrawn = withdrawn

    def dump_to_path(self, context: OutputContext, obj: Any, path: "UPath") -> None:
        """Write one frame."""
        if not isinstance(obj, (pl.DataFrame, pl.LazyFrame, Path)):
            msg = (
                f"{context.asset_key.to_user_string()} must return a polars frame, "
                "or the path of a Parquet file"
            )
            raise TypeError(msg)
        path.parent.mkdir(parents=True, exist_ok=True)
        half_written = path.with_name(f".{path.name}.{context.run_id[:8]}")
        try:
            _write(obj, half_written)
            half_written.rename(path)
        except BaseException:
            half_written.unlink(missing_ok=True)
            raise

    def load_from_path(self, context: InputContext, path: "UPath") -> pl.DataFrame:  # noqa: ARG002
        """Read one frame back."""
        chosen = None
        if self.columns:
            with path.open("rb") as file:
                there = pl.read_parquet_schema(file)
            chosen = [name for name in self.columns if name in there]
        with path.open("rb") as file:
            return pl.read_parquet(file, columns=chosen)

    def load_input(self, context: InputContext) -> Any:
        """Read one frame; several partitions come as one, missing ones are passed over."""
        lazy = context.dagster_type.typing_type is pl.LazyFrame
        read = self._scan if lazy else partial(self.load_from_path, context)
        if not (context.has_asset_key and context.has_asset_partitions):
            return read(self._there(self._get_path(context), context))
        paths = self._get_paths_for_partitions(context)
        over_all = not context.has_partition_key  # a batch's own assets read its own frame
        taken_back = set(self.withdrawn(list(paths)) if over_all else ())
        frames: list[Any] = [
            read(path)
            for batch, path in sorted(paths.items())
            if batch not in taken_back and path.exists()
        ]
        if not frames:
            raise self._missing(context)
        # One chunk: many small ones make later work slow.
        return pl.concat(frames, how="diagonal_relaxed", rechunk=not lazy)

    @staticmethod
    def _scan(path: "UPath") -> pl.LazyFrame:
        """A frame that is read when it is needed; from afar, now."""
        if isinstance(path, Path):
            return pl.scan_parquet(path, glob=False)
        with path.open("rb") as file:
            return pl.read_parquet(file).lazy()

    def _there(self, path: "UPath", context: InputContext) -> "UPath":
        if not path.exists():
            raise self._missing(context)
        return path

    @staticmethod
    def _missing(context: InputContext) -> BadInput:
        name = context.asset_key.to_user_string()
        return BadInput(
            f"{name} has not been materialized yet.",
            remedy=f"Materialize {name} (or the job that makes it) first.",
        )


def _write(frame: pl.DataFrame | pl.LazyFrame | Path, path: "UPath") -> None:
    with path.open("wb") as file:
        if isinstance(frame, pl.DataFrame):
            frame.write_parquet(file)
        elif isinstance(frame, pl.LazyFrame):
            frame.sink_parquet(file, row_group_size=_ROWS_AT_ONCE)
        else:
            with frame.open("rb") as ready:
                shutil.copyfileobj(ready, file, _BLOCK)


class FramesIOManager(ConfigurableIOManagerFactory[ParquetIOManager]):
    """The Parquet I/O manager of a workspace: ``<workspace>/data/frames`` by default."""

    workspace: WorkspaceResource
    base_url: str = ""
    columns: list[str] = Field(default_factory=list)

    def create_io_manager(self, context: Any) -> ParquetIOManager:  # noqa: ARG002
        """Build the manager; ``base_url`` may be any fsspec URL (``s3://bucket/frames``)."""
        from upath import UPath  # noqa: PLC0415 - no file is touched by definitions

        base = self.base_url or str(self.workspace.settings().workspace.data / "frames")
        return ParquetIOManager(UPath(base), self.columns, self.workspace.withdrawn)
