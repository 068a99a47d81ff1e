"""Subscriptions as deals, notes, or fields of the customer's newest deal (S37, S39–S43).

Not here: their statuses and intervals (``transforms``).
"""

import polars as pl

from kartra_freshsales.mapping.building.brief import Brief
from kartra_freshsales.mapping.building.custom import custom_values, live_name
from kartra_freshsales.mapping.building.deal_facts import (
    currency_id,
    currency_unknown,
    deal_problems,
    links,
    stage_columns,
)
from kartra_freshsales.mapping.building.deals import plain_keys
from kartra_freshsales.mapping.building.names import named
from kartra_freshsales.mapping.building.rows import Problems, intended_rows
from kartra_freshsales.mapping.building.values import value_of
from kartra_freshsales.mapping.model import Mapping

NO_AMOUNT = "0.00"
"""Freshsales wants an amount; a next payment counts only where Kartra names it (S42)."""


def _identity() -> pl.Expr:
    return pl.coalesce("subscription_id", pl.col("deal_key").str.strip_prefix("sub:"))


def _name(mapping: Mapping) -> pl.Expr:
    return named(
        mapping.subscriptions.name,
        "subscription_id",
        {
            "subscription_id": _identity(),
            "product": pl.col("product"),
            "price_point": pl.col("price_point"),
            "status": pl.col("_status"),
            "interval": pl.col("_interval"),
        },
    )


def subscription_rows(frame: pl.DataFrame, brief: Brief) -> pl.DataFrame:
    """One deal per subscription, in the stage of its status.

    Args:
        frame: subscriptions of ``with_links``.
        brief: decisions, ids and resolved fields.
    """
    mapping, lookups = brief.mapping, brief.lookups
    decided = mapping.subscriptions
    stages = {str(status): stage for status, stage in decided.stages.items()}
    frame = frame.with_columns(
        _name(mapping).alias("_name"),
        *stage_columns(stages, pl.col("status"), decided.other_status, brief),
    )
    amount = pl.col("next_payment_amount")
    unknown = currency_unknown(mapping, lookups, may_be_silent=True)
    problems = deal_problems(unknown & (amount != 0).fill_null(False))
    custom = custom_values("subscriptions", frame, brief, "deals", problems)
    plain = plain_keys("subscriptions", frame, mapping)
    if "closed_date" not in mapping.fields.keys_of("subscriptions"):
        ended = pl.when("_closed").then(pl.col("end_date").dt.strftime("%Y-%m-%d"))
        plain.append(ended.alias("closed_date"))
    payload = [
        pl.col("_name").alias("name"),
        amount.cast(pl.String).fill_null(NO_AMOUNT).alias("amount"),
        currency_id(lookups).alias("currency_id"),
        *plain,
        pl.col("_stage_id").alias("deal_stage_id"),
        pl.col("_pipeline_id").alias("deal_pipeline_id"),
        *links(mapping),
    ]
    return intended_rows(
        frame,
        module="subscriptions",
        key="deal_key",
        payload=[*payload, *custom],
        problems=problems,
    )


def subscription_notes(frame: pl.DataFrame) -> pl.DataFrame:
    """One note per subscription on its customer; ``source_key`` is the subscription's.

    Args:
        frame: subscriptions of ``with_links``.
    """
    facts = [
        ("Product", pl.col("product")),
        ("Status", pl.col("_status")),
        ("Interval", pl.col("_interval")),
        ("Started", pl.col("start_date").dt.strftime("%Y-%m-%d")),
        ("Ended", pl.col("end_date").dt.strftime("%Y-%m-%d")),
        ("Next payment", pl.col("next_payment_date").dt.strftime("%Y-%m-%d")),
        ("Next amount", pl.format("{} {}", "next_payment_amount", "currency")),
    ]
    lines = pl.concat_str(
        [pl.format("Kartra subscription {}", _identity())]
        + [pl.format(f"\n{label}: {{}}", value) for label, value in facts],
        ignore_nulls=True,
    )
    problems = Problems()
    problems.add("no_contact", pl.col("contact_key").is_null() | pl.col("_stranger"))
    problems.add("parent_refused", pl.col("_contact_problem").is_not_null())
    payload = [lines.alias("description"), pl.col("contact_key").alias("contact")]
    return intended_rows(
        frame, module="notes", key="deal_key", payload=payload, problems=problems
    )


def absorbing_deals(
    transactions: pl.DataFrame, subscriptions: pl.DataFrame
) -> pl.DataFrame:
    """The deal that carries each subscription's fields: ``deal_key, record_key``.

    The newest payment of the subscription itself, else the customer's newest payment for
    the same product. One deal carries one subscription: the one started last. What finds no
    deal is not in the table.
    """
    wanted = subscriptions.select(
        "deal_key", "subscription_id", "contact_key", "product", "start_date"
    )
    paid = transactions.select(
        pl.col("deal_key").alias("record_key"), "subscription_id", "contact_key", "product",
        "date",
    ).sort("date", "record_key", descending=True, nulls_last=True)  # fmt: skip
    by_id = wanted.join(
        paid.drop_nulls("subscription_id").unique("subscription_id", keep="first"),
        on="subscription_id",
        how="inner",
    ).select("deal_key", "record_key", "start_date")
    keys = ["contact_key", "product"]
    by_product = (
        wanted.join(by_id, on="deal_key", how="anti")
        .join(paid.unique(keys, keep="first", maintain_order=True), on=keys, how="inner")
        .select("deal_key", "record_key", "start_date")
    )
    return (
        pl.concat([by_id, by_product])
        .sort("start_date", "deal_key", descending=True, nulls_last=True)
        .unique("record_key", keep="first", maintain_order=True)
        .select("deal_key", "record_key")
        .sort("deal_key")
    )


def with_absorbed(
    transactions: pl.DataFrame,
    subscriptions: pl.DataFrame,
    absorbed: pl.DataFrame,
    brief: Brief,
) -> tuple[pl.DataFrame, list[pl.Expr]]:
    """Transactions with the fields of the subscriptions they carry, and their expressions.

    Only fields that transactions do not fill themselves are added.
    """
    names = brief.names("deals")
    own = [f for f in brief.fields if all(c.kind == "subscriptions" for c in f.columns)]
    columns = {live_name(f, names): (f, f.columns[0]) for f in own}
    values = [
        value_of(
            column.column,
            subscriptions.schema[column.column],
            brief.zone,
            field.shape,
        ).alias(f"_from_subscription:{name}")
        for name, (field, column) in columns.items()
    ]
    carried = subscriptions.select(
        "deal_key", *values, pl.col("sources").alias("_more_sources")
    ).join(absorbed, on="deal_key", how="inner")
    joined = transactions.join(
        carried.drop("deal_key"),
        left_on="deal_key",
        right_on="record_key",
        how="left",
        maintain_order="left",
    )
    united = pl.concat_list("sources", pl.col("_more_sources").fill_null([]))
    joined = joined.with_columns(united.list.unique(maintain_order=True).alias("sources"))
    return joined, [pl.col(f"_from_subscription:{name}").alias(name) for name in columns]
