"""Frames as Parquet, one file per asset and partition, written whole or not at all."""

from collections.abc import Callable, Collection, Sequence
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


class ParquetIOManager(UPathIOManager):
    """Polars frames under ``base_path``, on a local disk or any fsspec URL.

    A frame is written under a temporary name and then renamed, so that a reader never
    meets half a file and a failed run leaves the last good one in place. An asset that
    reads several partitions gets them as one frame: every row already names its batch.
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
        if not isinstance(obj, pl.DataFrame):
            msg = f"{context.asset_key.to_user_string()} must return a polars DataFrame"
            raise TypeError(msg)
        path.parent.mkdir(parents=True, exist_ok=True)
        half_written = path.with_name(f".{path.name}.{context.run_id[:8]}")
        try:
            with half_written.open("wb") as file:
                obj.write_parquet(file)
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
        if not (context.has_asset_key and context.has_asset_partitions):
            return self.load_from_path(
                context, self._there(self._get_path(context), context)
            )
        paths = self._get_paths_for_partitions(context)
        over_all = not context.has_partition_key  # a batch's own assets read its own frame
        taken_back = set(self.withdrawn(list(paths)) if over_all else ())
        frames = [
            self.load_from_path(context, path)
            for batch, path in sorted(paths.items())
            if batch not in taken_back and path.exists()
        ]
        if not frames:
            raise self._missing(context)
        # One chunk: many small ones make later work slow.
        return pl.concat(frames, how="diagonal_relaxed", rechunk=True)

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
