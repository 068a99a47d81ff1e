"""Every request and every change is kept, and can be taken out as lines of JSON."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kartra_freshsales_tests.sandbox.conftest import Account
from kartra_freshsales_tests.sandbox.scenario import (
    bulk,
    control,
    history,
    made,
    new_field,
    view_id,
)

REQUEST_KEYS = [
    "number", "at", "method", "route", "path", "status", "counted", "fault", "seconds",
    "client",
]  # fmt: skip
CHANGE_KEYS = [
    "number", "at", "request", "actor", "module", "id", "action", "other", "keys",
]  # fmt: skip


def changes(crm: httpx.Client, module: str, **query: Any) -> list[dict[str, Any]]:
    """Changes of one module, without its settings."""
    return [x for x in control(crm).changes(**query) if x["module"] == module]


def told(crm: httpx.Client, module: str) -> list[tuple[str, list[str]]]:
    """What was done to records of a module, and which keys it changed."""
    return [(x["action"], x["keys"]) for x in changes(crm, module)]


def test_every_request_is_a_line_with_its_number_and_its_client(crm: httpx.Client) -> None:
    crm.get("/selector/owners", headers={"User-Agent": "one/1"})
    crm.get("/contacts/5", headers={"User-Agent": "two/2"})
    crm.get("/selector/owners", headers={"Authorization": "none"})
    lines = control(crm).requests()
    assert [list(line) for line in lines] == [REQUEST_KEYS] * 3
    shown = [(x["number"], x["route"], x["status"], x["counted"]) for x in lines]
    assert shown == [
        (1, "/selector/:name", 200, True),
        (2, "/contacts/:id", 404, True),
        (3, "/selector/:name", 401, False),
    ]
    assert [x["client"] for x in lines][:2] == ["one/1", "two/2"]
    assert [x["number"] for x in control(crm).requests(after=2)] == [3]
    assert control(crm).history(full=True)["history"] == lines


def test_a_records_life_is_told_action_by_action(crm: httpx.Client) -> None:
    new_field(crm, "contacts", label="Size", type="text")
    contact = made(crm, "contacts", email="a@example.com", city="Oslo")["id"]
    size = {"city": "Bergen", "custom_field": {"cf_size": "42"}}
    crm.put(f"/contacts/{contact}", json={"contact": size})
    crm.put(f"/contacts/{contact}", json={"contact": {"tags": ["x"]}})
    crm.put(f"/contacts/{contact}", json={"contact": {"city": "Bergen"}})
    crm.put(f"/contacts/{contact}", json={"contact": {"owner_id": 70_000_000_002}})
    crm.delete(f"/contacts/{contact}")
    control(crm).restore("contacts", contact)
    crm.delete(f"/contacts/{contact}/forget")
    lines = told(crm, "contacts")
    assert lines[0][0] == "create"
    assert {"city", "emails", "owner_id"} <= set(lines[0][1])
    assert lines[1:] == [
        ("update", ["cf_size", "city"]),
        ("tag", ["tags"]),
        ("update", []),
        ("update", ["owner_id"]),
        ("delete", []),
        ("restore", []),
        ("forget", []),
    ]
    numbers = [line["request"] for line in changes(crm, "contacts")]
    assert numbers == sorted(numbers)
    assert all(list(x) == CHANGE_KEYS for x in control(crm).changes())


def test_values_are_shown_on_request_only(crm: httpx.Client) -> None:
    contact = made(crm, "contacts", email="person.1@example.com", city="Oslo")["id"]
    crm.put(f"/contacts/{contact}", json={"contact": {"city": "Bergen"}})
    assert "person.1@example.com" not in json.dumps(control(crm).changes())
    created, updated = changes(crm, "contacts", values=True)
    assert created["now"]["emails"][0]["value"] == "person.1@example.com"
    assert (updated["was"], updated["now"]) == ({"city": "Oslo"}, {"city": "Bergen"})


def test_links_lists_and_notes_are_told_with_what_they_hang_on(crm: httpx.Client) -> None:
    company = made(crm, "sales_accounts", name="Company 1")["id"]
    other = made(crm, "sales_accounts", name="Company 2")["id"]
    contact = made(crm, "contacts", email="a@example.com", sales_account_id=company)["id"]
    for linked in (company, other):
        body = {"contact": {"sales_accounts": [{"id": linked, "is_primary": True}]}}
        crm.put(f"/contacts/{contact}", json=body)
    deal = made(crm, "deals", name="D", amount=1, contacts_added_list=[contact])["id"]
    named = crm.post("/lists", json={"name": "Buyers"}).json()["list"]["id"]
    crm.put(f"/lists/{named}/add_contacts", json={"ids": [contact]})
    crm.put(f"/lists/{named}/add_contacts", json={"ids": [contact]})
    crm.put(f"/lists/{named}/remove_contacts", json={"ids": [contact]})
    about = {"targetable_type": "Contact", "targetable_id": contact}
    crm.post("/notes", json={"note": {"description": "Hello", **about}})
    shown = [(x["module"], x["id"], x["action"], x["other"])
             for x in control(crm).changes() if x["other"] is not None]  # fmt: skip
    note = shown[-1][1]
    assert shown == [
        ("contacts", contact, "link", company),
        ("contacts", contact, "unlink", company),
        ("contacts", contact, "link", other),
        ("deals", deal, "link", contact),
        ("contacts", contact, "list_add", named),
        ("contacts", contact, "list_remove", named),
        ("notes", note, "create", contact),
    ]


def test_a_job_writes_in_its_own_name_for_the_call_that_handed_it_in(
    account: Account,
) -> None:
    with account(job_seconds=5) as crm:
        rows = [{"emails": "a@example.com", "data": {}}]
        answer = crm.post("/contacts/bulk_upsert", json={"contacts": rows})
        url = answer.json()["job_status_url"]
        crm.get("/selector/owners")
        control(crm).advance(6)
        crm.get(url)
        [line] = changes(crm, "contacts")
        assert line["actor"] == f"job:{url.rpartition('/')[2]}"
        assert line["request"] == 1
        assert line["at"] >= control(crm).requests()[-1]["at"]


def test_what_was_refused_or_rolled_back_leaves_no_line(crm: httpx.Client) -> None:
    made(crm, "contacts", email="a@example.com")
    assert (
        crm.post("/contacts", json={"contact": {"email": "no address"}}).status_code == 400
    )
    assert (
        crm.post("/contacts", json={"contact": {"email": "A@example.com"}}).status_code
        == 400
    )
    # The account is made first and goes with the deal that is refused after it.
    body = {"deal": {"name": "D", "amount": 1, "sales_account": {"name": "New"},
                     "contacts_added_list": [1]}}  # fmt: skip
    assert crm.post("/deals", json=body).status_code == 400
    rows = [{"emails": "b@example.com", "data": {}}, {"emails": "no", "data": {}}]
    bulk(crm, "contacts", rows)
    assert [x["module"] for x in control(crm).changes()] == ["contacts"] * 2
    assert history(crm)["statuses"]["400"] == 3


EDITS = st.lists(
    st.tuples(st.sampled_from(["create", "update", "delete", "forget"]), st.integers(0, 4)),
    max_size=12,
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(edits=EDITS)
def test_the_lines_replayed_give_the_records_that_stand(
    edits: list[tuple[str, int]], account: Account
) -> None:
    with account() as crm:
        ids: dict[int, int] = {}
        for action, number in edits:
            body = {"contact": {"email": f"{number}@example.com", "city": action}}
            if action == "create":
                answer = crm.post("/contacts", json=body)
                if answer.status_code == 200:
                    ids[number] = answer.json()["contact"]["id"]
            elif number in ids:
                path = f"/contacts/{ids[number]}"
                if action == "update":
                    crm.put(path, json={"contact": {"city": "Oslo"}})
                else:
                    crm.delete(path if action == "delete" else f"{path}/forget")
        live: set[int] = set()
        for line in changes(crm, "contacts"):
            if line["action"] in {"create", "restore"}:
                live.add(line["id"])
            elif line["action"] in {"delete", "forget"}:
                live.discard(line["id"])
        view = view_id(crm, "contacts", "All Contacts")
        page = crm.get(f"/contacts/view/{view}", params={"per_page": 100}).json()
        assert live == {record["id"] for record in page["contacts"]}


@pytest.mark.parametrize("path", ["/history.jsonl", "/changes.jsonl"])
def test_many_lines_are_streamed_in_order(crm: httpx.Client, path: str) -> None:
    for start in range(0, 1200, 100):
        rows = [
            {"emails": f"{at}@example.com", "data": {}} for at in range(start, start + 100)
        ]
        crm.post("/contacts/bulk_upsert", json={"contacts": rows})
    for _ in range(1000):
        crm.get("/nothing")
    with httpx.stream("GET", f"{control(crm).url}{path}") as answer:
        assert answer.headers["content-type"].startswith("application/jsonl")
        numbers = [json.loads(line)["number"] for line in answer.iter_lines()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) > 1000
