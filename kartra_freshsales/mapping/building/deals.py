"""Sales and rebills as deals (S14, S35–S36, S88). Not here: linking refunds to sales."""

from collections.abc import Sequence

import polars as pl

from kartra_freshsales.mapping.building.brief import Brief
from kartra_freshsales.mapping.building.custom import custom_values
from kartra_freshsales.mapping.building.deal_facts import (
    currency_id,
    currency_unknown,
    deal_problems,
    links,
    stage_columns,
)
from kartra_freshsales.mapping.building.names import named
from kartra_freshsales.mapping.building.prepare import golden_name
from kartra_freshsales.mapping.building.rows import intended_rows
from kartra_freshsales.mapping.building.values import text_of
from kartra_freshsales.mapping.model import Mapping

LARGEST_AMOUNT = 9_007_199_254_740_991
"""Freshsales' own limit, seen in a live account."""


def deal_name(mapping: Mapping) -> pl.Expr:
    """The deal's name by the template in stages.yaml."""
    return named(
        mapping.stages.name,
        "transaction_id",
        {
            "transaction_id": pl.col("transaction_id"),
            "product": pl.col("product"),
            "price_point": pl.col("price_point"),
            "type": pl.col("type"),
            "date": pl.col("date").dt.strftime("%Y-%m-%d"),
            "currency": pl.col("currency"),
            "amount": pl.col("amount").cast(pl.String),
        },
    )


def _stages(mapping: Mapping) -> tuple[dict[str, str], pl.Expr]:
    """Stage by one word per row: the refund that moves the deal, else its type."""
    refunds = {f"refund:{kind}": name for kind, name in mapping.stages.refunds.items()}
    refund = pl.format("refund:{}", pl.col("refund_status"))
    moved = pl.col("refund_status").is_in([str(kind) for kind in mapping.stages.refunds])
    word = pl.when(moved.fill_null(False)).then(refund).otherwise(pl.col("type"))
    return {**mapping.stages.types, **refunds}, word


def deal_rows(
    frame: pl.DataFrame, brief: Brief, more: Sequence[pl.Expr] = ()
) -> pl.DataFrame:
    """One row per sale or rebill.

    Args:
        frame: transactions of ``with_links``.
        brief: decisions, ids and resolved fields.
        more: further aliased payload expressions over ``frame``.
    """
    mapping, lookups = brief.mapping, brief.lookups
    stages, word = _stages(mapping)
    frame = frame.with_columns(
        deal_name(mapping).alias("_name"),
        *stage_columns(stages, word, mapping.stages.other_type, brief),
    )
    problems = deal_problems(currency_unknown(mapping, lookups))
    amount = pl.col("amount")
    problems.add("out_of_range", amount.is_null() | (amount.abs() > LARGEST_AMOUNT))
    custom = custom_values("transactions", frame, brief, "deals", problems)
    payload = [
        pl.col("_name").alias("name"),
        amount.cast(pl.String).alias("amount"),
        currency_id(lookups).alias("currency_id"),
        *plain_keys("transactions", frame, mapping, leave_out=("amount",)),
        pl.col("_stage_id").alias("deal_stage_id"),
        pl.col("_pipeline_id").alias("deal_pipeline_id"),
        *links(mapping),
    ]
    return intended_rows(
        frame,
        module="deals",
        key="deal_key",
        payload=[*payload, *custom, *more],
        problems=problems,
    )


def plain_keys(
    kind: str, frame: pl.DataFrame, mapping: Mapping, *, leave_out: tuple[str, ...] = ()
) -> list[pl.Expr]:
    """Columns that go into a key of Freshsales as they are."""
    found = []
    for key, column in mapping.fields.keys_of(kind).items():
        name = golden_name(kind, column)
        if key not in leave_out and name in frame.columns:
            text = text_of(name, frame.schema[name], mapping.source.zone)
            found.append(text.alias(key))
    return found
