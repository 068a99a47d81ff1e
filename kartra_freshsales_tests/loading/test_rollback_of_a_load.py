"""What the loader itself loaded is taken back: all of it, cheaply, and repeatedly."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from kartra_freshsales.loading.rollback import (
    Proof,
    RollbackPlan,
    carry_out,
    plan_rollback,
    prove,
)
from kartra_freshsales.planning.plan import ERASES
from kartra_freshsales_tests.loading.rollback_scene import Killed
from kartra_freshsales_tests.loading.scenario import (
    FAST,
    Account,
    Look,
    Opened,
    account,
    contact,
    deal,
    plan,
    row,
    small_load,
)


def undone(
    crm: Account, run: str, before: pl.DataFrame, **selection: Any
) -> tuple[RollbackPlan, pl.DataFrame, Proof]:
    """Plan, carry out and prove an undo."""
    made = plan_rollback(crm.ledger, crm.client, crm.metadata, policy=FAST, **selection)
    done = carry_out(made, crm.ledger, crm.client, crm.metadata, run=run, policy=FAST)
    proof = prove(before, crm.ledger, crm.client, crm.metadata, made, "suite")
    return made, done, proof


def without_lists(state: dict[str, Any]) -> dict[str, Any]:
    """A state without its lists: those cannot be deleted."""
    return {key: value for key, value in state.items() if key != "lists"}


# S3, G2
def test_load_undo_load_undo(crm: Opened) -> None:
    here = crm()
    with Look(here.server) as look:
        look.post("/contacts", {"contact": {"email": "old@example.org", "last_name": "O"}})
        start, before = look.state(), here.snapshot()
        wanted = small_load(accounts=12, contacts=230, deals=240, notes=9)
        here.load(wanted, snapshot=before)
        loaded = look.state()
        for at in range(2):
            counted = here.client.counts
            made, done, proof = undone(here, f"undo-{at}", before)
            used = sum(here.client.counts.values()) - sum(counted.values())
            assert set(done["outcome"]) == {"done"}
            assert (proof.passed, proof.spared.height) == (True, 0)
            assert without_lists(look.state()) == without_lists(start)
            assert [line.count("@") for line in look.state()["lists"]] == [0, 0]
            assert used <= 2 * made.requests  # planning and proof read as well
            if at == 0:
                again = wanted.with_columns(reason=pl.lit(ERASES))
                here.load(again, snapshot=before)
                assert look.state() == loaded
    assert here.ledger.verify_chain().intact


# G2
def test_an_undo_of_hundreds_of_records_takes_tens_of_requests(crm: Opened) -> None:
    here = crm()
    here.load(small_load(accounts=12, contacts=230, deals=240, notes=0))
    made = plan_rollback(here.ledger, here.client, here.metadata, policy=FAST)
    before = sum(here.client.counts.values())
    carry_out(made, here.ledger, here.client, here.metadata, run="undo", policy=FAST)
    used = sum(here.client.counts.values()) - before
    assert used <= made.requests + 4
    assert used < 40


# G1, G2
@pytest.mark.parametrize("module", ["sales_accounts", "contacts", "deals", "notes"])
def test_a_load_killed_half_way_can_be_undone(crm: Opened, module: str) -> None:
    def stop(told: str, _done: int, _total: int) -> None:
        if told == module:
            raise Killed

    here = crm()
    with Look(here.server) as look:
        start, before = look.state(), here.snapshot()
        with pytest.raises(Killed):
            here.load(small_load(3, 20, 20, 3), progress=stop, snapshot=before)
        _, done, proof = undone(here, "undo", before)
        assert set(done["outcome"]) <= {"done"}
        assert proof.passed
        assert without_lists(look.state()) == without_lists(start)
        assert here.ledger.unsettled() == []


# G2
def test_updates_of_a_second_batch_are_undone_alone_and_then_the_first(
    crm: Opened,
) -> None:
    here = crm()
    with Look(here.server) as look:
        start, before = look.state(), here.snapshot()
        here.load(plan(account(0), contact(0, 1), deal(1, 1)), snapshot=before)
        loaded = look.state()
        key = "person.0000@example.com"
        number = here.ledger.identity_ids(["contacts"])["contacts", key]
        changed = row(
            "contacts",
            key,
            {"city": "Bergen", "tags": ["kartra", "feb"]},
            batch="feb",
            operation="update",
            freshsales_id=number,
        )
        here.load(plan(changed), batch="feb", run="feb", snapshot=here.snapshot())
        assert look.state() != loaded
        made, _, proof = undone(here, "undo-feb", before, batch="feb")
        assert made.rows["operation"].to_list() == ["restore"]
        assert proof.passed
        assert look.state() == loaded
        _, done, proof = undone(here, "undo-jan", before, batch="jan")
        assert set(done["outcome"]) == {"done"}
        assert proof.passed
        assert look.state() == start
