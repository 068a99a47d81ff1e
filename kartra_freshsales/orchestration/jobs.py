"""Jobs: the stages an operator starts, in the order of the journey.

Partitioned assets and assets over all batches never share a job: one run is either one
batch or all of them.
"""

from dagster import AssetSelection, define_asset_job

_groups, _assets = AssetSelection.groups, AssetSelection.assets

CLEANED = _assets(
    "cleaned_contacts", "cleaned_transactions", "cleaned_subscriptions",
    "set_aside_contacts", "set_aside_transactions", "set_aside_subscriptions",
    "cleaned_activities", "cleaned_attachments", "set_aside_activities",
    "set_aside_attachments",
)  # fmt: skip
OVER_ALL_BATCHES = _assets(
    "certificate", "reconciliation_report", "spot_sample", "spot_check", "rebuild_inventory"
)
RECONCILED = _groups("reconcile") - OVER_ALL_BATCHES
PLANNED, APPROVED = _assets("load_plan"), _assets("load_approval")
SIGNED_OFF = _assets("sample_sign_off")
SEEN = _assets("batch_overview")
LOADED = _groups("load")

extract = define_asset_job(
    "extract",
    _groups("extract") | CLEANED,
    description="Read and clean one batch of exports.",
)
prepare = define_asset_job(
    "prepare",
    (_groups("discover", "map", "owners", "review", "provision", "plan", "clean"))
    - CLEANED
    - SEEN
    - PLANNED
    - APPROVED
    - SIGNED_OFF,
    description="Merge all batches, write the scope, confirm, match owners, provision.",
)
plan = define_asset_job(
    "plan",
    SEEN | PLANNED,
    description="Dry run: where the batch's rows went, what would be sent, and why.",
)
approve = define_asset_job(
    "approve",
    APPROVED,
    description="A named person approves the plan of a batch as it stands.",
)
sign_off_sample = define_asset_job(
    "sign_off_sample",
    SIGNED_OFF,
    description="A named person signs off the loaded sample; production waits for it.",
)
load = define_asset_job(
    "load",
    LOADED | RECONCILED,
    description="Load and reconcile an approved batch; run again it sends what is missing.",
)
rehearse = define_asset_job(
    "rehearse",
    PLANNED | APPROVED | LOADED | RECONCILED,
    description="Plan, approve, load and reconcile one batch in a rehearsal destination.",
)
reconcile = define_asset_job(
    "reconcile",
    RECONCILED,
    description="Compare what was read back with what was sent, field by field.",
)
certify = define_asset_job(
    "certify",
    OVER_ALL_BATCHES,
    description="The reconciliation report over all batches, and pass or fail.",
)
plan_rollback = define_asset_job(
    "plan_rollback",
    _assets("rollback_plan"),
    description="Dry run of taking a batch back out of Freshsales.",
)
rollback = define_asset_job(
    "rollback",
    _assets("rollback_approval", "rolled_back"),
    description="Take a batch back out of Freshsales, as planned and approved by name.",
)

ALL_JOBS = [
    extract, prepare, plan, approve, sign_off_sample, load, rehearse, reconcile, certify,
    plan_rollback, rollback,
]  # fmt: skip
