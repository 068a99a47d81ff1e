"""Sales accounts from company names."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kartra_freshsales.mapping.source_words import LEGAL_SUFFIXES
from kartra_freshsales.transforms.companies import accounts, domain, name_key
from kartra_freshsales_tests.transforms.scenario import APRIL, NOTHING, contact, golden, raw


@pytest.mark.parametrize(
    "name",
    [
        "Acme Widgets",
        "ACME WIDGETS, INC.",
        "acme widgets inc.",
        "Acme  Widgets LLC",
        "Acme-Widgets Ltd.",
        "Ácme Widgets",
        "Acme Widgets, L.L.C.",
    ],
)
def test_spellings_of_one_company_share_a_key(name: str) -> None:
    # S32
    assert name_key(name, LEGAL_SUFFIXES) == "acme widgets"


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Co", "co"),
        ("The Company", "the"),
        ("Smith & Co", "smith"),
        ("A&B", "a and b"),
        ("A+B", "a plus b"),
        ("O'Field's", "ofields"),
        ("---", None),
        ("株式会社", "株式会社"),
    ],
)
def test_a_name_keeps_what_makes_it_a_name(name: str, key: str | None) -> None:
    assert name_key(name, LEGAL_SUFFIXES) == key


@settings(max_examples=150)
@given(st.text(alphabet="abc .,&-éINC", max_size=12))
def test_the_key_of_a_key_is_itself(name: str) -> None:
    key = name_key(name, LEGAL_SUFFIXES)
    assert key is None or name_key(key, ()) == key


@pytest.mark.parametrize(
    ("site", "host"),
    [
        ("https://www.Acme.example.com/about", "acme.example.com"),
        ("acme.example.org", "acme.example.org"),
        ("http://user@acme.example.com:80?x=1", "acme.example.com"),
        ("gmail.com", None),
        ("https://www.facebook.com/acme", None),
        ("shop.wixsite.com", None),
        ("acme", None),
        (None, None),
    ],
)
def test_a_shared_host_is_nobodys_domain(site: str | None, host: str | None) -> None:
    # S31
    frame = pl.DataFrame({"website": [site]}, schema={"website": pl.String})
    assert frame.select(domain(pl.col("website"))).item() == host


def test_one_account_per_company_with_its_most_used_spelling() -> None:
    # S25 S30 S32
    found = accounts(
        golden(
            raw(
                contact(
                    "a@example.com", company="Acme Inc", website="https://acme.example.com"
                ),
                contact("b@example.com", company="ACME", owner="o@example.com"),
                contact("c@example.com", company="Acme Inc", website="https://gmail.com"),
                contact("d@example.com"),
            ),
            raw(contact("e@example.com", company="Zephyr"), batch="b2", at=APRIL),
        ).records
    )
    first = found.row(0, named=True)
    assert found["account_key"].to_list() == ["acme", "zephyr"]
    assert (first["name"], first["contacts"], first["variants"]) == (
        "Acme Inc",
        3,
        ["Acme Inc", "ACME"],
    )
    assert (first["website"], first["domain"]) == (
        "https://acme.example.com",
        "acme.example.com",
    )
    assert first["owner"] == "o@example.com"
    assert len(first["sources"]) == 3
    assert found["_batch"].to_list() == ["b1", "b2"]


def test_of_spellings_used_alike_the_newest_names_the_account() -> None:
    found = accounts(
        golden(
            raw(contact("a@example.com", company="Acme Inc")),
            raw(contact("b@example.com", company="Acme"), file="b.csv", at=APRIL),
        ).records
    )
    assert found["name"].to_list() == ["Acme"]


def test_without_contacts_there_are_no_accounts() -> None:
    assert accounts(golden(NOTHING).records).is_empty()
