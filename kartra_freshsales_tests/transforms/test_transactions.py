"""Transactions, their buyers and refunds."""

from datetime import date
from decimal import Decimal
from random import Random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kartra_freshsales.mapping.cleaning_rules import SourceRules, TransactionRules
from kartra_freshsales.transforms.deal_columns import (
    CLEANED_TRANSACTIONS,
    GOLDEN_TRANSACTIONS,
)
from kartra_freshsales.transforms.transactions import clean_transactions
from kartra_freshsales_tests.transforms.scenario import (
    APRIL,
    NOTHING,
    RULES,
    Row,
    contact,
    golden,
    people,
    raw,
    reasons,
    sale,
    sales,
    states,
    told,
)

ADA = people(
    contact("ada@example.com", kartra_id="7", company="Acme", owner="o@example.com")
)


def usd(*rows: Row, file: str = "t.csv", batch: str = "b1") -> pl.DataFrame:
    return raw(*rows, currency="USD", file=file, batch=batch)


def refund(number: str, amount: str, **cells: str | None) -> Row:
    return sale(
        number,
        amount,
        **{"transaction_type": "Refund", "date": "2026-02-03 10:00:00", **cells},
    )


def test_each_sale_and_rebill_becomes_a_record_of_its_own() -> None:
    # S14 S35 S88
    found = sales(
        usd(sale("1", "$1,200.50"), sale("2", "9", transaction_type="Rebill")), contacts=ADA
    )
    first = found.records.filter(pl.col("deal_key") == "txn:1").row(0, named=True)
    assert found.records["amount"].sum() == Decimal("1209.50")
    assert first["date"] == date(2026, 2, 1)
    assert (first["currency"], first["product"], first["refund_status"]) == (
        "USD",
        "Course",
        "none",
    )
    assert (first["contact_key"], first["account_key"], first["owner"]) == (
        "ada@example.com",
        "acme",
        "o@example.com",
    )
    assert first["sources"] == ["b1/t.csv:2"]


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("Failed", "type_failed"),
        ("Cancellation", "type_cancellation"),
        ("Request Can.", "type_request_can"),
        ("revert can", "type_revert_can"),
    ],
)
def test_types_that_move_no_money_are_excluded_and_counted(word: str, reason: str) -> None:
    # S88
    aside = clean_transactions(usd(sale("1", "9", transaction_type=word)), RULES).set_aside
    assert aside.select("state", "reason").rows() == [("excluded", reason)]


def test_the_treatment_of_a_type_is_the_operators() -> None:
    rules = SourceRules(
        transactions=TransactionRules(types={"Sale": "exclude", "Failed": "deal"})
    )
    cleaned = clean_transactions(
        usd(sale("1", "9"), sale("2", "8", transaction_type="Failed"), refund("3", "1")),
        rules,
    )
    assert cleaned.rows["transaction_id"].to_list() == ["2"]
    assert reasons(cleaned.set_aside) == ["type_sale", "unknown_type"]


def test_rows_that_cannot_be_trusted_are_quarantined() -> None:
    # S36
    cleaned = clean_transactions(
        usd(
            sale(None, "9"),
            sale("1.2E+11", "9"),
            sale("3", "free"),
            sale("4", "1", transaction_type="Gift"),
        ),
        RULES,
    )
    assert reasons(cleaned.set_aside) == [
        "no_transaction_id",
        "mangled_id",
        "no_amount",
        "unknown_type",
    ]


def test_a_negative_sale_is_reported_and_counted_absolutely() -> None:
    cleaned = clean_transactions(usd(sale("1", "-9.00")), RULES)
    assert cleaned.rows["amount"].to_list() == [Decimal("9.00")]
    assert "t.csv:2, column 'amount'" in told(cleaned)


def test_two_currencies_in_one_file_are_reported_and_never_added() -> None:
    cleaned = clean_transactions(usd(sale("1", "9", **{"Amount (EUR)": "8"})), RULES)
    assert "EUR, USD" in told(cleaned)
    both = [
        usd(sale("1", "9", processor_transaction_id="p")),
        raw(refund("2", "9", processor_transaction_id="p"), currency="EUR", file="e.csv"),
    ]
    assert sales(*both, contacts=ADA).records["refund_status"].to_list() == ["none"]


def test_an_amount_without_currency_is_reported() -> None:
    assert "default_currency" in told(clean_transactions(raw(sale("1", "9")), RULES))
    rules = SourceRules(default_currency="CAD")
    assert clean_transactions(raw(sale("1", "9")), rules).rows["currency"].to_list() == [
        "CAD"
    ]


def test_the_same_id_in_two_exports_is_one_record() -> None:
    # S76
    newer = raw(sale("1", "9", product=None), currency="USD", batch="b2", at=APRIL)
    found = sales(newer, usd(sale("1", "9")), contacts=ADA)
    assert states(found) == [("merged", "same_id"), ("loaded", None)]
    assert found.records.select("_batch", "product").row(0) == ("b2", "Course")
    assert found.records["sources"].to_list()[0] == ["b2/a.csv:2", "b1/t.csv:2"]


@pytest.mark.parametrize(
    ("cells", "rung"),
    [
        ({"lead_id": "7", "buyer_email": "old@example.com"}, "lead_id"),
        ({"lead_id": None, "buyer_email": "ADA@example.com"}, "email"),
        ({"lead_id": "99", "buyer_email": "ada@example.com"}, "email"),
        ({"lead_id": None, "buyer_email": "old@example.com"}, "snapshot_email"),
    ],
)
def test_the_buyer_is_found_by_rungs(cells: dict[str, str | None], rung: str) -> None:
    # S36
    known = sale("1", "9", lead_id="7", buyer_email="old@example.com")
    found = sales(usd(known, sale("2", "9", **cells)), contacts=ADA)
    record = found.records.filter(pl.col("transaction_id") == "2")
    assert record.select("contact_key", "join_rung").row(0) == ("ada@example.com", rung)
    assert f"buyers found by {rung}" in told(found)


def test_an_unknown_or_ambiguous_buyer_goes_to_the_queue() -> None:
    # S36
    twins = people(
        contact("a@example.com", kartra_id="7"), contact("b@example.com", kartra_id="7")
    )
    rows = usd(
        sale("1", "9", buyer_email="b@example.com"),
        sale("2", "9", buyer_email="old@example.com"),
        sale("3", "9", lead_id=None, buyer_email="nobody@example.com"),
        sale("4", "9", lead_id=None, buyer_email="x@kartra.com"),
    )
    found = sales(rows, contacts=twins)
    assert states(found) == [
        ("loaded", None),
        ("quarantined", "buyer_ambiguous"),
        ("quarantined", "buyer_not_found"),
        ("excluded", "test_contact"),
    ]
    assert found.records["contact_key"].to_list() == ["b@example.com"]


@pytest.mark.parametrize(
    ("link", "rung"),
    [
        ({"processor_transaction_id": "p1"}, "refund_by_processor_id"),
        (
            {
                "subscription_id": "s1",
                "payment_number": None,
                "subscription_payment_number": "1",
            },
            "refund_by_payment_number",
        ),
        ({}, "refund_by_lead_and_product"),
        ({"lead_id": None}, "refund_by_email_and_product"),
    ],
)
def test_a_refund_finds_its_sale_by_rungs(link: dict[str, str | None], rung: str) -> None:
    # S35 S88
    bought = sale(
        "1",
        "9",
        processor_transaction_id="p1",
        subscription_id="s1",
        subscription_payment_number="1",
    )
    other = sale("2", "9", product="Book")
    found = sales(usd(bought, other, refund("3", "4", **link)), contacts=ADA)
    record = found.records.filter(pl.col("transaction_id") == "1").row(0, named=True)
    assert (record["refund_status"], record["refunded_amount"]) == (
        "partial",
        Decimal("4.00"),
    )
    assert (record["refund_date"], record["refund_ids"]) == (date(2026, 2, 3), ["3"])
    assert record["sources"] == ["b1/t.csv:2", "b1/t.csv:4"]
    assert states(found)[2] == ("merged", rung)
    assert found.row_states.filter(pl.col("_row") == 4)["record_key"].to_list() == ["txn:1"]


def test_the_nearest_earlier_payment_with_enough_left_is_undone() -> None:
    rows = [sale(str(n), "9", date=f"2026-02-0{n} 10:00:00") for n in (1, 2, 5)]
    small = sale("4", "3", date="2026-02-03 09:00:00")
    found = sales(usd(*rows, small, refund("11", "9"), refund("12", "9")), contacts=ADA)
    undone = found.records.filter(pl.col("refund_status") == "full")
    assert sorted(undone["transaction_id"]) == ["1", "2"]


def test_a_chargeback_says_so_and_a_full_refund_is_full() -> None:
    rows = usd(
        sale("1", "9", processor_transaction_id="a"),
        sale("2", "9", processor_transaction_id="b"),
        refund("3", "-9", processor_transaction_id="a"),
        refund("4", "9", transaction_type="Chargeback", processor_transaction_id="b"),
    )
    found = sales(rows, contacts=ADA).records.sort("transaction_id")
    assert found["refund_status"].to_list() == ["full", "chargeback"]


# G2, G5: the batch that changes a deal owns it, so that it can be taken back alone
def test_a_later_refund_makes_the_deal_its_own_batchs() -> None:
    sold = raw(sale("1", "9", processor_transaction_id="p"), sale("2", "8"), currency="USD")
    undone = refund("3", "9", processor_transaction_id="p")
    later = raw(undone, currency="USD", batch="b0", file="r.csv", at=APRIL)
    found = sales(sold, later, contacts=ADA).records.sort("transaction_id")
    assert found["_batch"].to_list() == ["b0", "b1"]
    undated = raw(undone, currency="USD", batch="b2", file="r.csv", at=None)
    kept = sales(sold, undated, contacts=ADA).records
    assert set(kept["_batch"]) == {"b1"}


def test_one_charge_for_two_products_is_undone_for_the_product_named() -> None:
    rows = usd(
        sale("1", "9", processor_transaction_id="p"),
        sale("2", "9", processor_transaction_id="p", product="Bump"),
        refund("3", "9", processor_transaction_id="p", product="Bump"),
    )
    found = sales(rows, contacts=ADA).records.sort("transaction_id")
    assert found["refund_status"].to_list() == ["none", "full"]


def test_refunds_without_a_loaded_sale_go_to_the_queue() -> None:
    # S36
    rows = usd(
        refund("1", "9"),
        sale(
            "2",
            "9",
            lead_id="8",
            buyer_email="no@example.com",
            processor_transaction_id="p",
        ),
        refund("3", "9", processor_transaction_id="p"),
        refund("4", "1", date="2026-01-01 10:00:00", product="Never"),
    )
    assert states(sales(rows, contacts=ADA)) == [
        ("quarantined", "refund_without_sale"),
        ("quarantined", "buyer_not_found"),
        ("quarantined", "sale_quarantined"),
        ("quarantined", "refund_without_sale"),
    ]


def test_more_refunded_than_sold_is_reported() -> None:
    rows = usd(
        sale("1", "9", processor_transaction_id="p"),
        refund("2", "10", processor_transaction_id="p"),
    )
    assert "more was refunded" in told(sales(rows, contacts=ADA))


def test_further_columns_are_carried_on_request() -> None:
    rules = SourceRules(transactions=TransactionRules(also=("affiliate_username",)))
    row = sale("1", "9", affiliate_username="pat", Extra="x")
    found = sales(usd(row), contacts=ADA, rules=rules).records
    assert (found.item(0, "custom:affiliate_username"), found.item(0, "custom:Extra")) == (
        "pat",
        "x",
    )


def test_every_column_exists_where_nothing_was_exported() -> None:
    rows = clean_transactions(NOTHING, RULES).rows
    assert dict(rows.schema) == CLEANED_TRANSACTIONS
    records = sales(NOTHING, contacts=golden(NOTHING).records).records
    assert dict(records.schema) == GOLDEN_TRANSACTIONS


_EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["1", "2", "3", None]),
        st.sampled_from(["Sale", "Rebill", "Refund", "Chargeback", "Failed"]),
        st.sampled_from(["9", "4.50", "junk", None]),
        st.sampled_from(["7", "8", None]),
        st.sampled_from(["p", "q", None]),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=12, deadline=None)
@given(_EVENTS, st.randoms(use_true_random=False))
def test_no_row_is_lost_and_no_money_depends_on_the_order(
    events: list[tuple[str | None, ...]],
    random: Random,
) -> None:
    # G4 S88
    frame = usd(
        *(
            sale(
                i,
                a,
                transaction_type=t,
                lead_id=lead,
                buyer_email=None,
                processor_transaction_id=p,
            )
            for i, t, a, lead, p in events
        )
    )
    order = list(range(len(events)))
    random.shuffle(order)
    one, two = sales(frame, contacts=ADA), sales(frame[order], contacts=ADA)
    aside = clean_transactions(frame, RULES).set_aside
    assert one.row_states.height + aside.height == len(events)
    assert states(one) == states(two)
    for column in ("amount", "refunded_amount"):
        assert one.records[column].sum() == two.records[column].sum()
