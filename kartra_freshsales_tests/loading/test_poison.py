"""One bad record never sinks a group: it alone is refused, in the destination's sense."""

from kartra_freshsales.ledger.states import IntentState
from kartra_freshsales_tests.loading.scenario import (
    Look,
    Opened,
    contact,
    deal,
    one,
    outcomes,
    plan,
)


def test_a_poisoned_record_is_isolated_and_the_others_arrive(crm: Opened) -> None:
    # G13
    here = crm()
    poison = contact(50, email="not an address")
    result = here.load(plan(*(contact(n) for n in range(50)), poison))["contacts"]
    assert result.counts == {"created": 50, "refused": 1}
    refused = one(result, "person.0050@example.com")
    assert refused["reason"] == "invalid_email:email"
    assert refused["remedy"]
    assert "not an address" not in refused["reason"] + refused["remedy"]
    failed = here.ledger.intents(states={IntentState.FAILED})
    assert {i.source_key for i in failed} == {"person.0050@example.com"}
    assert here.history()["writes"] == 2


def test_many_poisoned_records_are_each_refused_for_their_own_reason(crm: Opened) -> None:
    # G13 G17
    here = crm(switches={"job_layout": "silent"})
    rows = [contact(n) for n in range(40)]
    rows += [contact(n, lifecycle_stage_id=1) for n in range(40, 44)]
    rows += [contact(n, last_name="x" * 300) for n in range(44, 48)]
    rows += [contact(n, cf_unknown="x") for n in range(48, 50)]
    result = here.load(plan(*rows), group_size=25)["contacts"]
    assert result.counts == {"created": 40, "refused": 10}
    reasons = dict(result.rows.select("source_key", "reason").iter_rows())
    assert reasons["person.0040@example.com"] == "invalid_stage:lifecycle_stage_id"
    assert reasons["person.0045@example.com"] == "too_long:last_name"
    assert reasons["person.0049@example.com"] is not None
    with Look(here.server) as look:
        assert len(look.all("contacts")) == 40


def test_a_deal_in_an_unknown_stage_is_refused_alone(crm: Opened) -> None:
    # G13
    here = crm()
    result = here.load(plan(*(deal(n) for n in range(10)), deal(10, deal_stage_id=5)))[
        "deals"
    ]
    assert result.counts == {"created": 10, "refused": 1}
    assert one(result, "txn:10")["reason"] == "invalid_stage:deal_stage_id"
    with Look(here.server) as look:
        assert len(look.all("deals")) == 10


def test_a_mobile_number_that_is_taken_is_left_out(crm: Opened) -> None:
    here = crm(switches={"mobile_unique": True})
    rows = [contact(n, mobile_number="+4790000001") for n in range(2)]
    result = here.load(plan(*rows))["contacts"]
    assert result.counts == {"created": 2}
    second = one(result, "person.0001@example.com")
    assert second["reason"] == "mobile_number_left_out"
    assert "mobile_number" not in second["written"]
    writes = here.history()["writes"]
    assert here.load(plan(*rows))["contacts"].counts == {"skipped": 2}
    assert here.history()["writes"] == writes


def test_a_contact_held_by_another_address_is_a_duplicate(crm: Opened) -> None:
    # G13
    here = crm()
    emails = [{"value": "main@example.com"}, {"value": "person.0001@example.com"}]
    with Look(here.server) as look:
        held = look.post("/contacts", {"contact": {"emails": emails, "last_name": "Held"}})
        look.delete(f"/contacts/{held['contact']['id']}")
    result = here.load(plan(contact(1), contact(2)))["contacts"]
    assert outcomes(result)["person.0002@example.com"] == "created"
    assert one(result, "person.0001@example.com")["reason"] == "duplicate:email"


def test_two_rows_of_one_name_do_not_become_one_record(crm: Opened) -> None:
    here = crm()
    twice = contact(1) | {"source_key": "another key"}
    result = here.load(plan(contact(1), twice))["contacts"]
    assert list(outcomes(result).values()) == ["created", "refused"]


def test_a_refused_record_goes_when_it_was_corrected(crm: Opened) -> None:
    # G13
    here = crm()
    bad = contact(1, lifecycle_stage_id=1)
    assert here.load(plan(bad, contact(2)))["contacts"].counts["refused"] == 1
    result = here.load(plan(contact(1), contact(2)))["contacts"]
    assert outcomes(result) == {
        "person.0001@example.com": "created",
        "person.0002@example.com": "skipped",
    }
