"""Sales, rebills and subscriptions as payloads."""

from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kartra_freshsales.freshsales.lookups import Lookups
from kartra_freshsales.mapping.model import Mapping
from kartra_freshsales.mapping.payloads import absorbed_subscriptions
from kartra_freshsales_tests.mapping import scenario
from kartra_freshsales_tests.mapping.scenario import (
    ANN,
    BOB,
    LOOKUPS,
    built,
    payload,
    problem,
    sale,
    subscription,
)


def with_lookups(**values: Any) -> Lookups:
    known = {name: getattr(LOOKUPS, name) for name in LOOKUPS.__dataclass_fields__}
    return Lookups(**(known | values))


def one(mapping: Mapping | None = None, **values: Any) -> dict[str, Any]:
    paid = scenario.transactions(sale("T1", ANN, **values))
    return payload(built(mapping, transactions=paid), "txn:T1")


def test_a_sale_is_a_deal_with_amount_product_date_and_payment_method() -> None:
    # S14 S35
    record = payload(built(), "txn:T1")
    assert record["name"] == "Course – Kartra T1"
    assert record["amount"] == "100.00"
    assert record["closed_date"] == "2024-05-01"
    assert record["cf_product"] == "Course"
    assert record["cf_payment_method"] == "stripe"
    assert record["contact"] == ANN
    assert record["sales_account"] == "acme"


def test_every_money_event_is_a_deal_and_the_sums_agree() -> None:
    # S88
    rows = built().filter(pl.col("module") == "deals")
    keys = rows["source_key"].to_list()
    assert keys == ["txn:T1", "txn:T2", "txn:T3"]
    amounts = [Decimal(payload(rows, key)["amount"]) for key in keys]
    assert sum(amounts) == Decimal("169.90")


def test_a_paid_sale_is_won_and_a_refunded_one_lost() -> None:
    # S35 S95
    rows = built()
    assert payload(rows, "txn:T1")["deal_stage_id"] == 102
    refunded = payload(rows, "txn:T3")
    assert refunded["deal_stage_id"] == 103
    assert refunded["cf_refund_status"] == "Full refund"
    assert refunded["cf_refunded_amount"] == "50.00"
    assert refunded["cf_refund_date"] == "2024-06-01"


def test_a_partial_refund_is_noted_and_the_deal_stays_won() -> None:
    record = one(refund_status="partial", refunded_amount=Decimal("1.50"))
    assert record["deal_stage_id"] == 102
    assert record["cf_refund_status"] == "Partial refund"


def test_a_sale_without_refund_says_nothing_of_refunds() -> None:
    assert not [key for key in payload(built(), "txn:T1") if "refund" in key]


def test_the_pipeline_can_be_chosen() -> None:
    # S117
    mapping = Mapping.model_validate({"stages": {"pipeline": "renewals"}})
    record = one(mapping)
    assert (record["deal_pipeline_id"], record["deal_stage_id"]) == (200, 202)


def test_a_pipeline_that_is_not_there_is_a_problem() -> None:
    # S95
    mapping = Mapping.model_validate({"stages": {"pipeline": "Nowhere"}})
    assert problem(built(mapping), "txn:T1") == "stage_unknown"


def test_a_deal_without_owner_is_its_contacts() -> None:
    # S61 S64
    rows = built()
    assert payload(rows, "txn:T1")["owner_id"] == 2
    assert payload(rows, "txn:T3")["owner_id"] == 1


def test_a_deals_own_owner_comes_first_and_must_be_known() -> None:
    # S61 S63
    assert one(owner="successor@example.com")["owner_id"] == 4
    paid = scenario.transactions(sale("T1", ANN, owner="nobody@example.com"))
    assert problem(built(transactions=paid), "txn:T1") == "owner_unmatched"


@pytest.mark.parametrize("who", [None, "stranger@example.com"])
def test_a_sale_without_its_contact_is_no_guess(who: str | None) -> None:
    # S36
    paid = scenario.transactions(sale("T1", who))
    assert problem(built(transactions=paid), "txn:T1") == "no_contact"


def test_a_currency_the_account_lacks_is_never_converted() -> None:
    # S88
    paid = scenario.transactions(sale("T1", ANN, currency="EUR"))
    rows = built(transactions=paid)
    assert problem(rows, "txn:T1") == "currency_unknown"
    assert payload(rows, "txn:T1")["amount"] == "10.00"


def test_with_several_currencies_each_deal_names_its_own() -> None:
    lookups = with_lookups(currencies={"USD": 900, "EUR": 901})
    paid = scenario.transactions(sale("T1", ANN, currency="EUR"))
    rows = built(transactions=paid, lookups=lookups)
    assert payload(rows, "txn:T1")["currency_id"] == 901
    assert "currency_id" not in payload(built(), "txn:T1")


def test_an_account_that_tells_no_currency_needs_it_named() -> None:
    silent = with_lookups(currencies={})
    assert problem(built(lookups=silent), "txn:T1") == "currency_unknown"
    named = Mapping.model_validate({"destination": {"currency": "USD"}})
    assert problem(built(named, lookups=silent), "txn:T1") is None


def test_other_event_types_may_become_deals_by_decision() -> None:
    mapping = Mapping.model_validate({"stages": {"other_type": "Lost"}})
    assert one(mapping, type="Failed")["deal_stage_id"] == 103


@given(
    st.none() | st.text(alphabet=st.characters(codec="utf-8"), max_size=400),
    st.text(alphabet="0123456789ABC-", min_size=1, max_size=40),
)
@settings(max_examples=12, deadline=None)
def test_a_deals_name_always_fits_and_always_ends_with_its_key(
    product: str | None, number: str
) -> None:
    # S35
    paid = scenario.transactions(sale("T1", ANN, product=product, transaction_id=number))
    rows = built(transactions=paid)
    name = payload(rows, "txn:T1")["name"]
    assert len(name) <= 255
    assert name.endswith(f"Kartra {number}")
    assert problem(rows, "txn:T1") is None


def test_a_template_may_put_words_behind_the_key() -> None:
    mapping = Mapping.model_validate({"stages": {"name": "{transaction_id}: {product}"}})
    assert one(mapping, product="x" * 300)["name"] == "T1: " + "x" * 251


@given(st.decimals(min_value=-(10**15), max_value=10**15, places=2))
@settings(max_examples=12, deadline=None)
def test_amounts_are_exact_to_the_cent(amount: Decimal) -> None:
    # S88
    assert Decimal(one(amount=amount)["amount"]) == amount


def test_an_amount_freshsales_cannot_hold_is_a_problem() -> None:
    paid = scenario.transactions(sale("T1", ANN, "9999999999999999.00"))
    assert problem(built(transactions=paid), "txn:T1") == "out_of_range"


def test_a_subscription_is_a_deal_of_its_own_that_is_not_won() -> None:
    # S37 S40 S41
    record = payload(built(), "sub:S1")
    assert record["name"] == "Club – Kartra subscription S1"
    assert record["deal_stage_id"] == 101
    assert record["cf_subscription_status"] == "Active"
    assert record["cf_subscription_interval"] == "monthly"
    assert record["cf_subscription_start"] == "2024-01-05"
    assert record["cf_next_payment_date"] == "2024-07-05"


def test_a_subscriptions_amount_is_known_or_nothing() -> None:
    # S42
    rows = built()
    assert payload(rows, "sub:S1")["amount"] == "19.90"
    unknown = payload(rows, "sub:S2")
    assert unknown["amount"] == "0.00"
    assert "cf_next_payment_amount" not in unknown


def test_an_unknown_status_stands_there_as_kartra_wrote_it() -> None:
    # S37 S40
    running = scenario.subscriptions(
        subscription("S1", ANN, status=None, status_raw="Frozen", interval_raw="lunar",
                     interval=None)
    )  # fmt: skip
    record = payload(built(subscriptions=running), "sub:S1")
    assert record["cf_subscription_status"] == "Frozen"
    assert record["cf_subscription_interval"] == "lunar"
    assert record["deal_stage_id"] == 101


def test_a_closed_stage_by_decision_gets_the_day_of_the_end() -> None:
    mapping = Mapping.model_validate({"subscriptions": {"stages": {"Cancelled": "Lost"}}})
    record = payload(built(mapping), "sub:S2")
    assert (record["deal_stage_id"], record["closed_date"]) == (103, "2024-06-02")
    assert "closed_date" not in payload(built(mapping), "sub:S1")


def test_a_subscription_may_be_a_note_on_its_customer() -> None:
    # S37 S40
    rows = built(Mapping.model_validate({"subscriptions": {"as": "note"}}))
    assert rows.filter(pl.col("module") == "subscriptions").is_empty()
    note = payload(rows, "sub:S1", "notes")
    assert note["contact"] == ANN
    assert "Kartra subscription S1\nProduct: Club\nStatus: Active" in note["description"]
    assert "Next amount: 19.90 USD" in note["description"]


def test_a_subscription_may_be_fields_of_the_newest_deal() -> None:
    # S37 S40
    mapping = Mapping.model_validate({"subscriptions": {"as": "status_field"}})
    rows = built(mapping)
    carrier = payload(rows, "txn:T2")
    assert carrier["cf_subscription_status"] == "Active"
    assert carrier["amount"] == "19.90"
    assert "cf_subscription_status" not in payload(rows, "txn:T1")
    left = rows.filter(pl.col("module") == "subscriptions")
    assert left["source_key"].to_list() == ["sub:S2"]


def test_a_deal_tells_whose_subscription_it_carries() -> None:
    mapping = Mapping.model_validate({"subscriptions": {"as": "status_field"}})
    paid, running = scenario.transactions(), scenario.subscriptions()
    table = absorbed_subscriptions(paid, running, mapping)
    assert table.rows() == [("sub:S1", "txn:T2")]
    assert absorbed_subscriptions(paid, running, Mapping()).is_empty()
    sources = built(mapping).filter(pl.col("source_key") == "txn:T2").item(0, "sources")
    assert sources.to_list() == ["first/transactions.csv:3", "first/subscriptions.csv:2"]


def test_no_subscription_is_lost_when_several_want_one_deal() -> None:
    mapping = Mapping.model_validate({"subscriptions": {"as": "status_field"}})
    paid = scenario.transactions(sale("T1", BOB, product="Club"))
    running = scenario.subscriptions(
        subscription("S1", BOB, start_date=date(2024, 1, 1)),
        subscription("S2", BOB, start_date=date(2024, 2, 1)),
    )
    rows = built(mapping, transactions=paid, subscriptions=running)
    assert absorbed_subscriptions(paid, running, mapping).rows() == [("sub:S2", "txn:T1")]
    left = rows.filter(pl.col("module") == "subscriptions")["source_key"].to_list()
    assert left == ["sub:S1"]


def test_kartras_subscriptions_name_no_currency_and_need_none() -> None:
    # S42
    amount = Decimal("19.90")
    running = scenario.subscriptions(
        subscription("S1", ANN, currency=None, next_payment_amount=amount)
    )
    assert problem(built(subscriptions=running), "sub:S1") is None
    several = with_lookups(currencies={"USD": 900, "EUR": 901})
    rows = built(subscriptions=running, lookups=several)
    assert problem(rows, "sub:S1") == "currency_unknown"


def test_a_sale_without_currency_is_never_assumed_to_be_in_the_accounts() -> None:
    # S88
    paid = scenario.transactions(sale("T1", ANN, currency=None))
    assert problem(built(transactions=paid), "txn:T1") == "currency_unknown"
