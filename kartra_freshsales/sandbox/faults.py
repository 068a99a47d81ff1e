"""Deciding, from a seed, which requests go wrong and how. Carrying it out is ``app``'s."""

from __future__ import annotations

import random
from typing import Final

from kartra_freshsales.sandbox.config import Faults

_BEFORE_WRITE: Final = ("burst_429", "hidden_429", "error_before_write")
_BEFORE_READ: Final = ("burst_429", "hidden_429", "error_on_read", "drop_on_read")
_AFTER_WRITE: Final = ("drop_after_write", "error_after_write", "hang_after_write")


class FaultPlan:
    """The dice of one sandbox; the same seed and requests give the same faults."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self._dice = random.Random(faults.seed)  # noqa: S311  repeatable on purpose
        self._seen = 0
        self._done = 0
        self._burst_left = 0

    def before(self, route: str, *, reading: bool) -> str | None:
        """The fault that strikes before the call does anything, if any."""
        self._seen += 1
        if self._burst_left:
            self._burst_left -= 1
            return "burst_429"
        fault = self._roll(route, _BEFORE_READ if reading else _BEFORE_WRITE)
        if fault == "burst_429":
            self._burst_left = max(0, self.faults.burst_length - 1)
        return fault

    def after(self, route: str) -> str | None:
        """The fault that strikes once a write is committed, if any."""
        return self._roll(route, _AFTER_WRITE)

    def loses_row(self) -> bool:
        """Whether a bulk job silently drops this row."""
        return (
            self._roll("POST /bulk_upsert", ("job_loses_row",), any_route=True) is not None
        )

    def job_sticks(self) -> bool:
        """Whether a bulk job never reports its end."""
        return self._roll("", ("job_never_finishes",), any_route=True) is not None

    def _roll(
        self, route: str, names: tuple[str, ...], *, any_route: bool = False
    ) -> str | None:
        if self._spent() or self._seen <= self.faults.first_request:
            return None
        wanted = self.faults.routes
        if wanted and not any_route and not any(text in route for text in wanted):
            return None
        for name in names:
            probability: float = getattr(self.faults, name)
            if probability and self._dice.random() < probability:
                self._done += 1
                return name
        return None

    def _spent(self) -> bool:
        return self.faults.at_most is not None and self._done >= self.faults.at_most
