"""Load results of a batch: what became of each planned record, and what was read back.

What does not belong here: the comparison of the two (``reconcile``).
"""

import pandera.polars as pa
import polars as pl

from kartra_freshsales.schemas.common import Names
from kartra_freshsales.schemas.intended import MODULES
from kartra_freshsales.schemas.load_plan import OPERATIONS, ROLES

OUTCOMES = ("created", "updated", "skipped", "refused", "failed", "conflict")


class LoadResults(pa.DataFrameModel):
    """One row per planned record; ``written`` and ``seen`` are JSON or null."""

    module: str = pa.Field(isin=MODULES)
    source_key: str
    batch: str
    role: str = pa.Field(isin=ROLES)
    operation: str = pa.Field(isin=OPERATIONS)
    outcome: str = pa.Field(isin=OUTCOMES)
    freshsales_id: pl.Int64 = pa.Field(nullable=True)
    reason: str = pa.Field(nullable=True)
    remedy: str = pa.Field(nullable=True)
    written: str = pa.Field(nullable=True)
    seen: str = pa.Field(nullable=True)
    sources: Names
