"""Golden transactions: one row per sale or rebill, refunds noted on it.

What does not belong here: deals as Freshsales knows them (``intended``).
"""

import pandera.polars as pa
import polars as pl

from kartra_freshsales.schemas.common import CURRENCY, GoldenRow, Moment, Money, Names


class TransactionFields(pa.DataFrameModel):
    """What is known of a money event; ``custom:*`` columns may stand beside it."""

    deal_key: str = pa.Field(str_startswith="txn:")
    transaction_id: str
    type: str
    date: pl.Date = pa.Field(nullable=True)
    date_at: Moment = pa.Field(nullable=True)
    date_raw: str = pa.Field(nullable=True)
    product: str = pa.Field(nullable=True)
    price_point: str = pa.Field(nullable=True)
    quantity: str = pa.Field(nullable=True)
    amount: Money = pa.Field(ge=0)
    currency: str = pa.Field(nullable=True, str_matches=CURRENCY)
    processor: str = pa.Field(nullable=True)
    processor_transaction_id: str = pa.Field(nullable=True)
    subscription_id: str = pa.Field(nullable=True)
    payment_number: str = pa.Field(nullable=True)
    trial: str = pa.Field(nullable=True)
    coupon_code: str = pa.Field(nullable=True)
    sales_tax: Money = pa.Field(nullable=True)
    shipping_cost: Money = pa.Field(nullable=True)
    coupon_discount: Money = pa.Field(nullable=True)
    revenue: Money = pa.Field(nullable=True)


class Transactions(TransactionFields, GoldenRow):
    """Golden transactions: the key is unique and every one has a contact."""

    deal_key: str = pa.Field(unique=True, str_startswith="txn:")
    contact_key: str
    account_key: str = pa.Field(nullable=True)
    join_rung: str = pa.Field(isin=("lead_id", "email", "snapshot_email"))
    owner: str = pa.Field(nullable=True)
    refund_status: str = pa.Field(isin=("none", "partial", "full", "chargeback"))
    refunded_amount: Money = pa.Field(ge=0)
    refund_date: pl.Date = pa.Field(nullable=True)
    refund_ids: Names
    buyer_email: str = pa.Field(nullable=True)
