"""Sensors: a complete batch folder becomes a partition and is prepared."""

import hashlib
import json
import time
from pathlib import Path

from dagster import (
    AddDynamicPartitionsRequest,
    DefaultSensorStatus,
    RunRequest,
    SensorDefinition,
    SensorEvaluationContext,
    SensorResult,
    sensor,
)
from dagster._core.definitions.unresolved_asset_job_definition import (
    UnresolvedAssetJobDefinition,
)

from kartra_freshsales.errors import BadInput
from kartra_freshsales.orchestration.partitions import BATCHES, checked_batch_key
from kartra_freshsales.orchestration.resources import WorkspaceResource

_QUIET_SECONDS = 5.0


def folder_state(folder: Path) -> str:
    """A fingerprint of a batch folder: names, sizes and times of its files."""
    files = sorted(path for path in folder.iterdir() if path.is_file())
    return json.dumps([(f.name, f.stat().st_size, f.stat().st_mtime_ns) for f in files])


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def is_complete(folder: Path, now: float) -> bool:
    """Whether every file has been left alone for a few seconds, so copying has ended."""
    files = [path for path in folder.iterdir() if path.is_file()]
    return bool(files) and all(now - f.stat().st_mtime > _QUIET_SECONDS for f in files)


def inbox_sensor(job: UnresolvedAssetJobDefinition) -> SensorDefinition:
    """Register each complete folder of ``inbox/`` as a batch and run ``job`` on it once."""

    @sensor(
        name="inbox_batches",
        job=job,
        minimum_interval_seconds=15,
        default_status=DefaultSensorStatus.STOPPED,
        description="Registers each complete folder in inbox/ as a batch and prepares it.",
    )
    def inbox_batches(
        context: SensorEvaluationContext, workspace: WorkspaceResource
    ) -> SensorResult:
        seen: dict[str, str] = json.loads(context.cursor) if context.cursor else {}
        fresh: list[str] = []
        inbox = workspace.workspace.inbox
        for key in workspace.workspace.batches():
            try:
                checked_batch_key(key)
            except BadInput as problem:
                context.log.warning(str(problem))
                continue
            state = folder_state(inbox / key)
            if seen.get(key) != state and is_complete(inbox / key, time.time()):
                seen[key] = state
                fresh.append(key)
        requests = [
            RunRequest(run_key=f"{key}:{_digest(seen[key])}", partition_key=key)
            for key in fresh
        ]
        return SensorResult(
            run_requests=requests,
            dynamic_partitions_requests=[
                AddDynamicPartitionsRequest(BATCHES.name or "", fresh)
            ]
            if fresh
            else [],
            cursor=json.dumps(seen),
        )

    return inbox_batches
