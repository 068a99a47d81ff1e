"""Stage 3, map: what becomes of every column, explained and confirmed by a person."""

import polars as pl
from dagster import AssetExecutionContext, Config, MetadataValue, Output, asset

from kartra_freshsales.errors import NotConfirmed
from kartra_freshsales.mapping.confirmation import confirmation_digest
from kartra_freshsales.mapping.coverage import coverage
from kartra_freshsales.mapping.model import sha256_of
from kartra_freshsales.mapping.proposals import proposals
from kartra_freshsales.orchestration.destination import DestinationResource
from kartra_freshsales.orchestration.outputs import counted, counts_by
from kartra_freshsales.orchestration.resources import WorkspaceResource
from kartra_freshsales.reports.tables import csv_text

GROUP = "map"


def columns_by_kind(export_columns: pl.DataFrame) -> dict[str, list[str]]:
    """Column names of each export kind, as the export_columns asset found them."""
    grouped = export_columns.group_by("kind", maintain_order=True).agg("column")
    return dict(grouped.iter_rows())


@asset(group_name=GROUP, kinds={"polars"})
def mapping_proposal(
    workspace: WorkspaceResource, export_columns: pl.DataFrame
) -> Output[pl.DataFrame]:
    """A target for every column with confidence and reasons, for a person to judge."""
    proposed = proposals(export_columns, workspace.mapping())
    path = workspace.write_report("mapping_proposal.csv", csv_text(proposed))
    return counted(proposed, path=MetadataValue.path(path))


@asset(group_name=GROUP, kinds={"polars"})
def mapping_coverage(
    workspace: WorkspaceResource, export_columns: pl.DataFrame
) -> Output[pl.DataFrame]:
    """Every column of every export: mapped, derived, or dropped on purpose."""
    table = coverage(columns_by_kind(export_columns), workspace.mapping())
    counts = counts_by(table, "decision")
    return counted(table, **counts)


class ConfirmationConfig(Config):
    """Who confirms the map and the gaps; empty where they are confirmed already."""

    confirmed_by: str = ""


@asset(group_name=GROUP, kinds={"approval"}, deps=["migration_scope", "mapping_proposal"])
def confirmed_mapping(
    context: AssetExecutionContext,
    config: ConfirmationConfig,
    destination: DestinationResource,
    export_columns: pl.DataFrame,
    mapping_coverage: pl.DataFrame,
    data_gaps: pl.DataFrame,
) -> Output[pl.DataFrame]:
    """A named person's yes to this map and these gaps; any change asks again (gate 1)."""
    mapping = destination.workspace.mapping()
    digests = {
        "mapping": confirmation_digest(mapping, columns_by_kind(export_columns)),
        "gaps": sha256_of(data_gaps.select("area", "what").rows()),
    }
    with destination.ledger() as ledger:
        for kind, digest in digests.items():
            given = ledger.approval(kind, "all")
            if given is not None and given.digest == digest:
                continue
            if not config.confirmed_by.strip():
                raise NotConfirmed(
                    f"The {kind} has not been confirmed as it stands now.",
                    remedy="Read reports/migration_scope.html and reports/review.xlsx, "
                    "correct mappings/*.yaml where they are wrong, then "
                    "confirm with --approve NAME (in Dagster: confirmed_by of this asset).",
                )
            ledger.approve(kind, "all", digest, config.confirmed_by, context.run.run_id)
    # Plans are made under decisions; this row tells whether they are the confirmed ones.
    kept = {**digests, "decisions": mapping.digest()}
    confirmed = pl.DataFrame({"kind": list(kept), "digest": list(kept.values())})
    return counted(confirmed, columns_decided=mapping_coverage.height, **digests)
