"""The way into the ledger: one destination, one database, every call a transaction.

Not here: the queries themselves, which stand in the module of their tables.
"""

import platform
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from types import TracebackType
from typing import Self, TypeVar

import polars as pl
from sqlalchemy import Connection, Engine

from kartra_freshsales.ledger import (
    approvals,
    chain,
    chain_record,
    conflicts,
    identities,
    intents,
    jobs,
    requests,
)
from kartra_freshsales.ledger.budget import RequestBudget, usable
from kartra_freshsales.ledger.destinations import Destination as Destination  # noqa: PLC0414
from kartra_freshsales.ledger.destinations import row_of
from kartra_freshsales.ledger.engine import carried_out, open_engine, reading, writing
from kartra_freshsales.ledger.forecast import Window
from kartra_freshsales.ledger.leases import AtWork
from kartra_freshsales.ledger.records import (
    Approval,
    ChainReport,
    Conflict,
    Identity,
    Intent,
    IntentChange,
    Job,
    NewIntent,
)
from kartra_freshsales.ledger.states import OPEN, IdentityState, IntentState, JobState

T = TypeVar("T")


class Ledger:
    """The ledger of one destination. Use ``open``; close it, or use it in a ``with``."""

    def __init__(
        self,
        engine: Engine,
        destination: Destination,
        destination_id: int,
        clock: Callable[[], float],
    ) -> None:
        self.destination = destination
        self._engine = engine
        self._id = destination_id
        self._clock = clock
        self._budgets: list[RequestBudget] = []
        self._at_work = AtWork(engine, destination_id, self._now)

    @classmethod
    def open(
        cls, url: str, destination: Destination, *, clock: Callable[[], float] = time.time
    ) -> Self:
        """Open, bring the schema up to date, and find or make the destination's row.

        Raises:
            SettingsError: the address is wrong, or a newer version wrote the ledger.
            LedgerFault: the database cannot be reached.
        """
        # Alembic takes a fifth of the time of all other imports together, and only this
        # needs it.
        from kartra_freshsales.ledger.migrations import upgrade  # noqa: PLC0415

        engine = open_engine(url)
        try:
            upgrade(engine)
            with writing(engine) as connection:
                found = row_of(connection, destination, int(clock() * 1_000_000))
        except BaseException:
            engine.dispose()
            raise
        return cls(engine, destination, found, clock)

    def close(self) -> None:
        """Write counts kept in memory and let the database go."""
        try:
            for budget in self._budgets:
                budget.close()
        finally:
            self._engine.dispose()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    def hold(self, *batches: str, run: str = "") -> AbstractContextManager[None]:
        """Be alone at work on these batches, or without any in the whole account.

        Raises:
            BatchBusy: another process is at work there.
        """
        return self._at_work.hold(batches, run)

    # Identities

    def identities(self, modules: Sequence[str] | None = None) -> pl.DataFrame:
        """Every identity (of the given modules), with the columns of ``Identity``.

        ``written`` and ``seen`` are JSON text.
        """
        with reading(self._engine) as connection:
            return identities.frame(connection, self._id, modules)

    def identity_ids(
        self, modules: Sequence[str] | None = None
    ) -> dict[tuple[str, str], int]:
        """(module, source key) → Freshsales id, of live identities."""
        with reading(self._engine) as connection:
            return identities.ids(connection, self._id, modules)

    def put_identities(self, items: Sequence[Identity]) -> None:
        """Write identities in one set; a live ``created`` one keeps that origin."""
        self._write(lambda c: identities.put(c, self._id, items, self._now()))

    def mark_identities(
        self, keys: Sequence[tuple[str, str]], state: IdentityState
    ) -> None:
        """Set the state of identities given as (module, source key)."""
        with writing(self._engine) as connection:
            identities.mark(connection, self._id, keys, state, self._now())

    # Intents

    def plan_intents(self, run: str, items: Sequence[NewIntent]) -> list[Intent]:
        """Commit intents, chained, before anything is sent; answers them in order."""

        def work(connection: Connection) -> list[Intent]:
            self._at_work.check(connection)
            return intents.plan(connection, self._id, run, items, self._now())

        return self._write(work)

    def send_intents(
        self, run: str, items: Sequence[NewIntent], targets: Sequence[int | None]
    ) -> list[Intent]:
        """Commit intents, chained, and in the same breath that they leave now.

        ``targets`` are the records that they go to, where those stand. Whoever is killed
        after this has writes in ``sent``, of which the destination is asked.
        """

        def work(connection: Connection) -> list[Intent]:
            self._at_work.check(connection)
            return intents.send(
                connection, self._id, run, items, self._now(), targets=targets
            )

        return self._write(work)

    def conclude_intents(
        self, identities_: Sequence[Identity], changes: Sequence[IntentChange]
    ) -> None:
        """Write which records were seen and close their intents: both or neither.

        Raises:
            IntegrityError: a step is not in ``states.TRANSITIONS``.
        """

        def work(connection: Connection) -> None:
            identities.put(connection, self._id, identities_, self._now())
            intents.mark(connection, self._id, changes, self._now())

        self._write(work)

    def mark_intents(self, changes: Sequence[IntentChange]) -> None:
        """Take intents through the given steps, all or none; several of one are in order.

        Raises:
            IntegrityError: a step is not in ``states.TRANSITIONS``.
        """
        self._write(lambda c: intents.mark(c, self._id, changes, self._now()))

    def unsettled(self, modules: Sequence[str] | None = None) -> list[Intent]:
        """Planned, sent and unknown intents, oldest first."""
        return self.intents(modules=modules, states=OPEN)

    def left_open(self, modules: Sequence[str] | None = None) -> list[Intent]:
        """Unsettled intents that no other process is at work on just now."""
        theirs = self._at_work.runs_of_others()
        return [i for i in self.unsettled(modules) if i.run not in theirs]

    def intents(
        self,
        *,
        batch: str | None = None,
        run: str | None = None,
        modules: Sequence[str] | None = None,
        states: Collection[IntentState] | None = None,
    ) -> list[Intent]:
        """Intents in the order they were planned; what is not given is not asked for."""
        with reading(self._engine) as connection:
            return intents.find(
                connection, self._id, batch=batch, run=run, modules=modules, states=states
            )

    def purge(self) -> int:
        """Drop all personal contents; hashes, counts, ids, states and the chain stay.

        Source keys become their hashes. Afterwards nothing can be rolled back, and a later
        load knows none of the records. Answers how many intents were emptied.

        Raises:
            IntegrityError: some intents are not settled.
        """
        with writing(self._engine) as connection:
            emptied = intents.purge(connection, self._id, self._now())
            identities.purge(connection, self._id, self._now())
            conflicts.purge(connection, self._id)
        return emptied

    def verify_chain(self) -> ChainReport:
        """Walk the append-only record from its start; any change to it shows."""
        with reading(self._engine) as connection:
            return chain.verify(connection, self._id)

    def chain_record(self) -> chain_record.ChainRecord:
        """Both chains and the approvals, as they may be handed on (``chain_record``)."""
        with reading(self._engine) as connection:
            return chain_record.read(connection, self._id)

    # Jobs, approvals, conflicts

    def put_job(self, job: Job) -> None:
        """Write a bulk job, or its new state and number of polls."""
        self._write(lambda c: jobs.put(c, self._id, job, self._now()))

    def open_jobs(self, module: str | None = None) -> list[Job]:
        """Jobs whose end nobody has seen, oldest first."""
        with reading(self._engine) as connection:
            return jobs.still_open(connection, self._id, module)

    def left_jobs(self, module: str | None = None) -> list[Job]:
        """Open jobs that no other process is following just now."""
        theirs = self._at_work.runs_of_others()
        return [job for job in self.open_jobs(module) if job.run not in theirs]

    def close_job(self, job_id: str, state: JobState = JobState.DONE) -> None:
        """Set the state a job ended in."""
        self._write(lambda c: jobs.close(c, self._id, [job_id], state))

    def close_jobs(self, job_ids: Sequence[str], state: JobState = JobState.DONE) -> None:
        """Set the state that several jobs ended in."""
        self._write(lambda c: jobs.close(c, self._id, job_ids, state))

    def approve(
        self, kind: str, subject: str, digest: str, approved_by: str, run: str = ""
    ) -> Approval:
        """Note who agreed to the thing with this digest, now."""
        at = datetime.fromtimestamp(self._clock(), UTC)
        host = platform.node()
        given = Approval(kind, subject, digest, approved_by, run, at, host)
        with writing(self._engine) as connection:
            approvals.add(connection, self._id, given)
        return given

    def approval(self, kind: str, subject: str) -> Approval | None:
        """The newest approval of a subject."""
        with reading(self._engine) as connection:
            return approvals.newest(connection, self._id, kind, subject)

    def put_conflicts(
        self, items: Sequence[Conflict], planned: Collection[tuple[str, str]] = ()
    ) -> None:
        """Write conflicts; the newest of a record's field stands.

        Those of ``planned`` records (module, source key) that are not among them are over.
        """
        with writing(self._engine) as connection:
            conflicts.settle(connection, self._id, planned, items)
            conflicts.put(connection, self._id, items, self._now())

    def conflicts(self) -> pl.DataFrame:
        """Every conflict, with the columns of ``Conflict``."""
        with reading(self._engine) as connection:
            return conflicts.frame(connection, self._id)

    # Requests

    def budget(
        self,
        limit_per_hour: int,
        limit_per_minute: int,
        reserve: float,
        *,
        run: str = "",
        hour_seconds: float = 3600.0,
        slack_seconds: float = 60.0,
        clock: Callable[[], float] | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> RequestBudget:
        """The account's request budget for this process; a limit of 0 is none.

        Args:
            limit_per_hour: of the whole account.
            limit_per_minute: of the whole account.
            reserve: share of both that is left to live users, 0 to below 1.
            run: whose requests these are, for ``request_counts``.
            hour_seconds: length of the "hour" of a rehearsal account.
            slack_seconds: the longest a request takes to reach the account. Windows are
                exact if none takes longer; it should be no less than the client's timeout.
            clock: seconds; the database's own (PostgreSQL) or this machine's without.
            sleep: how to wait.
        """
        windows = [
            Window(usable(limit, reserve), seconds)
            for limit, seconds in ((limit_per_hour, hour_seconds), (limit_per_minute, 60.0))
            if limit
        ]
        made = RequestBudget(
            self._engine,
            self._id,
            windows,
            run=run,
            slack_seconds=slack_seconds,
            clock=clock,
            sleep=sleep,
        )
        self._budgets.append(made)
        return made

    def request_counts(self, run: str | None = None) -> dict[str, int]:
        """Requests made to this destination by kind, of one run or of all."""
        self._flush()
        with reading(self._engine) as connection:
            return requests.counts(connection, self._id, run)

    def recent_requests(self, seconds: float = 3600.0) -> int:
        """Requests made to this destination of late; without a limit none is timed."""
        since = self._now() - int(seconds * 1_000_000)
        with reading(self._engine) as connection:
            return requests.made_since(connection, self._id, since)

    def _write(self, work: Callable[[Connection], T]) -> T:
        return carried_out(self._engine, work)

    def _flush(self) -> None:
        for budget in self._budgets:
            budget.flush()

    def _now(self) -> int:
        return int(self._clock() * 1_000_000)
