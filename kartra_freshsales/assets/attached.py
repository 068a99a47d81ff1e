"""Stages 4 and 7 for what a person may bring besides: activities, and files with a list.

Kartra exports neither. Where a batch has none, all of this is empty and costs nothing.
"""

from dataclasses import asdict

import polars as pl
from dagster import AssetExecutionContext, AssetOut, MetadataValue, multi_asset

from kartra_freshsales.kartra.kinds import ExportKind
from kartra_freshsales.orchestration.outputs import Outputs, counted
from kartra_freshsales.orchestration.partitions import BATCHES
from kartra_freshsales.orchestration.resources import WorkspaceResource
from kartra_freshsales.transforms.activities import clean_activities, golden_activities
from kartra_freshsales.transforms.attachments import clean_attachments, golden_attachments

GROUP = "clean"


def _table(description: str) -> AssetOut:
    return AssetOut(description=description, kinds={"polars", "parquet"})


_CLEANED = {
    f"{stage}_{kind}": _table(f"The batch's {kind}{what}.")
    for kind in (ExportKind.ACTIVITIES, ExportKind.ATTACHMENTS)
    for stage, what in (
        ("cleaned", ": times, owners and paths read"),
        ("set_aside", " rows that go no further, with reasons"),
    )
}


@multi_asset(name="clean_attached", outs=_CLEANED, partitions_def=BATCHES, group_name=GROUP)
def cleaned_attached(
    context: AssetExecutionContext,
    workspace: WorkspaceResource,
    raw_activities: pl.DataFrame,
    raw_attachments: pl.DataFrame,
) -> Outputs:
    """Read words and times; set aside what has no time and files that are not there."""
    decided = workspace.mapping()
    rules = decided.source
    both = {
        ExportKind.ACTIVITIES: clean_activities(raw_activities, rules),
        ExportKind.ATTACHMENTS: clean_attachments(
            raw_attachments, rules, decided.attachments
        ),
    }
    for kind, cleaned in both.items():
        for finding in cleaned.warnings:
            context.log.warning(str(finding))
        found = MetadataValue.json([asdict(finding) for finding in cleaned.warnings])
        yield counted(cleaned.rows, name=f"cleaned_{kind}", found=found)
        yield counted(cleaned.set_aside, name=f"set_aside_{kind}")


@multi_asset(
    name="merge_attached",
    outs={
        "activities": _table("One row per call, e-mail, meeting or task of a contact."),
        "activity_rows": _table("Where each activity row ended."),
        "attachments": _table("One row per file and record it belongs to, with digest."),
        "attachment_rows": _table("Where each attachment row ended."),
    },
    group_name=GROUP,
)
def golden_attached(
    workspace: WorkspaceResource,
    cleaned_activities: pl.DataFrame,
    cleaned_attachments: pl.DataFrame,
    contacts: pl.DataFrame,
    transactions: pl.DataFrame,
) -> Outputs:
    """Merge the activities and files of all batches, and find whose each is."""
    decided = workspace.mapping()
    done = golden_activities(
        cleaned_activities, contacts, decided.source, decided.activities
    )
    files = golden_attachments(
        cleaned_attachments, contacts, transactions, decided.source, decided.attachments
    )
    for golden, name, rows in (
        (done, "activities", "activity_rows"),
        (files, "attachments", "attachment_rows"),
    ):
        rungs = {finding.what: finding.count for finding in golden.findings}
        yield counted(golden.records, name=name, **rungs)
        yield counted(golden.row_states, name=rows)
