"""Totals of the exports, and what Kartra's screens say about them."""

from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kartra_freshsales.errors import MappingError
from kartra_freshsales.mapping.decisions.totals import Totals
from kartra_freshsales.mapping.loading import load_mapping
from kartra_freshsales.mapping.model import Mapping
from kartra_freshsales.orchestration.checks.total_rules import every_typed_total_agrees
from kartra_freshsales.reports.scope_sections import totals_section
from kartra_freshsales.transforms.records import ROW_STATES, together
from kartra_freshsales.transforms.totals import (
    COMPARED,
    TOTALS,
    by_type_and_currency,
    compared,
    joins,
    transaction_totals,
)
from kartra_freshsales.transforms.transactions import clean_transactions
from kartra_freshsales_tests.transforms.scenario import (
    APRIL,
    NOTHING,
    RULES,
    contact,
    people,
    plans,
    raw,
    sale,
    sales,
)

MONEY = raw(
    sale("1", "10.00"),
    sale("2", "20.50", date="2026-03-01 00:00:01", product="Book"),
    sale("3", "10.00", transaction_type="Refund", date="2026-03-05 00:00:00"),
    sale("4", "9.99", transaction_type="Failed"),
    sale("5", "9.99", transaction_type="Request Can."),
    file="t.csv",
    currency="USD",
)
EUROS = raw(sale("1", "10.00"), sale("6", "7.00"), file="e.csv", currency="EUR", at=APRIL)


def totals_of(*frames: pl.DataFrame) -> pl.DataFrame:
    cleaned = [clean_transactions(frame, RULES) for frame in frames]
    rows = together([each.set_aside for each in cleaned], ROW_STATES)
    return transaction_totals(pl.concat([each.rows for each in cleaned]), rows)


def test_money_is_summed_by_type_month_currency_and_product() -> None:
    # S75 S88
    assert totals_of(MONEY).rows() == [
        ("Failed", None, None, None, 1, None),
        ("Refund", "2026-03", "USD", "Course", 1, Decimal("10.00")),
        ("Request Can.", None, None, None, 1, None),
        ("Sale", "2026-02", "USD", "Course", 1, Decimal("10.00")),
        ("Sale", "2026-03", "USD", "Book", 1, Decimal("20.50")),
    ]


def test_a_transaction_that_two_exports_show_counts_once() -> None:
    # S76
    twice = totals_of(MONEY, MONEY.with_columns(pl.lit("later").alias("_batch")))
    once = totals_of(MONEY)
    paid = pl.col("amount").is_not_null()
    assert twice.filter(paid).rows() == once.filter(paid).rows()


def test_currencies_are_never_added_up() -> None:
    found = by_type_and_currency(totals_of(MONEY, EUROS))
    assert found.filter(pl.col("type") == "Sale").rows() == [
        ("Sale", "EUR", 2, Decimal("17.00")),
        ("Sale", "USD", 1, Decimal("20.50")),
    ]


def test_without_transactions_there_are_no_totals() -> None:
    assert totals_of(NOTHING).schema == TOTALS
    assert totals_of(NOTHING).is_empty()


_CENTS = st.integers(0, 10**9).map(lambda cents: f"{Decimal(cents) / 100:.2f}")


@settings(max_examples=25, deadline=None)
@given(st.lists(_CENTS, min_size=1, max_size=6), st.integers(1, 3))
def test_sums_are_exact_however_often_rows_are_exported(
    amounts: list[str], copies: int
) -> None:
    # S88
    frame = raw(*(sale(str(n), text) for n, text in enumerate(amounts, 1)), currency="USD")
    found = totals_of(
        *(frame.with_columns(pl.lit(f"b{n}").alias("_batch")) for n in range(copies))
    )
    assert found["amount"].to_list() == [sum(map(Decimal, amounts))]
    assert found["count"].to_list() == [len(amounts)]


ADA = contact("ada@example.com", kartra_id="7", tags="VIP", lists="Main")


def against(text: str, folder: Path) -> pl.DataFrame:
    (folder / "totals.yaml").write_text(text, encoding="utf-8")
    contacts = people(ADA, contact("b@example.com", tags="vip"))
    return compared(
        load_mapping(folder).totals,
        contacts=contacts,
        subscriptions=plans(
            raw({"subscription_id": "9", "status": "Active", "lead_id": "7"}, file="s.csv"),
            contacts=contacts,
        ).records,
        totals=totals_of(MONEY),
    )


def test_every_figure_that_was_typed_in_is_compared(tmp_path: Path) -> None:
    # S75
    text = """
contacts: 3
subscriptions: {active: 1}
tags: {VIP: 2}
lists: {Main: 1, Gone: 4}
transactions:
  - {type: sale, count: 2}
  - {type: Sale, currency: USD, month: 2026-03, amount: 20.50}
  - {type: Refund, currency: USD, product: course, amount: "12"}
  - {type: failed, count: 1}
  - {count: 5}
"""
    found = against(text, tmp_path)
    assert found.schema == COMPARED
    told = found.select("what", pl.col("difference").cast(pl.Float64)).rows()
    assert told == [
        ("contacts", -1.0),
        ("subscriptions active", 0.0),
        ("tag VIP", 0.0),
        ("list Main", 0.0),
        ("list Gone", -4.0),
        ("transactions, Sale: count", 0.0),
        ("transactions, Sale, 2026-03, USD: amount", 0.0),
        ("transactions, Refund, USD, course: amount", -2.0),
        ("transactions, Failed: count", 0.0),
        ("transactions: count", 0.0),
    ]
    assert "missing" in found.filter(what="contacts")["note"].item()


def test_a_difference_warns_and_is_named(tmp_path: Path) -> None:
    found = against("contacts: 3\ntags: {VIP: 2}\n", tmp_path)
    verdict = every_typed_total_agrees({"totals_compared": found})
    assert verdict.failures == 1
    assert verdict.where == ["contacts: Kartra 3.00, files 2.00"]
    assert verdict.counts == {"figures typed in": 2, "figures that agree": 1}
    agreed = found.filter(pl.col("difference") == 0)
    assert every_typed_total_agrees({"totals_compared": agreed}).failures == 0


def test_nothing_typed_compares_nothing_and_says_so(tmp_path: Path) -> None:
    found = against("contacts: null\n", tmp_path)
    assert found.is_empty()
    section = totals_section(totals_of(MONEY), found, pl.DataFrame())
    assert "mappings/totals.yaml" in section.text


def test_typing_totals_voids_no_approval() -> None:
    # G15: nothing that is sent depends on them
    typed = Mapping(totals=Totals(contacts=5))
    assert typed.digest() == Mapping().digest()


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("{type: Sale}", "count or an amount"),
        ("{type: Sale, amount: 5}", "currency"),
        ("{currency: USD, amount: 5}", "never added up"),
        ("{type: Gift, count: 5}", "known types"),
        ("{type: Sale, month: 2026-13, count: 1}", "pattern"),
        ("{type: Sale, currency: USD, amount: -5}", "greater than"),
    ],
)
def test_a_figure_that_means_nothing_is_refused(
    tmp_path: Path, entry: str, words: str
) -> None:
    with pytest.raises(MappingError) as caught:
        against(f"transactions:\n  - {entry}\n", tmp_path)
    assert (caught.value.file, caught.value.row) == ("totals.yaml", 2)
    assert words in str(caught.value)


def test_each_rung_is_counted_even_if_it_found_nobody() -> None:
    # S36 reference 7.1
    found = sales(MONEY, contacts=people(ADA))
    told = joins(found.records, found.row_states)
    counts = {(what, by): n for what, by, n in told.iter_rows()}
    assert counts["buyer of a sale", "lead id"] == 2
    assert counts["buyer of a sale", "email"] == 0
    assert counts["sale of a refund", "lead and product"] == 1
    assert counts["sale of a refund", "refund without sale"] == 0
    assert len(counts) == 8
