"""What an undo takes in: a batch, a record, notes, lists, and what is left open."""

from __future__ import annotations

from pathlib import Path

import pytest

from kartra_freshsales.errors import IntegrityError, NotConfirmed, NotFound
from kartra_freshsales.ledger.records import IntentChange, Job, Json, NewIntent
from kartra_freshsales.ledger.states import IdentityState, IntentState, Operation
from kartra_freshsales.loading.rollback import prove
from kartra_freshsales_tests.loading.rollback_scene import (
    Scene,
    loaded,
    spared,
    staged,
)


# G2
def test_the_undo_of_a_batch_touches_that_batch_only(scene: Scene) -> None:
    contact = scene.person_makes(
        "contacts", email="ann@example.com", last_name="Ann", city="Oslo"
    )
    key = "ann@example.com"
    scene.change("contacts", key, contact, batch="one", city="Bergen", job_title="Buyer")
    scene.change("contacts", key, contact, batch="two", city="Tromso")
    bob = scene.create(
        "contacts", "bob@example.com", batch="one", email="bob@example.com", last_name="Bob"
    )
    deal = scene.create(
        "deals", "txn:2", batch="two", name="Sale 2", amount="1", contact=bob
    )
    first = scene.plan(batch="one")
    assert spared(first.rows) == {
        key: "used_by_another_load",
        "bob@example.com": "has_children_that_stay",
    }
    scene.undo(scene.plan(batch="two"), run="undo-two")
    assert scene.flat("contacts", contact)["city"] == "Bergen"
    assert scene.ledger.identity_ids(["contacts"])["contacts", key] == contact
    with pytest.raises(NotFound):
        scene.client.record("deals", deal)
    again = scene.plan(batch="one")
    assert spared(again.rows) == {}
    scene.undo(again, run="undo-one")
    now = scene.flat("contacts", contact)
    assert (now["city"], now["job_title"]) == ("Oslo", None)
    with pytest.raises(NotFound):
        scene.client.record("contacts", bob)


# G2
def test_members_that_stood_on_the_list_before_stay_on_it(scene: Scene) -> None:
    ids = {
        name: scene.person_makes("contacts", email=f"{name}@example.com", last_name=name)
        for name in ("ann", "bob", "kim")
    }
    listed = int(scene.person.post("/lists", json={"name": "News"}).json()["list"]["id"])
    scene.person.put(f"/lists/{listed}/add_contacts", json={"ids": [ids["ann"]]})
    scene.join("News", listed, [ids["ann"], ids["bob"]], batch="one")
    scene.join("News", listed, [ids["ann"], ids["bob"], ids["kim"]], batch="two")
    scene.undo(scene.plan(batch="one"), run="undo-one")
    assert scene.members(listed) == set(ids.values())
    scene.undo(scene.plan(batch="two"), run="undo-two")
    assert scene.members(listed) == {ids["ann"]}


# G2
def test_a_single_record_can_be_undone_with_its_note_and_memberships(scene: Scene) -> None:
    ids = loaded(scene)
    plan = scene.plan(keys=["bob@example.com"])
    scene.undo(plan)
    assert scene.members(ids["list"]) == {ids["ann"]}
    with pytest.raises(NotFound):
        scene.client.record("contacts", ids["bob"])
    assert spared(scene.plan(keys=["ann@example.com"]).rows) == {
        "ann@example.com": "has_children_that_stay"
    }


# G2
def test_after_a_hard_undo_the_addresses_are_free_again(scene: Scene) -> None:
    loaded(scene)
    scene.undo(scene.plan(hard=True))
    assert scene.person_makes("contacts", email="ann@example.com", last_name="Ann") > 0


# G2
def test_a_note_somebody_rewrote_is_spared(scene: Scene) -> None:
    contact = scene.person_makes("contacts", email="ann@example.com", last_name="Ann")
    note = scene.write_note("ann@example.com", contact, "Prefers e-mail.")
    scene.person.put(f"/notes/{note}", json={"note": {"description": "Prefers phone."}})
    plan = scene.plan()
    assert spared(plan.rows) == {"note:ann@example.com": "edited_since"}


# G2
def test_a_note_another_batch_rewrote_gets_its_earlier_text_back(scene: Scene) -> None:
    contact = scene.person_makes("contacts", email="ann@example.com", last_name="Ann")
    note = scene.write_note("ann@example.com", contact, "First.")
    scene.rewrite_note("ann@example.com", note, "Second.", "First.", "summer")
    assert spared(scene.plan(batch="spring").rows) == {
        "note:ann@example.com": "used_by_another_load"
    }
    plan = scene.plan(batch="summer")
    assert set(scene.undo(plan)["outcome"]) == {"done"}
    (left,) = scene.client.notes_of("contacts", contact)
    assert left["description"] == "First."
    assert prove(None, scene.ledger, scene.client, scene.metadata, plan, "suite").passed
    scene.undo(scene.plan(), run="undo-2")
    assert scene.client.notes_of("contacts", contact) == []
    assert set(scene.ledger.identities()["state"]) == {"rolled_back"}


# G2
def test_a_lead_that_a_later_load_made_a_contact_is_one_record(scene: Scene) -> None:
    key = "ann@example.com"
    number = scene.create("leads", key, email=key, last_name="Ann")
    scene.change("contacts", key, number, batch="summer", job_title="Buyer")
    plan = scene.plan()
    assert plan.counts["delete"] == 1
    assert set(scene.undo(plan)["outcome"]) == {"done"}
    assert scene.state() == {}
    assert set(scene.ledger.identities()["state"]) == {"rolled_back"}


# G2
def test_a_changed_set_of_rows_is_refused(scene: Scene) -> None:
    loaded(scene)
    plan = scene.plan()
    other = type(plan)(plan.rows.head(1), plan.digest)
    with pytest.raises(NotConfirmed, match="digest"):
        scene.undo(other)


# G1
def test_what_a_killed_load_left_open_is_read_before_the_undo_is_planned(
    scene: Scene,
) -> None:
    loaded(scene)
    payloads: list[Json] = [
        {"email": f"{name}@example.com", "last_name": name} for name in ("kim", "lee")
    ]
    new = [
        NewIntent(Operation.CREATE, "contacts", str(p["email"]), "", dict(p), batch="x")
        for p in payloads
    ]
    open_ones = scene.ledger.plan_intents("load", new)
    scene.ledger.mark_intents([IntentChange(i.id, IntentState.SENT) for i in open_ones])
    kim = scene.person_makes("contacts", **payloads[0])  # it had arrived, the other not
    writes = scene.writes()
    plan = scene.plan(batch="x")
    assert scene.writes() == writes
    assert plan.rows["freshsales_id"].to_list() == [kim]
    assert scene.ledger.unsettled() == []
    assert set(scene.undo(plan)["outcome"]) == {"done"}


# G1
def test_a_load_whose_bulk_job_still_runs_cannot_be_undone(tmp_path: Path) -> None:
    with staged(tmp_path, job_seconds=3600.0) as scene:
        new = NewIntent(
            Operation.CREATE, "deals", "txn:1", "", {"name": "Sale"}, group="g", batch="x"
        )
        (intent,) = scene.ledger.plan_intents("load", [new])
        scene.ledger.mark_intents([IntentChange(intent.id, IntentState.SENT)])
        row: Json = {"name": "Sale", "data": {"name": "Sale", "amount": 1}}
        job = scene.client.bulk_upsert("deals", [row])
        scene.ledger.put_job(Job(job, "g", "deals"))
        with pytest.raises(IntegrityError, match="no known outcome"):
            scene.plan(batch="x")
        assert scene.plan(batch="spring").rows.is_empty()


# G2
def test_a_loaded_and_undone_and_loaded_record_can_be_undone_again(scene: Scene) -> None:
    contact = scene.person_makes(
        "contacts", email="ann@example.com", last_name="Ann", city="Oslo"
    )
    scene.change("contacts", "ann@example.com", contact, city="Bergen")
    scene.undo(scene.plan())
    scene.person_sets("contacts", contact, city="Leeds")
    scene.change("contacts", "ann@example.com", contact, city="Bergen")
    scene.undo(scene.plan(), run="undo-2")
    assert scene.flat("contacts", contact)["city"] == "Leeds"
    assert set(scene.ledger.identities()["state"]) == {IdentityState.ROLLED_BACK}
