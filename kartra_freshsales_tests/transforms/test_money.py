"""Amounts as decimals."""

from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kartra_freshsales.mapping.cleaning_rules import SourceRules
from kartra_freshsales.transforms.money import Amounts, parsed, read_amounts
from kartra_freshsales_tests.transforms.scenario import RULES, told


def read(*cells: str | None, rules: SourceRules = RULES) -> Amounts:
    frame = pl.DataFrame(
        {
            "amount": pl.Series(cells, dtype=pl.String),
            "_file": ["a.csv"] * len(cells),
            "_row": range(2, len(cells) + 2),
        }
    )
    return read_amounts(frame, "amount", rules)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("97", "97"),
        ("97.5", "97.5"),
        ("1,234.56", "1234.56"),
        ("$1,234,567.00", "1234567"),
        ("-12.00", "-12"),
        ("(12.00)", "-12"),
        ("- $12", "-12"),
        ("€ 9.99", "9.99"),
        (".5", "0.5"),
        ("10.000", "10"),
        ("0.00", "0"),
    ],
)
def test_an_amount_is_read(text: str, expected: str) -> None:
    # S14 S35
    assert parsed(text) == Decimal(expected)


@pytest.mark.parametrize(
    "text", ["12,50", "1.234,56", "1,23,4", "12.5.0", "1e3", "free", "-", "$"]
)
def test_what_could_be_another_amount_is_not_guessed(text: str) -> None:
    found = read(text, "1.00")
    assert found.values.to_list() == [None, Decimal("1.00")]
    assert "a.csv:2, column 'amount'" in told(found.findings)
    assert "decimal_comma" in told(found.findings)


def test_commas_are_decimal_where_the_operator_says_so() -> None:
    rules = SourceRules(decimal_comma=True)
    found = read("12,50", "1.234,56", "7", rules=rules)
    assert found.values.to_list() == [Decimal("12.50"), Decimal("1234.56"), Decimal("7.00")]


def test_more_than_two_decimals_are_rounded_and_reported() -> None:
    found = read("1.005", "1.004", "1.000")
    assert found.values.to_list() == [Decimal("1.01"), Decimal("1.00"), Decimal("1.00")]
    assert "(2 times)" in told(found.findings)


def test_blank_is_no_amount_and_no_finding() -> None:
    found = read(None, None)
    assert found.values.dtype == pl.Decimal(18, 2)
    assert found.findings == ()


_CENTS = st.decimals(Decimal("-9999999.99"), Decimal("9999999.99"), places=2)


@settings(max_examples=200)
@given(st.lists(_CENTS, min_size=1, max_size=5), st.sampled_from(["{}", "{:,}", "${:,}"]))
def test_a_written_amount_is_read_back_to_the_cent(
    amounts: list[Decimal], style: str
) -> None:
    assert read(*map(style.format, amounts)).values.to_list() == amounts
