"""What the plans allow, held against the sandbox's own figures and simple arithmetic."""

from __future__ import annotations

import pytest

from kartra_freshsales.errors import MappingError
from kartra_freshsales.freshsales.plan_facts import (
    counted_as,
    facts_are_from,
    field_caps,
    hourly_limit,
    minute_limit,
    plan_facts,
    plans_of,
)
from kartra_freshsales.sandbox.config import PLAN_REQUESTS_PER_HOUR

SUITE = ("free", "growth", "pro", "enterprise")


@pytest.mark.parametrize("plan", SUITE)
def test_the_total_is_the_sum_of_the_types_without_formula(plan: str) -> None:
    # G6
    caps = dict(field_caps(plan))
    del caps["formula"]
    assert caps.pop("total") == sum(caps.values())


@pytest.mark.parametrize("plan", SUITE)
def test_the_hour_is_the_plans_unless_it_is_set(plan: str) -> None:
    # G6
    assert hourly_limit(None, plan.upper()) == PLAN_REQUESTS_PER_HOUR[plan]
    assert hourly_limit(77, plan) == 77
    assert hourly_limit(0, plan) == 0
    assert (minute_limit(None, plan), minute_limit(5, plan)) == (400, 5)


@pytest.mark.parametrize(
    ("plan", "hour"),
    [("blossom", 1000), ("garden", 1000), ("estate", 2000), ("forest", 5000)],
)
def test_classic_plans_have_their_own_hour_and_take_over_the_caps_of_growth(
    plan: str, hour: int
) -> None:
    # G6
    assert (hourly_limit(None, plan), field_caps(plan)) == (hour, field_caps("growth"))
    assert plan_facts(plan).edition == "classic"
    # Nobody has published them, so it is said that they are taken over.
    assert plan_facts(plan).field_caps_are == "assumed"
    assert plan_facts("growth").field_caps_are == "published"


def test_each_edition_has_its_own_plans() -> None:
    assert plans_of("suite") == ("free", "growth", "pro", "enterprise")
    assert plans_of("classic") == ("blossom", "garden", "estate", "forest")


def test_a_plan_nobody_sells_is_refused_with_those_there_are() -> None:
    with pytest.raises(MappingError, match="enterprise"):
        plan_facts("gold")


def test_radios_and_decimals_use_up_the_caps_they_share() -> None:
    assert (counted_as("radio"), counted_as("decimal"), counted_as("date")) == (
        "dropdown", "number", "date",
    )  # fmt: skip


def test_every_figure_has_a_source_and_a_date() -> None:
    day, sources = facts_are_from()
    assert day.year >= 2026
    figures = set(type(plan_facts("pro")).model_fields) - {"edition", "field_caps_are"}
    assert set(sources) == figures
    assert all(sources.values())
