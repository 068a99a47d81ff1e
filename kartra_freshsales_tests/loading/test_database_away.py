"""The ledger's database restarts, or is held by somebody, while a load goes on."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import Connection, text

from kartra_freshsales.freshsales.client import FreshsalesClient
from kartra_freshsales.freshsales.metadata import read_metadata
from kartra_freshsales.freshsales.modules import RECORD_ENDPOINTS
from kartra_freshsales.ledger import engine
from kartra_freshsales.ledger.engine import LedgerFault, carried_out
from kartra_freshsales.ledger.store import Destination, Ledger
from kartra_freshsales.sandbox.server import SandboxProcess
from kartra_freshsales_tests.loading.campaign import Postgres, postgres_servers
from kartra_freshsales_tests.loading.scenario import (
    PATIENCE,
    Account,
    Look,
    Opened,
    small_load,
)

SIZES = (2, 12, 10, 2)
HERE = Destination("https://example.com/crm/sales/api")


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with postgres_servers(1) as (found,):
        yield found


@pytest.fixture
def url(server: Postgres) -> str:
    return server.url


def stands(account: Account) -> tuple[int, ...]:
    with Look(account.server) as look:
        state = look.state()
    return tuple(len(state[name]) for name in ("accounts", "contacts", "deals", "notes"))


# G1 S20
def test_a_load_outlives_a_restart_of_postgresql(server: Postgres) -> None:
    met: set[str] = set()

    def restart(module: str, _done: int, _total: int) -> None:
        if module in {"sales_accounts", "contacts", "deals"} - met:
            met.add(module)
            server.restart()

    with (
        SandboxProcess(requests_per_hour=0) as sandbox,
        Ledger.open(server.url, Destination(sandbox.base_url)) as ledger,
        FreshsalesClient(
            sandbox.base_url,
            SecretStr(sandbox.api_key),
            budget=ledger.budget(10_000, 0, 0.0),
            patience=PATIENCE,
        ) as client,
    ):
        metadata = read_metadata(client, RECORD_ENDPOINTS)
        account = Account(sandbox, client, ledger, metadata)
        results = account.load(small_load(*SIZES), progress=restart, group_size=6)
        assert all(set(result.counts) == {"created"} for result in results.values())
        assert met == {"sales_accounts", "contacts", "deals"}
        assert stands(account) == SIZES
        assert ledger.unsettled() == []
        assert ledger.verify_chain().intact


# G1
def test_a_transaction_that_a_restart_breaks_off_is_done_once_more(
    server: Postgres,
) -> None:
    tries: list[int] = []

    def work(connection: Connection) -> int:
        tries.append(len(tries))
        if len(tries) == 1:
            server.restart()
        return int(connection.execute(text("SELECT 7")).scalar_one())

    with Ledger.open(server.url, HERE) as ledger:
        assert carried_out(ledger._engine, work) == 7
    assert tries == [0, 1]


# G1
def test_a_database_that_stays_away_ends_the_run_with_what_to_do(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "AWAY_SECONDS", 0.3)

    def broken(connection: Connection) -> None:
        connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with (
        Ledger.open(url, HERE) as ledger,
        pytest.raises(LedgerFault, match="start again: the run goes on where it stopped"),
    ):
        carried_out(ledger._engine, broken)


# G1
def test_an_address_where_nobody_ever_answered_is_said_at_once(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait(_seconds: float) -> None:
        raise AssertionError("waited")

    monkeypatch.setattr(time, "sleep", wait)
    with pytest.raises(LedgerFault, match="See that it can be reached"):
        Ledger.open(url.replace("host=", "host=/nowhere"), HERE)


# G1 S20
def test_a_load_waits_while_somebody_holds_the_sqlite_file(
    crm: Opened, tmp_path: Path
) -> None:
    here = crm()
    held = threading.Event()

    def hold() -> None:
        holder = sqlite3.connect(tmp_path / "ledger.sqlite", timeout=30)
        holder.execute("BEGIN IMMEDIATE")
        held.set()
        time.sleep(1.5)
        holder.close()

    def begin(_module: str, _done: int, _total: int) -> None:
        if not held.is_set():
            threading.Thread(target=hold).start()
            held.wait(30)

    results = here.load(small_load(*SIZES), progress=begin, group_size=6)
    assert held.is_set()
    assert all(set(result.counts) == {"created"} for result in results.values())
    assert stands(here) == SIZES
