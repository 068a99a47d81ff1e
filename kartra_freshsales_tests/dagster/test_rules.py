"""What each rule of the checks counts, where it points, and what it must not show."""

from datetime import UTC, datetime

import pandera.polars as pa
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kartra_freshsales.kartra.model import QUARANTINE_SCHEMA, Reason
from kartra_freshsales.orchestration.checks import (
    key_rules,
    load_rules,
    record_rules,
    source_rules,
)
from kartra_freshsales.orchestration.checks.shape_rules import conforms
from kartra_freshsales.orchestration.checks.verdicts import Verdict, places
from kartra_freshsales.schemas.raw import RawRows
from kartra_freshsales_tests.dagster.frames import (
    EMAIL,
    FILE,
    SECRETS,
    golden,
    intended,
    loaded,
    plan,
    raw,
    rows,
    without,
)


def shown(verdict: Verdict) -> str:
    return repr((verdict.counts, verdict.where, verdict.remedy))


def quarantine(*reasons: Reason) -> pl.DataFrame:
    return pl.DataFrame(
        [
            ("b", FILE, n, str(reason), "Do this.", EMAIL)
            for n, reason in enumerate(reasons, 2)
        ],
        schema=dict(QUARANTINE_SCHEMA),
        orient="row",
    )


# --- extract ---------------------------------------------------------------------------


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
    }
    assert verdict.where[0] == f"b/{FILE}:2"


def test_titles_and_repeated_headers_are_counted_but_no_fault() -> None:
    frame = quarantine(Reason.REPEATED_HEADER, Reason.BEFORE_HEADER)
    verdict = source_rules.every_line_was_read("q")({"q": frame})
    assert verdict.failures == 0
    assert verdict.counts["repeated_header"] == 1


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


# --- clean -----------------------------------------------------------------------------


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


# --- golden ----------------------------------------------------------------------------


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
    child = rows([2], account_key=pl.Series([None], dtype=pl.String))
    parent = rows([], account_key=pl.Series([], dtype=pl.String))
    frames = {"child": child, "parent": parent}
    optional = key_rules.references_resolve("child", "parent", "account_key")
    needed = key_rules.references_resolve("child", "parent", "account_key", required=True)
    assert optional(frames).failures == 0
    assert needed(frames).failures == 1


# --- decisions -------------------------------------------------------------------------


# S1, S52
def test_a_column_without_a_decision_is_named() -> None:
    frames = {
        "mapping_coverage": pl.DataFrame(
            {"kind": ["contacts"], "column": ["email"], "decision": ["mapped"]}
        ),
        "export_columns": pl.DataFrame(
            {"kind": ["contacts"] * 3, "column": ["email", "Shoe size", "_file"]}
        ),
    }
    verdict = record_rules.every_column_is_decided(frames)
    assert verdict.failures == 1
    assert verdict.where == ["contacts: Shoe size"]
    assert verdict.counts == {"columns": 2, "mapped": 1, "derived": 0, "dropped": 0}


# S61, S63
def test_owners_without_an_active_user_are_counted_with_what_waits_for_them() -> None:
    owners = pl.DataFrame(
        {
            "owner": [EMAIL, "buyer@example.org", "(no owner)"],
            "contacts": [3, 2, 7],
            "deals": [1, 0, 4],
            "status": ["inactive", "matched", "default"],
        }
    )
    verdict = record_rules.every_owner_is_matched({"owner_map": owners})
    assert verdict.failures == 1
    assert verdict.counts["contacts waiting"] == 3
    assert verdict.counts["deals waiting"] == 1
    assert verdict.counts["unmatched"] == 0


# S56, S93, S97
def test_fields_that_do_not_stand_yet_are_named_by_label_and_state() -> None:
    fields = pl.DataFrame(
        {
            "endpoint": ["contacts", "deals"],
            "label": ["Shoe size", "Product"],
            "status": ["missing", "ok"],
        }
    )
    verdict = record_rules.every_field_stands({"field_plan": fields})
    assert verdict.failures == 1
    assert verdict.where == ["contacts: Shoe size (missing)"]


# S29
def test_golden_records_that_all_become_one_record_each_pass() -> None:
    verdict = record_rules.every_golden_record_is_intended(golden())
    assert verdict.failures == 0
    assert verdict.counts["golden contacts"] == 1


# S29
@pytest.mark.parametrize("lost", ["sales_accounts", "contacts", "deals", "subscriptions"])
def test_a_golden_record_that_becomes_nothing_is_found(lost: str) -> None:
    frames = golden()
    frames["intended_records"] = frames["intended_records"].filter(pl.col("module") != lost)
    verdict = record_rules.every_golden_record_is_intended(frames)
    assert verdict.failures == 1
    assert verdict.counts["not intended"] == 1
    assert len(verdict.where) == 1


# S23, S29
def test_a_contact_that_becomes_lead_and_contact_is_found() -> None:
    frames = golden()
    twice = pl.concat([frames["intended_records"], intended(("leads", EMAIL))])
    verdict = record_rules.every_golden_record_is_intended(
        {**frames, "intended_records": twice}
    )
    assert verdict.counts["intended twice"] == 1
    assert verdict.failures == 1


def test_an_intended_deal_of_no_golden_record_is_found() -> None:
    verdict = record_rules.every_golden_record_is_intended(
        without(golden(), "transactions")
    )
    assert verdict.counts["of no golden record"] == 1


# S37, S40
@pytest.mark.parametrize(
    "instead",
    [intended(("notes", "sub:1")), intended(("deals", "txn:1"), sources=["b/s.csv:2"])],
)
def test_a_subscription_may_become_a_note_or_fields_of_a_deal(
    instead: pl.DataFrame,
) -> None:
    frames = golden()
    kept = frames["intended_records"].filter(
        ~pl.col("module").is_in(["subscriptions", instead.item(0, "module")])
    )
    if instead.item(0, "module") == "notes":
        kept = pl.concat([kept, intended(("notes", f"note:{EMAIL}"))])
    frames["intended_records"] = pl.concat([kept, instead])
    assert record_rules.every_golden_record_is_intended(frames).failures == 0


# S9
def test_a_map_that_makes_no_accounts_misses_none() -> None:
    frames = golden()
    frames["intended_records"] = (
        frames["intended_records"]
        .filter(pl.col("module") != "sales_accounts")
        .with_columns(pl.lit('{"sales_account": null}').alias("payload"))
    )
    assert record_rules.every_golden_record_is_intended(frames).failures == 0


# --- plan and load ---------------------------------------------------------------------


# G17, G5
def test_refusals_and_conflicts_are_counted_by_reason() -> None:
    frames = {
        "load_plan": plan(
            (EMAIL, "refuse", "too_long"),
            ("b@example.com", "conflict", "changed_by_people"),
            ("c@example.com", "create", None),
        )
    }
    refused = load_rules.nothing_is_refused(frames)
    assert refused.failures == 1
    assert refused.counts["because too_long"] == 1
    assert refused.counts["update"] == 0
    assert refused.where == [f"b/{FILE}:2"]
    assert load_rules.no_conflicts(frames).where == [f"b/{FILE}:3"]


# G13
def test_failed_records_are_counted_by_reason_and_refused_ones_are_not() -> None:
    results = loaded((EMAIL, "failed", "server_fault"), ("b", "refused", "too_long"))
    verdict = load_rules.nothing_failed("loaded_contacts")({"loaded_contacts": results})
    assert verdict.failures == 1
    assert verdict.counts["because server_fault"] == 1
    assert verdict.counts["refused"] == 1


# G1, S104
@pytest.mark.parametrize(
    ("results", "word"),
    [
        (loaded(("a", "created", None)), "without an outcome"),
        (
            loaded(("a", "created", None), ("b", "created", None), ("c", "created", None)),
            "not in the plan",
        ),
        (
            loaded(("a", "created", None), ("b", "created", None), ("b", "created", None)),
            "more than once",
        ),
    ],
)
def test_a_planned_record_has_one_outcome_and_nothing_else_has_any(
    results: pl.DataFrame, word: str
) -> None:
    rule = load_rules.every_planned_record_has_an_outcome("loaded", "contacts")
    planned = plan(("a", "create", None), ("b", "create", None))
    everything = loaded(("a", "created", None), ("b", "created", None))
    assert rule({"loaded": everything, "load_plan": planned}).failures == 0
    verdict = rule({"loaded": results, "load_plan": planned})
    assert verdict.failures == 1
    assert verdict.counts[word] == 1


# S16, G3
def test_fields_that_differ_are_counted_by_cause_and_by_field() -> None:
    fields = pl.DataFrame(
        {
            "source_key": [EMAIL] * 4,
            "field": ["first_name", "city", "city", "zip"],
            "cause": ["equal", "normalised", "wrong", "edited_since"],
            "sources": [[f"b/{FILE}:2"]] * 4,
        }
    )
    verdict = load_rules.every_field_arrived("r")({"r": fields})
    assert verdict.failures == 1
    assert verdict.counts["wrong"] == 1
    assert verdict.counts["truncated"] == 0
    assert verdict.counts["field city"] == 1
    assert verdict.counts["records that differ"] == 1


# S8
@pytest.mark.parametrize(("passed", "failures"), [([True], 0), ([False], 1), ([None], 1)])
def test_a_certificate_passes_only_if_every_measure_does(
    passed: list[bool | None], failures: int
) -> None:
    measures = pl.DataFrame(
        {
            "measure": ["fields equal"],
            "module": ["contacts"],
            "required": ["at least 100 %"],
            "measured": ["99 %"],
            "passed": pl.Series(passed, dtype=pl.Boolean),
        }
    )
    assert load_rules.certificate_passes({"certificate": measures}).failures == failures


# S8
def test_a_certificate_that_measured_nothing_does_not_pass() -> None:
    empty = pl.DataFrame(
        schema={
            **dict.fromkeys(("measure", "module", "required", "measured"), pl.String),
            "passed": pl.Boolean,
        }
    )
    assert load_rules.certificate_passes({"certificate": empty}).failures == 1


# S3, G2
@pytest.mark.parametrize(("proven", "failures"), [(True, 0), (False, 2)])
def test_an_undo_that_is_not_proven_fails(proven: bool, failures: int) -> None:
    undone = pl.DataFrame({"outcome": ["done", "spared"], "proven": [proven, proven]})
    verdict = load_rules.rollback_is_proven({"rolled_back": undone})
    assert verdict.failures == failures
    assert verdict.counts["already_gone"] == 0


# --- shape -----------------------------------------------------------------------------


class People(pa.DataFrameModel):
    email: str
    consent: str = pa.Field(isin=["subscribed"])
    score: pl.Int64


def shaped(consents: list[str | None]) -> pl.DataFrame:
    n = len(consents)
    return rows(range(2, n + 2), email=[EMAIL] * n, consent=consents, score=[1] * n)


# S2
def test_rows_that_break_a_schema_are_counted_and_placed_without_their_values() -> None:
    frame = shaped(["subscribed", EMAIL, None])
    verdict = conforms("contacts", People)({"contacts": frame})
    assert verdict.failures == 2
    assert verdict.counts["consent: isin"] == 1
    assert verdict.counts["consent: not_nullable"] == 1
    assert verdict.where == [f"b/{FILE}:3", f"b/{FILE}:4"]
    assert EMAIL not in shown(verdict)


# S2
def test_a_missing_column_and_a_wrong_type_are_named() -> None:
    frame = shaped(["subscribed"]).drop("email").with_columns(pl.lit("1").alias("score"))
    verdict = conforms("contacts", People)({"contacts": frame})
    assert {"email: column_in_dataframe", "score: dtype"} <= set(verdict.counts)


def test_a_frame_as_promised_reports_0_and_its_rows() -> None:
    verdict = conforms("contacts", People)({"contacts": shaped(["subscribed"])})
    assert (verdict.failures, verdict.counts) == (0, {"rows": 1})


# --- all -------------------------------------------------------------------------------


# G18
def test_no_rule_shows_a_value_of_a_record() -> None:
    frames = golden()
    verdicts = [
        key_rules.unique_keys("contacts", "contact_key")(
            {"contacts": pl.concat([frames["contacts"]] * 2)}
        ),
        record_rules.every_golden_record_is_intended(without(frames, "intended_records")),
        record_rules.every_golden_record_is_intended(without(frames, "contacts")),
        load_rules.nothing_failed("l")({"l": loaded((EMAIL, "failed", "x"))}),
        load_rules.every_planned_record_has_an_outcome("l", "contacts")(
            {"l": loaded(), "load_plan": plan((EMAIL, "create", None))}
        ),
    ]
    for verdict in verdicts:
        assert verdict.failures
        assert verdict.remedy
        assert not [secret for secret in SECRETS if secret in shown(verdict)]


def test_at_most_ten_places_are_shown() -> None:
    assert len(places(rows(range(2, 40)))) == 10
    assert places(pl.DataFrame({"at": [datetime(2026, 1, 1, tzinfo=UTC)]})) == []
