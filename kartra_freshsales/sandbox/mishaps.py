"""Carrying faults out: answers that lie, come late, come cut, or do not come.

Deciding which call is struck is ``faults``'s work.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from email.utils import formatdate
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from kartra_freshsales.sandbox.fault_settings import Fault
from kartra_freshsales.sandbox.refusal import bad

DROPS: Final = frozenset({"drop_on_read", "drop_before_write", "drop_after_write"})
LATE: Final = frozenset({"hang_after_write", "slow_answer"})
_MISSING: Final = 64
"""Bytes that a truncated body announces and never sends."""
_PATIENCE: Final = 2000
"""Milliseconds to let what was written leave before the line is cut."""

_ANSWERS: Final[Mapping[str, tuple[int, Any]]] = {
    "burst_429": (429, "Too many requests"),
    "hidden_429": (400, bad("Upstream error, response_code :: 429").payload),
    "error_before_write": (500, {"error_code": 500}),
    "error_on_read": (500, {"error_code": 500}),
    "drop_on_read": (500, {"error_code": 500}),
    "drop_before_write": (500, {"error_code": 500}),
    "bad_gateway": (502, "Bad Gateway"),
    "unavailable": (503, "Service Unavailable"),
}
"""Status and body; a text goes out as plain text. What is dropped is never sent."""


def answer_instead(fault: Fault, form: str, now: float) -> tuple[int, dict[str, str], Any]:
    """Status, headers and body of a call that was not carried out."""
    status, body = _ANSWERS[fault.kind]
    headers = {}
    if fault.kind in {"burst_429", "unavailable"} and fault.retry_after is not None:
        headers = come_back(fault.retry_after, fault.retry_after_form or form, now)
    return status, headers, body


def come_back(seconds: float, form: str, now: float) -> dict[str, str]:
    """The ``Retry-After`` header in the form that is asked for."""
    if form == "none":
        return {}
    if form == "date":
        return {"Retry-After": formatdate(math.ceil(now + seconds), usegmt=True)}
    return {"Retry-After": f"{seconds:g}"}


async def send_off(request: Request, fault: Fault | None, response: Response) -> Response:
    """The response as the fault leaves it, after the wait it asks for."""
    if fault is None:
        return response
    if fault.kind in DROPS:
        await _cut(request)
    elif fault.kind in LATE:
        await asyncio.sleep(fault.seconds)
    elif fault.kind == "truncated_body":
        return Truncated(response)
    elif fault.kind == "cut_json":
        half = bytes(response.body)[: len(response.body) // 2]
        return Response(half, response.status_code, media_type="application/json")
    return response


def text_or_json(payload: Any, status: int, headers: dict[str, str], body: str) -> Response:
    """A response: plain text for what a gateway or a limit says, else JSON."""
    if isinstance(payload, str) and status in {429, 502, 503}:
        return PlainTextResponse(payload, status, headers)
    return Response(body, status, headers, media_type="application/json")


class Truncated(Response):
    """An answer that breaks off: fewer bytes come than its length announces."""

    def __init__(self, whole: Response) -> None:
        """Announce more than ``whole`` holds."""
        length = {"Content-Length": str(len(whole.body) + _MISSING)}
        super().__init__(whole.body, whole.status_code, length, "application/json")

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Send what there is, then hang up."""
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            }
        )
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        transport = scope.get("sandbox.transport")
        if transport is not None:
            for _ in range(_PATIENCE):
                if not transport.get_write_buffer_size():
                    break
                await asyncio.sleep(0.001)
            transport.close()
            await _until_known()


async def _cut(request: Request) -> None:
    """Close the connection without an answer and wait until the server knows."""
    transport = request.scope.get("sandbox.transport")
    if transport is not None:
        transport.abort()
        await _until_known()


async def _until_known() -> None:
    for _ in range(3):
        await asyncio.sleep(0)
