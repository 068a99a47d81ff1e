"""The log of requests: lines, days, several writers, trouble with the disk, and asking."""

from __future__ import annotations

import json
import logging
import os
import stat
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kartra_freshsales.errors import DestinationError
from kartra_freshsales.freshsales.answers import Json
from kartra_freshsales.freshsales.exchange import Patience
from kartra_freshsales.freshsales.request_log import (
    DONE,
    Line,
    RequestFiles,
    Trip,
    Wanted,
    carrying,
    read_requests,
)
from kartra_freshsales_tests.freshsales.scenario import KEY, answer, canned, client_for

PERSON: Json = {
    "last_name": "Person 1",
    "email": "person.1@example.com",
    "custom_field": {"cf_city": "Elsewhere"},
}
FINE = answer(200, '{"contact":{"id":402000001234},"filters":[]}')
EVERYTHING = Wanted()


@dataclass
class Write:
    """A write of the ledger, as far as the log knows one."""

    id: int
    group: str


def lines(folder: Path, wanted: Wanted = EVERYTHING) -> list[Line]:
    """Every line that is asked for."""
    return list(read_requests(folder, wanted))


def trip(route: str = "/contacts", **values: object) -> Trip:
    """A request that has been answered."""
    made = Trip("write", "POST", route, body=PERSON, sent=90)
    made.begin()
    made.status, made.got, made.milliseconds = 200, 40, 12.34
    for name, value in values.items():
        setattr(made, name, value)
    return made


def test_a_line_tells_all_of_a_request_but_what_was_in_it(tmp_path: Path) -> None:
    duplicate = (
        '{"errors":{"code":400,"message":["person.1@example.com already exists.",'
        '"Elsewhere is invalid"]}}'
    )
    answers = (answer(500, "{}"), FINE, answer(400, duplicate))
    log = RequestFiles(tmp_path, run="run-1")
    with canned(*answers) as server, client_for(server.address, log=log) as client:
        client.filters("contacts")
        with carrying([Write(7, "g1"), Write(8, "g1")]), suppress(DestinationError):
            client.update("contacts", 402_000_001_234, PERSON)
    first, again, refused = lines(tmp_path)
    assert (first["status"], first["outcome"], first["attempt"]) == (500, "server_fault", 1)
    assert (again["status"], again["outcome"], again["attempt"]) == (200, DONE, 2)
    at = datetime.fromisoformat(str(refused.pop("at")))
    assert abs(datetime.now(UTC) - at) < timedelta(minutes=1)
    assert float(str(refused.pop("ms"))) > 0
    assert refused == {
        "run": "run-1",
        "kind": "write",
        "method": "PUT",
        "route": "/contacts/:id",
        "status": 400,
        "outcome": "refused",
        "sent": len(json.dumps({"contact": PERSON})),
        "got": len(duplicate),
        "attempt": 1,
        "fields": ["cf_city", "contact", "custom_field", "email", "last_name"],
        "group": "g1",
        "intents": [7, 8],
        "words": ["••• already exists.", "••• is invalid"],
    }
    [path] = tmp_path.iterdir()
    assert path.name == f"{at:%Y-%m-%d}.jsonl"
    for secret in (KEY, "person.1", "Person 1", "Elsewhere", "402000001234"):
        assert secret not in path.read_text(encoding="utf-8")


def test_refusals_of_the_limit_and_lost_answers_are_lines_of_their_own(
    tmp_path: Path,
) -> None:
    limited = answer(429, "Too many requests", "Retry-After: 1")
    log = RequestFiles(tmp_path)
    with (
        canned(limited, limited, FINE, b"") as server,
        client_for(server.address, log=log, patience=Patience(attempts=1)) as client,
    ):
        client.create("contacts", PERSON)
        with suppress(DestinationError):
            client.create("contacts", PERSON)
    told = [(line["status"], line["outcome"], line["attempt"]) for line in lines(tmp_path)]
    assert told == [
        (429, "rate_limited", 1),
        (429, "rate_limited", 2),
        (200, DONE, 3),
        (None, "unknown_outcome", 1),
    ]


def test_each_day_has_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "requests"
    log = RequestFiles(folder)
    for day in (1, 2, 1):
        log.note(trip(began=datetime(2031, 1, day, 23, 59, tzinfo=UTC)), DONE)
    log.close()
    assert sorted(p.name for p in folder.iterdir()) == [
        "2031-01-01.jsonl",
        "2031-01-02.jsonl",
    ]
    assert len(lines(folder)) == 3
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_lines_are_written_in_sets_and_at_the_end(tmp_path: Path) -> None:
    log = RequestFiles(tmp_path)
    for _ in range(99):
        log.note(trip(), DONE)
    assert lines(tmp_path) == []
    log.note(trip(), DONE)
    assert len(lines(tmp_path)) == 100
    log.note(trip(), DONE)
    log.close()
    log.close()
    assert len(lines(tmp_path)) == 101


_WRITER = """
import sys
from pathlib import Path
from kartra_freshsales.freshsales.request_log import RequestFiles, Trip

log = RequestFiles(Path(sys.argv[1]), run=sys.argv[2])
for _ in range(2000):
    made = Trip("read", "GET", "/contacts/view/:id")
    made.begin()
    log.note(made, "done")
log.close()
"""


def test_processes_share_a_file_and_no_line_is_torn(tmp_path: Path) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", _WRITER, str(tmp_path), f"run-{n}"])
        for n in range(3)
    ]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0, 0]
    texts = [t for path in tmp_path.iterdir() for t in path.read_text().splitlines()]
    assert len(texts) == 6000
    assert all(json.loads(text)["run"].startswith("run-") for text in texts)
    assert len(lines(tmp_path, Wanted(run="run-1"))) == 2000


def test_where_nothing_can_be_written_the_requests_go_on_and_are_noted_later(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "requests"
    folder.write_text("in the way")
    log = RequestFiles(folder)
    with caplog.at_level(logging.WARNING, logger="kartra_freshsales"):
        for _ in range(300):
            log.note(trip(), DONE)
    [message] = caplog.messages
    assert "log of requests cannot be written" in message
    folder.unlink()
    log.close()
    assert len(lines(folder)) == 300


def test_a_line_that_broke_off_is_passed_over(tmp_path: Path) -> None:
    log = RequestFiles(tmp_path)
    log.note(trip(), DONE)
    log.close()
    [path] = tmp_path.iterdir()
    with path.open("a", encoding="utf-8") as file:
        file.write(
            '{"at": "2031-01-01T00:00:00+00:00", "run": "x"\n[]\n\nnull\n{}\n"word"\n'
        )
    assert len(lines(tmp_path)) == 1


def test_lines_are_found_by_time_run_route_status_and_write(tmp_path: Path) -> None:
    day = datetime(2031, 1, 1, 12, tzinfo=UTC)
    first, second = RequestFiles(tmp_path, run="aaa-1"), RequestFiles(tmp_path, run="bbb-2")
    with carrying([Write(1, "g"), Write(2, "g")]):
        first.note(trip("/contacts/bulk_upsert", began=day), DONE)
    first.note(
        trip("/deals/:id", began=day + timedelta(hours=1), status=429), "rate_limited"
    )
    second.note(trip("/notes", began=day + timedelta(days=1), status=None), "network_fault")
    first.close()
    second.close()
    asked = {
        "all": EVERYTHING,
        "later": Wanted(since=day + timedelta(minutes=30)),
        "elsewhere": Wanted(since=datetime.fromisoformat("2031-01-02T00:00:00+14:00")),
        "run": Wanted(run="bbb"),
        "route": Wanted(route="post /DEALS"),
        "number": Wanted(status="429"),
        "outcome": Wanted(status="network_fault"),
        "write": Wanted(intents=frozenset({2, 99})),
        "none": Wanted(intents=frozenset()),
        "both": Wanted(run="aaa", status="200"),
    }
    found = {
        name: [str(line["route"]).split("/")[1] for line in lines(tmp_path, wanted)]
        for name, wanted in asked.items()
    }
    assert found == {
        "all": ["contacts", "deals", "notes"],
        "later": ["deals", "notes"],
        "elsewhere": ["contacts", "deals", "notes"],
        "run": ["notes"],
        "route": ["deals"],
        "number": ["deals"],
        "outcome": ["notes"],
        "write": ["contacts"],
        "none": [],
        "both": ["contacts"],
    }


def test_there_may_be_no_log_yet(tmp_path: Path) -> None:
    assert lines(tmp_path / "requests") == []
    assert not os.path.lexists(tmp_path / "requests")
