"""Stage 7, plan: exactly what would be sent, shown and approved before anything is."""

import polars as pl
from dagster import AssetExecutionContext, Config, Output, asset

from kartra_freshsales.errors import NotConfirmed
from kartra_freshsales.ledger.records import Conflict
from kartra_freshsales.loading.snapshot import read_snapshot
from kartra_freshsales.mapping.payloads import intended
from kartra_freshsales.mapping.routing import standing_in
from kartra_freshsales.orchestration.approval import (
    digest_of,
    plan_facts_of,
    require_confirmed,
    under_decisions,
)
from kartra_freshsales.orchestration.destination import DestinationResource
from kartra_freshsales.orchestration.frames import metadata_from
from kartra_freshsales.orchestration.outputs import counted, counts_by
from kartra_freshsales.orchestration.partitions import BATCHES
from kartra_freshsales.orchestration.resources import WorkspaceResource
from kartra_freshsales.planning.plan import make_plan
from kartra_freshsales.planning.refusals import predicted_refusals

GROUP = "plan"


@asset(group_name=GROUP, kinds={"freshsales"}, deps=["confirmed_mapping"])
def destination_snapshot(
    destination: DestinationResource, provisioned_fields: pl.DataFrame
) -> Output[pl.DataFrame]:
    """Every account, contact, lead and deal that stands in Freshsales before the load."""
    with destination.connect() as connection:
        snapshot = read_snapshot(
            connection.client,
            destination.settings_in(provisioned_fields),
            connection.mapping.destination.edition,
            view_names=connection.mapping.destination.views,
        )
    counts = counts_by(snapshot, "module")
    return counted(snapshot, **counts)


@asset(group_name=GROUP, kinds={"polars"}, deps=["owner_queue", "confirmed_conversion"])
def intended_records(
    workspace: WorkspaceResource,
    contacts: pl.DataFrame,
    accounts: pl.DataFrame,
    transactions: pl.DataFrame,
    subscriptions: pl.DataFrame,
    provisioned_fields: pl.DataFrame,
    destination_snapshot: pl.DataFrame,
) -> Output[pl.DataFrame]:
    """Each golden record as the Freshsales record it is meant to become."""
    mapping = workspace.mapping()
    records = intended(
        contacts,
        accounts,
        transactions,
        subscriptions,
        mapping,
        metadata_from(provisioned_fields).lookups(),
        edition=mapping.destination.edition,
        standing=standing_in(destination_snapshot),
    )
    refused = records["problem"].drop_nulls().len()
    return counted(records, with_a_problem=refused)


@asset(group_name=GROUP, partitions_def=BATCHES, kinds={"polars"})
def load_plan(
    context: AssetExecutionContext,
    destination: DestinationResource,
    intended_records: pl.DataFrame,
    destination_snapshot: pl.DataFrame,
    provisioned_fields: pl.DataFrame,
    confirmed_mapping: pl.DataFrame,
) -> Output[pl.DataFrame]:
    """The dry run of a batch: creates, updates, skips, conflicts, refusals, and costs."""
    batch, mapping = context.partition_key, destination.workspace.mapping()
    metadata = destination.settings_in(provisioned_fields)
    require_confirmed(confirmed_mapping, mapping)
    edition = mapping.destination.edition
    with destination.ledger() as ledger:
        plan, conflicts = make_plan(
            intended_records,
            ledger.identities(),
            destination_snapshot,
            batch=batch,
            refusals=predicted_refusals(intended_records, metadata, edition=edition),
            edition=edition,
        )
        ledger.put_conflicts(
            [
                Conflict(**row, run=context.run.run_id)
                for row in conflicts.iter_rows(named=True)
            ]
        )
    account = destination.account().key
    plan = under_decisions(plan, mapping, metadata, account=account, run=context.run.run_id)
    facts = plan_facts_of(plan, mapping, destination.workspace.settings())
    return counted(plan, **facts)


class ApprovalConfig(Config):
    """Who approves which plan. The digest is the one that load_plan shows."""

    approved_by: str
    plan_digest: str = ""


@asset(group_name=GROUP, partitions_def=BATCHES, kinds={"approval"})
def load_approval(
    context: AssetExecutionContext,
    config: ApprovalConfig,
    destination: DestinationResource,
    load_plan: pl.DataFrame,
) -> Output[pl.DataFrame]:
    """A named person's approval of this plan as it stands; any change voids it (gate 3)."""
    digest, batch = digest_of(load_plan), context.partition_key
    rehearsal = destination.workspace.mapping().destination.rehearsal
    if not config.approved_by.strip():
        raise NotConfirmed("The plan needs a person's name.", remedy="Fill in approved_by.")
    if config.plan_digest != digest and not (rehearsal and not config.plan_digest):
        raise NotConfirmed(
            f"The plan of batch {batch} now has the digest {digest}.",
            remedy="Look at load_plan, then approve that digest.",
        )
    with destination.ledger() as ledger:
        given = ledger.approve(
            "plan", batch, digest, config.approved_by, context.run.run_id
        )
    row = {"batch": [batch], "digest": [digest], "approved_by": [given.approved_by]}
    return counted(pl.DataFrame(row), digest=digest, at=str(given.at))
