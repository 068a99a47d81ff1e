"""Stage 7, plan: exactly what would be sent, shown and approved before anything is."""

import polars as pl
from dagster import (
    AssetExecutionContext,
    AssetOut,
    Config,
    MetadataValue,
    Output,
    asset,
    multi_asset,
)

from kartra_freshsales.errors import NotConfirmed
from kartra_freshsales.loading.snapshot import read_snapshot
from kartra_freshsales.mapping.building.activities import hung_rows
from kartra_freshsales.mapping.payloads import intended
from kartra_freshsales.mapping.routing import standing_in
from kartra_freshsales.orchestration.approval import (
    OF_SAMPLE,
    digest_of,
    plan_facts_of,
    require_confirmed,
    under_decisions,
)
from kartra_freshsales.orchestration.destination import DestinationResource
from kartra_freshsales.orchestration.frames import metadata_from
from kartra_freshsales.orchestration.outputs import Outputs, counted, counts_by
from kartra_freshsales.orchestration.partitions import BATCHES
from kartra_freshsales.orchestration.planned import (
    EVERY_BATCH,
    LEFT_REPORT,
    SAMPLE,
    Basis,
    only_retried,
    plan_batch,
    sample_digest,
    sample_standing,
    write_conflicts,
)
from kartra_freshsales.orchestration.resources import WorkspaceResource
from kartra_freshsales.planning.departed import complete_batches, left_the_source
from kartra_freshsales.planning.matching import LIVE, missing
from kartra_freshsales.planning.superseded import with_merged, with_what_to_do
from kartra_freshsales.reports.tables import csv_text

GROUP = "plan"


@multi_asset(
    name="read_destination",
    outs={
        "destination_snapshot": AssetOut(
            description="Every account, contact, lead and deal that stands in Freshsales "
            "before the load.",
            kinds={"freshsales"},
        ),
        "deleted_records": AssetOut(
            description="Records of ours that people deleted in Freshsales since.",
            kinds={"freshsales"},
        ),
    },
    deps=["confirmed_mapping"],
    group_name=GROUP,
)
def what_stands_there(
    destination: DestinationResource, provisioned_fields: pl.DataFrame
) -> Outputs:
    """Read the destination; what the ledger knew before and no view shows is gone."""
    with destination.connect() as connection:
        target = connection.mapping.destination
        known = connection.ledger.identity_ids()
        snapshot = read_snapshot(
            connection.client,
            destination.settings_in(provisioned_fields),
            target.edition,
            view_names=target.views,
            kept=destination.kept_pages(),
        )
    counts = counts_by(snapshot, "module")
    yield counted(snapshot, name="destination_snapshot", **counts)
    gone = missing(known, snapshot, target.edition)
    yield counted(gone, name="deleted_records", **counts_by(gone, "module"))


@asset(group_name=GROUP, kinds={"polars"}, deps=["owner_queue", "confirmed_conversion"])
def intended_records(
    workspace: WorkspaceResource,
    contacts: pl.DataFrame,
    accounts: pl.DataFrame,
    transactions: pl.DataFrame,
    subscriptions: pl.DataFrame,
    activities: pl.DataFrame,
    attachments: pl.DataFrame,
    provisioned_fields: pl.DataFrame,
    destination_snapshot: pl.DataFrame,
) -> Output[pl.DataFrame]:
    """Each golden record as the Freshsales record it is meant to become."""
    mapping = workspace.mapping()
    lookups = metadata_from(provisioned_fields).lookups()
    records = intended(
        contacts,
        accounts,
        transactions,
        subscriptions,
        mapping,
        lookups,
        edition=mapping.destination.edition,
        standing=standing_in(destination_snapshot),
    )
    records = pl.concat([records, *hung_rows(activities, attachments, mapping, lookups)])
    refused = records["problem"].drop_nulls().len()
    return counted(records, with_a_problem=refused)


@asset(group_name=GROUP, kinds={"polars", "csv"})
def left_source(
    destination: DestinationResource,
    intended_records: pl.DataFrame,
    batch_manifest: pl.DataFrame,
    contacts: pl.DataFrame,
) -> Output[pl.DataFrame]:
    """Records that no standing or complete export holds any more; nothing follows of it."""
    workspace = destination.workspace
    with destination.ledger() as ledger:
        live = ledger.identities().filter(pl.col("state") == LIVE)
    said = workspace.mapping().source.complete.items()
    complete = complete_batches(batch_manifest, said)
    left = with_merged(left_the_source(intended_records, live, complete), contacts)
    text = csv_text(with_what_to_do(left), verbatim=("source_key",))
    path = MetadataValue.path(workspace.write_report(LEFT_REPORT, text))
    return counted(left, path=path, **counts_by(left, "because"))


class PlanConfig(Config):
    """Which records are planned to be sent; all that need it where nothing is said.

    ``sample``: those of the representative sample (S103). ``retry``: those of the selection
    that 'migrate --retry' has left in the workspace (G13).
    """

    sample: bool = False
    retry: bool = False


@asset(group_name=GROUP, partitions_def=BATCHES, kinds={"polars"})
def load_plan(
    context: AssetExecutionContext,
    config: PlanConfig,
    destination: DestinationResource,
    intended_records: pl.DataFrame,
    destination_snapshot: pl.DataFrame,
    deleted_records: pl.DataFrame,
    left_source: pl.DataFrame,
    provisioned_fields: pl.DataFrame,
    confirmed_mapping: pl.DataFrame,
) -> Output[pl.DataFrame]:
    """The dry run of a batch: creates, updates, skips, conflicts, refusals, and costs."""
    batch, workspace = context.partition_key, destination.workspace
    mapping, run = workspace.mapping(), context.run.run_id
    metadata = destination.settings_in(provisioned_fields)
    require_confirmed(confirmed_mapping, mapping)
    basis = Basis(intended_records, destination_snapshot, deleted_records, left_source)
    with destination.ledger() as ledger:
        plan = plan_batch(
            basis, batch, mapping, metadata, ledger, run=run, sample=config.sample
        )
        queue = write_conflicts(ledger, workspace)
    plan = only_retried(plan, workspace, batch) if config.retry else plan
    account = destination.account().key
    plan = under_decisions(plan, mapping, metadata, account=account, run=run)
    plan = plan.with_columns(pl.lit(config.sample).alias(OF_SAMPLE))
    facts = plan_facts_of(plan, mapping, workspace.settings())
    return counted(plan, queue=MetadataValue.path(queue), **facts)


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


class SignOffConfig(Config):
    """Who signs off the sample, and the digest that 'migrate --sample' printed."""

    approved_by: str
    digest: str


@asset(group_name=GROUP, kinds={"approval"})
def sample_sign_off(
    context: AssetExecutionContext,
    config: SignOffConfig,
    destination: DestinationResource,
    intended_records: pl.DataFrame,
) -> Output[pl.DataFrame]:
    """A named person's word that the loaded sample is as it should be (S103, S107)."""
    mapping = destination.workspace.mapping()
    digest = sample_digest(mapping, destination.account().key)
    if not config.approved_by.strip() or config.digest != digest:
        raise NotConfirmed(
            f"The sample under the map as it stands now has the digest {digest}.",
            remedy="Run 'migrate --sample', look at its records, then sign that off.",
        )
    with destination.ledger() as ledger:
        size = mapping.destination.sample_size
        found = sample_standing(intended_records, ledger.identities(), size)
        absent = found.filter(pl.col("standing") == 0)["module"].to_list()
        if absent:
            raise NotConfirmed(
                f"Of the sample's {', '.join(absent)} nothing stands in Freshsales.",
                remedy="Run 'migrate --sample' and correct what it reports first.",
            )
        run = context.run.run_id
        ledger.approve(SAMPLE, EVERY_BATCH, digest, config.approved_by, run)
    return counted(found, digest=digest, standing=int(found["standing"].sum()))
