"""Normalising whatever people type: never an error, never a guess, and only once.

Each rule is held against any text at all, because no list of examples is long enough.
"""

import html
import re
from collections import Counter

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kartra_freshsales.mapping.cleaning_rules import SourceRules
from kartra_freshsales.mapping.source_words import LEGAL_SUFFIXES
from kartra_freshsales.transforms import dates, emails, money, names, text
from kartra_freshsales.transforms.companies import domain, name_key
from kartra_freshsales.transforms.phones import e164
from kartra_freshsales_tests.transforms.scenario import RULES

_ANY = st.lists(st.text(max_size=24), min_size=1, max_size=4)
_E164 = re.compile(r"^\+[1-9]\d{3,14}$")


def column(values: list[str]) -> pl.Series:
    return pl.Series("value", values, dtype=pl.String)


def file_of(values: list[str]) -> pl.DataFrame:
    return pl.DataFrame(
        {"value": column(values), "_file": ["a.csv"] * len(values)}
    ).with_columns(pl.int_range(2, len(values) + 2, dtype=pl.Int64).alias("_row"))


@settings(max_examples=60, deadline=None)
@given(_ANY)
def test_the_key_of_an_address_is_its_own_key(values: list[str]) -> None:
    # S11
    once = emails.key(column(values))
    assert emails.key(once).to_list() == once.to_list()
    assert emails.is_valid(once).len() == len(values)


_DIALLED = st.text(alphabet="0123456789+-(). /x", max_size=18)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.one_of(_DIALLED, st.text(max_size=12)), min_size=1, max_size=3),
    st.sampled_from([None, "1", "+44", "DE", "0", "zz"]),
    st.sampled_from([None, "US", "DE"]),
)
def test_a_number_is_read_whole_or_not_at_all(
    values: list[str], code: str | None, region: str | None
) -> None:
    codes = pl.Series("code", [code] * len(values), dtype=pl.String)
    read = e164(column(values), codes, region)
    nobody = pl.Series("code", [None] * len(values), dtype=pl.String)
    for cell, number in zip(values, read, strict=True):
        if number is None:
            continue
        assert _E164.match(number)
        # What a person dialled stands at the end of it: no digit in the middle is lost.
        digits = re.sub(r"\D", "", cell.split("x", maxsplit=1)[0])
        if digits.isascii() and not re.search(r"[^\d+\-(). /]", cell):
            assert number.endswith(digits[-4:])
    assert e164(read, nobody, None).to_list() == read.to_list()


_AMOUNT = st.text(alphabet="0123456789.,-$() ", max_size=14)


@settings(max_examples=150)
@given(st.one_of(_AMOUNT, st.text(max_size=10)), st.booleans())
def test_an_amount_keeps_every_digit_or_is_none(cell: str, comma: bool) -> None:
    # S88
    number = money.parsed(cell, decimal_comma=comma)
    if number is None:
        return
    assert money.parsed(f"{number:f}") == number
    digits = "".join(re.findall(r"[0-9]", cell)).strip("0")
    assert "".join(re.findall(r"[0-9]", f"{number:f}")).strip("0") == digits


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(st.text(max_size=12), st.text(alphabet="0123456789/-: ", max_size=19)),
        min_size=1,
        max_size=3,
    )
)
def test_a_date_is_read_or_reported(values: list[str]) -> None:
    frame = file_of(values)
    read = dates.read_moments(frame, "value", RULES)
    lost = read.local.null_count()
    assert sum(finding.count for finding in read.findings) == lost
    assert all(moment.year >= 1900 for moment in read.local.drop_nulls())


# A hundred years of zero dates: nothing in them is a day.
@pytest.mark.parametrize("cell", ["0000-00-00", "0000-00-00 00:00:00", "N/A", " n/a "])
def test_a_zero_date_is_nothing_and_no_finding(cell: str) -> None:
    cleaned, findings = text.clean_texts(file_of([cell]), ["value"], RULES)
    assert cleaned["value"].to_list() == [None]
    assert findings == []


_WORDS = st.sampled_from(
    [
        "Dr.",
        "mrs",
        "Person",
        "van",
        "der",
        "Seven",
        "Jr.",
        ",",
        "PhD",
        "Ltd",
        "O'Nine",
        "Q.",
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.lists(_WORDS, max_size=6).map(" ".join), st.text(max_size=20)))
def test_no_word_of_a_full_name_is_lost(full: str) -> None:
    first, last = names.parts(pl.Series("name", [full]))
    one, other = first.item(), last.item()
    letters = Counter(letter for letter in full if letter.isalnum())
    assert Counter(c for c in f"{one or ''}{other or ''}" if c.isalnum()) == letters


@pytest.mark.parametrize(
    ("full", "parts"),
    [
        ("Dr. Person Seven", ("Dr. Person", "Seven")),
        ("Prof. Dr. Person van der Seven", ("Prof. Dr. Person", "van der Seven")),
        ("Person Seven, Jr.", ("Person", "Seven, Jr.")),
        ("Person Q. Seven III", ("Person", "Q. Seven III")),
        ("Seven, Person", ("Person", "Seven")),
        ("Seven Jr., Dr. Person", ("Dr. Person", "Seven Jr.")),
        ("Seven, Person, PhD", ("Person", "Seven, PhD")),
        ("Person Seven, Jr., PhD", ("Person", "Seven, Jr., PhD")),
        ("Mrs Seven", (None, "Mrs Seven")),
        ("Person Jr", ("Person", "Jr")),
        ("Person", ("Person", None)),
        ("Drake Miller", ("Drake", "Miller")),
    ],
)
def test_titles_and_suffixes_stay_with_the_name_they_belong_to(
    full: str, parts: tuple[str | None, str | None]
) -> None:
    first, last = names.parts(pl.Series("name", [full]))
    assert (first.item(), last.item()) == parts


@settings(max_examples=100, deadline=None)
@given(st.one_of(st.text(max_size=30), st.text(alphabet="htps:/w.abc?#@", max_size=30)))
@example("@@.0")
def test_the_domain_of_a_domain_is_itself(site: str) -> None:
    # S31
    frame = pl.DataFrame({"site": [site]})
    once = frame.select(domain(pl.col("site")).alias("site"))
    twice = once.select(domain(pl.col("site")).alias("site"))
    host = once.item()
    assert host is None or host == host.lower()
    assert twice.item() == host or host.startswith("www")


@settings(max_examples=200)
@given(st.text(max_size=16))
def test_the_key_of_any_company_is_stable(name: str) -> None:
    # S32
    key = name_key(name, LEGAL_SUFFIXES)
    assert key is None or name_key(key, ()) == key
    shouted = name_key(name.upper(), LEGAL_SUFFIXES)
    assert not name.isascii() or shouted == key


@settings(max_examples=100)
@given(st.text(alphabet="abé&<>;\"' #", max_size=16))
def test_entities_are_decoded_once_and_only_once(written: str) -> None:
    twice = html.escape(html.escape(written))
    assert text.decoded(twice) == html.escape(written)


@settings(max_examples=80, deadline=None)
@given(_ANY)
def test_clean_text_stays_clean(values: list[str]) -> None:
    plain = SourceRules(html_entities=False)
    once, _ = text.clean_column(column(values), plain)
    twice, _ = text.clean_column(once, plain)
    assert twice.to_list() == once.to_list()
