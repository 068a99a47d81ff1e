"""The log of a load's requests: everything that was asked is in it, and nobody's data."""

from __future__ import annotations

import json
import re
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl
import pytest
from pydantic import SecretStr

from kartra_freshsales.errors import Unauthorised
from kartra_freshsales.freshsales.budget import Unlimited
from kartra_freshsales.freshsales.client import FreshsalesClient
from kartra_freshsales.freshsales.masking import values_in
from kartra_freshsales.freshsales.request_log import (
    Line,
    RequestFiles,
    Wanted,
    read_requests,
)
from kartra_freshsales.ledger.states import IntentState
from kartra_freshsales.sandbox.config import Faults
from kartra_freshsales.sandbox.fault_settings import Fault
from kartra_freshsales.sandbox.server import SandboxProcess
from kartra_freshsales_tests.loading.scenario import (
    PATIENCE,
    Account,
    Look,
    account,
    contact,
    deal,
    marketing_list,
    note,
    opened,
    plan,
    row,
    small_load,
)

NASTY = (
    "O'Hara \"the Great\"", "Zoë Ångström", "Zoe\u0308", "山田 花子", "Анна К.", "مريم",
    "a\nb\tc", "{'email': 'x'}", "<b>Bold</b> & Söhne", "%s %d %(name)s", "\\u0041\\n",
    "Robert'); DROP TABLE contacts;--", "🦄🦄🦄", "429 Too Many",
    "Wolfeschlegelsteinhausen", "+47 400 00 001", "second.address@example.org",
    "secret-key-in-a-name", "••• ", "-",
)  # fmt: skip
"""What people are called in exports: quotes, scripts, control characters, formats, JSON."""

_EMAIL = re.compile(r"[^\s\"]+@[^\s\"]+\.\w+")
_PHONE = re.compile(r"\+\d[\d ]{6,}")


@dataclass
class Noted:
    """A finished load, its log as text and as lines, and what the account says of it."""

    text: str
    lines: list[Line]
    history: list[dict[str, object]]
    made: Account
    planned: pl.DataFrame
    folder: Path


def _people() -> pl.DataFrame:
    rows = [
        contact(
            number,
            last_name=name,
            address=f"{number} {name}",
            mobile_number=f"+4740000{number:03d}",
            tags=["kartra", name[:30].strip() or "tag"],
        )
        for number, name in enumerate(NASTY)
    ]
    refused = [
        # A second record with an address of the first: the refusal quotes it.
        row("contacts", "twin", {"last_name": NASTY[0], "email": "Person.0001@example.com",
                                 "owner_id": 70_000_000_002}),
        contact(500, email="Person 500 at example.com", last_name="No Address"),
        contact(501, last_name="Long Name " * 40),
        deal(7, name=""),
    ]  # fmt: skip
    return plan(
        account(1, name="Företag & Søn"),
        *rows,
        *refused,
        deal(1, len(NASTY)),
        note(2, f"Called {NASTY[3]}, then {NASTY[5]} rang back."),
        marketing_list(f"Fans of {NASTY[1]}", [1, 2, 3]),
    )


@pytest.fixture(scope="module")
def noted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Noted]:
    folder = tmp_path_factory.mktemp("noted")
    faults = Faults(hidden_429=0.1, error_on_read=0.1, drop_on_read=0.1, first_request=20,
                    error_after_write=0.2, drop_after_write=0.2, at_most=12)  # fmt: skip
    planned = _people()
    with (
        SandboxProcess(requests_per_hour=0, faults=faults) as server,
        opened(server, folder / "ledger.sqlite") as made,
    ):
        before = len(server.control.requests())
        log = RequestFiles(folder / "requests", run="run-77")
        with _client(server, log) as client:
            logged = replace(made, client=client)
            logged.load(planned, group_size=10)
        [path] = (folder / "requests").iterdir()
        yield Noted(
            path.read_text(encoding="utf-8"),
            list(read_requests(folder / "requests", Wanted())),
            server.control.requests(after=before),
            made,
            planned,
            folder / "requests",
        )


def _client(server: SandboxProcess, log: RequestFiles) -> FreshsalesClient:
    return FreshsalesClient(
        server.base_url,
        SecretStr(server.api_key),
        budget=Unlimited(),
        timeout=5.0,
        patience=PATIENCE,
        log=log,
    )


def test_every_request_that_reached_the_account_is_noted_with_its_route(
    noted: Noted,
) -> None:
    ours = Counter((line["method"], line["status"]) for line in noted.lines)
    theirs = Counter(
        # A connection that was cut left us without a status.
        (line["method"], None if "drop" in str(line["fault"]) else line["status"])
        for line in noted.history
    )
    assert ours == theirs
    assert {line["run"] for line in noted.lines} == {"run-77"}
    assert {line["kind"] for line in noted.lines} == {"read", "write", "poll"}
    routes = {f"{line['method']} {line['route']}" for line in noted.lines}
    assert "POST /contacts/bulk_upsert" in routes
    assert "GET /job_statuses/:id" in routes
    assert not re.search(r"\d", "".join(routes))


def test_how_each_request_ended_is_told(noted: Noted) -> None:
    outcomes = {str(line["outcome"]) for line in noted.lines}
    assert {"done", "unknown_outcome", "refused", "rate_limited"} <= outcomes
    assert {line["outcome"] for line in noted.lines if line["status"] == 200} == {"done"}
    assert max(int(str(line["attempt"])) for line in noted.lines) > 1
    for line in noted.lines:
        assert float(str(line["ms"])) > 0
        assert (int(str(line["got"])) > 0) == (line["status"] is not None)


def test_every_write_that_left_is_found_by_its_intent(noted: Noted) -> None:
    intents = noted.made.ledger.intents()
    carried = {i for line in noted.lines for i in line.get("intents", [])}  # type: ignore[attr-defined]
    left = {i.id for i in intents if i.state is not IntentState.PLANNED}
    assert carried == left
    groups = {i.id: i.group for i in intents}
    for line in noted.lines:
        if line["kind"] == "write":
            [group] = {groups[i] for i in line["intents"]}  # type: ignore[attr-defined]
            assert line["group"] == group
        else:
            assert "intents" not in line


def test_names_of_fields_and_the_destinations_words_are_kept(noted: Noted) -> None:
    words = {w for line in noted.lines for w in line.get("words", [])}  # type: ignore[attr-defined]
    assert {"invalid email •••", "Deal name can't be empty"} <= words
    assert any("429" in text for text in words)
    bulk = next(line for line in noted.lines if "bulk_upsert" in str(line["route"]))
    assert {"name", "website", "data"} <= set(bulk["fields"])  # type: ignore[call-overload]


# G14, G18
def test_no_value_no_address_and_no_key_is_in_the_log(noted: Noted) -> None:
    text = noted.text
    assert noted.made.server.api_key not in text
    assert not _EMAIL.search(text)
    assert not _PHONE.search(text)
    values = {
        value.strip()
        for payload in noted.planned["payload"]
        for value in values_in(json.loads(payload))
    }
    telling = {v for v in values if len(v) > 2 and not v.replace(".", "").isdigit()}
    assert len(telling) > 3 * len(NASTY)
    for value in telling - {"•••", "kartra"}:
        for shown in (value, json.dumps(value)[1:-1], value.casefold(), value.upper()):
            assert shown not in text
    for word in (
        "O'Hara",
        "Ångström",
        "花子",
        "Анна",
        "مريم",
        "DROP",
        "Wolfe",
        "Bold",
        "🦄",
    ):
        assert word not in text


def test_the_log_is_its_owners_alone(noted: Noted) -> None:
    [path] = noted.folder.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(noted.folder.stat().st_mode) == 0o700


SMALL = (3, 12, 8, 2)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What stands in the account after the same load without any trouble."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with (
        SandboxProcess(requests_per_hour=0) as server,
        opened(server, folder / "ledger.sqlite") as made,
    ):
        made.load(small_load(*SMALL))
        with Look(server) as look:
            return look.state()


# reference 6: 401; the key is revoked while a load runs
@pytest.mark.parametrize("at_request", [20, 26])
def test_a_key_revoked_midway_stops_the_load_and_a_new_one_finishes_it(
    at_request: int, undisturbed: dict[str, object], tmp_path: Path
) -> None:
    faults = Faults(rules=(Fault("key_revoked", at_request=at_request),))
    with (
        SandboxProcess(requests_per_hour=0, faults=faults) as server,
        opened(server, tmp_path / "ledger.sqlite") as made,
    ):
        with pytest.raises(Unauthorised, match="not accepted any more"):
            made.load(small_load(*SMALL))
        assert made.ledger.verify_chain().intact
        server.control.faults()
        server.control.new_key(server.api_key)
        made.load(small_load(*SMALL))
        assert made.ledger.unsettled() == []
        with Look(server) as look:
            assert look.state() == undisturbed
