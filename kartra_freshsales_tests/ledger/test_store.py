"""Opening a ledger, and its smaller tables: jobs, approvals, conflicts."""

from __future__ import annotations

import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from kartra_freshsales.errors import KartraFreshsalesError, SettingsError
from kartra_freshsales.ledger.engine import LedgerFault, open_engine, reading, writing
from kartra_freshsales.ledger.migrations import config, upgrade
from kartra_freshsales.ledger.records import Conflict, Job
from kartra_freshsales.ledger.states import JobState
from kartra_freshsales.ledger.store import Destination, Ledger
from kartra_freshsales.ledger.tables import metadata
from kartra_freshsales_tests.ledger.scenario import (
    ELSEWHERE,
    HERE,
    Clock,
    finish,
    new,
    worker,
)


@pytest.fixture
def engine(ledger_url: str) -> Engine:
    """An engine whose database has been brought up to date."""
    made = open_engine(ledger_url)
    upgrade(made)
    return made


def test_the_migrations_make_exactly_the_tables(engine: Engine) -> None:
    # G1
    with reading(engine) as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_the_migrations_can_be_undone(engine: Engine) -> None:
    settings = config()
    with writing(engine) as connection:
        settings.attributes["connection"] = connection
        command.downgrade(settings, "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    upgrade(engine)
    assert "intent" in inspect(engine).get_table_names()
    engine.dispose()


def test_a_ledger_of_a_newer_version_is_left_alone(engine: Engine, ledger_url: str) -> None:
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(SettingsError, match="newer version"):
        Ledger.open(ledger_url, HERE)


def test_processes_may_open_a_new_ledger_at_once(ledger_url: str) -> None:
    # G1
    finish([worker("append", ledger_url, "run", 1) for _ in range(3)])
    with Ledger.open(ledger_url, HERE) as ledger:
        assert ledger.verify_chain().intents == 12


def test_threads_may_open_a_new_ledger_at_once(ledger_url: str) -> None:
    faults: list[BaseException] = []

    def use() -> None:
        try:
            with Ledger.open(ledger_url, HERE) as ledger:
                ledger.plan_intents("run", [new()])
        except BaseException as error:  # noqa: BLE001  told to the test below
            faults.append(error)

    threads = [threading.Thread(target=use) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    with Ledger.open(ledger_url, HERE) as ledger:
        assert ledger.verify_chain().intents == 6


def test_the_embedded_ledger_survives_a_power_cut_and_lets_readers_in(
    tmp_path: Path,
) -> None:
    # G1
    engine = open_engine(f"sqlite:///{tmp_path}/deep/down/ledger.sqlite")
    with reading(engine) as connection:
        asked = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in asked]
    assert found == ["wal", 2, 1, 60_000]
    assert (tmp_path / "deep/down/ledger.sqlite").stat().st_mode & 0o077 == 0  # G18
    engine.dispose()


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", "oracle://host/x", "sqlite://", "mysql://u:hidden@h/x", "sqlite:///:memory:"],
)  # fmt: skip
def test_an_address_that_cannot_be_used_is_refused_with_the_remedy(url: str) -> None:
    with pytest.raises(SettingsError, match="Check KF_LEDGER_URL") as caught:
        Ledger.open(url, HERE)
    assert "hidden" not in str(caught.value)


def test_a_database_that_cannot_be_reached_is_named_without_its_password(
    tmp_path: Path,
) -> None:
    # G18
    nowhere = f"postgresql://kartra:hidden@/ledger?host={tmp_path}"
    with pytest.raises(LedgerFault, match="can be reached") as caught:
        Ledger.open(nowhere, HERE)
    assert "hidden" not in f"{caught.value!r}"
    folder = tmp_path / "file"
    folder.write_text("not a folder")
    with pytest.raises(SettingsError, match="file cannot be made"):
        Ledger.open(f"sqlite:///{folder}/ledger.sqlite", HERE)


def test_errors_of_the_database_quote_no_row(engine: Engine) -> None:
    # G18
    row = "VALUES (1, 'k', 'mia@example.com', '', '', 0, 0, '', 0, '')"
    insert = f"INSERT INTO destination {row}"

    def twice() -> None:
        with writing(engine) as connection:
            connection.exec_driver_sql(insert)
            connection.exec_driver_sql(insert)

    with pytest.raises(LedgerFault) as caught:
        twice()
    assert "mia@" not in f"{caught.value!r}"
    assert caught.value.__suppress_context__
    with reading(engine) as connection:  # and nothing of it stayed
        count = connection.exec_driver_sql("SELECT count(*) FROM destination").scalar()
    assert count == 0
    engine.dispose()


def test_a_locked_ledger_is_a_fault_that_can_be_repeated(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with Ledger.open(f"sqlite:///{path}", HERE) as ledger:
        blocker = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        blocker.execute("BEGIN IMMEDIATE")
        timer = threading.Timer(0.3, blocker.execute, ["COMMIT"])
        timer.start()
        assert len(ledger.plan_intents("run", [new()])) == 1  # it waited for its turn
        timer.join()
        blocker.close()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (HERE, Destination("HTTPS://Acme.MyFreshworks.com/crm/sales/api/"), True),
        (HERE, ELSEWHERE, False),
        (HERE, Destination("http://127.0.0.1:8000/crm/sales/api"), False),
        (Destination("https://a.b", "Acme "), Destination("https://c.d", "acme"), True),
        (Destination("https://a.b", "acme"), Destination("https://a.b", "zeta"), False),
    ],
)
def test_an_account_is_known_again_however_its_address_is_spelled(
    sqlite_url: str, one: Destination, other: Destination, *, same: bool
) -> None:
    with Ledger.open(sqlite_url, one) as ledger:
        ledger.plan_intents("run", [new()])
    with Ledger.open(sqlite_url, other) as ledger:
        assert len(ledger.intents()) == int(same)


def test_jobs_are_followed_until_they_are_closed(ledger_url: str) -> None:
    with (
        Ledger.open(ledger_url, HERE) as ledger,
        Ledger.open(ledger_url, ELSEWHERE) as other,
    ):
        ledger.put_job(Job("77", "g1", "contacts", "run-1"))
        ledger.put_job(Job("78", "g2", "deals", "run-1"))
        ledger.put_job(Job("77", "g1", "contacts", "run-1", polls=3))
        assert ledger.open_jobs("contacts") == [
            Job("77", "g1", "contacts", "run-1", polls=3)
        ]
        assert {job.job_id for job in ledger.open_jobs()} == {"77", "78"}
        assert other.open_jobs() == []
        ledger.close_job("77", JobState.DONE)
        ledger.close_job("78", JobState.GIVEN_UP)
        assert ledger.open_jobs() == []


def test_the_newest_approval_of_a_subject_counts(ledger_url: str) -> None:
    clock = Clock()
    with Ledger.open(ledger_url, HERE, clock=clock) as ledger:
        assert ledger.approval("plan", "2024-01") is None
        ledger.approve("plan", "2024-01", "d1", "Ann", "run-1")
        clock.now += 60
        given = ledger.approve("plan", "2024-01", "d2", "Ben", "run-2")
        ledger.approve("plan", "2024-02", "d3", "Ann", "run-3")
        assert ledger.approval("plan", "2024-01") == given
        assert given.at == datetime(2023, 11, 14, 22, 14, 20, tzinfo=UTC)
        assert ledger.approval("rollback", "2024-01") is None


def test_conflicts_are_kept_one_per_record_and_field(ledger_url: str) -> None:
    with Ledger.open(ledger_url, HERE) as ledger:
        ledger.put_conflicts(
            [
                Conflict("contacts", "mia@example.com", "phone", "+4712345678", None, None),
                Conflict("contacts", "mia@example.com", "city", "Oslo", "Moss", "Bergen"),
            ]
        )
        ledger.put_conflicts(
            [
                Conflict(
                    "contacts", "mia@example.com", "city", "Oslo", "Moss", "Voss", "kept"
                )
            ]
        )
        frame = ledger.conflicts()
    assert frame["field"].to_list() == ["city", "phone"]
    assert frame.row(0, named=True) == {
        "module": "contacts", "source_key": "mia@example.com", "field": "city",
        "source": "Oslo", "written": "Moss", "destination": "Voss", "resolution": "kept",
        "run": "",
    }  # fmt: skip


def test_every_error_of_the_ledger_is_one_of_ours() -> None:
    assert issubclass(LedgerFault, KartraFreshsalesError)
