"""Stage 8, load: each module of an approved batch, in dependency order.

Every asset here takes the approval as an input and compares digests again in its own body:
a gate that is only a check can be passed by a run of the downstream asset alone.
"""

import polars as pl
from dagster import (
    AssetExecutionContext,
    AssetIn,
    AssetsDefinition,
    Output,
    ResourceParam,
    asset,
)

from kartra_freshsales.freshsales.modules import Module
from kartra_freshsales.loading.results import SCHEMA
from kartra_freshsales.orchestration.approval import of_plan, require_approval
from kartra_freshsales.orchestration.destination import DestinationResource
from kartra_freshsales.orchestration.outputs import counted, counts_by
from kartra_freshsales.orchestration.partitions import BATCHES
from kartra_freshsales.orchestration.progress import Logged, Progress

GROUP = "load"
NOTHING_LOADED = pl.DataFrame(schema=SCHEMA)
INPUTS = ("load_plan", "load_approval", "provisioned_fields", "destination_snapshot")


def nothing_brought(module: Module, plan: pl.DataFrame) -> bool:
    """Whether the plan has none of what people may bring besides the exports.

    No account has to be opened for it then, as most migrations have neither.
    """
    if module not in {Module.ACTIVITIES, Module.FILES}:
        return False
    return not (plan["module"] == str(module)).any()


def loaded_asset(
    name: str, module: Module, *, after: str | None, description: str
) -> AssetsDefinition:
    """The asset that loads ``module`` of a batch once ``after`` has been loaded."""

    @asset(
        name=name,
        deps=[after] if after else [],
        ins={key: AssetIn(key) for key in INPUTS},
        partitions_def=BATCHES,
        group_name=GROUP,
        pool="freshsales_write",
        kinds={"freshsales"},
        description=description,
    )
    def loaded(
        context: AssetExecutionContext,
        destination: DestinationResource,
        progress: ResourceParam[Progress],
        load_plan: pl.DataFrame,
        load_approval: pl.DataFrame,
        provisioned_fields: pl.DataFrame,
        destination_snapshot: pl.DataFrame,
    ) -> Output[pl.DataFrame]:
        batch = context.partition_key
        require_approval(load_plan, load_approval, provisioned_fields, destination, batch)
        if nothing_brought(module, load_plan):
            return counted(of_plan(NOTHING_LOADED, load_plan))
        with destination.loader(
            run=context.run.run_id,
            batch=batch,
            metadata=provisioned_fields,
            progress=Logged(progress, context.log),
        ) as loader:
            rows = loader.load(module, load_plan, snapshot=destination_snapshot).rows
        rows = of_plan(rows, load_plan)
        counts = counts_by(rows, "outcome")
        return counted(rows, **counts)

    return loaded


loaded_accounts = loaded_asset(
    "loaded_accounts",
    Module.SALES_ACCOUNTS,
    after=None,
    description="Sales accounts of the batch in Freshsales, read back.",
)
loaded_contacts = loaded_asset(
    "loaded_contacts",
    Module.CONTACTS,
    after="loaded_accounts",
    description="Contacts linked to their account, with owner, tags, consent, read back.",
)
loaded_leads = loaded_asset(
    "loaded_leads",
    Module.LEADS,
    after="loaded_contacts",
    description="Leads; where the edition has none, contacts in the lead stage.",
)
loaded_deals = loaded_asset(
    "loaded_deals",
    Module.DEALS,
    after="loaded_leads",
    description="One deal per sale or rebill with amount, stage, closed date, read back.",
)
loaded_subscriptions = loaded_asset(
    "loaded_subscriptions",
    Module.SUBSCRIPTIONS,
    after="loaded_deals",
    description="One open deal per subscription with status and next payment, read back.",
)
loaded_notes = loaded_asset(
    "loaded_notes",
    Module.NOTES,
    after="loaded_subscriptions",
    description="Kartra's notes on their contacts.",
)
loaded_activities = loaded_asset(
    "loaded_activities",
    Module.ACTIVITIES,
    after="loaded_notes",
    description="Calls, e-mails, meetings and tasks on their contacts, at their own times.",
)
loaded_files = loaded_asset(
    "loaded_files",
    Module.FILES,
    after="loaded_activities",
    description="Files on their contact or deal, uploaded from the batch, read back.",
)
loaded_lists = loaded_asset(
    "loaded_lists",
    Module.LISTS,
    after="loaded_files",
    description="Marketing lists with their members, read back.",
)
