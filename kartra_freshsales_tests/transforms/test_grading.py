from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kartra_freshsales.transforms.grading import (
    INDIVIDUAL,
    LONG,
    SHORT,
    GradingInputs,
    estimated_requests,
    grading,
    hours_for,
    machine_time,
    timeline,
)

DEFAULT = GradingInputs(
    contacts=2_500, records=5_000, columns=40, custom_fields=8, tags=30, requests=200
)


def grades(inputs: GradingInputs) -> dict[str, str]:
    return dict(grading(inputs).grades.select("criterion", "grade").iter_rows())


def test_the_default_case_is_standard() -> None:  # S5, S6
    result = grading(DEFAULT)
    assert (result.overall, result.name) == ("B", "Standard")
    assert "6 of 9 objects 1:1 (67%)" in result.grades["measured"].to_list()


def test_five_criteria_are_graded_from_the_inputs() -> None:  # S113
    assert grades(DEFAULT) == {
        "object compatibility": "B",
        "field mapping clarity": "A",
        "timeline": "A",
        "API constraints": "B",
        "data volume": "A",
    }


@pytest.mark.parametrize(
    ("criterion", "change", "letter"),
    [
        ("object compatibility", {"one_to_one": 9}, "A"),
        ("object compatibility", {"one_to_one": 4}, "C"),
        ("object compatibility", {"one_to_one": 2}, "D"),
        ("field mapping clarity", {"custom_fields": 16}, "B"),
        ("field mapping clarity", {"undecided_columns": 1}, "C"),
        ("timeline", {"contacts": 6_000}, "B"),
        ("timeline", {"contacts": 10_000}, "C"),
        ("timeline", {"records": 2_000_001}, "D"),
        ("API constraints", {"requests": 50_000}, "C"),
        ("API constraints", {"requests": 500_000}, "D"),
        ("data volume", {"records": 50_000}, "B"),
        ("data volume", {"records": 2_000_000}, "C"),
        ("data volume", {"records": 2_000_001}, "D"),
    ],
)
def test_each_sub_grade_follows_its_own_input(
    criterion: str, change: dict[str, int], letter: str
) -> None:  # S113
    changed = replace(DEFAULT, **change)  # type: ignore[arg-type]
    assert grades(changed)[criterion] == letter
    assert grading(changed).overall >= letter


@pytest.mark.parametrize(
    ("change", "estimate"),
    [
        ({}, SHORT),
        ({"contacts": 4_999}, SHORT),
        ({"contacts": 9_999}, SHORT),
        ({"contacts": 10_000}, LONG),
        ({"custom_fields": 15}, SHORT),
        ({"custom_fields": 16}, LONG),
        ({"tags": 101}, LONG),
        ({"similar_tags": 11}, LONG),
        ({"deal_staging": True}, LONG),
        ({"custom_objects": True}, LONG),
        ({"records": 2_000_000, "contacts": 100_000}, LONG),
        ({"records": 2_000_001}, INDIVIDUAL),
    ],
)
def test_the_timeline_follows_the_faq(change: dict[str, int], estimate: str) -> None:
    # S7, S114, S116
    assert timeline(replace(DEFAULT, **change)) == estimate  # type: ignore[arg-type]


def test_between_5_000_and_9_999_contacts_the_estimate_carries_a_flag() -> None:  # S116
    assert grading(DEFAULT).flags == ()
    assert len(grading(replace(DEFAULT, contacts=7_000)).flags) == 1


def test_over_10_000_contacts_and_2m_records_are_flagged() -> None:  # S77, S114
    flags = grading(replace(DEFAULT, contacts=10_001, records=2_000_001)).flags
    assert any("timeline risk" in flag for flag in flags)
    assert any("individually" in flag for flag in flags)
    assert grading(replace(DEFAULT, records=2_000_000)).flags == ()


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 3_000_000), st.integers(0, 3_000_000), st.integers(0, 300))
def test_the_estimate_is_deterministic_and_knows_no_price_per_record(
    contacts: int, records: int, fields: int
) -> None:  # S115
    inputs = replace(DEFAULT, contacts=contacts, records=records, custom_fields=fields)
    first, second = grading(inputs), grading(inputs)
    assert first.timeline == second.timeline
    assert first.timeline in {SHORT, LONG, INDIVIDUAL}
    assert first.grades.equals(second.grades)


def test_requests_are_three_per_hundred_records_and_two_per_note() -> None:  # S7
    assert estimated_requests({"contacts": 101, "deals": 100, "notes": 3}) == 6 + 3 + 6
    assert estimated_requests({}) == 0


def test_machine_time_stands_beside_the_estimate_for_every_plan() -> None:  # S115
    hours = dict(machine_time(8_000).select("plan", "hours").iter_rows())
    assert hours == {"free": 10.0, "growth": 10.0, "pro": 5.0, "enterprise": 2.0}


def test_a_started_tenth_of_an_hour_counts_and_no_limit_means_no_waiting() -> None:
    assert hours_for(1, 1000) == 0.1
    assert hours_for(0, 1000) == 0
    assert hours_for(10**6, 0) == 0
