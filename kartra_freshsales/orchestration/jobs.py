"""Jobs: the stages an operator starts, in the order of the journey.

Partitioned assets and assets over all batches never share a job: one run is either one
batch or all of them.
"""

from dagster import AssetSelection, define_asset_job

from kartra_freshsales.orchestration.partitions import BATCHES

PEOPLE = AssetSelection.assets("loaded_accounts", "loaded_contacts", "loaded_leads")
DEALINGS = AssetSelection.assets(
    "loaded_deals", "loaded_subscriptions", "loaded_notes", "loaded_lists"
)
CLEANED = AssetSelection.assets(
    "cleaned_contacts", "cleaned_transactions", "cleaned_subscriptions"
) | AssetSelection.assets(
    "set_aside_contacts", "set_aside_transactions", "set_aside_subscriptions"
)
PLANNED = AssetSelection.assets("load_plan")
APPROVED = AssetSelection.assets("load_approval")
RECONCILED = AssetSelection.groups("reconcile") - AssetSelection.assets(
    "reconciliation_report", "certificate", "rebuild_inventory"
)

extract = define_asset_job(
    "extract",
    AssetSelection.groups("extract") | CLEANED,
    partitions_def=BATCHES,
    description="Read and clean one batch of exports.",
)
prepare = define_asset_job(
    "prepare",
    (
        AssetSelection.groups("discover", "map", "owners", "provision", "clean")
        | AssetSelection.assets("destination_snapshot")
    )
    - CLEANED,
    description="Merge all batches, write the scope, confirm the map, match owners, provision.",
)
plan = define_asset_job(
    "plan", PLANNED, partitions_def=BATCHES, description="Dry run: what would be sent, and why."
)
approve = define_asset_job(
    "approve",
    APPROVED,
    partitions_def=BATCHES,
    description="A named person approves the plan of a batch as it stands.",
)
load = define_asset_job(
    "load",
    PEOPLE | DEALINGS,
    partitions_def=BATCHES,
    description="Load an approved batch; run again it sends only what is missing.",
)
load_people = define_asset_job(
    "load_people",
    PEOPLE,
    partitions_def=BATCHES,
    description="First half of a load: accounts, contacts, leads.",
)
load_dealings = define_asset_job(
    "load_dealings",
    DEALINGS,
    partitions_def=BATCHES,
    description="Second half of a load: deals, subscriptions, notes, lists.",
)
reconcile = define_asset_job(
    "reconcile",
    RECONCILED,
    partitions_def=BATCHES,
    description="Compare what was read back with what was sent, field by field.",
)
certify = define_asset_job(
    "certify",
    AssetSelection.assets("reconciliation_report", "certificate", "rebuild_inventory"),
    description="The reconciliation report over all batches, and pass or fail.",
)
rehearse = define_asset_job(
    "rehearse",
    PLANNED | APPROVED | PEOPLE | DEALINGS | RECONCILED,
    partitions_def=BATCHES,
    description="Plan, approve, load and reconcile one batch in a rehearsal destination.",
)
rollback = define_asset_job(
    "rollback",
    AssetSelection.groups("undo"),
    partitions_def=BATCHES,
    description="Take a batch back out of Freshsales; a dry run unless it is approved.",
)

ALL_JOBS = [
    extract, prepare, plan, approve, load, load_people, load_dealings, reconcile, certify,
    rehearse, rollback,
]  # fmt: skip
