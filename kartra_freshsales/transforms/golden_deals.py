"""Sales of all batches as one record each, with their buyers and the refunds they suffered.

What does not belong here: reading cells (``transactions``), finding the sale of a refund
(``refunds``) or a buyer (``buyers``).
"""

import polars as pl

from kartra_freshsales.transforms.buyers import BUYER_REASONS, with_buyers
from kartra_freshsales.transforms.deal_rows import record_states
from kartra_freshsales.transforms.newest import merged
from kartra_freshsales.transforms.records import (
    MONEY,
    ROW_STATES,
    Finding,
    Golden,
    together,
)
from kartra_freshsales.transforms.refunds import link_refunds

_KIND = "transactions"
_CHARGEBACK = "Chargeback"
_REFUND_REASONS = {
    "refund_without_sale": (
        "quarantined",
        "Export the sale it undoes as well, or note the refund by hand.",
    ),
    "sale_quarantined": ("quarantined", "Solve the problem of the sale it undoes."),
    "sale_excluded": ("excluded", "Nothing to do: the sale it undoes is excluded."),
}


def merge_sales(
    cleaned: pl.DataFrame, contacts: pl.DataFrame, test_domains: tuple[str, ...]
) -> Golden:
    """Golden sales and where every row ended.

    Args:
        cleaned: cleaned transactions, see ``deal_columns``.
        contacts: golden contacts.
        test_domains: e-mail domains of test contacts.
    """
    is_deal = pl.col("treatment") == "deal"
    sales, sale_rows = merged(cleaned, "deal_key", is_deal)
    refunds, refund_rows = merged(cleaned, "deal_key", ~is_deal)
    sales = with_buyers(sales, contacts, test_domains)
    links = link_refunds(refunds, sales)
    problems = sales.filter(pl.col("reason").is_not_null()).select("deal_key", "reason")
    states = [
        record_states(sale_rows, problems, _KIND, BUYER_REASONS),
        _refund_states(refund_rows, links, problems),
    ]
    sales = sales.filter(pl.col("reason").is_null())
    return Golden(
        _with_refunds(sales, refunds, links),
        together(states, ROW_STATES),
        findings=(*_rung_counts(sales, links), *_overdrawn(sales, refunds, links)),
    )


def _refund_states(
    rows: pl.DataFrame, links: pl.DataFrame, problems: pl.DataFrame
) -> pl.DataFrame:
    """Refund rows: merged into their sale, or sharing the fate of its absence."""
    troubled = problems.select(
        pl.col("deal_key").alias("sale_key"),
        pl.when(pl.col("reason") == "test_contact")
        .then(pl.lit("sale_excluded"))
        .otherwise(pl.lit("sale_quarantined"))
        .alias("_trouble"),
    )
    linked = links.rename({"refund_key": "deal_key"}).join(
        troubled, on="sale_key", how="left"
    )
    joined = rows.join(linked, on="deal_key", how="left", maintain_order="left")
    reason = (
        pl.when(pl.col("sale_key").is_null())
        .then(pl.lit("refund_without_sale"))
        .otherwise("_trouble")
    )
    joined = joined.with_columns(reason.alias("_reason"))
    state, remedy = (
        pl.col("_reason").replace_strict(
            {word: both[at] for word, both in _REFUND_REASONS.items()},
            default=None,
            return_dtype=pl.String,
        )
        for at in (0, 1)
    )
    stated = joined.select(
        pl.lit(_KIND).alias("_kind"), "_batch", "_file", "_row",
        state.fill_null("merged").alias("state"),
        pl.coalesce("_reason", "rung").alias("reason"),
        pl.when(pl.col("_reason").is_null()).then("sale_key").alias("record_key"),
        remedy.alias("remedy"),
    )  # fmt: skip
    return together([stated], ROW_STATES)


def _with_refunds(
    sales: pl.DataFrame, refunds: pl.DataFrame, links: pl.DataFrame
) -> pl.DataFrame:
    """Sales with ``refund_status, refunded_amount, refund_date, refund_ids``."""
    linked = links.join(refunds, left_on="refund_key", right_on="deal_key")
    noted = (
        linked.sort("date_at", "transaction_id", nulls_last=True)
        .group_by("sale_key", maintain_order=True)
        .agg(
            pl.col("amount").sum().cast(MONEY).alias("refunded_amount"),
            pl.col("date").max().alias("refund_date"),
            pl.col("transaction_id").alias("refund_ids"),
            (pl.col("type") == _CHARGEBACK).any().alias("_charged_back"),
            pl.col("sources").explode().alias("_refund_sources"),
        )
    )
    told = sales.select("deal_key", "amount", "sources").join(
        noted, left_on="deal_key", right_on="sale_key", how="left", maintain_order="left"
    )
    no_names = pl.lit([], pl.List(pl.String))
    refunded = told.select(
        pl.when(pl.col("refunded_amount").is_null())
        .then(pl.lit("none"))
        .when("_charged_back")
        .then(pl.lit("chargeback"))
        .when(pl.col("refunded_amount") >= pl.col("amount"))
        .then(pl.lit("full"))
        .otherwise(pl.lit("partial"))
        .alias("refund_status"),
        pl.col("refunded_amount").fill_null(0),
        "refund_date",
        pl.col("refund_ids").fill_null(no_names),
        pl.col("sources").list.concat(pl.col("_refund_sources").fill_null(no_names)),
    )
    return sales.with_columns(refunded.get_columns())


def _rung_counts(sales: pl.DataFrame, links: pl.DataFrame) -> list[Finding]:
    """How many buyers and how many refunds were found by each rung."""
    told = [
        (f"buyers found by {rung}", count)
        for rung, count in sales.group_by("join_rung").len().sort("join_rung").iter_rows()
    ] + [
        (f"refunds linked by {rung.removeprefix('refund_by_').replace('_', ' ')}", count)
        for rung, count in links.group_by("rung").len().sort("rung").iter_rows()
    ]
    return [Finding(what, count=count) for what, count in told]


def _overdrawn(
    sales: pl.DataFrame, refunds: pl.DataFrame, links: pl.DataFrame
) -> list[Finding]:
    """Sales of which more was refunded than they amounted to."""
    taken = (
        links.join(refunds, left_on="refund_key", right_on="deal_key")
        .group_by(pl.col("sale_key").alias("deal_key"))
        .agg(pl.col("amount").sum().alias("_taken"))
    )
    over = sales.join(taken, on="deal_key").filter(pl.col("_taken") > pl.col("amount"))
    if over.is_empty():
        return []
    return [
        Finding(
            "more was refunded than the sale amounts to",
            file=over.item(0, "_file"),
            row=over.item(0, "_row"),
            column="amount",
            remedy="Check the sale in Kartra; a refund may be linked to the wrong one.",
            count=over.height,
        )
    ]
