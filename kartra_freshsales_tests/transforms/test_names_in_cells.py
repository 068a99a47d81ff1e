"""Cells that hold several names."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kartra_freshsales.mapping.cleaning_rules import SourceRules
from kartra_freshsales.transforms.names_in_cells import separator, split, split_columns
from kartra_freshsales_tests.transforms.scenario import RULES


def names(cell: str | None, mark: str | None = ",") -> list[str]:
    found: list[str] = split(pl.Series("tags", [cell], dtype=pl.String), mark)[0].to_list()
    return found


@pytest.mark.parametrize(
    ("cells", "mark"),
    [
        (["a, b; c"], ";"),
        (["a, b | c"], "|"),
        (["a", "b, c"], ","),
        (["a", None], None),
        (['"a; b", c'], ","),
    ],
)
def test_the_separator_is_found_by_preference_and_only_if_it_occurs(
    cells: list[str | None], mark: str | None
) -> None:
    # S44 S47
    assert separator(pl.Series(cells, dtype=pl.String)) == mark


def test_names_are_trimmed_and_empty_ones_dropped() -> None:
    assert names(" VIP ,, Newsletter , ") == ["VIP", "Newsletter"]
    assert names(None) == []
    assert names(" , ") == []


def test_repeats_go_whatever_their_case_and_the_first_spelling_stays() -> None:
    assert names("VIP, vip, Newsletter, VIP , Élan, ÉLAN") == ["VIP", "Newsletter", "Élan"]


def test_quoted_parts_may_hold_the_separator() -> None:
    assert names('"Paid, in full", VIP') == ["Paid, in full", "VIP"]
    assert names('"say ""hi"", you", b') == ['say "hi", you', "b"]
    assert names('5" disk, b') == ['5" disk', "b"]


def test_without_separator_a_cell_is_one_name() -> None:
    assert names("Members Area - Gold", None) == ["Members Area - Gold"]


def both_files(rules: SourceRules) -> list[list[str]]:
    frame = pl.DataFrame({"tags": ["a, b", "c; d, e"], "_file": ["1.csv", "2.csv"]})
    return split_columns(frame, ["tags"], rules)["tags"].to_list()


def test_each_file_has_its_own_separator() -> None:
    assert both_files(RULES) == [["a", "b"], ["c", "d, e"]]


def test_the_operator_may_overrule_the_separator() -> None:
    assert both_files(SourceRules(separators={"tags": ","})) == [["a", "b"], ["c; d", "e"]]
    assert both_files(SourceRules(separators={"tags": ""})) == [["a, b"], ["c; d, e"]]


_NAME = st.text(alphabet="abAB 1é", min_size=1, max_size=5).map(str.strip).filter(bool)


@settings(max_examples=200)
@given(st.lists(_NAME, max_size=6), st.sampled_from([";", "|", ","]), st.booleans())
def test_joined_names_come_apart_again(many: list[str], mark: str, quoted: bool) -> None:
    cell = mark.join(f'"{name}"' if quoted else name for name in many) or None
    first: dict[str, str] = {}
    for name in many:
        first.setdefault(name.lower(), name)
    assert names(cell, mark) == list(first.values())
