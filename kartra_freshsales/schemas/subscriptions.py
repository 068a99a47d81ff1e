"""Golden subscriptions: one row per subscription.

What does not belong here: whether they become deals, products or a field.
"""

import pandera.polars as pa
import polars as pl

from kartra_freshsales.schemas.common import (
    CURRENCY,
    SUBSCRIPTION_STATUSES,
    GoldenRow,
    Money,
)


class SubscriptionFields(pa.DataFrameModel):
    """What is known of a subscription; ``custom:*`` columns may stand beside it."""

    deal_key: str = pa.Field(str_startswith="sub:")
    subscription_id: str = pa.Field(nullable=True)
    status: str = pa.Field(nullable=True, isin=SUBSCRIPTION_STATUSES)
    status_raw: str = pa.Field(nullable=True)
    product: str = pa.Field(nullable=True)
    price_point: str = pa.Field(nullable=True)
    interval: str = pa.Field(nullable=True)
    interval_raw: str = pa.Field(nullable=True)
    start_date: pl.Date = pa.Field(nullable=True)
    end_date: pl.Date = pa.Field(nullable=True)
    last_payment_date: pl.Date = pa.Field(nullable=True)
    next_payment_date: pl.Date = pa.Field(nullable=True)
    next_payment_amount: Money = pa.Field(nullable=True)
    total_paid: Money = pa.Field(nullable=True)
    currency: str = pa.Field(nullable=True, str_matches=CURRENCY)
    payments_made: str = pa.Field(nullable=True)
    payments_left: str = pa.Field(nullable=True)
    processor: str = pa.Field(nullable=True)


class Subscriptions(SubscriptionFields, GoldenRow):
    """Golden subscriptions: the key is unique and every one has a contact."""

    deal_key: str = pa.Field(unique=True, str_startswith="sub:")
    contact_key: str
    account_key: str = pa.Field(nullable=True)
    join_rung: str = pa.Field(isin=("lead_id", "email", "snapshot_email"))
    owner: str = pa.Field(nullable=True)
