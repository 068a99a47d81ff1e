"""How the client behaves: it reuses its line, keeps to sizes, takes odd answers well."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from kartra_freshsales.errors import (
    DestinationError,
    Forbidden,
    NotFound,
    Permanent,
    RateLimited,
    Refused,
    ServerFault,
    Transient,
    Unauthorised,
    UnknownOutcome,
)
from kartra_freshsales.freshsales import exchange
from kartra_freshsales.freshsales.answers import Json
from kartra_freshsales.freshsales.client import FreshsalesClient
from kartra_freshsales.freshsales.faults import Oversized, TooLarge
from kartra_freshsales.sandbox.fault_settings import Fault
from kartra_freshsales_tests.freshsales.conftest import Open
from kartra_freshsales_tests.freshsales.scenario import (
    IMPATIENT,
    Told,
    answer,
    canned,
    client_for,
)

PERSON: Json = {"last_name": "Person 1", "email": "person.1@example.com"}
FINE = answer(200, '{"contact":{"id":7},"filters":[]}')


def raised(client: FreshsalesClient, *, writes: bool) -> DestinationError:
    """What a read or a write ends in."""
    with pytest.raises(DestinationError) as caught:
        client.create("contacts", PERSON) if writes else client.filters("contacts")
    return caught.value


def page(status: int, text: str = "<html><title>Oops</title>Person 1</html>") -> bytes:
    """A web page as proxies and sign-in pages send them."""
    return answer(status, text).replace(b"application/json", b"text/html; charset=utf-8")


class Counting(ThreadingHTTPServer):
    """A server that keeps connections open, and counts them and their requests."""

    daemon_threads = True
    connections = requests = 0

    def process_request(self, request: object, client_address: object) -> None:
        self.connections += 1
        super().process_request(request, client_address)  # type: ignore[arg-type]


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self.server.requests += 1  # type: ignore[attr-defined]
        body = b'{"filters":[]}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing on the tests' screen."""


@contextmanager
def counting() -> Iterator[Counting]:
    with Counting(("127.0.0.1", 0), _Answers) as server:
        serving = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.01}
        )
        serving.start()
        yield server
        server.shutdown()
        serving.join()


def test_fifty_requests_take_one_connection() -> None:
    with counting() as server:
        address = f"http://127.0.0.1:{server.server_port}/crm/sales/api"
        with client_for(address) as client:
            for _ in range(50):
                client.filters("contacts")
    assert (server.requests, server.connections) == (50, 1)


# reference 12.28: stay under 1 MB
def test_a_body_over_a_megabyte_never_leaves() -> None:
    with canned(FINE) as server, client_for(server.address) as client:
        with pytest.raises(TooLarge, match="nothing has left") as caught:
            client.create("contacts", {**PERSON, "address": "x" * 1_000_000})
        assert client.counts["write"] == 0
        client.create("contacts", {**PERSON, "address": "x" * 900_000})
    assert len(server.requests) == 1
    assert isinstance(caught.value, Refused)
    assert "Person" not in str(caught.value)


def test_an_answer_beyond_all_reason_is_a_fault_and_is_not_fetched_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exchange, "LARGEST_ANSWER", 100_000)
    large = answer(200, json.dumps({"filters": [{"id": 1, "name": "x" * 200_000}]}))
    with canned(large) as server, client_for(server.address) as client:
        assert isinstance(raised(client, writes=False), Oversized)
        assert len(server.requests) == 1
        assert isinstance(raised(client, writes=True), UnknownOutcome)


def test_a_packed_answer_counts_by_what_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "LARGEST_ANSWER", 100_000)

    def packed(characters: int) -> bytes:
        body = gzip.compress(json.dumps({"filters": [{"name": "x" * characters}]}).encode())
        head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
        more = f"Content-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
        return (head + more).encode() + body

    with canned(packed(50_000)) as server, client_for(server.address) as client:
        assert client.filters("contacts") == [{"name": "x" * 50_000}]
    with canned(packed(5_000_000)) as server, client_for(server.address) as client:
        assert isinstance(raised(client, writes=False), Oversized)


# reference 6: what each status means for a read and for a write
@pytest.mark.parametrize(
    ("status", "of_a_read", "of_a_write"),
    [
        (400, Refused, Refused),
        (401, Unauthorised, Unauthorised),
        (403, Forbidden, Forbidden),
        (404, NotFound, NotFound),
        (405, Refused, Refused),
        (406, Refused, Refused),
        (408, ServerFault, UnknownOutcome),
        (409, Refused, Refused),
        (413, Refused, Refused),
        (415, Refused, Refused),
        (422, Refused, Refused),
        (429, RateLimited, RateLimited),
        (500, ServerFault, UnknownOutcome),
        (502, ServerFault, UnknownOutcome),
        (503, ServerFault, UnknownOutcome),
        (504, ServerFault, UnknownOutcome),
    ],
)
@pytest.mark.parametrize("body", ['{"errors":{"code":1,"message":["Bad"]}}', "Bad", ""])
def test_each_status_has_its_class_whatever_the_body(
    status: int,
    of_a_read: type[DestinationError],
    of_a_write: type[DestinationError],
    body: str,
) -> None:
    for made in (answer(status, body), page(status)):
        with canned(made) as server, client_for(server.address) as client:
            for writes, wanted in ((False, of_a_read), (True, of_a_write)):
                error = raised(client, writes=writes)
                assert type(error) is wanted
                assert error.status == status
                assert str(status) in f"{error} {error.status}"


def test_permanent_and_transient_are_never_mixed_up() -> None:
    permanent, transient = (Refused, Unauthorised, Forbidden, NotFound), (
        RateLimited, ServerFault, Oversized,
    )  # fmt: skip
    assert all(issubclass(e, Permanent) and not issubclass(e, Transient) for e in permanent)
    assert all(issubclass(e, Transient) and not issubclass(e, Permanent) for e in transient)
    assert not issubclass(UnknownOutcome, Permanent | Transient)


# reference 6: 406 and 422 are answers of the web app's own routes
@pytest.mark.parametrize("status", [406, 422])
def test_an_answer_of_the_web_app_blames_the_address(status: int) -> None:
    with (
        canned(answer(status, '{"error_code":422}')) as server,
        client_for(server.address) as client,
    ):
        assert "FRESHSALES_BASE_URL" in raised(client, writes=False).remedy
    with canned(FINE, answer(status, "{}")) as server, client_for(server.address) as client:
        client.filters("contacts")
        assert "FRESHSALES_BASE_URL" not in raised(client, writes=False).remedy


def test_a_web_page_instead_of_the_first_answer_is_a_wrong_address() -> None:
    with canned(page(200)) as server, client_for(server.address) as client:
        error = raised(client, writes=False)
        assert isinstance(error, NotFound)
        assert "web page" in str(error)
        assert "FRESHSALES_BASE_URL" in error.remedy
        assert len(server.requests) == 1
        # Of a write nobody knows, whatever came back.
        assert isinstance(raised(client, writes=True), UnknownOutcome)


def test_nothing_of_a_web_page_is_taken_for_the_destinations_words() -> None:
    with canned(page(400)) as server, client_for(server.address) as client:
        assert raised(client, writes=True).messages == ()


# reference 6: messages come in the user's language, as a list or as a text
@pytest.mark.parametrize(
    ("message", "words"),
    [
        ('"Person 1 existiert bereits"', ("Person 1 existiert bereits",)),
        ('["U heeft geen toegang","429 euro"]', ("U heeft geen toegang", "429 euro")),
        ('"このメールアドレスは既に存在します"', ("このメールアドレスは既に存在します",)),
        ("null", ()),
    ],
)
def test_words_of_another_language_change_nothing(
    message: str, words: tuple[str, ...]
) -> None:
    made = answer(400, f'{{"errors":{{"code":400,"message":{message}}}}}')
    with canned(made) as server, client_for(server.address) as client:
        error = raised(client, writes=True)
    assert isinstance(error, Refused)
    assert error.messages == words


# reference 5: a 400 may hide a 429; a value that holds the number does not
@pytest.mark.parametrize(
    ("message", "limited"),
    [
        ("Upstream error, response_code :: 429", True),
        ("response_code: 429", True),
        ("responseCode=429", True),
        ("HTTP 429", True),
        ("status code 429 returned", True),
        ("Too many requests", True),
        ("Formula 429 already exists.", False),
        ("429 Main Street is not in required format", False),
        ("Amount 429 is too large", False),
    ],
)
def test_a_limit_hidden_in_a_400_is_told_from_a_value(message: str, limited: bool) -> None:
    made = answer(400, json.dumps({"errors": {"code": 400, "message": [message]}}))
    with canned(made, FINE) as server, client_for(server.address) as client:
        if limited:
            client.create("contacts", PERSON)
            assert len(server.requests) == 2
        else:
            assert isinstance(raised(client, writes=True), Refused)
            assert len(server.requests) == 1


@pytest.mark.parametrize("form", ["seconds", "date"])
@pytest.mark.parametrize("kind", ["burst_429", "unavailable"])
def test_the_destination_is_left_alone_until_it_says(
    line: Open, kind: str, form: str
) -> None:
    # G6; reference 12.5: seconds or a date
    rule = Fault(kind, at_request=1, retry_after=30, retry_after_form=form)
    opened = line(rules=(rule,))
    opened.client.filters("contacts")
    (nap,) = opened.budget.naps
    assert 29 <= nap <= 31
    assert opened.client.counts["read"] == 2


def test_after_a_503_on_a_write_nobody_asks_before_its_time() -> None:
    budget = Told()
    gone = answer(503, "Service Unavailable", "Retry-After: 120")
    with canned(gone, FINE) as server, client_for(server.address, budget=budget) as client:
        assert isinstance(raised(client, writes=True), UnknownOutcome)
        assert len(server.requests) == 1
        client.filters("contacts")
    assert budget.naps == [120]


@pytest.mark.parametrize(
    "kind", ["bad_gateway", "unavailable", "truncated_body", "cut_json"]
)
def test_a_gateways_mishap_is_outlived_by_reads_and_unknown_for_writes(
    line: Open, kind: str
) -> None:
    # G1
    opened = line(rules=(Fault(kind, at_most=4),))
    assert isinstance(raised(opened.client, writes=True), UnknownOutcome)
    assert isinstance(raised(opened.client, writes=False), Transient)
    assert opened.client.counts == {"read": IMPATIENT.attempts, "write": 1, "poll": 0}
    assert opened.client.filters("contacts")


def test_no_wait_is_longer_than_a_day_whatever_is_told() -> None:
    budget = Told()
    limited = answer(429, "", "Retry-After: 99999999")
    with (
        canned(limited, FINE) as server,
        client_for(server.address, budget=budget) as client,
    ):
        client.filters("contacts")
    assert budget.naps == [86_400]


def test_a_key_that_worked_and_is_revoked_is_told_apart_from_a_wrong_one(
    line: Open,
) -> None:
    opened = line(rules=(Fault("key_revoked", at_request=2),))
    opened.client.filters("contacts")
    error = raised(opened.client, writes=True)
    assert isinstance(error, Unauthorised)
    assert "not accepted any more" in str(error)
    assert "goes on where it stopped" in error.remedy
    assert opened.client.counts == {"read": 1, "write": 1, "poll": 0}
