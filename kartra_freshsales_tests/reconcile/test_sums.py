from decimal import Decimal

import polars as pl
import pytest

from kartra_freshsales.reconcile.sums import Names, sums, unequal
from kartra_freshsales_tests.reconcile import scenario as s

DEAL = ("deals", "txn:1")


def of(table: pl.DataFrame, by: str, group: str) -> dict[str, object]:
    return table.row(
        by_predicate=(pl.col("by") == by) & (pl.col("group") == group), named=True
    )


def test_sums_agree_after_a_faithful_load() -> None:  # S88
    table = sums(s.deals(), s.seen(), sent=s.sent())
    assert table["equal"].all()
    assert unequal(table) == []
    row = of(table, "currency", "USD")
    assert (row["deals_source"], row["amount_seen"]) == (1, Decimal("12.50"))


def test_currencies_are_never_added() -> None:  # S88
    stages = sums(s.deals(), s.seen(), sent=s.sent()).filter(pl.col("by") == "stage")
    assert stages["currency"].to_list() == ["EUR", "USD"]
    assert stages["amount_source"].to_list() == [Decimal("7.25"), Decimal("12.50")]


def test_months_are_those_of_the_closing_date() -> None:  # S88
    months = sums(s.deals(), s.seen()).filter(pl.col("by") == "month")
    assert months["group"].to_list() == ["2026-02", "2026-01"]


def test_stages_carry_their_names() -> None:  # S117
    table = sums(s.deals(), s.seen(), sent=s.sent(), names=Names(stages={"9": "Won"}))
    assert table.filter(pl.col("by") == "stage")["group"].to_list() == ["Won", "Won"]


@pytest.mark.parametrize(
    "change",
    [{"amount": "12.51"}, {"closed_date": "2026-01-30"}, {"amount": None}],
    ids=["amount", "date", "no amount"],
)
def test_one_cent_or_one_day_apart_is_unequal(change: s.Record) -> None:  # S88
    assert unequal(sums(s.deals(), s.seen({DEAL: change})))


def test_a_lost_deal_is_unequal() -> None:  # S88
    table = sums(s.deals(), s.seen({DEAL: None}))
    told = " ".join(unequal(table))
    assert "deals 1 / 0; amount 12.50 / 0" in told
    assert "last date 2026-01-31 / (none)" in told


# S64, S88: an owner who lost a deal to somebody else shows, though all other sums agree
def test_sums_are_told_apart_by_owner() -> None:
    names = Names(owners={str(s.OWNER): "Owner East", "12": "Owner West"})
    table = sums(s.deals(), s.seen({DEAL: {"owner_id": 12}}), sent=s.sent(), names=names)
    wrong = table.filter(~pl.col("equal"))
    assert wrong.select("by", "group").rows() == [
        ("owner", "Owner East"), ("owner", "Owner West"),
    ]  # fmt: skip
    assert "owner Owner West (USD), source / read back: deals 0 / 1" in unequal(table)[1]


def test_a_thousand_cents_add_up_exactly() -> None:  # S88
    many = pl.DataFrame(
        {
            "deal_key": [f"txn:{n}" for n in range(1000)],
            "currency": "USD",
            "amount": pl.Series([Decimal("0.10")] * 1000, dtype=pl.Decimal(18, 2)),
        }
    )
    table = sums(many, s.seen().clear())
    assert of(table, "currency", "USD")["amount_source"] == Decimal("100.00")


def test_no_deals_make_no_rows() -> None:
    assert sums(s.deals().clear(), s.seen().clear()).is_empty()
