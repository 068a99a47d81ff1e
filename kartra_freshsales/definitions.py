"""The whole graph on one page: assets by stage, checks, jobs, sensor, schedule."""

from pathlib import Path
from typing import Any

from dagster import (
    AssetsDefinition,
    Definitions,
    in_process_executor,
    load_assets_from_modules,
)

from kartra_freshsales.assets import (
    attached,
    clean,
    discover,
    extract,
    load,
    mapping,
    owners,
    plan,
    provision,
    reconcile,
    review,
    undo,
)
from kartra_freshsales.orchestration import jobs
from kartra_freshsales.orchestration.checks.all_checks import ALL_CHECKS
from kartra_freshsales.orchestration.destination import DestinationResource
from kartra_freshsales.orchestration.io_manager import (
    IDENTIFYING_COLUMNS,
    REVIEWED_COLUMNS,
    FramesIOManager,
)
from kartra_freshsales.orchestration.progress import Progress
from kartra_freshsales.orchestration.resources import WorkspaceResource
from kartra_freshsales.orchestration.schedules import failed_partitions_schedule
from kartra_freshsales.orchestration.sensors import inbox_sensor

STAGES = (
    extract, discover, clean, attached, mapping, owners, review, provision, plan, load,
    reconcile, undo,
)  # fmt: skip
"""The journey in reading order."""

OWNERS = ["team:migration"]


def all_assets() -> list[AssetsDefinition]:
    """Every asset of every stage, each owned by the team that runs the migration."""
    found = load_assets_from_modules(STAGES)
    return [
        asset.map_asset_specs(lambda spec: spec.replace_attributes(owners=OWNERS))
        for asset in found
        if isinstance(asset, AssetsDefinition)
    ]


def build_definitions(
    workspace: Path | None = None,
    *,
    progress: Progress | None = None,
    **overrides: Any,
) -> Definitions:
    """The definitions of one workspace.

    Args:
        workspace: its folder; ``KF_WORKSPACE`` or the current folder without.
        progress: told how far a load is; silent without.
        overrides: resources by name that take the place of the usual ones.
    """
    folder = WorkspaceResource(root=str(workspace) if workspace else "")
    resources = {
        "workspace": folder,
        "destination": DestinationResource(workspace=folder),
        "progress": progress or Progress(),
        "io_manager": FramesIOManager(workspace=folder),
        "identifying_columns": FramesIOManager(
            workspace=folder, columns=IDENTIFYING_COLUMNS
        ),
        "reviewed_columns": FramesIOManager(workspace=folder, columns=REVIEWED_COLUMNS),
    }
    return Definitions(
        assets=all_assets(),
        asset_checks=ALL_CHECKS,
        jobs=jobs.ALL_JOBS,
        sensors=[inbox_sensor(jobs.extract)],
        schedules=[failed_partitions_schedule(jobs.load)],
        resources={**resources, **overrides},
        # Three trivial steps take a third of the time they take in processes of their own;
        # work goes on side by side as runs, one per batch.
        executor=in_process_executor,
    )


defs = build_definitions()
