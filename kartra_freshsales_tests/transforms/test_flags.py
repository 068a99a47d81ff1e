"""Odd addresses, and contacts that somebody decides about before they move."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kartra_freshsales.mapping.cleaning_rules import SourceRules, Suppression
from kartra_freshsales.mapping.decisions.duplicates import Duplicates
from kartra_freshsales.transforms.address_kinds import KINDS, address_kind
from kartra_freshsales.transforms.audit import LOOKALIKE, contact_audit, records_to_review
from kartra_freshsales.transforms.audit import value_of as measured
from kartra_freshsales.transforms.flags import DUPLICATE, FLAGS, flag_counts, flagged
from kartra_freshsales.transforms.lookalikes import contact_lookalikes
from kartra_freshsales.transforms.proposal_rows import PROPOSALS
from kartra_freshsales.transforms.records import ROW_STATES
from kartra_freshsales_tests.transforms.scenario import (
    RULES,
    cleaned_contacts,
    contact,
    golden,
    raw,
    states,
)

NO_PROPOSALS = pl.DataFrame(schema=PROPOSALS)


def kind_of(address: str) -> str | None:
    kind: str | None = pl.select(address_kind(pl.lit(address))).item()
    return kind


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("info@acme.example.com", "role"),
        ("sales+kartra@acme.example.com", "role"),
        ("no-reply@acme.example.com", "role"),
        ("a@mailinator.com", "disposable"),
        ("a@shop.mailinator.com", "disposable"),
        ("test@acme.example.com", "placeholder"),
        ("test2@acme.example.com", "placeholder"),
        ("asdf@gmail.com", "placeholder"),
        ("person.1@test.com", "placeholder"),
        ("info@test.com", "placeholder"),
        ("person.1@example.com", None),
        ("testa.person@example.com", None),
        ("informal@example.com", None),
        ("a@notmailinator.com", None),
    ],
)
def test_an_address_tells_what_it_is(address: str, kind: str | None) -> None:
    # S66 S85
    assert kind_of(address) == kind


@given(st.text(max_size=12), st.text(max_size=12))
def test_any_text_has_a_known_kind_or_none(local: str, host: str) -> None:
    assert kind_of(f"{local}@{host}") in {None, *KINDS}


PEOPLE = raw(
    contact("bounced@example.com", mail_status="Bounced"),
    contact("spam.sent@example.com", mail_status="Spam complaint"),
    contact("stop@example.com", mail_status="Do not contact"),
    contact("old@example.com", date_joined="2019-01-01"),
    contact("info@example.com"),
    contact("a@yopmail.com"),
    contact("test@example.com"),
    contact("person.1@example.com"),
    contact("a.b@gmail.com"),
    contact("ab@gmail.com"),
)


def test_every_reason_is_counted_and_listed_by_its_row() -> None:
    # S85 S99
    found = golden(PEOPLE).records
    proposals = contact_lookalikes(found, Duplicates())[0]
    flags = flagged(found, proposals, RULES)
    assert flag_counts(flags) == {
        "bounced": 1, "spam complaint": 1, "do not contact": 1, "stale": 1, "role": 1,
        "disposable": 1, "placeholder": 1, DUPLICATE: 2,
    }  # fmt: skip
    listed = dict(flags.select("flag", "row").iter_rows())
    assert (listed["bounced"], listed["role"], listed["placeholder"]) == (2, 6, 8)
    assert "@example.com" not in flags.write_csv()
    assert flags.schema == FLAGS


def test_nobody_is_flagged_in_an_account_without_contacts() -> None:
    nobody = golden(PEOPLE).records.clear()
    assert flagged(nobody, NO_PROPOSALS, RULES).schema == FLAGS
    assert set(flag_counts(flagged(nobody, NO_PROPOSALS, RULES)).values()) == {0}


def test_by_default_every_one_of_them_comes_along() -> None:
    # S86
    assert golden(PEOPLE).records.height == 10


@pytest.mark.parametrize(
    ("word", "gone"),
    [
        ("role", "info@example.com"),
        ("disposable", "a@yopmail.com"),
        ("placeholder", "test@example.com"),
        ("stale", "old@example.com"),
        ("bounced", "bounced@example.com"),
    ],
)
def test_a_decision_leaves_out_whom_it_names_and_nobody_else(
    word: Suppression, gone: str
) -> None:
    # S86 S99
    found = golden(PEOPLE, rules=SourceRules(suppress=(word,)))
    assert found.records.height == 9
    assert gone not in found.records["contact_key"]
    assert [pair for pair in states(found) if pair != ("loaded", None)] == [
        ("suppressed", word)
    ]


def test_whom_a_decision_takes_out_is_whom_the_list_shows() -> None:
    # S86: the flag and the decision are one rule
    found = golden(PEOPLE).records
    flags = flagged(found, NO_PROPOSALS, RULES)
    words: tuple[Suppression, ...] = ("stale", "role", "disposable", "placeholder")
    for word in words:
        rows = golden(PEOPLE, rules=SourceRules(suppress=(word,))).row_states
        left_out = rows.filter(pl.col("state") == "suppressed")["_row"].to_list()
        assert left_out == flags.filter(pl.col("flag") == word)["row"].to_list()


def test_the_audit_counts_odd_addresses_and_test_contacts() -> None:
    # S66 S85
    people = raw(contact("x@kartra.com"), contact("info@example.com"), file="t.csv")
    found, cleaned = golden(people), cleaned_contacts(people)
    aside = pl.DataFrame(
        [("contacts", "b1", "t.csv", 2, "excluded", "test_contact", None, None)],
        schema=ROW_STATES,
        orient="row",
    )
    audit = contact_audit(cleaned, found.records, pl.concat([found.row_states, aside]))
    area = "worth a look"
    assert measured(audit, area, "test contacts") == 1
    assert measured(audit, area, "role address") == 1
    assert measured(audit, area, "disposable address") == 0


def test_duplicates_stand_among_the_records_to_review() -> None:
    # S100
    found = golden(PEOPLE)
    proposals = contact_lookalikes(found.records, Duplicates())[0]
    review = records_to_review(cleaned_contacts(PEOPLE), found.row_states, proposals)
    alike = review.filter(pl.col("problem") == LOOKALIKE)
    assert alike.select("batch", "file", "row").rows() == [
        ("b1", "a.csv", 10),
        ("b1", "a.csv", 11),
    ]
    assert "gmail" not in review.write_csv()
