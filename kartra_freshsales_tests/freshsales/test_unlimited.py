"""The budget without a limit still keeps pauses."""

from __future__ import annotations

from kartra_freshsales_tests.freshsales.scenario import Told


def test_a_pause_is_sat_out_once_and_the_longest_counts() -> None:
    budget = Told()
    budget.acquire("read")
    budget.pause_until(5)
    budget.pause_until(2)
    budget.acquire("write")
    budget.acquire("poll")
    assert budget.naps == [5]
