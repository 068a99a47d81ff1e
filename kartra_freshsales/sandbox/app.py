"""The Starlette application: routes, authorisation, limits, faults and the history.

Handlers are plain functions from a call to an answer. They run one after another in the
event loop, each inside one transaction, so that no request sees half of another.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from kartra_freshsales.sandbox.bulk import run_due_jobs
from kartra_freshsales.sandbox.calls import Answer, Call, Handler
from kartra_freshsales.sandbox.config import SandboxConfig
from kartra_freshsales.sandbox.entries import Template
from kartra_freshsales.sandbox.faults import FaultPlan
from kartra_freshsales.sandbox.limits import READS, History, Limits
from kartra_freshsales.sandbox.refusal import Refusal, bad, missing
from kartra_freshsales.sandbox.routes import ROUTES
from kartra_freshsales.sandbox.world import World, make_world

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

API: Final = "/crm/sales/api"
_UNAUTHORISED: Final = {"login": "failed", "message": None}


class SandboxApp(Starlette):
    """Starlette that lets a handler cut its own connection, for the faults."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Note the server's transport in the scope where there is one."""
        cycle = getattr(send, "__self__", None)
        scope["sandbox.transport"] = getattr(cycle, "transport", None)
        await super().__call__(scope, receive, send)


@dataclass
class Desk:
    """Where every request passes: who may enter, what goes wrong, what is noted."""

    world: World
    limits: Limits
    history: History
    faults: FaultPlan

    async def serve(
        self, request: Request, template: Template, handler: Handler
    ) -> Response:
        """Answer one request and note it."""
        started = time.perf_counter()
        now = self.world.clock()
        raw = await request.body()
        if self.world.config.latency_seconds:
            await asyncio.sleep(self.world.config.latency_seconds)
        status, headers, payload, counted, fault = self._decide(
            request, template, handler, raw, now
        )
        plain = isinstance(payload, str) and status == 429
        body = payload if plain else json.dumps(payload, separators=(",", ":"))
        self.history.add(
            at=now,
            method=request.method,
            route=template,
            path=request.url.path,
            status=status,
            seconds=time.perf_counter() - started,
            counted=counted,
            fault=fault,
        )
        if fault in {"drop_after_write", "drop_on_read"}:
            await _cut(request)
        if fault == "hang_after_write":
            await asyncio.sleep(self.faults.faults.hang_seconds)
        if plain:
            return PlainTextResponse(body, status, headers)
        return Response(body, status, headers, media_type="application/json")

    def _decide(
        self, request: Request, template: Template, handler: Handler, raw: bytes, now: float
    ) -> tuple[int, dict[str, str], Any, bool, str | None]:
        if not _authorised(request, self.world.config.api_key):
            return 401, {}, _UNAUTHORISED, False, None
        run_due_jobs(self.world)
        wait = self.limits.admit(now)
        if wait:
            return 429, {"Retry-After": str(wait)}, "Too many requests", False, None
        route = f"{request.method} {template}"
        reading = request.method in READS
        fault = self.faults.before(route, reading=reading)
        if fault is not None:
            return *_before_fault(fault, self.faults.faults.burst_retry_after), True, fault
        status, payload = self._answer(request, handler, raw)
        if not reading and status < 300:
            fault = self.faults.after(route)
            if fault == "error_after_write":
                status, payload = 500, {"error_code": 500}
        return status, {}, payload, True, fault

    def _answer(self, request: Request, handler: Handler, raw: bytes) -> tuple[int, Any]:
        try:
            with self.world.store.transaction():
                call = Call(
                    world=self.world,
                    params=request.path_params,
                    query=dict(request.query_params.multi_items()),
                    body=_body(request, raw),
                    raw=raw,
                    content_type=request.headers.get("content-type", ""),
                    base=f"{str(request.base_url).rstrip('/')}{API}",
                    faults=self.faults,
                )
                answer: Answer = handler(call)
        except Refusal as refusal:
            return refusal.status, refusal.payload
        except OverflowError:  # an id beyond 64 bits is nobody's
            return 404, missing("record").payload
        except UnicodeEncodeError:  # half of a surrogate pair is no text
            return 400, bad("Invalid or missing attributes").payload
        return answer.status, answer.payload


def _before_fault(fault: str, retry_after: float | None) -> tuple[int, dict[str, str], Any]:
    if fault == "burst_429":
        headers = {} if retry_after is None else {"Retry-After": f"{retry_after:g}"}
        return 429, headers, "Too many requests"
    if fault == "hidden_429":
        return 400, {}, bad("Upstream error, response_code :: 429").payload
    return 500, {}, {"error_code": 500}


def _authorised(request: Request, key: str) -> bool:
    scheme, _, rest = request.headers.get("authorization", "").strip().partition(" ")
    name, _, value = rest.strip().partition("=")
    return (
        scheme.lower() == "token"
        and name.strip() == "token"
        and value.strip().strip('"') == key
    )


def _body(request: Request, raw: bytes) -> Any:
    if not raw.strip():
        return None
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data" and request.path_params.get("upload"):
        return None  # its handler takes the parts apart
    if kind == "text/plain" and request.method in {"POST", "PUT"}:
        if request.path_params.get("module") in {"sales_accounts", "deals"}:
            raise Refusal(500, payload={"error_code": 500})
        raise bad("Invalid or missing attributes")
    try:
        return json.loads(raw)
    except ValueError:
        raise bad("Invalid or missing attributes") from None


async def _cut(request: Request) -> None:
    """Close the connection without an answer and wait until the server knows."""
    transport = request.scope.get("sandbox.transport")
    if transport is not None:
        transport.abort()
        for _ in range(3):
            await asyncio.sleep(0)


def _endpoint(
    desk: Desk, template: Template, handler: Handler, params: dict[str, Any]
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        request.scope["path_params"] = {**request.path_params, **params}
        return await desk.serve(request, template, handler)

    return endpoint


def _no_such_page(_call: Call) -> Answer:
    raise missing("page")


def _history_endpoint(desk: Desk) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        shown: Any = desk.history.summary()
        if request.query_params.get("full") == "1":
            shown = {**shown, "history": desk.history.full()}
        return Response(json.dumps(shown), media_type="application/json")

    return endpoint


def create_app(config: SandboxConfig, clock: Callable[[], float] = time.time) -> Starlette:
    """Build a sandbox; its state opens now and closes when the server shuts down.

    ``clock`` gives seconds since the epoch; a test may move it to let an hour pass.
    """
    world = make_world(config, clock)
    desk = Desk(
        world=world,
        limits=Limits(config, world.store),
        history=History(world.store),
        faults=FaultPlan(config.faults),
    )

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        world.store.close()

    routes = [
        Route(
            f"{API}{item.path}",
            _endpoint(desk, item.template, item.handler, dict(item.params)),
            methods=[item.method],
        )
        for item in ROUTES
    ]
    everything = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    unknown = _endpoint(desk, "unknown", _no_such_page, {})
    app = SandboxApp(
        routes=[
            Route("/__sandbox__/history", _history_endpoint(desk), methods=["GET"]),
            *routes,
            Route(f"{API}/{{rest:path}}", unknown, methods=everything),
            Route("/{rest:path}", unknown, methods=everything),
        ],
        lifespan=lifespan,
    )
    app.state.world = world
    return app
