"""The account as pages for people, at ``/`` of the port: read only, without scripts.

Real Freshsales has its web app there; this is no copy of it, only a way to look at what a
rehearsal wrote. A page is no API request: it uses up no limit, is not noted in the history
and changes nothing. The pages need no key, so they answer only requests that name this
machine: no web page open in a browser can read them under a name of its own.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kartra_freshsales.sandbox import pages_lists
from kartra_freshsales.sandbox.modules import MODULES, PEOPLE
from kartra_freshsales.sandbox.pages_front import custom_fields, front, lists
from kartra_freshsales.sandbox.pages_records import (
    BROWSE,
    TITLES,
    groups,
    href,
    links,
    name_of,
)
from kartra_freshsales.sandbox.pages_timeline import timeline
from kartra_freshsales.sandbox.pages_words import moment, readable
from kartra_freshsales.sandbox.world import World

if TYPE_CHECKING:
    from jinja2 import Environment

_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self';"
        " base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_LARGEST_ID: Final = 2**63

Shown = tuple[str, dict[str, Any]]
Page = Callable[[World, Request], Shown | None]


def routes(world: World) -> list[Route]:
    """The pages of an account; anything else below their address is a page of its own."""
    pages: list[tuple[str, Page]] = [
        ("/", _front),
        (f"{BROWSE}/lists", _lists),
        (f"{BROWSE}/fields", _fields),
        (f"{BROWSE}/{{module:str}}", _listing),
        (f"{BROWSE}/{{module:str}}/{{id:int}}", _record),
        (f"{BROWSE}/{{rest:path}}", lambda _world, _request: None),
    ]
    return [Route(path, _endpoint(world, page), methods=["GET"]) for path, page in pages]


def _endpoint(world: World, page: Page) -> Callable[[Request], Awaitable[Response]]:
    # A coroutine, so that it runs between API requests and not beside them.
    async def endpoint(request: Request) -> Response:
        if not _names_us(request.headers.get("host", ""), world):
            return _answer(world, request, "refused", {}, 403)
        shown = page(world, request)
        if shown is None:
            return _answer(world, request, "missing", {}, 404)
        return _answer(world, request, *shown, 200)

    return endpoint


def _names_us(header: str, world: World) -> bool:
    """Whether a ``Host`` header names the loopback or what the server is bound to."""
    text = header.strip().lower()
    host = text[1:].partition("]")[0] if text[:1] == "[" else text.partition(":")[0]
    if host in {"localhost", world.config.host.lower()}:
        return True
    try:
        address = ipaddress.ip_address(host)
        bound = ipaddress.ip_address(world.config.host)
    except ValueError:
        return False
    # Bound to all addresses, any of them is ours; a foreign page has a name, not a number.
    return address.is_loopback or bound.is_unspecified


def _answer(
    world: World, request: Request, template: str, values: dict[str, Any], status: int
) -> Response:
    navigation = [("/", "Overview")]
    navigation += [(f"{BROWSE}/{name}", TITLES[name]) for name in world.edition.modules]
    navigation += [(f"{BROWSE}/lists", "Lists"), (f"{BROWSE}/fields", "Custom fields")]
    html = (
        _environment()
        .get_template(f"{template}.html.jinja")
        .render(
            navigation=navigation,
            here=request.url.path,
            edition=world.edition.name.capitalize(),
            plan=world.config.plan.capitalize(),
            address=f"{str(request.base_url).rstrip('/')}{world.edition.address}",
            zone=world.config.zone,
            now=moment(world, world.now_us()),
            **values,
        )
    )
    # Half of a surrogate pair may stand in a record; it becomes a question mark.
    body = html.encode("utf-8", "replace")
    return Response(body, status, _HEADERS, media_type="text/html; charset=utf-8")


@cache
def _environment() -> Environment:
    # Only who looks at a page needs it: the server starts without.
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415

    return Environment(
        loader=PackageLoader("kartra_freshsales.sandbox", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _front(world: World, _request: Request) -> Shown:
    return "front", front(world)


def _lists(world: World, _request: Request) -> Shown:
    return "lists", {"lists": lists(world)}


def _fields(world: World, _request: Request) -> Shown:
    return "fields", {"modules": custom_fields(world)}


def _listing(world: World, request: Request) -> Shown | None:
    plural = request.path_params["module"]
    if plural not in world.edition.modules:
        return None
    module = MODULES[plural]
    asked = pages_lists.read_query(request.query_params)
    shown = pages_lists.listing(world, module, asked)
    kept = {
        "q": asked.words,
        "bin": "1" if asked.binned else "",
        **({asked.narrowed[0]: str(asked.narrowed[1])} if asked.narrowed else {}),
    }

    def to(**changed: str) -> str:
        query = {name: value for name, value in {**kept, **changed}.items() if value}
        return f"{BROWSE}/{plural}" + (f"?{urlencode(query)}" if query else "")

    return "listing", {
        "title": TITLES[plural],
        "word": module.word,
        "asked": asked,
        "shown": shown,
        "first": (shown.page - 1) * pages_lists.PER_PAGE + 1,
        "narrowed": pages_lists.narrowed_by(world, asked),
        "binned": world.store.count(plural, "deleted = 1", ()),
        "by_email": module in PEOPLE,
        "to": to,
        "action": f"{BROWSE}/{plural}",
    }


def _record(world: World, request: Request) -> Shown | None:
    plural, record_id = request.path_params["module"], request.path_params["id"]
    if plural not in world.edition.modules or record_id >= _LARGEST_ID:
        return None
    module = MODULES[plural]
    record = world.store.get(plural, record_id)
    if record is None:
        return None
    return "record", {
        "title": TITLES[plural],
        "word": module.word,
        "list_href": f"{BROWSE}/{plural}",
        "href": href(module, record_id),
        "name": name_of(module, record),
        "record": record,
        "created": moment(world, record.created_us),
        "updated": moment(world, record.updated_us),
        "groups": groups(world, module, record),
        "links": links(world, module, record),
        "tags": [readable(tag) for tag in record.body.get("tags") or []],
        "timeline": timeline(world, module, record),
    }
