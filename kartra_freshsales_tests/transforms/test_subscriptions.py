"""Subscriptions, cleaned and merged."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from kartra_freshsales.mapping.source_words import INTERVALS
from kartra_freshsales.transforms.deal_columns import (
    CLEANED_SUBSCRIPTIONS,
    GOLDEN_SUBSCRIPTIONS,
)
from kartra_freshsales.transforms.intervals import canonical
from kartra_freshsales.transforms.subscriptions import clean_subscriptions
from kartra_freshsales_tests.transforms.scenario import (
    APRIL,
    NOTHING,
    RULES,
    Row,
    contact,
    golden,
    people,
    plans,
    raw,
    reasons,
    states,
    told,
)

ADA = people(contact("ada@example.com", kartra_id="7", company="Acme"))


def plan(**cells: str | None) -> Row:
    return {
        "subscription_id": "50",
        "status": "Active",
        "product": "Club",
        "interval": "Monthly",
        "next_payment_date": "03 Mar 2026",
        "next_payment_amount": "1,047.00",
        "end_date": "0000-00-00 00:00:00",
        "lead_id": "7",
        "buyer_email": "ada@example.com",
        **cells,
    }


def test_a_subscription_keeps_status_interval_dates_and_amount() -> None:
    # S39 S40 S41 S42
    found = plans(raw(plan(), currency="USD"), contacts=ADA).records.row(0, named=True)
    assert (found["deal_key"], found["status"], found["interval"]) == (
        "sub:50",
        "Active",
        "monthly",
    )
    assert found["next_payment_date"] == date(2026, 3, 3)
    assert (found["next_payment_amount"], found["currency"]) == (Decimal("1047.00"), "USD")
    assert found["end_date"] is None
    assert (found["contact_key"], found["account_key"]) == ("ada@example.com", "acme")


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("ACTIVE", "Active"),
        ("Canceled", "Cancelled"),
        ("Completed", "Terminated"),
        ("Finished", "Terminated"),
        ("pending  cancellation", "Pending Cancellation"),
    ],
)
def test_statuses_come_in_one_wording_and_the_text_is_kept(word: str, status: str) -> None:
    # S37
    rows = clean_subscriptions(raw(plan(status=word), currency="USD"), RULES).rows
    assert rows.select("status", "status_raw").row(0) == (status, " ".join(word.split()))


def test_an_unknown_status_or_interval_is_null_and_reported() -> None:
    cleaned = clean_subscriptions(raw(plan(status="Odd", interval="Now and then")), RULES)
    assert cleaned.rows.select("status", "interval", "interval_raw").row(0) == (
        None,
        None,
        "Now and then",
    )
    assert "subscriptions.statuses" in told(cleaned)
    assert "subscriptions.intervals" in told(cleaned)


@pytest.mark.parametrize(
    ("term", "interval"),
    [
        ("1 month", "monthly"),
        ("Month", "monthly"),
        ("every month", "monthly"),
        ("Annual", "yearly"),
        ("12 months", "yearly"),
        ("every 2 weeks", "every 2 weeks"),
        ("Bi-weekly", "every 2 weeks"),
        ("3 months", "quarterly"),
        ("every two years", "every 2 years"),
        ("weekly", "weekly"),
        ("6 Months", "every 6 months"),
        ("2 quarters", "every 6 months"),
        ("0 months", None),
        ("lifetime", None),
    ],
)
def test_intervals_come_in_one_wording(term: str, interval: str | None) -> None:
    # S41
    assert canonical(term, INTERVALS) == interval


def test_without_an_id_buyer_product_and_price_point_name_a_subscription() -> None:
    # S39
    rows = raw(
        plan(subscription_id=None, price_point="1"),
        plan(subscription_id=None, price_point="2"),
        plan(subscription_id=None, product=None),
        currency="USD",
    )
    cleaned = clean_subscriptions(rows, RULES)
    assert cleaned.rows["deal_key"].to_list() == [
        "sub:ada@example.com/club/1",
        "sub:ada@example.com/club/2",
    ]
    assert reasons(cleaned.set_aside) == ["no_subscription_key"]


def test_rows_that_look_alike_without_an_id_are_not_merged() -> None:
    rows = raw(plan(subscription_id=None), plan(subscription_id=None), plan())
    assert (
        reasons(clean_subscriptions(rows, RULES).set_aside)
        == ["subscription_ambiguous"] * 2
    )


def test_the_newest_export_tells_the_status() -> None:
    # S76
    newer = raw(plan(status="Paused", interval=None), file="b.csv", at=APRIL)
    found = plans(newer, raw(plan()), contacts=ADA)
    assert found.records.select("status", "interval").row(0) == ("Paused", "monthly")
    assert states(found) == [("merged", "same_id"), ("loaded", None)]


def test_an_unknown_buyer_goes_to_the_queue() -> None:
    # S36
    rows = raw(plan(lead_id="8", buyer_email="no@example.com"))
    found = plans(rows, contacts=ADA)
    assert states(found) == [("quarantined", "buyer_not_found")]
    assert found.records.is_empty()


def test_every_column_exists_where_nothing_was_exported() -> None:
    assert dict(clean_subscriptions(NOTHING, RULES).rows.schema) == CLEANED_SUBSCRIPTIONS
    found = plans(NOTHING, contacts=golden(NOTHING).records).records
    assert dict(found.schema) == GOLDEN_SUBSCRIPTIONS
    assert isinstance(found, pl.DataFrame)
