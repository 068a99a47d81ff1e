"""Proposals of duplicates: what is proposed and why, and what never is."""

import string

import polars as pl
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kartra_freshsales.mapping.decisions.duplicates import Duplicates, MergeContacts
from kartra_freshsales.mapping.source_words import LEGAL_SUFFIXES
from kartra_freshsales.transforms.companies import accounts
from kartra_freshsales.transforms.company_lookalikes import account_lookalikes
from kartra_freshsales.transforms.lookalikes import contact_lookalikes, mailbox
from kartra_freshsales.transforms.proposal_rows import PROPOSALS
from kartra_freshsales.transforms.spelling import (
    MOST_IN_A_BLOCK,
    one_slip,
    pairs_in_blocks,
    same_numbers,
    slip_blocks,
)
from kartra_freshsales_tests.transforms.scenario import NOTHING, Row, contact, golden, raw

NO_DECISION = Duplicates()


def person(email: str, name: str = "", **cells: str | None) -> Row:
    return contact(email, full_name=name, **cells)


def proposed(*rows: Row, decided: Duplicates = NO_DECISION) -> pl.DataFrame:
    return contact_lookalikes(golden(raw(*rows)).records, decided)[0]


def companies(*names: str, website: str | None = None) -> pl.DataFrame:
    rows = [
        contact(f"person.{n}@example.com", company=name, website=website)
        for n, name in enumerate(names)
    ]
    found = accounts(golden(raw(*rows)).records)
    return account_lookalikes(found, NO_DECISION, LEGAL_SUFFIXES)[0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("person.one@gmail.com", "personone+news@gmail.com"),
        ("person.one@gmail.com", "personone@googlemail.com"),
        ("person+a@outlook.com", "person@outlook.com"),
        ("person+a@fastmail.com", "person+b@fastmail.com"),
        ("person@me.com", "person@icloud.com"),
    ],
)
def test_spellings_of_one_mailbox_are_proposed(one: str, other: str) -> None:
    # reference 7.6: the key keeps them apart, a person may unite them
    found = proposed(person(one), person(other))
    assert found.select("score", "reason").rows() == [(0.95, "one mailbox")]
    assert {found.item(0, "keep"), found.item(0, "other")} == {one, other}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("person.one@example.org", "personone@example.org"),
        ("person+a@yahoo.com", "person@yahoo.com"),
        ("person.one@outlook.com", "personone@outlook.com"),
        ("person@hotmail.com", "person@outlook.com"),
    ],
)
def test_what_is_two_mailboxes_elsewhere_is_not_proposed(one: str, other: str) -> None:
    assert proposed(person(one), person(other)).is_empty()


_ADDRESS = st.from_regex(r"[a-z][a-z.+]{0,8}@(gmail|yahoo|outlook)\.com", fullmatch=True)


@settings(max_examples=80, deadline=None)
@given(_ADDRESS)
def test_the_mailbox_of_a_mailbox_is_itself(address: str) -> None:
    def delivered(to: str) -> str:
        return str(pl.select(mailbox(pl.lit(to))).item())

    assert delivered(delivered(address)) == delivered(address)


PHONE = "201-555-0123"


@pytest.mark.parametrize(
    ("cells", "others", "reason", "score"),
    [
        ({"phone": PHONE}, {"phone": "+1 201 555 0123"}, "same phone and name", 0.92),
        ({"company": "Acme Inc"}, {"company": "ACME"}, "same name and company", 0.85),
        ({"zip": "AB1 2CD"}, {"zip": "ab12cd"}, "same name and postcode", 0.75),
        (
            {"website": "https://acme.example.net"},
            {"website": "acme.example.net"},
            "same name and mail domain",
            0.8,
        ),
    ],
)
def test_one_name_and_one_more_thing_in_common_is_proposed(
    cells: dict[str, str], others: dict[str, str], reason: str, score: float
) -> None:
    found = proposed(
        person("a@gmail.com", "Person Séven", **cells),
        person("b@yahoo.com", "Seven, Person", **others),
    )
    assert found.select("score", "reason").rows() == [(score, reason)]


@pytest.mark.parametrize(
    "other", ["Persom Seven", "P Seven", "Person Q Seven", "Prson Seven"]
)
def test_names_alike_in_one_company_are_proposed_lower(other: str) -> None:
    found = proposed(
        person("a@gmail.com", "Person Seven", company="Acme"),
        person("b@yahoo.com", other, company="Acme"),
    )
    assert found["reason"].to_list() == ["same company, names alike"]


@pytest.mark.parametrize(
    ("name", "other", "cells"),
    [
        ("Person Seven", "Person Seven", {}),
        ("Person Seven", "Petra Stone", {"company": "Acme"}),
        ("Person Seven", "", {"company": "Acme"}),
        ("", "", {"company": "Acme", "zip": "1"}),
    ],
)
def test_a_name_alone_or_a_company_alone_is_no_sign(
    name: str, other: str, cells: dict[str, str]
) -> None:
    found = proposed(
        person("a@gmail.com", name, **cells), person("b@yahoo.com", other, **cells)
    )
    assert found.is_empty()


def test_people_of_one_phone_are_shown_last() -> None:
    found = proposed(
        person("a@gmail.com", "Person Seven", phone=PHONE),
        person("b@yahoo.com", "Other Eight", phone=PHONE),
        person("c@gmx.net", "", phone=PHONE),
    )
    assert found["score"].to_list() == [0.7, 0.7, 0.5]


def test_several_reasons_make_one_proposal() -> None:
    cells = {"phone": PHONE, "zip": "1"}
    found = proposed(
        person("a@gmail.com", "Person Seven", **cells),
        person("b@yahoo.com", "Person Seven", **cells),
    )
    assert found["reason"].to_list() == ["same phone and name; same name and postcode"]


def test_a_phone_that_a_whole_office_shares_is_told_and_compares_nobody() -> None:
    rows = [person(f"p{n}@gmail.com", phone=PHONE) for n in range(MOST_IN_A_BLOCK + 1)]
    found, findings = contact_lookalikes(golden(raw(*rows)).records, NO_DECISION)
    assert found.is_empty()
    assert [finding.count for finding in findings] == [MOST_IN_A_BLOCK + 1]


def test_a_common_name_and_a_postcode_together_are_chance() -> None:
    rows = [person(f"p{n}@gmail.com", "Person Seven", zip=str(n // 2)) for n in range(12)]
    assert proposed(*rows[:4]).height == 2
    assert proposed(*rows).is_empty()


def test_a_rejected_pair_is_not_proposed_again() -> None:
    rows = (person("a.b@gmail.com"), person("ab@gmail.com"))
    decided = Duplicates.model_validate({"different": [["ab@gmail.com", "A.b@gmail.com"]]})
    assert proposed(*rows).height == 1
    assert proposed(*rows, decided=decided).is_empty()


def test_the_decision_of_a_proposal_can_be_pasted() -> None:
    found = proposed(person("o'n.e@gmail.com"), person("o'ne@gmail.com"))
    entry = MergeContacts.model_validate(yaml.safe_load(found.item(0, "decision")))
    assert {entry.contact, entry.into} == {"o'n.e@gmail.com", "o'ne@gmail.com"}
    assert entry.into == found.item(0, "keep")
    assert found.item(0, "keep_at").startswith("b1/a.csv:")


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (("Acme Widgets", "Widgets Acme"), "same words, other order or blanks"),
        (("Acme Widgets", "AcmeWidgets"), "same words, other order or blanks"),
        (("Acme Widgets", "Acme Wigdets"), "one letter differs"),
        (("Acme Widgets", "Acme Widget"), "one letter differs"),
        (
            ("Acme Widgets", "Acme Widgets International"),
            "only words such as Group or International differ",
        ),
    ],
)
def test_company_names_alike_are_proposed(names: tuple[str, str], reason: str) -> None:
    # S32
    (reasons,) = companies(*names)["reason"]
    assert reasons.split("; ")[0] == reason


@pytest.mark.parametrize(
    "names",
    [("Acme Unit 1", "Acme Unit 2"), ("Acme", "Acne"), ("Red Fox", "Blue Fox"), ("Acme",)],
)
def test_company_names_that_differ_for_a_reason_are_not(names: tuple[str, ...]) -> None:
    assert companies(*names).is_empty()


def test_companies_of_one_website_are_proposed_and_can_be_rejected() -> None:
    rows = [
        contact("a@gmail.com", company="Red Fox", website="fox.example.net"),
        contact("b@gmail.com", company="Fox & Co", website="https://fox.example.net"),
    ]
    found = accounts(golden(raw(*rows)).records)
    kept = Duplicates.model_validate({"different_accounts": [["FOX", "red fox inc"]]})
    proposals, findings = account_lookalikes(found, NO_DECISION, LEGAL_SUFFIXES)
    assert proposals["reason"].to_list() == ["same website"]
    assert findings == ()
    assert account_lookalikes(found, kept, LEGAL_SUFFIXES)[0].is_empty()


def test_a_slip_is_found_among_any_number_of_names_with_the_same_beginning() -> None:
    # S32: half of the letters are those of everybody else
    names = [f"Acme International {word}" for word in _WORDS]
    found = companies(*names, "Acme International Aardvarks", "Acme International Zebra")
    assert [each.split("; ")[0] for each in found["reason"]] == ["one letter differs"] * 2
    assert set(found["other"]) | set(found["keep"]) == {
        "Acme International Aardvark",
        "Acme International Aardvarks",
        "Acme International Zebra",
        "Acme International Zebras",
    }


def test_company_names_too_many_to_compare_are_told_with_what_to_do() -> None:
    rows = [
        contact(f"p{n}@gmail.com", company=f"{letter}rchard", website="fox.example.net")
        for n, letter in enumerate(string.ascii_lowercase)
    ]
    found, findings = account_lookalikes(
        accounts(golden(raw(*rows)).records), NO_DECISION, LEGAL_SUFFIXES
    )
    assert found.is_empty()
    assert [finding.count for finding in findings] == [26, 26]
    told = " ".join(map(str, findings))
    assert "1 group(s) of more than 20 that have the same website" in told
    assert "1 group(s) of more than 20 that differ in one letter" in told
    assert told.count("mappings/duplicates.yaml") == 2


def test_without_records_there_is_nothing_to_propose() -> None:
    nobody = golden(NOTHING).records
    assert contact_lookalikes(nobody, NO_DECISION)[0].schema == PROPOSALS
    found, _ = account_lookalikes(accounts(nobody), NO_DECISION, ())
    assert (found.schema, found.height) == (pl.Schema(PROPOSALS), 0)


_WORDS = (
    "Aardvark",
    "Zebras",
    *(f"{a * 3}{b * 3}estrel" for a in "bcdfg" for b in "hjklm"),
)
_TEXT = st.text(alphabet="abc", min_size=1, max_size=9)


def _edited(text: str, at: int, how: str) -> str:
    at %= len(text)
    swapped = text[:at] + text[at + 1 : at + 2] + text[at] + text[at + 2 :]
    made = {
        "left out": text[:at] + text[at + 1 :],
        "added": text[:at] + "z" + text[at:],
        "replaced": text[:at] + "z" + text[at + 1 :],
        "swapped": swapped if at + 1 < len(text) else text,
    }
    return made[how]


@settings(max_examples=200)
@given(
    st.one_of(
        st.text(alphabet=string.ascii_lowercase, min_size=2, max_size=12),
        # Where blocks of letters left out become blocks of halves.
        st.text(alphabet="ab", min_size=38, max_size=44),
    ),
    st.integers(0, 60),
    st.sampled_from(["left out", "added", "replaced", "swapped"]),
)
def test_every_slip_is_found_and_shares_a_block(text: str, at: int, how: str) -> None:
    other = _edited(text, at, how)
    assert one_slip(text, other)
    assert one_slip(other, text)
    if other != text:
        blocks = slip_blocks(pl.Series([text, other]))
        assert pairs_in_blocks(blocks).rows() == [(0, 1)]


@settings(max_examples=200)
@given(_TEXT, _TEXT)
def test_one_slip_agrees_with_trying_every_slip(one: str, other: str) -> None:
    letters = "abc"
    tried = {one}
    for at in range(len(one) + 1):
        tried |= {one[:at] + letter + one[at:] for letter in letters}
        tried |= {one[:at] + letter + one[at + 1 :] for letter in letters}
        tried.add(one[:at] + one[at + 1 :])
        tried.add(one[:at] + one[at + 1 : at + 2] + one[at : at + 1] + one[at + 2 :])
    assert one_slip(one, other) == (other in tried)


def test_numbers_are_never_a_slip() -> None:
    assert not same_numbers("unit 12", "unit 1")
    assert same_numbers("unit 12", "unti 12")
