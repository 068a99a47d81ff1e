"""How far a load is, and until when. The default says nothing; the commands show a bar."""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

_EVERY_SECONDS = 30.0


class Progress:
    """Told by the engines after each group of records."""

    def __call__(self, module: str, done: int, total: int) -> None:
        """Note that ``done`` of ``total`` records of ``module`` are settled."""

    def expect(self, module: str, requests: int, seconds: float) -> None:
        """Note how many requests the batch still takes, and how long they will."""


class Logged(Progress):
    """Passes on what it is told, and every half a minute logs it for the run's page.

    A load that waits for the account's next hour is silent: so the time of its end is said,
    which stays right meanwhile.
    """

    def __init__(
        self,
        told: Progress,
        log: logging.Logger,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._told = told
        self._log = log
        self._clock = clock
        self._now = now
        self._logged_at = float("-inf")
        self._records = ""

    def __call__(self, module: str, done: int, total: int) -> None:
        """Pass it on."""
        self._records = f"{module}: {done:,} of {total:,} records"
        self._told(module, done, total)

    def expect(self, module: str, requests: int, seconds: float) -> None:
        """Pass it on, and log it if that is due."""
        self._told.expect(module, requests, seconds)
        if self._clock() - self._logged_at < _EVERY_SECONDS:
            return
        self._logged_at = self._clock()
        end = self._now() + timedelta(seconds=seconds)
        self._log.info(
            f"{self._records or module}. About {requests:,} requests are left for this "
            f"batch; it should end about {end:%Y-%m-%d %H:%M} UTC, in {span(seconds)}. "
            "It may be stopped at any time: a new run goes on where it stopped."
        )


def span(seconds: float) -> str:
    """A time to wait in words, as exact as it can be known."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return "less than a minute"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest:02d} min" if hours else f"{minutes} min"
