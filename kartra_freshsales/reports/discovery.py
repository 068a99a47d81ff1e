"""The written scope and its grades, from the tables of the discover stage.

Not here: measuring (``transforms``), the page itself (``scope``).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from kartra_freshsales.freshsales.plan_facts import hourly_limit
from kartra_freshsales.mapping.objects import Compatibility
from kartra_freshsales.reports.page import Report
from kartra_freshsales.reports.scope import scope_report
from kartra_freshsales.transforms.audit import lifetime_estimate
from kartra_freshsales.transforms.grading import (
    Grading,
    GradingInputs,
    estimated_requests,
    grading,
    machine_time,
)

PLANS = ("free", "growth", "pro", "enterprise")


@dataclass(frozen=True)
class Scope:
    """The report, and the grades it shows."""

    report: Report
    grading: Grading


def owners_named(*frames: pl.DataFrame) -> pl.DataFrame:
    """``owner, records``: every owner in the exports, so that users can be made early."""
    named = pl.concat([frame.select("owner") for frame in frames]).drop_nulls()
    return (
        named.group_by("owner")
        .len("records")
        .sort("records", "owner", descending=[True, False])
    )


def scope_of(
    *,
    tables: Mapping[str, pl.DataFrame],
    records: Mapping[str, pl.DataFrame],
    objects: Compatibility,
    plan: str,
) -> Scope:
    """Grade the migration and write its scope.

    Args:
        tables: ``columns, audit, tags, gaps, coverage, objects``, maybe ``review``.
        records: golden ``accounts, contacts, transactions, subscriptions``.
        objects: source objects that move one to one, and all of them.
        plan: name of the Freshsales plan.
    """
    contacts, deals = records["contacts"], records["transactions"]
    counts = {name: frame.height for name, frame in records.items()}
    notes = contacts["notes"].drop_nulls().len()
    requests = estimated_requests({**counts, "notes": notes})
    grades = grading(
        GradingInputs(
            contacts=contacts.height,
            records=sum(counts.values()),
            one_to_one=objects.one_to_one,
            objects=objects.objects,
            columns=tables["columns"].height,
            undecided_columns=tables["coverage"]
            .filter(pl.col("decision").is_null())
            .height,
            custom_fields=int((~tables["columns"]["known"]).sum()),
            tags=tables["tags"].height,
            similar_tags=tables["tags"]["similar_to"].drop_nulls().len(),
            requests=requests,
            hourly_limit=hourly_limit(None, plan),
        )
    )
    report = scope_report(
        audit=tables["audit"],
        taxonomy=tables["tags"],
        gaps=tables["gaps"],
        records=counts,
        export_columns=tables["columns"],
        coverage=tables["coverage"],
        objects=tables["objects"],
        owners=owners_named(contacts, deals, records["subscriptions"]),
        review=tables.get("review"),
        spend=lifetime_estimate(deals),
        grades=grades,
        machine_time=machine_time(
            requests, limits={name: hourly_limit(None, name) for name in PLANS}
        ),
        plan=plan,
    )
    return Scope(report, grades)
