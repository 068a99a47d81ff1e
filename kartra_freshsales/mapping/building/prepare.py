"""Golden frames with the columns that payloads need beside those the exports have.

The added columns start with an underscore. Not here: custom fields, payloads.
"""

from collections.abc import Callable

import polars as pl

from kartra_freshsales.mapping.building.labels import canonical_lists, canonical_tags
from kartra_freshsales.mapping.model import Mapping

REFUND_LABELS = {
    "partial": "Partial refund",
    "full": "Full refund",
    "chargeback": "Chargeback",
}
CONSENT_LABELS = {
    "subscribed": "Subscribed",
    "not_subscribed": "Not subscribed",
    "unsubscribed": "Unsubscribed",
    "reported_as_spam": "Reported as spam",
    "bounced": "Bounced",
}


def first_present(frame: pl.DataFrame, *names: str) -> pl.Expr:
    """The first non-null value of the named columns; null where the frame has none."""
    there = [pl.col(name) for name in names if name in frame.columns]
    return pl.coalesce(there) if there else pl.lit(None, pl.String)


def _labels(column: str, labels: dict[str, str]) -> pl.Expr:
    return pl.col(column).replace_strict(labels, default=None, return_dtype=pl.String)


def _contacts(frame: pl.DataFrame, mapping: Mapping) -> pl.DataFrame:
    return frame.with_columns(
        _labels("consent", CONSENT_LABELS).alias("_consent"),
        canonical_lists(frame, mapping.lists).alias("_lists"),
        canonical_tags(frame, mapping.tags).alias("_tags"),
    )


def _transactions(frame: pl.DataFrame, mapping: Mapping) -> pl.DataFrame:
    refunded = pl.col("refund_status").is_in(list(REFUND_LABELS))
    return frame.with_columns(
        _labels("refund_status", REFUND_LABELS).alias("_refund_status"),
        pl.when(refunded).then("refunded_amount").alias("_refunded_amount"),
        pl.when(refunded).then("refund_date").alias("_refund_date"),
        pl.when(refunded & (pl.col("refund_ids").list.len() > 0))
        .then("refund_ids")
        .alias("_refund_ids"),
    )


def _subscriptions(frame: pl.DataFrame, mapping: Mapping) -> pl.DataFrame:
    return frame.with_columns(
        first_present(frame, "status", "status_raw").alias("_status"),
        first_present(frame, "interval", "interval_raw").alias("_interval"),
    )


_PREPARE: dict[str, Callable[[pl.DataFrame, Mapping], pl.DataFrame]] = {
    "contacts": _contacts,
    "transactions": _transactions,
    "subscriptions": _subscriptions,
}


def prepared(kind: str, frame: pl.DataFrame, mapping: Mapping) -> pl.DataFrame:
    """The golden frame of an export kind with its derived columns.

    Adds ``_consent, _lists, _tags`` to contacts, ``_refund_status, _refunded_amount,
    _refund_date, _refund_ids`` to transactions, ``_status, _interval`` to subscriptions.
    """
    return _PREPARE[kind](frame, mapping)


GOLDEN_NAMES: dict[tuple[str, str], str] = {
    ("contacts", "middle_name"): "custom:middle_name",
    ("contacts", "last_name2"): "custom:last_name2",
    ("contacts", "google_plus"): "custom:google_plus",
    ("transactions", "id"): "transaction_id",
    ("transactions", "transaction_type"): "type",
    ("transactions", "subscription_payment_number"): "payment_number",
    ("subscriptions", "status"): "_status",
    ("subscriptions", "interval"): "_interval",
}
"""Columns whose name in a golden record differs from the export's."""


def golden_name(kind: str, column: str) -> str:
    """The golden column that holds an export's column."""
    return GOLDEN_NAMES.get((kind, column), column)
