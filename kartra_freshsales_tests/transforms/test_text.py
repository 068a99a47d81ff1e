"""Cells as clean text."""

import unicodedata

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from kartra_freshsales.mapping.cleaning_rules import SourceRules
from kartra_freshsales.transforms.text import clean_column, clean_texts, decoded
from kartra_freshsales_tests.transforms.scenario import RULES, told


def cleaned(*cells: str | None, rules: SourceRules = RULES) -> list[str | None]:
    return clean_column(pl.Series("cell", cells, dtype=pl.String), rules)[0].to_list()


def test_blanks_null_words_and_zero_dates_are_nothing() -> None:
    cells = ("", "  ", "N/A", "n/a ", "0000-00-00", "0000-00-00 00:00:00", None)
    assert cleaned(*cells) == [None] * 7


def test_a_word_that_is_no_null_word_stays() -> None:
    # "Null" and "None" are surnames and choices.
    assert cleaned("Null", "None", "0", "-") == ["Null", "None", "0", "-"]


def test_outer_blanks_and_invisible_marks_go() -> None:
    assert cleaned("\ufeff Ada\u00a0", "\u200bBen\t") == ["Ada", "Ben"]


def test_one_unicode_form() -> None:
    assert cleaned(unicodedata.normalize("NFD", "Zoë")) == ["Zoë"]


def test_entities_are_decoded_once_and_only_known_ones() -> None:
    assert cleaned("O&#039;Brook", "R&amp;D", "&amp;amp;", "A&nosuch;B", "?a=1&copy=2") == [
        "O'Brook",
        "R&D",
        "&amp;",
        "A&nosuch;B",
        "?a=1&copy=2",
    ]


def test_entities_stay_where_the_operator_says_so() -> None:
    assert cleaned("R&amp;D", rules=SourceRules(html_entities=False)) == ["R&amp;D"]


def test_decoded_cells_are_reported_without_their_text() -> None:
    frame = pl.DataFrame({"x": ["R&amp;D", "a"], "_file": ["f", "f"], "_row": [2, 3]})
    _, findings = clean_texts(frame, ["x"], RULES)
    assert "f:2, column 'x'" in told(findings)
    assert "R&" not in told(findings)


@settings(max_examples=200)
@given(st.text(max_size=20))
def test_a_clean_text_stays_as_it_is(text: str) -> None:
    rules = SourceRules(html_entities=False)
    once = cleaned(text, rules=rules)
    assert cleaned(*once, rules=rules) == once


@settings(max_examples=200)
@given(st.text(alphabet=st.characters(exclude_characters="&"), max_size=20))
def test_text_without_ampersand_is_never_decoded(text: str) -> None:
    assert decoded(text) == text
