"""What is read through a record: its timeline, activities, notes, team, and their end."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from kartra_freshsales.sandbox.config import Switches
from kartra_freshsales_tests.sandbox.conftest import Account
from kartra_freshsales_tests.sandbox.scenario import got, made

MEETING = {"from_date": "2026-03-12T10:00:00Z", "end_date": "2026-03-12T11:00:00Z"}
RECORDS: dict[str, dict[str, Any]] = {
    "contacts": {"email": "person.1@example.com", "last_name": "Person 1"},
    "sales_accounts": {"name": "Acme"},
    "deals": {"name": "Deal 1", "amount": 5},
}
TARGETS = {"contacts": "Contact", "sales_accounts": "SalesAccount", "deals": "Deal"}


def furnish(crm: httpx.Client, module: str, record_id: int, word: str = "A") -> None:
    """Hang one of each thing on a record."""
    about = {"targetable_type": TARGETS[module], "targetable_id": record_id}
    kind = crm.get("/selector/sales_activity_types").json()["sales_activity_types"][1]["id"]
    calls: list[tuple[str, dict[str, Any]]] = [
        ("note", {"description": word}),
        ("task", {"title": word, "due_date": "2026-03-10"}),
        ("appointment", {"title": word, **MEETING}),
        (
            "sales_activity",
            {
                "title": word,
                "sales_activity_type_id": kind,
                "start_date": MEETING["from_date"],
                "end_date": MEETING["end_date"],
            },
        ),
        ("phone_call", {"call_direction": True, "note": {"description": word}}),
        ("document_link", {"url": "example.com"}),
    ]
    for singular, body in calls:
        plural = "sales_activities" if singular == "sales_activity" else f"{singular}s"
        answer = crm.post(f"/{plural}", json={singular: {**body, **about}})
        assert answer.is_success, answer.text
    answer = crm.post("/documents", files={"file": ("a.txt", b"a")}, data=about)
    assert answer.is_success, answer.text


@pytest.fixture
def contact(crm: httpx.Client) -> int:
    record_id: int = made(crm, "contacts", **RECORDS["contacts"])["id"]
    furnish(crm, "contacts", record_id)
    return record_id


# reference 2.1, 3.2: has_next and has_previous
@pytest.mark.parametrize("suffix", ["", ".json"])
def test_a_contacts_timeline_tells_all_that_happened_latest_first(
    crm: httpx.Client, contact: int, suffix: str
) -> None:
    path = f"/contacts/{contact}/activities{suffix}"
    page = crm.get(path).json()
    assert list(page) == ["activities", "meta"]
    assert page["meta"] == {"has_next": False, "has_previous": False}
    kinds = [step["actionable_type"] for step in page["activities"]]
    assert kinds == [
        "Document", "DocumentLink", "PhoneCall", "SalesActivity", "Appointment", "Task",
        "Note", "Contact",
    ]  # fmt: skip
    assert {step["targetable_id"] for step in page["activities"]} == {contact}
    short = crm.get(path, params={"limit": 2}).json()
    assert short["activities"] == page["activities"][:2]
    assert short["meta"]["has_next"] is True
    assert crm.get("/contacts/5/activities").status_code == 404


# reference 12.30
@pytest.mark.parametrize("module", list(RECORDS))
def test_tasks_and_appointments_are_read_through_their_record(
    crm: httpx.Client, module: str
) -> None:
    record = made(crm, module, **RECORDS[module])["id"]
    furnish(crm, module, record)
    furnish(crm, module, record, "B")
    crm.post("/tasks", json={"title": "free", "due_date": "2026-03-10"})
    for name in ("tasks", "appointments"):
        page = crm.get(f"/{module}/{record}/{name}").json()
        assert list(page) == [name, "meta"]
        assert [item["title"] for item in page[name]] == ["B", "A"]
        assert page["meta"] == {"total": 2}
        page = crm.get(f"/{module}/{record}/{name}", params={"per_page": 1}).json()
        assert (len(page[name]), page["meta"]) == (1, {"total": 2})
        include = {"include": "creater,targetable"}
        page = crm.get(f"/{module}/{record}/{name}", params=include).json()
        assert list(page) == ["users", module, name, "meta"]
        assert crm.get(f"/{module}/5/{name}").status_code == 404


# reference 3.4: side-loads stand before the record
def test_records_bring_along_what_was_written_about_them(
    crm: httpx.Client, contact: int
) -> None:
    include = {"include": "tasks,sales_activities,notes,appointments"}
    body = crm.get(f"/contacts/{contact}", params=include).json()
    names = ["notes", "tasks", "appointments", "sales_activities"]
    assert list(body) == [*names, "contact", "meta"]
    assert [len(body[name]) for name in names] == [1, 1, 1, 1]
    task = crm.get("/tasks").json()["tasks"][0]
    assert body["tasks"] == [task]
    other = made(crm, "contacts", email="person.2@example.com")["id"]
    body = crm.get(f"/contacts/{other}", params=include).json()
    assert [body[name] for name in names] == [[], [], [], []]


# reference 3.5
@pytest.mark.parametrize("module", list(RECORDS))
def test_a_record_shows_its_latest_note(crm: httpx.Client, module: str) -> None:
    record = made(crm, module, **RECORDS[module])["id"]
    assert got(crm, module, record)["recent_note"] is None
    notes = []
    for text in ("First", "Second"):
        about = {"targetable_type": TARGETS[module], "targetable_id": record}
        note = crm.post("/notes", json={"note": {"description": text, **about}}).json()
        notes.append(note["note"]["id"])
        assert got(crm, module, record)["recent_note"] == text
    crm.delete(f"/notes/{notes[1]}")
    assert got(crm, module, record)["recent_note"] == "First"


# reference 2.2: what is in the bin comes back with all that hung on it
def test_a_binned_record_keeps_what_hangs_on_it(account: Account) -> None:
    with account(switches=Switches(restore_call=True)) as crm:
        contact = made(crm, "contacts", **RECORDS["contacts"])["id"]
        furnish(crm, "contacts", contact)
        crm.request("DELETE", f"/contacts/{contact}", json=True)
        for name in ("tasks", "appointments", "document_associations", "activities"):
            assert crm.get(f"/contacts/{contact}/{name}").status_code == 404
        crm.put(f"/contacts/{contact}/restore")
        assert crm.get(f"/contacts/{contact}/tasks").json()["meta"] == {"total": 1}
        page = crm.get(f"/contacts/{contact}/document_associations").json()
        assert (len(page["documents"]), len(page["document_links"])) == (1, 1)


def test_a_forgotten_record_takes_everything_with_it(
    crm: httpx.Client, contact: int
) -> None:
    other = made(crm, "contacts", email="person.2@example.com")["id"]
    furnish(crm, "contacts", other, "B")
    gone = [
        f"/{name}/{crm.get(f'/{name}').json()[name][-1]['id']}"
        for name in ("tasks", "appointments")
    ]
    crm.request("DELETE", f"/contacts/{contact}/forget", json=True)
    for path in gone:
        assert crm.get(path).status_code == 404
    for name in ("tasks", "appointments", "sales_activities"):
        page = crm.get(f"/{name}").json()
        assert [item["title"] for item in page[name]] == ["B"]
    page = crm.get(f"/contacts/{other}/document_associations").json()
    assert len(page["document_associations"]) == 2


# reference 2.1, 2.3: seen in links or on the web app's own routes only
@pytest.mark.parametrize(
    "page",
    ["conversations/all", "timeline_feeds", "reminders", "duplicates", "connections"],
)
def test_pages_seen_in_links_only_do_not_answer(
    crm: httpx.Client, contact: int, page: str
) -> None:
    assert crm.get(f"/contacts/{contact}/{page}").status_code == 404


def test_tags_cannot_be_administered_under_the_api(crm: httpx.Client) -> None:
    body = {"tag": {"name": "a", "is_public": True, "color_code": "1"}}
    for method, path in (
        ("GET", "/settings/tags"),
        ("POST", "/settings/tags"),
        ("PUT", "/settings/tags/1"),
        ("DELETE", "/settings/tags/1"),
    ):
        assert crm.request(method, path, json=body).status_code == 404


# reference 2.1: sources name both verbs
@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize("module", list(RECORDS))
def test_a_team_gains_changes_and_loses_members(
    crm: httpx.Client, module: str, method: str
) -> None:
    record = made(crm, module, **RECORDS[module])["id"]
    users = [user["id"] for user in crm.get("/selector/owners").json()["users"]]
    role = crm.get("/selector/designations").json()["designations"][0]["id"]
    path = f"/{module}/{record}/manage_team_members"

    def manage(*members: dict[str, Any]) -> Any:
        answer = crm.request(method, path, json={"team_users": members})
        assert answer.status_code == 200
        return answer.json()[module.removesuffix("s")]["team_user_ids"]

    both = [{"user_id": user, "designation_id": role} for user in users[1:3]]
    assert manage(*both) == users[1:3]
    assert manage(both[0]) == users[1:3]
    assert manage({"user_id": users[1], "_destroy": True}) == [users[2]]
    assert got(crm, module, record)["team_user_ids"] == [users[2]]
    assert manage({"user_id": users[2], "_destroy": True}) is None
    for wrong in (
        [],
        [5],
        [{"user_id": users[1]}],
        [{"user_id": users[1], "designation_id": 5}],
        [{"user_id": users[4], "designation_id": role}],  # no longer active
        [{"designation_id": role}],
    ):
        answer = crm.request(method, path, json={"team_users": wrong})
        assert answer.status_code == 400
