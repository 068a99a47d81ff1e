"""The request budget: exact in any sliding window, over all processes."""

from __future__ import annotations

import random
import time

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine

from kartra_freshsales.freshsales.budget import Budget
from kartra_freshsales.ledger.budget import RequestBudget, usable
from kartra_freshsales.ledger.store import Ledger
from kartra_freshsales_tests.conftest import Sandboxes
from kartra_freshsales_tests.ledger.scenario import (
    ELSEWHERE,
    HERE,
    Clock,
    finish,
    worker,
)


def _budget(
    ledger: Ledger, clock: Clock, *, hour: int = 0, minute: int = 0, **more: float
) -> RequestBudget:
    values: dict[str, float] = {"reserve": 0.0, "slack_seconds": 0.0, **more}
    return ledger.budget(hour, minute, clock=clock, sleep=clock.sleep, **values)  # type: ignore[arg-type]


def _times(url: str, column: str = "at_us") -> list[float]:
    """When requests were let through, or (``until_us``) had been answered at the latest."""
    engine = create_engine(url)
    with engine.connect() as connection:
        query = f"SELECT {column} FROM request ORDER BY number"
        rows = connection.exec_driver_sql(query).all()
    engine.dispose()
    return [row[0] / 1_000_000 for row in rows]


def _fullest(times: list[float], seconds: float) -> int:
    """The most requests in any window: one that ends with a request is the fullest."""
    return max(sum(end - seconds < at <= end for at in times) for end in times)


def test_the_request_over_the_limit_waits_until_the_first_has_left(ledger_url: str) -> None:
    # G6
    clock = Clock()
    with Ledger.open(ledger_url, HERE) as ledger:
        budget = _budget(ledger, clock, hour=3)
        for _ in range(3):
            budget.acquire("write")
            clock.now += 10
        assert clock.naps == []
        budget.acquire("read")
        assert clock.naps == [3600 - 30]
        assert ledger.request_counts() == {"read": 1, "write": 3, "poll": 0}


def test_both_windows_hold_and_live_users_keep_their_share(ledger_url: str) -> None:
    # G6
    clock = Clock()
    with Ledger.open(ledger_url, HERE) as ledger:
        budget = _budget(ledger, clock, hour=20, minute=5, reserve=0.2)
        for _ in range(20):
            budget.acquire("write")
    times = _times(ledger_url)
    assert _fullest(times, 60.0) == 4
    assert _fullest(times, 3600.0) == 16
    assert clock.naps == pytest.approx([60, 60, 60, 3600 - 180])


@pytest.mark.parametrize(
    ("limit", "reserve", "left"),
    [(1000, 0.2, 800), (1000, 0.3, 700), (400, 0.2, 320), (1, 0.9, 1), (0, 0.2, 0)],
)
def test_the_reserve_is_taken_off_the_limit(limit: int, reserve: float, left: int) -> None:
    # G6
    assert usable(limit, reserve) == left


@given(
    limit=st.integers(1, 6),
    minute=st.integers(0, 4),
    gaps=st.lists(st.floats(-100, 4000, allow_nan=False), min_size=1, max_size=15),
    dice=st.randoms(use_true_random=False),
)
@settings(max_examples=20, deadline=None)
def test_no_window_is_ever_exceeded_however_requests_and_clocks_fall(
    tmp_path_factory: pytest.TempPathFactory,
    *,
    limit: int,
    minute: int,
    gaps: list[float],
    dice: random.Random,
) -> None:
    # G6
    url = f"sqlite:///{tmp_path_factory.mktemp('ledger') / 'ledger.sqlite'}"
    clock = Clock()
    with Ledger.open(url, HERE) as ledger:
        budgets = [
            _budget(ledger, clock, hour=limit, minute=minute, slack_seconds=60.0)
            for _ in range(2)
        ]
        for at, gap in enumerate(gaps):
            clock.now += gap  # clocks are set back at times
            budgets[at % 2].acquire("read")
    first, last = _times(url), _times(url, "until_us")
    assert first == sorted(first)
    arrived = [dice.uniform(*span) for span in zip(first, last, strict=True)]
    for times in (first, last, arrived):
        assert _fullest(times, 3600.0) <= limit
        assert not minute or _fullest(times, 60.0) <= minute


def test_a_request_without_an_answer_counts_as_long_as_it_may_still_arrive(
    ledger_url: str,
) -> None:
    # G6
    clock = Clock()
    with Ledger.open(ledger_url, HERE) as ledger:
        budget = _budget(ledger, clock, hour=2, slack_seconds=60.0)
        budget.acquire("write")
        clock.now += 5
        budget.not_answered()
        budget.acquire("read")
        clock.now += 5
        budget.acquire("read")
    began = Clock().now
    first, last = _times(ledger_url), _times(ledger_url, "until_us")
    assert last[0] == began + 60
    assert last[1] == began + 10
    # Room comes when the read has left the window; the write is in it for longer.
    assert first[2] == began + 10 + 3600


def test_a_pause_holds_every_process_and_a_shorter_one_does_not_end_it(
    ledger_url: str,
) -> None:
    # G6
    clock = Clock()
    with Ledger.open(ledger_url, HERE) as ledger, Ledger.open(ledger_url, HERE) as other:
        limited, unlimited = _budget(ledger, clock, hour=100), _budget(other, clock)
        limited.pause_until(120)
        limited.pause_until(5)
        unlimited.acquire("read")
        assert clock.naps == [120]
        unlimited.pause_until(30)
        limited.acquire("read")
        unlimited.acquire("read")
        assert clock.naps == [120, 30]


def test_without_a_limit_requests_are_counted_in_sets(ledger_url: str) -> None:
    # G6
    clock = Clock()
    with Ledger.open(ledger_url, HERE) as ledger:
        first = ledger.budget(0, 0, 0.2, run="run-1", clock=clock, sleep=clock.sleep)
        for _ in range(250):
            first.acquire("read")
        with Ledger.open(ledger_url, HERE) as other:
            assert other.request_counts()["read"] == 200
        second = ledger.budget(0, 0, 0.2, run="run-2", clock=clock)
        second.acquire("poll")
        assert ledger.request_counts("run-1") == {"read": 250, "write": 0, "poll": 0}
        assert ledger.request_counts() == {"read": 250, "write": 0, "poll": 1}
        second.acquire("poll")
    with Ledger.open(ledger_url, HERE) as ledger:  # closing wrote the rest
        assert ledger.request_counts("run-2") == {"read": 0, "write": 0, "poll": 2}
    assert clock.naps == []


def test_each_account_has_a_budget_of_its_own(sqlite_url: str) -> None:
    # G6
    clock = Clock()
    with (
        Ledger.open(sqlite_url, HERE) as ledger,
        Ledger.open(sqlite_url, ELSEWHERE) as other,
    ):
        for budget in (_budget(ledger, clock, hour=1), _budget(other, clock, hour=1)):
            budget.acquire("write")
        assert clock.naps == []
        assert other.request_counts()["write"] == 1


def test_old_requests_are_dropped_but_stay_counted(sqlite_url: str) -> None:
    # G6
    clock = Clock()
    with Ledger.open(sqlite_url, HERE) as ledger:
        budget = _budget(ledger, clock, hour=1000)
        for _ in range(500):
            budget.acquire("write")
            clock.now += 60
        assert ledger.request_counts()["write"] == 500
    assert len(_times(sqlite_url)) == 121  # two hours' worth


def test_a_request_counts_from_the_latest_moment_it_can_have_arrived(
    ledger_url: str,
) -> None:
    # G6
    clock = Clock()
    with Ledger.open(ledger_url, HERE) as ledger, Ledger.open(ledger_url, HERE) as other:
        mine, theirs = (
            _budget(each, clock, hour=2, slack_seconds=60.0) for each in (ledger, other)
        )
        mine.acquire("read")
        clock.now += 10
        mine.acquire("read")  # the first has been answered within 10 s
        clock.now += 10
        theirs.acquire("read")
        assert clock.naps == [3600 - 10]
        theirs.acquire("read")  # of the second no answer is known: it died, or still waits
        assert clock.naps == [3600 - 10, 10 + 60 - 10]


def test_the_databases_own_clock_is_used_where_none_is_given(ledger_url: str) -> None:
    # G6
    naps: list[float] = []

    def nap(seconds: float) -> None:
        naps.append(seconds)
        time.sleep(seconds)

    with Ledger.open(ledger_url, HERE) as ledger:
        budget = ledger.budget(2, 0, 0.0, hour_seconds=0.3, slack_seconds=0.0, sleep=nap)
        asked: Budget = budget
        for _ in range(3):
            asked.acquire("read")
    assert 0.1 < sum(naps) <= 0.3
    assert abs(_times(ledger_url)[-1] - time.time()) < 60


def test_processes_together_never_exceed_the_window(
    ledger_url: str, sandbox: Sandboxes
) -> None:
    # G6
    account = sandbox(requests_per_hour=12, window_seconds=2.0)
    Ledger.open(ledger_url, HERE).close()
    finish(
        [
            worker("send", ledger_url, account.base_url, account.api_key, 8, 12)
            for _ in range(3)
        ]
    )
    for times in (_times(ledger_url), _times(ledger_url, "until_us")):
        assert len(times) == 24
        assert _fullest(times, 2.0) <= 12
    history = httpx.get(account.history_url).json()
    assert (history["counted"], history["refused_429"]) == (24, 0)
    with Ledger.open(ledger_url, HERE) as ledger:
        assert ledger.request_counts()["read"] == 24


@pytest.mark.parametrize("more", [1, 2, 7, 20])
def test_the_time_foretold_is_the_time_it_takes(ledger_url: str, more: int) -> None:
    # G6: an hour's requests leave at once and then none for the rest of the hour
    clock = Clock()
    with Ledger.open(ledger_url, HERE) as ledger:
        budget = _budget(ledger, clock, hour=6, minute=2)
        for _ in range(3):
            budget.acquire("write")
        foretold = budget.seconds_for(more)
        began = clock.now
        for _ in range(more):
            budget.acquire("write")
    assert clock.now - began == pytest.approx(foretold, abs=1.0)


def test_a_pause_is_foretold_too(ledger_url: str) -> None:
    # G6
    clock = Clock()
    with Ledger.open(ledger_url, HERE) as ledger:
        budget = _budget(ledger, clock)
        budget.acquire("read")
        budget.pause_until(90)
        assert budget.seconds_for(1) == pytest.approx(90, abs=1.0)
