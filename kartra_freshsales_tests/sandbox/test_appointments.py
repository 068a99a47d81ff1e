"""Appointments (reference 2.3, 3.2, 3.5, 3.8, 6)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from kartra_freshsales.sandbox.rails_zones import RAILS_ZONES, rails_name
from kartra_freshsales_tests.sandbox.conftest import Account
from kartra_freshsales_tests.sandbox.scenario import made, messages

NOON = datetime(2026, 3, 10, 16, tzinfo=UTC).timestamp()
"""Noon in the account's zone, New York."""

MEETING = {
    "title": "Demo",
    "from_date": "2026-03-12T10:00:00-04:00",
    "end_date": "2026-03-12T11:00:00-04:00",
}


@pytest.fixture
def buyer(crm: httpx.Client) -> dict[str, Any]:
    contact = made(crm, "contacts", email="person.1@example.com", last_name="Person 1")
    return {"targetable_type": "Contact", "targetable_id": contact["id"]}


# reference 3.8: the order of the answer's keys
def test_an_appointment_comes_after_its_attendees(
    crm: httpx.Client, buyer: dict[str, Any]
) -> None:
    users = crm.get("/selector/owners").json()["users"]
    attendees = [
        {"attendee_type": "FdMultitenant::User", "attendee_id": users[1]["id"]},
        {"attendee_type": "Contact", "attendee_id": buyer["targetable_id"]},
    ]
    sent = {
        **MEETING,
        **buyer,
        "time_zone": "Chennai",
        "appointment_attendees_attributes": attendees,
    }
    answer = crm.post("/appointments", json={"appointment": sent})
    assert answer.status_code == 201
    body = answer.json()
    assert list(body) == ["appointment_attendees", "conferences", "notes", "appointment"]
    appointment = body["appointment"]
    assert list(appointment) == [
        "id", "time_zone", "title", "description", "location", "is_allday", "outcome_id",
        "from_date", "end_date", "created_at", "updated_at", "provider", "creater_id",
        "latitude", "longitude", "checkedin_at", "can_checkin_checkout",
        "checkedout_latitude", "checkedout_longitude", "checkedout_location",
        "checkedout_at", "checkedin_duration", "can_checkin", "conference_id",
        "targetables", "appointment_attendee_ids", "note_id",
    ]  # fmt: skip
    assert appointment["time_zone"] == "Chennai"
    assert [
        {key: one[key] for key in attendees[0]} for one in body["appointment_attendees"]
    ] == (attendees)
    path = f"/appointments/{appointment['id']}"
    assert crm.get(path).json() == body
    changed = crm.put(path, json={"appointment": {"location": "Hall 1"}}).json()
    assert changed["appointment"]["location"] == "Hall 1"
    assert changed["appointment"]["title"] == "Demo"
    wrong = {"appointment_attendees_attributes": [{"attendee_type": "Deal"}]}
    assert crm.put(path, json={"appointment": wrong}).status_code == 400


# reference 6
@pytest.mark.parametrize(
    ("lacking", "message"),
    [
        ("title", "Title can't be blank"),
        ("from_date", "From date can't be blank"),
        ("end_date", "End date can't be blank"),
    ],
)
def test_an_appointment_needs_a_title_and_both_dates(
    crm: httpx.Client, lacking: str, message: str
) -> None:
    answer = crm.post("/appointments", json={"appointment": {**MEETING, lacking: ""}})
    assert (answer.status_code, messages(answer)) == (400, [message])


# reference 3.5, 3.8
def test_an_appointment_takes_rails_zones_only(crm: httpx.Client) -> None:
    for zone in ("Europe/London", "America/New_York", "Atlantis", 5):
        answer = crm.post("/appointments", json={**MEETING, "time_zone": zone})
        assert messages(answer) == ["Not a supported time zone"]
    for zone in ("London", "UTC", "Eastern Time (US & Canada)"):
        answer = crm.post("/appointments", json={**MEETING, "time_zone": zone})
        assert answer.json()["appointment"]["time_zone"] == zone
    own = crm.post("/appointments", json=MEETING).json()["appointment"]["time_zone"]
    assert own == "Eastern Time (US & Canada)"
    assert rails_name("Antarctica/Troll") == "UTC"
    assert "UTC" in RAILS_ZONES


# reference 2.3, 3.2
def test_appointments_are_past_or_upcoming_and_count_only_their_total(
    account: Account,
) -> None:
    earlier = {
        "title": "Before",
        "from_date": "2026-03-10T10:00:00-04:00",
        "end_date": "2026-03-10T11:00:00-04:00",
    }
    with account(clock=lambda: NOON) as crm:
        for body in (earlier, MEETING):
            crm.post("/appointments", json=body)
        found = {
            word: crm.get("/appointments", params={"filter": word}).json()
            for word in ("past", "upcoming", "")
        }
        titles = {
            word: [one["title"] for one in page["appointments"]]
            for word, page in found.items()
        }
        assert titles == {"past": ["Before"], "upcoming": ["Demo"], "": ["Demo", "Before"]}
        assert found[""]["meta"] == {"total": 2}
        assert list(found[""]) == ["appointments", "meta"]
        assert crm.get("/appointments", params={"filter": "never"}).status_code == 400
        include = {"include": "creater,targetable,appointment_attendees"}
        page = crm.get("/appointments", params=include).json()
        assert list(page) == ["users", "appointment_attendees", "appointments", "meta"]


def test_what_else_an_appointment_says_is_checked(crm: httpx.Client) -> None:
    outcome = crm.get("/selector/sales_activity_outcomes").json()
    outcome_id = outcome["sales_activity_outcomes"][0]["id"]
    sent = {"is_allday": True, "outcome_id": outcome_id, "description": "Bring the offer"}
    answer = crm.post("/appointments", json={"appointment": {**MEETING, **sent}})
    shown = answer.json()["appointment"]
    assert {key: shown[key] for key in sent} == sent
    for wrong in (
        {"is_allday": "perhaps"},
        {"outcome_id": 5},
        {"location": "x" * 256},
        {"appointment_attendees_attributes": 5},
        {"appointment_attendees_attributes": [5]},
        {"appointment_attendees_attributes": [{"attendee_type": "Contact"}]},
    ):
        answer = crm.put(f"/appointments/{shown['id']}", json={"appointment": wrong})
        assert answer.status_code == 400
    twice = {"attendee_type": "FdMultitenant::User", "attendee_id": shown["creater_id"]}
    body = {"appointment_attendees_attributes": [twice, twice]}
    answer = crm.put(f"/appointments/{shown['id']}", json={"appointment": body})
    assert len(answer.json()["appointment_attendees"]) == 1
