"""Totals of the exports, to hold against what Kartra's screens say (S75, S88).

By type, month, currency and product, because Kartra's screen counts rows that are no money
as well. Currencies are never added to each other, sales never to refunds.
What does not belong here: totals of what was loaded (``reconcile``).
"""

from collections.abc import Mapping
from decimal import Decimal

import polars as pl

from kartra_freshsales.mapping.decisions.totals import Totals, TransactionTotal
from kartra_freshsales.mapping.source_words import TYPE_LABELS
from kartra_freshsales.transforms.newest import RANK, ranked
from kartra_freshsales.transforms.records import PROVENANCE
from kartra_freshsales.transforms.refunds import RUNGS

SUM = pl.Decimal(38, 2)
TOTALS: dict[str, pl.DataType] = {
    "type": pl.String(),
    "month": pl.String(),
    "currency": pl.String(),
    "product": pl.String(),
    "count": pl.Int64(),
    "amount": SUM,
}
"""``amount`` is null for types that move no money; their rows have no month either."""
COMPARED: dict[str, pl.DataType] = {
    "what": pl.String(),
    "kartra": SUM,
    "files": SUM,
    "difference": SUM,
    "note": pl.String(),
}
JOINS: dict[str, pl.DataType] = {
    "what": pl.String(),
    "found by": pl.String(),
    "count": pl.Int64(),
}
_BY = ("type", "month", "currency", "product")
_FEWER = "The files hold less: an export is missing or was cut short."
_MORE = "The files hold more: the screen was filtered, or read at another time."


def transaction_totals(cleaned: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Count and sum every transaction once, however many exports show it.

    Args:
        cleaned: cleaned transactions of all batches.
        rows: row states; rows of types that move no money are counted from here, each
            line of each file, because nothing else is known of them.

    Returns:
        ``TOTALS`` in the order of type, month, currency and product.
    """
    slim = cleaned.select(
        "deal_key", "type", "currency", "product", "amount",
        pl.col("date").dt.strftime("%Y-%m").alias("month"), *PROVENANCE,
    )  # fmt: skip
    aged = ranked(slim)
    newest = aged.group_by("deal_key").agg(pl.col(RANK).min())
    once = aged.join(newest, on=["deal_key", RANK], how="semi")
    money = once.group_by(_BY).agg(
        pl.len().alias("count"), pl.col("amount").cast(SUM).sum()
    )
    moveless = (
        rows.filter(
            (pl.col("_kind") == "transactions") & pl.col("reason").str.starts_with("type_")
        )
        .group_by(pl.col("reason").str.strip_prefix("type_").alias("type"))
        .agg(pl.len().alias("count"))
        .with_columns(pl.col("type").replace(dict(TYPE_LABELS)))
    )
    both = pl.concat([money, moveless], how="diagonal_relaxed")
    return both.select(pl.col(name).cast(dtype) for name, dtype in TOTALS.items()).sort(
        _BY, nulls_last=True
    )


def by_type_and_currency(totals: pl.DataFrame) -> pl.DataFrame:
    """``type, currency, count, amount``: the totals in a few lines."""
    return (
        totals.group_by("type", "currency")
        .agg(
            pl.col("count").sum(),
            pl.when(pl.col("amount").count() > 0).then(pl.col("amount").sum()),
        )
        .sort("type", "currency", nulls_last=True)
    )


def joins(transactions: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """``JOINS``: how buyers and refunded sales were found, rung by rung, surest first.

    Args:
        transactions: golden transactions.
        rows: row states; the rung of a refund is the reason of its row.
    """
    buyers = dict(transactions.group_by("join_rung").len().iter_rows())
    refunds = dict(
        rows.filter(pl.col("_kind") == "transactions").group_by("reason").len().iter_rows()
    )
    told = [
        ("buyer of a sale", rung, buyers.get(rung, 0))
        for rung in ("lead_id", "email", "snapshot_email")
    ]
    told += [
        ("sale of a refund", rung.removeprefix("refund_by_"), refunds.get(rung, 0))
        for rung in (*RUNGS, "refund_without_sale")
    ]
    found = pl.DataFrame(told, schema=JOINS, orient="row")
    return found.with_columns(pl.col("found by").str.replace_all("_", " "))


def compared(
    decided: Totals,
    *,
    contacts: pl.DataFrame,
    subscriptions: pl.DataFrame,
    totals: pl.DataFrame,
) -> pl.DataFrame:
    """Hold the typed figures against the files.

    Args:
        decided: what a person read on Kartra's screens.
        contacts: golden contacts.
        subscriptions: golden subscriptions.
        totals: of ``transaction_totals``.

    Returns:
        ``COMPARED``, one row per typed figure; without figures none.
    """
    found: list[tuple[str, Decimal, Decimal]] = []
    if decided.contacts is not None:
        found.append(("contacts", Decimal(decided.contacts), Decimal(contacts.height)))
    found += _by_name("subscriptions", decided.subscriptions, subscriptions["status"])
    found += _by_name("tag", decided.tags, contacts["tags"].explode())
    found += _by_name("list", decided.lists, contacts["lists"].explode())
    for each in decided.transactions:
        found += _of_transactions(each, totals)
    rows = [
        (what, said, have, have - said, _note(have - said)) for what, said, have in found
    ]
    return pl.DataFrame(rows, schema=COMPARED, orient="row")


def _note(difference: Decimal) -> str:
    if difference == 0:
        return ""
    return _FEWER if difference < 0 else _MORE


def _by_name(
    what: str, said: Mapping[str, int], names: pl.Series
) -> list[tuple[str, Decimal, Decimal]]:
    """Typed counts beside those of the files, compared without regard to case."""
    if not said:
        return []
    folded = names.drop_nulls().cast(pl.String).str.to_lowercase().alias("name")
    counts = dict(folded.value_counts().iter_rows())
    return [
        (f"{what} {name}", Decimal(n), Decimal(counts.get(name.lower(), 0)))
        for name, n in said.items()
    ]


def _of_transactions(
    said: TransactionTotal, totals: pl.DataFrame
) -> list[tuple[str, Decimal, Decimal]]:
    wanted = {name: getattr(said, name) for name in _BY if getattr(said, name)}
    counted = totals.filter(
        pl.lit(True),
        *(pl.col(name).str.to_lowercase() == text.lower() for name, text in wanted.items()),
    )
    what = ", ".join(["transactions", *wanted.values()])
    found = []
    if said.count is not None:
        found.append(
            (f"{what}: count", Decimal(said.count), Decimal(counted["count"].sum()))
        )
    if said.amount is not None:
        amount = counted["amount"].sum() or Decimal(0)
        found.append((f"{what}: amount", said.amount, Decimal(amount)))
    return found
