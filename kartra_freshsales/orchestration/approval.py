"""What an approval binds to: a plan's rows, the map and the schema it was made under.

Not here: making plans (``planning``), storing approvals (``ledger``).
"""

from typing import Any

import polars as pl
from dagster import MetadataValue

from kartra_freshsales.errors import IntegrityError, NotConfirmed
from kartra_freshsales.freshsales.metadata import Metadata
from kartra_freshsales.freshsales.plan_facts import hourly_limit
from kartra_freshsales.mapping.conversion import require_conversion
from kartra_freshsales.mapping.model import Mapping
from kartra_freshsales.orchestration.destination import DestinationResource
from kartra_freshsales.orchestration.planned import require_sample
from kartra_freshsales.orchestration.undo import UNDONE
from kartra_freshsales.planning.cost import cost
from kartra_freshsales.planning.digest import plan_digest
from kartra_freshsales.planning.no_way_back import cannot_be_undone
from kartra_freshsales.planning.summary import operation_counts, sample_payloads
from kartra_freshsales.settings import Settings

MADE_UNDER = ("mapping_digest", "metadata_digest", "account")
PLANNED_IN = "planned_in"
"""The run that made a plan; results name it too, so that the two can be told to match."""
OF_SAMPLE = "of_sample"
"""Whether a plan holds the representative sample only."""


def under_decisions(
    plan: pl.DataFrame, mapping: Mapping, metadata: Metadata, *, account: str, run: str
) -> pl.DataFrame:
    """The plan with what it was made under, for which account and in which run.

    Adds ``mapping_digest, metadata_digest, account, planned_in``.
    """
    return plan.with_columns(
        pl.lit(mapping.digest()).alias("mapping_digest"),
        pl.lit(metadata.digest()).alias("metadata_digest"),
        pl.lit(account).alias("account"),
        pl.lit(run).alias(PLANNED_IN),
    )


def of_plan(results: pl.DataFrame, plan: pl.DataFrame) -> pl.DataFrame:
    """Load results with ``planned_in`` of the plan that they carried out."""
    run = plan.item(0, PLANNED_IN) if plan.height else None
    return results.with_columns(pl.lit(run, pl.String).alias(PLANNED_IN))


def require_confirmed(confirmed: pl.DataFrame, mapping: Mapping) -> None:
    """Raise ``NotConfirmed`` unless today's decisions are those a person confirmed."""
    decisions = confirmed.filter(pl.col("kind") == "decisions")["digest"].to_list()
    if decisions != [mapping.digest()]:
        raise NotConfirmed(
            "The mapping has changed since it was confirmed and the records were made.",
            remedy="Run 'prepare' again and confirm the map as it stands now, then plan.",
        )


def digest_of(plan: pl.DataFrame) -> str:
    """The digest a person approves: the plan's rows under the map and schema it names."""
    facts = plan.select(MADE_UNDER).unique()
    if facts.height > 1:
        raise IntegrityError(
            "The load plan mixes rows made under different decisions.",
            remedy="Materialize load_plan of this batch again.",
        )
    mapping_digest, metadata_digest, account = facts.row(0) if facts.height else ("",) * 3
    return plan_digest(
        plan,
        mapping_digest=mapping_digest,
        metadata_digest=f"{metadata_digest} {account}",
    )


def require_approval(
    plan: pl.DataFrame,
    approval: pl.DataFrame,
    settings: pl.DataFrame,
    destination: DestinationResource,
    batch: str,
) -> None:
    """Raise ``NotConfirmed`` unless exactly this plan was approved and still stands.

    On Classic the same holds for the lead conversion: nothing is loaded that a conversion
    would lose (``FieldsMissing``).

    Args:
        plan: of ``under_decisions``.
        approval: ``digest`` of the plan that was approved.
        settings: the account's, as they were read last.
        destination: what would be written to; its ledger must know of the approval, and of
            no rollback since.
        batch: whose plan.
    """
    metadata, account = destination.settings_in(settings), destination.account().key
    mapping, digest = destination.workspace.mapping(), digest_of(plan)
    with destination.ledger() as ledger:
        if plan.height and not plan.item(0, OF_SAMPLE):
            require_sample(ledger, mapping, account)
        given, undone = ledger.approval("plan", batch), ledger.approval(UNDONE, batch)
    approved = approval.item(0, "digest") if approval.height else ""
    if approved != digest or given is None or given.digest != digest:
        raise NotConfirmed(
            "The load plan is not the one that was approved.",
            remedy="Look at load_plan again and approve its digest, then start the load.",
        )
    if plan.height and plan.item(0, "mapping_digest") != mapping.digest():
        raise NotConfirmed(
            "The mapping has changed since this plan was approved.",
            remedy="Run 'prepare' and 'plan' again, then approve the new digest.",
        )
    made_for = plan.select("metadata_digest", "account").unique().rows()
    if made_for not in ([], [(metadata.digest(), account)]):
        raise NotConfirmed(
            "Freshsales' own settings have changed since this plan was approved.",
            remedy="Run 'prepare' and 'plan' again, then approve the new digest.",
        )
    require_conversion(metadata.fields, mapping)
    if undone is not None and undone.at >= given.at:
        raise NotConfirmed(
            f"A rollback of batch {batch} was approved after its load.",
            remedy="Approve the load plan once more if it is to be loaded again.",
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
        edition=target.edition,
        bulk=target.bulk_endpoints,
    )
    return {
        "counts": MetadataValue.json(operation_counts(plan)),
        "payloads": MetadataValue.json(sample_payloads(plan).to_dicts()),
        "cannot_undo": MetadataValue.json(cannot_be_undone(plan)),
        "requests": price.total,
        "hours": price.hours,
        "digest": digest_of(plan),
    }
