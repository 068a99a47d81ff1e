"""Tasks and sales activities (reference 2.3, 3.2, 3.8, 4, 6, 8)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kartra_freshsales.sandbox.config import Switches
from kartra_freshsales_tests.sandbox.conftest import Account
from kartra_freshsales_tests.sandbox.scenario import made, messages

NOON = datetime(2026, 3, 10, 16, tzinfo=UTC).timestamp()
"""Noon in the account's zone, New York, two days after its clocks went forward."""

TASK = {"title": "Call back", "due_date": "2026-03-10T18:00:00-04:00"}
MEETING = {
    "title": "Demo",
    "from_date": "2026-03-12T10:00:00-04:00",
    "end_date": "2026-03-12T11:00:00-04:00",
}


def picked(crm: httpx.Client, selector: str, name: str) -> int:
    items = crm.get(f"/selector/{selector}").json()[selector]
    return next(int(item["id"]) for item in items if item["name"] == name)


def activity(crm: httpx.Client, **values: Any) -> dict[str, Any]:
    return {
        "title": "Webinar",
        "start_date": "2026-03-01T10:00:00Z",
        "end_date": "2026-03-01T11:00:00Z",
        "sales_activity_type_id": picked(crm, "sales_activity_types", "Phone"),
        **values,
    }


def new_task(crm: httpx.Client, **values: Any) -> dict[str, Any]:
    answer = crm.post("/tasks", json={"task": {**TASK, **values}})
    assert answer.status_code == 201, answer.text
    task: dict[str, Any] = answer.json()["task"]
    return task


def new_appointment(crm: httpx.Client) -> dict[str, Any]:
    answer = crm.post("/appointments", json={"appointment": MEETING})
    appointment: dict[str, Any] = answer.json()["appointment"]
    return appointment


@pytest.fixture
def buyer(crm: httpx.Client) -> dict[str, Any]:
    contact = made(crm, "contacts", email="person.1@example.com", last_name="Person 1")
    return {"targetable_type": "Contact", "targetable_id": contact["id"]}


# reference 3.8, 3.4: the keys of a task, in recorded order
def test_a_task_is_created_with_201_and_shows_its_target(
    crm: httpx.Client, buyer: dict[str, Any]
) -> None:
    kind = picked(crm, "sales_activity_entity_types", "Follow up")
    answer = crm.post("/tasks", json={"task": {**TASK, **buyer, "task_type_id": kind}})
    assert answer.status_code == 201
    assert list(answer.json()) == ["task"]
    task = answer.json()["task"]
    assert list(task) == [
        "id", "status", "title", "description", "created_at", "updated_at", "owner_id",
        "due_date", "completed_date", "creater_id", "updater_id", "outcome_id",
        "task_type_id", "targetables",
    ]  # fmt: skip
    assert task["targetables"] == [{"id": buyer["targetable_id"], "type": "Contact"}]
    assert (task["status"], task["task_type_id"]) == (0, kind)
    assert crm.get(f"/tasks/{task['id']}").json() == {"task": task}


# reference 6
@pytest.mark.parametrize(
    ("lacking", "message"),
    [("title", "Title can't be blank"), ("due_date", "Due date can't be blank")],
)
def test_a_task_needs_a_title_and_a_due_date(
    crm: httpx.Client, lacking: str, message: str
) -> None:
    sent = {key: value for key, value in TASK.items() if key != lacking}
    answer = crm.post("/tasks", json={"task": sent})
    assert (answer.status_code, messages(answer)) == (400, [message])
    task = new_task(crm)
    answer = crm.put(f"/tasks/{task['id']}", json={"task": {lacking: None}})
    assert (answer.status_code, messages(answer)) == (400, [message])


# reference 4: an unreadable date is swallowed, and then the required date is missing
def test_an_unreadable_due_date_counts_as_none(crm: httpx.Client) -> None:
    for date in ("soon", 20260310, "2026-13-01", "0001-01-01T00:00:00+14:00"):
        answer = crm.post("/tasks", json={"task": {**TASK, "due_date": date}})
        assert (answer.status_code, messages(answer)) == (400, ["Due date can't be blank"])


# reference 3.8: ISO text and the JavaScript form
@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("2026-01-10T12:00:00Z", "2026-01-10T07:00:00-05:00"),
        ("2026-07-10T12:00:00+02:00", "2026-07-10T06:00:00-04:00"),
        ("2026-07-10T12:00:00", "2026-07-10T12:00:00-04:00"),
        ("2026-07-10", "2026-07-10T00:00:00-04:00"),
        ("Mon Jun 20 2016 10:30:00 GMT+0530 (IST)", "2016-06-20T01:00:00-04:00"),
    ],
)
def test_dates_come_back_with_the_accounts_offset(
    crm: httpx.Client, sent: str, shown: str
) -> None:
    assert new_task(crm, due_date=sent)["due_date"] == shown


@settings(max_examples=25, deadline=None)
@given(
    moment=st.datetimes(datetime(1001, 1, 2), datetime(9997, 12, 30)),  # noqa: DTZ001
    minutes=st.integers(-14 * 60, 14 * 60),
)
def test_no_moment_moves(shared: httpx.Client, moment: datetime, minutes: int) -> None:
    zone = timezone(timedelta(minutes=minutes))
    sent = moment.replace(microsecond=0, tzinfo=zone)
    task = new_task(shared, due_date=sent.isoformat())
    assert datetime.fromisoformat(task["due_date"]) == sent


@pytest.fixture(scope="module")
def shared(process: Any) -> Any:
    """The session's sandbox process, for what needs no account of its own."""
    headers = {"Authorization": f"Token token={process.api_key}"}
    with httpx.Client(base_url=process.base_url, headers=headers) as client:
        yield client


# reference 2.3: done is status 1
def test_a_done_task_tells_when_and_an_undone_one_forgets(account: Account) -> None:
    with account(clock=lambda: NOON) as crm:
        sent = {"completed_date": "2020-01-01T00:00:00Z"}  # reference 12.8: ignored
        task = new_task(crm, **sent)
        assert task["completed_date"] is None
        path = f"/tasks/{task['id']}"
        done = crm.put(path, json={"task": {"status": 1, **sent}}).json()["task"]
        assert (done["status"], done["completed_date"]) == (1, "2026-03-10T12:00:00-04:00")
        again = crm.put(path, json={"task": {"status": 0}}).json()["task"]
        assert (again["status"], again["completed_date"]) == (0, None)
        assert crm.put(path, json={"task": {"status": 2}}).status_code == 400
        assert crm.put(path, json={"task": {"status": []}}).status_code == 400


# reference 3.8
def test_the_words_of_the_task_filter_choose_by_status_and_day(account: Account) -> None:
    due = {
        "overdue": "2026-03-10T11:59:00-04:00",
        "today": "2026-03-10T23:59:00-04:00",
        "tomorrow": "2026-03-11T00:00:00-04:00",
        "later": "2026-03-12T00:00:00-04:00",
    }
    with account(clock=lambda: NOON) as crm:
        for title, date in due.items():
            new_task(crm, title=title, due_date=date)
        new_task(crm, title="done", status=1)
        titles = {
            word: [
                task["title"] for task in crm.get("/tasks", params=query).json()["tasks"]
            ]
            for word in ("", "open", "due today", "due tomorrow", "overdue", "completed")
            for query in [{"filter": word} if word else {}]
        }
        assert titles == {
            "": ["later", "tomorrow", "today", "overdue"],
            "open": ["later", "tomorrow", "today", "overdue"],
            "due today": ["today", "overdue"],
            "due tomorrow": ["tomorrow"],
            "overdue": ["overdue"],
            "completed": ["done"],
        }
        assert crm.get("/tasks", params={"filter": "someday"}).status_code == 400


# reference 3.2: only the total; reference 8: the trap
def test_a_page_of_tasks_has_only_a_total_and_page_zero_breaks(crm: httpx.Client) -> None:
    for _ in range(3):
        new_task(crm)
    page = crm.get("/tasks", params={"page": 2, "per_page": 2}).json()
    assert list(page) == ["tasks", "meta"]
    assert (len(page["tasks"]), page["meta"]) == (1, {"total": 3})
    answer = crm.get("/tasks", params={"page": 0, "per_page": 0})
    assert (answer.status_code, answer.json()) == (500, {"error_code": 500})


# reference 3.2: side-loads first, as recorded
def test_includes_of_tasks_come_before_the_tasks(
    crm: httpx.Client, buyer: dict[str, Any]
) -> None:
    deal = made(crm, "deals", name="Deal 1", amount=5)
    users = crm.get("/selector/owners").json()["users"]
    new_task(crm, **buyer, task_users_attributes=[{"user_id": users[1]["id"]}])
    new_task(crm, targetable_type="Deal", targetable_id=deal["id"])
    account = made(crm, "sales_accounts", name="Acme")
    new_task(crm, targetable_type="SalesAccount", targetable_id=account["id"])
    free = new_task(crm)
    page = crm.get("/tasks", params={"include": "owner,users,targetable"}).json()
    assert list(page) == ["users", "sales_accounts", "deals", "contacts", "tasks", "meta"]
    assert {user["id"] for user in page["users"]} == {users[0]["id"], users[1]["id"]}
    assert page["contacts"][0]["email"] == "person.1@example.com"
    assert page["deals"][0]["deal_pipeline_id"] == deal["deal_pipeline_id"]
    kinds = [(task["targetable"] or {}).get("type") for task in page["tasks"]]
    assert kinds == [None, "sales_account", "deal", "contact"]
    assert page["tasks"][3]["user_ids"] == [users[1]["id"]]
    one = crm.get(f"/tasks/{free['id']}", params={"include": "owner"}).json()
    assert list(one) == ["users", "task"]


# reference 3.1
def test_unwrapped_bodies_are_taken_unless_the_account_is_strict(account: Account) -> None:
    with account() as crm:
        assert crm.post("/tasks", json=TASK).status_code == 201
        assert crm.post("/appointments", json=MEETING).status_code == 201
    with account(switches=Switches(strict_wrapping=True)) as crm:
        for path, body in (("/tasks", TASK), ("/appointments", MEETING)):
            answer = crm.post(path, json=body)
            assert messages(answer) == ["Invalid or missing attributes"]
            assert crm.post(path, json={path[1:-1]: body}).status_code == 201


@pytest.mark.parametrize("path", ["tasks", "appointments", "sales_activities"])
def test_targets_must_exist(crm: httpx.Client, path: str) -> None:
    body = {**TASK, **MEETING, **activity(crm)}
    for about, status in (
        ({"targetable_type": "Contact", "targetable_id": 5}, 404),
        ({"targetable_type": "Person", "targetable_id": 5}, 400),
        ({"targetable_type": "Contact"}, 400),
        ({"targetable_type": "Lead", "targetable_id": 5}, 400),  # reference 1: no leads
    ):
        assert crm.post(f"/{path}", json={**body, **about}).status_code == status


def test_owners_users_types_and_outcomes_of_a_task_must_stand(crm: httpx.Client) -> None:
    task = new_task(crm)
    for wrong in (
        {"owner_id": 5},
        {"task_type_id": 5},
        {"outcome_id": "x"},
        {"task_users_attributes": [{"user_id": 5}]},
        {"task_users_attributes": 5},
        {"title": ["a"]},
    ):
        assert crm.put(f"/tasks/{task['id']}", json={"task": wrong}).status_code == 400


# reference 1, 1.1: leads are records on Classic
def test_a_task_may_be_about_a_lead_on_classic(account: Account) -> None:
    with account(edition="classic") as crm:
        lead = made(crm, "leads", email="person.1@example.com", last_name="Person 1")
        new_task(crm, targetable_type="Lead", targetable_id=lead["id"])
        page = crm.get("/tasks", params={"include": "targetable"}).json()
        assert list(page) == ["leads", "tasks", "meta"]
        assert page["tasks"][0]["targetable"] == {"type": "lead", "id": lead["id"]}
        assert page["leads"][0]["email"] == "person.1@example.com"
        assert crm.get(f"/leads/{lead['id']}/tasks").json()["meta"] == {"total": 1}
        assert crm.delete(f"/leads/{lead['id']}/forget").status_code == 200
        assert crm.get("/tasks").json()["tasks"] == []


# reference 2.2
def test_deleting_answers_success_and_is_for_good(
    crm: httpx.Client, buyer: dict[str, Any]
) -> None:
    paths = [
        f"/tasks/{new_task(crm)['id']}",
        f"/appointments/{new_appointment(crm)['id']}",
    ]
    answer = crm.post("/sales_activities", json={**activity(crm), **buyer})
    paths.append(f"/sales_activities/{answer.json()['sales_activity']['id']}")
    for path in paths:
        assert crm.get(path).status_code == 200
        assert crm.delete(path).json() == {"success": "200"}
        for again in (crm.get(path), crm.delete(path), crm.put(path, json={})):
            assert again.status_code == 404


# reference 3.8, 4
def test_a_sales_activity_needs_five_things(
    crm: httpx.Client, buyer: dict[str, Any]
) -> None:
    whole = {**activity(crm), **buyer}
    for lacking, message in (
        ("title", "Title can't be blank"),
        ("start_date", "Start date can't be blank"),
        ("end_date", "End date can't be blank"),
        ("sales_activity_type_id", "Sales activity type can't be blank"),
        ("targetable_type", "Invalid or missing attributes"),
        ("targetable_id", "Invalid or missing attributes"),
    ):
        sent = {key: value for key, value in whole.items() if key != lacking}
        answer = crm.post("/sales_activities", json={"sales_activity": sent})
        assert (answer.status_code, messages(answer)) == (400, [message])


# reference 3.8, 3.2: keys as recorded, and total_pages in the meta
def test_a_sales_activity_is_kept_and_listed_by_pages(
    crm: httpx.Client, buyer: dict[str, Any]
) -> None:
    sent = {**activity(crm), **buyer, "notes": "Asked for a price"}
    answer = crm.post("/sales_activities", json={"sales_activity": sent})
    assert answer.status_code == 200
    shown = answer.json()["sales_activity"]
    assert list(shown)[:12] == [
        "id", "title", "start_date", "end_date", "sales_activity_type_id", "created_at",
        "updated_at", "notes", "owner_id", "sales_activity_outcome_id", "remote_id",
        "import_id",
    ]  # fmt: skip
    assert shown["conversation_time"] == shown["end_date"] == "2026-03-01T06:00:00-05:00"
    assert (shown["targetable_type"], shown["custom_field"]) == ("Contact", {})
    crm.post("/sales_activities", json={"sales_activity": {**sent, "title": "Second"}})
    page = crm.get("/sales_activities", params={"per_page": 1, "page": 2}).json()
    assert [one["title"] for one in page["sales_activities"]] == ["Second"]
    assert page["meta"] == {"total_pages": 2, "total": 2}


def test_types_and_outcomes_of_sales_activities_must_fit(
    crm: httpx.Client, buyer: dict[str, Any]
) -> None:
    outcome = picked(crm, "sales_activity_outcomes", "Interested")
    meeting = picked(crm, "sales_activity_types", "Meeting")
    sent = {**activity(crm), **buyer, "sales_activity_outcome_id": outcome}
    shown = crm.post("/sales_activities", json=sent).json()["sales_activity"]
    assert shown["sales_activity_outcome_id"] == outcome
    path = f"/sales_activities/{shown['id']}"
    for wrong, message in (
        ({"sales_activity_type_id": 5}, "Sales activity type doesn't exist"),
        ({"sales_activity_outcome_id": 5}, "Sales activity outcome doesn't exist"),
        ({"sales_activity_type_id": meeting}, "Sales activity outcome doesn't exist"),
        ({"custom_field": {"cf_x": "1"}}, "Invalid or missing attributes: cf_x"),
        ({"owner_id": 5}, "Invalid owner provided."),
    ):
        answer = crm.put(path, json={"sales_activity": wrong})
        assert (answer.status_code, messages(answer)) == (400, [message])
    both = {"sales_activity_type_id": meeting, "sales_activity_outcome_id": None}
    changed = crm.put(path, json={"sales_activity": both}).json()["sales_activity"]
    assert changed["sales_activity_type_id"] == meeting


@pytest.mark.parametrize("singular", ["task", "appointment", "sales_activity"])
def test_an_update_may_move_a_thing_to_another_record(
    crm: httpx.Client, buyer: dict[str, Any], singular: str
) -> None:
    plural = "sales_activities" if singular == "sales_activity" else f"{singular}s"
    body = {**TASK, **MEETING, **activity(crm), **buyer}
    shown = crm.post(f"/{plural}", json={singular: body}).json()[singular]
    deal = made(crm, "deals", name="Deal 1", amount=5)["id"]
    moved = {"targetable_type": "Deal", "targetable_id": deal}
    answer = crm.put(f"/{plural}/{shown['id']}", json={singular: moved}).json()[singular]
    assert answer["targetables"] == [{"id": deal, "type": "Deal"}]
    assert answer["title"] == shown["title"]
    for lost in ({**moved, "targetable_id": 5}, {"targetable_id": deal}):
        answer = crm.put(f"/{plural}/{shown['id']}", json={singular: lost})
        assert answer.status_code in {400, 404}
