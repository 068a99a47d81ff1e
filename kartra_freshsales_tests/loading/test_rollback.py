"""An undo over real HTTP: what a load left is taken back, what people did stays."""

from __future__ import annotations

import polars as pl

from kartra_freshsales.loading.rollback import prove
from kartra_freshsales_tests.loading.rollback_scene import (
    Scene,
    loaded,
    outcomes,
    spared,
)


# S3
def test_an_undone_load_leaves_the_account_as_it_stood(scene: Scene) -> None:
    scene.person_makes("contacts", email="old@example.org", last_name="Old")
    before, snapshot = scene.state(), scene.snapshot()
    ids = loaded(scene)
    plan = scene.plan()
    assert plan.counts == {
        "delete": 4, "restore": 0, "remove_member": 1, "delete_note": 1, "spared": 0,
    }  # fmt: skip
    done = scene.undo(plan)
    assert set(done["outcome"]) == {"done"}
    assert scene.state() == before
    assert scene.members(ids["list"]) == set()
    proof = prove(snapshot, scene.ledger, scene.client, scene.metadata, plan, "suite")
    assert proof.passed
    assert proof.checked >= 7
    assert set(scene.ledger.identities()["state"]) == {"rolled_back"}
    assert scene.ledger.unsettled() == []
    assert scene.ledger.verify_chain().intact


# G2
def test_a_dry_run_writes_nothing_and_says_what_it_cannot_undo(scene: Scene) -> None:
    loaded(scene)
    writes = scene.writes()
    plan = scene.plan()
    assert scene.writes() == writes
    said = " ".join(plan.cannot_undo)
    assert "cannot delete a list" in said
    assert "recycle bin for 90 days" in said
    assert plan.requests > 0


# G2
def test_a_second_plan_of_the_same_state_has_the_same_digest(scene: Scene) -> None:
    ids = loaded(scene)
    first = scene.plan()
    assert scene.plan().digest == first.digest
    scene.person_sets("contacts", ids["bob"], city="Leeds")
    assert scene.plan().digest != first.digest
    assert scene.plan(hard=True).digest != scene.plan().digest


# G2
def test_a_contact_somebody_has_edited_is_spared_with_all_it_hangs_on(scene: Scene) -> None:
    ids = loaded(scene)
    scene.person_sets("contacts", ids["bob"], city="Leeds")
    plan = scene.plan()
    assert spared(plan.rows) == {
        "bob@example.com": "edited_since",
        "acme": "has_children_that_stay",
    }
    row = plan.rows.filter(pl.col("source_key") == "bob@example.com").row(0, named=True)
    assert row["fields"] == ["city"]
    done = outcomes(scene.undo(plan))
    assert done["delete", "bob@example.com"] == ("spared", "edited_since")
    assert done["delete", "ann@example.com"] == ("done", None)
    assert scene.flat("contacts", ids["bob"])["city"] == "Leeds"
    states = dict(scene.ledger.identities().select("source_key", "state").iter_rows())
    assert states["bob@example.com"] == "live"
    assert states["ann@example.com"] == "rolled_back"
    proof = prove(None, scene.ledger, scene.client, scene.metadata, plan, "suite")
    assert proof.passed
    assert proof.spared.height == 2


# G2
def test_an_edit_made_after_the_plan_is_spared_as_well(scene: Scene) -> None:
    ids = loaded(scene)
    plan = scene.plan()
    scene.person_sets("deals", ids["deal"], amount="99")
    done = outcomes(scene.undo(plan))
    assert done["delete", "txn:1"] == ("spared", "edited_since")
    assert done["delete", "ann@example.com"] == ("spared", "has_children_that_stay")
    assert done["delete_note", "note:ann@example.com"] == ("done", None)
    assert done["delete", "acme"] == ("spared", "has_children_that_stay")
    assert done["delete", "bob@example.com"] == ("done", None)
    assert scene.client.notes_of("contacts", ids["ann"]) == []
    proof = prove(None, scene.ledger, scene.client, scene.metadata, plan, "suite")
    assert proof.passed
    assert set(proof.spared["source_key"]) == {"txn:1", "ann@example.com", "acme"}


# G2
def test_our_own_later_writes_are_no_edits(scene: Scene) -> None:
    ids = loaded(scene)
    scene.join("Newsletter", ids["list"], [ids["ann"]])
    scene.create("deals", "txn:2", name="Sale 2", amount="1", contact=ids["ann"])
    assert spared(scene.plan().rows) == {}


# G2
def test_people_s_contacts_and_notes_keep_what_they_hang_on(scene: Scene) -> None:
    ids = loaded(scene)
    theirs = scene.person_makes(
        "contacts",
        email="kim@example.org",
        last_name="Kim",
        sales_accounts=[{"id": ids["acme"], "is_primary": True}],
    )
    scene.person_notes("Contact", ids["bob"], "Called back.")
    plan = scene.plan()
    assert spared(plan.rows) == {
        "acme": "has_foreign_children",
        "bob@example.com": "has_foreign_children",
    }
    scene.undo(plan)
    assert scene.flat("contacts", theirs)["sales_account_ids"] == [ids["acme"]]


# G2
def test_a_record_people_deleted_is_listed_and_left(scene: Scene) -> None:
    ids = loaded(scene)
    scene.person_deletes("deals", ids["deal"])
    plan = scene.plan()
    assert spared(plan.rows) == {"txn:1": "deleted_since"}
    done = outcomes(scene.undo(plan))
    assert done["delete", "txn:1"] == ("already_gone", "deleted_since")
    assert done["delete", "acme"] == ("done", None)


# G2
def test_an_account_people_deleted_does_not_make_its_contacts_edited(scene: Scene) -> None:
    ids = loaded(scene)
    scene.person_deletes("sales_accounts", ids["acme"])
    assert spared(scene.plan().rows) == {"acme": "deleted_since"}


# S3, G2
def test_updated_records_get_every_field_tag_and_link_back(scene: Scene) -> None:
    old = scene.person_makes("sales_accounts", name="Old Firm")
    contact = scene.person_makes(
        "contacts",
        email="ann@example.com",
        last_name="Ann",
        city="Oslo",
        tags=["vip"],
        subscription_status=1,
        sales_accounts=[{"id": old, "is_primary": True}],
    )
    deal = scene.person_makes("deals", name="Theirs", amount=5, sales_account_id=old)
    before, snapshot = scene.state(), scene.snapshot()
    new = scene.create("sales_accounts", "acme", name="Acme Ltd")
    scene.change(
        "contacts",
        "ann@example.com",
        contact,
        city="Bergen",
        job_title="Buyer",
        tags=["vip", "kartra"],
        subscription_status=0,
        sales_account=new,
    )
    scene.change("deals", "txn:1", deal, amount="12.50", sales_account=new, contact=contact)
    plan = scene.plan()
    assert plan.counts["restore"] == 2
    done = scene.undo(plan)
    assert set(done["outcome"]) == {"done"}
    assert scene.state() == before
    proof = prove(snapshot, scene.ledger, scene.client, scene.metadata, plan, "suite")
    assert proof.passed


# S3
def test_custom_fields_are_cleared_and_restored(scene: Scene) -> None:
    form = scene.metadata.forms["contacts"][0]
    for label in ("Kartra id", "Score"):
        field = {"label": label, "type": "text"}
        scene.client.create_field("contacts", form, {"field": field})
    contact = scene.person_makes(
        "contacts", email="ann@example.com", last_name="Ann", custom_field={"cf_score": "7"}
    )
    scene.change("contacts", "ann@example.com", contact, cf_kartra_id="K1", cf_score="9")
    scene.undo(scene.plan())
    now = scene.flat("contacts", contact)
    assert (now["cf_kartra_id"], now["cf_score"]) == (None, "7")


# G2
def test_a_field_somebody_changed_stays_and_the_others_are_restored(scene: Scene) -> None:
    contact = scene.person_makes(
        "contacts", email="ann@example.com", last_name="Ann", city="Oslo", tags=["vip"]
    )
    scene.change(
        "contacts",
        "ann@example.com",
        contact,
        city="Bergen",
        job_title="Buyer",
        tags=["vip", "kartra"],
    )
    scene.person_sets("contacts", contact, city="Leeds", tags=["vip", "kartra", "lead"])
    plan = scene.plan()
    rows = {row["action"]: row["fields"] for row in plan.rows.iter_rows(named=True)}
    assert rows == {"undo": ["job_title", "tags"], "spare": ["city"]}
    done = scene.undo(plan)
    assert sorted(done["outcome"]) == ["done", "spared"]
    now = scene.flat("contacts", contact)
    assert (now["city"], now["job_title"], now["tags"]) == ("Leeds", None, ["vip", "lead"])


# G2
def test_several_updates_go_back_to_the_first_pre_image(scene: Scene) -> None:
    contact = scene.person_makes(
        "contacts", email="ann@example.com", last_name="Ann", city="Oslo"
    )
    for city in ("Bergen", "Tromso"):
        scene.change("contacts", "ann@example.com", contact, city=city)
    scene.undo(scene.plan())
    assert scene.flat("contacts", contact)["city"] == "Oslo"
