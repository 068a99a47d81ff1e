"""A client on a fresh sandbox of any configuration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from kartra_freshsales.freshsales.client import FreshsalesClient
from kartra_freshsales.sandbox.config import Faults
from kartra_freshsales_tests.freshsales.scenario import KEY, Told, client_for
from kartra_freshsales_tests.sandbox.conftest import (  # noqa: F401  fixtures
    Account,
    account,
    stage,
)
from kartra_freshsales_tests.sandbox.scenario import history


@dataclass(frozen=True)
class Line:
    """A client, the budget it asks, and the sandbox's own view of its requests."""

    client: FreshsalesClient
    budget: Told
    sandbox: httpx.Client

    @property
    def history(self) -> dict[str, Any]:
        """The sandbox's counts so far."""
        return history(self.sandbox)


Open = Callable[..., Line]


@pytest.fixture
def line(account: Account) -> Iterator[Open]:  # noqa: F811
    """Open a client on a fresh sandbox; keywords are faults, ``config`` the rest."""
    with ExitStack() as stack:

        def opened(
            *, config: dict[str, Any] | None = None, timeout: float = 5.0, **faults: Any
        ) -> Line:
            values = {"api_key": KEY, "faults": Faults(**faults), **(config or {})}
            sandbox = stack.enter_context(account(**values))
            budget = Told()
            client = client_for(str(sandbox.base_url), budget=budget, timeout=timeout)
            return Line(stack.enter_context(client), budget, sandbox)

        yield opened
