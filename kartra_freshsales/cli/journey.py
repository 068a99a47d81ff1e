"""Drives the whole journey headless, through the same jobs that the UI shows.

No migration logic: it starts jobs in order, and reads what the assets left behind.
"""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import polars as pl

from kartra_freshsales.cli import (
    enquiries,
    problems,
    retries,
    sampling,
    trace_story,
    verification,
)
from kartra_freshsales.cli.context import Person
from kartra_freshsales.cli.output import Screen
from kartra_freshsales.cli.runs import Runs
from kartra_freshsales.cli.shown import (
    approval,
    command,
    show_plans,
    show_problems,
    show_review,
)
from kartra_freshsales.errors import BadInput, NotConfirmed, WaitingForPerson
from kartra_freshsales.orchestration.destination import DestinationResource
from kartra_freshsales.orchestration.partitions import checked_batch_key
from kartra_freshsales.orchestration.progress import Progress
from kartra_freshsales.planning.summary import reason_counts
from kartra_freshsales.reports.tables import csv_text
from kartra_freshsales.settings import Workspace

Plans = dict[str, dict[str, Any]]
_REQUESTS = ("read", "write", "poll")
_TOLD_OF_PLANS = ("requests", "hours", "digest", "payloads", "cannot_undo")
_TOLD_OTHERWISE = ("extract", "prepare", "plan")
"""Jobs whose warnings are told as problems or reasons, or stop the journey anyway."""


@dataclass
class Journey:
    """One workspace and the jobs of its graph; use it in a ``with``."""

    workspace: Workspace
    screen: Screen
    progress: Progress = field(default_factory=Progress)
    faults: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(schema=problems.PROBLEMS), init=False
    )
    """What is wrong with the exports, as far as this run has seen them."""

    def __enter__(self) -> Self:
        """Nothing is opened before it is needed."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close what was opened."""
        self.runs.close()

    @cached_property
    def runs(self) -> Runs:
        """The graph and its Dagster instance."""
        return Runs(self.workspace, self.progress)

    def require_basics(self) -> None:
        """Find out before hours of work that a folder, setting or decision is no use.

        Raises:
            BadInput: a folder cannot be written.
            SettingsError: address or key of the account are missing.
            MappingError: a line of ``mappings/*.yaml`` cannot be used.
        """
        for folder in (self.workspace.data, self.workspace.reports):
            folder.mkdir(parents=True, exist_ok=True)
            if not os.access(folder, os.W_OK):
                raise BadInput(
                    f"{folder} cannot be written.",
                    remedy="Give yourself the right to it, or choose another --workspace.",
                )
        resource = self.destination.workspace
        resource.settings().require_destination()
        resource.mapping()

    def batches(self, only: Iterable[str] = ()) -> list[str]:
        """Batch keys in ``inbox/``, checked, oldest key first.

        Raises:
            BadInput: the inbox is empty, a key is unusable, or ``only`` names no folder.
        """
        chosen = set(only)
        found = self.workspace.batches()
        missing = sorted(chosen - set(found))
        if missing or not found:
            raise self._no_exports(missing)
        withdrawn = self.destination.workspace.withdrawn(found)
        if chosen & withdrawn or withdrawn >= set(found):
            raise BadInput(
                f"Batch {min(chosen & withdrawn or withdrawn)!r} is withdrawn.",
                remedy="Take it off 'withdrawn' in mappings/source.yaml to use it again.",
            )
        return [
            checked_batch_key(key)
            for key in found
            if key not in withdrawn and (not chosen or key in chosen)
        ]

    def _no_exports(self, missing: list[str]) -> BadInput:
        inbox, remedy = self.workspace.inbox, "Put the CSV files of one export into "
        if missing:
            there = ", ".join(self.workspace.batches()) or "none"
            return BadInput(
                f"There is no batch {missing[0]!r} in {inbox}.",
                remedy=f"Batches with files are: {there}.",
            )
        loose = sum(p.suffix == ".csv" for p in inbox.iterdir()) if inbox.is_dir() else 0
        if loose:
            remedy = f"Move the {loose} CSV file(s) that lie in inbox/ itself into "
        return BadInput(
            f"There are no exports in {inbox}.",
            remedy=f"{remedy}inbox/<batch>/, or use 'ingest'.",
        )

    def run(
        self,
        job: str,
        *,
        partition: str | None = None,
        config: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """Run one job to its end; checks that warn are said, and stop nothing.

        Raises:
            KartraFreshsalesError: an asset raised it, or a check of it failed.
        """
        with self.screen.working(f"{job} {partition or ''}".strip()):
            failed = self.runs.run(job, partition=partition, config=config or {})
        if job not in _TOLD_OTHERWISE:
            for check in failed:
                self.screen.warn(str(check))

    @cached_property
    def destination(self) -> DestinationResource:
        """The account and the ledger, as the assets see them."""
        found: DestinationResource = self.runs.definitions.resources["destination"]  # type: ignore[index]
        return found

    def requests(self) -> dict[str, int]:
        """Requests ever sent to this account, by kind."""
        with self.destination.ledger() as ledger:
            return dict(ledger.request_counts())

    def extract(self, batches: Sequence[str]) -> None:
        """Read and clean each batch, and tell what is wrong with the exports.

        Raises:
            BadInput: there is nothing at all to go on with.
        """
        for batch in batches:
            self.run("extract", partition=batch)
        self.faults = problems.of_batches(self, batches)
        self._tell(self.faults)
        if not any(self._rows_read(batch) for batch in batches):
            raise BadInput(
                f"Not one row could be read in {', '.join(batches)}.",
                remedy="Correct what stands above, then run this again.",
            )

    def _rows_read(self, batch: str) -> int:
        return sum(self.frame(f"raw_{kind}", batch).height for kind in problems.KINDS)

    def _tell(self, found: pl.DataFrame) -> None:
        """Show new problems, and keep all of them in a report."""
        path = self.workspace.reports / problems.REPORT
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(csv_text(self.faults), encoding="utf-8")
        if found.height:
            show_problems(self.screen, found.to_dicts())
            self.screen.warn(f"{found.height} problem(s) in the exports; all in {path}")

    def prepare(self, person: Person) -> None:
        """Merge the batches, write the scope, confirm, match owners, provision."""
        config: dict[str, dict[str, Any]] = {
            "confirmed_mapping": {"confirmed_by": person.name},
            "provisioned_fields": {"create_fields": person.create_fields},
        }
        try:
            self.run("prepare", config=config)
        except WaitingForPerson:
            show_review(self.screen, enquiries.review(self))
            raise
        unplaced = problems.of_merging(self)
        self.faults = pl.concat([self.faults, unplaced])
        self._tell(unplaced)

    def plan(
        self, batches: Iterable[str], *, sample: bool = False, retry: bool = False
    ) -> Plans:
        """The dry run of each batch: counts by module, requests, hours, digest.

        With ``sample`` of the representative sample only; with ``retry`` of the selection
        that was noted.
        """
        plans: Plans = {}
        for batch in batches:
            config = {"load_plan": {"sample": sample, "retry": retry}}
            self.run("plan", partition=batch, config=config)
            facts = self.runs.facts_of("load_plan", batch)
            plans[batch] = {
                "modules": facts["counts"],
                "reasons": reason_counts(self.frame("load_plan", batch)).to_dicts(),
                **{name: facts[name] for name in _TOLD_OF_PLANS},
            }
        return plans

    def approve(self, batch: str, name: str, digest: str) -> None:
        """Record a person's approval of a batch's plan.

        Raises:
            BadInput: there is no such batch, or it has no plan yet.
        """
        self.batches([batch])
        if not self.path_of("load_plan", batch).exists():
            raise BadInput(
                f"Batch {batch} has no plan yet.",
                remedy=f"Make one: {command('plan', '--workspace', self.workspace.root)}",
            )
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
        retry: str = "",
    ) -> dict[str, Any]:
        """The whole journey; it stops with ``WaitingForPerson`` where one is needed.

        With ``retry`` only what failed or was refused for that reason is sent.
        """
        batches = self.batches(only)
        self.require_basics()
        sampling.require_sign_off(self)
        if retry:
            retries.note(self, batches, retry)
        before = self.requests()
        self.extract(batches)
        self.prepare(person)
        plans = self.plan(batches, retry=bool(retry))
        show_plans(self.screen, plans)
        if not person.name:
            self._require_approvals(plans)
        for batch, plan in plans.items():
            if person.name:
                self.approve(batch, person.name, plan["digest"])
        self.load(batches)
        self.run("certify")
        after = self.requests()
        used = {kind: after.get(kind, 0) - before.get(kind, 0) for kind in _REQUESTS}
        told = {"requests": used, "batches": batches, "problems": self.faults.to_dicts()}
        return self.summary() | told | {"review": enquiries.review(self)}

    def _require_approvals(self, plans: Plans) -> None:
        """Raise ``NotConfirmed`` where nobody has approved a plan as it stands now."""
        waiting = {}
        with self.destination.ledger() as ledger:
            for batch, plan in plans.items():
                given = ledger.approval("plan", batch)
                if given is None or given.digest != plan["digest"]:
                    waiting[batch] = plan["digest"]
        if not waiting:
            return
        (batch, digest), *more = waiting.items()
        others = f", and {len(more)} more," if more else ""
        raise NotConfirmed(
            f"The load plan of batch {batch} (digest {digest}){others} waits for a "
            "person's approval.",
            remedy="Read the plan, approve it, and run this again:\n"
            + "\n".join(
                f"  {approval(self.workspace.root, *each)}" for each in waiting.items()
            ),
        )

    def frame(
        self,
        asset: str,
        partition: str | None = None,
        columns: list[str] | None = None,
    ) -> pl.DataFrame:
        """What an asset last returned, or only some columns of it.

        Raises:
            BadInput: the journey has not come that far.
        """
        path = self.path_of(asset, partition)
        if not path.exists():
            raise BadInput(
                "This workspace has not come that far: nothing was planned yet.",
                remedy=f"Run: {command('plan', '--workspace', self.workspace.root)}",
            )
        with path.open("rb") as file:  # a path by name may be taken for a pattern
            return pl.read_parquet(file, columns=columns)

    def path_of(self, asset: str, partition: str | None = None) -> Path:
        """Where the I/O manager keeps what an asset returned."""
        base = self.workspace.data / "frames" / asset
        return base / f"{partition}.parquet" if partition else base.with_suffix(".parquet")

    def summary(self) -> dict[str, Any]:
        """The figures of the last certification."""
        path = self.workspace.reports / "summary.json"
        loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return loaded

    def status(self) -> dict[str, Any]:
        """How far each batch is."""
        return enquiries.status(self)

    def trace(self, key: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """The way of every record and every source row that ``key`` names."""
        return trace_story.trace(self, key)

    def verify(self) -> dict[str, Any]:
        """Whether Freshsales still holds what was loaded."""
        return verification.verify(self)

    def reports(self) -> dict[str, str]:
        """The reports that lie in the workspace, by name."""
        found = sorted(self.workspace.reports.glob("*.*"))
        return {path.name: str(path) for path in found if path.is_file()}
