"""What an earlier run left open is settled by looking, before anything is sent."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from kartra_freshsales.ledger.records import IntentChange, NewIntent
from kartra_freshsales.ledger.states import IntentState, Operation, Origin
from kartra_freshsales.loading.items import Item, items_of
from kartra_freshsales_tests.loading.scenario import (
    Account,
    Json,
    Look,
    Opened,
    contact,
    deal,
    note,
    one,
    plan,
    row,
)

KEY = "person.0001@example.com"


def left_open(
    here: Account, planned: pl.DataFrame, *states: IntentState, detail: str | None = None
) -> Sequence[Item]:
    """Intents of a plan as a run that ended suddenly leaves them."""
    items = list(items_of(planned))
    intents = here.ledger.plan_intents(
        "earlier",
        [
            NewIntent(
                Operation(item.operation),
                item.module,
                item.source_key,
                item.digest,
                {key: item.record[key] for key in item.fields},
                pre_image=None if item.creates else dict.fromkeys(item.fields),
                way_back="Delete it.",
                group="lost",
                batch="jan",
            )
            for item in items
        ],
    )
    for state in states:
        here.ledger.mark_intents(
            [
                IntentChange(i.id, state, detail, item.freshsales_id)
                for i, item in zip(intents, items, strict=True)
            ]
        )
    return items


def test_an_intent_that_never_left_is_closed_and_the_record_is_sent(crm: Opened) -> None:
    # G1
    here = crm()
    planned = plan(contact(1))
    left_open(here, planned)
    assert here.load(planned)["contacts"].counts == {"created": 1}
    states = [(i.run, i.state, i.detail) for i in here.ledger.intents()]
    assert states == [
        ("earlier", IntentState.FAILED, "never_left"),
        ("run", IntentState.CONFIRMED, None),
    ]


def test_a_write_that_arrived_is_confirmed_and_not_repeated(crm: Opened) -> None:
    # G1
    here = crm()
    planned = plan(contact(1), deal(2))
    for item in left_open(here, planned, IntentState.SENT):
        with Look(here.server) as look:
            name = item.module.removesuffix("s")
            look.post(f"/{item.module}", {name: item.record})
    writes = here.history()["writes"]
    results = here.load(planned)
    assert here.history()["writes"] == writes
    assert [r.counts for r in results.values()] == [{"skipped": 1}] * 2
    assert {i.state for i in here.ledger.intents()} == {IntentState.CONFIRMED}
    identities = here.ledger.identities(["contacts", "deals"])
    assert set(identities["origin"]) == {str(Origin.CREATED)}
    assert identities["seen"].str.contains("updated_at").all()


def test_a_write_that_left_no_trace_is_repeated(crm: Opened) -> None:
    # G1
    here = crm()
    planned = plan(contact(1), deal(2))
    left_open(here, planned, IntentState.SENT, IntentState.UNKNOWN)
    results = here.load(planned)
    assert [r.counts for r in results.values()] == [{"created": 1}] * 2
    failed = here.ledger.intents(states={IntentState.FAILED})
    assert {(i.run, i.detail) for i in failed} == {("earlier", "left_no_trace")}


def started_again(here: Account, *, days: int) -> None:
    """Whoever starts again does so days later, by everybody's clock."""
    if days:
        here.server.control.advance(days * 86_400)
    later = timedelta(days=days)
    here.policy = replace(here.policy, now=lambda: datetime.now(UTC) + later)


@pytest.mark.parametrize("days", [0, 9])
def test_a_write_given_up_too_early_is_taken_over_without_sending(
    crm: Opened, days: int
) -> None:
    # G1
    here = crm()
    planned = plan(deal(2))
    [item] = left_open(
        here, planned, IntentState.SENT, IntentState.FAILED, detail="left_no_trace"
    )
    with Look(here.server) as look:
        look.post("/deals", {"deal": item.record})
    started_again(here, days=days)
    writes = here.history()["writes"]
    assert here.load(planned)["deals"].counts == {"created": 1}
    assert here.history()["writes"] == writes
    [claimed] = here.ledger.intents(states={IntentState.CONFIRMED})
    assert claimed.operation is Operation.CREATE
    assert here.load(planned)["deals"].counts == {"skipped": 1}


def test_what_a_person_made_long_after_a_write_of_ours_is_not_taken_for_it(
    crm: Opened,
) -> None:
    # G1 G2
    here = crm()
    planned = plan(contact(1))
    [item] = left_open(
        here, planned, IntentState.SENT, IntentState.FAILED, detail="left_no_trace"
    )
    started_again(here, days=2)
    with Look(here.server) as look:
        look.post("/contacts", {"contact": item.record})
    found = one(here.load(planned)["contacts"], KEY)
    assert (found["outcome"], found["reason"]) == ("conflict", "exists_at_destination")


@pytest.mark.parametrize("days", [0, 9])
def test_a_note_given_up_too_early_is_taken_over_without_sending(
    crm: Opened, days: int
) -> None:
    # G1
    here = crm()
    planned = plan(contact(1), note(1))
    here.load(planned.filter(module="contacts"))
    number = here.ledger.identity_ids(["contacts"])["contacts", KEY]
    payload: Json = {"description": "Said hello 1.", "contact": number}
    [intent] = here.ledger.send_intents(
        "earlier",
        [NewIntent(Operation.CREATE_NOTE, "notes", f"note:{KEY}", "", payload)],
        [None],
    )
    here.ledger.mark_intents([IntentChange(intent.id, IntentState.FAILED, "left_no_trace")])
    body = {
        "description": "Said hello 1.",
        "targetable_type": "Contact",
        "targetable_id": number,
    }
    with Look(here.server) as look:
        look.post("/notes", {"note": body})
    started_again(here, days=days)
    writes = here.history()["writes"]
    assert set(here.load(planned)["notes"].counts) <= {"created", "skipped"}
    assert here.history()["writes"] == writes
    assert here.load(planned)["notes"].counts == {"skipped": 1}


def test_an_update_is_proven_by_a_field_that_moved(crm: Opened) -> None:
    # G1 G2
    here = crm()
    here.load(plan(contact(1)))
    number = here.ledger.identity_ids(["contacts"])["contacts", KEY]
    payload = {"email": KEY, "city": "Oslo"}
    changed = plan(
        row(
            "contacts",
            KEY,
            payload,
            operation="update",
            freshsales_id=number,
            fields=["city"],
        )
    )
    left_open(here, changed, IntentState.SENT)
    result = here.load(changed)["contacts"]
    assert one(result, KEY)["outcome"] == "updated"
    left_open(here, changed, IntentState.SENT)
    assert one(here.load(changed)["contacts"], KEY)["outcome"] == "skipped"
    last = here.ledger.intents()[-1]
    assert (last.run, last.state) == ("earlier", IntentState.CONFIRMED)


def test_a_record_older_than_our_write_is_never_taken_for_ours_to_delete(
    crm: Opened,
) -> None:
    # G2
    here = crm()
    with Look(here.server) as look:
        body = {"email": KEY, "last_name": "Theirs"}
        number = look.post("/contacts", {"contact": body})["contact"]["id"]
    left_open(here, plan(contact(1)), IntentState.SENT)
    # As if the write had left a minute after the record was made.
    here.policy = replace(here.policy, skew=-60.0)
    here.load(plan(contact(1)))
    known = here.ledger.identities(["contacts"])
    assert known.filter(freshsales_id=number, origin=str(Origin.CREATED)).is_empty()
