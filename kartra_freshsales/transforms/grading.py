"""How complex a migration is, how long it takes, and what the machine needs (S6, S113).

Rules over counts, without chance and without a price per record: the same inputs give the
same answer. Not here: the exact requests of a load plan (``planning``), rendering.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl
from pydantic import BaseModel, ConfigDict

LETTERS = "ABCD"
NAMES = {"A": "Simple", "B": "Standard", "C": "Complex", "D": "Individual scoping"}
SHORT, LONG, INDIVIDUAL = "2–4 weeks", "4–8 weeks", "individual scoping"

SCHEMA: dict[str, pl.DataType] = {
    "criterion": pl.String(),
    "grade": pl.String(),
    "measured": pl.String(),
    "because": pl.String(),
}
MACHINE_SCHEMA: dict[str, pl.DataType] = {
    "plan": pl.String(),
    "requests_per_hour": pl.Int64(),
    "requests": pl.Int64(),
    "hours": pl.Float64(),
}

HOURLY_LIMITS: Mapping[str, int] = {
    "free": 1000,
    "growth": 1000,
    "pro": 2000,
    "enterprise": 5000,
}
"""Requests per hour for the whole account (Freshworks support, S-50000005599)."""


class GradingRules(BaseModel):
    """Where one letter ends and the next begins. ``…_b`` is the last value that earns B."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    compatibility_a: float = 0.9
    compatibility_b: float = 0.6
    compatibility_c: float = 0.4
    many_custom_fields: int = 15
    too_many_custom_fields: int = 100
    flagged_contacts: int = 5_000
    many_contacts: int = 10_000
    many_records: int = 100_000
    individual_records: int = 2_000_000
    hours_b: float = 24.0
    hours_c: float = 168.0
    many_tags: int = 100
    many_similar_tags: int = 10


@dataclass(frozen=True)
class GradingInputs:
    """What the grades are computed from: counts, and three facts about the map.

    ``records`` are all golden records; ``requests`` and ``hourly_limit`` what a load of
    them takes on the account's plan.
    """

    contacts: int
    records: int
    one_to_one: int = 6
    objects: int = 9
    columns: int = 0
    undecided_columns: int = 0
    custom_fields: int = 0
    tags: int = 0
    similar_tags: int = 0
    custom_objects: bool = False
    deal_staging: bool = False
    requests: int = 0
    hourly_limit: int = 1000


@dataclass(frozen=True)
class Grading:
    """Sub-grades, the overall letter (the worst of them), and the calendar estimate."""

    grades: pl.DataFrame
    overall: str
    name: str
    timeline: str
    timeline_reasons: tuple[str, ...]
    flags: tuple[str, ...]


def _band(value: float, limits: tuple[float, float, float]) -> str:
    """A, B, C or D: the first limit that the value does not exceed."""
    return next(
        (letter for letter, top in zip("ABC", limits, strict=True) if value <= top), "D"
    )


def complex_tags(inputs: GradingInputs, rules: GradingRules) -> bool:
    """Too many tags to review in an afternoon, or too many that may mean the same."""
    return inputs.tags > rules.many_tags or inputs.similar_tags > rules.many_similar_tags


def _longer(inputs: GradingInputs, rules: GradingRules) -> tuple[str, ...]:
    """Reasons for the longer estimate, as the FAQ names them (S116)."""
    reasons = (
        (
            inputs.contacts >= rules.many_contacts,
            f"{rules.many_contacts:,} or more contacts",
        ),
        (complex_tags(inputs, rules), "complex tags"),
        (
            inputs.custom_fields > rules.many_custom_fields,
            f"more than {rules.many_custom_fields} custom fields",
        ),
        (inputs.deal_staging, "deals spread over several stages"),
        (inputs.custom_objects, "custom objects"),
    )
    return tuple(reason for applies, reason in reasons if applies)


def _flags(inputs: GradingInputs, rules: GradingRules) -> tuple[str, ...]:
    flags = (
        (
            rules.flagged_contacts <= inputs.contacts < rules.many_contacts,
            f"{rules.flagged_contacts:,} contacts or more: the estimate may slip.",
        ),
        (
            inputs.contacts > rules.many_contacts,
            f"More than {rules.many_contacts:,} contacts: timeline risk, export in parts.",
        ),
        (
            inputs.records > rules.individual_records,
            f"More than {rules.individual_records:,} records: scope it individually.",
        ),
        (inputs.undecided_columns > 0, "Some columns have no decision yet."),
    )
    return tuple(text for applies, text in flags if applies)


def timeline(inputs: GradingInputs, rules: GradingRules | None = None) -> str:
    """The calendar estimate in words (S116)."""
    wanted = rules or GradingRules()
    if inputs.records > wanted.individual_records:
        return INDIVIDUAL
    return LONG if _longer(inputs, wanted) else SHORT


def _compatibility(inputs: GradingInputs, rules: GradingRules) -> tuple[str, str, str, str]:
    share = inputs.one_to_one / inputs.objects if inputs.objects else 1.0
    wanted = (rules.compatibility_a, rules.compatibility_b, rules.compatibility_c)
    letter = next(
        (a for a, least in zip("ABC", wanted, strict=True) if share >= least), "D"
    )
    measured = f"{inputs.one_to_one} of {inputs.objects} objects 1:1 ({share:.0%})"
    return ("object compatibility", letter, measured, "Computed from the map.")


def _clarity(inputs: GradingInputs, rules: GradingRules) -> tuple[str, str, str, str]:
    fields = inputs.custom_fields
    letter = _band(
        fields, (rules.many_custom_fields, rules.too_many_custom_fields, math.inf)
    )
    if inputs.undecided_columns:
        letter = max(letter, "C")
    measured = (
        f"{inputs.columns} columns, {inputs.undecided_columns} undecided, "
        f"{fields} custom fields"
    )
    return ("field mapping clarity", letter, measured, "Every column needs a decision.")


def _time(inputs: GradingInputs, rules: GradingRules) -> tuple[str, str, str, str]:
    estimate = timeline(inputs, rules)
    flagged = inputs.contacts >= rules.flagged_contacts
    letter = {SHORT: "B" if flagged else "A", LONG: "C", INDIVIDUAL: "D"}[estimate]
    reasons = ", ".join(_longer(inputs, rules)) or "small account, simple tags"
    return ("timeline", letter, estimate, f"{reasons[0].upper()}{reasons[1:]}.")


def _constraints(inputs: GradingInputs, rules: GradingRules) -> tuple[str, str, str, str]:
    hours = hours_for(inputs.requests, inputs.hourly_limit)
    # Never A: Kartra has no bulk extraction, so exporting stays a person's work.
    letter = _band(hours, (-1.0, rules.hours_b, rules.hours_c))
    measured = f"{inputs.requests:,} requests, {hours:g} h"
    return ("API constraints", letter, measured, "Kartra's exports are made by hand.")


def _volume(inputs: GradingInputs, rules: GradingRules) -> tuple[str, str, str, str]:
    limits = (rules.many_contacts, rules.many_records, rules.individual_records)
    letter = _band(inputs.records, limits)
    return ("data volume", letter, f"{inputs.records:,} records", "All golden records.")


def grading(inputs: GradingInputs, rules: GradingRules | None = None) -> Grading:
    """Grade a migration A to D on five criteria and overall.

    The overall letter is the worst of the five: one hard part makes the whole hard.
    """
    wanted = rules or GradingRules()
    criteria = (_compatibility, _clarity, _time, _constraints, _volume)
    rows = [criterion(inputs, wanted) for criterion in criteria]
    overall = max(letter for _, letter, _, _ in rows)
    return Grading(
        grades=pl.DataFrame(rows, schema=SCHEMA, orient="row"),
        overall=overall,
        name=NAMES[overall],
        timeline=timeline(inputs, wanted),
        timeline_reasons=_longer(inputs, wanted),
        flags=_flags(inputs, wanted),
    )


def estimated_requests(
    records: Mapping[str, int], *, group: int = 100, single: tuple[str, ...] = ("notes",)
) -> int:
    """Requests of a first load: bulk write, poll and read-back per group of records.

    Args:
        records: how many of each module are loaded.
        group: records per bulk call and per page.
        single: modules without a bulk call: one write each and one read for the proof.
    """
    total = 0
    for module, count in records.items():
        per = 2 * count if module in single else 3 * math.ceil(count / group)
        total += per
    return total


def hours_for(requests: int, hourly_limit: int, reserve: float = 0.2) -> float:
    """Hours at the account's limit with a share kept for people; 0 means no limit."""
    if hourly_limit <= 0:
        return 0.0
    usable = max(1, math.floor(hourly_limit * (1 - reserve)))
    return math.ceil(requests / usable * 10) / 10


def machine_time(
    requests: int, *, limits: Mapping[str, int] = HOURLY_LIMITS, reserve: float = 0.2
) -> pl.DataFrame:
    """``plan, requests_per_hour, requests, hours``: the same load on every plan."""
    rows = [
        (plan, limit, requests, hours_for(requests, limit, reserve))
        for plan, limit in limits.items()
    ]
    return pl.DataFrame(rows, schema=MACHINE_SCHEMA, orient="row")
