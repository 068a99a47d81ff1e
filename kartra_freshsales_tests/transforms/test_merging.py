"""Merges that a person decided in duplicates.yaml, and what is left when a line goes."""

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from kartra_freshsales.mapping.cleaning_rules import SourceRules
from kartra_freshsales.mapping.decisions.duplicates import Duplicates
from kartra_freshsales.transforms.companies import accounts
from kartra_freshsales.transforms.contact_lineage import origin_of
from kartra_freshsales.transforms.merging import account_names
from kartra_freshsales.transforms.records import Golden
from kartra_freshsales.transforms.survivorship import golden_contacts
from kartra_freshsales_tests.transforms.scenario import (
    APRIL,
    RULES,
    Row,
    cleaned_contacts,
    contact,
    raw,
    sale,
    sales,
    states,
)

OLD, NEW = "old@example.com", "new@example.com"
ONE_PERSON = Duplicates.model_validate(
    {"merge": [{"contact": OLD, "into": NEW, "why": "said so by phone"}]}
)


def merged(
    old: Row, new: Row, decided: Duplicates = ONE_PERSON, rules: SourceRules = RULES
) -> Golden:
    """The golden contacts of two rows, the old address exported later."""
    frames = (raw(new), raw(old, file="b.csv", at=APRIL))
    rows = cleaned_contacts(*frames, rules=rules)
    return golden_contacts(rows, decided, rules.legal_suffixes)


def test_the_contact_that_stays_wins_and_the_other_fills_blanks() -> None:
    # S11 G11
    found = merged(
        contact(OLD, city="Rome", zip="1", tags="VIP", kartra_id="5"),
        contact(NEW, city="Oslo", tags="News", kartra_id="6"),
    )
    record = found.records.row(0, named=True)
    assert found.records.height == 1
    assert (record["contact_key"], record["email"]) == (NEW, NEW)
    assert (record["city"], record["zip"]) == ("Oslo", "1")
    assert record["tags"] == ["News", "VIP"]
    assert record["other_emails"] == [OLD]
    assert record["other_kartra_ids"] == ["5"]
    assert record["sources"] == ["b1/a.csv:2", "b1/b.csv:2"]
    assert origin_of(found.origins, NEW, "zip") == "b1/b.csv:2"
    assert origin_of(found.origins, NEW, "city") == "b1/a.csv:2"
    assert found.conflicts.select("field", "values").rows() == [
        ("city", 2),
        ("kartra_id", 2),
    ]


def test_every_row_says_that_a_person_decided_it() -> None:
    # G4
    found = merged(contact(OLD), contact(NEW))
    assert states(found) == [("loaded", None), ("merged", "merged_by_decision")]
    assert found.row_states["record_key"].to_list() == [NEW, NEW]


def test_without_the_line_nothing_of_the_merge_is_left() -> None:
    old, new = contact(OLD, city="Rome", gdpr_status="Accepted"), contact(NEW)
    apart = merged(old, new, Duplicates())
    assert sorted(apart.records["contact_key"]) == [NEW, OLD]
    assert apart.records["other_emails"].list.len().sum() == 0
    never = golden_contacts(
        cleaned_contacts(raw(new), raw(old, file="b.csv", at=APRIL)), None
    )
    assert_frame_equal(apart.records, never.records)


def test_consent_is_given_for_an_address_and_does_not_move() -> None:
    # S60 G10
    agreed = contact(
        OLD,
        gdpr_status="Accepted",
        gdpr_communications="Yes",
        gdpr_status_date="2026-01-01",
    )
    record = merged(agreed, contact(NEW)).records.row(0, named=True)
    assert (record["consent"], record["gdpr_status"]) == ("not_subscribed", None)
    refused = contact(
        NEW, gdpr_status="Not accepted", gdpr_status_date="2025-01-01 00:00:00"
    )
    assert merged(agreed, refused).records["consent"].to_list() == ["unsubscribed"]


@pytest.mark.parametrize(
    ("word", "consent"),
    [("Do not contact", "unsubscribed"), ("Spam complaint", "reported_as_spam")],
)
def test_a_refusal_moves_with_the_person(word: str, consent: str) -> None:
    # S60 G10
    agreed = contact(NEW, gdpr_status="Accepted", gdpr_communications="Yes")
    found = merged(contact(OLD, mail_status=word), agreed).records
    assert found["consent"].to_list() == [consent]


def test_a_bounce_is_of_the_address_and_stays_with_it() -> None:
    # S86: the bounced address is left out, not the person who has a new one
    rules = SourceRules(suppress=("bounced",))
    found = merged(contact(OLD, mail_status="Bounced"), contact(NEW), rules=rules)
    record = found.records.row(0, named=True)
    assert (record["consent"], record["mail_status"]) == ("not_subscribed", None)
    assert states(found)[1] == ("merged", "merged_by_decision")


def test_purchases_of_either_address_and_id_belong_to_the_one_contact() -> None:
    # S36
    people = merged(contact(OLD, kartra_id="5"), contact(NEW, kartra_id="6")).records
    found = sales(
        raw(
            sale("1", "1.00", lead_id="5", buyer_email=None),
            sale("2", "1.00", lead_id=None, buyer_email=OLD),
            sale("3", "1.00", lead_id="6", buyer_email=OLD),
            file="t.csv",
            currency="USD",
        ),
        contacts=people,
    ).records.sort("deal_key")
    assert found["contact_key"].to_list() == [NEW] * 3
    assert found["join_rung"].to_list() == ["lead_id", "email", "lead_id"]


def test_an_id_that_both_contacts_show_is_one_door() -> None:
    people = merged(contact(OLD, kartra_id="5"), contact(NEW)).records
    assert people["kartra_id"].to_list() == ["5"]
    found = sales(
        raw(sale("1", "1.00", lead_id="5"), file="t.csv", currency="USD"), contacts=people
    )
    assert found.records["contact_key"].to_list() == [NEW]


def test_a_merge_that_names_nobody_is_told_and_changes_nothing() -> None:
    # G18: without the address
    nobody = Duplicates.model_validate(
        {"merge": [{"contact": OLD, "into": "gone@example.com", "why": "x"}]}
    )
    found = merged(contact(OLD), contact(NEW), nobody)
    assert found.records.height == 2
    assert [finding.count for finding in found.findings] == [1]
    assert "@" not in str(found.findings[0])


def test_companies_are_merged_under_the_name_that_was_decided() -> None:
    # S32
    decided = Duplicates.model_validate(
        {"merge_accounts": [{"account": "ACME Widget", "into": "Acme Widgets", "why": "x"}]}
    )
    found = merged(
        contact(OLD, company="Acme Widget Inc."),
        contact(NEW, company="acme widgets"),
        decided,
    ).records
    assert found["account_key"].unique().to_list() == ["acme widgets"]
    names = account_names(decided, RULES.legal_suffixes)
    (account,) = accounts(found, names).iter_rows(named=True)
    assert (account["name"], account["contacts"]) == ("Acme Widgets", 2)
    assert sorted(account["variants"]) == ["Acme Widget Inc.", "acme widgets"]


def test_the_order_of_rows_does_not_matter_to_a_merge() -> None:
    cells = [contact(OLD, city="1"), contact(NEW, city=None), contact(OLD, city="2")]
    rows = cleaned_contacts(*(raw(c, file=f"{n}.csv") for n, c in enumerate(cells)))
    one = golden_contacts(rows, ONE_PERSON).records
    for order in ([2, 1, 0], [1, 0, 2]):
        assert_frame_equal(golden_contacts(rows[order], ONE_PERSON).records, one)
    assert one["city"].to_list() == ["2"]


def test_merging_keeps_the_types_of_every_column() -> None:
    one = merged(contact(OLD), contact(NEW)).records
    apart = merged(contact(OLD), contact(NEW), Duplicates()).records
    assert one.schema == apart.schema
    assert one.schema["other_emails"] == pl.List(pl.String)
