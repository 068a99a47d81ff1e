"""The currency of subscriptions, whose exports name none: that of their own payments.

Not here: converting anything, reading a currency from a header (``kartra.headers``).
"""

import polars as pl


def with_currency_of_payments(
    subscriptions: pl.DataFrame, transactions: pl.DataFrame
) -> pl.DataFrame:
    """Fill ``currency`` where it is null and the payments leave no doubt.

    A subscription takes the one currency of its own payments; without payments the one
    that all transactions share. Two currencies decide nothing.

    Args:
        subscriptions: golden subscriptions.
        transactions: golden transactions: ``subscription_id, currency``.
    """
    known = transactions.drop_nulls("currency")
    single = pl.col("currency").n_unique() == 1
    own = (
        known.drop_nulls("subscription_id")
        .group_by("subscription_id")
        .agg(pl.when(single).then(pl.col("currency").first()).alias("_own"))
    )
    shared = known["currency"].unique()
    everywhere = shared.item() if shared.len() == 1 else None
    return (
        subscriptions.join(own, on="subscription_id", how="left", maintain_order="left")
        .with_columns(
            pl.coalesce("currency", "_own", pl.lit(everywhere, pl.String)).alias("currency")
        )
        .drop("_own")
    )
