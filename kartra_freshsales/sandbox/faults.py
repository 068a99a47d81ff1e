"""Deciding, from a seed, which calls go wrong and how.

Carrying it out is ``mishaps``'s work, and ``people``'s where somebody changes the account.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from kartra_freshsales.sandbox.config import Faults
from kartra_freshsales.sandbox.fault_settings import WHEN, Fault


@dataclass
class _Tally:
    """How often something may strike, and did."""

    limit: int | None
    done: int = 0

    @property
    def spent(self) -> bool:
        return self.limit is not None and self.done >= self.limit


class FaultPlan:
    """The die of one sandbox; the same seed and calls give the same faults."""

    def __init__(self, faults: Faults) -> None:
        """Begin with these faults."""
        self.change(faults)

    def change(self, faults: Faults) -> None:
        """Begin anew with other faults: calls and strikes are counted from here on."""
        self.faults = faults
        self._dice = random.Random(faults.seed)  # noqa: S311  repeatable on purpose
        self._seen = 0
        self._route = ""
        self._burst: tuple[Fault, int] | None = None
        together = _Tally(faults.at_most)
        self._rules = [(rule, together) for rule in faults.shared()]
        self._rules += [(rule, _Tally(_limit_of(rule))) for rule in faults.rules]

    def events(self, route: str) -> list[Fault]:
        """What people do right before this call; it begins the count of the call."""
        self._seen += 1
        self._route = route
        return self._strikes("event")

    def before(self, *, reading: bool) -> Fault | None:
        """The fault that strikes before the call does anything, if any."""
        if self._burst is not None:
            fault, left = self._burst
            self._burst = (fault, left - 1) if left > 1 else None
            return fault
        fault_now = self._roll("before read" if reading else "before write")
        if fault_now is not None and fault_now.kind == "burst_429" and fault_now.length > 1:
            self._burst = (fault_now, fault_now.length - 1)
        return fault_now

    def after(self, *, reading: bool) -> Fault | None:
        """The fault that strikes once the call is carried out, if any."""
        return self._roll("after read" if reading else "after write")

    def loses_row(self) -> bool:
        """Whether a bulk job silently drops this row."""
        return self._roll("job_loses_row") is not None

    def job_sticks(self) -> bool:
        """Whether a bulk job never reports its end."""
        return self._roll("job_never_finishes") is not None

    def job_delay(self) -> float:
        """Seconds by which a bulk job is due later than usual."""
        return sum(rule.seconds for rule in self._strikes("job_takes_long"))

    def _strikes(self, when: str) -> list[Fault]:
        return [rule for rule, tally in self._rules if self._rolled(rule, tally, when)]

    def _roll(self, when: str) -> Fault | None:
        for rule, tally in self._rules:
            if self._rolled(rule, tally, when):
                return rule
        return None

    def _rolled(self, rule: Fault, tally: _Tally, when: str) -> bool:
        if when not in WHEN[rule.kind] or tally.spent:
            return False
        if self._seen <= rule.first_request or self._seen < (rule.at_request or 0):
            return False
        if rule.routes and not any(text in self._route for text in rule.routes):
            return False
        if self._dice.random() >= rule.probability:
            return False
        tally.done += 1
        return True


def _limit_of(rule: Fault) -> int | None:
    """Something that happens at one call happens once, unless said otherwise."""
    return 1 if rule.at_most is None and rule.at_request is not None else rule.at_most
