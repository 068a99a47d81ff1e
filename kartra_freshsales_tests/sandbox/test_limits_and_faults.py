"""The hourly limit, the history of requests, and faults that strike on demand."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from kartra_freshsales.sandbox.config import Faults
from kartra_freshsales_tests.sandbox.conftest import Account
from kartra_freshsales_tests.sandbox.scenario import bulk, history, made, messages, viewed


def test_the_hour_slides_and_a_refusal_tells_when_to_come_back(account: Account) -> None:
    now = [1_700_000_000.0]
    with account(clock=lambda: now[0], requests_per_hour=3) as crm:
        for _ in range(3):
            assert crm.get("/selector/owners").status_code == 200
            now[0] += 600
        refused = crm.get("/selector/owners")
        assert refused.status_code == 429
        assert refused.headers["Retry-After"] == "1800"
        now[0] += 1800
        assert crm.get("/selector/owners").status_code == 200
        assert crm.get("/selector/owners").status_code == 429
        counts = history(crm)
        assert (counts["requests"], counts["counted"]) == (6, 4)
        assert counts["refused_429"] == 2


@pytest.mark.parametrize(("plan", "limit"), [("growth", 1000), ("enterprise", 5000)])
def test_the_plan_sets_the_limit(account: Account, plan: str, limit: int) -> None:
    from kartra_freshsales.sandbox.config import SandboxConfig  # noqa: PLC0415

    assert SandboxConfig(plan=plan).hourly_limit == limit
    with account(plan=plan, requests_per_hour=None) as crm:
        assert crm.get("/selector/owners").status_code == 200


def test_the_history_tells_reads_polls_and_writes_apart(crm: httpx.Client) -> None:
    bulk(crm, "contacts", [{"emails": "a@example.com", "data": {}}])
    viewed(crm, "contacts", "All Contacts")
    counts = history(crm)
    assert (counts["writes"], counts["polls"], counts["reads"]) == (1, 2, 2)
    assert counts["writes_by_route"] == {"POST /contacts/bulk_upsert": 1}
    assert counts["reads_by_route"]["GET /contacts/view/:id"] == 1


@pytest.mark.parametrize("fault", ["drop_after_write", "error_after_write"])
def test_a_write_may_be_done_although_its_answer_is_lost(
    account: Account, fault: str
) -> None:
    faults = Faults.from_mapping({fault: 1.0, "routes": ["POST /contacts"], "at_most": 1})
    with account(faults=faults) as crm:
        body = {"contact": {"email": "a@example.com"}}
        if fault == "error_after_write":
            assert crm.post("/contacts", json=body).status_code == 500
        else:
            with pytest.raises(httpx.TransportError):
                crm.post("/contacts", json=body)
        assert viewed(crm, "contacts", "All Contacts")["meta"]["total"] == 1
        assert history(crm)["faults"] == {fault: 1}
        assert messages(crm.post("/contacts", json=body)) == [
            "a@example.com already exists."
        ]


def test_a_write_may_fail_before_it_is_done(account: Account) -> None:
    with account(faults=Faults(error_before_write=1.0, at_most=1)) as crm:
        body = {"contact": {"email": "a@example.com"}}
        assert crm.post("/contacts", json=body).json() == {"error_code": 500}
        assert crm.post("/contacts", json=body).status_code == 200


def test_a_write_may_hang_after_it_is_done(account: Account) -> None:
    faults = Faults(hang_after_write=1.0, hang_seconds=0.6, at_most=1)
    with account(faults=faults) as crm:
        with pytest.raises(httpx.ReadTimeout):
            crm.post("/contacts", json={"email": "a@example.com"}, timeout=0.2)
        assert viewed(crm, "contacts", "All Contacts")["meta"]["total"] == 1


def test_bursts_of_429_come_with_and_without_retry_after(account: Account) -> None:
    for retry_after, header in ((2.0, "2"), (None, None)):
        faults = Faults(
            burst_429=1.0, burst_length=3, burst_retry_after=retry_after, at_most=1
        )
        with account(faults=faults) as crm:
            answers = [crm.get("/selector/owners") for _ in range(4)]
            assert [item.status_code for item in answers] == [429, 429, 429, 200]
            assert answers[0].headers.get("Retry-After") == header


def test_a_429_may_hide_in_a_400(account: Account) -> None:
    with account(faults=Faults(hidden_429=1.0, at_most=1)) as crm:
        answer = crm.get("/selector/owners")
        assert answer.status_code == 400
        assert "response_code :: 429" in messages(answer)[0]


def test_a_job_may_lose_rows_without_noticing(account: Account) -> None:
    rows = [{"emails": f"{at}@example.com", "data": {}} for at in range(50)]
    with account(faults=Faults(seed=3, job_loses_row=0.2)) as crm:
        status = bulk(crm, "contacts", rows)
        assert status["data"] == {"total": 50, "success": 50, "failed": []}
        assert 25 < viewed(crm, "contacts", "All Contacts")["meta"]["total"] < 50


def test_a_job_may_never_report_its_end(account: Account) -> None:
    with account(faults=Faults(job_never_finishes=1.0)) as crm:
        answer = crm.post(
            "/contacts/bulk_upsert",
            json={"contacts": [{"emails": "a@example.com", "data": {}}]},
        )
        url = answer.json()["job_status_url"]
        assert {crm.get(url).json()["status"] for _ in range(4)} == {"in_progress"}
        assert viewed(crm, "contacts", "All Contacts")["meta"]["total"] == 1


def test_the_same_seed_gives_the_same_faults(account: Account) -> None:
    seen = []
    for _ in range(2):
        with account(faults=Faults(seed=9, error_on_read=0.5)) as crm:
            seen.append([crm.get("/selector/owners").status_code for _ in range(20)])
    assert seen[0] == seen[1]
    assert set(seen[0]) == {200, 500}


def test_unknown_faults_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "faults.yaml"
    path.write_text("drop_after_write: 0.5\nroutes: [POST /deals]\n", encoding="utf-8")
    assert Faults.from_yaml(path).routes == ("POST /deals",)
    path.write_text("drop_everything: 1\n", encoding="utf-8")
    with pytest.raises(ValueError, match="drop_everything"):
        Faults.from_yaml(path)


def test_state_and_limit_survive_a_restart(account: Account, tmp_path: Path) -> None:
    state = tmp_path / "state.sqlite"
    with account(state=state, requests_per_hour=4) as crm:
        contact = made(crm, "contacts", email="a@example.com")
        crm.get("/selector/owners")
    with account(state=state, requests_per_hour=4) as crm:
        page = viewed(crm, "contacts", "All Contacts")
        assert page["contacts"][0]["id"] == contact["id"]
        assert crm.get("/selector/owners").status_code == 429
