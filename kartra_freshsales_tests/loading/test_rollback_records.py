"""Single records taken back: with what hangs on them, against edits only if asked."""

from __future__ import annotations

import pytest

from kartra_freshsales.errors import BadInput, NotFound
from kartra_freshsales.loading.rollback import prove
from kartra_freshsales.loading.rollback_closure import places_in, with_children
from kartra_freshsales_tests.loading.rollback_scene import Scene, loaded, spared


# G2: a contact's deal would keep it; of ours, it goes along
def test_a_record_goes_with_what_of_ours_hangs_on_it(scene: Scene) -> None:
    ids = loaded(scene)
    known = scene.ledger.identities()
    ann, acme = places_in([f"contacts:{ids['ann']}", f"sales_accounts:{ids['acme']}"])
    hers = {"ann@example.com", "note:ann@example.com", "txn:1"}
    assert with_children(known, [ann]) == hers
    assert with_children(known, [acme]) == {"acme", "bob@example.com", *hers}
    scene.undo(scene.plan(keys=with_children(known, [ann])))
    for endpoint, number in (("contacts", ids["ann"]), ("deals", ids["deal"])):
        with pytest.raises(NotFound):
            scene.client.record(endpoint, number)
    assert scene.flat("contacts", ids["bob"])["last_name"] == "Bob"
    with pytest.raises(BadInput, match="none of this ledger's"):
        with_children(scene.ledger.identities(), [ann])
    for word in ("contacts", "contacts:x", ":7"):
        with pytest.raises(BadInput, match="names no record"):
            places_in([word])


# G2: what people changed goes only where a person names the record and asks for it
def test_what_people_changed_is_taken_back_only_record_by_record(scene: Scene) -> None:
    ids, key = loaded(scene), ["bob@example.com"]
    scene.person_sets("contacts", ids["bob"], city="Bergen")
    theirs = scene.person_makes("contacts", email="kim@example.com", last_name="Kim")
    scene.change("contacts", "kim@example.com", theirs, city="Oslo")
    scene.person_sets("contacts", theirs, city="Tromso")
    assert spared(scene.plan(keys=key).rows) == {"bob@example.com": "edited_since"}
    with pytest.raises(BadInput, match="single records"):
        scene.plan(touched=True)
    plan = scene.plan(keys=[*key, "kim@example.com"], touched=True)
    assert spared(plan.rows) == {}
    assert plan.digest != scene.plan(keys=[*key, "kim@example.com"]).digest
    assert set(scene.undo(plan)["outcome"]) == {"done"}
    with pytest.raises(NotFound):
        scene.client.record("contacts", ids["bob"])
    assert scene.flat("contacts", theirs)["city"] is None
    assert prove(None, scene.ledger, scene.client, scene.metadata, plan, "suite").passed
