"""Types and columns that the schemas of several stages share.

What does not belong here: a stage's own columns.
"""

from typing import Annotated

import pandera.polars as pa
import polars as pl

Moment = Annotated[pl.Datetime, "us", "UTC"]
Money = Annotated[pl.Decimal, 18, 2]
Names = Annotated[pl.List, pl.String]

KINDS = ("contacts", "transactions", "subscriptions", "activities", "attachments")
STATES = ("loaded", "merged", "excluded", "suppressed", "quarantined", "failed")
CONSENT = ("subscribed", "not_subscribed", "unsubscribed", "reported_as_spam", "bounced")
SUBSCRIPTION_STATUSES = (
    "Active", "Pending Cancellation", "Paused", "Cancelled", "Terminated",
)  # fmt: skip
CURRENCY = r"^[A-Z]{3}$"
SNAKE_WORD = r"^[a-z][a-z0-9_]*$"
E164 = r"^\+[1-9]\d{3,14}$"


class SourceRow(pa.DataFrameModel):
    """Where a row was read: batch, file, line and the export's time."""

    batch: str = pa.Field(alias="_batch")
    file: str = pa.Field(alias="_file")
    row: pl.Int64 = pa.Field(alias="_row", ge=1)
    exported_at: Moment = pa.Field(alias="_exported_at", nullable=True)


class GoldenRow(SourceRow):
    """A record merged from source rows, with the place of the newest and all of them."""

    sources: Names
