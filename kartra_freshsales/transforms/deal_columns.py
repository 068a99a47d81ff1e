"""The columns of cleaned and golden transactions and subscriptions: data only.

What does not belong here: the work (``transactions``, ``subscriptions``), checks.
"""

import polars as pl

from kartra_freshsales.transforms.records import MOMENT, MONEY, PROVENANCE

_TEXT = pl.String()
_NAMES = pl.List(pl.String())

_TRANSACTION: dict[str, pl.DataType] = {
    "deal_key": _TEXT,
    "transaction_id": _TEXT,
    "type": _TEXT,
    "date": pl.Date(),
    "date_at": MOMENT,
    "date_raw": _TEXT,
    "product": _TEXT,
    "price_point": _TEXT,
    "quantity": _TEXT,
    "amount": MONEY,
    "currency": _TEXT,
    "processor": _TEXT,
    "processor_transaction_id": _TEXT,
    "subscription_id": _TEXT,
    "payment_number": _TEXT,
    "trial": _TEXT,
    "coupon_code": _TEXT,
    "sales_tax": MONEY,
    "shipping_cost": MONEY,
    "coupon_discount": MONEY,
    "revenue": MONEY,
}
_BUYER: dict[str, pl.DataType] = {
    "contact_key": _TEXT,
    "account_key": _TEXT,
    "join_rung": _TEXT,
    "owner": _TEXT,
}
CLEANED_TRANSACTIONS: dict[str, pl.DataType] = {
    **_TRANSACTION,
    "treatment": _TEXT,
    "lead_id": _TEXT,
    "buyer_email": _TEXT,
    "owner": _TEXT,
    **PROVENANCE,
}
"""Beside ``custom:*``. ``treatment`` is deal or annotate; ``buyer_email`` is a key."""

GOLDEN_TRANSACTIONS: dict[str, pl.DataType] = {
    **_TRANSACTION,
    **_BUYER,
    "refund_status": _TEXT,
    "refunded_amount": MONEY,
    "refund_date": pl.Date(),
    "refund_ids": _NAMES,
    "buyer_email": _TEXT,
    **PROVENANCE,
    "sources": _NAMES,
}
"""Beside ``custom:*``: one row per sale or rebill."""

_SUBSCRIPTION: dict[str, pl.DataType] = {
    "deal_key": _TEXT,
    "subscription_id": _TEXT,
    "status": _TEXT,
    "status_raw": _TEXT,
    "product": _TEXT,
    "price_point": _TEXT,
    "interval": _TEXT,
    "interval_raw": _TEXT,
    "start_date": pl.Date(),
    "end_date": pl.Date(),
    "last_payment_date": pl.Date(),
    "next_payment_date": pl.Date(),
    "next_payment_amount": MONEY,
    "total_paid": MONEY,
    "currency": _TEXT,
    "payments_made": _TEXT,
    "payments_left": _TEXT,
    "processor": _TEXT,
}
CLEANED_SUBSCRIPTIONS: dict[str, pl.DataType] = {
    **_SUBSCRIPTION,
    "lead_id": _TEXT,
    "buyer_email": _TEXT,
    "owner": _TEXT,
    **PROVENANCE,
}
"""Beside ``custom:*``."""

GOLDEN_SUBSCRIPTIONS: dict[str, pl.DataType] = {
    **_SUBSCRIPTION,
    **_BUYER,
    **PROVENANCE,
    "sources": _NAMES,
}
"""Beside ``custom:*``: one row per subscription."""
