"""Who may enter, what is not there, and how errors look."""

from __future__ import annotations

import httpx

from kartra_freshsales_tests.sandbox.scenario import messages


def test_a_missing_or_wrong_key_is_answered_with_the_login_body(crm: httpx.Client) -> None:
    for header in ("", "Token token=wrong", "Bearer secret-key"):
        answer = crm.get("/selector/owners", headers={"Authorization": header})
        assert answer.status_code == 401
        assert answer.json() == {"login": "failed", "message": None}


def test_a_bare_list_and_an_unknown_view_are_forbidden(crm: httpx.Client) -> None:
    for path in ("/contacts", "/deals", "/contacts/view/1", "/leads/filters", "/leads"):
        answer = crm.get(path)
        assert answer.status_code == 403
        assert messages(answer)


def test_unknown_ids_and_routes_are_not_found(crm: httpx.Client) -> None:
    for path in (
        "/contacts/402000009999",
        f"/deals/{10**30}",
        "/nothing",
        "/notes/1",
        "/job_statuses/1",
    ):
        assert crm.get(path).status_code == 404
    assert crm.post("/settings/contacts/fields", json={"label": "X"}).status_code == 404
    assert crm.delete("/lists/72000000001").status_code == 404


def test_malformed_json_is_refused(crm: httpx.Client) -> None:
    answer = crm.post(
        "/contacts", content=b"{", headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 400
    assert messages(answer) == ["Invalid or missing attributes"]


def test_text_that_is_no_text_is_refused(crm: httpx.Client) -> None:
    body = b'{"email": "a@example.com", "city": "\\ud800"}'
    answer = crm.post(
        "/contacts", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in {200, 400}
    assert crm.get("/contacts/filters").status_code == 200


def test_json_sent_as_text_breaks_accounts_and_deals_but_not_contacts(
    crm: httpx.Client,
) -> None:
    plain = {"Content-Type": "text/plain"}
    for module, status in (("contacts", 400), ("sales_accounts", 500), ("deals", 500)):
        answer = crm.post(f"/{module}", content=b'{"name": "A"}', headers=plain)
        assert answer.status_code == status


def test_every_answer_is_json(crm: httpx.Client) -> None:
    for path in ("/tasks", "/contacts", "/selector/owners", "/nothing"):
        assert crm.get(path).headers["content-type"].startswith("application/json")


def test_tasks_can_be_listed_as_clients_do_to_try_their_key(crm: httpx.Client) -> None:
    assert crm.get("/tasks", params={"filter": "open"}).json() == {
        "tasks": [],
        "meta": {"total": 0},
    }


def test_selectors_answer_under_their_name_and_owners_under_users(
    crm: httpx.Client,
) -> None:
    users = crm.get("/selector/owners").json()["users"]
    assert [user["email"] for user in users if not user["is_active"]] == [
        "former-owner@example.com"
    ]
    assert users[0]["email"] == "admin@example.com"
    assert users[0]["id"] == min(user["id"] for user in users)
    for name in (
        "deal_stages", "deal_pipelines", "currencies", "lead_sources", "contact_statuses",
        "lifecycle_stages", "deal_types", "deal_reasons", "deal_payment_statuses",
        "territories", "campaigns", "industry_types", "business_types",
        "sales_activity_types", "designations",
    ):  # fmt: skip
        assert crm.get(f"/selector/{name}").json()[name], name
    pipeline = crm.get("/selector/deal_pipelines").json()["deal_pipelines"][0]
    stages = crm.get(f"/selector/deal_pipelines/{pipeline['id']}/deal_stages").json()
    assert stages["deal_stages"] == pipeline["deal_stages"]
    assert [item["name"] for item in stages["deal_stages"]][-2:] == ["Won", "Lost"]
    assert crm.get("/selector/users").status_code == 404
