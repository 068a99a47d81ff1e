"""Notes, lists, searches, tasks, meetings and activities by the other client."""

from __future__ import annotations

from typing import Any, Final

import pytest
from requests import HTTPError

from kartra_freshsales_tests.sandbox.other_client.table import (
    Caller,
    Ground,
    Table,
    kind,
)

ACTIVITIES: Final = Table()


_WHEN: Final = "Tue Jun 21 2099 11:00:00 GMT+0000 (UTC)"
_LATER: Final = "Tue Jun 21 2099 12:00:00 GMT+0000 (UTC)"


def _about(ground: Ground) -> dict[str, Any]:
    return {"targetable_type": "Contact", "targetable_id": ground.made("contacts")}


# notes, lists, search


@ACTIVITIES.entry("notes.create_note")
def _create_note(call: Caller, ground: Ground) -> None:
    about = {"targetable_type": "Contact", "targetable_id": ground.made("contacts")}
    note = call("notes.create_note", description="Noted", **about)
    assert note.targetables == [{"id": about["targetable_id"], "type": "Contact"}]
    assert note.created_at.tzinfo is not None


def _noted(ground: Ground) -> tuple[int, str]:
    contact = ground.made("contacts")
    note = {
        "description": "Noted", "targetable_type": "Contact", "targetable_id": contact,
    }  # fmt: skip
    answer = ground.crm.post("/notes", json={"note": note}).json()
    return int(answer["note"]["id"]), f"/contacts/{contact}/notes"


@ACTIVITIES.entry("notes.update_note")
def _update_note(call: Caller, ground: Ground) -> None:
    note, path = _noted(ground)
    assert call("notes.update_note", note, description="Changed").description == "Changed"
    (shown,) = ground.crm.get(path).json()["notes"]
    assert shown["description"] == "Changed"


@ACTIVITIES.entry("notes.delete_note")
def _delete_note(call: Caller, ground: Ground) -> None:
    note, path = _noted(ground)
    assert call("notes.delete_note", note) is True
    assert ground.crm.get(path).json()["notes"] == []


def _list_of(call: Caller, ground: Ground, count: int = 0) -> tuple[int, list[int]]:
    found = call("lists.create_list", ground.word()).id
    people = [ground.made("contacts") for _ in range(count)]
    if people:
        call("lists.add_contacts_to_list", found, people)
    return found, people


def _members(call: Caller, list_id: int) -> set[int]:
    return {item.id for item in call("lists.fetch_contacts_from_list", list_id)}


@ACTIVITIES.entry("lists.create_list")
@ACTIVITIES.entry("lists.fetch_all_lists")
@ACTIVITIES.entry("lists.update_list")
def _lists(call: Caller, ground: Ground) -> None:
    found, _ = _list_of(call, ground)
    name = ground.word()
    assert call("lists.update_list", found, name).name == name
    assert name in {item.name for item in call("lists.fetch_all_lists")}


@ACTIVITIES.entry("lists.add_contacts_to_list")
@ACTIVITIES.entry("lists.fetch_contacts_from_list")
def _fill_list(call: Caller, ground: Ground) -> None:
    found, people = _list_of(call, ground, 2)
    assert _members(call, found) == set(people)
    answer = call("lists.add_contacts_to_list", found, [ground.made("contacts")])
    assert (answer, len(_members(call, found))) == ("1 contacts updated.", 3)


@ACTIVITIES.entry("lists.remove_contacts_from_list")
def _empty_list(call: Caller, ground: Ground) -> None:
    found, people = _list_of(call, ground, 3)
    answer = call("lists.remove_contacts_from_list", found, people[:1])
    assert (answer, _members(call, found)) == ("1 contacts updated.", set(people[1:]))
    answer = call("lists.remove_contacts_from_list", found, [], remove_all=True)
    assert answer.startswith("Updating now")
    assert _members(call, found) == set()


@ACTIVITIES.entry("lists.move_contacts_between_lists")
def _move_list(call: Caller, ground: Ground) -> None:
    source, people = _list_of(call, ground, 2)
    target, _ = _list_of(call, ground)
    answer = call("lists.move_contacts_between_lists", target, people[:1], source)
    assert answer == "1 contacts updated."
    assert (_members(call, source), _members(call, target)) == ({people[1]}, {people[0]})


@ACTIVITIES.entry("search.filter_contacts")
def _filter_contacts(call: Caller, ground: Ground) -> None:
    email = ground.email()
    contact = ground.made("contacts", email=email)
    rule = {"attribute": "contact_email.email", "operator": "is_in", "value": email}
    found, more = call("search.filter_contacts", [rule], sort="id", sort_type="asc")
    assert ([item.id for item in found], more) == ([contact], False)


# tasks


def _task(call: Caller, ground: Ground) -> Any:
    return call("tasks.create_task", title="Call back", due_date=_WHEN, **_about(ground))


@ACTIVITIES.entry("tasks.create_task")
@ACTIVITIES.entry("tasks.view_task")
def _view_task(call: Caller, ground: Ground) -> None:
    task = _task(call, ground)
    assert (task.title, task.due_date.year) == ("Call back", 2099)
    plain = call("tasks.view_task", task.id)
    assert (plain["task"].id, "users" in plain) == (task.id, False)
    full = call("tasks.view_task", task.id, "owner", "targetable")
    assert full["users"][0].id == full["task"].owner_id
    assert len(full["contacts"]) == 1


@ACTIVITIES.entry("tasks.list_tasks")
def _list_tasks(call: Caller, ground: Ground) -> None:
    task = _task(call, ground)
    # A page of its own would be "filter=open?page=1": it cannot ask for one.
    found = call("tasks.list_tasks", "open", "owner", "targetable")
    assert task.id in {item.id for item in found["tasks"]}
    assert all(kind(item) == "User" for item in found["users"])
    assert call("tasks.list_tasks", "overdue")["tasks"] == []


@ACTIVITIES.entry("tasks.update_task")
def _update_task(call: Caller, ground: Ground) -> None:
    task = call("tasks.update_task", _task(call, ground).id, title="Write")
    assert (task.title, task.status) == ("Write", 0)


@ACTIVITIES.entry("tasks.mark_as_done")
def _mark_as_done(call: Caller, ground: Ground) -> None:
    task = call("tasks.mark_as_done", _task(call, ground).id)
    assert task.status == 1
    assert task.completed_date is not None


@ACTIVITIES.entry("tasks.delete_task")
def _delete_task(call: Caller, ground: Ground) -> None:
    task = _task(call, ground)
    assert call("tasks.delete_task", task.id) is True
    assert ground.gone(f"/tasks/{task.id}")


# appointments


def _meeting(call: Caller, ground: Ground) -> Any:
    return call(
        "appointments.create_appointment", title="Meet", from_date=_WHEN, end_date=_LATER,
        time_zone="Chennai", **_about(ground),
    )["appointment"]  # fmt: skip


@ACTIVITIES.entry("appointments.create_appointment")
@ACTIVITIES.entry("appointments.view_appointment")
def _view_appointment(call: Caller, ground: Ground) -> None:
    meeting = _meeting(call, ground)
    assert (meeting.title, meeting.from_date < meeting.end_date) == ("Meet", True)
    answer = call("appointments.view_appointment", meeting.id)
    assert list(answer) == [
        "appointment_attendees", "conferences", "notes", "appointment",
    ]  # fmt: skip
    assert answer["appointment"].id == meeting.id


@ACTIVITIES.entry("appointments.list_appointments")
def _list_appointments(call: Caller, ground: Ground) -> None:
    meeting = _meeting(call, ground)
    found = call("appointments.list_appointments", "upcoming", "creater")
    assert meeting.id in {item.id for item in found}
    past = call("appointments.list_appointments", "past")
    assert meeting.id not in {item.id for item in past}
    # With a page it takes its own list for a mapping, or adds the page to the filter.
    with pytest.raises((TypeError, HTTPError)):
        call("appointments.list_appointments", "upcoming", page=1)


@ACTIVITIES.entry("appointments.update_appointment")
def _update_appointment(call: Caller, ground: Ground) -> None:
    meeting = _meeting(call, ground)
    answer = call("appointments.update_appointment", meeting.id, title="Meet again")
    assert answer["appointment"].title == "Meet again"


@ACTIVITIES.entry("appointments.delete_appointment")
def _delete_appointment(call: Caller, ground: Ground) -> None:
    meeting = _meeting(call, ground)
    assert call("appointments.delete_appointment", meeting.id) is True
    assert ground.gone(f"/appointments/{meeting.id}")


# sales activities


def _activity(call: Caller, ground: Ground) -> Any:
    kinds = ground.crm.get("/selector/sales_activity_types").json()["sales_activity_types"]
    return call(
        "sales_activities.create_activity", title="Call", start_date=_WHEN,
        end_date=_LATER, sales_activity_type_id=kinds[1]["id"], **_about(ground),
    )  # fmt: skip


@ACTIVITIES.entry("sales_activities.create_activity")
@ACTIVITIES.entry("sales_activities.view_activity")
def _view_activity(call: Caller, ground: Ground) -> None:
    activity = _activity(call, ground)
    assert (activity.title, activity.start_date.year) == ("Call", 2099)
    shown = call("sales_activities.view_activity", activity.id)
    assert shown.targetable_id == activity.targetable_id


@ACTIVITIES.entry("sales_activities.list_activities")
def _list_activities(call: Caller, ground: Ground) -> None:
    activity = _activity(call, ground)
    # The first generation sends the words "{per_page}" and so gets the usual page.
    found = call("sales_activities.list_activities")
    assert activity.id in {item.id for item in found}


@ACTIVITIES.entry("sales_activities.update_activity")
def _update_activity(call: Caller, ground: Ground) -> None:
    activity = _activity(call, ground)
    changed = call("sales_activities.update_activity", activity.id, title="Other")
    assert (changed.id, changed.title) == (activity.id, "Other")


@ACTIVITIES.entry("sales_activities.delete_activity")
def _delete_activity(call: Caller, ground: Ground) -> None:
    activity = _activity(call, ground)
    assert call("sales_activities.delete_activity", activity.id) is True
    assert ground.gone(f"/sales_activities/{activity.id}")
