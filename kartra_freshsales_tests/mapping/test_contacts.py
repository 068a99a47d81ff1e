"""Contacts, leads and accounts as payloads."""

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kartra_freshsales.freshsales.lookups import Lookups
from kartra_freshsales.mapping.model import Mapping
from kartra_freshsales.mapping.routing import routes, routing_summary
from kartra_freshsales_tests.mapping import scenario
from kartra_freshsales_tests.mapping.scenario import (
    ANN,
    BOB,
    CLEO,
    DORA,
    LOOKUPS,
    built,
    contact,
    payload,
    problem,
    sale,
)

REQUIRED = ["module", "source_key", "batch", "payload", "sources", "problem", "remedy"]


def one(mapping: Mapping | None = None, **values: Any) -> dict[str, Any]:
    return payload(built(mapping, contacts=scenario.contacts(contact(ANN, **values))), ANN)


def test_modules_stand_in_loading_order() -> None:
    # S33 S108
    rows = built()
    assert rows.columns == REQUIRED
    assert list(dict.fromkeys(rows["module"])) == [
        "sales_accounts",
        "contacts",
        "leads",
        "deals",
        "subscriptions",
        "notes",
        "lists",
    ]


def test_each_contact_is_exactly_one_lead_or_contact() -> None:
    # S9 S23 S24 S29
    rows = built().filter(pl.col("module").is_in(["contacts", "leads"]))
    found = dict(rows.select("source_key", "module").iter_rows())
    assert found == {ANN: "contacts", BOB: "contacts", CLEO: "contacts", DORA: "leads"}
    assert rows.height == 4


def test_the_first_rule_that_holds_decides() -> None:
    # S9 S26
    table = routes(scenario.contacts(), scenario.transactions(), Mapping())
    assert dict(table.select("contact_key", "rule").iter_rows()) == {
        ANN: "paying customer",
        BOB: "paying customer",  # whose money went back: who has deals is no lead
        CLEO: "works for a company",
        DORA: "everyone else",
    }


def test_the_routing_is_counted_before_anything_is_loaded() -> None:
    # S9
    table = routing_summary(scenario.contacts(), scenario.transactions(), Mapping())
    assert table["contacts"].to_list() == [2, 1, 1]
    assert table["lifecycle_stage"].to_list() == [
        "Customer",
        "Sales Qualified Lead",
        "Lead",
    ]


@pytest.mark.parametrize(
    ("when", "chosen"),
    [
        ({"tags_any": ["WEBINAR registered"]}, {ANN}),
        ({"lists_any": ["NEWS"]}, {ANN, BOB}),
        ({"equals": {"country": "norway"}}, {ANN}),
        ({"equals": {"Favourite colour": "red"}}, {ANN}),
        ({"equals": {"no such column": "x"}}, set()),
        ({"company": False}, {BOB, DORA}),
        ({"company": True, "paying": False}, {CLEO}),
    ],
)
def test_rules_may_ask_for_tags_lists_and_columns(
    when: dict[str, Any], chosen: set[str]
) -> None:
    # S23
    rules = [
        {"name": "chosen", "when": when, "module": "contacts"},
        {"name": "rest", "module": "leads"},
    ]
    mapping = Mapping.model_validate({"routing": {"rules": rules}})
    table = routes(scenario.contacts(), scenario.transactions(), mapping)
    found = table.filter(pl.col("rule") == "chosen")["contact_key"]
    assert set(found) == chosen


def test_a_lead_stands_in_the_stage_lead_and_a_customer_in_customer() -> None:
    # S23 S24
    rows = built()
    stage = ("lifecycle_stage_id", "contact_status_id")
    assert [payload(rows, DORA)[key] for key in stage] == [10, 11]
    assert [payload(rows, ANN)[key] for key in stage] == [30, 31]


def test_a_stage_the_account_lacks_is_a_problem_with_a_remedy() -> None:
    # S95
    rows = built(lookups=Lookups(owners=LOOKUPS.owners))
    assert problem(rows, ANN) == "stage_unknown"
    assert "routing.yaml" in rows.filter(pl.col("source_key") == ANN).item(0, "remedy")


def test_the_account_link_is_in_the_contacts_first_write() -> None:
    # S25 S33
    assert payload(built(), ANN)["sales_account"] == "acme"
    assert "sales_account" not in payload(built(), BOB)


def test_an_account_has_name_website_and_owner() -> None:
    # S30 S31
    assert payload(built(), "acme") == {
        "name": "Acme Inc.",
        "website": "acme.example.com",
        "owner_id": 2,
    }


@pytest.mark.parametrize(
    ("website", "sent"), [("see facebook", "example.com"), ("https://a.example/x", None)]
)
def test_a_website_that_is_none_never_gets_an_account_refused(
    website: str, sent: str | None
) -> None:
    # S31
    row = {**scenario.ACCOUNTS[0], "website": website}
    assert payload(built(accounts=scenario.accounts(row)), "acme")["website"] == (
        sent or website
    )


def test_a_last_name_always_stands_there() -> None:
    # S100
    assert payload(built(), DORA)["last_name"] == "dora"
    bob = payload(built(), BOB)
    assert (bob["first_name"], bob["last_name"]) == ("Bob", "bob")


@given(st.emails(), st.none() | st.text(max_size=5))
@settings(max_examples=12, deadline=None)
def test_no_contact_is_ever_without_a_last_name(email: str, last: str | None) -> None:
    # S100
    people = scenario.contacts(contact(email, last_name=last))
    assert payload(built(contacts=people), email.casefold())["last_name"].strip()


def test_a_shared_phone_is_mobile_of_the_one_who_joined_first() -> None:
    ann, bob = payload(built(), ANN), payload(built(), BOB)
    assert ann["mobile_number"] == "+12025550101"
    assert "work_number" not in ann
    assert bob["work_number"] == "+12025550101"
    assert "mobile_number" not in bob


@given(st.permutations([ANN, BOB, CLEO, DORA]))
@settings(max_examples=10, deadline=None)
def test_a_mobile_number_is_sent_once_whatever_the_order(keys: list[str]) -> None:
    people = scenario.contacts(*(contact(key, phone="+12025550101") for key in keys))
    rows = built(contacts=people)
    mobiles = [key for key in keys if "mobile_number" in payload(rows, key)]
    assert mobiles == [min(keys)]


def test_an_unreadable_phone_is_kept_as_it_was_written() -> None:
    assert payload(built(), CLEO)["work_number"] == "call me"


def test_days_are_days_in_the_accounts_own_zone() -> None:
    # S27
    assert payload(built(), ANN)["cf_kartra_created"] == "2023-03-01"
    berlin = Mapping.model_validate({"source": {"zone": "Europe/Berlin"}})
    assert payload(built(berlin), ANN)["cf_kartra_created"] == "2023-03-02"


@pytest.mark.parametrize(
    ("consent", "status"),
    [
        ("unsubscribed", 0),
        ("subscribed", 1),
        ("not_subscribed", 2),
        ("reported_as_spam", 3),
        ("bounced", 4),
    ],
)
def test_consent_becomes_the_subscription_status(consent: str, status: int) -> None:
    # S57 S58
    assert one(consent=consent)["subscription_status"] == status


def test_no_consent_at_all_is_not_subscribed() -> None:
    # S60
    assert one(consent=None)["subscription_status"] == 2


def test_kartras_own_words_about_consent_are_kept() -> None:
    # S57 S59
    record = one(
        gdpr_status="Not accepted",
        gdpr_communications="No",
        gdpr_status_date=datetime(2024, 1, 1, 12, tzinfo=UTC),
        mail_status="Do not contact",
    )
    assert record["cf_gdpr_status"] == "Not accepted"
    assert record["cf_gdpr_communications"] == "No"
    assert record["cf_gdpr_status_date"] == "2024-01-01"
    assert record["cf_kartra_mail_status"] == "Do not contact"


def test_the_jurisdiction_decides_whether_our_verdict_is_kept_too() -> None:
    # S58
    assert one(consent="bounced")["cf_kartra_consent"] == "Bounced"
    can_spam = Mapping.model_validate({"destination": {"jurisdiction": "can_spam"}})
    record = one(can_spam, consent="bounced")
    assert "cf_kartra_consent" not in record
    assert record["subscription_status"] == 4


def test_an_owner_is_found_by_e_mail() -> None:
    # S61
    assert payload(built(), ANN)["owner_id"] == 2


def test_without_an_owner_the_first_active_user_owns() -> None:
    # S64
    assert payload(built(), BOB)["owner_id"] == 1


def test_the_default_owner_is_a_named_decision() -> None:
    # S64
    named = Mapping.model_validate({"owners": {"default_owner": "Successor@example.com"}})
    assert payload(built(named), BOB)["owner_id"] == 4


def test_an_inactive_owner_keeps_the_contact_back_until_someone_takes_over() -> None:
    # S61 S63 S64
    assert problem(built(), CLEO) == "owner_unmatched"
    remap = {"remap": {"former-owner@example.com": "successor@example.com"}}
    rows = built(Mapping.model_validate({"owners": remap}))
    assert problem(rows, CLEO) is None
    assert payload(rows, CLEO)["owner_id"] == 4


@pytest.mark.parametrize("column", ["first_name", "last_name", "city", "facebook"])
def test_a_text_that_does_not_fit_is_never_cut_in_silence(column: str) -> None:
    # S2 S16
    people = scenario.contacts(contact(ANN, **{column: "x" * 256}))
    assert problem(built(contacts=people), ANN) == "too_long"


def test_a_company_name_that_does_not_fit_keeps_its_people_back() -> None:
    row = {**scenario.ACCOUNTS[0], "name": "x" * 256}
    rows = built(accounts=scenario.accounts(row))
    assert problem(rows, "acme") == "too_long"
    assert problem(rows, ANN) == "parent_refused"
    assert problem(rows, "txn:T1") == "parent_refused"
    assert problem(rows, f"note:{ANN}") == "parent_refused"


def test_live_names_of_custom_fields_win_over_ours() -> None:
    # S97
    live = {"contacts": {"Kartra ID": "cf_kartra_number", "FAVOURITE COLOUR": "cf_hue"}}
    lookups = Lookups(**{**vars_of(LOOKUPS), "custom_fields": live})
    record = payload(built(lookups=lookups), ANN)
    assert record["cf_kartra_number"] == "11"
    assert record["cf_hue"] == "Red"


def vars_of(lookups: Lookups) -> dict[str, Any]:
    return {name: getattr(lookups, name) for name in lookups.__dataclass_fields__}


def test_a_declared_checkbox_of_yes_and_no_is_true_or_false() -> None:
    # S54
    kinds = {"contacts": {"Newsletter": {"kind": "checkbox"}}}
    mapping = Mapping.model_validate({"custom_fields": kinds})
    assert payload(built(mapping), ANN)["cf_newsletter"] is True
    assert "cf_newsletter" not in payload(built(mapping), BOB)


def test_ticked_values_are_sent_as_their_choices() -> None:
    # S54 S55
    kinds = {"contacts": {"Favourite colour": {"kind": "checkbox", "choices": ["Red"]}}}
    rows = built(Mapping.model_validate({"custom_fields": kinds}))
    assert payload(rows, BOB)["cf_favourite_colour"] == ["Red", "Blue"]
    assert payload(rows, ANN)["cf_favourite_colour"] == ["Red"]


def test_a_column_that_is_dropped_is_not_sent() -> None:
    # S1
    dropped = {"drop": "not wanted"}
    columns = dict.fromkeys(("city", "tags", "owner", "company", "phone"), dropped)
    rows = built(Mapping.model_validate({"fields": {"contacts": columns}}))
    record = payload(rows, ANN)
    assert {"city", "tags", "sales_account", "mobile_number"}.isdisjoint(record)
    assert record["owner_id"] == 1
    assert rows.filter(pl.col("module") == "sales_accounts").is_empty()


def test_payloads_hold_no_nulls_and_any_text_survives() -> None:
    text = 'He said "x":null, then {"a":null}'
    record = one(first_name=text, city="ends with \\")
    assert record["first_name"] == text
    assert record["city"] == "ends with \\"
    assert None not in record.values()


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc"])))
@settings(max_examples=12, deadline=None)
def test_any_name_arrives_as_it_was_given(name: str) -> None:
    # S16
    sent = one(first_name=name).get("first_name")
    assert sent == (name.strip() or None)


def test_batch_and_sources_tell_where_a_record_comes_from() -> None:
    # G11
    row = built().filter(pl.col("source_key") == BOB).row(0, named=True)
    assert (row["batch"], row["sources"]) == ("second", ["second/contacts.csv:3"])


def test_an_empty_migration_gives_an_empty_frame() -> None:
    rows = built(
        contacts=scenario.contacts().clear(),
        accounts=scenario.accounts().clear(),
        transactions=scenario.transactions().clear(),
        subscriptions=scenario.subscriptions().clear(),
    )
    assert rows.is_empty()
    assert rows.columns == REQUIRED


def test_zero_amounts_make_no_paying_customer() -> None:
    paid = scenario.transactions(sale("T1", BOB, "0.00"))
    table = routes(scenario.contacts(), paid, Mapping())
    assert dict(table.select("contact_key", "rule").iter_rows())[BOB] == "everyone else"
