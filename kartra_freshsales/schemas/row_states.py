"""The ledger of rows: every source row in exactly one state (G4).

What does not belong here: states of intents and identities (``ledger``).
"""

import pandera.polars as pa
import polars as pl

from kartra_freshsales.schemas.common import KINDS, SNAKE_WORD, STATES


class RowStates(pa.DataFrameModel):
    """Where each source row stands; before the load, loaded means *will be sent*."""

    kind: str = pa.Field(alias="_kind", isin=(*KINDS, "unknown"))
    batch: str = pa.Field(alias="_batch")
    file: str = pa.Field(alias="_file")
    row: pl.Int64 = pa.Field(alias="_row", ge=1)
    state: str = pa.Field(isin=STATES)
    reason: str = pa.Field(nullable=True, str_matches=SNAKE_WORD)
    record_key: str = pa.Field(nullable=True)
    remedy: str = pa.Field(nullable=True)

    class Config:
        """One state per row."""

        unique = ["_kind", "_batch", "_file", "_row"]  # noqa: RUF012 - read by pandera
