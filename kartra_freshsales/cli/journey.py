"""Drives the whole journey headless, through the same jobs that the UI shows.

No migration logic: it starts jobs in order, and reads what the assets left behind.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl
from dagster import DagsterInstance, Definitions, RunConfig

from kartra_freshsales.cli.output import Screen
from kartra_freshsales.definitions import build_definitions
from kartra_freshsales.errors import BadInput
from kartra_freshsales.orchestration.partitions import BATCHES, checked_batch_key
from kartra_freshsales.orchestration.progress import Progress
from kartra_freshsales.settings import Workspace

_DAGSTER_YAML = "telemetry:\n  enabled: false\n"


@dataclass
class Journey:
    """One workspace, its Dagster instance and the jobs of the graph."""

    workspace: Workspace
    screen: Screen
    progress: Progress = field(default_factory=Progress)

    @cached_property
    def definitions(self) -> Definitions:
        """The graph, bound to this workspace."""
        return build_definitions(workspace=self.workspace.root, progress=self.progress)

    @cached_property
    def home(self) -> Path:
        """Where Dagster keeps runs and events of this workspace; the UI reads the same."""
        home = self.workspace.data / "dagster"
        home.mkdir(parents=True, exist_ok=True)
        config = home / "dagster.yaml"
        if not config.exists():
            config.write_text(_DAGSTER_YAML, encoding="utf-8")
        return home

    def batches(self, only: Iterable[str] = ()) -> list[str]:
        """Batch keys in ``inbox/``, checked, oldest key first.

        Raises:
            BadInput: the inbox is empty, a key is unusable, or ``only`` names no folder.
        """
        found = [checked_batch_key(key) for key in self.workspace.batches()]
        missing = sorted(set(only) - set(found))
        if missing or not found:
            what = f"no batch {missing[0]!r} in" if missing else "no exports in"
            raise BadInput(
                f"There is {what} {self.workspace.inbox}.",
                remedy="Put the CSV files of one export into inbox/<batch>/, or use 'ingest'.",
            )
        return [key for key in found if not only or key in set(only)]

    def run(
        self,
        job: str,
        *,
        partition: str | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> None:
        """Run one job to its end; errors of the assets come out as they were raised."""
        self.screen.say(f"[dim]{job}{f' {partition}' if partition else ''}[/]")
        with DagsterInstance.from_config(str(self.home)) as instance:
            if partition:
                instance.add_dynamic_partitions(BATCHES.name or "", [partition])
            self.definitions.resolve_job_def(job).execute_in_process(
                instance=instance,
                partition_key=partition,
                run_config=RunConfig(ops=dict(config)) if config else None,
                raise_on_error=True,
            )

    def frame(self, asset: str, partition: str | None = None) -> pl.DataFrame:
        """What an asset last returned."""
        base = self.workspace.data / "frames" / asset
        path = base / f"{partition}.parquet" if partition else base.with_suffix(".parquet")
        return pl.read_parquet(path)

    def summary(self) -> dict[str, Any]:
        """The figures of the last certification."""
        path = self.workspace.reports / "summary.json"
        loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return loaded
