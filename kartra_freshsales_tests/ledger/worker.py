"""What another process does to the ledger in these tests: ``python -m … <job> <url> …``."""

from __future__ import annotations

import os
import signal
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

from pydantic import SecretStr

from kartra_freshsales.freshsales.client import FreshsalesClient
from kartra_freshsales.ledger.states import IntentState
from kartra_freshsales.ledger.store import Ledger
from kartra_freshsales_tests.ledger.hourglass import Hourglass
from kartra_freshsales_tests.ledger.scenario import HERE, several, to


def crash_after_planning(url: str) -> None:
    """Plan three intents and die without a goodbye."""
    ledger = Ledger.open(url, HERE)
    ledger.plan_intents("run-1", several(3))
    os._exit(9)


def crash_after_sending(url: str) -> None:
    """Plan three intents, note them as sent and die."""
    ledger = Ledger.open(url, HERE)
    ledger.mark_intents(to(ledger.plan_intents("run-1", several(3)), IntentState.SENT))
    os._exit(9)


def append(url: str, name: str, rounds: str) -> None:
    """Plan and settle intents in small groups, as fast as it goes."""
    with Ledger.open(url, HERE) as ledger:
        for _ in range(int(rounds)):
            made = ledger.plan_intents(name, several(4))
            ledger.mark_intents(to(made, IntentState.SENT))
            ledger.mark_intents(to(made, IntentState.CONFIRMED))


def hold(url: str, *batches: str) -> None:
    """Be at work on some batches, or in the whole account, until somebody ends it."""
    with Ledger.open(url, HERE) as ledger, ledger.hold(*batches, run="first"):
        sys.stdout.write("held\n")
        sys.stdout.flush()
        signal.pause()


def send(url: str, address: str, key: str, count: str, limit: str) -> None:
    """Make requests to a sandbox with 2-second "hours" as the shared budget allows."""
    with Ledger.open(url, HERE) as ledger:
        budget = ledger.budget(int(limit), 0, 0.0, run=str(os.getpid()), hour_seconds=2.0)
        request = urllib.request.Request(
            f"{address}/selector/owners", headers={"Authorization": f"Token token={key}"}
        )
        for _ in range(int(count)):
            budget.acquire("read")
            with urllib.request.urlopen(request, timeout=10) as answer:
                answer.read()


def ask(count: str, hour: str, minute: str, url: str, *where: str) -> None:
    """Ask an account as our own client does, as fast as the shared budget allows."""
    address, key, control_url, path = where
    clock = Hourglass(Path(path), control_url)
    with Ledger.open(url, HERE) as ledger:
        budget = ledger.budget(
            int(hour), int(minute), 0.0, run=path, clock=clock, sleep=clock.sleep
        )
        with FreshsalesClient(address, SecretStr(key), budget=budget) as client:
            for _ in range(int(count)):
                with clock.standing():
                    client.selector("owners")


def ask_together(processes: str, *arguments: str) -> None:
    """So many processes that ask at once; forked, since each start costs a second."""
    children = []
    for _ in range(int(processes)):
        if (child := os.fork()) == 0:
            status = 1
            try:
                ask(*arguments)
                status = 0
            finally:
                os._exit(status)
        children.append(child)
    ends = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    sys.exit(max(ends, key=abs))


JOBS: dict[str, Callable[..., None]] = {
    "crash_after_planning": crash_after_planning,
    "crash_after_sending": crash_after_sending,
    "append": append,
    "hold": hold,
    "send": send,
    "ask_together": ask_together,
}

if __name__ == "__main__":
    JOBS[sys.argv[1]](*sys.argv[2:])
