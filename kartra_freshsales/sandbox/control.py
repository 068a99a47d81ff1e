"""The control port: what a rehearsal wants to see and to bring about.

Real Freshsales has nothing like it. It listens on the loopback, on a port of its own and
without a key. So that no web page open in a browser can reach it, a request must name a
loopback host, and one that changes something must be sent as JSON. What people do is
``people``'s work.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from kartra_freshsales.sandbox import changes, convert, people, workflows
from kartra_freshsales.sandbox.config import Faults
from kartra_freshsales.sandbox.refusal import Refusal

if TYPE_CHECKING:
    from kartra_freshsales.sandbox.app import Desk

Json = dict[str, Any]
Deed = Callable[["Desk", Json, Mapping[str, str]], Any]

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


def _history(desk: Desk, _sent: Json, query: Mapping[str, str]) -> Any:
    """Counts of all requests; each of them too with ``?full=1``."""
    shown = desk.history.summary()
    if query.get("full") == "1":
        shown["history"] = list(desk.history.lines())
    return shown


def _requests(desk: Desk, _sent: Json, query: Mapping[str, str]) -> Any:
    """Every request as a line of JSON; ``?after=`` skips those up to a number."""
    return desk.history.lines(after=_number(query, "after"))


def _changes(desk: Desk, _sent: Json, query: Mapping[str, str]) -> Any:
    """Every change as a line of JSON; values only with ``?values=1``."""
    return changes.lines(
        desk.world.store.sql,
        after=_number(query, "after"),
        values=query.get("values") == "1",
    )


def _faults(desk: Desk, _sent: Json, _query: Mapping[str, str]) -> Any:
    """The faults as they stand."""
    return desk.faults.faults.plain()


def _change_faults(desk: Desk, sent: Json, query: Mapping[str, str]) -> Any:
    """Replace the faults, or lay some over them with ``?merge=1``; counts begin anew."""
    standing = desk.faults.faults.plain() if query.get("merge") == "1" else {}
    try:
        desk.faults.change(Faults.from_mapping({**standing, **sent}))
    except TypeError:
        raise ValueError("give faults as names and values") from None
    return desk.faults.faults.plain()


def _clock(desk: Desk, _sent: Json, _query: Mapping[str, str]) -> Any:
    """The present, in seconds since the epoch and as text, and how far it was moved."""
    now = desk.world.clock()
    return {
        "now": now,
        "at": datetime.fromtimestamp(now, UTC).isoformat(),
        "offset_seconds": desk.world.clock.offset,
    }


def _move_clock(desk: Desk, sent: Json, query: Mapping[str, str]) -> Any:
    """Go forward by ``advance_seconds``, or on to ``at``."""
    if "advance_seconds" in sent:
        desk.world.clock.advance(float(sent["advance_seconds"]))
    else:
        moment = datetime.fromisoformat(str(sent.get("at")))
        if moment.tzinfo is None:
            raise ValueError("give the moment with its offset")
        desk.world.clock.move_to(moment.timestamp())
    return _clock(desk, {}, query)


def _revoke_key(desk: Desk, _sent: Json, _query: Mapping[str, str]) -> Any:
    """Let the API key open nothing any more."""
    desk.key = None
    return {"open": False}


def _new_key(desk: Desk, sent: Json, _query: Mapping[str, str]) -> Any:
    """Let ``key`` be the API key from now on."""
    key = str(sent.get("key") or "").strip()
    if not key:
        raise ValueError("give the key")
    desk.key = key
    return {"open": True}


def _workflows(desk: Desk, _sent: Json, _query: Mapping[str, str]) -> Any:
    """The account's workflows and how often each fired."""
    return {"workflows": workflows.listing(desk.world.store.sql)}


def _set_workflows(active: bool) -> Deed:
    def deed(desk: Desk, sent: Json, query: Mapping[str, str]) -> Any:
        workflows.set_active(desk.world.store.sql, sent.get("name"), active=active)
        return _workflows(desk, {}, query)

    return deed


def _conversion(desk: Desk, _sent: Json, _query: Mapping[str, str]) -> Any:
    """Where custom fields of leads go when a lead is converted (Classic)."""
    return convert.conversion_of(desk.world)


def _set_conversion(desk: Desk, sent: Json, _query: Mapping[str, str]) -> Any:
    """Replace that mapping."""
    convert.set_conversion(desk.world, sent)
    return convert.conversion_of(desk.world)


def _person(deed: Callable[..., Json]) -> Deed:
    def done(desk: Desk, sent: Json, _query: Mapping[str, str]) -> Any:
        return people.act(desk.world, deed, sent, desk.history.last)

    return done


ROUTES: Final[tuple[tuple[str, str, Deed], ...]] = (
    ("GET", "/history", _history),
    ("GET", "/history.jsonl", _requests),
    ("GET", "/changes.jsonl", _changes),
    ("GET", "/faults", _faults),
    ("PUT", "/faults", _change_faults),
    ("GET", "/clock", _clock),
    ("POST", "/clock", _move_clock),
    ("POST", "/people/edit", _person(people.edit)),
    ("POST", "/people/delete", _person(people.delete)),
    ("POST", "/people/restore", _person(people.restore)),
    ("POST", "/users/deactivate", _person(people.deactivate_user)),
    ("POST", "/fields/remove", _person(people.remove_field)),
    ("POST", "/fields/rename_choice", _person(people.rename_choice)),
    ("POST", "/key/revoke", _revoke_key),
    ("PUT", "/key", _new_key),
    ("GET", "/workflows", _workflows),
    ("POST", "/workflows/pause", _set_workflows(active=False)),
    ("POST", "/workflows/resume", _set_workflows(active=True)),
    ("GET", "/conversion", _conversion),
    ("PUT", "/conversion", _set_conversion),
)


def create_control(desk: Desk) -> Starlette:
    """The application of the control port, on the same account as the API's."""
    return Starlette(
        routes=[
            Route(path, _endpoint(desk, deed), methods=[method])
            for method, path, deed in ROUTES
        ]
    )


class ByPort:
    """Both applications as one: a request goes where the port it came in by says."""

    def __init__(self, api: ASGIApp, control: ASGIApp, control_port: int) -> None:
        """Send to ``control`` what comes in by its port, all else to ``api``."""
        self._api = api
        self._control = control
        self._control_port = control_port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass it on."""
        by_control = (scope.get("server") or ("", 0))[1] == self._control_port
        controls = scope["type"] == "http" and by_control
        await (self._control if controls else self._api)(scope, receive, send)


def _endpoint(desk: Desk, deed: Deed) -> Callable[[Request], Awaitable[Response]]:
    @functools.wraps(deed)
    async def endpoint(request: Request) -> Response:
        if (request.url.hostname or "") not in LOOPBACK:
            return _said(403, "the control port is for this machine only")
        try:
            sent = _read(request, await request.body())
            found = deed(desk, sent, request.query_params)
        except Refusal as refusal:
            return _said(refusal.status, " ".join(refusal.messages))
        except LookupError as error:
            return _said(404, str(error.args[0]) if error.args else "not found")
        except (ValueError, TypeError) as error:
            return _said(400, str(error))
        if isinstance(found, Iterator):
            return StreamingResponse(_as_lines(found), media_type="application/jsonl")
        return Response(json.dumps(found), media_type="application/json")

    return endpoint


def _read(request: Request, raw: bytes) -> Json:
    if request.method == "GET":
        return {}
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise ValueError("send JSON, with its content type")
    sent = json.loads(raw or b"{}")
    if not isinstance(sent, dict):
        raise ValueError("give names and values")  # noqa: TRY004  judged by content
    return sent


async def _as_lines(found: Iterator[Json]) -> Any:
    for line in found:
        yield json.dumps(line, ensure_ascii=False) + "\n"


def _said(status: int, message: str) -> Response:
    body = json.dumps({"error": message})
    return Response(body, status, media_type="application/json")


def _number(query: Mapping[str, str], key: str) -> int:
    return int(query.get(key) or 0)
