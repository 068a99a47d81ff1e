"""E-mail addresses and their keys."""

import polars as pl
import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given, settings
from hypothesis import strategies as st

from kartra_freshsales.transforms import emails


def valid(*keys: str | None) -> list[bool]:
    return emails.is_valid(pl.Series("email", keys, dtype=pl.String)).to_list()


def test_the_key_is_trimmed_and_case_folded() -> None:
    # S11
    keys = emails.key(
        pl.Series("email", [" Ada@Example.COM ", "STRAßE@example.com", "", None])
    )
    assert keys.to_list() == ["ada@example.com", "strasse@example.com", None, None]


def test_plus_tags_and_dots_stay_because_they_may_be_two_people() -> None:
    keys = emails.key(pl.Series("email", ["a.b+news@example.com", "ab@example.com"]))
    assert keys.n_unique() == 2


def test_reserved_domains_are_accepted() -> None:
    assert valid("a@example.com", "a@example.org", "a+b@shop.example.net") == [True] * 3


@pytest.mark.parametrize(
    "address",
    [
        "broken@",
        "@example.com",
        "no-at-sign.example.com",
        "two@@example.com",
        "a b@example.com",
        ".a@example.com",
        "a..b@example.com",
        "a@example",
        "a@-example.com",
        "a@b.invalid",
        f"{'x' * 65}@example.com",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    assert valid(address) == [False]


def test_addresses_beyond_ascii_are_judged_too() -> None:
    assert valid("zoë@example.com", "a@exämple.com", None) == [True, True, False]


_PIECE = st.text(alphabet="ab1.-+_'@ !", max_size=8)


@settings(max_examples=300)
@given(
    _PIECE, st.sampled_from(["example.com", "sub.example.org", "a--b.com", "x.test", "c"])
)
def test_the_short_cut_agrees_with_the_validator(local: str, domain: str) -> None:
    address = f"{local}@{domain}"
    try:
        validate_email(address, check_deliverability=False, test_environment=True)
        expected = True
    except EmailNotValidError:
        expected = False
    assert valid(address) == [expected]
