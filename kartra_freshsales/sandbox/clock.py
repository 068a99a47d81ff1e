"""The account's clock: real time, moved ahead on request so that an hour passes at once.

Limits, jobs, the lag of the search, times of records and "today" all follow it. Who moves
it is ``control``'s matter.
"""

from __future__ import annotations

import time
from collections.abc import Callable


class Clock:
    """Seconds since the epoch. It only ever goes forward."""

    def __init__(self, source: Callable[[], float] = time.time) -> None:
        """Follow ``source``, which gives seconds since the epoch."""
        self._source = source
        self.offset = 0.0

    def __call__(self) -> float:
        """The present."""
        return self._source() + self.offset

    def advance(self, seconds: float) -> None:
        """Let so many seconds pass at once.

        Raises:
            ValueError: they are not above 0.
        """
        if not seconds > 0:
            raise ValueError("the clock only goes forward; give seconds above 0")
        self.offset += seconds

    def move_to(self, moment: float) -> None:
        """Go on to a moment.

        Raises:
            ValueError: it lies in the past.
        """
        ahead = moment - self()
        if ahead < 0:
            raise ValueError("the clock only goes forward; give a moment to come")
        self.offset += ahead


def as_clock(source: Callable[[], float]) -> Clock:
    """A clock that can be moved, whatever tells the time."""
    return source if isinstance(source, Clock) else Clock(source)
