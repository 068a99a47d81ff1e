"""A load that is killed again and again ends as one that was left alone.

The workers are forked from a server that has imported everything, so that twenty of them
take seconds.
"""

import json
import multiprocessing
import random
import time
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

import pytest

from kartra_freshsales.ledger.states import IntentState
from kartra_freshsales.sandbox.server import SandboxProcess
from kartra_freshsales_tests.loading import load_worker
from kartra_freshsales_tests.loading.scenario import (
    Look,
    history,
    opened,
    small_load,
)

SIZES = (30, 60, 120, 40)
KILLS = 20


def _settings(server: SandboxProcess, folder: Path, metadata: str) -> dict[str, str]:
    return {
        "base_url": server.base_url,
        "api_key": server.api_key,
        "ledger": str(folder / "ledger.sqlite"),
        "metadata": metadata,
        "sizes": json.dumps(SIZES),
        "run": "killed",
    }


@pytest.fixture
def workshop() -> ForkServerContext:
    """Where workers come from."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([load_worker.__name__])
    return context


def _requests(server: SandboxProcess) -> int:
    return int(history(server)["requests"])


def _start(workshop: ForkServerContext, settings: dict[str, str]) -> ForkServerProcess:
    worker = workshop.Process(target=load_worker.main, args=(settings,))
    worker.start()
    return worker


def _kill_after(worker: ForkServerProcess, server: SandboxProcess, more: int) -> bool:
    """Kill the worker once it has made so many more requests; false if it ended first."""
    target = _requests(server) + more
    while worker.is_alive():
        if _requests(server) >= target:
            worker.kill()
            worker.join()
            return True
        time.sleep(0.002)
    assert worker.exitcode == 0
    return False


@pytest.mark.timeout(240)
def test_twenty_kills_leave_what_one_clean_run_leaves(
    tmp_path: Path, workshop: ForkServerContext
) -> None:
    # G1 S20
    dice = random.Random(20)
    with (
        SandboxProcess(requests_per_hour=0, job_seconds=0.05) as killed,
        SandboxProcess(requests_per_hour=0) as clean,
    ):
        (tmp_path / "clean").mkdir()
        with opened(clean, tmp_path / "clean" / "ledger.sqlite") as account:
            account.load(small_load(*SIZES), group_size=20)
        with opened(killed, tmp_path / "ledger.sqlite") as account:
            metadata = account.metadata.model_dump_json()
        settings = _settings(killed, tmp_path, metadata)
        for _ in range(KILLS):
            worker = _start(workshop, settings)
            assert _kill_after(worker, killed, dice.randint(1, 5))
        last = _start(workshop, settings)
        last.join()
        assert last.exitcode == 0
        with Look(killed) as left, Look(clean) as right:
            assert left.state() == right.state()
        with opened(killed, tmp_path / "ledger.sqlite") as account:
            assert account.ledger.unsettled() == []
            assert account.ledger.verify_chain().intact
            confirmed = account.ledger.intents(states={IntentState.CONFIRMED})
            created = [
                (i.module, i.freshsales_id) for i in confirmed if "create" in i.operation
            ]
            assert len(created) == len(set(created)) == sum(SIZES) + 2
            before = account.history()["writes"]
            again = account.load(small_load(*SIZES), group_size=20)
            assert account.history()["writes"] == before
        assert all(set(result.counts) == {"skipped"} for result in again.values())
