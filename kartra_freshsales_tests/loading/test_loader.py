"""A load in good weather: what arrives, what it costs, what a second one does."""

import json
import math

import polars as pl
import pytest

from kartra_freshsales.errors import BadInput
from kartra_freshsales.ledger.records import Identity
from kartra_freshsales.ledger.states import IdentityState, IntentState, Operation, Origin
from kartra_freshsales.loading.results import SCHEMA
from kartra_freshsales.planning.cost import cost
from kartra_freshsales.planning.plan import ERASES
from kartra_freshsales_tests.loading.scenario import (
    OWNER,
    Json,
    Look,
    Opened,
    account,
    contact,
    deal,
    one,
    outcomes,
    plan,
    row,
    small_load,
)


def test_every_planned_record_arrives_linked_and_is_reported_once(crm: Opened) -> None:
    # S18 S33 S108
    here = crm()
    planned = small_load(4, 12, 20, 3)
    results = here.load(planned)
    for module, result in results.items():
        assert result.rows.schema == pl.Schema(SCHEMA)
        assert result.rows["source_key"].to_list() == (
            planned.filter(module=module)["source_key"].to_list()
        )
        assert result.counts == {"created": result.rows.height}
        assert result.rows["freshsales_id"].null_count() == 0
        assert result.rows["seen"].null_count() == 0
    with Look(here.server) as look:
        contacts = look.all("contacts", "owner,sales_accounts")
        deals = look.all("deals", "owner,contacts")
    assert all(len(c["sales_accounts"]) == 1 for c in contacts)
    assert all(len(d["contact_ids"]) == 1 for d in deals)
    assert {c["owner_id"] for c in contacts} | {d["owner_id"] for d in deals} == {OWNER}
    written = json.loads(one(results["deals"], "txn:3")["written"])
    ids = here.ledger.identity_ids(["contacts"])
    assert written["contact"] == ids["contacts", "person.0003@example.com"]


def test_the_account_link_is_in_the_first_write_of_a_contact(crm: Opened) -> None:
    # S33
    here = crm()
    here.load(small_load(2, 4, 0, 0))
    intents = here.ledger.intents(modules=["contacts"])
    assert [i.operation for i in intents] == [Operation.CREATE] * 4
    assert all(isinstance(i.payload["sales_account"], int) for i in intents)


def test_the_same_load_again_sends_nothing(crm: Opened) -> None:
    # G5
    here = crm()
    planned = small_load(4, 12, 20, 3)
    first = here.load(planned)
    writes = here.history()["writes"]
    again = here.load(planned)
    assert here.history()["writes"] == writes
    assert {m: r.counts for m, r in again.items()} == {
        m: {"skipped": r.rows.height} for m, r in first.items()
    }
    for module in ("sales_accounts", "contacts", "deals", "notes"):
        columns = ["source_key", "freshsales_id"]
        assert again[module].rows.select(columns).equals(first[module].rows.select(columns))
        assert json.loads(again[module].rows["written"][0]) == (
            json.loads(first[module].rows["written"][0])
        )


def test_a_load_costs_a_write_and_a_read_per_hundred_and_a_few_more(crm: Opened) -> None:
    # G6
    here = crm()
    counts = {"contacts": 730, "deals": 940}
    before = here.client.counts
    planned = plan(*(contact(n) for n in range(730)), *(deal(n, 730) for n in range(940)))
    results = here.load(planned)
    assert {m: r.counts for m, r in results.items()} == {
        m: {"created": n} for m, n in counts.items()
    }
    spent = {kind: n - before[kind] for kind, n in here.client.counts.items()}
    groups = sum(math.ceil(n / 100) for n in counts.values())
    assert spent["write"] == groups
    assert spent["read"] <= groups + 10
    assert spent["poll"] <= groups


def test_a_snapshot_older_than_our_own_batches_costs_one_page(crm: Opened) -> None:
    # G6
    here = crm()
    snapshot = here.snapshot()
    here.load(plan(*(contact(n) for n in range(300))), snapshot=snapshot)
    before = here.client.counts["read"]
    planned = plan(*(contact(n) for n in range(300, 400)))
    assert here.load(planned, snapshot=snapshot)["contacts"].counts == {"created": 100}
    assert here.client.counts["read"] - before == 2


def test_intents_are_committed_with_their_way_back_and_all_are_closed(crm: Opened) -> None:
    # G1 G2
    here = crm()
    here.load(small_load(3, 6, 6, 2))
    intents = here.ledger.intents()
    assert all(i.way_back and i.state is IntentState.CONFIRMED for i in intents)
    assert all(i.freshsales_id for i in intents)
    assert {i.batch for i in intents} == {"jan"}
    assert here.ledger.open_jobs() == []
    assert here.ledger.verify_chain().intact


def test_progress_is_told_until_everything_is_settled(crm: Opened) -> None:
    here = crm()
    told: list[tuple[str, int, int]] = []
    planned = small_load(3, 25, 0, 0)
    here.load(planned, group_size=10, progress=lambda *step: told.append(step))
    assert ("contacts", 25, 25) in told
    assert [t[1] for t in told if t[0] == "contacts"] == sorted(
        t[1] for t in told if t[0] == "contacts"
    )


def test_what_a_batch_still_takes_counts_down_and_is_nothing_for_a_second_load(
    crm: Opened,
) -> None:
    # G6
    here = crm()
    left: dict[str, list[int]] = {}

    def note(module: str, requests: int, seconds: float) -> None:
        assert seconds == requests * 3.0
        left.setdefault(module, []).append(requests)

    planned = small_load(3, 25, 12, 2)
    watched = {"forecast": lambda requests: requests * 3.0, "expected": note}
    here.load(planned, group_size=10, **watched)
    total = cost(planned, requests_per_hour=0, reserve=0.0, group_size=10).total
    said = [step[0] for step in left.values()]
    assert len(said) == 5
    assert 0 < said[0] < total
    assert said == sorted(said, reverse=True)
    left.clear()
    here.load(planned, group_size=10, **watched)
    assert {step for steps in left.values() for step in steps} == {0}


def test_a_record_without_its_parent_does_not_go(crm: Opened) -> None:
    # S18
    here = crm()
    result = here.load(plan(contact(1, accounts=3), contact(2)))["contacts"]
    assert outcomes(result) == {
        "person.0001@example.com": "refused",
        "person.0002@example.com": "created",
    }
    assert one(result, "person.0001@example.com")["reason"] == "parent_not_loaded"


def test_no_contact_or_deal_goes_without_an_owner(crm: Opened) -> None:
    # S64
    here = crm()
    planned = plan(
        contact(1, owner_id=None), deal(1, owner_id=None), account(1, owner_id=None)
    )
    results = here.load(planned)
    assert one(results["contacts"], "person.0001@example.com")["reason"] == "owner_missing"
    assert one(results["deals"], "txn:1")["outcome"] == "refused"
    assert results["sales_accounts"].counts == {"created": 1}


def test_parents_that_another_batch_created_are_skipped_with_their_id(crm: Opened) -> None:
    here = crm()
    here.load(plan(account(0), contact(0, accounts=1)))
    parents = plan(account(0) | {"role": "parent"}, contact(7, accounts=1))
    results = here.load(parents, batch="feb")
    parent = one(results["sales_accounts"], "company 0000")
    assert (parent["outcome"], parent["role"]) == ("skipped", "parent")
    assert results["contacts"].counts == {"created": 1}


def test_rows_the_plan_decided_pass_through(crm: Opened) -> None:
    here = crm()
    with Look(here.server) as look:
        made = look.post("/contacts", {"contact": {"email": "person.0002@example.com"}})
    number = made["contact"]["id"]
    planned = plan(
        contact(1)
        | {"operation": "refuse", "reason": "bad_email", "remedy": "Correct it."},
        contact(2) | {"operation": "skip", "reason": "adopted", "freshsales_id": number},
        contact(3) | {"operation": "conflict", "reason": "changed_by_people"},
        deal(2, contacts=10),
    )
    results = here.load(planned)
    assert list(outcomes(results["contacts"]).values()) == [
        "refused",
        "skipped",
        "conflict",
    ]
    assert one(results["contacts"], "person.0001@example.com")["remedy"] == "Correct it."
    # An adopted record is a parent like any other, and nothing of it was written.
    assert results["deals"].counts == {"created": 1}
    known = here.ledger.identities(["contacts"]).row(0, named=True)
    assert (known["origin"], known["written"]) == (str(Origin.ADOPTED), "{}")


def test_a_record_that_appeared_since_the_plan_is_not_overwritten(crm: Opened) -> None:
    # G5
    here = crm()
    snapshot = here.snapshot()
    with Look(here.server) as look:
        body = {"email": "PERSON.0001@example.com", "last_name": "Theirs"}
        look.post("/contacts", {"contact": body})
    planned = plan(contact(1), contact(2))
    for basis in (snapshot, None):
        result = here.load(planned, snapshot=basis)["contacts"]
        assert one(result, "person.0001@example.com")["outcome"] == "conflict"
        assert one(result, "person.0001@example.com")["reason"] == "exists_at_destination"
    with Look(here.server) as look:
        assert {c["last_name"] for c in look.all("contacts")} == {"Theirs", "Person 0002"}


def update(number: int, key: str, payload: Json, *fields: str) -> dict[str, object]:
    """An update of a contact."""
    return row(
        "contacts",
        key,
        payload,
        operation="update",
        freshsales_id=number,
        fields=list(fields),
    )


def test_an_update_sends_the_changed_fields_and_keeps_what_stood_before(
    crm: Opened,
) -> None:
    # G2
    here = crm()
    body = {"email": "old@example.com", "last_name": "Old", "city": "Oslo", "tags": ["x"]}
    with Look(here.server) as look:
        number = look.post("/contacts", {"contact": body})["contact"]["id"]
    payload = {"email": "old@example.com", "last_name": "New", "tags": ["x", "kartra"],
               "city": "Bergen"}  # fmt: skip
    planned = plan(update(number, "old@example.com", payload, "tags", "last_name"))
    result = here.load(planned, snapshot=here.snapshot())["contacts"]
    assert result.counts == {"updated": 1}
    [intent] = here.ledger.intents()
    assert intent.pre_image == {"last_name": "Old", "tags": ["x"]}
    assert intent.payload == {"last_name": "New", "tags": ["x", "kartra"]}
    assert intent.freshsales_id == number
    with Look(here.server) as look:
        [now] = look.all("contacts")
    assert (now["last_name"], now["city"], now["tags"]) == ("New", "Oslo", ["x", "kartra"])
    assert here.load(planned, snapshot=here.snapshot())["contacts"].counts == {"skipped": 1}
    assert len(here.ledger.intents()) == 1


def test_a_field_that_somebody_changed_since_the_plan_is_left_alone(crm: Opened) -> None:
    # G5
    here = crm()
    with Look(here.server) as look:
        body = {"email": "old@example.com", "last_name": "Old"}
        number = look.post("/contacts", {"contact": body})["contact"]["id"]
        snapshot = here.snapshot()
        look.put(f"/contacts/{number}", {"contact": {"last_name": "Theirs"}})
    payload = {"email": "old@example.com", "last_name": "New"}
    planned = plan(update(number, "old@example.com", payload, "last_name"))
    result = here.load(planned, snapshot=snapshot)["contacts"]
    assert one(result, "old@example.com")["reason"] == "changed_since_plan"
    with Look(here.server) as look:
        assert look.all("contacts")[0]["last_name"] == "Theirs"


def test_a_value_the_destination_drops_is_not_sent_for_ever(crm: Opened) -> None:
    # G5
    here = crm()
    here.load(plan(account(1)))
    number = here.ledger.identity_ids(["sales_accounts"])["sales_accounts", "company 0001"]
    payload = {"name": "Company 0001", "phone": "no number", "city": "Oslo"}
    changed = row(
        "sales_accounts",
        "company 0001",
        payload,
        operation="update",
        freshsales_id=number,
        fields=["phone", "city"],
    )
    assert here.load(plan(changed))["sales_accounts"].counts == {"updated": 1}
    writes = here.history()["writes"]
    assert here.load(plan(changed))["sales_accounts"].counts == {"skipped": 1}
    assert here.history()["writes"] == writes


def test_an_update_does_not_make_peoples_edits_look_like_ours(crm: Opened) -> None:
    # G2
    here = crm()
    here.load(plan(contact(1)))
    key = "person.0001@example.com"
    number = here.ledger.identity_ids(["contacts"])["contacts", key]
    with Look(here.server) as look:
        look.put(f"/contacts/{number}", {"contact": {"city": "Their City"}})
    payload = json.loads(str(contact(1)["payload"])) | {"last_name": "Changed"}
    result = here.load(plan(update(number, key, payload, "last_name")))["contacts"]
    assert result.counts == {"updated": 1}
    known = here.ledger.identities(["contacts"]).row(0, named=True)
    assert json.loads(known["seen"])["city"] is None
    assert json.loads(known["seen"])["last_name"] == "Changed"
    assert known["origin"] == str(Origin.CREATED)
    assert json.loads(known["written"])["last_name"] == "Changed"


def test_a_rolled_back_contact_is_erased_from_the_bin_only_where_the_plan_says_so(
    crm: Opened,
) -> None:
    here = crm()
    planned = plan(contact(1), contact(2))
    here.load(planned)
    ids = here.ledger.identity_ids(["contacts"])
    with Look(here.server) as look:
        for (_, key), number in ids.items():
            look.delete(f"/contacts/{number}")
            here.ledger.mark_identities([("contacts", key)], IdentityState.ROLLED_BACK)
    assert here.load(planned)["contacts"].counts == {"refused": 2}
    assert not [i for i in here.ledger.intents() if i.operation is Operation.DELETE]
    announced = planned.with_columns(reason=pl.lit(ERASES))
    assert here.load(announced)["contacts"].counts == {"created": 2}
    erased = [i for i in here.ledger.intents() if i.operation is Operation.DELETE]
    assert {i.payload["forget"] for i in erased} == set(ids.values())
    assert not set(here.ledger.identity_ids(["contacts"]).values()) & set(ids.values())


def test_a_stale_plan_does_not_create_what_another_plan_has_written(crm: Opened) -> None:
    here = crm()
    here.load(plan(contact(1)))
    result = here.load(plan(contact(1, last_name="Another")))["contacts"]
    assert one(result, "person.0001@example.com")["reason"] == "plan_outdated"


def test_without_a_view_of_everything_the_remedy_names_it(crm: Opened) -> None:
    here = crm()
    views = {
        "contacts": {"Alle Kontakte": 75_000_001_004},
        "sales_accounts": {},
        "deals": {},
    }
    here.metadata = here.metadata.model_copy(update={"views": views})
    with pytest.raises(BadInput, match="All Contacts"):
        here.load(plan(contact(1)))
    named = {"contacts": ["Alle Kontakte"]}
    assert here.load(plan(contact(1)), view_names=named)["contacts"].counts == {
        "created": 1
    }


def test_leads_live_among_the_contacts_and_may_own_deals(crm: Opened) -> None:
    # S108
    here = crm()
    lead = contact(5) | {"module": "leads"}
    results = here.load(plan(lead, deal(5, contacts=10)))
    assert results["leads"].counts == {"created": 1}
    assert results["deals"].counts == {"created": 1}


def test_an_identity_of_a_lost_record_does_not_count(crm: Opened) -> None:
    here = crm()
    gone = Identity(
        "contacts",
        "person.0001@example.com",
        4711,
        Origin.CREATED,
        state=IdentityState.LOST,
    )
    here.ledger.put_identities([gone])
    assert here.load(plan(contact(1)))["contacts"].counts == {"created": 1}
