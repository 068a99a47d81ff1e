"""Stage 1, extract: each batch folder as raw frames, what could not be read beside them.

Nothing is interpreted here: cells are text, and every row knows its file and line.
"""

import polars as pl
from dagster import AssetExecutionContext, AssetOut, MetadataValue, multi_asset

from kartra_freshsales.kartra.front_door import store_batch
from kartra_freshsales.kartra.kinds import ExportKind
from kartra_freshsales.kartra.model import QUARANTINE_SCHEMA
from kartra_freshsales.orchestration.outputs import Outputs, counted
from kartra_freshsales.orchestration.partitions import BATCHES
from kartra_freshsales.orchestration.resources import WorkspaceResource

_NO_ROWS = pl.DataFrame(
    schema={
        "_batch": pl.String,
        "_file": pl.String,
        "_row": pl.Int64,
        "_exported_at": pl.Datetime("us", "UTC"),
    }
)
_PROBLEM_SCHEMA = dict.fromkeys(("_batch", "_file", "what", "remedy"), pl.String)
_NOTHING_SET_ASIDE = pl.DataFrame(schema=dict(QUARANTINE_SCHEMA))
KINDS = tuple(kind for kind in ExportKind if kind is not ExportKind.UNKNOWN)

_OUTS = {
    f"raw_{kind}": AssetOut(
        description=f"Every {kind} row of the batch's files as text, with file and line.",
        kinds={"csv", "polars", "parquet"},
    )
    for kind in KINDS
} | {
    f"quarantined_{kind}": AssetOut(
        description=f"Rows of {kind} files that could not be read, each with its reason.",
        kinds={"polars", "parquet"},
    )
    for kind in KINDS
}
_OUTS["file_problems"] = AssetOut(
    description="Files of the batch that could not be used, and what to do about each.",
    kinds={"polars", "parquet"},
)


@multi_asset(outs=_OUTS, partitions_def=BATCHES, group_name="extract", name="read_batch")
def raw_batch(context: AssetExecutionContext, workspace: WorkspaceResource) -> Outputs:
    """Read the batch's folder once; a bad file or row never stops the rest."""
    batch = context.partition_key
    with workspace.scratch() as folder:
        read = store_batch(workspace.workspace.inbox / batch, batch=batch, into=folder)
        for kind in KINDS:
            yield counted(read.rows.get(kind, _NO_ROWS), name=f"raw_{kind}")
            set_aside = read.quarantine.get(kind, _NOTHING_SET_ASIDE)
            yield counted(set_aside, name=f"quarantined_{kind}")
    problems = [(batch, p.file, p.what, p.remedy) for p in read.problems]
    warnings = {facts.file: list(facts.warnings) for facts in read.files if facts.warnings}
    yield counted(
        pl.DataFrame(problems, schema=_PROBLEM_SCHEMA, orient="row"),
        name="file_problems",
        warnings=MetadataValue.json(warnings),
    )
