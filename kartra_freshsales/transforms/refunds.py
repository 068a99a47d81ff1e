"""Which sale a refund, partial refund or chargeback undoes (S35, S88).

Kartra's file names no parent sale. The rungs, surest first: the processor's transaction id;
the subscription and payment number; the buyer and product, taking the nearest earlier
payment of which at least that much is left. Sales of another currency are never candidates.
What does not belong here: what a refund does to its sale (``transactions``).
"""

import polars as pl

from kartra_freshsales.transforms.records import MONEY

RUNGS = {
    "refund_by_processor_id": ["processor_transaction_id"],
    "refund_by_payment_number": ["subscription_id", "payment_number"],
    "refund_by_lead_and_product": ["lead_id", "product"],
    "refund_by_email_and_product": ["buyer_email", "product"],
}
_VAGUE = frozenset({"refund_by_lead_and_product", "refund_by_email_and_product"})
_LINK: dict[str, pl.DataType] = {
    "refund_key": pl.String(),
    "sale_key": pl.String(),
    "rung": pl.String(),
}
_SALE = ("deal_key", "date_at", "amount", "product")


def link_refunds(refunds: pl.DataFrame, sales: pl.DataFrame) -> pl.DataFrame:
    """Find the sale of each refund.

    Args:
        refunds: ``deal_key, date_at, amount, currency, product`` and the columns of
            ``RUNGS``; amounts are not negative.
        sales: the same of all sales and rebills.

    Returns:
        ``refund_key, sale_key, rung`` of those found.
    """
    links = pl.DataFrame(schema=_LINK)
    for rung, keys in RUNGS.items():
        open_refunds = refunds.join(
            links, left_on="deal_key", right_on="refund_key", how="anti"
        )
        if open_refunds.is_empty():
            break
        links = pl.concat([links, _climb(open_refunds, sales, refunds, links, rung, keys)])
    return links


def _climb(  # noqa: PLR0917 - one rung needs all that is known so far
    waiting: pl.DataFrame,
    sales: pl.DataFrame,
    refunds: pl.DataFrame,
    links: pl.DataFrame,
    rung: str,
    keys: list[str],
) -> pl.DataFrame:
    """The links of one rung, the earliest refunds first while a sale has enough left.

    Refunds that name their sale may exceed it; those that only fit it may not.
    """
    vague = rung in _VAGUE
    found = pl.DataFrame(schema=_LINK)
    candidates = _candidates(waiting, sales, keys)
    while not candidates.is_empty():
        left = _left(sales, refunds, pl.concat([links, found]))
        fitting = candidates.join(left, on="sale_key")
        if vague:
            earlier = pl.col("sale_at") <= pl.col("refund_at")
            fitting = fitting.filter(earlier & (pl.col("left") >= pl.col("refund_amount")))
        best = _best(fitting)
        taken = best.sort("refund_at", "refund_key", nulls_last=True)
        if vague:
            # Each sale takes one refund a turn, so that "left" stays true for the next.
            taken = taken.unique("sale_key", keep="first", maintain_order=True)
        if taken.is_empty():
            break
        new = taken.select("refund_key", "sale_key", pl.lit(rung).alias("rung"))
        found = pl.concat([found, new])
        candidates = candidates.join(new, on="refund_key", how="anti")
    return found


def _candidates(
    refunds: pl.DataFrame, sales: pl.DataFrame, keys: list[str]
) -> pl.DataFrame:
    """Pairs of refund and sale that agree in the keys and in the currency."""
    on = [*keys, "currency"]
    named = refunds.drop_nulls(keys).select(
        *on,
        pl.col("deal_key").alias("refund_key"),
        pl.col("date_at").alias("refund_at"),
        pl.col("amount").alias("refund_amount"),
        pl.col("product").alias("refund_product"),
    )
    sold = sales.drop_nulls(keys).select(
        *on,
        pl.col("deal_key").alias("sale_key"),
        pl.col("date_at").alias("sale_at"),
        pl.col("product").alias("sale_product"),
    )
    return named.join(sold, on=on, nulls_equal=True).drop(on)


def _left(sales: pl.DataFrame, refunds: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """``sale_key, left``: what of each sale no linked refund has taken yet."""
    taken = (
        links.join(refunds, left_on="refund_key", right_on="deal_key")
        .group_by("sale_key")
        .agg(pl.col("amount").sum().alias("_taken"))
    )
    return sales.join(taken, left_on="deal_key", right_on="sale_key", how="left").select(
        pl.col("deal_key").alias("sale_key"),
        (pl.col("amount") - pl.col("_taken").fill_null(0)).cast(MONEY).alias("left"),
    )


def _best(pairs: pl.DataFrame) -> pl.DataFrame:
    """The best sale of each refund: its product, enough left, earlier, and the latest."""
    same = (pl.col("sale_product") == pl.col("refund_product")).fill_null(False)
    enough = (pl.col("left") >= pl.col("refund_amount")).fill_null(False)
    earlier = (pl.col("sale_at") <= pl.col("refund_at")).fill_null(False)
    return pairs.sort(
        "refund_key", same, enough, earlier, "sale_at", "sale_key",
        descending=[False, True, True, True, True, False],
        nulls_last=True,
    ).unique("refund_key", keep="first", maintain_order=True)  # fmt: skip
