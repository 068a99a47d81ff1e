"""Rules of the first stages: what was not read, what was set aside, what is conserved."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kartra_freshsales.kartra.model import QUARANTINE_SCHEMA, Reason
from kartra_freshsales.orchestration.checks import (
    key_rules,
    source_rules,
)
from kartra_freshsales.orchestration.checks.shape_rules import conforms
from kartra_freshsales.schemas.raw import RawRows
from kartra_freshsales_tests.dagster.frames import (
    EMAIL,
    FILE,
    golden,
    raw,
    rows,
    without,
)


def quarantine(*reasons: Reason) -> pl.DataFrame:
    return pl.DataFrame(
        [
            ("b", FILE, n, str(reason), "Do this.", EMAIL)
            for n, reason in enumerate(reasons, 2)
        ],
        schema=dict(QUARANTINE_SCHEMA),
        orient="row",
    )


def test_raw_rows_of_text_with_their_places_pass() -> None:
    rule = source_rules.every_line_is_one_row_of_text("raw")
    verdict = rule({"raw": raw([2, 3])})
    assert verdict.failures == 0
    assert verdict.counts["rows"] == 2
    assert conforms("raw", RawRows)({"raw": raw([2, 3])}).failures == 0


# S76
def test_a_line_that_was_read_twice_is_found() -> None:
    rule = source_rules.every_line_is_one_row_of_text("raw")
    verdict = rule({"raw": raw([2, 3, 3])})
    assert verdict.failures == 2
    assert verdict.where == [f"b/{FILE}:3", f"b/{FILE}:3"]


# G8
def test_a_cell_that_was_interpreted_while_reading_is_found_by_its_column() -> None:
    rule = source_rules.every_line_is_one_row_of_text("raw")
    verdict = rule({"raw": raw([2]).with_columns(pl.lit(1).alias("score"))})
    assert verdict.where == ["score"]


@pytest.mark.parametrize(
    ("frame", "column"),
    [
        (raw([2]).with_columns(pl.col("_row").cast(pl.String)), "_row"),
        (raw([2]).drop("_exported_at"), "_exported_at"),
    ],
)
def test_a_row_without_its_place_breaks_the_shape(frame: pl.DataFrame, column: str) -> None:
    verdict = conforms("raw", RawRows)({"raw": frame})
    assert verdict.failures
    assert any(name.startswith(f"{column}: ") for name in verdict.counts)


# G8, S75
def test_unread_lines_are_counted_by_reason_and_reasons_without_any_report_0() -> None:
    frame = quarantine(Reason.STRAY_QUOTE, Reason.STRAY_QUOTE, Reason.NUL_BYTE)
    verdict = source_rules.every_line_was_read("q")({"q": frame})
    assert verdict.failures == 3
    assert verdict.counts == {
        "too_many_fields": 0,
        "too_few_fields": 0,
        "stray_quote": 2,
        "nul_byte": 1,
        "repeated_header": 0,
        "before_header": 0,
        "after_data": 0,
        "other_header": 0,
        "mangled_key": 0,
    }
    assert verdict.where[0] == f"b/{FILE}:2"


def test_titles_and_repeated_headers_are_counted_but_no_fault() -> None:
    frame = quarantine(Reason.REPEATED_HEADER, Reason.BEFORE_HEADER, Reason.AFTER_DATA)
    verdict = source_rules.every_line_was_read("q")({"q": frame})
    assert verdict.failures == 0
    assert verdict.counts["repeated_header"] == 1


# G8, S75
def test_a_file_of_which_no_line_could_be_read_stops_its_batch() -> None:
    frames = {"r": raw([]), "q": quarantine(Reason.TOO_MANY_FIELDS)}
    verdict = source_rules.some_line_was_read("r", "q")(frames)
    assert (verdict.failures, verdict.where) == (1, [f"b/{FILE}:2"])
    assert source_rules.some_line_was_read("r", "q")(frames | {"r": raw([3])}).failures == 0


# S75, S78
def test_an_unusable_file_is_named_with_its_own_remedy() -> None:
    problems = pl.DataFrame(
        {
            "_batch": ["b"],
            "_file": ["photo.png"],
            "what": ["is no text."],
            "remedy": ["Remove it."],
        }
    )
    verdict = source_rules.every_file_is_usable({"file_problems": problems})
    assert verdict.failures == 1
    assert verdict.where == ["b/photo.png: is no text. Remove it."]


# S86, S99
def test_what_rules_set_aside_informs_and_never_fails() -> None:
    frames = {
        "cleaned_contacts": rows([4]),
        "set_aside_contacts": rows(
            [2, 3], state=["excluded", "quarantined"], reason=["test_contact", "no_email"]
        ),
    }
    verdict = source_rules.set_aside_by_rule("contacts")(frames)
    assert verdict.failures == 0
    assert verdict.counts == {
        "went on": 1,
        "excluded": 1,
        "suppressed": 0,
        "quarantined": 1,
        "because no_email": 1,
        "because test_contact": 1,
    }


# G4, S76
def test_every_row_cleaned_or_set_aside_is_conserved() -> None:
    rule = key_rules.rows_conserved(("raw",), ("cleaned", "aside"))
    verdict = rule({"raw": raw([2, 3, 4]), "cleaned": rows([2, 4]), "aside": rows([3])})
    assert verdict.failures == 0
    assert verdict.counts == {
        "raw": 3,
        "cleaned": 2,
        "aside": 1,
        "lost": 0,
        "from nowhere": 0,
        "more than once": 0,
    }


# G4
@pytest.mark.parametrize(
    ("ended", "word", "line"),
    [
        ([2, 3], "lost", 4),
        ([2, 3, 4, 5], "from nowhere", 5),
        ([2, 3, 4, 4], "more than once", 4),
    ],
)
def test_a_row_lost_doubled_or_invented_is_found_at_its_line(
    ended: list[int], word: str, line: int
) -> None:
    rule = key_rules.rows_conserved(("raw",), ("cleaned",))
    verdict = rule({"raw": raw([2, 3, 4]), "cleaned": rows(ended)})
    assert verdict.failures == 1
    assert verdict.counts[word] == 1
    assert verdict.where == [f"b/{FILE}:{line}"]


# G4
@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(2, 9), unique=True),
    st.lists(st.integers(2, 9), unique=True),
    st.lists(st.integers(2, 9), unique=True),
)
def test_rows_are_conserved_exactly_if_the_parts_split_the_whole(
    whole: list[int], one: list[int], other: list[int]
) -> None:
    rule = key_rules.rows_conserved(("raw",), ("one", "other"))
    verdict = rule({"raw": raw(whole), "one": rows(one), "other": rows(other)})
    assert (verdict.failures == 0) == (sorted(one + other) == sorted(whole))


def test_lines_of_the_same_number_in_two_files_are_two_rows() -> None:
    rule = key_rules.rows_conserved(("a", "b"), ("ended",))
    ended = pl.concat([rows([2]), rows([2], file="other.csv")])
    frames = {"a": raw([2]), "b": rows([2], file="other.csv"), "ended": ended}
    assert rule(frames).failures == 0


# S11, S88
def test_repeated_and_missing_keys_are_counted_apart() -> None:
    frame = rows([2, 3, 4, 5], contact_key=[EMAIL, EMAIL, None, "other@example.com"])
    verdict = key_rules.unique_keys("contacts", "contact_key")({"contacts": frame})
    assert verdict.failures == 3
    assert verdict.counts == {"rows": 4, "repeated": 2, "without a key": 1}


# S18, S36
def test_a_deal_whose_contact_is_not_there_is_found() -> None:
    rule = key_rules.references_resolve("transactions", "contacts", "contact_key")
    frames = golden()
    assert rule(frames).failures == 0
    verdict = rule(without(frames, "contacts"))
    assert verdict.failures == 1
    assert verdict.where == ["b/t.csv:2"]


# S33
def test_a_contact_without_company_needs_no_account_but_a_deal_needs_a_contact() -> None:
    child = rows([2], account_key=[None])
    parent = rows([], account_key=[])
    frames = {"child": child, "parent": parent}
    optional = key_rules.references_resolve("child", "parent", "account_key")
    needed = key_rules.references_resolve("child", "parent", "account_key", required=True)
    assert optional(frames).failures == 0
    assert needed(frames).failures == 1
