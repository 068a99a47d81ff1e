"""Notes go one by one, lists by their members; neither is ever there twice."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from kartra_freshsales.ledger.states import Operation
from kartra_freshsales.loading.notes import LONGEST, parts_of
from kartra_freshsales_tests.loading.scenario import (
    Look,
    Opened,
    contact,
    marketing_list,
    note,
    one,
    plan,
)


def test_a_note_hangs_on_its_contact(crm: Opened) -> None:
    here = crm()
    results = here.load(plan(contact(1), note(1, "Likes\nlong walks.")))
    number = one(results["contacts"], "person.0001@example.com")["freshsales_id"]
    with Look(here.server) as look:
        [found] = look.get(f"/contacts/{number}/notes")["notes"]
    assert found["description"] == "Likes\nlong walks."
    seen = json.loads(one(results["notes"], "note:person.0001@example.com")["seen"])
    assert (seen["id"], seen["contact_ids"]) == (found["id"], [number])


def test_a_long_note_is_split_and_known_as_one(crm: Opened) -> None:
    here = crm()
    text = " ".join(f"word{n}" for n in range(3000))
    planned = plan(contact(1), note(1, text))
    results = here.load(planned, verify_notes=True)
    number = one(results["contacts"], "person.0001@example.com")["freshsales_id"]
    with Look(here.server) as look:
        found = look.get(f"/contacts/{number}/notes")["notes"]
    assert len(found) == 3
    row = one(results["notes"], "note:person.0001@example.com")
    assert json.loads(row["seen"])["description"] == text
    keys = [i.source_key for i in here.ledger.intents(modules=["notes"])]
    assert keys == [f"note:person.0001@example.com{end}" for end in ("", "#2", "#3")]
    writes = here.history()["writes"]
    assert here.load(planned)["notes"].counts == {"skipped": 1}
    assert here.history()["writes"] == writes


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="ab \n", min_size=0, max_size=40), st.integers(1, 2000))
def test_the_parts_of_a_note_lose_nothing_and_fit(piece: str, times: int) -> None:
    text = piece * times
    parts = parts_of(text)
    assert all(len(part) <= LONGEST for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


def test_a_changed_note_is_written_over(crm: Opened) -> None:
    # G5
    here = crm()
    first = here.load(plan(contact(1), note(1, "Before.")))
    number = one(first["notes"], "note:person.0001@example.com")["freshsales_id"]
    changed = note(1, "After.") | {"operation": "update", "freshsales_id": number}
    assert here.load(plan(changed))["notes"].counts == {"updated": 1}
    intent = here.ledger.intents(modules=["notes"])[-1]
    assert intent.pre_image == {"description": "Before."}
    contact_id = one(first["contacts"], "person.0001@example.com")["freshsales_id"]
    with Look(here.server) as look:
        [found] = look.get(f"/contacts/{contact_id}/notes")["notes"]
    assert found["description"] == "After."
    assert here.load(plan(changed))["notes"].counts == {"skipped": 1}


def test_a_note_without_its_contact_waits(crm: Opened) -> None:
    # S18
    here = crm()
    result = here.load(plan(note(1)))["notes"]
    assert one(result, "note:person.0001@example.com")["reason"] == "parent_not_loaded"


def test_two_equal_texts_on_one_contact_stay_two(crm: Opened) -> None:
    here = crm(faults={"drop_after_write": 1.0, "routes": ("POST /notes",), "at_most": 2})
    first = note(1, "Same words.")
    second = first | {"source_key": "note:person.0001@example.com:again"}
    results = here.load(plan(contact(1), first, second))
    assert results["notes"].counts == {"created": 2}
    number = one(results["contacts"], "person.0001@example.com")["freshsales_id"]
    with Look(here.server) as look:
        assert len(look.get(f"/contacts/{number}/notes")["notes"]) == 2


def test_a_list_is_made_and_filled_in_groups(crm: Opened) -> None:
    here = crm()
    planned = plan(*(contact(n) for n in range(23)), marketing_list("Buyers", range(23)))
    results = here.load(planned, list_group_size=10)
    assert results["lists"].counts == {"created": 1}
    added = [i for i in here.ledger.intents() if i.operation is Operation.ADD_MEMBER]
    assert [len(i.payload["ids"]) for i in added] == [10, 10, 3]  # type: ignore[arg-type]
    seen = json.loads(one(results["lists"], "Buyers")["seen"])
    assert sorted(seen["members"]) == sorted(
        here.ledger.identity_ids(["contacts"]).values()
    )


def test_a_list_that_stands_there_keeps_its_members_and_its_owner(crm: Opened) -> None:
    # G2
    here = crm()
    here.load(plan(*(contact(n) for n in range(4))))
    ids = here.ledger.identity_ids(["contacts"])
    theirs = ids["contacts", "person.0000@example.com"]
    with Look(here.server) as look:
        list_id = look.post("/lists", {"name": "buyers"})["list"]["id"]
        look.put(f"/lists/{list_id}/add_contacts", {"ids": [theirs]})
    planned = plan(marketing_list("Buyers", range(3)))
    result = here.load(planned)["lists"]
    assert one(result, "Buyers")["outcome"] == "updated"
    assert one(result, "Buyers")["freshsales_id"] == list_id
    [added] = [i for i in here.ledger.intents() if i.operation is Operation.ADD_MEMBER]
    assert theirs not in added.payload["ids"]  # type: ignore[operator]
    assert here.load(planned)["lists"].counts == {"skipped": 1}


def test_a_later_batch_adds_to_a_list_of_an_earlier_one(crm: Opened) -> None:
    here = crm()
    here.load(plan(*(contact(n) for n in range(6)), marketing_list("Buyers", range(3))))
    feb = plan(marketing_list("Buyers", range(2, 6)))
    assert here.load(feb, batch="feb")["lists"].counts == {"updated": 1}
    added = [i for i in here.ledger.intents() if i.operation is Operation.ADD_MEMBER]
    assert [(i.batch, len(i.payload["ids"])) for i in added] == [("jan", 3), ("feb", 3)]  # type: ignore[arg-type]
    jan = plan(marketing_list("Buyers", range(3)))
    assert here.load(jan)["lists"].counts == {"skipped": 1}


def test_a_list_lacks_only_members_that_are_not_there(crm: Opened) -> None:
    here = crm()
    results = here.load(plan(contact(0), marketing_list("Buyers", range(3))))
    row = one(results["lists"], "Buyers")
    assert (row["outcome"], row["reason"]) == ("created", "2_members_not_loaded")
    again = here.load(plan(contact(1), marketing_list("Buyers", range(3))))
    assert one(again["lists"], "Buyers")["reason"] == "1_members_not_loaded"
