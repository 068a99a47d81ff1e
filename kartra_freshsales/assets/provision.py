"""Stage 6, provision: the fields the load needs stand before anything is sent."""

import polars as pl
from dagster import AssetExecutionContext, Config, MetadataValue, Output, asset

from kartra_freshsales.errors import FieldsMissing
from kartra_freshsales.freshsales.metadata import read_metadata
from kartra_freshsales.freshsales.modules import RECORD_ENDPOINTS
from kartra_freshsales.freshsales.plan_facts import field_caps
from kartra_freshsales.loading import provision
from kartra_freshsales.mapping.custom_fields import wanted_fields
from kartra_freshsales.orchestration.destination import DestinationResource
from kartra_freshsales.orchestration.frames import metadata_frame, metadata_from
from kartra_freshsales.orchestration.outputs import counted, counts_by
from kartra_freshsales.orchestration.resources import WorkspaceResource
from kartra_freshsales.planning import fields

GROUP = "provision"


class ProvisionConfig(Config):
    """Whether missing custom fields are created by API; the default asks an admin."""

    create_fields: bool = False


@asset(group_name=GROUP, kinds={"freshsales"})
def freshsales_metadata(destination: DestinationResource) -> Output[pl.DataFrame]:
    """Users, stages, pipelines, currencies, views and fields of the account right now."""
    with destination.connect() as connection:
        metadata = read_metadata(connection.client, RECORD_ENDPOINTS)
    custom = sum(not f.default for fields in metadata.fields.values() for f in fields)
    return counted(
        metadata_frame(metadata, destination.account().key),
        users=len(metadata.users),
        pipelines=len(metadata.pipelines),
        custom_fields=custom,
        digest=metadata.digest(),
    )


@asset(group_name=GROUP, kinds={"polars"}, deps=["confirmed_mapping"])
def field_plan(
    workspace: WorkspaceResource,
    contacts: pl.DataFrame,
    transactions: pl.DataFrame,
    subscriptions: pl.DataFrame,
    freshsales_metadata: pl.DataFrame,
) -> Output[pl.DataFrame]:
    """Every custom field the load needs: there, missing, wrong, or beyond the plan."""
    mapping = workspace.mapping()
    wanted = wanted_fields(contacts, transactions, subscriptions, mapping)
    metadata = metadata_from(freshsales_metadata)
    plan = fields.field_plan(wanted, metadata, field_caps(mapping.destination.plan))
    path = workspace.write_report("field_checklist.md", fields.checklist_markdown(plan))
    counts = counts_by(plan, "status")
    return counted(plan, checklist=MetadataValue.path(path), **counts)


@asset(group_name=GROUP, kinds={"freshsales"})
def provisioned_fields(
    context: AssetExecutionContext,
    config: ProvisionConfig,
    destination: DestinationResource,
    field_plan: pl.DataFrame,
    freshsales_metadata: pl.DataFrame,
) -> Output[pl.DataFrame]:
    """The account's settings once all fields stand as planned; else it stops here."""
    metadata = destination.settings_in(freshsales_metadata)
    missing = field_plan.filter(pl.col("status") != "ok")
    created = 0
    if missing.height:
        with destination.connect(context.run.run_id) as link:
            if not (config.create_fields or link.mapping.destination.create_fields):
                raise FieldsMissing(
                    f"{missing.height} custom field(s) must be created or corrected first.",
                    remedy="Work through reports/field_checklist.md, or have them created "
                    "by API: --create-fields (or create_fields in destination.yaml).",
                )
            made = provision.create_missing(
                link.client, link.ledger, metadata, field_plan, run=context.run.run_id
            )
            created = len(made)
            metadata = read_metadata(link.client, RECORD_ENDPOINTS)
    lock = provision.verify(field_plan, metadata)
    frame = metadata_frame(metadata, destination.account().key)
    return counted(frame, created=created, lock=lock, digest=metadata.digest())
