"""Eight processes, one account, several hours: never one request too many, hardly one less.

The hours pass at once (``hourglass``). What is judged is the account's own history: when
each request arrived there, not when the budget thought that it would.
"""

from __future__ import annotations

from bisect import bisect_right
from pathlib import Path

from kartra_freshsales.ledger.store import Ledger
from kartra_freshsales_tests.conftest import Sandboxes
from kartra_freshsales_tests.ledger.scenario import HERE, finish, worker

PROCESSES, HOURS = 8, 3
AN_HOUR, A_MINUTE = 200, 50
EACH = AN_HOUR * HOURS // PROCESSES + 2
"""Together they want a little more than three hours allow, so that a fourth begins."""


def _fullest(times: list[float], seconds: float) -> int:
    """The most requests in any window: one that ends with a request is the fullest."""
    return max(at + 1 - bisect_right(times, end - seconds) for at, end in enumerate(times))


# G6; reference 5, 12.7: the window slides, and all keys and programs of an account share it
def test_many_processes_use_the_whole_quota_and_not_one_request_more(
    ledger_url: str, sandbox: Sandboxes, tmp_path: Path
) -> None:
    account = sandbox(requests_per_hour=AN_HOUR, requests_per_minute=A_MINUTE)
    clock = tmp_path / "clock"
    clock.touch()
    Ledger.open(ledger_url, HERE).close()
    where = (account.base_url, account.api_key, account.control_url, clock)
    asked = (EACH, AN_HOUR, A_MINUTE, ledger_url, *where)
    finish([worker("ask_together", PROCESSES, *asked)])
    history = account.control.requests()
    assert [line["status"] for line in history] == [200] * (EACH * PROCESSES)
    arrived = sorted(line["at"] for line in history)
    assert _fullest(arrived, 60.0) <= A_MINUTE
    assert _fullest(arrived, 3600.0) <= AN_HOUR
    in_time = bisect_right(arrived, arrived[0] + HOURS * 3600)
    assert in_time >= 0.9 * AN_HOUR * HOURS
    assert arrived[-1] > arrived[0] + HOURS * 3600
    with Ledger.open(ledger_url, HERE) as ledger:
        assert ledger.request_counts()["read"] == EACH * PROCESSES
