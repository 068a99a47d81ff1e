"""One request budget per account, exact over processes and machines.

A request reaches the destination some time between being let through and being answered,
and it is there that windows are counted. So each is kept as that span (until its answer is
known, the longest one possible), and one more fits a window of ``limit`` when the span that
ends ``limit``-last has left it: whatever the true moments were, no window then holds more.
The account's row is locked while that is decided, never while waiting.

Not here: retrying, and what a request is (``freshsales``).
"""

import logging
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, insert, select, text, update
from sqlalchemy.sql.elements import ColumnElement

from kartra_freshsales.freshsales.budget import Kind
from kartra_freshsales.ledger import upsert
from kartra_freshsales.ledger.engine import carried_out, reading, writing
from kartra_freshsales.ledger.forecast import Window, seconds_for
from kartra_freshsales.ledger.tables import pace, request, request_count

log = logging.getLogger(__name__)

_SECOND = 1_000_000
_FLUSH_EVERY = 100
_PRUNE_EVERY = 500
_LOOK_AGAIN = 0.2
_WORTH_TELLING = 5.0


def usable(limit: int, reserve: float) -> int:
    """What is left of a limit once the share of live users is taken off; at least one."""
    return max(1, math.floor(limit * (1 - reserve) + 1e-9)) if limit else 0


class RequestBudget:
    """Leave to send, for this process, out of the account's shared windows.

    Without windows it only counts, in memory, and writes the counts in sets.
    """

    def __init__(
        self,
        engine: Engine,
        destination_id: int,
        windows: Sequence[Window],
        *,
        run: str = "",
        slack_seconds: float = 60.0,
        clock: Callable[[], float] | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._slack = math.ceil(slack_seconds * _SECOND)
        self._unanswered: dict[int, tuple[int, int]] = {}
        self._engine = engine
        self._destination_id = destination_id
        self._windows = tuple(windows)
        self._run = run
        self._clock = clock
        self._sleep = sleep
        self._unwritten: Counter[str] = Counter()
        self._paused_until = 0
        self._looked_at = -math.inf
        self._began: float | None = None
        self._waited = 0.0
        self._let_through = 0

    def acquire(self, kind: Kind, /) -> None:
        """Block until one request fits every window, then count it.

        The one this thread was given before has been answered by now, unless it was told
        otherwise (``not_answered``).

        Raises:
            LedgerFault: the count could not be written; nothing may be sent.
        """
        if self._began is None:
            self._began = time.monotonic()
        while wait := self._try(kind):
            if wait >= _WORTH_TELLING:
                log.info("waiting %.1f s for the account's request limit", wait)
            started = time.monotonic()
            self._sleep(wait)
            self._waited += time.monotonic() - started
        self._let_through += 1

    def seconds_for(self, requests: int) -> float:
        """How long so many more requests of this process will take, by all that is known.

        What one takes with the work around it is measured since the first; the waits are
        those that the windows will ask for, with what other processes have used of them.
        """
        if self._began is None or requests <= 0:
            return 0.0
        busy = time.monotonic() - self._began - self._waited
        with reading(self._engine) as connection:
            now = self._now(connection)
            ages, paused = self._past(connection, now)
        each = max(0.0, busy) / max(1, self._let_through)
        return seconds_for(requests, each, self._windows, ages, start=paused)

    def _past(self, connection: Connection, now: int) -> tuple[list[float], float]:
        """How long ago requests ended that still count, and how long a pause lasts."""
        until = connection.execute(
            select(pace.c.paused_until_us).where(
                pace.c.destination_id == self._destination_id
            )
        ).scalar_one()
        paused = max(0.0, (until - now) / _SECOND)
        if not self._windows:
            return [], paused
        longest = max(window.seconds for window in self._windows)
        ended = connection.scalars(
            select(request.c.until_us)
            .where(request.c.destination_id == self._destination_id)
            .where(request.c.until_us > now - math.ceil(longest * _SECOND))
        )
        # One that is not answered yet is taken to end about now.
        return [max(0.0, (now - at) / _SECOND) for at in ended], paused

    def not_answered(self) -> None:
        """Let the last request of this thread count as long as it may still arrive."""
        self._unanswered.pop(threading.get_ident(), None)

    def pause_until(self, seconds_from_now: float, /) -> None:
        """Let no process send for so long; a longer pause stands."""
        with writing(self._engine) as connection:
            row, now = self._locked(connection)
            until = now + math.ceil(seconds_from_now * _SECOND)
            self._paused_until = max(row.paused_until_us, until)
            self._set(connection, paused_until_us=self._paused_until)

    def flush(self) -> None:
        """Write the counts kept in memory."""
        counts, self._unwritten = self._unwritten, Counter()
        if counts:
            carried_out(self._engine, lambda c: self._count(c, counts))

    def close(self) -> None:
        """Write all that is only in memory; no request is under way any more."""
        self.flush()
        if self._unanswered:
            with writing(self._engine) as connection:
                _, now = self._locked(connection)
                for thread in list(self._unanswered):
                    self._answered(connection, thread, now)

    def _try(self, kind: Kind) -> float:
        """Take one request and answer 0, or answer the seconds to wait."""
        if not self._windows:
            return self._try_unlimited(kind)
        return carried_out(self._engine, lambda c: self._taken(c, kind))

    def _taken(self, connection: Connection, kind: Kind) -> float:
        row, now = self._locked(connection)
        self._answered(connection, threading.get_ident(), now)
        free_at = max(
            row.paused_until_us,
            *(self._free_at(connection, window) for window in self._windows),
        )
        if free_at > now:
            return float(free_at - now) / _SECOND
        self._take(connection, row, now, kind)
        return 0.0

    def _try_unlimited(self, kind: Kind) -> float:
        if time.monotonic() - self._looked_at > _LOOK_AGAIN:
            self._look()
        if self._paused_until:
            with reading(self._engine) as connection:
                wait = (self._paused_until - self._now(connection)) / _SECOND
            if wait > 0:
                return wait
            self._paused_until = 0
        self._unwritten[kind] += 1
        if self._unwritten.total() >= _FLUSH_EVERY:
            self.flush()
        return 0.0

    def _look(self) -> None:
        """See whether another process has called a pause."""
        self._looked_at = time.monotonic()
        query = select(pace.c.paused_until_us).where(
            pace.c.destination_id == self._destination_id
        )
        with reading(self._engine) as connection:
            until = connection.execute(query).scalar_one()
        self._paused_until = max(self._paused_until, until)

    def _free_at(self, connection: Connection, window: Window) -> int:
        """When the span that ends ``limit``-last leaves the window; 0 if there is none."""
        until = connection.execute(
            select(request.c.until_us)
            .where(request.c.destination_id == self._destination_id)
            .order_by(request.c.until_us.desc())
            .offset(window.limit - 1)
            .limit(1)
        ).scalar_one_or_none()
        return 0 if until is None else until + math.ceil(window.seconds * _SECOND)

    def _take(self, connection: Connection, row: Row[Any], now: int, kind: Kind) -> None:
        number = row.last_number + 1
        # Clocks step back at times; an earlier time would let the request expire early.
        at = max(now, row.last_us)
        connection.execute(
            insert(request).values(
                destination_id=self._destination_id,
                number=number,
                at_us=at,
                until_us=at + self._slack,
                kind=kind,
            )
        )
        self._unanswered[threading.get_ident()] = number, at
        self._set(connection, last_number=number, last_us=at)
        self._count(connection, {kind: 1})
        if number % _PRUNE_EVERY == 0:
            self._prune(connection, now)

    def _answered(self, connection: Connection, thread: int, now: int) -> None:
        """Note that the last request of a thread has reached the destination by now."""
        number, at = self._unanswered.pop(thread, (0, 0))
        if number:
            connection.execute(
                update(request)
                .where(request.c.destination_id == self._destination_id)
                .where(request.c.number == number)
                .values(until_us=max(at, min(now, at + self._slack)))
            )

    def _prune(self, connection: Connection, now: int) -> None:
        """Drop what no process can still need, whatever limits it was given."""
        longest = max(3600.0, *(window.seconds for window in self._windows))
        connection.execute(
            delete(request)
            .where(request.c.destination_id == self._destination_id)
            .where(request.c.until_us < now - math.ceil(2 * longest * _SECOND))
        )

    def _locked(self, connection: Connection) -> tuple[Row[Any], int]:
        """The account's row, held until the transaction ends, and the time since then."""
        row = connection.execute(
            select(pace)
            .where(pace.c.destination_id == self._destination_id)
            .with_for_update()
        ).one()
        return row, self._now(connection)

    def _now(self, connection: Connection) -> int:
        if self._clock is not None:
            return int(self._clock() * _SECOND)
        if connection.dialect.name == "postgresql":  # one clock for all machines
            return int(
                connection.execute(
                    text("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")
                ).scalar_one()
            )
        return time.time_ns() // 1000

    def _set(self, connection: Connection, **values: int) -> None:
        connection.execute(
            update(pace)
            .where(pace.c.destination_id == self._destination_id)
            .values(**values)
        )

    def _count(self, connection: Connection, counts: dict[Any, int]) -> None:
        rows = [
            {
                "destination_id": self._destination_id,
                "run": self._run,
                "kind": kind,
                "requests": count,
            }
            for kind, count in sorted(counts.items())
        ]
        upsert.put(connection, request_count, rows, compute=_added)


def _added(new: Any) -> dict[str, ColumnElement[Any]]:
    return {"requests": request_count.c.requests + new.requests}
