"""Records too large to be sent, and a rollback that meets the remains of a killed probe."""

from __future__ import annotations

from kartra_freshsales.ledger.records import IntentChange, NewIntent
from kartra_freshsales.ledger.states import IntentState, Operation
from kartra_freshsales.loading.probe_records import PROBE
from kartra_freshsales.loading.rollback_plan import settle_load
from kartra_freshsales.loading.rollback_reading import Reader
from kartra_freshsales_tests.loading.scenario import (
    FAST,
    Opened,
    contact,
    one,
    outcomes,
    plan,
)


# reference 12.28: stay under 1 MB; the record is named by its source key
def test_a_record_over_a_megabyte_is_refused_by_name_and_the_others_go(
    crm: Opened,
) -> None:
    account = crm()
    planned = plan(
        contact(1), contact(2, address="x" * 1_100_000), contact(3, address="y" * 200_000)
    )
    before = account.history()["requests"]
    done = account.load(planned)["contacts"]
    assert outcomes(done) == {
        "person.0001@example.com": "created",
        "person.0002@example.com": "refused",
        "person.0003@example.com": "refused",
    }
    large = one(done, "person.0002@example.com")
    assert large["reason"] == "too_long"
    assert "Shorten" in large["remedy"]
    assert account.history()["requests"] > before
    assert account.ledger.unsettled() == []


def test_a_rollback_does_not_wait_for_a_probe_that_was_killed(crm: Opened) -> None:
    account = crm()
    account.load(plan(contact(1)))
    payload: dict[str, object] = {"endpoint": "contacts", "body": {"last_name": "P"}}
    [intent] = account.ledger.plan_intents(
        "doctor-1", [NewIntent(Operation.CREATE, PROBE, "contacts:1", "", payload)]
    )
    account.ledger.mark_intents([IntentChange(intent.id, IntentState.SENT)])
    reader = Reader(account.client, account.metadata)
    settle_load(account.ledger, reader, "suite", FAST, lambda _intent: True)
    assert [i.id for i in account.ledger.unsettled()] == [intent.id]
