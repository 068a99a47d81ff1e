"""Short words for client tests: a budget that notes its pauses, and a canned server."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pydantic import SecretStr

from kartra_freshsales.freshsales.budget import Unlimited
from kartra_freshsales.freshsales.client import FreshsalesClient
from kartra_freshsales.freshsales.exchange import Patience

KEY = "secret-key"
IMPATIENT = Patience(attempts=3, first_wait=0.001, longest_wait=0.002, jitter=0)


class Told(Unlimited):
    """An unlimited budget on a clock of its own; ``naps`` are the pauses it sat out.

    ``unanswered`` counts requests that it was told to have no answer.
    """

    def __init__(self) -> None:
        self.naps: list[float] = []
        self.unanswered = 0
        self._time = 0.0
        super().__init__(clock=lambda: self._time, sleep=self._nap)

    def not_answered(self) -> None:
        self.unanswered += 1

    def _nap(self, seconds: float) -> None:
        self.naps.append(round(seconds, 3))
        self._time += seconds


def client_for(address: str, **values: Any) -> FreshsalesClient:
    """A client that gives up fast."""
    plain: dict[str, Any] = {"budget": Told(), "patience": IMPATIENT, "timeout": 5.0}
    return FreshsalesClient(address, SecretStr(KEY), **(plain | values))


def answer(status: int, body: str, *headers: str, length: int | None = None) -> bytes:
    """The bytes of an HTTP answer; ``length`` may lie, to cut the body short."""
    lines = [
        f"HTTP/1.1 {status} Word",
        "Content-Type: application/json",
        f"Content-Length: {len(body.encode()) if length is None else length}",
        "Connection: close",
        *headers,
    ]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


class Canned:
    """A server that gives prepared answers one after another, then the last again."""

    def __init__(self, answers: Sequence[bytes]) -> None:
        self._answers = answers
        self.requests: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}/crm/sales/api"
        self._thread = threading.Thread(target=self._serve)

    def _serve(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            with connection:
                connection.settimeout(5)
                asked = _whole_request(connection)
                if not asked:
                    return
                at = min(len(self.requests), len(self._answers) - 1)
                self.requests.append(asked)
                connection.sendall(self._answers[at])

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        socket.create_connection(self._listener.getsockname()).close()
        self._thread.join()
        self._listener.close()


def _whole_request(connection: socket.socket) -> bytes:
    read = b""
    while chunk := connection.recv(65536):
        read += chunk
        head, end, body = read.partition(b"\r\n\r\n")
        if not end:
            continue
        lengths = [
            int(line.split(b":")[1])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length:")
        ]
        if len(body) >= sum(lengths):
            break
    return read


@contextmanager
def canned(*answers: bytes) -> Iterator[Canned]:
    """A canned server for the length of a ``with``."""
    server = Canned(answers)
    server.start()
    try:
        yield server
    finally:
        server.stop()
