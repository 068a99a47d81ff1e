"""The control port: clock, people, faults and keys, beside the API and out of its reach."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from kartra_freshsales.sandbox.config import Faults
from kartra_freshsales.sandbox.fault_settings import Fault
from kartra_freshsales.sandbox.remote import ControlRefused, SandboxControl
from kartra_freshsales.sandbox.server import SandboxProcess
from kartra_freshsales_tests.sandbox.conftest import Account
from kartra_freshsales_tests.sandbox.scenario import (
    control,
    got,
    history,
    made,
    messages,
    new_field,
)


def test_the_api_port_knows_nothing_of_the_control_port(process: SandboxProcess) -> None:
    assert process.control_port not in {0, process.port}
    for path in ("/__sandbox__/history", "/history", "/faults", "/clock"):
        answer = httpx.get(f"{process.root_url}{path}", headers=process.headers)
        assert answer.status_code == 404
    assert httpx.get(f"{process.control_url}/selector/owners").status_code == 404
    assert SandboxControl(process.control_url).history()["requests"] >= 4


def test_an_hour_passes_at_once(account: Account) -> None:
    # reference 11.2
    with account(requests_per_hour=2) as crm:
        for expected in (200, 200, 429):
            assert crm.get("/selector/owners").status_code == expected
        before = control(crm).clock()
        after = control(crm).advance(3600)
        assert after["now"] - before["now"] >= 3600
        assert after["offset_seconds"] == 3600
        assert crm.get("/selector/owners").status_code == 200


def test_records_days_jobs_and_the_date_of_answers_follow_the_clock(
    account: Account,
) -> None:
    with account(job_seconds=100, zone="UTC", search_delay_seconds=50) as crm:
        control(crm).ask("POST", "/clock", {"at": "2040-05-06T23:59:00+00:00"})
        contact = made(crm, "contacts", email="a@example.com")
        assert contact["created_at"].startswith("2040-05-06T23:59")
        body = {"contacts": [{"emails": "b@example.com", "data": {}}]}
        url = crm.post("/contacts/bulk_upsert", json=body).json()["job_status_url"]
        assert [crm.get(url).json()["status"] for _ in range(3)] == ["in_progress"] * 3
        found = {"q": "a@example.com", "include": "contact"}
        assert crm.get("/search", params=found).json() == []
        control(crm).advance(101)
        assert crm.get(url).json()["status"] == "completed"
        assert len(crm.get("/search", params=found).json()) == 1
        deal = made(crm, "deals", name="D", amount=1, deal_stage_id=71_000_006_006)
        assert deal["closed_date"] == "2040-05-07"
        assert "07 May 2040" in crm.get("/selector/owners").headers["date"]


@pytest.mark.parametrize(
    "body",
    [{"advance_seconds": -1}, {"advance_seconds": 0}, {"at": "2001-01-01T00:00:00Z"}, {},
     {"at": "2050-01-01T00:00:00"}, {"advance_seconds": []}],
)  # fmt: skip
def test_the_clock_only_goes_forward(crm: httpx.Client, body: dict[str, object]) -> None:
    with pytest.raises(ControlRefused) as caught:
        control(crm).ask("POST", "/clock", body)
    assert caught.value.status == 400
    assert control(crm).clock()["offset_seconds"] == 0


def test_a_persons_edit_changes_the_record_and_costs_no_request(
    account: Account,
) -> None:
    with account(requests_per_hour=4) as crm:
        contact = made(crm, "contacts", email="a@example.com", city="Oslo")
        control(crm).edit("contacts", contact["id"], city="Bergen", tags=["theirs"])
        seen = got(crm, "contacts", contact["id"])
        assert (seen["city"], seen["tags"]) == ("Bergen", ["theirs"])
        assert seen["updated_at"] > contact["updated_at"]
        assert history(crm)["counted"] == 2
        [line] = [x for x in control(crm).changes() if x["actor"] == "person"]
        assert (line["action"], line["keys"]) == ("update", ["city", "tags"])
        assert line["request"] == 1


def test_a_person_bins_and_restores_records_whatever_the_api_offers(
    crm: httpx.Client,
) -> None:
    # reference 12.15
    contact = made(crm, "contacts", email="a@example.com")
    control(crm).delete("contacts", contact["id"])
    assert crm.get(f"/contacts/{contact['id']}").status_code == 404
    assert crm.put(f"/contacts/{contact['id']}/restore").status_code == 404
    control(crm).restore("contacts", contact["id"])
    assert crm.get(f"/contacts/{contact['id']}").status_code == 200
    actions = [x["action"] for x in control(crm).changes() if x["actor"] == "person"]
    assert actions == ["delete", "restore"]


def test_an_owner_who_was_deactivated_takes_no_more_records(crm: httpx.Client) -> None:
    # reference 12.21
    owner = crm.get("/selector/owners").json()["users"][1]
    control(crm).deactivate_user(email=owner["email"].upper())
    users = crm.get("/selector/owners").json()["users"]
    assert [user["is_active"] for user in users if user["id"] == owner["id"]] == [False]
    body = {"contact": {"email": "a@example.com", "owner_id": owner["id"]}}
    assert messages(crm.post("/contacts", json=body)) == ["Invalid owner provided."]


def test_a_removed_field_is_neither_listed_nor_taken(crm: httpx.Client) -> None:
    new_field(crm, "contacts", label="Shoe size", type="number")
    size = {"cf_shoe_size": 42}
    contact = made(crm, "contacts", email="a@example.com", custom_field=size)
    control(crm).remove_field("contacts", "cf_shoe_size")
    names = {item["name"] for item in crm.get("/settings/contacts/fields").json()["fields"]}
    assert "cf_shoe_size" not in names
    assert "cf_shoe_size" not in got(crm, "contacts", contact["id"])["custom_field"]
    body = {"contact": {"custom_field": {"cf_shoe_size": 43}}}
    assert crm.put(f"/contacts/{contact['id']}", json=body).status_code == 400


def test_a_renamed_choice_is_taken_by_its_new_name_only(crm: httpx.Client) -> None:
    # reference 12.12
    new_field(crm, "contacts", label="Size", type="dropdown", choices=["Small", "Large"])
    control(crm).rename_choice("contacts", "cf_size", "Small", "Petite")
    for word, status in (("Small", 400), ("Petite", 200), ("Large", 200)):
        values = {"email": f"{word}@example.com", "custom_field": {"cf_size": word}}
        body = {"contact": values}
        assert crm.post("/contacts", json=body).status_code == status


def test_a_revoked_key_opens_nothing_until_a_new_one_is_made(crm: httpx.Client) -> None:
    control(crm).revoke_key()
    assert crm.get("/selector/owners").json() == {"login": "failed", "message": None}
    control(crm).new_key("another-key")
    assert crm.get("/selector/owners").status_code == 401
    headers = {"Authorization": "Token token=another-key"}
    assert crm.get("/selector/owners", headers=headers).status_code == 200


def test_faults_are_replaced_or_added_while_it_runs(crm: httpx.Client) -> None:
    control(crm).faults(error_on_read=1.0)
    assert crm.get("/selector/owners").status_code == 500
    told = control(crm).faults(
        merge=True, error_on_read=0.0, rules=[{"kind": "bad_gateway", "at_most": 1}]
    )
    assert told["rules"][0]["kind"] == "bad_gateway"
    assert [crm.get("/selector/owners").status_code for _ in range(2)] == [502, 200]
    assert control(crm).ask("GET", "/faults") == told
    control(crm).faults()
    assert crm.get("/selector/owners").status_code == 200
    assert history(crm)["faults"] == {"error_on_read": 1, "bad_gateway": 1}


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/people/edit", {"module": "contacts", "id": 1, "data": {}}, 404),
        ("POST", "/people/edit", {"module": "contacts", "data": {"city": "X"}}, 404),
        ("POST", "/people/edit", {"module": "tables", "id": 1, "data": {}}, 400),
        ("POST", "/people/restore", {"module": "contacts", "id": 1}, 404),
        ("POST", "/users/deactivate", {"email": "nobody@example.com"}, 404),
        ("POST", "/fields/remove", {"module": "contacts", "name": "cf_none"}, 404),
        ("POST", "/fields/rename_choice", {"module": "contacts", "name": "cf_no"}, 404),
        ("POST", "/workflows/pause", {"name": "None of that name"}, 404),
        ("PUT", "/faults", {"everything": 1}, 400),
        ("PUT", "/faults", {"rules": [{"kind": "earthquake"}]}, 400),
        ("PUT", "/faults", {"rules": [{"kind": "bad_gateway", "probability": 2}]}, 400),
        ("PUT", "/faults", {"retry_after_form": "letters"}, 400),
        ("PUT", "/key", {"key": " "}, 400),
        ("PUT", "/conversion", {"cf_none": {"contact": "cf_none"}}, 400),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_reason(
    crm: httpx.Client, method: str, path: str, body: dict[str, object], status: int
) -> None:
    with pytest.raises(ControlRefused, match=r"[a-z]{3}") as caught:
        control(crm).ask(method, path, body)
    assert caught.value.status == status


def test_an_admin_maps_the_fields_of_leads_on_classic(account: Account) -> None:
    # reference 1.1
    with account(edition="classic") as crm:
        for module in ("leads", "contacts"):
            new_field(crm, module, label="Size", type="text")
        assert control(crm).conversion() == {}
        mapping = {"cf_size": {"contact": "cf_size"}}
        assert control(crm).set_conversion(mapping) == mapping
        assert control(crm).conversion() == mapping


def test_a_process_is_told_its_faults_and_the_ports_it_may_use(tmp_path: Path) -> None:
    faults = Faults(rules=(Fault("bad_gateway", routes=("GET /selector",), at_most=1),))
    with SandboxProcess(faults=faults, state=tmp_path / "state.sqlite") as sandbox:
        told = sandbox.control.ask("GET", "/faults")
        assert Faults.from_mapping(told) == faults
        url = f"{sandbox.base_url}/selector/owners"
        answers = [httpx.get(url, headers=sandbox.headers).status_code for _ in range(2)]
        assert answers == [502, 200]
        port = sandbox.control_port
    with SandboxProcess(control_port=port) as sandbox:
        assert sandbox.control_port == port
        assert sandbox.control.history()["requests"] == 0


def test_no_page_of_a_browser_can_reach_it(process: SandboxProcess) -> None:
    url = f"{process.control_url}/key/revoke"
    form = {"Content-Type": "text/plain"}
    assert httpx.post(url, content=b"{}", headers=form).status_code == 400
    host = {"Host": f"rebound.example.com:{process.control_port}"}
    assert httpx.post(url, json={}, headers=host).status_code == 403
    with httpx.Client(base_url=process.base_url, headers=process.headers) as client:
        assert client.get("/selector/owners").status_code == 200


def test_a_clock_that_was_moved_ahead_stays_ahead_after_a_restart(
    account: Account, tmp_path_factory: pytest.TempPathFactory
) -> None:
    state = tmp_path_factory.mktemp("clock") / "state.sqlite"
    with account(state=state) as crm:
        control(crm).advance(7200)
        first = made(crm, "contacts", email="a@example.com")
    with account(state=state) as crm:
        second = made(crm, "contacts", email="b@example.com")
        assert second["created_at"] > first["created_at"]
        shown = datetime.fromisoformat(control(crm).clock()["at"])
        assert (shown - datetime.now(UTC)).total_seconds() > 7000
