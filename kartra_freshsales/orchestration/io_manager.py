"""Frames as Parquet, one file per asset and partition, written whole or not at all."""

from typing import Any

import polars as pl
from dagster import InputContext, OutputContext, UPathIOManager
from upath import UPath


class ParquetIOManager(UPathIOManager):
    """Polars frames under ``base_path``, on a local disk or any fsspec URL.

    A frame is written under a temporary name and then renamed, so that a reader never
    meets half a file and a failed run leaves the last good one in place.
    """

    extension = ".parquet"

    def dump_to_path(self, context: OutputContext, obj: Any, path: UPath) -> None:
        """Write one frame."""
        if not isinstance(obj, pl.DataFrame):
            msg = f"{context.asset_key.to_user_string()} must return a polars DataFrame"
            raise TypeError(msg)
        path.parent.mkdir(parents=True, exist_ok=True)
        half_written = path.with_name(f".{path.name}.{context.run_id[:8]}")
        with half_written.open("wb") as file:
            obj.write_parquet(file)
        half_written.rename(path)

    def load_from_path(self, context: InputContext, path: UPath) -> pl.DataFrame:  # noqa: ARG002
        """Read one frame back."""
        with path.open("rb") as file:
            return pl.read_parquet(file)
