"""One value of a decision file changes, and no other line of it."""

import difflib
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kartra_freshsales.errors import IntegrityError
from kartra_freshsales.mapping.yaml_edits import (
    with_item,
    with_value,
    without_item,
    without_key,
)

SHIPPED = Path(__file__).resolve().parents[2] / "mappings"
WORDS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")),
                min_size=1, max_size=12)  # fmt: skip


def shipped(name: str) -> str:
    return (SHIPPED / name).read_text(encoding="utf-8")


def differing(old: str, new: str) -> list[str]:
    """Lines taken out and put in, as a patch shows them."""
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=0)
    return [line for line in list(lines)[2:] if not line.startswith("@@")]


def comments(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.lstrip().startswith("#")]


def test_a_value_in_the_middle_of_a_file_is_one_changed_line() -> None:
    old = shipped("source.yaml")
    new = with_value(old, ("transactions", "types", "Failed"), "deal")
    assert differing(old, new) == ["-    Failed: exclude", "+    Failed: deal"]
    old = shipped("fields.yaml")
    new = with_value(old, ("contacts", "score"), {"drop": "nobody reads it"})
    assert differing(old, new) == [
        "-  score: {custom: {label: Kartra score, type: number}}",
        "+  score: {drop: nobody reads it}",
    ]


def test_a_new_word_stands_below_the_last_one_of_its_table() -> None:
    old = shipped("consent.yaml")
    new = with_value(old, ("mail", "Wobbly"), "bounced")
    assert differing(old, new) == ["+  Wobbly: bounced"]
    assert "Multiple soft bounces: bounced\n  Wobbly: bounced\n\n#" in new


def test_an_empty_table_opens_up_and_closes_again() -> None:
    old = shipped("tags.yaml")
    new = with_item(with_value(old, ("rename", "Webnar"), "Webinar"), ("drop",), "Yes")
    assert differing(old, new) == [
        "-rename: {}", "+rename:", "+  Webnar: Webinar",
        "-drop: []", "+drop:", "+  - 'Yes'",
    ]  # fmt: skip
    again = without_item(without_key(new, ("rename", "Webnar")), ("drop",), "Yes")
    assert again == old


def test_entries_within_brackets_stay_within_them() -> None:
    text = "a: {x: 1}  # why\nb: [p, q]\n"
    assert with_value(text, ("a", "y"), 2) == "a: {x: 1, y: 2}  # why\nb: [p, q]\n"
    assert with_item(text, ("b",), "r, s") == "a: {x: 1}  # why\nb: [p, q, 'r, s']\n"
    assert without_item(text, ("b",), "p") == "a: {x: 1}  # why\nb: [q]\n"
    assert without_key(text, ("a", "x")) == "a: {}  # why\nb: [p, q]\n"


def test_what_is_missing_is_added_at_the_end() -> None:
    assert yaml.safe_load(with_value("", ("a", "b"), 1)) == {"a": {"b": 1}}
    assert with_item("# mine\na: 1", ("b",), "x") == "# mine\na: 1\nb: [x]"
    assert with_value("a:\n# end\n", ("a", "b"), 1) == "a: {b: 1}\n# end\n"


def test_a_layout_that_cannot_be_changed_is_refused_and_not_guessed() -> None:
    shared = "a: &x {k: 1}\nb: *x\n"
    with pytest.raises(IntegrityError):
        with_value(shared, ("b", "j"), 2)


@settings(max_examples=60, deadline=None)
@given(
    renamed=st.dictionaries(WORDS, WORDS, max_size=4),
    dropped=st.lists(WORDS, unique=True, max_size=4),
    back=st.booleans(),
)
def test_any_decisions_can_be_written_in_and_out_with_every_comment_kept(
    renamed: dict[str, str], dropped: list[str], back: bool
) -> None:
    old = text = shipped("tags.yaml")
    for name, new in renamed.items():
        text = with_value(text, ("rename", name), new)
    for name in dropped:
        text = with_item(text, ("drop",), name)
    assert comments(text) == comments(old)
    told: dict[str, Any] = yaml.safe_load(text)
    assert (told["rename"], told["drop"]) == (renamed, dropped)
    for name in sorted(renamed, reverse=back):
        text = without_key(text, ("rename", name))
    for name in sorted(dropped, reverse=back):
        text = without_item(text, ("drop",), name)
    assert text == old
