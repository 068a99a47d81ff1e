"""What the client asks before each request, and the budget that always says yes.

Not here: the budget that counts over all processes (``ledger.budget``).
"""

import time
from collections.abc import Callable
from typing import Literal, Protocol

Kind = Literal["read", "write", "poll"]
KINDS: tuple[Kind, ...] = ("read", "write", "poll")


class Budget(Protocol):
    """Leave to send. Every request takes one, resent ones too."""

    def acquire(self, kind: Kind, /) -> None:
        """Wait until one more request fits, then count it."""

    def not_answered(self) -> None:
        """The request this thread was given last has no answer: it may arrive yet."""

    def pause_until(self, seconds_from_now: float, /) -> None:
        """Let nobody send for so long: the destination said so."""


class Unlimited:
    """A budget without a limit, for one process. It only keeps the pauses."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._paused_until = 0.0

    def acquire(self, _kind: Kind, /) -> None:
        """Sit out a pause, if there is one."""
        wait = self._paused_until - self._clock()
        if wait > 0:
            self._sleep(wait)

    def not_answered(self) -> None:
        """Nothing is counted, so nothing is to be noted."""

    def pause_until(self, seconds_from_now: float) -> None:
        """Let the next request wait so long; a longer pause stands."""
        self._paused_until = max(self._paused_until, self._clock() + seconds_from_now)
