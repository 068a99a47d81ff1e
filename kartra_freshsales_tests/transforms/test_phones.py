"""Phone numbers in E.164."""

import phonenumbers
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kartra_freshsales.transforms.phones import e164


def read(
    number: str | None, code: str | None = None, region: str | None = "US"
) -> str | None:
    numbers = pl.Series("phone", [number], dtype=pl.String)
    codes = pl.Series("code", [code], dtype=pl.String)
    found: str | None = e164(numbers, codes, region)[0]
    return found


@pytest.mark.parametrize(
    ("number", "code", "expected"),
    [
        ("(201) 555-0123", None, "+12015550123"),
        ("201-555-0123", "1", "+12015550123"),
        ("201.555.0123", "+1", "+12015550123"),
        ("12015550123", "1", "+12015550123"),  # the code once more inside the number
        ("+1 201 555 0123", "44", "+12015550123"),  # what the number says is stronger
        ("07400 123456", "44", "+447400123456"),
        ("0151 23456789", "+49", "+4915123456789"),
        ("06 12345678", "39", "+390612345678"),  # Italy keeps its leading zero
        ("00447400123456", None, "+447400123456"),
        ("07400 123456", "GB", "+447400123456"),
        ("2015550123 ext. 5", None, "+12015550123"),
    ],
)
def test_a_number_becomes_e164(number: str, code: str | None, expected: str) -> None:
    assert read(number, code) == expected


@pytest.mark.parametrize(
    "junk",
    ["123", "call me", "000000", "", None, "5", "1.2015E+10", "+", "999999999999999999"],
)
def test_junk_is_no_number(junk: str | None) -> None:
    assert read(junk) is None


def test_without_a_region_a_national_number_is_not_guessed() -> None:
    assert read("201-555-0123", region=None) is None


def _example(region: str) -> str:
    number = phonenumbers.example_number(region)
    assert number is not None
    return phonenumbers.national_significant_number(number)


_EXAMPLES = {
    region: _example(region) for region in ("US", "GB", "DE", "AU", "IT", "AR", "FR", "IN")
}


@settings(max_examples=100)
@given(st.sampled_from(sorted(_EXAMPLES)), st.data())
def test_reading_by_shape_agrees_with_reading_one_by_one(
    region: str, data: st.DataObject
) -> None:
    plan = _EXAMPLES[region]
    kept = data.draw(st.integers(1, len(plan)))
    rest = data.draw(
        st.text("0123456789", min_size=len(plan) - kept, max_size=len(plan) - kept)
    )
    code = str(phonenumbers.country_code_for_region(region))
    number = phonenumbers.parse(f"+{code}{plan[:kept]}{rest}")
    expected = None
    if phonenumbers.is_valid_number(number):
        expected = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    # The neighbour shares the shape and must not lend its own verdict.
    neighbour = pl.Series("phone", [f"+{code}{plan}", f"+{code}{plan[:kept]}{rest}"])
    blank = pl.Series("code", [None, None], dtype=pl.String)
    assert e164(neighbour, blank, None)[1] == expected
