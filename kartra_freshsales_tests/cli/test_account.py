"""Settings, decisions and accounts that cannot be used, and what is told of each."""

import http.server
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import stamina

from kartra_freshsales.sandbox.server import SandboxProcess
from kartra_freshsales_tests.cli.scenario import (
    BATCH,
    DONE,
    FAILED,
    WAITING,
    WRONG_USE,
    Place,
    Said,
    call,
)

KEY = "a-key-that-nobody-may-read"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A workspace that names no account."""
    return Place.new(tmp_path)


@pytest.fixture
def restricted() -> Iterator[str]:
    """A server that knows the key and allows its user nothing."""

    class Denies(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b'{"errors": {"code": 403, "message": ["Access denied"]}}'
            self.send_response(403)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing on the tests' screen."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Denies) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}/crm/sales/api"
        server.shutdown()
        serving.join()


def problem(said: Said) -> str:
    """The one finding of a doctor that got no further, with its remedy."""
    assert said.code == FAILED
    (found,) = said.facts["findings"]
    assert not said.facts["healthy"]
    assert KEY not in said.screen
    return f"{found['found']} {found['remedy']}"


def test_a_healthy_account_is_told_as_such(account: SandboxProcess, place: Place) -> None:
    place.point_at(account.base_url, account.api_key)
    said = place.call("doctor", "--json")
    assert said.code == DONE
    assert said.facts["healthy"]
    assert {f["state"] for f in said.facts["findings"]} == {"ok"}
    shown = place.call("doctor")
    assert "Active users" in shown.out
    assert account.api_key not in shown.screen


# "no write without a yes": production is what the mapping does not call a rehearsal
def test_a_probe_in_production_waits_for_a_yes(place: Place) -> None:
    with SandboxProcess(requests_per_hour=0) as sandbox:
        place.point_at(sandbox.base_url, sandbox.api_key)
        waiting = place.call("doctor", "--probe", "--json")
        assert waiting.code == WAITING
        assert "--yes" in waiting.facts["waiting_for"]
        assert sandbox.control.history()["requests"] == 0
        said = place.call("doctor", "--probe", "--yes", "--json")
        assert said.code == DONE, said.screen
        found = {f["what"]: f for f in said.facts["findings"]}
        assert found["Probe: cleaning up"]["state"] == "ok"
        assert sandbox.control.history()["writes"] > 0
        place.decide("destination.yaml", "rehearsal: false", "rehearsal: true")
        assert place.call("doctor", "--probe", "--json").code == DONE
        made = place.call("trace", "--requests", "--status", "refused", "--json")
    refused = made.facts["requests"]
    assert {line["outcome"] for line in refused} == {"refused"}
    assert {line["run"][:7] for line in refused} == {"doctor-"}
    assert place.call("status", "--json").facts["open_intents"] == 0


@pytest.mark.parametrize("since", ["soon", "5 weeks", "2026-13-01"])
def test_a_time_that_is_none_is_told(since: str, place: Place) -> None:
    said = place.call("trace", "--requests", "--since", since, "--json")
    assert said.code == WRONG_USE
    assert "30m, 2h, 1d" in said.facts["error"]


def test_a_trace_of_nothing_is_told(place: Place) -> None:
    said = place.call("trace", "--json")
    assert said.code == WRONG_USE
    assert "Name a record" in said.facts["error"]


def test_a_workspace_without_requests_shows_none(place: Place) -> None:
    for since in ("1d", "2026-01-01", "2026-01-01T10:00+02:00"):
        said = place.call("trace", "--requests", "--since", since, "--json")
        assert said.code == DONE, said.screen
        assert said.facts == {"rows": [], "records": [], "requests": []}


@pytest.mark.parametrize("command", ["doctor", "plan", "migrate"])
def test_a_missing_key_is_named_before_anything_is_done(
    command: str, account: SandboxProcess, place: Place
) -> None:
    place.point_at(account.base_url, "")
    said = place.call(command, "--json")
    assert said.code == WRONG_USE
    assert "FRESHSALES_API_KEY is not set" in said.facts["error"]
    assert not (place.root / "data" / "dagster").exists()


def test_a_wrong_key_is_told_as_such(account: SandboxProcess, place: Place) -> None:
    place.point_at(account.base_url, KEY)
    told = problem(place.call("doctor", "--json"))
    assert "key was not accepted" in told
    assert "FRESHSALES_API_KEY" in told


def test_a_user_without_rights_is_told_as_such(restricted: str, place: Place) -> None:
    place.point_at(restricted, KEY)
    assert "admin's key" in problem(place.call("doctor", "--json"))


def test_a_wrong_address_is_told_as_such(account: SandboxProcess, place: Place) -> None:
    place.point_at(f"{account.root_url}/elsewhere", account.api_key)
    told = problem(place.call("doctor", "--json"))
    assert "404" in told
    assert "/crm/sales/api" in told


@pytest.mark.parametrize("host", ["no-such-host.invalid", "127.0.0.1"])
def test_where_nobody_answers_each_try_is_told(host: str, place: Place) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]  # bound but not listening: the connection is refused
        scheme = "http" if host == "127.0.0.1" else "https"
        place.point_at(f"{scheme}://{host}:{port}/crm/sales/api", KEY)
        with stamina.set_testing(True, attempts=2):
            said = place.call("doctor", "--json")
    assert "Check the network and FRESHSALES_BASE_URL" in problem(said)
    assert "Trying again" in said.err


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("FRESHSALES_BASE_URL=http://crm.example.com/crm/sales/api", "https://"),
        ("FRESHSALES_BASE_URL=nonsense", "no web address"),
        ("KF_REQUESTS_PER_HOUR=many", "KF_REQUESTS_PER_HOUR"),
        ("KF_LIVE_USE_RESERVE=2", "KF_LIVE_USE_RESERVE"),
        ("KF_LEDGER_URL=mysql://u:p@127.0.0.1/x", "KF_LEDGER_URL"),
        ("KF_LEDGER_URL=oops", "KF_LEDGER_URL"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    line: str, words: str, account: SandboxProcess, place: Place
) -> None:
    place.set_environment(
        f"FRESHSALES_BASE_URL={account.base_url}\nFRESHSALES_API_KEY={KEY}\n{line}\n"
    )
    said = place.call("doctor", "--json")
    assert said.code == WRONG_USE
    assert words in said.facts["error"]
    assert KEY not in said.screen


def test_a_ledger_that_cannot_be_reached_is_told_without_its_password(place: Place) -> None:
    url = "postgresql://someone:secret-word@127.0.0.1:1/ledger"
    place.set_environment(f"KF_LEDGER_URL={url}\n")
    said = place.call("status", "--json")
    assert said.code == FAILED
    assert "ledger's database failed" in said.facts["error"]
    assert "secret-word" not in said.screen


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("owners.yaml", "default_owner: [\n", "owners.yaml, line 2"),
        ("owners.yaml", "defualt_owner: a@example.com\n", "Did you mean 'default_owner'"),
        ("destination.yaml", "edition: lightning\n", "Allowed are"),
        ("onwers.yaml", "default_owner: a@example.com\n", "Rename it to owners.yaml"),
    ],
)
def test_a_decision_that_cannot_be_used_is_named_before_anything_is_read(
    file: str, text: str, words: str, account: SandboxProcess, place: Place
) -> None:
    place.point_at(account.base_url, account.api_key)
    (place.root / "mappings" / file).write_text(text)
    said = place.call("plan", "--json")
    assert said.code == FAILED
    assert words in said.facts["error"]
    assert "extract" not in said.err


def test_an_empty_inbox_is_told_with_where_files_belong(
    account: SandboxProcess, place: Place
) -> None:
    place.point_at(account.base_url, account.api_key)
    folder = place.root / "inbox" / BATCH
    for file in sorted(folder.iterdir()):
        file.rename(place.root / "inbox" / file.name)
    loose = place.call("migrate", "--json")
    assert loose.code == FAILED
    assert "Move the 2 CSV file(s)" in loose.facts["error"]
    for file in (place.root / "inbox").glob("*.csv"):
        file.unlink()
    assert "inbox/<batch>/" in place.call("migrate", "--json").facts["error"]


def test_a_folder_whose_name_is_no_batch_is_named_unless_another_is_asked_for(
    account: SandboxProcess, place: Place
) -> None:
    place.point_at(account.base_url, account.api_key)
    place.put("a.csv", "a,b\n1,2\n", batch="March 2026")
    said = place.call("migrate", "--json")
    assert said.code == FAILED
    assert "'March 2026'" in said.facts["error"]
    assert "Rename the folder" in said.facts["error"]
    missing = place.call("migrate", "--batch", "april", "--json")
    assert "March 2026, first" in missing.facts["error"]


@pytest.mark.parametrize("folder", ["data", "reports"])
def test_a_folder_that_cannot_be_written_is_named_before_anything_is_done(
    folder: str, account: SandboxProcess, place: Place
) -> None:
    place.point_at(account.base_url, account.api_key)
    (place.root / folder).rmdir()
    (place.root / folder).write_text("in the way")
    said = place.call("plan", "--json")
    assert said.code == FAILED
    assert str(place.root / folder) in said.facts["error"]
    assert "move it away" in said.facts["error"]


def test_nothing_is_approved_traced_verified_or_undone_before_there_is_a_plan(
    place: Place,
) -> None:
    words = ("--digest", "abc", "--name", "Me", "--json")
    unknown = place.call("approve", "--batch", "second", *words)
    assert (unknown.code, BATCH in unknown.facts["error"]) == (FAILED, True)
    early = place.call("approve", "--batch", BATCH, *words)
    assert early.code == FAILED
    assert f"kartra-freshsales plan --workspace {place.root}" in early.facts["error"]
    for command in (("trace", "ada@example.com"), ("verify",)):
        said = place.call(*command, "--json")
        assert said.code == FAILED
        assert "kartra-freshsales plan" in said.facts["error"]
    assert place.call("rollback", "--json").code == FAILED


def test_a_fresh_workspace_has_a_status(place: Place) -> None:
    said = place.call("status", "--json")
    assert said.code == DONE
    assert said.facts["certificate"] == "not yet"
    assert set(said.facts["batches"][BATCH].values()) == {False}


def test_a_port_in_use_is_told(place: Place) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        for said in (place.call("ui", "--port", port), call("sandbox", "--port", port)):
            assert said.code == WRONG_USE
            assert "another --port" in said.err


def test_a_demo_is_never_put_upon_something_else(place: Place) -> None:
    said = call("demo", "--directory", place.root, "--json")
    assert said.code == FAILED
    assert "is not empty" in said.facts["error"]


# S13, S93: the account allows too few fields, so nothing is created and nothing is sent
def test_more_fields_than_the_plan_allows_wait_for_a_person(place: Place) -> None:
    extra = ",".join(f"Extra {number}" for number in range(25))
    values = ",".join(f"words {number}" for number in range(25))
    place.put(
        "contacts.csv",
        f"id,first_name,email,owner,{extra}\n"
        f"1,Ada,ada@example.com,owner-north@example.com,{values}\n",
    )
    with SandboxProcess(requests_per_hour=0) as growth:
        place.point_at(growth.base_url, growth.api_key)
        said = place.go_on("migrate", "--json")
    assert said.code == WAITING
    assert "the plan allows no more fields" in said.facts["waiting_for"]
    assert "field_checklist.md" in said.facts["waiting_for"]
    assert "No room in the plan" in (place.root / "reports/field_checklist.md").read_text()


# S13, S93
def test_a_plan_without_custom_fields_waits_for_a_person(place: Place) -> None:
    with SandboxProcess(requests_per_hour=0, plan="free") as free:
        place.point_at(free.base_url, free.api_key)
        said = place.go_on("plan", "--json")
    assert said.code == WAITING
    assert "field_checklist.md" in said.facts["waiting_for"]
