"""Stage 6, provision: the fields the load needs stand before anything is sent."""

import polars as pl
from dagster import AssetExecutionContext, Config, MetadataValue, Output, asset

from kartra_freshsales.errors import FieldsMissing
from kartra_freshsales.freshsales.metadata import read_metadata
from kartra_freshsales.freshsales.modules import record_endpoints
from kartra_freshsales.freshsales.plan_facts import plan_facts
from kartra_freshsales.loading import provision
from kartra_freshsales.mapping import conversion
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
        target = connection.mapping.destination
        metadata = read_metadata(connection.client, record_endpoints(target.edition))
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
    target = mapping.destination
    assumed = plan_facts(target.plan).field_caps_are == "assumed"
    plan = fields.field_plan(wanted, metadata, target.caps, assumed=assumed)
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
            endpoints = record_endpoints(link.mapping.destination.edition)
            metadata = read_metadata(link.client, endpoints)
    lock = provision.verify(field_plan, metadata)
    frame = metadata_frame(metadata, destination.account().key)
    return counted(frame, created=created, lock=lock, digest=metadata.digest())


@asset(group_name=GROUP, kinds={"markdown"})
def conversion_mapping(
    workspace: WorkspaceResource, provisioned_fields: pl.DataFrame
) -> Output[pl.DataFrame]:
    """Each custom lead field with its counterpart, as a checklist; empty on the Suite."""
    mapping = workspace.mapping()
    table = conversion.conversion_map(
        metadata_from(provisioned_fields).fields,
        mapping.destination.edition,
        mapping.conversion,
    )
    text = conversion.checklist_markdown(table, mapping.conversion)
    path = workspace.write_report(conversion.CHECKLIST, text)
    gaps = table["problem"].drop_nulls().len()
    return counted(table, without_a_place=gaps, checklist=MetadataValue.path(path))


@asset(group_name=GROUP, kinds={"approval"}, deps=["conversion_mapping"])
def confirmed_conversion(
    destination: DestinationResource, provisioned_fields: pl.DataFrame
) -> Output[pl.DataFrame]:
    """Who confirmed that no conversion loses a field; else it stops here (S83, S106)."""
    metadata = destination.settings_in(provisioned_fields)
    mapping = destination.workspace.mapping()
    conversion.require_conversion(metadata.fields, mapping)
    confirmed = {"confirmed_by": [mapping.conversion.confirmed_by]}
    return counted(pl.DataFrame({**confirmed, "fields": [mapping.conversion.fields]}))
