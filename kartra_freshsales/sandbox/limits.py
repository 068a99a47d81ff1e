"""The hourly limit of an account, and the history of every request made.

The window slides (reference, section 12, 7). Refused requests do not use it up.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Iterator
from typing import Any, Final

from kartra_freshsales.sandbox.config import SandboxConfig
from kartra_freshsales.sandbox.state import Store

READS: Final = frozenset({"GET", "HEAD"})
_COLUMNS: Final = (
    "id", "at", "method", "route", "path", "status", "counted", "fault", "seconds",
    "client",
)  # fmt: skip
_NAMES: Final = ("number", *_COLUMNS[1:])


class SlidingWindow:
    """At most ``limit`` requests within ``seconds``; a limit of 0 never refuses."""

    def __init__(self, limit: int, seconds: float) -> None:
        self._limit = limit
        self._seconds = seconds
        self._times: deque[float] = deque()

    def wait(self, now: float) -> float:
        """Seconds until a request would pass; 0 when it passes now."""
        while self._times and self._times[0] <= now - self._seconds:
            self._times.popleft()
        if not self._limit or len(self._times) < self._limit:
            return 0.0
        return self._times[-self._limit] + self._seconds - now

    def take(self, now: float) -> None:
        """Count a request."""
        if self._limit:
            self._times.append(now)


class Limits:
    """The account's windows, refilled from the history after a restart."""

    def __init__(self, config: SandboxConfig, store: Store) -> None:
        self._windows = [
            SlidingWindow(config.hourly_limit, config.window_seconds),
            SlidingWindow(config.minute_limit, 60.0),
        ]
        longest = max(60.0, config.window_seconds)
        rows = store.sql.execute(
            "SELECT at FROM history WHERE counted = 1 AND at > ? ORDER BY at",
            (store.clock() - longest,),
        ).fetchall()
        for (moment,) in rows:
            for window in self._windows:
                window.take(moment)

    def admit(self, now: float) -> int:
        """0 when the request passes (and is counted), else whole seconds to wait."""
        wait = max(window.wait(now) for window in self._windows)
        if wait > 0:
            return max(1, math.ceil(wait))
        for window in self._windows:
            window.take(now)
        return 0


class History:
    """Every request, kept in the store for tests that judge a load by its calls."""

    def __init__(self, store: Store) -> None:
        self._store = store
        row = store.sql.execute("SELECT MAX(id), MAX(at) FROM history").fetchone()
        self.last = int(row[0] or 0)
        self.latest = float(row[1] or 0.0)

    def next_number(self) -> int:
        """The number of the call that begins now."""
        self.last += 1
        return self.last

    def add(
        self,
        *,
        number: int,
        at: float,
        method: str,
        route: str,
        path: str,
        status: int,
        seconds: float,
        counted: bool,
        fault: str | None,
        client: str,
    ) -> None:
        """Note one answered (or dropped) request."""
        self._store.sql.execute(
            "INSERT INTO history (id, at, method, route, path, status, counted, fault,"
            " seconds, client) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                number,
                at,
                method,
                route,
                path,
                status,
                int(counted),
                fault,
                seconds,
                client,
            ),
        )

    def summary(self) -> dict[str, Any]:
        """Counts: all, reads, polls, writes by route, statuses, faults and server time."""
        rows = self._store.sql.execute(
            "SELECT method, route, status, fault, COUNT(*), SUM(counted), SUM(seconds)"
            " FROM history GROUP BY method, route, status, fault"
        ).fetchall()
        totals: Counter[str] = Counter()
        reads: Counter[str] = Counter()
        writes: Counter[str] = Counter()
        statuses: Counter[str] = Counter()
        faults: Counter[str] = Counter()
        methods: Counter[str] = Counter()
        seconds = 0.0
        for method, route, status, fault, count, counted, spent in rows:
            totals["requests"] += count
            totals["counted"] += counted
            totals["refused_429"] += count if status == 429 else 0
            seconds += spent
            methods[method] += count
            statuses[str(status)] += count
            (reads if method in READS else writes)[f"{method} {route}"] += count
            for name in fault.split("+") if fault else ():
                faults[name] += count
        polls = reads.get("GET /job_statuses/:id", 0)
        return {
            "requests": totals["requests"],
            "counted": totals["counted"],
            "reads": sum(reads.values()) - polls,
            "polls": polls,
            "writes": sum(writes.values()),
            "refused_429": totals["refused_429"],
            "methods": dict(methods),
            "reads_by_route": dict(reads),
            "writes_by_route": dict(writes),
            "statuses": dict(statuses),
            "faults": dict(faults),
            "server_seconds": round(seconds, 6),
        }

    def lines(self, after: int = 0) -> Iterator[dict[str, Any]]:
        """Every request after the given number, in order."""
        last, columns = after, ", ".join(_COLUMNS)
        while rows := self._store.sql.execute(
            f"SELECT {columns} FROM history WHERE id > ? ORDER BY id LIMIT 1000", (last,)
        ).fetchall():
            for row in rows:
                line = dict(zip(_NAMES, row, strict=True))
                yield {**line, "counted": bool(line["counted"])}
            last = rows[-1][0]
