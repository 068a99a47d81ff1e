"""Two processes started by mistake on one batch: the second is told so and does nothing."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import update

from kartra_freshsales.errors import BatchBusy
from kartra_freshsales.ledger import leases
from kartra_freshsales.ledger.engine import writing
from kartra_freshsales.ledger.states import IntentState
from kartra_freshsales.ledger.store import Ledger
from kartra_freshsales.ledger.tables import lease
from kartra_freshsales_tests.ledger.scenario import (
    ELSEWHERE,
    HERE,
    Clock,
    new,
    several,
    to,
    worker,
)

NOON = 1_700_000_000.0


@contextmanager
def another(url: str, *batches: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds these batches until it is killed."""
    process = worker("hold", url, *batches)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def refusal(ledger: Ledger, *batches: str) -> str:
    """What is said to somebody who may not work there."""
    with pytest.raises(BatchBusy) as refused, ledger.hold(*batches, run="second"):
        raise AssertionError("held twice")
    return str(refused.value)


def rewritten(ledger: Ledger, **values: str) -> None:
    """As if somebody else held what we hold."""
    with writing(ledger._engine) as connection:
        connection.execute(update(lease).values(**values))


# G1 G19 S20
def test_a_second_process_is_refused_until_the_first_one_ends_or_is_killed(
    ledger_url: str,
) -> None:
    with another(ledger_url, "2024-01") as first, Ledger.open(ledger_url, HERE) as ledger:
        told = refusal(ledger, "2024-01")
        assert "Batch '2024-01' is being loaded or undone already" in told
        assert f"by process {first.pid} on " in told
        assert "(run first)" in told
        assert "Wait until it has ended, or stop it, then start again." in told
        assert "Batch '2024-01'" in refusal(ledger)
        with ledger.hold("2024-02"), Ledger.open(ledger_url, ELSEWHERE) as elsewhere:
            with elsewhere.hold():
                theirs = ledger.plan_intents("first", several(2))
            ledger.plan_intents("second", [new("mine")])
            ledger.mark_intents(to(theirs, IntentState.SENT))
            assert [i.source_key for i in ledger.left_open()] == ["mine"]
            assert len(ledger.unsettled()) == 3
        first.kill()
        os.waitid(os.P_PID, first.pid, os.WEXITED | os.WNOWAIT)  # dead, and not buried
        with ledger.hold():
            assert len(ledger.left_open()) == 3


# G1
def test_whoever_works_in_the_whole_account_works_alone(sqlite_url: str) -> None:
    with Ledger.open(sqlite_url, HERE) as ledger, Ledger.open(sqlite_url, HERE) as other:
        with ledger.hold(), ledger.hold("2024-01"):  # its own parts are no strangers
            assert "This account is being loaded or undone" in refusal(other, "2024-02")
        with other.hold("2024-02"), ledger.hold("2024-01"):
            assert "Batch '2024-01'" in refusal(other, "2024-01")


# G1
def test_a_process_of_another_machine_is_waited_for_until_it_is_no_longer_heard_of(
    sqlite_url: str,
) -> None:
    clock = Clock(NOON)
    with Ledger.open(sqlite_url, HERE, clock=clock) as ledger:
        with ledger.hold("2024-01"):
            rewritten(ledger, host="another", owner="another's")
        clock.now = NOON + leases.LASTS_SECONDS - 1
        told = refusal(ledger, "2024-01")
        assert "on another (run -), heard of 119 seconds ago." in told
        assert told.endswith("its hold ends by itself within 2 seconds.")
        clock.now = NOON + leases.LASTS_SECONDS
        with ledger.hold("2024-01"):
            pass


# G1
def test_a_process_number_that_was_given_again_holds_nothing(sqlite_url: str) -> None:
    with Ledger.open(sqlite_url, HERE) as ledger:
        with ledger.hold("2024-01"):
            rewritten(ledger, owner="of a container that was restarted")
        with ledger.hold("2024-01"):
            pass


# G1
def test_whoever_lost_its_hold_writes_no_further_intent(ledger_url: str) -> None:
    with Ledger.open(ledger_url, HERE) as ledger:
        with ledger.hold("2024-01", run="slept"):
            ledger.plan_intents("slept", [new("before")])
            rewritten(ledger, owner="the other's")
            with pytest.raises(BatchBusy, match="Another process took this work over"):
                ledger.plan_intents("slept", [new("after")])
            with pytest.raises(BatchBusy, match="Wait until the other has ended"):
                ledger.send_intents("slept", [new("after")], [None])
        assert [i.source_key for i in ledger.intents()] == ["before"]


# G1
def test_a_hold_is_renewed_while_work_goes_on_and_then_given_back(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "RENEWED_EVERY", 0.01)
    clock = Clock(NOON)
    with Ledger.open(sqlite_url, HERE, clock=clock) as ledger:
        with ledger.hold("2024-01"):
            clock.now = NOON + 1000
            until = 0
            while until < (NOON + 1000) * 1_000_000:
                with ledger._engine.connect() as connection:
                    until = connection.execute(lease.select()).one().until_us
        with ledger._engine.connect() as connection:
            assert connection.execute(lease.select()).all() == []
