"""One request and its answer: leave from the budget, sending, waiting, retrying.

Reads are retried where that can help. A write is sent again only when it surely was not
carried out: it was limited, or no connection was made. Everything else that is unclear
becomes ``UnknownOutcome``. Not here: routes (``client``), meanings (``faults``).
"""

import json
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import urlsplit

import httpx
from pydantic import SecretStr

from kartra_freshsales.errors import (
    DestinationError,
    NetworkFault,
    RateLimited,
    ServerFault,
    SettingsError,
    UnknownOutcome,
)
from kartra_freshsales.freshsales.budget import KINDS, Budget, Kind
from kartra_freshsales.freshsales.faults import READ_FIRST, Asked, fault_of

log = logging.getLogger(__name__)
_LINE = "%s %s: %s after %.1f ms"
"""A route with its ids left out: a log line names no record."""
T = TypeVar("T")

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_NETWORK_REMEDY = (
    "Check the network and FRESHSALES_BASE_URL, then start again: the run goes on where it "
    "stopped."
)
# Nothing of the request has left this machine when one of these is raised.
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to keep trying. Seconds.

    ``attempts`` counts tries after faults, waiting from ``first_wait`` up to
    ``longest_wait``. ``limited_attempts`` counts refusals in a row for the request limit:
    without a ``Retry-After`` these wait ``limited_wait`` and double up to
    ``limited_longest``; a limit hidden in a 400 is an upstream throttle and starts at
    ``hidden_wait`` (reference, sections 5 and 12.5).
    """

    attempts: int = 6
    first_wait: float = 0.5
    longest_wait: float = 30.0
    jitter: float = 1.0
    limited_attempts: int = 12
    limited_wait: float = 60.0
    limited_longest: float = 3600.0
    hidden_wait: float = 2.0

    def after_limit(self, error: RateLimited, refusals: int) -> float:
        """How long everybody has to wait after so many refusals in a row."""
        if error.retry_after is not None:
            # One that says 0 again and again means nothing; do not hammer.
            return max(error.retry_after, self.first_wait * (refusals - 1))
        hidden = error.status != HTTPStatus.TOO_MANY_REQUESTS
        start = self.hidden_wait if hidden else self.limited_wait
        return min(start * 2.0 ** (refusals - 1), self.limited_longest)


class NoConnection(NetworkFault):
    """No connection was made, so even a write cannot have been carried out."""


class Exchange:
    """An open line to the destination. Knows the key; never shows it."""

    def __init__(
        self,
        base_url: str,
        api_key: SecretStr,
        *,
        budget: Budget,
        timeout: float,
        transport: httpx.BaseTransport | None,
        patience: Patience,
    ) -> None:
        host = _checked_host(base_url)
        self._budget = budget
        self._patience = patience
        self._answered = False
        self._counts: Counter[str] = Counter()
        self._counting = threading.Lock()
        self._http = httpx.Client(
            base_url=base_url.rstrip("/"),
            headers={
                "Authorization": f"Token token={_checked_key(api_key)}",
                "Accept": "application/json",
                "Content-Type": "application/json",
                "User-Agent": "kartra-freshsales",
            },
            timeout=httpx.Timeout(timeout, connect=min(timeout, 10.0)),
            # An idle connection may be cut by the server just as a write goes out on it.
            limits=httpx.Limits(
                max_connections=8, max_keepalive_connections=4, keepalive_expiry=3.0
            ),
            follow_redirects=False,
            transport=transport,
            trust_env=host not in _LOOPBACK,
        )

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    @property
    def counts(self) -> dict[str, int]:
        """Requests sent by kind, resent ones included."""
        return {kind: self._counts[kind] for kind in KINDS}

    def ask(
        self,
        kind: Kind,
        method: str,
        route: str,
        *,
        ids: Mapping[str, int | str] | None = None,
        query: Mapping[str, str | int] | None = None,
        body: object = None,
        read: Callable[[object], T],
    ) -> T:
        """Send a request and read its answer with ``read``.

        Args:
            kind: what the budget counts it as; only ``write`` is never blindly resent.
            method: HTTP method.
            route: template such as ``/{endpoint}/{record_id}``. Logs and messages show it
                with words filled in and numbers left open.
            ids: values of the template.
            query: query parameters.
            body: JSON body, if any.
            read: makes the result of the answer's JSON; ``ValueError`` means the answer is
                not what it should be.

        Raises:
            Unauthorised, Forbidden, NotFound, Refused: it was not carried out.
            RateLimited: still limited after all the patience there is.
            ServerFault, NetworkFault: a read failed throughout; or no connection was made.
            UnknownOutcome: a write may have been carried out.
        """
        import stamina  # noqa: PLC0415 - only sending needs it; definitions load without

        values = ids or {}
        asked = Asked(method, _shown(route, values), writes=kind == "write")
        content = None if body is None else json.dumps(body, allow_nan=False).encode()
        request = self._http.build_request(
            method, route.format(**values), params=query, content=content
        )
        again = (NoConnection,) if asked.writes else (NetworkFault, ServerFault)
        for attempt in stamina.retry_context(
            on=again,
            attempts=self._patience.attempts,
            timeout=None,
            wait_initial=self._patience.first_wait,
            wait_max=self._patience.longest_wait,
            wait_jitter=self._patience.jitter,
        ):
            with attempt:
                return self._within_limits(kind, asked, request, read)
        raise AssertionError("stamina raises after the last attempt")

    def _within_limits(
        self, kind: Kind, asked: Asked, request: httpx.Request, read: Callable[[object], T]
    ) -> T:
        refusals = 0
        while True:
            self._budget.acquire(kind)
            try:
                return self._once(kind, asked, request, read)
            except RateLimited as error:
                refusals += 1
                if refusals >= self._patience.limited_attempts:
                    raise
                wait = self._patience.after_limit(error, refusals)
                log.info("%s: limited, waiting %.0f s", asked.route, wait)
                self._budget.pause_until(wait)

    def _once(
        self, kind: Kind, asked: Asked, request: httpx.Request, read: Callable[[object], T]
    ) -> T:
        with self._counting:
            self._counts[kind] += 1
        started = time.perf_counter()
        try:
            response = self._http.send(request)
        except httpx.HTTPError as error:
            fault = type(error).__name__
            log.debug(_LINE, asked.method, asked.route, fault, _since(started))
            raise _unanswered(error, asked) from None
        log.debug(_LINE, asked.method, asked.route, response.status_code, _since(started))
        if not response.is_success:
            raise fault_of(response, asked, first=not self._answered)
        self._answered = True
        return _read(response, asked, read)


def _read(response: httpx.Response, asked: Asked, read: Callable[[object], T]) -> T:
    try:
        body = json.loads(response.content) if response.content else None
        return read(body)
    except (ValueError, KeyError, TypeError):
        what = f"{asked}: the answer ({response.status_code}) cannot be read."
    if asked.writes:
        raise UnknownOutcome(what, status=response.status_code, remedy=READ_FIRST)
    raise ServerFault(what, status=response.status_code, remedy=_NETWORK_REMEDY)


def _unanswered(error: httpx.HTTPError, asked: Asked) -> DestinationError:
    what = f"{asked}: no answer ({type(error).__name__})."
    if isinstance(error, _NOT_SENT):
        return NoConnection(what, remedy=_NETWORK_REMEDY)
    if asked.writes:
        return UnknownOutcome(what, remedy=READ_FIRST)
    return NetworkFault(what, remedy=_NETWORK_REMEDY)


def _shown(route: str, values: Mapping[str, int | str]) -> str:
    return route.format(**{k: ":id" if str(v).isdigit() else v for k, v in values.items()})


def _checked_key(api_key: SecretStr) -> str:
    """The key, if it can stand in a header; a library that refuses one would quote it."""
    key = api_key.get_secret_value().strip()
    if not key or not (key.isascii() and key.isprintable()):
        raise SettingsError(
            "FRESHSALES_API_KEY is empty or holds characters no key has.",
            remedy="Copy it again from the API tab of your profile settings.",
        )
    return key


def _checked_host(base_url: str) -> str:
    """The host of an address we may send a key to."""
    try:
        parts = urlsplit(base_url)
        host = parts.hostname or ""
    except ValueError:
        parts, host = urlsplit(""), ""
    if not host or parts.scheme not in {"http", "https"}:
        raise SettingsError(
            "FRESHSALES_BASE_URL is no web address.",
            remedy="It looks like https://yourcompany.myfreshworks.com/crm/sales/api.",
        )
    if parts.scheme == "http" and host not in _LOOPBACK:
        raise SettingsError(
            "FRESHSALES_BASE_URL is not encrypted, and the key would be readable.",
            remedy="Begin it with https://.",
        )
    return host


def _since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 1)
