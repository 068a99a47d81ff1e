"""The written scope and its grades, from the tables of the discover stage.

Not here: measuring (``transforms``), the page itself (``scope``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from kartra_freshsales.freshsales.plan_facts import hourly_limit, plans_of
from kartra_freshsales.mapping.model import Mapping as Decisions
from kartra_freshsales.mapping.objects import compatibility, object_map
from kartra_freshsales.reports.page import Report, Section
from kartra_freshsales.reports.scope import scope_report
from kartra_freshsales.transforms.audit import lifetime_estimate
from kartra_freshsales.transforms.grading import (
    Grading,
    GradingInputs,
    estimated_requests,
    grading,
    machine_time,
)

_ENDPOINTS = {
    "accounts": "sales_accounts",
    "contacts": "contacts",
    "transactions": "deals",
    "subscriptions": "deals",
}


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


def _requests(counts: Mapping[str, int], notes: int, mapping: Decisions) -> int:
    """Requests of a first load; what has no bulk call in the edition goes one by one."""
    bulk = mapping.destination.bulk_endpoints
    grouped = {name: n for name, n in counts.items() if _ENDPOINTS[name] in bulk}
    single = [n for name, n in counts.items() if name not in grouped]
    read_back = sum(-(-n // 100) for n in single)
    return estimated_requests({**grouped, "notes": notes}) + sum(single) + read_back


def scope_of(
    mapping: Decisions,
    *,
    audit: pl.DataFrame,
    columns: pl.DataFrame,
    coverage: pl.DataFrame,
    gaps: pl.DataFrame,
    review: pl.DataFrame,
    taxonomy: pl.DataFrame,
    records: Mapping[str, pl.DataFrame],
    more: Sequence[Section] = (),
) -> Scope:
    """Grade the migration and write its scope.

    Args:
        mapping: the decisions.
        audit: of ``audit.contact_audit``.
        columns: of ``export_columns.export_columns``.
        coverage: of ``mapping.coverage``.
        gaps: of ``gaps.gaps``.
        review: of ``audit.records_to_review``.
        taxonomy: of ``tag_taxonomy.tag_taxonomy``.
        records: golden ``accounts, contacts, transactions, subscriptions``.
        more: further sections (``scope_sections``).
    """
    contacts, deals = records["contacts"], records["transactions"]
    counts = {name: frame.height for name, frame in records.items()}
    plan, objects = mapping.destination.plan, compatibility(mapping)
    requests = _requests(counts, contacts["notes"].drop_nulls().len(), mapping)
    grades = grading(
        GradingInputs(
            contacts=contacts.height,
            records=sum(counts.values()),
            one_to_one=objects.one_to_one,
            objects=objects.objects,
            columns=columns.height,
            undecided_columns=coverage.filter(pl.col("decision").is_null()).height,
            custom_fields=int((~columns["known"]).sum()),
            tags=taxonomy.height,
            similar_tags=taxonomy["similar_to"].drop_nulls().len(),
            requests=requests,
            hourly_limit=hourly_limit(None, plan),
        )
    )
    report = scope_report(
        audit=audit,
        taxonomy=taxonomy,
        gaps=gaps,
        records=counts,
        export_columns=columns,
        coverage=coverage,
        objects=object_map(mapping),
        owners=owners_named(contacts, deals, records["subscriptions"]),
        review=review,
        spend=lifetime_estimate(deals),
        grades=grades,
        machine_time=machine_time(
            requests,
            limits={
                name: hourly_limit(None, name)
                for name in plans_of(mapping.destination.edition)
            },
        ),
        plan=plan,
        more=more,
    )
    return Scope(report, grades)
