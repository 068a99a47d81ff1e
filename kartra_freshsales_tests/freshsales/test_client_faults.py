"""What goes wrong on the way: limits, server faults, lost answers, wrong addresses."""

from __future__ import annotations

import dataclasses
import logging
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from pydantic import SecretStr

from kartra_freshsales.errors import (
    DestinationError,
    NetworkFault,
    NotFound,
    RateLimited,
    Refused,
    ServerFault,
    SettingsError,
    Transient,
    Unauthorised,
    UnknownOutcome,
)
from kartra_freshsales.freshsales.answers import Json
from kartra_freshsales.freshsales.budget import Unlimited
from kartra_freshsales.freshsales.client import FreshsalesClient
from kartra_freshsales.freshsales.exchange import Patience
from kartra_freshsales_tests.freshsales.conftest import Open
from kartra_freshsales_tests.freshsales.scenario import (
    IMPATIENT,
    KEY,
    Told,
    answer,
    canned,
    client_for,
)

MIA: Json = {"last_name": "Mørk", "email": "mia@example.com"}
WRITTEN = "POST /contacts"
LIMITED = answer(429, "Too many requests")
FINE = answer(200, '{"contact":{"id":7},"filters":[]}')


@pytest.mark.parametrize("kind", ["read", "write"])
def test_a_limit_with_retry_after_is_waited_out_and_the_request_resent(
    line: Open, kind: str
) -> None:
    # G6
    opened = line(burst_429=1.0, burst_length=2, burst_retry_after=7, at_most=1)
    if kind == "read":
        opened.client.filters("contacts")
    else:
        opened.client.create("contacts", MIA)
    assert opened.budget.naps == [7, 7]
    assert opened.client.counts[kind] == 3
    assert opened.history["refused_429"] == 2
    assert opened.history["statuses"]["200"] == 1


def test_a_limit_without_retry_after_is_waited_out_longer_each_time(line: Open) -> None:
    # G6
    opened = line(burst_429=1.0, burst_length=8, burst_retry_after=None, at_most=1)
    opened.client.create("contacts", MIA)
    assert opened.budget.naps == [60, 120, 240, 480, 960, 1920, 3600, 3600]


@pytest.mark.parametrize("kind", ["read", "write"])
def test_a_limit_hidden_in_a_400_is_waited_out_too(line: Open, kind: str) -> None:
    # G6
    opened = line(hidden_429=1.0, at_most=2)
    if kind == "read":
        opened.client.selector("owners")
    else:
        opened.client.create("contacts", MIA)
    assert opened.budget.naps == [2, 4]
    assert opened.history["statuses"] == {"400": 2, "200": 1}


def test_retry_after_may_be_a_date_by_the_servers_clock() -> None:
    # G6
    now = datetime(2031, 1, 1, tzinfo=UTC)
    at = format_datetime(now + timedelta(seconds=90), usegmt=True)
    limited = answer(
        429, "", f"Retry-After: {at}", f"Date: {format_datetime(now, usegmt=True)}"
    )
    budget = Told()
    with (
        canned(limited, FINE) as server,
        client_for(server.address, budget=budget) as client,
    ):
        client.filters("contacts")
    assert budget.naps == [90]


@pytest.mark.parametrize("given", ["0", "soon", "nan", "Wed, 21 Oct 2015 07:28:00 GMT"])
def test_a_retry_after_that_means_nothing_is_not_hammered(given: str) -> None:
    # G6
    budget = Told()
    limited = answer(429, "", f"Retry-After: {given}")
    with (
        canned(limited, limited, limited, FINE) as server,
        client_for(server.address, budget=budget, patience=Patience()) as client,
    ):
        client.create("contacts", MIA)
    assert sum(budget.naps) >= 1.5


def test_patience_with_limits_ends() -> None:
    # G6
    patience = dataclasses.replace(IMPATIENT, limited_attempts=3)
    with (
        canned(LIMITED) as server,
        client_for(server.address, patience=patience) as client,
        pytest.raises(RateLimited, match="next hour") as caught,
    ):
        client.create("contacts", MIA)
    assert len(server.requests) == 3
    assert caught.value.status == 429


def test_a_read_is_repeated_after_faults_of_server_and_network(line: Open) -> None:
    # G1
    opened = line(error_on_read=0.5, drop_on_read=0.5, seed=4, at_most=2)
    assert opened.client.filters("contacts")
    assert sum(opened.history["faults"].values()) == 2
    assert opened.client.counts["read"] == 3


@pytest.mark.parametrize(
    ("fault", "error"), [("error_on_read", ServerFault), ("drop_on_read", NetworkFault)]
)
def test_a_read_that_keeps_failing_is_given_up(
    line: Open, fault: str, error: type[Transient]
) -> None:
    opened = line(**{fault: 1.0})
    with pytest.raises(error, match=r"where it\s+stopped"):
        opened.client.filters("contacts")
    assert opened.client.counts["read"] == IMPATIENT.attempts


CREATIONS: dict[str, Callable[[FreshsalesClient], object]] = {
    "create": lambda client: client.create("contacts", MIA),
    "bulk_upsert": lambda client: client.bulk_upsert(
        "contacts", [{"emails": "mia@example.com", "data": MIA}]
    ),
    "create_list": lambda client: client.create_list("news"),
}


@pytest.mark.parametrize("fault", ["drop_after_write", "error_after_write"])
@pytest.mark.parametrize("call", CREATIONS.values(), ids=CREATIONS.keys())
def test_a_write_whose_answer_is_lost_is_unknown_and_sent_once(
    line: Open, fault: str, call: Callable[[FreshsalesClient], object]
) -> None:
    # G1
    opened = line(**{fault: 1.0})
    with pytest.raises(UnknownOutcome, match="read from the account"):
        call(opened.client)
    assert opened.history["writes"] == 1
    assert opened.client.counts == {"read": 0, "write": 1, "poll": 0}


def test_a_write_refused_by_a_failing_server_is_unknown_too(line: Open) -> None:
    # G1
    opened = line(error_before_write=1.0)
    with pytest.raises(UnknownOutcome):
        opened.client.create("contacts", MIA)
    assert opened.history["writes"] == 1


def test_a_write_that_is_not_answered_in_time_is_unknown(line: Open) -> None:
    # G1 G6
    opened = line(hang_after_write=1.0, hang_seconds=0.6, timeout=0.2)
    with pytest.raises(UnknownOutcome, match="ReadTimeout"):
        opened.client.create("contacts", MIA)
    assert opened.history["writes_by_route"] == {WRITTEN: 1}
    assert opened.budget.unanswered == 1


@pytest.mark.parametrize(
    "cut",
    [
        answer(200, '{"contact":{"id":7', length=400),
        answer(200, '{"contact":{"id":7'),
        answer(200, "<html>proxy</html>"),
        answer(200, "[]"),
        b"HTTP/1.1 2",
        b"",
    ],
    ids=["cut short", "half a document", "no JSON", "no record", "half a line", "nothing"],
)
def test_an_answer_that_cannot_be_read_is_repeated_for_reads_and_unknown_for_writes(
    cut: bytes,
) -> None:
    # G1
    with canned(cut) as server, client_for(server.address) as client:
        with pytest.raises(UnknownOutcome):
            client.create("contacts", MIA)
        assert len(server.requests) == 1
        with pytest.raises(Transient):
            client.filters("contacts")
        assert len(server.requests) == 1 + IMPATIENT.attempts
    with canned(cut, FINE) as server, client_for(server.address) as client:
        assert client.filters("contacts") == []


@pytest.mark.parametrize("call", CREATIONS.values(), ids=CREATIONS.keys())
def test_a_creation_without_an_id_cannot_be_taken_for_done(
    call: Callable[[FreshsalesClient], object],
) -> None:
    # G1
    nameless = answer(200, '{"contact":{"last_name":"M"}}')
    with (
        canned(nameless) as server,
        client_for(server.address) as client,
        pytest.raises(UnknownOutcome),
    ):
        call(client)


def test_where_nobody_listens_even_a_write_is_tried_again() -> None:
    # G1
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    budget = Told()
    address = f"http://127.0.0.1:{port}/crm/sales/api"
    with client_for(address, budget=budget) as client:
        with pytest.raises(NetworkFault, match="FRESHSALES_BASE_URL"):
            client.create("contacts", MIA)
        assert client.counts["write"] == IMPATIENT.attempts
    assert budget.unanswered == 0  # nothing left, so nothing can arrive


def test_a_key_that_is_not_accepted_is_permanent(line: Open) -> None:
    opened = line(config={"api_key": "another"})
    with pytest.raises(Unauthorised, match="FRESHSALES_API_KEY"):
        opened.client.filters("contacts")
    assert opened.client.counts["read"] == 1


@pytest.mark.parametrize("status", [301, 302, 404])
def test_an_address_that_is_no_api_is_blamed_on_the_first_call(status: int) -> None:
    elsewhere = answer(status, "<html></html>", "Location: https://example.com/login")
    with (
        canned(elsewhere) as server,
        client_for(server.address) as client,
        pytest.raises(NotFound, match="Check FRESHSALES_BASE_URL"),
    ):
        client.filters("contacts")
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [406, 409, 422])
def test_other_refusals_are_final(status: int) -> None:
    with (
        canned(answer(status, '{"error_code":1}')) as server,
        client_for(server.address) as client,
    ):
        with pytest.raises(Refused):
            client.create("contacts", MIA)
        assert len(server.requests) == 1


def test_an_empty_answer_is_enough_for_a_deletion() -> None:
    with canned(answer(204, "")) as server, client_for(server.address) as client:
        client.delete("contacts", 7)
    assert server.requests[0].endswith(b"\r\n\r\ntrue")


@pytest.mark.parametrize(
    "address",
    ["http://acme.myfreshworks.com/crm/sales/api", "acme.myfreshworks.com", "ftp://a/b",
     "", "https://", "http://[::1"],
)  # fmt: skip
def test_the_key_is_sent_over_an_encrypted_line_only(address: str) -> None:
    # G18
    with pytest.raises(SettingsError, match="https://"):
        client_for(address)


@pytest.mark.parametrize("key", ["", "  ", "two\nlines", "schlüssel"])
def test_a_key_that_no_header_can_hold_is_refused_without_showing_it(key: str) -> None:
    # G18
    with pytest.raises(SettingsError, match="FRESHSALES_API_KEY") as caught:
        FreshsalesClient("https://a.example.com", SecretStr(key), budget=Unlimited())
    assert not key.strip() or key not in str(caught.value)


def test_neither_key_nor_record_shows_in_logs_errors_or_reprs(
    line: Open, caplog: pytest.LogCaptureFixture
) -> None:
    # G18
    opened = line(error_after_write=0.5, drop_after_write=0.5, seed=3, at_most=1)
    client = opened.client
    shown = [repr(client), repr(vars(client)), repr(opened.budget)]
    with caplog.at_level(logging.DEBUG, logger="kartra_freshsales"):
        for _ in range(3):
            try:
                client.create("contacts", MIA)
            except DestinationError as error:
                shown += [str(error), repr(error)]
        client.view_page("contacts", 75_000_001_004, page=1)
    calls = {message.split(":", 1)[0] for message in caplog.messages}
    assert {"POST /contacts", "GET /contacts/view/"} <= calls
    for text in (*shown, *caplog.messages):
        for secret in (KEY, "mia@", "Mørk", "75000001004"):
            assert secret not in text
