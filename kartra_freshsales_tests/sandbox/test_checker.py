"""What the checker finds in the exported lines is what was done wrong, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx
from hypothesis import given
from hypothesis import strategies as st

from kartra_freshsales.sandbox.checker import (
    duplicates,
    lost_updates,
    overruns,
    writes_before,
)
from kartra_freshsales.sandbox.remote import SandboxControl
from kartra_freshsales_tests.sandbox.conftest import Account
from kartra_freshsales_tests.sandbox.scenario import bulk, control, made, viewed


def lost(here: SandboxControl) -> list[tuple[str, ...]]:
    """The keys lost so far."""
    return [item.keys for item in lost_updates(here.requests(), here.changes())]


def test_two_records_of_one_natural_key_are_a_duplicate(crm: httpx.Client) -> None:
    same = [made(crm, "deals", name="Course 1", amount=n)["id"] for n in (1, 2, 3)]
    made(crm, "deals", name="Course 2", amount=1)
    made(crm, "contacts", email="a@example.com")
    made(crm, "contacts", email="b@example.com")
    crm.delete(f"/deals/{same[1]}")
    [found] = duplicates(control(crm).changes(values=True))
    assert (found.module, found.ids) == ("deals", (same[0], same[2]))
    crm.put(f"/deals/{same[2]}", json={"deal": {"name": "Course 3"}})
    assert duplicates(control(crm).changes(values=True)) == []


def test_a_note_written_twice_on_one_record_is_a_duplicate(crm: httpx.Client) -> None:
    first, second = (
        made(crm, "contacts", email=f"{name}@example.com")["id"] for name in "ab"
    )
    ids = []
    for contact in (first, second, first):
        about = {"targetable_type": "Contact", "targetable_id": contact}
        note = {"note": {"description": "Hello", **about}}
        ids.append(crm.post("/notes", json=note).json()["note"]["id"])
    [found] = duplicates(control(crm).changes(values=True))
    assert (found.module, found.ids) == ("notes", (ids[0], ids[2]))
    crm.delete(f"/notes/{ids[2]}")
    assert duplicates(control(crm).changes(values=True)) == []


def test_a_persons_change_overwritten_unseen_is_lost(crm: httpx.Client) -> None:
    here = control(crm)
    contact = made(crm, "contacts", email="a@example.com", city="Oslo", job_title="A")["id"]
    crm.get(f"/contacts/{contact}")
    here.edit("contacts", contact, city="Bergen", job_title="B")
    crm.put(f"/contacts/{contact}", json={"contact": {"city": "Paris"}})
    [found] = lost_updates(here.requests(), here.changes())
    assert (found.module, found.id, found.keys) == ("contacts", contact, ("city",))
    # The answer to that call showed the rest of the record, so the rest is no surprise.
    crm.put(f"/contacts/{contact}", json={"contact": {"job_title": "C"}})
    assert lost(here) == [("city",)]


def test_a_change_the_client_may_have_seen_is_not_lost(crm: httpx.Client) -> None:
    here = control(crm)
    contact = made(crm, "contacts", email="a@example.com", city="Oslo")["id"]
    for read in (f"/contacts/{contact}", "view"):
        here.edit("contacts", contact, city=f"Theirs {read}")
        if read == "view":
            viewed(crm, "contacts", "All Contacts")
        else:
            crm.get(read)
        crm.put(f"/contacts/{contact}", json={"contact": {"city": f"Ours {read}"}})
    assert lost(here) == []


def test_a_look_at_something_else_is_no_excuse(crm: httpx.Client) -> None:
    here = control(crm)
    contact = made(crm, "contacts", email="a@example.com", city="Oslo")["id"]
    other = made(crm, "contacts", email="b@example.com")["id"]
    here.edit("contacts", contact, city="Bergen")
    for path in (f"/contacts/{other}", "/selector/owners", "/contacts/filters"):
        crm.get(path)
    crm.get(f"/contacts/{contact}", headers={"User-Agent": "another client"})
    crm.put(f"/contacts/{contact}", json={"contact": {"city": "Paris"}})
    assert lost(here) == [("city",)]


def test_a_job_is_judged_by_when_its_rows_were_handed_in(account: Account) -> None:
    with account(job_seconds=10) as crm:
        here = control(crm)
        contact = made(crm, "contacts", email="a@example.com", city="Oslo")["id"]
        rows = [{"emails": "a@example.com", "data": {"city": "Paris"}}]
        crm.post("/contacts/bulk_upsert", json={"contacts": rows})
        here.edit("contacts", contact, city="Bergen")
        crm.get(f"/contacts/{contact}")
        here.advance(11)
        crm.get("/selector/owners")
        assert lost(here) == [("city",)]


def test_a_write_that_changes_no_key_of_theirs_loses_nothing(crm: httpx.Client) -> None:
    here = control(crm)
    contact = made(crm, "contacts", email="a@example.com", city="Oslo")["id"]
    here.edit("contacts", contact, city="Bergen")
    rows = [{"emails": "a@example.com", "data": {"city": "Bergen", "job_title": "A"}}]
    bulk(crm, "contacts", rows)
    assert lost(here) == []


def test_the_sandbox_itself_never_lets_a_budget_be_overrun(account: Account) -> None:
    with account(requests_per_hour=3) as crm:
        for _ in range(3):
            for _ in range(5):
                crm.get("/selector/owners")
            control(crm).advance(1800)
        lines = control(crm).requests()
        assert sum(line["counted"] for line in lines) == 6
        assert overruns(lines, 3, 3600) == []
        assert [item.count for item in overruns(lines, 2, 3600)] == [3, 3]


@given(
    st.lists(st.tuples(st.integers(0, 40), st.booleans()), max_size=30).map(
        lambda pairs: [
            {"number": at, "at": float(moment), "counted": counted}
            for at, (moment, counted) in enumerate(sorted(pairs), start=1)
        ]
    ),
    st.integers(1, 5),
    st.integers(1, 15),
)
def test_an_overrun_is_what_counting_every_window_by_hand_finds(
    lines: Sequence[dict[str, Any]], limit: int, seconds: int
) -> None:
    expected = []
    for line in lines:
        window = [
            other
            for other in lines
            if other["counted"]
            and line["at"] - seconds < other["at"]
            and other["number"] <= line["number"]
        ]
        if line["counted"] and len(window) > limit:
            expected.append((line["number"], len(window)))
    found = overruns(lines, limit, seconds)
    assert [(item.number, item.count) for item in found] == expected


def test_writes_before_an_approval_are_named_and_reads_are_not(crm: httpx.Client) -> None:
    here = control(crm)
    viewed(crm, "contacts", "All Contacts")
    rule = {"attribute": "contact_email.email", "operator": "is_in", "value": "a"}
    crm.post("/filtered_search/contact", json={"filter_rule": [rule]})
    assert writes_before(here.requests(), here.clock()["now"]) == []
    crm.post("/contacts", json={"contact": {"email": "no address"}})
    made(crm, "contacts", email="a@example.com")
    here.advance(10)
    approved = here.clock()["now"]
    here.advance(10)
    made(crm, "contacts", email="b@example.com")
    early = writes_before(here.requests(), approved)
    assert [(line["route"], line["status"]) for line in early] == [
        ("/contacts", 400),
        ("/contacts", 200),
    ]
