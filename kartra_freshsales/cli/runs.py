"""Runs jobs of the graph in this process, and reads what Dagster noted about them.

Not here: which job comes when (``journey``), what a person sees of it (``output``).
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

from dagster import (
    AssetKey,
    AssetRecordsFilter,
    DagsterError,
    DagsterEventType,
    DagsterInstance,
    Definitions,
)
from dagster._core.errors import DagsterExecutionInterruptedError

from kartra_freshsales.cli.failures import Unforeseen, explained
from kartra_freshsales.definitions import build_definitions
from kartra_freshsales.errors import IntegrityError, KartraFreshsalesError
from kartra_freshsales.orchestration.partitions import BATCHES
from kartra_freshsales.orchestration.progress import Progress
from kartra_freshsales.settings import Workspace

_QUIET = {"console": {"config": {"log_level": "CRITICAL"}}}
"""The screen is for people; everything Dagster says stands in its event log."""

_DAGSTER_YAML = """\
telemetry:
  enabled: false
nux:
  enabled: false
# Runs that write take turns: they share one account's request budget.
concurrency:
  pools:
    default_limit: 1
    granularity: run
run_retries:
  enabled: true
  max_retries: 1
  retry_on_asset_or_op_failure: false
run_monitoring:
  enabled: true
  free_slots_after_run_end_seconds: 300
"""
_HEADLESS = "headless.yaml"
_HEADLESS_YAML = f"""\
{_DAGSTER_YAML}compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
"""
"""The same storage; but capturing output would take the screen from the progress bar."""


@dataclass(frozen=True)
class FailedCheck:
    """A check that did not pass. Holds counts, places and the remedy, no values of rows."""

    asset: str
    name: str
    failures: int
    where: str
    remedy: str
    blocking: bool

    def __str__(self) -> str:
        """As one line of text."""
        return f"{self.what} {self.remedy}"

    @property
    def what(self) -> str:
        """Which check, how often, and the first place."""
        first = self.where.partition("\n")[0]
        place = f", first at {first}" if first else ""
        return f"{self.asset}: {self.failures:,} against {self.name!r}{place}."


@dataclass
class Runs:
    """The graph of one workspace and the Dagster instance that its web page reads too."""

    workspace: Workspace
    progress: Progress = field(default_factory=Progress)
    _open: ExitStack = field(default_factory=ExitStack, repr=False)

    def close(self) -> None:
        """Close the instance, if anything opened it."""
        self._open.close()

    @cached_property
    def definitions(self) -> Definitions:
        """The graph, bound to this workspace."""
        return build_definitions(workspace=self.workspace.root, progress=self.progress)

    @cached_property
    def home(self) -> Path:
        """Where Dagster keeps runs and events of this workspace."""
        home = self.workspace.data / "dagster"
        home.mkdir(parents=True, exist_ok=True)
        for name, text in (("dagster.yaml", _DAGSTER_YAML), (_HEADLESS, _HEADLESS_YAML)):
            config = home / name
            if not config.exists():
                config.write_text(text, encoding="utf-8")
        return home

    @cached_property
    def instance(self) -> DagsterInstance:
        """Dagster's own storage, opened by the first run."""
        opened = DagsterInstance.from_config(str(self.home), _HEADLESS)
        return self._open.enter_context(opened)

    def run(
        self,
        job: str,
        *,
        partition: str | None,
        config: Mapping[str, Mapping[str, Any]],
    ) -> list[FailedCheck]:
        """Run one job to its end and return the checks that failed without stopping it.

        Raises:
            KartraFreshsalesError: an asset raised it, or a check of it failed.
            KeyboardInterrupt: Ctrl-C; Dagster turns it into an error of its own.
        """
        if partition:
            self.instance.add_dynamic_partitions(BATCHES.name or "", [partition])
        ops = {name: {"config": dict(values)} for name, values in config.items()}
        run_id = str(uuid4())
        try:
            self.definitions.resolve_job_def(job).execute_in_process(
                instance=self.instance,
                partition_key=partition,
                run_config={"ops": ops, "loggers": _QUIET},
                raise_on_error=True,
                run_id=run_id,
            )
        except DagsterExecutionInterruptedError:
            raise KeyboardInterrupt from None
        except DagsterError as error:
            raise self._reason(error, run_id) from error
        return list(self.failed_checks(run_id))

    def _reason(self, error: DagsterError, run_id: str) -> KartraFreshsalesError:
        """Why a run stopped: an error of an asset, else a check that blocks."""
        reason = explained(error)
        if isinstance(reason, Unforeseen):
            for check in self.failed_checks(run_id):
                if check.blocking:
                    return IntegrityError(check.what, remedy=check.remedy)
        return reason

    def failed_checks(self, run_id: str) -> Iterator[FailedCheck]:
        """The checks of a run that did not pass, in the order they were made."""
        logged = self.instance.all_logs(run_id, DagsterEventType.ASSET_CHECK_EVALUATION)
        for entry in logged:
            if entry.dagster_event is None:
                continue
            made = entry.dagster_event.asset_check_evaluation_data
            if made.passed:
                continue
            told = {name: value.value for name, value in made.metadata.items()}
            yield FailedCheck(
                asset=made.asset_key.to_user_string(),
                name=made.check_name,
                failures=int(str(told.get("failures", 1))),
                where=str(told.get("where", "")),
                remedy=made.description or "",
                blocking=bool(made.blocking),
            )

    def batches(self) -> list[str]:
        """Keys of all batches that were ever read, whatever the inbox holds now."""
        return sorted(self.instance.get_dynamic_partitions(BATCHES.name or ""))

    def facts_of(self, asset: str, batch: str) -> dict[str, Any]:
        """What an asset said about its newest materialization of a batch."""
        wanted = AssetRecordsFilter(AssetKey(asset), asset_partitions=[batch])
        records = self.instance.fetch_materializations(wanted, limit=1).records
        event = records[0].asset_materialization if records else None
        return {k: v.value for k, v in (event.metadata if event else {}).items()}
