"""Values that are no tables, kept as frames so that one I/O manager stores everything."""

import polars as pl

from kartra_freshsales.freshsales.metadata import Metadata


def metadata_frame(metadata: Metadata, account: str) -> pl.DataFrame:
    """An account's settings as one row: ``digest, json, account`` (whose they are)."""
    return pl.DataFrame(
        {
            "digest": [metadata.digest()],
            "json": [metadata.model_dump_json()],
            "account": [account],
        }
    )


def metadata_from(frame: pl.DataFrame) -> Metadata:
    """The settings that ``metadata_frame`` stored."""
    return Metadata.model_validate_json(frame.item(0, "json"))
