"""Accounts for these tests: a sandbox process each, with a ledger file beside it."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from kartra_freshsales.sandbox.config import Faults, Switches
from kartra_freshsales.sandbox.server import SandboxProcess
from kartra_freshsales_tests.loading.rollback_scene import Scene, staged
from kartra_freshsales_tests.loading.scenario import Account, Opened, opened


@pytest.fixture
def crm(tmp_path: Path) -> Iterator[Opened]:
    """Open an account; faults and switches are given by name."""
    with ExitStack() as stack:

        def start(
            faults: dict[str, Any] | None = None,
            switches: dict[str, Any] | None = None,
            **values: Any,
        ) -> Account:
            server = stack.enter_context(
                SandboxProcess(
                    requests_per_hour=0,
                    faults=Faults(**(faults or {})),
                    switches=Switches(**(switches or {})),
                    **values,
                )
            )
            return stack.enter_context(opened(server, tmp_path / "ledger.sqlite"))

        yield start


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A sandbox, a ledger and people at work in it."""
    with staged(tmp_path) as made:
        yield made
