"""Whatever cleaning does to a text has a name, and the name is listed."""

import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kartra_freshsales.freshsales.comparison import MEANINGS, NORMALISATIONS
from kartra_freshsales.mapping.cleaning_rules import SourceRules
from kartra_freshsales.reports.differences import named_rules
from kartra_freshsales.transforms.normalisations import RULES, explained, text_told
from kartra_freshsales.transforms.text import clean_column, one_line
from kartra_freshsales_tests.data.scenario import NAUGHTY

_ENTITIES = st.sampled_from(["&amp;", "&#0;", "&#13;", "&nbsp;", "N/A", "\u0301", "\u200b"])
_TEXTS = st.lists(st.one_of(st.text(max_size=6), _ENTITIES), max_size=5).map("".join)


def cleaned(cell: str, rules: SourceRules, *, narrow: bool) -> str | None:
    """The cell as the cleaning itself leaves it."""
    column = clean_column(pl.Series("cell", [cell]), rules)[0].to_frame()
    told = column.select(one_line(pl.col("cell")) if narrow else pl.col("cell")).item()
    return None if told is None else str(told)


@settings(max_examples=150, deadline=None)
@given(_TEXTS, st.booleans(), st.booleans())
@example(NAUGHTY["HTML"], True, True)
@example(NAUGHTY["blanks around"], True, True)
@example(NAUGHTY["control characters"], True, True)
def test_the_named_rules_are_all_that_cleaning_does_to_a_text(
    cell: str, narrow: bool, entities: bool
) -> None:
    # S16 G3
    rules = SourceRules(html_entities=entities)
    told = text_told(cell, rules, one_line=narrow)
    assert told.value == cleaned(cell, rules, narrow=narrow)
    assert set(told.rules) <= set(RULES)
    assert (told.rules == ()) == (told.value == cell)


def test_a_change_that_no_rule_makes_is_not_explained() -> None:
    rules = SourceRules()
    assert explained("Zoë ", "Zoë", rules, one_line=True) == ("trimmed_ends",)
    assert explained("N/A", None, rules, one_line=True) == ("word_for_nothing",)
    assert explained("Zoë", "Zoe", rules, one_line=True) is None
    assert explained("Zoë", None, rules, one_line=True) is None


def test_the_report_lists_every_rule_of_both_sides_with_what_it_does() -> None:  # S16
    assert list(MEANINGS) == list(NORMALISATIONS)
    listed = named_rules()
    assert set(listed["rule"]) == {*RULES, *MEANINGS}
    assert listed["what it does"].str.ends_with(".").all()
