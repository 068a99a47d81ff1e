"""How patient the loader is, and its clocks. Tests give other ones.

Only plain values. Not here: limits and retries of single requests (``freshsales``).
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Policy:
    """Seconds, unless said otherwise.

    ``first_poll`` to ``longest_poll`` pace the polls of a bulk job, ``job_patience`` ends
    them; from ``early_look`` on we look now and then whether everything is there already.
    A job still unfinished after ``job_lifetime`` is taken never to finish. ``view_lag`` is
    how long a view may take to show a record.
    ``silent_patience`` is how long a write that was not answered may still be carried out,
    ``answered_patience`` the same after a server error. ``skew`` is how far the
    destination's clock may be off ours, ``slack`` how far its own times may be out of
    order. ``wave`` is how many groups are sent before they are read back, ``attempts`` how
    often a write that left no trace is sent, ``few`` how many records are rather read or
    sent one by one, ``misses`` how many unanswered calls in a row stop the sending.
    """

    first_poll: float = 0.2
    longest_poll: float = 10.0
    job_patience: float = 300.0
    early_look: float = 5.0
    view_lag: float = 2.0
    job_lifetime: float = 3600.0
    silent_patience: float = 30.0
    answered_patience: float = 5.0
    skew: float = 300.0
    slack: float = 2.0
    wave: int = 50
    attempts: int = 4
    few: int = 4
    misses: int = 3
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = _utc_now

    def tries(self, patience: float) -> Iterator[None]:
        """Yield at once, then again with growing pauses until ``patience`` is used up."""
        started, pause = self.clock(), self.first_poll
        while True:
            yield
            left = patience - (self.clock() - started)
            if left <= 0:
                return
            self.sleep(min(pause, left))
            pause = min(pause * 1.5, self.longest_poll)

    def after(self, status: int | None) -> float:
        """How long a write may still be carried out: answered with an error, or not at all.

        For writes that would make a second record if they were sent twice.
        """
        return self.silent_patience if status is None else self.answered_patience

    def before(self, moment: datetime) -> datetime:
        """The earliest time the destination can have given to something done then."""
        return moment - timedelta(seconds=self.skew)
