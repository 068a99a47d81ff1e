"""A load or an undo in a process of its own, which kills itself where it is told to.

The loader, its client and its ledger are the real ones; only the moment of death is ours.
Not here: what is to happen (``campaign_draw``), who starts processes (``campaign``).
"""

from __future__ import annotations

import json
import os
import pickle
import signal
import threading
from collections.abc import Collection
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import sleep, time
from typing import Any

import httpx
import polars as pl
import stamina.instrumentation
from pydantic import SecretStr
from sqlalchemy import Engine, event

from kartra_freshsales.errors import KartraFreshsalesError
from kartra_freshsales.freshsales.budget import Budget, Unlimited
from kartra_freshsales.freshsales.client import FreshsalesClient
from kartra_freshsales.freshsales.exchange import Patience
from kartra_freshsales.freshsales.metadata import Metadata
from kartra_freshsales.freshsales.modules import Module
from kartra_freshsales.ledger import migrations  # noqa: F401  loaded once, for all forks
from kartra_freshsales.ledger.store import Destination, Ledger
from kartra_freshsales.loading.loader import Loader
from kartra_freshsales.loading.rollback import carry_out, plan_rollback, prove
from kartra_freshsales.loading.rollback_plan import RollbackPlan
from kartra_freshsales.loading.snapshot import read_snapshot
from kartra_freshsales_tests.loading.campaign_draw import Kill
from kartra_freshsales_tests.loading.scenario import FAST, Json

PATIENCE = Patience(
    attempts=4, first_wait=0.005, longest_wait=0.02, jitter=0.005,
    limited_wait=0.02, limited_longest=0.05, hidden_wait=0.01,
)  # fmt: skip
POLICY = replace(
    FAST,
    longest_poll=0.05,
    job_patience=0.3,
    early_look=0.1,
    silent_patience=1.0,
    answered_patience=0.2,
    attempts=4,
)
HELD_BACK = 0.3
"""Seconds that the network keeps a late write; less than the loader's patience."""

WINDOW = 1.0
"""Seconds of the "hour" of an account with a limit."""


@dataclass(frozen=True)
class Errand:
    """What a process is to do: ``load`` or ``undo`` a batch; ``later`` are seconds that
    have passed since, by everybody's clock."""

    job: str
    batch: str
    base_url: str
    api_key: str
    ledger: str
    metadata: str
    folder: Path
    run: str
    kill: Kill | None = None
    late: tuple[int, ...] = ()
    later: float = 0.0
    group_size: int = 100
    timeout: float = 5.0
    requests_in_window: int = 0


def main(errand: Errand) -> None:
    """Do it, and say in ``end.json`` how it ended; a killed process says nothing."""
    stamina.instrumentation.set_on_retry_hooks(())
    end: Json = {"error": None, "message": None, "failed": 0}
    try:
        with Hands(errand) as hands:
            end["failed"] = hands.load() if errand.job == "load" else hands.undo()
    except KartraFreshsalesError as error:
        end |= {"error": type(error).__name__, "message": str(error)}
    except Exception as error:  # noqa: BLE001  the campaign calls it a violation
        end |= {"error": f"unexpected {type(error).__name__}", "message": str(error)}
    _written(errand.folder / "end.json", json.dumps(end).encode())


def opened_ledger(url: str, base_url: str, later: float) -> Ledger:
    """The ledger of the account, by a clock that is so far ahead."""
    return Ledger.open(url, Destination(base_url), clock=lambda: time() + later)


def opened_client(
    errand: Errand, ledger: Ledger, transport: httpx.BaseTransport | None = None
) -> FreshsalesClient:
    """The client, within the account's shared budget where it has one."""
    budget: Budget = Unlimited()
    if errand.requests_in_window:
        budget = ledger.budget(
            errand.requests_in_window, 0, 0.0, run=errand.run,
            hour_seconds=WINDOW, slack_seconds=errand.timeout,
        )  # fmt: skip
    return FreshsalesClient(
        errand.base_url,
        SecretStr(errand.api_key),
        budget=budget,
        timeout=errand.timeout,
        transport=transport,
        patience=PATIENCE,
    )


class Hands:
    """Ledger and client of a process, with death at their side."""

    def __init__(self, errand: Errand) -> None:
        self.errand = errand
        self.metadata = Metadata.model_validate_json(errand.metadata)
        later = timedelta(seconds=errand.later)
        self.policy = replace(POLICY, now=lambda: datetime.now(UTC) + later)

    def __enter__(self) -> Hands:
        errand = self.errand
        reaper = Reaper(errand.kill, errand.late)
        with ExitStack() as stack:
            self.ledger = stack.enter_context(
                opened_ledger(errand.ledger, errand.base_url, errand.later)
            )
            reaper.watch(self.ledger._engine)
            self.client = stack.enter_context(opened_client(errand, self.ledger, reaper))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def load(self) -> int:
        """Load the batch; answers how many records failed for now."""
        errand = self.errand
        plan = pl.read_parquet(errand.folder / f"plan-{errand.batch}.parquet")
        snapshot = pl.read_parquet(errand.folder / f"snapshot-{errand.batch}.parquet")
        frames: list[pl.DataFrame] = []
        with Loader(
            self.client,
            self.ledger,
            self.metadata,
            run=errand.run,
            batch=errand.batch,
            group_size=errand.group_size,
            policy=self.policy,
        ) as loader:
            frames += [
                loader.load(module, plan, snapshot=snapshot).rows
                for module in Module
                if str(module) in set(plan["module"])
            ]
        rows = pl.concat(frames)
        _frame(errand.folder / f"results-{errand.batch}.parquet", rows)
        return rows.filter(outcome="failed").height

    def undo(self) -> int:
        """Plan an undo unless one is planned, carry it out and prove it."""
        errand, path = self.errand, self.errand.folder / "undo.pickle"
        batch = None if errand.batch == "all" else errand.batch
        if not path.exists():
            plan = plan_rollback(
                self.ledger, self.client, self.metadata, batch=batch, policy=self.policy
            )
            self.ledger.approve("rollback", errand.batch, plan.digest, "approver", "undo")
            _written(path, pickle.dumps(plan))
        made: RollbackPlan = pickle.loads(path.read_bytes())
        done = carry_out(
            made, self.ledger, self.client, self.metadata, run=errand.run,
            policy=self.policy,
        )  # fmt: skip
        proof = prove(None, self.ledger, self.client, self.metadata, made, "suite")
        facts = {"passed": proof.passed, "spared": proof.spared.height,
                 "differences": proof.differences.to_dicts()}  # fmt: skip
        _written(errand.folder / "proof.json", json.dumps(facts).encode())
        _frame(errand.folder / "undone.parquet", done)
        return done.filter(pl.col("outcome") == "failed").height


def read_all(client: FreshsalesClient, metadata: Metadata) -> pl.DataFrame:
    """Everything that stands there."""
    return read_snapshot(client, metadata, "suite")


class Reaper(httpx.BaseTransport):
    """Real HTTP, until the moment has come; then the process is gone without a word.

    ``late`` are writes that reach the server only when their sender has given up.
    """

    def __init__(self, kill: Kill | None, late: Collection[int] = ()) -> None:
        self._inner = httpx.HTTPTransport()
        self._late = late
        self._writes = 0
        self._kill = kill
        self._left = kill.at if kill else 0
        if kill is not None and kill.moment == "at_time":
            timer = threading.Timer(kill.at / 1000, _die)
            timer.daemon = True
            timer.start()

    def watch(self, engine: Engine) -> None:
        """Count commits, too; a transaction that begins has the last one behind it."""
        event.listen(engine, "commit", lambda _: self._come("before_commit"))
        event.listen(engine, "begin", lambda _: self._come("after_commit"))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._come("before_request")
        self._come("during_request")
        self._writes += request.method != "GET"
        if request.method != "GET" and self._writes in self._late:
            threading.Thread(target=_deliver_late, args=(request,), daemon=True).start()
            raise httpx.ReadTimeout("held back", request=request)
        response = self._inner.handle_request(request)
        if self._kill is not None and self._kill.moment == "after_answer":
            response.read()
            self._come("after_answer")
        return response

    def _come(self, moment: str) -> None:
        if self._kill is None or self._kill.moment != moment:
            return
        self._left -= 1
        if self._left == 0 and moment == "during_request":
            timer = threading.Timer(0.004 * (self._kill.at % 5) / 4, _die)
            timer.daemon = True
            timer.start()
        elif self._left == 0:
            _die()

    def close(self) -> None:
        self._inner.close()


def _deliver_late(request: httpx.Request) -> None:
    with suppress(httpx.HTTPError), httpx.HTTPTransport() as line:
        sleep(HELD_BACK)
        line.handle_request(request).close()


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _written(path: Path, content: bytes) -> None:
    partial = path.with_name(f"{path.name}.partial")
    partial.write_bytes(content)
    partial.replace(path)


def _frame(path: Path, frame: pl.DataFrame) -> None:
    partial = path.with_name(f"{path.name}.partial")
    frame.write_parquet(partial)
    partial.replace(path)


def read_end(folder: Path) -> dict[str, Any] | None:
    """What a process said last, if it lived to say anything."""
    path = folder / "end.json"
    if not path.exists():
        return None
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    path.unlink()
    return found
