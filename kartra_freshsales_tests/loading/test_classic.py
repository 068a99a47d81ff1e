"""Loading into Classic: leads of their own, accounts and deals one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from kartra_freshsales.freshsales.budget import Unlimited
from kartra_freshsales.freshsales.client import FreshsalesClient
from kartra_freshsales.freshsales.metadata import read_metadata
from kartra_freshsales.freshsales.modules import record_endpoints
from kartra_freshsales.ledger.states import IntentState
from kartra_freshsales.ledger.store import Destination, Ledger
from kartra_freshsales.loading.rollback import carry_out, plan_rollback, prove
from kartra_freshsales.loading.snapshot import read_snapshot
from kartra_freshsales.planning.cost import cost
from kartra_freshsales.sandbox.config import Faults
from kartra_freshsales.sandbox.server import SandboxProcess
from kartra_freshsales_tests.loading.scenario import (
    FAST,
    OWNER,
    PATIENCE,
    Account,
    Look,
    Row,
    account,
    contact,
    deal,
    note,
    one,
    outcomes,
    plan,
    row,
)

Json = dict[str, Any]
Open = Callable[..., Account]


class Classic(Account):
    """An account of Classic; loads know it."""

    def load(self, planned: Any, **values: Any) -> Any:
        return super().load(planned, **{"edition": "classic"} | values)


@pytest.fixture
def crm(tmp_path: Path) -> Iterator[Open]:
    """Open an account of Classic; faults are given by name."""
    with ExitStack() as stack:

        def start(**faults: Any) -> Account:
            server = stack.enter_context(
                SandboxProcess(
                    edition="classic", requests_per_hour=0, faults=Faults(**faults)
                )
            )
            to = Destination(server.base_url, edition="classic")
            book = stack.enter_context(Ledger.open(f"sqlite:///{tmp_path / 'l.db'}", to))
            client = stack.enter_context(
                FreshsalesClient(
                    server.base_url,
                    SecretStr(server.api_key),
                    budget=Unlimited(),
                    timeout=5.0,
                    patience=PATIENCE,
                )
            )
            metadata = read_metadata(client, record_endpoints("classic"))
            return Classic(server, client, book, metadata)

        yield start


def lead(number: int, **values: object) -> Row:
    email = f"lead.{number:04d}@example.com"
    payload: Json = {
        "email": email,
        "last_name": f"Lead {number:04d}",
        "owner_id": OWNER,
        "company_name": f"Company {number:04d}",
        "tags": ["kartra"],
    }
    return row("leads", email, payload | values)


def note_on_lead(number: int) -> Row:
    key = f"lead.{number:04d}@example.com"
    return row("notes", f"note:{key}", {"description": f"Called {number}.", "contact": key})


def small_load(accounts: int = 5, people: int = 30, deals: int = 130) -> Any:
    return plan(
        *(account(n) for n in range(accounts)),
        *(contact(n, accounts) for n in range(people)),
        *(lead(n) for n in range(people)),
        *(deal(n, people) for n in range(deals)),
        note(1),
        note_on_lead(2),
    )


def names(crm: Account, module: str) -> Counter[str]:
    with Look(crm.server) as look:
        return Counter(item["name"] for item in look.all(module))


# G6, S108: bulk where Classic has it, one by one where not, as announced
def test_a_load_takes_the_requests_that_its_price_names(crm: Open) -> None:
    there, meant = crm(), small_load()
    price = cost(meant, requests_per_hour=0, reserve=0, edition="classic")
    before = there.history()
    results = there.load(
        meant, snapshot=read_snapshot(there.client, there.metadata, "classic")
    )
    after = there.history()
    for result in results.values():
        assert set(outcomes(result).values()) == {"created"}
    writes = after["writes"] - before["writes"]
    assert writes == price.of_kind("write") == 5 + 1 + 1 + 130 + 2
    spent = after["requests"] - before["requests"] - 4  # the pages of the snapshot
    assert abs(spent - price.total) <= 0.1 * spent
    assert price.bound <= price.total


# S18, S64, G3: relations are read back, though the answers to single calls lack them
def test_what_went_one_by_one_is_remembered_with_its_relations(crm: Open) -> None:
    there = crm()
    results = there.load(small_load(deals=3))
    seen = one(results["deals"], "txn:1")["seen"]
    assert '"contact_ids": [' in seen
    assert '"owner_id"' in seen
    person = one(results["leads"], "lead.0001@example.com")["seen"]
    assert '"company_name": "Company 0001"' in person
    assert there.ledger.unsettled() == []


# S36: on Classic a deal hangs on a contact
def test_a_deal_does_not_go_to_a_lead(crm: Open) -> None:
    wrong = deal(7, 1, contact="lead.0001@example.com")
    results = crm().load(plan(lead(1), wrong))
    assert one(results["deals"], "txn:7")["reason"] == "parent_not_loaded"


# S20
def test_a_note_hangs_on_the_lead_it_speaks_of(crm: Open) -> None:
    there = crm()
    there.load(plan(lead(1), lead(2), note_on_lead(2)))
    ids = there.ledger.identity_ids(["leads"])
    [found] = there.client.notes_of("leads", ids["leads", "lead.0002@example.com"])
    assert found["targetables"] == [
        {"id": ids["leads", "lead.0002@example.com"], "type": "Lead"}
    ]


# G1: a note whose answer was lost is looked for where it hangs
def test_a_note_on_a_lead_is_never_written_twice(crm: Open) -> None:
    there = crm(drop_after_write=1.0, routes=("POST /notes",), at_most=1)
    there.load(plan(lead(2), note_on_lead(2)))
    [number] = there.ledger.identity_ids(["leads"]).values()
    assert len(there.client.notes_of("leads", number)) == 1


# G1: nothing is there twice, whatever happens to single calls
@pytest.mark.parametrize("seed", [2])
def test_lost_answers_make_no_duplicates(crm: Open, seed: int) -> None:
    there = crm(
        seed=seed,
        drop_after_write=0.15,
        error_after_write=0.1,
        error_before_write=0.1,
        routes=("POST /deals", "POST /sales_accounts"),
        at_most=25,
    )
    there.load(small_load(accounts=12, people=4, deals=40))
    there.load(small_load(accounts=12, people=4, deals=40), run="again")
    assert names(there, "deals") == dict.fromkeys(
        (f"Course – Kartra {n:05d}" for n in range(40)), 1
    )
    assert set(names(there, "sales_accounts").values()) == {1}
    assert there.ledger.unsettled() == []


class Killed(Exception):
    """Stands for the end of the process."""


# G1: killed between an answer and the look that confirms it
@pytest.mark.parametrize("after", [17, 110])
def test_a_load_that_is_killed_goes_on_without_duplicates(crm: Open, after: int) -> None:
    there, meant = crm(), small_load(people=3, deals=120)
    created, calls = there.client.create, Counter[str]()

    def create(endpoint: str, body: Json) -> Json:
        answer = created(endpoint, body)
        calls[endpoint] += 1
        if calls["deals"] == after:
            raise Killed
        return answer

    there.client.create = create  # type: ignore[method-assign]
    with pytest.raises(Killed):
        there.load(meant)
    there.client.create = created  # type: ignore[method-assign]
    results = there.load(meant, run="again")
    assert sum(names(there, "deals").values()) == 120
    assert set(names(there, "deals").values()) == {1}
    assert set(outcomes(results["deals"]).values()) <= {"created", "skipped"}
    seen = results["deals"].rows["seen"]
    assert seen.str.contains('"contact_ids": [', literal=True).all()
    assert there.ledger.unsettled() == []


# G5
def test_the_same_load_again_sends_nothing(crm: Open) -> None:
    there, meant = crm(), small_load(deals=20)
    there.load(meant)
    writes = there.history()["writes"]
    results = there.load(meant, run="again")
    assert there.history()["writes"] == writes
    for result in results.values():
        assert set(outcomes(result).values()) == {"skipped"}


# destination.yaml, bulk: an account that takes more in one call, and one that takes less
def test_the_bulk_calls_of_an_account_can_be_named(crm: Open) -> None:
    there, meant = crm(), plan(*(lead(n) for n in range(3)))
    before = there.history()["writes"]
    there.load(meant, bulk=["contacts"])
    assert there.history()["writes"] - before == 3


# G2: values go back by single calls where there is no bulk call
def test_a_rollback_restores_accounts_one_by_one(crm: Open) -> None:
    there = crm()
    number = int(
        str(
            there.client.create(
                "sales_accounts",
                {"name": "Company 0001", "owner_id": OWNER, "website": "old.example.com"},
            )["id"]
        )
    )
    update = account(1, website="new.example.com")
    update |= {"operation": "update", "freshsales_id": number, "fields": ["website"]}
    there.load(plan(update, lead(1), note_on_lead(1)))
    undo = plan_rollback(
        there.ledger, there.client, there.metadata, edition="classic", policy=FAST
    )
    before = there.history()["writes"]
    done = carry_out(
        undo, there.ledger, there.client, there.metadata, run="undo", policy=FAST
    )
    assert there.history()["writes"] - before == 2  # one value, one lead with its note
    assert set(done["outcome"]) == {"done"}
    assert prove(None, there.ledger, there.client, there.metadata, undo, "classic").passed
    record, _ = there.client.record("sales_accounts", number)
    assert "old.example.com" in str(record["website"])
    confirmed = {IntentState.CONFIRMED, IntentState.RESOLVED}
    assert {i.state for i in there.ledger.intents()} <= confirmed


def converted(there: Account, number: int) -> int:
    """A rep converts a lead; the id of the contact it became."""
    lead_id = there.ledger.identity_ids(["leads"])[
        "leads", f"lead.{number:04d}@example.com"
    ]
    with Look(there.server) as look:
        answer = look.post(
            f"/leads/{lead_id}/convert",
            {"lead": {"last_name": "Lead", "company": {"name": f"Company {number:04d}"}}},
        )
    return int(answer["contact"]["id"])


# S82, S84: what people converted is theirs
def test_a_rollback_says_that_converted_leads_stay_what_they_became(crm: Open) -> None:
    there = crm()
    there.load(plan(lead(1), lead(2)))
    converted(there, 1)
    undo = plan_rollback(
        there.ledger, there.client, there.metadata, edition="classic", policy=FAST
    )
    assert any("converted" in sentence for sentence in undo.cannot_undo)
    carry_out(undo, there.ledger, there.client, there.metadata, run="undo", policy=FAST)
    left = read_snapshot(there.client, there.metadata, "classic")
    assert sorted(left["module"]) == ["contacts", "sales_accounts"]


# S84, G2: the next load knows the contact; an undo takes back what we gave it, and our note
def test_a_converted_lead_is_known_as_a_contact_from_then_on(crm: Open) -> None:
    there = crm()
    there.load(plan(lead(1), note_on_lead(1)))
    number = converted(there, 1)
    snapshot = read_snapshot(there.client, there.metadata, "classic")
    key = "lead.0001@example.com"
    update = row("contacts", key, {"email": key, "tags": ["kartra"]}) | {
        "operation": "update", "freshsales_id": number, "fields": ["tags"],
    }  # fmt: skip
    there.load(plan(update), snapshot=snapshot, run="again")
    states = there.ledger.identities(["leads", "contacts"]).select("module", "state")
    assert sorted(states.rows()) == [("contacts", "live"), ("leads", "lost")]
    undo = plan_rollback(
        there.ledger, there.client, there.metadata, edition="classic", policy=FAST
    )
    done = carry_out(
        undo, there.ledger, there.client, there.metadata, run="undo", policy=FAST
    )
    assert set(done["outcome"]) == {"done"}
    record, _ = there.client.record("contacts", number)
    assert record["tags"] == []
    assert there.client.notes_of("contacts", number) == []
