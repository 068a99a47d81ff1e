"""Sensors: a complete batch folder becomes a partition and is prepared.

Not here: reading the files (``kartra``), what the job does with them.
"""

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dagster import (
    AddDynamicPartitionsRequest,
    DefaultSensorStatus,
    RunRequest,
    SensorDefinition,
    SensorEvaluationContext,
    SensorResult,
    SkipReason,
    sensor,
)
from dagster._core.definitions.unresolved_asset_job_definition import (
    UnresolvedAssetJobDefinition,
)

from kartra_freshsales.errors import BadInput
from kartra_freshsales.orchestration.partitions import BATCHES, checked_batch_key
from kartra_freshsales.orchestration.resources import WorkspaceResource

QUIET_SECONDS = 5.0
_HALF_COPIED = (".part", ".partial", ".crdownload", ".download", ".tmp", ".filepart")
"""How browsers and copying programs name a file they have not finished."""


@dataclass(frozen=True)
class Folder:
    """A batch folder as it stands: a fingerprint of its files, and whether it is whole."""

    state: str
    complete: bool


def folder_of(path: Path, *, now: float, quiet: float = QUIET_SECONDS) -> Folder:
    """Look at a batch folder.

    It is complete once it holds a file, none is half copied, and none was touched for
    ``quiet`` seconds. Both times count: a copy that keeps the original's time of change
    still has its own time of arrival. A file that vanishes meanwhile makes it incomplete.
    """
    # Attachments lie in folders of their own inside the batch.
    files = sorted(child for child in path.rglob("*") if child.is_file())
    try:
        facts = [(file.relative_to(path).as_posix(), file.stat()) for file in files]
    except FileNotFoundError:
        return Folder("", complete=False)
    text = json.dumps([(name, s.st_size, s.st_mtime_ns) for name, s in facts])
    still = all(now - max(s.st_mtime, s.st_ctime) >= quiet for _, s in facts)
    whole = not any(name.lower().endswith(_HALF_COPIED) for name, _ in facts)
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return Folder(digest, complete=bool(facts) and still and whole)


@dataclass
class Inbox:
    """What a look into the inbox found: folders to run, to wait for, and badly named."""

    fresh: dict[str, str] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)
    unusable: list[str] = field(default_factory=list)

    @property
    def summary(self) -> str:
        """Why nothing is started."""
        parts = ["No batch folder is new or changed."]
        if self.waiting:
            parts.append(f"Still being copied: {', '.join(self.waiting)}.")
        return " ".join([*parts, *self.unusable])


def look_into(
    inbox: Path, keys: Sequence[str], seen: Mapping[str, str], *, quiet: float
) -> Inbox:
    """Sort the batch folders ``keys`` of ``inbox``; ``seen`` is the state run last."""
    found, now = Inbox(), time.time()
    for key in keys:
        try:
            checked_batch_key(key)
        except BadInput as problem:
            found.unusable.append(str(problem))
            continue
        folder = folder_of(inbox / key, now=now, quiet=quiet)
        if not folder.complete:
            found.waiting.append(key)
        elif seen.get(key) != folder.state:
            found.fresh[key] = folder.state
    return found


def inbox_sensor(
    job: UnresolvedAssetJobDefinition, *, quiet: float = QUIET_SECONDS
) -> SensorDefinition:
    """Register each complete folder of ``inbox/`` as a batch and run ``job`` on it.

    One run per state of a folder: a file that is added or replaced later runs it again.
    """

    @sensor(
        name="inbox_batches",
        job=job,
        minimum_interval_seconds=15,
        default_status=DefaultSensorStatus.STOPPED,
        description="Registers each complete folder in inbox/ as a batch and prepares it.",
    )
    def inbox_batches(
        context: SensorEvaluationContext, workspace: WorkspaceResource
    ) -> SensorResult | SkipReason:
        seen: dict[str, str] = json.loads(context.cursor) if context.cursor else {}
        folders = workspace.workspace
        found = look_into(folders.inbox, folders.batches(), seen, quiet=quiet)
        for problem in found.unusable:
            context.log.warning(problem)
        if not found.fresh:
            return SkipReason(found.summary)
        return SensorResult(
            run_requests=[
                RunRequest(run_key=f"{key}:{state}", partition_key=key)
                for key, state in found.fresh.items()
            ],
            dynamic_partitions_requests=[
                AddDynamicPartitionsRequest(BATCHES.name or "", list(found.fresh))
            ],
            cursor=json.dumps(seen | found.fresh),
        )

    return inbox_batches
