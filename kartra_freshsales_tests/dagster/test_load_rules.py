"""Rules of the last stages: plan, load, read-back, certificate, undo; what none shows."""

from datetime import UTC, datetime

import polars as pl
import pytest

from kartra_freshsales.orchestration.checks import (
    key_rules,
    load_rules,
    record_rules,
)
from kartra_freshsales.orchestration.checks.verdicts import Verdict, places
from kartra_freshsales_tests.dagster.frames import (
    EMAIL,
    FILE,
    SECRETS,
    golden,
    loaded,
    plan,
    rows,
    without,
)


def shown(verdict: Verdict) -> str:
    return repr((verdict.counts, verdict.where, verdict.remedy))


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
