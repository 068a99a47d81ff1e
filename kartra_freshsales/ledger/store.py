"""The way into the ledger: one destination, one database, every call a transaction.

Not here: the queries themselves, which stand in the module of their tables.
"""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import polars as pl
from sqlalchemy import Connection, Engine, func, select

from kartra_freshsales.freshsales.budget import KINDS
from kartra_freshsales.ledger import (
    approvals,
    chain,
    conflicts,
    identities,
    intents,
    jobs,
    upsert,
)
from kartra_freshsales.ledger.budget import RequestBudget, Window, usable
from kartra_freshsales.ledger.engine import open_engine, reading, writing
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
from kartra_freshsales.ledger.tables import destination as destination_table
from kartra_freshsales.ledger.tables import pace, request, request_count


@dataclass(frozen=True, slots=True)
class Destination:
    """The account that ledger rows belong to: by name where given, else by address."""

    base_url: str
    account: str = ""
    edition: str = "suite"

    @property
    def key(self) -> str:
        """What tells one account from another, however its address is spelled."""
        if self.account.strip():
            return self.account.strip().casefold()
        parts = urlsplit(self.base_url.strip())
        host = parts.netloc.rpartition("@")[2].casefold()
        return f"{host}{parts.path.rstrip('/')}"


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
                found = _destination_id(connection, destination, int(clock() * 1_000_000))
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
        with writing(self._engine) as connection:
            identities.put(connection, self._id, items, self._now())

    def mark_identities(
        self, keys: Sequence[tuple[str, str]], state: IdentityState
    ) -> None:
        """Set the state of identities given as (module, source key)."""
        with writing(self._engine) as connection:
            identities.mark(connection, self._id, keys, state, self._now())

    # Intents

    def plan_intents(self, run: str, items: Sequence[NewIntent]) -> list[Intent]:
        """Commit intents, chained, before anything is sent; answers them in order."""
        with writing(self._engine) as connection:
            return intents.plan(connection, self._id, run, items, self._now())

    def mark_intents(self, changes: Sequence[IntentChange]) -> None:
        """Take intents through the given steps, all or none; several of one are in order.

        Raises:
            IntegrityError: a step is not in ``states.TRANSITIONS``.
        """
        with writing(self._engine) as connection:
            intents.mark(connection, self._id, changes, self._now())

    def unsettled(self, modules: Sequence[str] | None = None) -> list[Intent]:
        """Planned, sent and unknown intents, oldest first."""
        return self.intents(modules=modules, states=OPEN)

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

    # Jobs, approvals, conflicts

    def put_job(self, job: Job) -> None:
        """Write a bulk job, or its new state and number of polls."""
        with writing(self._engine) as connection:
            jobs.put(connection, self._id, job, self._now())

    def open_jobs(self, module: str | None = None) -> list[Job]:
        """Jobs whose end nobody has seen, oldest first."""
        with reading(self._engine) as connection:
            return jobs.still_open(connection, self._id, module)

    def close_job(self, job_id: str, state: JobState = JobState.DONE) -> None:
        """Set the state a job ended in."""
        with writing(self._engine) as connection:
            jobs.close(connection, self._id, job_id, state)

    def approve(
        self, kind: str, subject: str, digest: str, approved_by: str, run: str = ""
    ) -> Approval:
        """Note who agreed to the thing with this digest, now."""
        at = datetime.fromtimestamp(self._clock(), UTC)
        given = Approval(kind, subject, digest, approved_by, run, at)
        with writing(self._engine) as connection:
            approvals.add(connection, self._id, given)
        return given

    def approval(self, kind: str, subject: str) -> Approval | None:
        """The newest approval of a subject."""
        with reading(self._engine) as connection:
            return approvals.newest(connection, self._id, kind, subject)

    def put_conflicts(self, items: Sequence[Conflict]) -> None:
        """Write conflicts; the newest of a record's field stands."""
        with writing(self._engine) as connection:
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
        query = (
            select(request_count.c.kind, func.sum(request_count.c.requests))
            .where(request_count.c.destination_id == self._id)
            .group_by(request_count.c.kind)
        )
        if run is not None:
            query = query.where(request_count.c.run == run)
        with reading(self._engine) as connection:
            found = {kind: int(count) for kind, count in connection.execute(query)}
        return {kind: found.get(kind, 0) for kind in KINDS}

    def recent_requests(self, seconds: float = 3600.0) -> int:
        """Requests made to this destination of late; without a limit none is timed."""
        since = self._now() - int(seconds * 1_000_000)
        query = (
            select(func.count())
            .select_from(request)
            .where(request.c.destination_id == self._id)
            .where(request.c.at_us >= since)
        )
        with reading(self._engine) as connection:
            return int(connection.execute(query).scalar_one())

    def _flush(self) -> None:
        for budget in self._budgets:
            budget.flush()

    def _now(self) -> int:
        return int(self._clock() * 1_000_000)


def _destination_id(connection: Connection, wanted: Destination, now_us: int) -> int:
    connection.execute(
        upsert.insert(connection, destination_table)
        .values(
            key=wanted.key,
            base_url=wanted.base_url,
            account=wanted.account,
            edition=wanted.edition,
            created_us=now_us,
        )
        .on_conflict_do_nothing()
    )
    found = int(
        connection.execute(
            select(destination_table.c.id).where(destination_table.c.key == wanted.key)
        ).scalar_one()
    )
    connection.execute(
        upsert.insert(connection, pace)
        .values(destination_id=found)
        .on_conflict_do_nothing()
    )
    return found
