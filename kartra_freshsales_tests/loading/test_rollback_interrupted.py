"""An undo that is killed, cut off or lied to ends as if nothing had happened."""

from __future__ import annotations

from pathlib import Path

import pytest

from kartra_freshsales.ledger.states import IntentState, Operation
from kartra_freshsales.loading.rollback import prove
from kartra_freshsales.sandbox.config import Faults
from kartra_freshsales_tests.loading.rollback_scene import (
    Guillotine,
    Killed,
    Scene,
    outcomes,
    staged,
)


def loaded(scene: Scene, name: str) -> None:
    """A contact updated, and an account, a contact, a deal, a note and a member created."""
    theirs = scene.person_makes(
        "contacts", email=f"old-{name}@example.com", last_name="Old", city="Oslo"
    )
    account = scene.create("sales_accounts", f"acme-{name}", name=f"Acme {name}")
    scene.change(
        "contacts",
        f"old-{name}@example.com",
        theirs,
        city="Bergen",
        sales_account=account,
    )
    scene.write_note(f"old-{name}@example.com", theirs, "A note.")
    key = f"ann-{name}@example.com"
    ann = scene.create("contacts", key, email=key, last_name="Ann", sales_account=account)
    scene.create("deals", f"txn:{name}", name=f"Sale {name}", amount="1", contact=ann)
    listed = scene.make_list(f"News {name}")
    scene.join(f"News {name}", listed, [theirs, ann])


# G1, G2
@pytest.mark.parametrize("kind", ["before_request", "after_write", "at_commit"])
def test_an_undo_killed_anywhere_is_finished_by_the_next_run(
    tmp_path: Path, kind: str
) -> None:
    cut = Guillotine(kind)
    with staged(tmp_path, transport=cut) as scene:
        for at in range(80):
            loaded(scene, f"{at}")
            plan = scene.plan()
            cut.left, killed = at, False
            try:
                scene.undo(plan, run=f"undo-{at}")
            except Killed:
                killed = True
            cut.left = None
            assert set(scene.undo(plan, run=f"again-{at}")["outcome"]) == {"done"}, at
            assert scene.ledger.unsettled() == []
            if not killed:
                break
            proof = prove(None, scene.ledger, scene.client, scene.metadata, plan, "suite")
            assert proof.passed, at
        assert at >= 6
        assert not killed
        assert scene.plan().rows.is_empty()
        assert set(scene.ledger.identities()["state"]) == {"rolled_back"}
        left = {key: r for key, r in scene.state().items() if key[0] == "contacts"}
        assert {record["city"] for record in left.values()} == {"Oslo"}
        assert {str(record["sales_account_ids"]) for record in left.values()} == {"[]"}
        assert scene.ledger.verify_chain().intact


# G2
def test_an_undo_stopped_by_its_progress_can_be_planned_anew(tmp_path: Path) -> None:
    def stop(module: str, done: int, total: int) -> None:
        if module == "contacts":
            raise Killed

    with staged(tmp_path) as scene:
        loaded(scene, "a")
        plan = scene.plan()
        with pytest.raises(Killed):
            scene.undo(plan, progress=stop)
        again = scene.plan()
        assert again.digest != plan.digest
        assert set(scene.undo(again, run="undo-2")["outcome"]) == {"done"}
        assert scene.plan().rows.is_empty()


# G2
def test_a_finished_undo_sends_nothing_when_run_again(tmp_path: Path) -> None:
    with staged(tmp_path) as scene:
        loaded(scene, "a")
        plan = scene.plan()
        scene.undo(plan)
        writes = scene.writes()
        done = scene.undo(plan, run="undo-2")
        assert set(done["outcome"]) == {"done"}
        assert scene.writes() == writes


# G1
@pytest.mark.parametrize(
    "faults",
    [
        Faults(drop_after_write=1.0, routes=("bulk_destroy",)),
        Faults(error_after_write=1.0, routes=("bulk_destroy",)),
    ],
    ids=["dropped", "failed"],
)
def test_an_unanswered_delete_is_read_before_anything_is_resent(
    tmp_path: Path, faults: Faults
) -> None:
    with staged(tmp_path, faults=faults) as scene:
        loaded(scene, "a")
        done = scene.undo(scene.plan())
        assert set(done["outcome"]) == {"done"}
        calls = scene.history()["writes_by_route"]
        assert calls["POST /contacts/bulk_destroy"] == 1
        states = {
            intent.state
            for intent in scene.ledger.intents()
            if intent.operation is Operation.DELETE
        }
        assert states == {IntentState.CONFIRMED}


# G1
def test_a_delete_that_failed_before_it_was_done_is_sent_again(tmp_path: Path) -> None:
    faults = Faults(error_before_write=1.0, routes=("bulk_destroy",), at_most=2)
    with staged(tmp_path, faults=faults) as scene:
        loaded(scene, "a")
        assert set(scene.undo(scene.plan())["outcome"]) == {"done"}
        assert scene.state().keys() == {
            key for key in scene.state() if key[0] == "contacts"
        }


# G2
def test_restores_that_a_bulk_job_loses_are_written_again(tmp_path: Path) -> None:
    with staged(tmp_path, faults=Faults(job_loses_row=1.0, at_most=2)) as scene:
        loaded(scene, "a")
        done = outcomes(scene.undo(scene.plan()))
        assert done["restore", "old-a@example.com"] == ("done", None)
        calls = scene.history()["writes_by_route"]
        assert calls["POST /contacts/bulk_upsert"] == 2
        assert calls["PUT /contacts/:id"] >= 1


# G2
def test_a_restore_the_destination_refuses_fails_alone(tmp_path: Path) -> None:
    with staged(tmp_path) as scene:
        one = scene.person_makes("sales_accounts", name="One", city="Oslo")
        two = scene.person_makes("sales_accounts", name="Two", city="Oslo")
        scene.change("sales_accounts", "one", one, name="Uno", city="Bergen")
        scene.change("sales_accounts", "two", two, city="Bergen")
        scene.person_makes("sales_accounts", name="One")  # takes the name meanwhile
        plan = scene.plan()
        done = outcomes(scene.undo(plan))
        assert done["restore", "one"] == ("failed", "no_effect_after_three_attempts")
        assert done["restore", "two"] == ("done", None)
        assert scene.flat("sales_accounts", one)["city"] == "Oslo"
        proof = prove(None, scene.ledger, scene.client, scene.metadata, plan, "suite")
        assert not proof.passed
        assert proof.differences["field"].to_list() == ["name"]
