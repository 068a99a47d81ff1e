"""An account for all tests of a process, and an environment that names no other."""

import os
from collections.abc import Iterator

import pytest

from kartra_freshsales.sandbox.server import SandboxProcess


@pytest.fixture(autouse=True)
def no_account_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of whoever runs the tests must not reach a command."""
    for name in os.environ:
        if name.startswith(("KF_", "FRESHSALES_", "DAGSTER_")):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def account() -> Iterator[SandboxProcess]:
    """One unlimited account on the growth plan; tests that write use their own."""
    with SandboxProcess(requests_per_hour=0) as sandbox:
        yield sandbox
