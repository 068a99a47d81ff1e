"""Which of our errors an answer is, and how long a limited caller should wait.

Status codes decide: messages come in the user's language. The destination's words go into
``messages`` of the error, never into its text. Not here: retrying (``exchange``).
"""

import json
import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx

from kartra_freshsales.errors import (
    DestinationError,
    Forbidden,
    NotFound,
    RateLimited,
    Refused,
    ServerFault,
    Unauthorised,
    UnknownOutcome,
)
from kartra_freshsales.freshsales.answers import messages_of

# A 400 may quote what was sent, and a course may be called "Formula 429".
_HIDDEN_LIMIT = re.compile(
    r"\b(response_?code|status( code)?|http|error( code)?)\W{0,5}429\b|too many requests",
    re.IGNORECASE,
)
_UNPROCESSABLE = 422
HOST_REMEDY = (
    "Check FRESHSALES_BASE_URL: the API tab of your profile settings names it, and it ends "
    "in /crm/sales/api (Classic: in .freshsales.io/api)."
)
READ_FIRST = (
    "Whether it was carried out is read from the account before anything is resent."
)


class TooLarge(Refused):
    """A body beyond what the destination surely takes; nothing was sent."""


class Oversized(ServerFault):
    """An answer larger than any that makes sense; asking again would bring it again."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as far as it may be named: method and route, without ids or values."""

    method: str
    route: str
    writes: bool

    def __str__(self) -> str:
        """As it stands in messages."""
        return f"{self.method} {self.route}"


def body_of(response: httpx.Response) -> object:
    """The JSON of an answer, or its text where it is none; nothing of a web page."""
    if is_page(response) or response.content[:200].lstrip()[:1] == b"<":
        return None
    try:
        return json.loads(response.content)
    except ValueError:
        return response.text


def is_page(response: httpx.Response) -> bool:
    """Whether a proxy, a sign-in page or a web server answered instead of the API."""
    kind = str(response.headers.get("content-type", ""))
    return kind.partition(";")[0].strip().casefold() == "text/html"


def fault_of(response: httpx.Response, asked: Asked, *, first: bool) -> DestinationError:
    """The error for an answer that is not 2xx.

    Args:
        response: the answer, read.
        asked: what was asked.
        first: no call has succeeded yet, so the address itself may be wrong.
    """
    status, words = response.status_code, messages_of(body_of(response))
    hidden = status == HTTPStatus.BAD_REQUEST and any(map(_HIDDEN_LIMIT.search, words))
    if hidden or status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited(
            f"{asked}: the account's request limit is reached.",
            status=status,
            messages=words,
            remedy="Wait for the next hour, or lower KF_REQUESTS_PER_HOUR.",
            retry_after=retry_after(response),
        )
    if response.is_server_error or status == HTTPStatus.REQUEST_TIMEOUT:
        if asked.writes:
            return UnknownOutcome(
                f"{asked}: the server failed ({status}).", status=status, remedy=READ_FIRST
            )
        return ServerFault(
            f"{asked}: the server failed ({status}).",
            status=status,
            messages=words,
            remedy="Start again later; the run goes on where it stopped.",
        )
    if status == HTTPStatus.UNAUTHORIZED:
        return _locked_out(asked, first=first)
    return _permanent(response, words, asked, first=first)


def _locked_out(asked: Asked, *, first: bool) -> Unauthorised:
    status = int(HTTPStatus.UNAUTHORIZED)
    if first:
        return Unauthorised(
            f"{asked}: the API key was not accepted.",
            status=status,
            remedy="Check FRESHSALES_API_KEY: copy it from the API tab of an account "
            "admin's profile settings.",
        )
    return Unauthorised(
        f"{asked}: the API key is not accepted any more: it was changed or revoked, or its "
        "user deactivated.",
        status=status,
        remedy="This call was not carried out. Put a valid key into FRESHSALES_API_KEY and "
        "start again: the run goes on where it stopped.",
    )


def _permanent(
    response: httpx.Response, words: tuple[str, ...], asked: Asked, *, first: bool
) -> DestinationError:
    status = response.status_code
    if status == HTTPStatus.FORBIDDEN:
        return Forbidden(
            f"{asked}: not allowed with this key.",
            status=status,
            messages=words,
            remedy="Use an account admin's key, and check that the plan has this module.",
        )
    if response.is_redirect or status == HTTPStatus.NOT_FOUND:
        wrong_host = first or response.is_redirect
        return NotFound(
            f"{asked}: nothing there ({status}).",
            status=status,
            messages=words,
            remedy=HOST_REMEDY if wrong_host else "It may have been deleted meanwhile.",
        )
    # 406 and 422 come from the web app's own routes (reference, section 6).
    elsewhere = first and status in {HTTPStatus.NOT_ACCEPTABLE, _UNPROCESSABLE}
    return Refused(
        f"{asked}: refused ({status}).",
        status=status,
        messages=words,
        remedy=HOST_REMEDY
        if elsewhere
        else "Look at the destination's words for this record in the quarantine report.",
    )


def not_the_api(response: httpx.Response, asked: Asked) -> NotFound:
    """The error for a web page that came, as a success, before any answer of the API."""
    return NotFound(
        f"{asked}: a web page answered, not the API.",
        status=response.status_code,
        remedy=HOST_REMEDY,
    )


def retry_after(response: httpx.Response) -> float | None:
    """Seconds to wait by the ``Retry-After`` header, given in seconds or as a date."""
    given = response.headers.get("retry-after", "").strip()
    try:
        seconds = float(given)
    except ValueError:
        at = _moment(given)
        if at is None:
            return None
        # By the server's own clock where it tells the time: ours may be off.
        now = _moment(response.headers.get("date", "")) or datetime.now(UTC)
        seconds = (at - now).total_seconds()
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _moment(text: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
