"""One request and its answer: leave from the budget, sending, waiting, retrying.

Reads are retried where that can help. A write is sent again only when it surely was not
carried out: it was limited, or no connection was made. Everything else that is unclear
becomes ``UnknownOutcome``. Not here: routes (``client``), meanings (``faults``).
"""

import json
import logging
import re
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import BinaryIO, Generic, TypeVar

import httpx
from pydantic import SecretStr

from kartra_freshsales.errors import (
    DestinationError,
    NetworkFault,
    RateLimited,
    ServerFault,
    UnknownOutcome,
)
from kartra_freshsales.freshsales.address import LOOPBACK, checked_host, checked_key
from kartra_freshsales.freshsales.budget import KINDS, Budget, Kind
from kartra_freshsales.freshsales.faults import (
    READ_FIRST,
    Asked,
    Oversized,
    TooLarge,
    fault_of,
    is_page,
    not_the_api,
    retry_after,
)
from kartra_freshsales.freshsales.patience import Patience
from kartra_freshsales.freshsales.request_log import DONE, RequestLog, Trip

__all__ = [
    "LARGEST_ANSWER", "LARGEST_REQUEST", "Exchange", "Form", "NoConnection", "Patience",
]  # fmt: skip

log = logging.getLogger(__name__)
_LINE = "%s %s: %s after %.1f ms"
"""A route with its ids left out: a log line names no record."""
LARGEST_REQUEST = 1_000_000
"""Bytes of JSON; no limit is published (reference, section 12.28)."""

LARGEST_ANSWER = 64 * 1024 * 1024
"""Bytes, unpacked; a page of a hundred records has a few hundred thousand."""

T = TypeVar("T")

_NETWORK_REMEDY = (
    "Check the network and FRESHSALES_BASE_URL, then start again: the run goes on where it "
    "stopped."
)
# Nothing of the request has left this machine when one of these is raised.
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(frozen=True, slots=True)
class Form:
    """A file to upload, with the fields that go along; ``size`` in bytes.

    The file stays open until the answer is there and is read in pieces, again from its
    start where it has to be sent again.
    """

    fields: Mapping[str, str]
    file: BinaryIO
    size: int


class NoConnection(NetworkFault):
    """No connection was made, so even a write cannot have been carried out."""


@dataclass(frozen=True, slots=True)
class _Errand(Generic[T]):
    """A request with all that is needed to send it, again if need be, and to read it."""

    kind: Kind
    asked: Asked
    request: httpx.Request
    read: Callable[[object], T]
    trip: Trip


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
        log: RequestLog | None = None,
    ) -> None:
        host = checked_host(base_url)
        self._budget = budget
        self._patience = patience
        self._log = log
        self._answered = False
        self._counts: Counter[str] = Counter()
        self._counting = threading.Lock()
        self._http = httpx.Client(
            base_url=base_url.rstrip("/"),
            headers={
                "Authorization": f"Token token={checked_key(api_key)}",
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
            trust_env=host not in LOOPBACK,
        )

    def close(self) -> None:
        """Hang up, and write what is noted of the requests."""
        self._http.close()
        if self._log is not None:
            self._log.close()

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
        form: Form | None = None,
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
            form: what is uploaded instead of a body.
            read: makes the result of the answer's JSON; ``ValueError`` means the answer is
                not what it should be.

        Raises:
            Unauthorised, Forbidden, NotFound, Refused: it was not carried out. ``TooLarge``
                is a refusal of ours, before anything is sent.
            RateLimited: still limited after all the patience there is.
            ServerFault, NetworkFault: a read failed throughout; or no connection was made.
            UnknownOutcome: a write may have been carried out.
        """
        import stamina  # noqa: PLC0415 - only sending needs it; definitions load without

        values = ids or {}
        asked = Asked(method, _shown(route, values), writes=kind == "write")
        content = _content(asked, body)
        place = route.format(**values)
        if form is None:
            request = self._http.build_request(method, place, params=query, content=content)
        else:
            request = self._upload(place, form)
        sought = (*values.values(), *(query or {}).values())
        size = len(content or b"") if form is None else form.size
        trip = Trip(
            kind, method, asked.route, dict(form.fields) if form else body, sought, size
        )
        errand = _Errand(kind, asked, request, read, trip)
        for attempt in stamina.retry_context(
            on=_helps_writes if asked.writes else _helps_reads,
            attempts=self._patience.attempts,
            timeout=None,
            wait_initial=self._patience.first_wait,
            wait_max=self._patience.longest_wait,
            wait_jitter=self._patience.jitter,
        ):
            with attempt:
                return self._within_limits(errand)
        raise AssertionError("stamina raises after the last attempt")

    def _upload(self, place: str, form: Form) -> httpx.Request:
        """A multipart form; its own content type takes the place of JSON's."""
        kind = f"multipart/form-data; boundary={secrets.token_hex(16)}"
        return self._http.build_request(
            "POST",
            place,
            headers={"Content-Type": kind},
            data=dict(form.fields),
            files={"file": (form.fields["file_name"], form.file)},
        )

    def _within_limits(self, errand: _Errand[T]) -> T:
        refusals = 0
        while True:
            self._budget.acquire(errand.kind)
            with self._counting:
                self._counts[errand.kind] += 1
            try:
                return self._noted(errand)
            except RateLimited as error:
                refusals += 1
                if refusals >= self._patience.limited_attempts:
                    raise
                wait = self._patience.after_limit(error, refusals)
                log.info("%s: limited, waiting %.0f s", errand.asked.route, wait)
                self._budget.pause_until(wait)

    def _noted(self, errand: _Errand[T]) -> T:
        if self._log is None:
            return self._once(errand)
        try:
            result = self._once(errand)
        except DestinationError as error:
            self._log.note(errand.trip, _word(error), error.messages)
            raise
        self._log.note(errand.trip, DONE)
        return result

    def _once(self, errand: _Errand[T]) -> T:
        asked, trip = errand.asked, errand.trip
        trip.begin()
        started = time.perf_counter()
        try:
            response = self._answer(errand)
        except httpx.HTTPError as error:
            fault = type(error).__name__
            log.debug(_LINE, asked.method, asked.route, fault, _since(started))
            if trip.status is None and not isinstance(error, _NOT_SENT):
                self._budget.not_answered()
            raise _unanswered(error, asked) from None
        finally:
            trip.milliseconds = _since(started)
        log.debug(_LINE, asked.method, asked.route, response.status_code, trip.milliseconds)
        if not response.is_success:
            self._heed(response)
            raise fault_of(response, asked, first=not self._answered)
        if is_page(response) and not self._answered and not asked.writes:
            raise not_the_api(response, asked)
        self._answered = True
        return _read(response, asked, errand.read)

    def _answer(self, errand: _Errand[T]) -> httpx.Response:
        """The answer, read as far as it may go."""
        response, trip = self._http.send(errand.request, stream=True), errand.trip
        parts: list[bytes] = []
        try:
            trip.status = response.status_code
            for part in response.iter_bytes():
                parts.append(part)
                trip.got += len(part)
                if trip.got > LARGEST_ANSWER:
                    raise _oversized(errand.asked, response.status_code)
        finally:
            response.close()
        headers = [
            (name, value)
            for name, value in response.headers.items()
            if name not in {"content-encoding", "content-length", "transfer-encoding"}
        ]
        return httpx.Response(
            response.status_code,
            headers=headers,
            content=b"".join(parts),
            request=errand.request,
        )

    def _heed(self, response: httpx.Response) -> None:
        """Where a server under maintenance says until when, nobody asks before that."""
        if response.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
            wait = retry_after(response)
            if wait:
                self._budget.pause_until(min(wait, self._patience.longest_told))


def _helps_reads(error: Exception) -> bool:
    """Whether asking again may bring an answer."""
    return isinstance(error, NetworkFault | ServerFault) and not isinstance(
        error, Oversized
    )


def _helps_writes(error: Exception) -> bool:
    """Whether a write surely was not carried out and may be tried again."""
    return isinstance(error, NoConnection)


def _content(asked: Asked, body: object) -> bytes | None:
    """The bytes of a body.

    Raises:
        TooLarge: nobody knows whether the destination would take so many.
    """
    if body is None:
        return None
    content = json.dumps(body, allow_nan=False).encode()
    if len(content) > LARGEST_REQUEST:
        raise TooLarge(
            f"{asked}: the body has {len(content):,} bytes, more than {LARGEST_REQUEST:,}.",
            messages=("too long",),
            remedy="Shorten what is sent: nothing has left.",
        )
    return content


def _oversized(asked: Asked, status: int) -> DestinationError:
    what = f"{asked}: the answer has more than {LARGEST_ANSWER:,} bytes."
    if asked.writes:
        return UnknownOutcome(what, status=status, remedy=READ_FIRST)
    return Oversized(what, status=status, remedy="Something else than the API answers.")


def _word(error: DestinationError) -> str:
    """The class of an error as a word of the log: ``RateLimited`` → ``rate_limited``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(error).__name__).casefold()


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


def _since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 1)
