"""Opening either database, and the two ways to use it: reading and writing.

Driver errors may quote a row (PostgreSQL's ``DETAIL``); they end here and go on as ours.
"""

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakSet

from sqlalchemy import Connection, Engine, Pool, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    NoSuchModuleError,
    OperationalError,
    SQLAlchemyError,
)

from kartra_freshsales.errors import KartraFreshsalesError, SettingsError

_REMEDY = "Check KF_LEDGER_URL: sqlite:///file or postgresql://user:password@host/name."
_BUSY_MS = 60_000
_WRITING = {"kf_writing": True}

AWAY_SECONDS = 60.0
"""How long a database that answered before may be away: it restarts, or fails over."""

_ASK_AGAIN = 0.2
_AWAY = "The ledger's database does not answer; it is asked again for %.0f seconds."
_ANSWERED: WeakSet[Pool] = WeakSet()

log = logging.getLogger(__name__)
T = TypeVar("T")


class LedgerFault(KartraFreshsalesError):
    """The database failed; nothing that was not recorded has been sent."""


def open_engine(url: str) -> Engine:
    """Make an engine for SQLite or PostgreSQL that keeps parameters out of its errors.

    Raises:
        SettingsError: the address cannot be read or names another database.
    """
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, NoSuchModuleError):
        raise SettingsError(
            "The ledger's address cannot be read.", remedy=_REMEDY
        ) from None
    if backend == "sqlite":
        return _sqlite(parsed)
    if backend in {"postgresql", "postgres"}:
        return create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            hide_parameters=True,
            pool_pre_ping=True,  # a wait for the next hour outlives idle connections
        )
    raise SettingsError(f"The ledger cannot be kept in {backend}.", remedy=_REMEDY)


def _sqlite(url: URL) -> Engine:
    if url.database in {None, "", ":memory:"}:
        raise SettingsError("The ledger needs a file.", remedy=_REMEDY)
    path = Path(str(url.database))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.touch(
                mode=0o600
            )  # it holds people's data; SQLite's side files follow suit
    except OSError as error:
        raise SettingsError(
            f"The ledger's file cannot be made ({type(error).__name__}).", remedy=_REMEDY
        ) from None
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": 60})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # the driver's own BEGIN comes too late and too weak
    connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")  # an intent survives a power cut
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        _write_ahead(connection)


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch to WAL. Two first openers collide without SQLite's busy wait applying."""
    for _ in range(200):
        with suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA journal_mode = WAL")
            return
        time.sleep(0.01)
    raise sqlite3.OperationalError("database is locked")


def _begin(connection: Connection) -> None:
    # A writer that starts as a reader cannot be made to wait for its turn later.
    writing = connection.get_execution_options().get("kf_writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that may write; committed on the way out, else rolled back."""
    with (
        _as_ours(),
        _connected(engine.execution_options(**_WRITING)) as connection,
        connection.begin(),
    ):
        yield connection


def carried_out(engine: Engine, work: Callable[[Connection], T]) -> T:
    """Do ``work`` in a transaction; once more if the database was restarted meanwhile.

    Not where the commit itself broke off: nobody can tell whether it was done.

    Raises:
        LedgerFault: it failed otherwise, or did not come back in time.
    """
    until = time.monotonic() + AWAY_SECONDS
    while True:
        with _as_ours(), _connected(engine.execution_options(**_WRITING)) as connection:
            worked = False
            try:
                with connection.begin():
                    result = work(connection)
                    worked = True
            except DBAPIError as error:
                lost = worked or not error.connection_invalidated
                if lost or time.monotonic() > until:
                    raise
                log.warning("The ledger's database broke off; asking it again.")
            else:
                return result


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent look, however many queries it takes and whatever others write."""
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with _as_ours(), _connected(engine) as connection:
        yield connection


def _connected(engine: Engine) -> Connection:
    """A connection; where the database has answered before, waiting until it does again.

    An address that never answered is more likely wrong: that is said at once.
    """
    until, told = time.monotonic() + AWAY_SECONDS, False
    while True:
        try:
            connection = engine.connect()
        except OperationalError:
            if engine.pool not in _ANSWERED or time.monotonic() > until:
                raise
            if not told:
                log.warning(_AWAY, AWAY_SECONDS)
            told = True
            time.sleep(_ASK_AGAIN)
        else:
            _ANSWERED.add(engine.pool)
            return connection


@contextmanager
def _as_ours() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or error
        code = getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", "")
        raise LedgerFault(
            f"The ledger's database failed ({type(cause).__name__} {code}".rstrip() + ").",
            remedy="See that it can be reached and has room, then start again: "
            "the run goes on where it stopped.",
        ) from None
