"""Every request and its answer as one line, kept for ever: when, what, how it ended.

A line holds names of fields, never a value; the destination's words are masked; the key is
never seen here. Lines are gathered and written in sets, so a killed process may lose the
last of them: which writes left is told by the ledger, not by this. Not here: sending
(``exchange``), showing (``cli``).
"""

import json
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from kartra_freshsales.freshsales.masking import masked, names_in, values_in

log = logging.getLogger(__name__)

Line = dict[str, object]
DONE = "done"
"""The outcome of a request that was carried out; all others are classes of errors."""

_TOGETHER = 100
_AT_LEAST_EVERY = 2.0
_MOST_HELD = 20_000
_MESSAGES = 3
_ALWAYS = frozenset(
    {"at", "run", "kind", "method", "route", "status", "outcome", "ms", "attempt"}
)


class Carried(Protocol):
    """A committed write: what of it a request is noted with."""

    @property
    def id(self) -> int:
        """Its number in the ledger."""

    @property
    def group(self) -> str:
        """What goes out with it in one request."""


_carried: ContextVar[Sequence[Carried]] = ContextVar("carried", default=())


@contextmanager
def carrying(intents: Iterable[Carried]) -> Iterator[None]:
    """Note requests made inside with the writes that they carry out."""
    token = _carried.set(tuple(intents))
    try:
        yield
    finally:
        _carried.reset(token)


@dataclass
class Trip:
    """One request on its way, and what is known of it so far. Sizes in bytes.

    ``body`` is what was sent, ``query`` what was asked for; of both only names and, to mask
    the destination's words, values are looked at.
    """

    kind: str
    method: str
    route: str
    body: object = None
    values: tuple[object, ...] = ()
    sent: int = 0
    attempt: int = 0
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    status: int | None = None
    got: int = 0
    milliseconds: float = 0.0

    def begin(self) -> None:
        """It goes out, once more perhaps."""
        self.attempt += 1
        self.began, self.status, self.got = datetime.now(UTC), None, 0

    def line(self, run: str, outcome: str, messages: Sequence[str]) -> Line:
        """What is kept of it."""
        made: Line = {
            "at": self.began.isoformat(timespec="microseconds"),
            "run": run,
            "kind": self.kind,
            "method": self.method,
            "route": self.route,
            "status": self.status,
            "outcome": outcome,
            "ms": round(self.milliseconds, 1),
            "sent": self.sent,
            "got": self.got,
            "attempt": self.attempt,
        }
        if isinstance(self.body, dict):
            made["fields"] = names_in(self.body)
        if carried := _carried.get():
            made["group"] = carried[0].group
            made["intents"] = [intent.id for intent in carried]
        if messages:
            ours = [*values_in(self.body), *values_in(self.values)]
            kept = (masked(words, ours) for words in messages[:_MESSAGES])
            made["words"] = [words for words in kept if words]
        return made


class RequestLog(Protocol):
    """Where requests are noted."""

    def note(self, trip: Trip, outcome: str, messages: Sequence[str] = ()) -> None:
        """Note how a request ended."""

    def close(self) -> None:
        """Write what is still held."""


class RequestFiles:
    """JSON lines in a folder, a file for each day (UTC), readable by their owner only.

    Several processes may write into one folder. Where it cannot be written the requests
    go on: the log says so once and keeps the newest lines until it can.
    """

    def __init__(self, folder: Path, *, run: str = "") -> None:
        self._folder = folder
        self._run = run
        self._held: deque[Line] = deque(maxlen=_MOST_HELD)
        self._lock = threading.Lock()
        self._written_at = time.monotonic()
        self._failing = False

    def note(self, trip: Trip, outcome: str, messages: Sequence[str] = ()) -> None:
        """Note how a request ended; every so often write what is held."""
        line = trip.line(self._run, outcome, messages)
        with self._lock:
            self._held.append(line)
            late = time.monotonic() - self._written_at > _AT_LEAST_EVERY
            if late or len(self._held) % _TOGETHER == 0:
                self._write()

    def close(self) -> None:
        """Write what is still held."""
        with self._lock:
            self._write()

    def _write(self) -> None:
        self._written_at = time.monotonic()
        by_day: dict[str, list[Line]] = {}
        for line in self._held:
            by_day.setdefault(str(line["at"])[:10], []).append(line)
        try:
            for day, lines in by_day.items():
                _append(self._folder / f"{day}.jsonl", lines)
                for _ in lines:
                    self._held.popleft()
        except OSError as error:
            if not self._failing:
                log.warning("the log of requests cannot be written: %s", error.strerror)
            self._failing = True
        else:
            self._failing = False


def _append(path: Path, lines: Sequence[Line]) -> None:
    """One write for all lines: those of other processes come before or after them."""
    if not path.parent.is_dir():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    data = "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines).encode()
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        while data:
            data = data[os.write(file, data) :]
    finally:
        os.close(file)


@dataclass(frozen=True)
class Wanted:
    """Which lines are asked for; what is not given is not asked for.

    ``route`` is any part of ``POST /contacts/:id``; ``status`` a number or an outcome.
    """

    since: datetime | None = None
    run: str = ""
    route: str = ""
    status: str = ""
    intents: frozenset[int] | None = None

    def covers(self, line: Line) -> bool:
        """Whether a line is one of those."""
        carried = line.get("intents")
        return (
            (self.since is None or datetime.fromisoformat(str(line["at"])) >= self.since)
            and str(line["run"]).startswith(self.run)
            and self.route.casefold() in f"{line['method']} {line['route']}".casefold()
            and self.status in {"", str(line["status"]), str(line["outcome"])}
            and (
                self.intents is None
                or (isinstance(carried, list) and not self.intents.isdisjoint(carried))
            )
        )


def read_requests(folder: Path, wanted: Wanted) -> Iterator[Line]:
    """The lines that are asked for, days in order; a line that broke off is passed over."""
    first = "" if wanted.since is None else f"{wanted.since.astimezone(UTC):%Y-%m-%d}"
    for path in sorted(folder.glob("*.jsonl")):
        if path.stem < first:
            continue
        with path.open(encoding="utf-8") as file:
            for text in file:
                line = _whole(text)
                if line is not None and wanted.covers(line):
                    yield line


def _whole(text: str) -> Line | None:
    try:
        line = json.loads(text)
    except ValueError:
        return None
    return line if isinstance(line, dict) and line.keys() >= _ALWAYS else None
