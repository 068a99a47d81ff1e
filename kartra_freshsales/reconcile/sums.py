"""Money and dates of the deals: source beside destination, never mixing currencies (S88).

Not here: converting or rounding money, deal-by-deal comparison (``compare``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from kartra_freshsales.reconcile.values import as_date, as_money, as_text, columns, flat

MONEY = pl.Decimal(38, 2)
DIMENSIONS: tuple[str, ...] = ("currency", "stage", "owner", "month")
DEAL_MODULES: tuple[str, ...] = ("deals", "subscriptions")

_FACTS: dict[str, pl.DataType] = {
    "source_key": pl.String(),
    "currency": pl.String(),
    "stage": pl.String(),
    "owner": pl.String(),
    "closed_date": pl.Date(),
    "amount": MONEY,
}
_NONE = "(none)"


@dataclass(frozen=True)
class Names:
    """Words for the destination's ids (as text), so that both sides group alike."""

    stages: Mapping[str, str] = field(default_factory=dict)
    currencies: Mapping[str, str] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)


def _source_key(deals: pl.DataFrame) -> pl.Expr:
    return pl.col("deal_key" if "deal_key" in deals.columns else "source_key").cast(
        pl.String
    )


def _column(frame: pl.DataFrame, name: str, dtype: pl.DataType) -> pl.Expr:
    found = pl.col(name) if name in frame.columns else pl.lit(None).alias(name)
    return found.cast(dtype)


def source_deals(
    deals: pl.DataFrame, sent: pl.DataFrame | None = None, names: Names | None = None
) -> pl.DataFrame:
    """The source's side: ``source_key, currency, stage, owner, closed_date, amount``.

    Args:
        deals: golden deals (``deal_key, currency, amount, closed_date``, maybe ``stage``).
        sent: ``module, source_key, written``; stage and owner are taken from here if the
            deals carry no stage: the map decides both.
        names: words for ids.
    """
    facts = deals.select(
        _source_key(deals).alias("source_key"),
        *(
            _column(deals, name, dtype)
            for name, dtype in _FACTS.items()
            if name != "source_key"
        ),
    )
    if "stage" in deals.columns or sent is None:
        return facts
    stages = destination_deals(sent.rename({"written": "seen"}), names)
    decided = ("stage", "owner")
    return (
        facts.drop(decided)
        .join(stages.select("source_key", *decided), on="source_key", how="left")
        .select(list(_FACTS))
    )


def destination_deals(seen: pl.DataFrame, names: Names | None = None) -> pl.DataFrame:
    """The destination's side, read from the flat records of ``seen``."""
    words = names or Names()
    rows = []
    for module, key, text in columns(seen, ("module", "source_key", "seen")):
        if module not in DEAL_MODULES or not isinstance(text, str):
            continue
        record = flat(text)
        stage = as_text(record.get("deal_stage_id")) or ""
        currency = as_text(record.get("currency_id")) or ""
        owner = as_text(record.get("owner_id")) or ""
        rows.append(
            (
                key,
                as_text(record.get("cf_kartra_currency")) or words.currencies.get(currency),
                words.stages.get(stage, stage) or None,
                words.owners.get(owner, owner) or None,
                as_date(record.get("closed_date")),
                as_money(record.get("amount")),
            )
        )
    return pl.DataFrame(rows, schema=_FACTS, orient="row")


def _totals(facts: pl.DataFrame, by: str) -> pl.DataFrame:
    group = pl.col("closed_date").dt.strftime("%Y-%m") if by == "month" else pl.col(by)
    return (
        facts.with_columns(
            pl.col("currency").fill_null(_NONE), group.fill_null(_NONE).alias("group")
        )
        .group_by("currency", "group")
        .agg(
            pl.len().cast(pl.Int64).alias("deals"),
            pl.col("amount").sum().cast(MONEY).alias("amount"),
            pl.col("amount").min().alias("least"),
            pl.col("amount").max().alias("most"),
            pl.col("closed_date").min().alias("first"),
            pl.col("closed_date").max().alias("last"),
            pl.col("closed_date").cast(pl.Int32).cast(pl.Int64).sum().alias("days"),
        )
    )


MEASURES = ("deals", "amount", "least", "most", "first", "last", "days")


def _one_dimension(source: pl.DataFrame, read: pl.DataFrame, by: str) -> pl.DataFrame:
    left = _totals(source, by).rename({name: f"{name}_source" for name in MEASURES})
    right = _totals(read, by).rename({name: f"{name}_seen" for name in MEASURES})
    joined = left.join(right, on=("currency", "group"), how="full", coalesce=True)
    counted = [
        pl.col(f"{name}_{side}").fill_null(0)
        for name in ("deals", "amount", "days")
        for side in ("source", "seen")
    ]
    return joined.with_columns(counted).with_columns(
        pl.lit(by).alias("by"),
        pl.all_horizontal(
            [
                pl.col(f"{name}_source").eq_missing(pl.col(f"{name}_seen"))
                for name in MEASURES
            ]
        ).alias("equal"),
    )


def sums(
    deals: pl.DataFrame,
    seen: pl.DataFrame,
    *,
    sent: pl.DataFrame | None = None,
    names: Names | None = None,
) -> pl.DataFrame:
    """Compare totals of the source's deals with those read back.

    Args:
        deals: golden deals, see ``source_deals``.
        seen: ``module, source_key, seen`` as read back.
        sent: what was written, for the stage of each deal.
        names: words for stage and currency ids.

    Returns:
        One row per ``by`` (currency, stage, owner, month), ``currency`` and ``group``, with
        deals, amount, least, most, first, last and days (a checksum over closing days) of
        either side, and ``equal``. All groups are kept apart by currency.
    """
    source = source_deals(deals, sent, names)
    read = destination_deals(seen, names)
    # A destination without currencies answers none: the deal keeps the one it came with,
    # and a wrong currency shows in the field comparison instead.
    read = (
        read.join(
            source.select("source_key", pl.col("currency").alias("_known")).unique(
                "source_key"
            ),
            on="source_key",
            how="left",
        )
        .with_columns(pl.coalesce("currency", "_known").alias("currency"))
        .drop("_known")
    )
    for decided in ("stage", "owner"):
        if source.get_column(decided).null_count() == source.height:
            read = read.with_columns(pl.lit(None, pl.String).alias(decided))
    order = ["by", "currency", "group"]
    measures = [f"{name}_{side}" for name in MEASURES for side in ("source", "seen")]
    return pl.concat(
        [
            _one_dimension(source, read, by).select(*order, *measures, "equal")
            for by in DIMENSIONS
        ]
    ).sort(order)


_SPOKEN = {
    "deals": "deals",
    "amount": "amount",
    "least": "smallest amount",
    "most": "largest amount",
    "first": "first date",
    "last": "last date",
    "days": "sum of the dates",
}


def differing_measures(row: Mapping[str, object]) -> str:
    """What of one group differs, source first, as ``amount 12.50 / 7.25``."""
    return "; ".join(
        f"{word} {_said(row[f'{name}_source'])} / {_said(row[f'{name}_seen'])}"
        for name, word in _SPOKEN.items()
        if row[f"{name}_source"] != row[f"{name}_seen"]
    )


def _said(value: object) -> str:
    return _NONE if value is None else str(value)


def unequal(table: pl.DataFrame) -> list[str]:
    """One sentence for each group whose totals differ."""
    return [
        f"{row['by']} {row['group']} ({row['currency']}), source / read back: "
        f"{differing_measures(row)}."
        for row in table.filter(~pl.col("equal")).iter_rows(named=True)
    ]
