"""Intended payloads: what each record should be in Freshsales.

What does not belong here: what stands there now (``snapshot``), what to do (``load_plan``).
"""

import pandera.polars as pa

from kartra_freshsales.schemas.common import Names

MODULES = (
    "sales_accounts", "contacts", "leads", "deals", "subscriptions", "notes", "activities",
    "files", "lists",
)  # fmt: skip


class Intended(pa.DataFrameModel):
    """One row per record; ``payload`` is JSON, ``problem`` says why it can't be sent."""

    module: str = pa.Field(isin=MODULES)
    source_key: str
    batch: str
    payload: str = pa.Field(str_startswith="{")
    sources: Names
    problem: str = pa.Field(nullable=True)
    remedy: str = pa.Field(nullable=True)

    class Config:
        """One payload per record and batch."""

        unique = ["module", "source_key", "batch"]  # noqa: RUF012 - read by pandera
