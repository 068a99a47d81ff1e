"""The hourly limit, the history of requests, and faults that strike on demand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from kartra_freshsales.sandbox.config import Faults
from kartra_freshsales.sandbox.fault_settings import WHEN
from kartra_freshsales_tests.sandbox.conftest import Account
from kartra_freshsales_tests.sandbox.scenario import (
    bulk,
    control,
    got,
    history,
    made,
    messages,
    new_field,
    viewed,
)


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


def struck(crm: httpx.Client) -> dict[str, int]:
    """How often each fault struck."""
    counts: dict[str, int] = history(crm)["faults"]
    return counts


def rule(kind: str, **values: Any) -> Faults:
    """One fault with a trigger of its own."""
    return Faults.from_mapping({"rules": [{"kind": kind, **values}]})


# reference 5, 12.5
@pytest.mark.parametrize(
    ("form", "expected"),
    [("seconds", "90"), ("date", "Tue, 14 Nov 2023 22:14:50 GMT"), ("none", None)],
)
@pytest.mark.parametrize("kind", ["burst_429", "unavailable", "the account's limit"])
def test_retry_after_is_seconds_a_date_or_missing(
    account: Account, form: str, expected: str | None, kind: str
) -> None:
    own = kind == "the account's limit"
    rules = [] if own else [{"kind": kind, "retry_after": 90}]
    faults = Faults.from_mapping({"rules": rules, "retry_after_form": form})
    limits = {"requests_per_hour": 1, "window_seconds": 90} if own else {}
    with account(clock=lambda: 1_700_000_000.0, faults=faults, **limits) as crm:
        answers = [crm.get("/selector/owners") for _ in range(2)]
        assert answers[1].status_code == (503 if kind == "unavailable" else 429)
        assert answers[1].headers.get("Retry-After") == expected
        assert answers[1].headers["Date"] == "Tue, 14 Nov 2023 22:13:20 GMT"


@pytest.mark.parametrize(("kind", "status"), [("bad_gateway", 502), ("unavailable", 503)])
def test_a_gateway_may_fail_before_anything_is_done(
    account: Account, kind: str, status: int
) -> None:
    with account(faults=rule(kind, at_most=2)) as crm:
        assert crm.get("/selector/owners").status_code == status
        answer = crm.post("/contacts", json={"contact": {"email": "a@example.com"}})
        assert answer.status_code == status
        assert "Retry-After" not in answer.headers
        assert viewed(crm, "contacts", "All Contacts")["meta"]["total"] == 0


def test_a_connection_may_be_cut_before_the_write_is_done(account: Account) -> None:
    with account(faults=rule("drop_before_write", at_most=1)) as crm:
        body = {"contact": {"email": "a@example.com"}}
        with pytest.raises(httpx.TransportError):
            crm.post("/contacts", json=body)
        assert viewed(crm, "contacts", "All Contacts")["meta"]["total"] == 0
        assert crm.post("/contacts", json=body).status_code == 200


def test_an_answer_may_be_slow(account: Account) -> None:
    with account(faults=rule("slow_answer", seconds=0.5, at_most=1)) as crm:
        with pytest.raises(httpx.ReadTimeout):
            crm.get("/selector/owners", timeout=0.1)
        assert crm.get("/selector/owners", timeout=5).status_code == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_body_may_break_off_before_its_announced_length(
    account: Account, method: str
) -> None:
    with account(faults=rule("truncated_body", at_most=1)) as crm:
        path = "/selector/owners" if method == "GET" else "/contacts"
        with pytest.raises(httpx.RemoteProtocolError, match=r"incomplete|peer closed"):
            crm.request(method, path, json={"email": "a@example.com"})
        written = viewed(crm, "contacts", "All Contacts")["meta"]["total"]
        assert written == (method == "POST")


def test_a_long_body_breaks_off_too_and_the_server_goes_on(account: Account) -> None:
    with account(faults=rule("truncated_body", routes=["/view/"], at_most=1)) as crm:
        rows = [
            {"emails": f"{at}@example.com", "data": {"address": "x" * 250}}
            for at in range(100)
        ]
        bulk(crm, "contacts", rows)
        with pytest.raises(httpx.RemoteProtocolError):
            viewed(crm, "contacts", "All Contacts", per_page=100)
        assert len(viewed(crm, "contacts", "All Contacts", per_page=100)["contacts"]) == 100


def test_an_answer_may_be_half_a_document(account: Account) -> None:
    with account(faults=rule("cut_json", at_most=1)) as crm:
        answer = crm.get("/selector/owners")
        assert answer.status_code == 200
        with pytest.raises(ValueError, match=r"."):
            answer.json()


def test_a_job_may_take_longer_than_usual(account: Account) -> None:
    with account(faults=rule("job_takes_long", seconds=30, at_most=1)) as crm:
        body = {"contacts": [{"emails": "a@example.com", "data": {}}]}
        url = crm.post("/contacts/bulk_upsert", json=body).json()["job_status_url"]
        assert {crm.get(url).json()["status"] for _ in range(4)} == {"in_progress"}
        assert viewed(crm, "contacts", "All Contacts")["meta"]["total"] == 0
        control(crm).advance(31)
        crm.get(url)
        assert crm.get(url).json()["status"] == "completed"
        assert viewed(crm, "contacts", "All Contacts")["meta"]["total"] == 1


def test_a_key_may_be_revoked_at_a_given_request(account: Account) -> None:
    with account(faults=rule("key_revoked", at_request=3)) as crm:
        answers = [crm.get("/selector/owners").status_code for _ in range(5)]
        assert answers == [200, 200, 401, 401, 401]
        assert struck(crm) == {"key_revoked": 1}


def test_a_person_may_edit_a_record_midway(account: Account) -> None:
    what = {"module": "contacts", "data": {"city": "Theirs"}}
    with account(faults=rule("record_edited", at_request=3, what=what)) as crm:
        ids = [made(crm, "contacts", email=f"{n}@example.com")["id"] for n in range(2)]
        cities = [got(crm, "contacts", number)["city"] for number in ids]
        assert cities == [None, "Theirs"]
        assert struck(crm) == {"record_edited": 1}


def test_an_event_with_nothing_to_happen_to_is_not_told_as_one(account: Account) -> None:
    what = {"module": "contacts", "data": {"city": "Theirs"}}
    with account(faults=rule("record_edited", what=what)) as crm:
        assert crm.get("/selector/owners").status_code == 200
        assert struck(crm) == {}


def test_settings_may_change_midway(account: Account) -> None:
    owner = 70_000_000_002
    faults = Faults.from_mapping({"rules": [
        {"kind": "owner_deactivated", "at_request": 6, "what": {"id": owner}},
        {"kind": "field_removed", "at_request": 7,
         "what": {"module": "contacts", "name": "cf_gone"}},
        {"kind": "choice_renamed", "at_request": 8,
         "what": {"module": "contacts", "name": "cf_size", "old": "S", "new": "XS"}},
    ]})  # fmt: skip
    with account(faults=faults) as crm:
        new_field(crm, "contacts", label="Gone", type="text")
        new_field(crm, "contacts", label="Size", type="dropdown", choices=["S", "L"])
        values = {"owner_id": owner, "custom_field": {"cf_gone": "x", "cf_size": "S"}}
        bodies = [
            {"email": "a@example.com", **values},
            {"email": "b@example.com", "owner_id": owner},
            {"email": "c@example.com", "custom_field": {"cf_gone": "x"}},
            {"email": "d@example.com", "custom_field": {"cf_size": "S"}},
            {"email": "e@example.com", "custom_field": {"cf_size": "XS"}},
        ]
        answers = [crm.post("/contacts", json=body).status_code for body in bodies]
        assert answers == [200, 400, 400, 400, 200]
        assert set(struck(crm)) == {"owner_deactivated", "field_removed", "choice_renamed"}


def test_a_rule_strikes_its_routes_only_and_once_where_a_request_is_named(
    account: Account,
) -> None:
    faults = rule("bad_gateway", at_request=2, routes=["GET /contacts"])
    with account(faults=faults) as crm:
        answers = [
            crm.get(path).status_code
            for path in ("/contacts/filters", "/selector/owners", "/contacts/filters") * 2
        ]
        assert answers == [200, 200, 502, 200, 200, 200]


def test_rules_keep_counts_of_their_own(account: Account) -> None:
    faults = Faults.from_mapping(
        {
            "error_on_read": 1.0,
            "at_most": 1,
            "rules": [
                {"kind": "unavailable", "at_most": 2, "first_request": 1},
                {"kind": "cut_json", "at_most": 1, "first_request": 3},
            ],
        }
    )
    with account(faults=faults) as crm:
        answers = [crm.get("/selector/owners").status_code for _ in range(5)]
        assert answers == [500, 503, 503, 200, 200]
        assert struck(crm) == {"error_on_read": 1, "unavailable": 2, "cut_json": 1}


def test_every_kind_of_fault_can_be_asked_for_by_a_rule() -> None:
    for kind in WHEN:
        [found] = Faults.from_mapping({"rules": [{"kind": kind}]}).rules
        assert found.kind == kind
    assert Faults.from_mapping(rule("cut_json", routes=["/view/"]).plain()) == rule(
        "cut_json", routes=["/view/"]
    )
    for wrong in ({"kind": "no_such"}, {}, {"kind": "cut_json", "when": 1}, "cut_json"):
        with pytest.raises(ValueError, match=r"\w"):
            Faults.from_mapping({"rules": [wrong]})


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
