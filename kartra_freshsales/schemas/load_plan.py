"""The load plan of a batch: what is to be done with each record.

What does not belong here: how it went (``load_results``).
"""

import pandera.polars as pa
import polars as pl

from kartra_freshsales.schemas.common import Names
from kartra_freshsales.schemas.intended import MODULES

OPERATIONS = ("create", "update", "skip", "conflict", "refuse")
ROLES = ("own", "parent")


class LoadPlan(pa.DataFrameModel):
    """One row per record of the batch or parent it needs; ``fields`` are what changes."""

    module: str = pa.Field(isin=MODULES)
    source_key: str
    batch: str
    role: str = pa.Field(isin=ROLES)
    operation: str = pa.Field(isin=OPERATIONS)
    fields: Names
    payload: str
    freshsales_id: pl.Int64 = pa.Field(nullable=True)
    reason: str = pa.Field(nullable=True)
    remedy: str = pa.Field(nullable=True)
    sources: Names

    class Config:
        """One decision per record and batch."""

        unique = ["module", "source_key", "batch"]  # noqa: RUF012 - read by pandera
