"""What a person looks at and decides: one workbook of all batches, one page per batch.

Nothing here is needed by the load; everything here is found before its gates.
"""

import polars as pl
from dagster import AssetExecutionContext, AssetIn, MetadataValue, Output, asset

from kartra_freshsales.assets.extract import KINDS
from kartra_freshsales.orchestration.checks.factories import IDENTIFYING
from kartra_freshsales.orchestration.frames import metadata_from
from kartra_freshsales.orchestration.outputs import Facts, counted
from kartra_freshsales.orchestration.partitions import BATCHES
from kartra_freshsales.orchestration.resources import WorkspaceResource
from kartra_freshsales.reports import batch_overview as overviews
from kartra_freshsales.reports import open_points, review
from kartra_freshsales.reports.batches import markdown_of
from kartra_freshsales.reports.tables import csv_text

GROUP = "review"
REVIEWED = "reviewed_columns"
"""The I/O manager that reads only what the workbook counts of contacts."""
_FRAMES = (
    "source_rows", "mapping_coverage", "mapping_proposal", "tag_taxonomy", "owner_map",
    "duplicate_proposals", "flagged_contacts", "records_to_review", "transaction_totals",
    "totals_compared", "export_gaps", "freshsales_metadata",
)  # fmt: skip
_OF_EVERY_BATCH = (
    "source_rows", "file_problems", "owner_map", "duplicate_proposals",
    "flagged_contacts", "records_to_review",
)  # fmt: skip
_LINES = {f"{stage}_{kind}" for stage in ("raw", "quarantined") for kind in KINDS}


@asset(
    group_name=GROUP,
    kinds={"xlsx"},
    ins={
        **{name: AssetIn(name) for name in _FRAMES},
        "contacts": AssetIn("contacts", input_manager_key=REVIEWED),
    },
)
def review_workbook(
    context: AssetExecutionContext, workspace: WorkspaceResource, **frames: pl.DataFrame
) -> Output[pl.DataFrame]:
    """reports/review.xlsx: batches, map, words, tags, owners, doubles, rows to decide."""
    decided, path = workspace.mapping(), workspace.workspace.reports / review.FILE
    users = review.active(metadata_from(frames.pop("freshsales_metadata")).users)
    frames["word_tables"] = review.words_of(frames, decided)
    sheets = review.review_sheets(frames, decided, users)
    kept = review.write_review(path, sheets, decided)
    if kept:
        context.log.warning("review.xlsx had been edited; it is kept as %s.", kept.name)
    rows = open_points.not_moving(frames["source_rows"])
    workspace.write_report(open_points.ROWS_NOT_MOVING, csv_text(rows))
    points = open_points.open_points(frames)
    return counted(
        points,
        workbook=MetadataValue.path(path),
        batches=MetadataValue.md(markdown_of(review.batches_table(frames["source_rows"]))),
        **waiting(workspace, points),
    )


@asset(
    group_name=GROUP,
    kinds={"csv"},
    partitions_def=BATCHES,
    deps=["review_workbook"],
    ins={
        **{name: AssetIn(name) for name in _OF_EVERY_BATCH},
        # How many lines there are is all that is asked of them.
        **{name: AssetIn(name, input_manager_key=IDENTIFYING) for name in sorted(_LINES)},
    },
)
def batch_overview(
    context: AssetExecutionContext, workspace: WorkspaceResource, **frames: pl.DataFrame
) -> Output[pl.DataFrame]:
    """Start here: the batch's rows, where they went, what to decide, links to the lists."""
    batch = context.partition_key
    counts = overviews.overview(
        batch,
        frames["source_rows"],
        read={str(kind): frames[f"raw_{kind}"] for kind in KINDS},
        unreadable={str(kind): frames[f"quarantined_{kind}"] for kind in KINDS},
    )
    own = open_points.of_batch(frames["source_rows"], batch)
    rows = open_points.not_moving(own)
    path = workspace.write_report(
        f"batches/{batch}/{open_points.ROWS_NOT_MOVING}", csv_text(rows)
    )
    points = open_points.open_points(frames, batch=batch)
    return counted(
        counts,
        rows=MetadataValue.md(markdown_of(overviews.overview_table(counts))),
        why=MetadataValue.md(markdown_of(overviews.reasons_table(rows))),
        workbook=MetadataValue.path(workspace.workspace.reports / review.FILE),
        **{**waiting(workspace, points), "rows_not_moving_csv": MetadataValue.path(path)},
    )


def waiting(workspace: WorkspaceResource, points: pl.DataFrame) -> Facts:
    """What waits for a decision as a table, and a link to each list it names."""
    links = {
        name.rpartition("/")[2].replace(".", "_"): MetadataValue.path(
            workspace.workspace.reports / name
        )
        for name in points["file"].unique(maintain_order=True)
        if name != review.FILE
    }
    table = markdown_of(open_points.open_table(points))
    return {**links, "needs your decision": MetadataValue.md(table)}
