"""Sandboxes for these tests: fresh ones in a thread, and one process for the session."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from kartra_freshsales.sandbox.app import create_app
from kartra_freshsales.sandbox.config import SandboxConfig
from kartra_freshsales.sandbox.control import ByPort
from kartra_freshsales.sandbox.remote import SandboxControl
from kartra_freshsales.sandbox.server import SandboxProcess
from kartra_freshsales_tests.sandbox.scenario import Client

Account = Callable[..., AbstractContextManager[httpx.Client]]


class Stage:
    """An ASGI application that passes everything on to the sandbox put on it last.

    Starting and stopping a server takes longer than most tests; changing its application
    takes nothing.
    """

    app: Starlette
    control: SandboxControl

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        port = int(self.control.url.rpartition(":")[2])
        await ByPort(self.app, self.app.state.control, port)(scope, receive, send)


@pytest.fixture(scope="session")
def stage() -> Iterator[tuple[Stage, str]]:
    """A real server on the loopback with a changing application, and its root."""
    stage = Stage()
    with socket.socket() as listener, socket.socket() as control:
        for each in (listener, control):
            each.bind(("127.0.0.1", 0))
            each.listen(64)
        stage.control = SandboxControl(f"http://127.0.0.1:{control.getsockname()[1]}")
        server = uvicorn.Server(
            uvicorn.Config(
                stage,
                log_level="critical",
                lifespan="off",
                date_header=False,
                timeout_graceful_shutdown=1,
            )
        )
        sockets = [listener, control]
        thread = threading.Thread(target=server.run, kwargs={"sockets": sockets})
        thread.start()
        try:
            yield stage, f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture
def account(stage: tuple[Stage, str]) -> Account:
    """Start a fresh sandbox with the given configuration values."""
    shown, root = stage

    @contextmanager
    def served(
        clock: Callable[[], float] = time.time, **values: Any
    ) -> Iterator[httpx.Client]:
        config = SandboxConfig(
            **{"api_key": "secret-key", "requests_per_hour": 0, **values}
        )
        shown.app = create_app(config, clock)
        headers = {"Authorization": f"Token token={config.api_key}"}
        try:
            address = f"{root}{config.generation.address}"
            with Client(base_url=address, headers=headers) as client:
                client.control = shown.control
                yield client
        finally:
            shown.app.state.world.store.close()

    return served


@pytest.fixture
def crm(account: Account) -> Iterator[httpx.Client]:
    """A fresh, unlimited sandbox."""
    with account() as client:
        yield client


@pytest.fixture(scope="session")
def process() -> Iterator[SandboxProcess]:
    """One sandbox subprocess for the whole session."""
    with SandboxProcess(requests_per_hour=0) as sandbox:
        yield sandbox
