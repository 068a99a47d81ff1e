"""Stage 10, undo: a batch taken back out, planned and approved like a load."""

import polars as pl
from dagster import (
    AssetExecutionContext,
    Config,
    MetadataValue,
    Output,
    ResourceParam,
    asset,
)
from pydantic import Field

from kartra_freshsales.errors import NotConfirmed
from kartra_freshsales.loading.rollback import plan_rollback
from kartra_freshsales.orchestration.destination import DestinationResource
from kartra_freshsales.orchestration.outputs import Facts, counted, counts_by
from kartra_freshsales.orchestration.partitions import BATCHES
from kartra_freshsales.orchestration.progress import Progress
from kartra_freshsales.orchestration.undo import (
    UNDO,
    UNDONE,
    Wanted,
    require_undo_approval,
    rollback_plan_from,
    selected,
    touched_batches,
    undo,
    with_facts,
)
from kartra_freshsales.reports.rollback import rollback_report

GROUP = "undo"


class RollbackConfig(Config):
    """What is taken back: this batch, or with ``everything`` of all batches.

    Of that: one module; one run; single records, as ``contacts:1234``, with what hangs on
    them; or what has left the source. ``include_touched`` takes back what people changed
    since, for single records only.
    """

    everything: bool = False
    module: str = ""
    run: str = ""
    records: list[str] = Field(default_factory=list)
    left_source: bool = False
    include_touched: bool = False


@asset(group_name=GROUP, partitions_def=BATCHES, kinds={"freshsales"})
def rollback_plan(
    context: AssetExecutionContext,
    config: RollbackConfig,
    destination: DestinationResource,
    provisioned_fields: pl.DataFrame,
    left_source: pl.DataFrame,
) -> Output[pl.DataFrame]:
    """Dry run of the undo: what is deleted, what is restored, what is spared and why."""
    batch = None if config.everything else context.partition_key
    asked = Wanted(batch, config.module, config.run, config.records, config.left_source)
    with destination.connect(context.run.run_id) as link:
        plan = plan_rollback(
            link.ledger,
            link.client,
            destination.settings_in(provisioned_fields),
            edition=link.mapping.destination.edition,
            touched=config.include_touched,
            view_names=link.mapping.destination.views,
            **selected(asked, link.ledger, left_source),
        )
    counts = counts_by(plan.rows, "action")
    facts: Facts = {"digest": plan.digest, "requests": plan.requests}
    account = pl.lit(destination.account().key).alias("account")
    return counted(with_facts(plan).with_columns(account), **facts, **counts)


class RollbackApprovalConfig(Config):
    """Who approves which rollback plan."""

    approved_by: str
    plan_digest: str


@asset(group_name=GROUP, partitions_def=BATCHES, kinds={"approval"})
def rollback_approval(
    context: AssetExecutionContext,
    config: RollbackApprovalConfig,
    destination: DestinationResource,
    rollback_plan: pl.DataFrame,
) -> Output[pl.DataFrame]:
    """A named person's approval of exactly this undo."""
    digest, batch = rollback_plan_from(rollback_plan).digest, context.partition_key
    if not config.approved_by.strip() or config.plan_digest != digest:
        raise NotConfirmed(
            f"The rollback plan of batch {batch} has the digest {digest}.",
            remedy="Look at rollback_plan, then approve that digest by name.",
        )
    # Every batch that is taken back needs a new approval before it is loaded again.
    agreed = [(UNDO, batch), *((UNDONE, b) for b in touched_batches(rollback_plan))]
    with destination.ledger() as ledger:
        for kind, subject in agreed:
            ledger.approve(kind, subject, digest, config.approved_by, context.run.run_id)
    return counted(pl.DataFrame({"batch": [batch], "digest": [digest]}), digest=digest)


@asset(
    group_name=GROUP, partitions_def=BATCHES, pool="freshsales_write", kinds={"freshsales"}
)
def rolled_back(
    context: AssetExecutionContext,
    destination: DestinationResource,
    progress: ResourceParam[Progress],
    rollback_plan: pl.DataFrame,
    rollback_approval: pl.DataFrame,
    provisioned_fields: pl.DataFrame,
) -> Output[pl.DataFrame]:
    """The undo carried out, children first, and proven by reading everything back."""
    plan = rollback_plan_from(rollback_plan)
    metadata = destination.settings_in(provisioned_fields)
    elsewhere = set(rollback_plan["account"]) != {destination.account().key}
    if elsewhere or rollback_approval.item(0, "digest") != plan.digest:
        raise NotConfirmed("This rollback was not approved.", remedy="Approve its digest.")
    with destination.connect(context.run.run_id) as link:
        require_undo_approval(link.ledger, plan, context.partition_key)
        done, proof = undo(link, plan, metadata, run=context.run.run_id, progress=progress)
    report = rollback_report(plan, done, proof)
    path = destination.workspace.write_report(
        f"rollback-{context.partition_key}.html", report.html
    )
    counts = counts_by(done, "outcome")
    facts: Facts = {"proven": proof.passed, "report": MetadataValue.path(path)}
    done = done.with_columns(pl.lit(proof.passed).alias("proven"))
    return counted(done, **facts, **counts)
