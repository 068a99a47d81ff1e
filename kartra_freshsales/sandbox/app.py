"""The Starlette application of the API: routes, authorisation, limits, faults, history.

Handlers are plain functions from a call to an answer. They run one after another in the
event loop, each inside one transaction, so that no request sees half of another.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, Final

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from kartra_freshsales.sandbox import pages, people
from kartra_freshsales.sandbox.bulk import run_due_jobs
from kartra_freshsales.sandbox.calls import Answer, Call, Handler
from kartra_freshsales.sandbox.config import SandboxConfig
from kartra_freshsales.sandbox.control import create_control
from kartra_freshsales.sandbox.convert import read_conversion, set_conversion
from kartra_freshsales.sandbox.edition import SUITE
from kartra_freshsales.sandbox.entries import Template
from kartra_freshsales.sandbox.fault_settings import Fault
from kartra_freshsales.sandbox.faults import FaultPlan
from kartra_freshsales.sandbox.limits import READS, History, Limits
from kartra_freshsales.sandbox.messages import said
from kartra_freshsales.sandbox.mishaps import (
    answer_instead,
    come_back,
    send_off,
    text_or_json,
)
from kartra_freshsales.sandbox.refusal import Refusal, bad, forbidden, missing
from kartra_freshsales.sandbox.routes import routes_of
from kartra_freshsales.sandbox.world import World, make_world

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

API: Final = SUITE.address
"""Where Suite answers; an account's own address stands in its configuration."""
_LONGEST_CLIENT: Final = 100
_UNAUTHORISED: Final = {"login": "failed", "message": None}


class SandboxApp(Starlette):
    """Starlette that lets a handler cut its own connection, for the faults."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Note the server's transport in the scope where there is one."""
        cycle = getattr(send, "__self__", None)
        scope["sandbox.transport"] = getattr(cycle, "transport", None)
        await super().__call__(scope, receive, send)


@dataclass
class Told:
    """What a call is answered before a fault may spoil the answer."""

    status: int
    payload: Any
    headers: dict[str, str] = field(default_factory=dict)
    counted: bool = False
    fault: Fault | None = None
    events: list[Fault] = field(default_factory=list)

    @property
    def struck(self) -> str | None:
        """The names of everything that went wrong, joined by "+"."""
        faults = [*self.events, *([self.fault] if self.fault else [])]
        return "+".join(item.kind for item in faults) or None


@dataclass
class Desk:
    """Where every request passes: who may enter, what goes wrong, what is noted.

    ``key`` is the API key that opens the account now; ``None`` once it was revoked.
    """

    world: World
    limits: Limits
    history: History
    faults: FaultPlan
    key: str | None

    async def serve(
        self, request: Request, template: Template, handler: Handler
    ) -> Response:
        """Answer one request and note it."""
        started = time.perf_counter()
        raw = await request.body()
        if self.world.config.latency_seconds:
            await asyncio.sleep(self.world.config.latency_seconds)
        now, number = self.world.clock(), self.history.next_number()
        told = self._decide(request, template, handler, raw, now)
        body = json.dumps(told.payload, separators=(",", ":"))
        self.history.add(
            number=number,
            at=now,
            method=request.method,
            route=template,
            path=request.url.path,
            status=told.status,
            seconds=time.perf_counter() - started,
            counted=told.counted,
            fault=told.struck,
            client=request.headers.get("user-agent", "")[:_LONGEST_CLIENT],
        )
        told.headers["Date"] = formatdate(now, usegmt=True)
        response = text_or_json(told.payload, told.status, told.headers, body)
        return await send_off(request, told.fault, response)

    def _decide(
        self, request: Request, template: Template, handler: Handler, raw: bytes, now: float
    ) -> Told:
        if self.key is None or not _authorised(request, self.key):
            return Told(401, _UNAUTHORISED)
        run_due_jobs(self.world)
        form = self.faults.faults.retry_after_form
        wait = self.limits.admit(now)
        if wait:
            words = said(self.world.config.switches.language, "Too many requests")
            return Told(429, words, come_back(wait, form, now))
        route = f"{request.method} {template}"
        reading = request.method in READS
        events = [item for item in self.faults.events(route) if self._happens(item)]
        if self.key is None:
            return Told(401, _UNAUTHORISED, {}, False, None, events)
        fault = self.faults.before(reading=reading)
        if fault is not None:
            status, headers, payload = answer_instead(fault, form, now)
            return Told(status, payload, headers, True, fault, events)
        self.world.store.acting("api", now, self.history.last)
        status, payload = self._answer(request, handler, raw)
        if status < 300:
            fault = self.faults.after(reading=reading)
            if fault is not None and fault.kind == "error_after_write":
                status, payload = 500, {"error_code": 500}
        return Told(status, payload, {}, True, fault, events)

    def _happens(self, event: Fault) -> bool:
        """Let people do what the event says; false where there is nothing to do it to."""
        if event.kind == "key_revoked":
            self.key = None
            return True
        try:
            people.happen(self.world, event, self.history.last - 1)
        except Refusal:
            return False
        return True

    def _admit(self, request: Request) -> None:
        if not self.world.config.allows.api:
            raise forbidden()
        if request.url.path.endswith(".xml"):
            raise Refusal(406, "Only JSON is spoken here.")

    def _answer(self, request: Request, handler: Handler, raw: bytes) -> tuple[int, Any]:
        language = self.world.config.switches.language
        try:
            self._admit(request)
            with self.world.store.transaction():
                call = Call(
                    world=self.world,
                    params=request.path_params,
                    query=dict(request.query_params.multi_items()),
                    body=_body(request, raw),
                    raw=raw,
                    content_type=request.headers.get("content-type", ""),
                    base=f"{str(request.base_url).rstrip('/')}{self.world.edition.address}",
                    faults=self.faults,
                    number_of_request=self.history.last,
                )
                answer: Answer = handler(call)
        except Refusal as refusal:
            return refusal.status, refusal.payload_in(language)
        except OverflowError:  # an id beyond 64 bits is nobody's
            return 404, missing("record").payload_in(language)
        except UnicodeEncodeError:  # half of a surrogate pair is no text
            return 400, bad("Invalid or missing attributes").payload_in(language)
        return answer.status, answer.payload


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


def _endpoint(
    desk: Desk, template: Template, handler: Handler, params: dict[str, Any]
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        request.scope["path_params"] = {**request.path_params, **params}
        try:
            return await desk.serve(request, template, handler)
        except ClientDisconnect:  # its sender was killed: nothing came, nobody waits
            return Response(status_code=400)

    return endpoint


def _no_such_page(_call: Call) -> Answer:
    raise missing("page")


def create_app(config: SandboxConfig, clock: Callable[[], float] = time.time) -> Starlette:
    """Build a sandbox; its state opens now and closes when the server shuts down.

    ``state.control`` of the application is the one for the control port (``control``).
    ``clock`` gives seconds since the epoch; a test may move it to let an hour pass.
    """
    world = make_world(config, clock)
    if config.conversion_file is not None:
        set_conversion(world, read_conversion(config.conversion_file))
    desk = Desk(
        world=world,
        limits=Limits(config, world.store),
        history=History(world.store),
        faults=FaultPlan(config.faults),
        key=config.api_key,
    )
    if world.clock() < desk.history.latest:  # a clock that was moved ahead stays ahead
        world.clock.move_to(desk.history.latest)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        world.store.close()

    routes = [
        Route(
            f"{world.edition.address}{item.path}",
            _endpoint(desk, item.template, item.handler, dict(item.params)),
            methods=[item.method],
        )
        for item in routes_of(world.edition)
    ]
    everything = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    unknown = _endpoint(desk, "unknown", _no_such_page, {})
    app = SandboxApp(
        routes=[
            *routes,
            *pages.routes(world),
            Route("/{rest:path}", unknown, methods=everything),
        ],
        lifespan=lifespan,
    )
    app.state.world = world
    app.state.control = create_control(desk)
    return app
