"""A proxy before a sandbox that denies some calls and hides some views, as rights do."""

from __future__ import annotations

import json
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import httpx


@contextmanager
def doorman(
    sandbox: str, *, denies: Collection[str] = (), hides: Collection[str] = ()
) -> Iterator[str]:
    """The address of a proxy before the given API.

    Args:
        sandbox: address of the API.
        denies: ends of paths that are answered with 403.
        hides: names of views that this user does not see.
    """
    parts = urlsplit(sandbox)
    root = f"{parts.scheme}://{parts.netloc}"

    class Passes(BaseHTTPRequestHandler):
        disable_nagle_algorithm = True

        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.path.partition("?")[0].endswith(tuple(denies)):
                self._say(403, b'{"errors": {"code": 403, "message": ["Access denied"]}}')
                return
            headers = {k: v for k, v in self.headers.items() if k.lower() != "host"}
            answer = httpx.request(
                self.command, f"{root}{self.path}", headers=headers, content=body,
                trust_env=False,
            )  # fmt: skip
            self._say(answer.status_code, _without(answer.content, hides))

        def _say(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = _pass  # noqa: N815  the library's

        def log_message(self, *_: object) -> None:
            """Nothing on the tests' screen."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Passes) as server:
        serving = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.01}
        )
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}{parts.path.rstrip('/')}"
        server.shutdown()
        serving.join()


def _without(content: bytes, hides: Collection[str]) -> bytes:
    if not hides or b'"filters"' not in content:
        return content
    answer: dict[str, Any] = json.loads(content)
    answer["filters"] = [view for view in answer["filters"] if view["name"] not in hides]
    return json.dumps(answer).encode()
