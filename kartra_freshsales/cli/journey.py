"""Drives the whole journey headless, through the same jobs that the UI shows.

No migration logic: it starts jobs in order, and reads what the assets left behind.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import polars as pl
from dagster import (
    AssetKey,
    AssetRecordsFilter,
    DagsterError,
    DagsterInstance,
    Definitions,
)

from kartra_freshsales.cli import enquiries
from kartra_freshsales.cli.output import Screen
from kartra_freshsales.cli.rollbacks import merged_rollbacks, rollback_summary
from kartra_freshsales.definitions import build_definitions
from kartra_freshsales.errors import (
    BadInput,
    IntegrityError,
    KartraFreshsalesError,
    NotConfirmed,
)
from kartra_freshsales.orchestration.destination import DestinationResource
from kartra_freshsales.orchestration.partitions import BATCHES, checked_batch_key
from kartra_freshsales.orchestration.progress import Progress
from kartra_freshsales.settings import Workspace

Plans = dict[str, dict[str, Any]]
_REQUESTS = ("read", "write", "poll")
_QUIET = {"console": {"config": {"log_level": "CRITICAL"}}}
"""The screen is for people; everything Dagster says stands in its event log."""

_DAGSTER_YAML = "telemetry:\n  enabled: false\n"


@dataclass(frozen=True)
class Person:
    """Who confirms on the way (nobody if empty), and what may be done in their name."""

    name: str = ""
    create_fields: bool = False


@dataclass
class Journey:
    """One workspace, its Dagster instance and the jobs of the graph; use it in a ``with``."""

    workspace: Workspace
    screen: Screen
    progress: Progress = field(default_factory=Progress)
    _open: ExitStack = field(default_factory=ExitStack, repr=False)

    def __enter__(self) -> Self:
        """Open the Dagster instance that the UI of this workspace reads too."""
        self._instance = self._open.enter_context(
            DagsterInstance.from_config(str(self.home))
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self._open.close()

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
        config: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """Run one job to its end.

        Raises:
            KartraFreshsalesError: an asset raised it, or a check of it failed.
        """
        with self.screen.working(f"{job} {partition or ''}".strip()):
            if partition:
                self._instance.add_dynamic_partitions(BATCHES.name or "", [partition])
            ops = {
                name: {"config": dict(values)} for name, values in (config or {}).items()
            }
            try:
                self.definitions.resolve_job_def(job).execute_in_process(
                    instance=self._instance,
                    partition_key=partition,
                    run_config={"ops": ops, "loggers": _QUIET},
                    raise_on_error=True,
                )
            except DagsterError as error:
                raise _ours(job, error) from error

    @cached_property
    def destination(self) -> DestinationResource:
        """The account and the ledger, as the assets see them."""
        found: DestinationResource = self.definitions.resources["destination"]  # type: ignore[index]
        return found

    def requests(self) -> dict[str, int]:
        """Requests ever sent to this account, by kind."""
        with self.destination.ledger() as ledger:
            return dict(ledger.request_counts())

    def _last_metadata(self, asset: str, batch: str) -> dict[str, Any]:
        """What an asset said about its newest materialization of a batch."""
        wanted = AssetRecordsFilter(AssetKey(asset), asset_partitions=[batch])
        records = self._instance.fetch_materializations(wanted, limit=1).records
        event = records[0].asset_materialization if records else None
        return {k: v.value for k, v in (event.metadata if event else {}).items()}

    def extract(self, batches: Iterable[str]) -> None:
        """Read and clean each batch."""
        for batch in batches:
            self.run("extract", partition=batch)

    def prepare(self, person: Person) -> None:
        """Merge the batches, write the scope, confirm, match owners, provision, snapshot."""
        self.run(
            "prepare",
            config={
                "confirmed_mapping": {"confirmed_by": person.name},
                "provisioned_fields": {"create_fields": person.create_fields},
            },
        )

    def plan(self, batches: Iterable[str]) -> Plans:
        """The dry run of each batch: counts by module, requests, hours, digest."""
        plans: Plans = {}
        for batch in batches:
            self.run("plan", partition=batch)
            facts = self._last_metadata("load_plan", batch)
            plans[batch] = {
                "modules": facts["counts"],
                **{name: facts[name] for name in ("requests", "hours", "digest")},
            }
        return plans

    def approve(self, batch: str, name: str, digest: str) -> None:
        """Record a person's approval of a batch's plan."""
        config = {"approved_by": name, "plan_digest": digest}
        self.run("approve", partition=batch, config={"load_approval": config})

    def load(self, batches: Iterable[str]) -> None:
        """Load and reconcile each batch."""
        for batch in batches:
            self.run("load", partition=batch)

    def migrate(
        self,
        person: Person,
        only: Iterable[str],
        *,
        show: Callable[[Screen, Plans], None],
    ) -> dict[str, Any]:
        """The whole journey; it stops with ``WaitingForPerson`` where one is needed."""
        batches, before = self.batches(only), self.requests()
        self.extract(batches)
        self.prepare(person)
        plans = self.plan(batches)
        show(self.screen, plans)
        if not person.name:
            self._require_approvals(plans)
        for batch, plan in plans.items():
            if person.name:
                self.approve(batch, person.name, plan["digest"])
        self.load(batches)
        self.run("certify")
        after = self.requests()
        used = {kind: after.get(kind, 0) - before.get(kind, 0) for kind in _REQUESTS}
        return {**self.summary(), "requests": used, "batches": batches}

    def _require_approvals(self, plans: Plans) -> None:
        """Raise ``NotConfirmed`` for the first batch whose plan nobody has approved."""
        with self.destination.ledger() as ledger:
            for batch, plan in plans.items():
                given = ledger.approval("plan", batch)
                if given is None or given.digest != plan["digest"]:
                    raise NotConfirmed(
                        f"The load plan of batch {batch} (digest {plan['digest']}) waits for "
                        "a person's approval.",
                        remedy="Read the plan above, then approve it: kartra-freshsales "
                        f"approve --batch {batch} --digest … --name NAME",
                    )

    def roll_back(self, only: Iterable[str], approved_by: str) -> dict[str, Any]:
        """Plan the undo of one batch or of everything; carry it out if somebody approves."""
        chosen = list(only)
        batches = self.batches(chosen)
        targets = [(batch, False) for batch in reversed(batches)] if chosen else []
        results = [
            self._roll_back_one(batch, approved_by, everything=everything)
            for batch, everything in targets or [(batches[-1], True)]
        ]
        return merged_rollbacks(results)

    def _roll_back_one(self, batch: str, name: str, *, everything: bool) -> dict[str, Any]:
        self.run(
            "plan_rollback",
            partition=batch,
            config={"rollback_plan": {"everything": everything}},
        )
        facts = self._last_metadata("rollback_plan", batch)
        plan = self.frame("rollback_plan", batch)
        if not name:
            return rollback_summary(plan, facts, done=None)
        approval = {"approved_by": name, "plan_digest": facts["digest"]}
        self.run("rollback", partition=batch, config={"rollback_approval": approval})
        return rollback_summary(plan, facts, done=self.frame("rolled_back", batch))

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

    def status(self) -> dict[str, Any]:
        """How far each batch is."""
        return enquiries.status(self)

    def trace(self, key: str) -> list[dict[str, Any]]:
        """The way of every record that ``key`` names."""
        return enquiries.trace(self, key)

    def verify(self) -> dict[str, Any]:
        """Whether Freshsales still holds what was loaded."""
        return enquiries.verify(self)

    def reports(self) -> dict[str, str]:
        """The reports that lie in the workspace, by name."""
        found = sorted(self.workspace.reports.glob("*.*"))
        return {path.name: str(path) for path in found if path.is_file()}


def _ours(job: str, error: DagsterError) -> KartraFreshsalesError:
    """The error of ours behind a failed step, or one that says which job failed and how."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, KartraFreshsalesError):
            return cause
        cause = cause.__cause__ or getattr(cause, "user_exception", None)
    return IntegrityError(
        f"The job {job!r} stopped: {type(error).__name__}: {str(error).splitlines()[0]}",
        remedy="Look at the failed step or check in Dagster ('kartra-freshsales ui').",
    )
