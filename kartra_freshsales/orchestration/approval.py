"""What an approval binds to: a plan's rows, the map and the schema it was made under.

Not here: making plans (``planning``), storing approvals (``ledger``).
"""

from typing import Any

import polars as pl
from dagster import MetadataValue

from kartra_freshsales.errors import IntegrityError, NotConfirmed
from kartra_freshsales.freshsales.metadata import Metadata
from kartra_freshsales.freshsales.plan_facts import hourly_limit
from kartra_freshsales.mapping.model import Mapping
from kartra_freshsales.planning.cost import cost
from kartra_freshsales.planning.digest import plan_digest
from kartra_freshsales.planning.summary import operation_counts
from kartra_freshsales.settings import Settings


def under_decisions(
    plan: pl.DataFrame, mapping: Mapping, metadata: Metadata
) -> pl.DataFrame:
    """The plan with ``mapping_digest, metadata_digest`` of what it was made under."""
    return plan.with_columns(
        pl.lit(mapping.digest()).alias("mapping_digest"),
        pl.lit(metadata.digest()).alias("metadata_digest"),
    )


def digest_of(plan: pl.DataFrame) -> str:
    """The digest a person approves: the plan's rows under the map and schema it names."""
    facts = plan.select("mapping_digest", "metadata_digest").unique()
    if facts.height > 1:
        raise IntegrityError(
            "The load plan mixes rows made under different decisions.",
            remedy="Materialize load_plan of this batch again.",
        )
    mapping_digest, metadata_digest = facts.row(0) if facts.height else ("", "")
    return plan_digest(
        plan.drop("mapping_digest", "metadata_digest"),
        mapping_digest=mapping_digest,
        metadata_digest=metadata_digest,
    )


def require_approval(plan: pl.DataFrame, approval: pl.DataFrame, mapping: Mapping) -> None:
    """Raise ``NotConfirmed`` unless exactly this plan, under today's map, was approved."""
    approved = approval.item(0, "digest") if approval.height else ""
    if approved != digest_of(plan):
        raise NotConfirmed(
            "The load plan is not the one that was approved.",
            remedy="Look at load_plan again and approve its digest, then start the load.",
        )
    if plan.height and plan.item(0, "mapping_digest") != mapping.digest():
        raise NotConfirmed(
            "The mapping has changed since this plan was approved.",
            remedy="Run 'prepare' and 'plan' again, then approve the new digest.",
        )


def plan_facts_of(
    plan: pl.DataFrame, mapping: Mapping, settings: Settings
) -> dict[str, Any]:
    """What a person looks at before approving: counts, requests, hours, digest."""
    target = mapping.destination
    price = cost(
        plan,
        requests_per_hour=hourly_limit(settings.requests_per_hour, target.plan),
        reserve=settings.live_use_reserve,
        group_size=target.group_size,
        list_group_size=target.list_group_size,
    )
    return {
        "counts": MetadataValue.json(operation_counts(plan)),
        "requests": price.total,
        "hours": price.hours,
        "digest": digest_of(plan),
    }
