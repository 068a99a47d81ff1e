"""Sales of all batches as one record each, with their buyers and the refunds they suffered.

What does not belong here: reading cells (``transactions``), finding the sale of a refund
(``refunds``) or a buyer (``buyers``).
"""

import polars as pl

from kartra_freshsales.transforms.buyers import (
    BUYER_COLUMNS,
    BUYER_REASONS,
    with_buyers,
)
from kartra_freshsales.transforms.deal_rows import record_states
from kartra_freshsales.transforms.newest import merged
from kartra_freshsales.transforms.records import (
    MONEY,
    PROVENANCE,
    RECORDS_TABLE,
    ROW_STATES,
    ROW_STATES_TABLE,
    Finding,
    together,
)
from kartra_freshsales.transforms.refunds import RUNGS, link_refunds
from kartra_freshsales.transforms.spool import Spool, rows_of_keys

_KIND = "transactions"
_SALES, _SALE_ROWS, _REFUND_ROWS = "sales", "sale_rows", "refund_rows"
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
    cleaned: pl.LazyFrame,
    contacts: pl.LazyFrame,
    test_domains: tuple[str, ...],
    spool: Spool,
) -> tuple[Finding, ...]:
    """Golden sales and where their rows ended: the spool's ``records``, ``row_states``.

    Args:
        cleaned: cleaned transactions, see ``deal_columns``.
        contacts: golden contacts.
        test_domains: e-mail domains of test contacts.
        spool: where the records are worked on, a few keys at a time.
    """
    refunds = _merged(cleaned, spool)
    buyers = _buyers(spool, contacts, test_domains)
    links = link_refunds(refunds, _may_be_undone(spool, refunds))
    problems = buyers.filter(pl.col("reason").is_not_null()).select("deal_key", "reason")
    for rows in spool.parts(_SALE_ROWS):
        spool.add(ROW_STATES_TABLE, record_states(rows, problems, _KIND, BUYER_REASONS))
    for rows in spool.parts(_REFUND_ROWS):
        spool.add(ROW_STATES_TABLE, _refund_states(rows, links, problems))
    noted = _noted(refunds, links)
    at = 0
    for sales in spool.parts(_SALES):
        told = buyers.slice(at, sales.height).drop("deal_key")
        at += sales.height
        sold = sales.with_columns(told.get_columns()).filter(pl.col("reason").is_null())
        spool.add(RECORDS_TABLE, _with_refunds(sold, noted))
    found = buyers.filter(pl.col("reason").is_null())
    return (*_rung_counts(found, links), *_overdrawn(spool, found, refunds, links))


def _merged(cleaned: pl.LazyFrame, spool: Spool) -> pl.DataFrame:
    """Spool one row per sale, and where rows went; return the refunds, which are few."""
    is_deal = pl.col("treatment") == "deal"
    undone = []
    for rows in rows_of_keys(cleaned, pl.col("deal_key"), spool):
        sales, sale_rows = merged(rows, "deal_key", is_deal)
        refunds, refund_rows = merged(rows, "deal_key", ~is_deal)
        spool.add(_SALES, sales)
        spool.add(_SALE_ROWS, sale_rows)
        spool.add(_REFUND_ROWS, refund_rows)
        undone.append(refunds)
    return pl.concat(undone)


def _buyers(
    spool: Spool, contacts: pl.LazyFrame, test_domains: tuple[str, ...]
) -> pl.DataFrame:
    """``deal_key`` and what ``with_buyers`` tells, in the order of the spooled sales."""
    there = contacts.collect_schema().names()
    people = contacts.select(name for name in BUYER_COLUMNS if name in there).collect()
    asking = spool.scan(_SALES).select("deal_key", "lead_id", "buyer_email", "owner")
    return with_buyers(asking.collect(), people, test_domains).drop(
        "lead_id", "buyer_email"
    )


def _may_be_undone(spool: Spool, refunds: pl.DataFrame) -> pl.DataFrame:
    """The sales that share the columns of a rung with a refund: all that links need."""
    columns = {"deal_key", "date_at", "amount", "currency", "product"}
    columns |= {name for keys in RUNGS.values() for name in keys}
    sales = spool.scan(_SALES).select(sorted(columns)).collect()
    alike = [
        sales.join(
            refunds.drop_nulls(keys).select(*keys, "currency").unique(),
            on=[*keys, "currency"],
            how="semi",
            nulls_equal=True,
        )
        for keys in RUNGS.values()
    ]
    return pl.concat(alike).unique("deal_key")


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


def _noted(refunds: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """What the refunds of each sale say together, by ``sale_key``."""
    linked = links.join(refunds, left_on="refund_key", right_on="deal_key")
    return (
        linked.sort("date_at", "transaction_id", nulls_last=True)
        .group_by("sale_key", maintain_order=True)
        .agg(
            pl.col("amount").sum().cast(MONEY).alias("refunded_amount"),
            pl.col("date").max().alias("refund_date"),
            pl.col("transaction_id").alias("refund_ids"),
            (pl.col("type") == _CHARGEBACK).any().alias("_charged_back"),
            pl.col("sources").explode().alias("_refund_sources"),
            pl.struct(PROVENANCE.keys())
            .sort_by(["_exported_at", "_batch"], nulls_last=False)
            .last()
            .alias("_newest_refund"),
        )
    )


def _with_refunds(sales: pl.DataFrame, noted: pl.DataFrame) -> pl.DataFrame:
    """Sales with ``refund_status, refunded_amount, refund_date, refund_ids``."""
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
    return _owned(sales.with_columns(refunded.get_columns()), noted)


def _owned(sales: pl.DataFrame, noted: pl.DataFrame) -> pl.DataFrame:
    """Sales with the provenance of their newest row, be it a refund's.

    The batch that brings a refund changes the deal and owns it from then on, so that taking
    that batch back takes the refund back as well.
    """
    told = sales.select("deal_key", *PROVENANCE).join(
        noted.select("sale_key", pl.col("_newest_refund").struct.unnest()),
        left_on="deal_key", right_on="sale_key", how="left", maintain_order="left",
        suffix="_refunded",
    )  # fmt: skip
    long_ago = pl.datetime(1, 1, 1, time_unit="us", time_zone="UTC")
    at = pl.col("_exported_at").fill_null(long_ago)
    refunded_at = pl.col("_exported_at_refunded").fill_null(long_ago)
    later = pl.col("_batch_refunded") > pl.col("_batch")
    newer = (refunded_at > at) | ((refunded_at == at) & later)
    owned = told.select(
        pl.when(newer & pl.col("_batch_refunded").is_not_null())
        .then(f"{name}_refunded")
        .otherwise(name)
        .alias(name)
        for name in PROVENANCE
    )
    return sales.with_columns(owned.get_columns())


def _rung_counts(buyers: pl.DataFrame, links: pl.DataFrame) -> list[Finding]:
    """How many buyers and how many refunds were found by each rung."""
    told = [
        (f"buyers found by {rung}", count)
        for rung, count in buyers.group_by("join_rung").len().sort("join_rung").iter_rows()
    ] + [
        (f"refunds linked by {rung.removeprefix('refund_by_').replace('_', ' ')}", count)
        for rung, count in links.group_by("rung").len().sort("rung").iter_rows()
    ]
    return [Finding(what, count=count) for what, count in told]


def _overdrawn(
    spool: Spool, buyers: pl.DataFrame, refunds: pl.DataFrame, links: pl.DataFrame
) -> list[Finding]:
    """Sales of which more was refunded than they amounted to."""
    taken = (
        links.join(refunds, left_on="refund_key", right_on="deal_key")
        .group_by(pl.col("sale_key").alias("deal_key"))
        .agg(pl.col("amount").sum().alias("_taken"))
        .join(buyers, on="deal_key", how="semi")
    )
    over = (
        spool.scan(_SALES)
        .select("deal_key", "amount", "_file", "_row")
        .join(taken.lazy(), on="deal_key", maintain_order="left")
        .filter(pl.col("_taken") > pl.col("amount"))
        .collect()
    )
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
