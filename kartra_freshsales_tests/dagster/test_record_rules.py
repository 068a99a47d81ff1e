"""Rules of the middle stages: columns, owners, fields, intended records, shapes."""

import pandera.polars as pa
import polars as pl
import pytest

from kartra_freshsales.orchestration.checks import (
    record_rules,
)
from kartra_freshsales.orchestration.checks.shape_rules import conforms
from kartra_freshsales.orchestration.checks.verdicts import Verdict
from kartra_freshsales_tests.dagster.frames import (
    EMAIL,
    FILE,
    golden,
    intended,
    rows,
    without,
)


def shown(verdict: Verdict) -> str:
    return repr((verdict.counts, verdict.where, verdict.remedy))


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
