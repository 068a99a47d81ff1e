"""A probe finds out what only trying tells, and leaves an account as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kartra_freshsales.freshsales.metadata import read_metadata
from kartra_freshsales.freshsales.modules import record_endpoints
from kartra_freshsales.ledger.records import IntentChange, NewIntent
from kartra_freshsales.ledger.states import IntentState, Operation
from kartra_freshsales.ledger.store import Destination, Ledger
from kartra_freshsales.loading.findings import OK, PROBLEM, WARNING, Finding
from kartra_freshsales.loading.probe import probe
from kartra_freshsales.loading.probe_records import PROBE, ProbeRecords
from kartra_freshsales.sandbox.config import Faults, Switches
from kartra_freshsales.sandbox.fault_settings import Fault
from kartra_freshsales_tests.freshsales.scenario import client_for
from kartra_freshsales_tests.sandbox.conftest import (  # noqa: F401  fixtures
    Account,
    account,
    stage,
)
from kartra_freshsales_tests.sandbox.scenario import Client

OWNER = "owner-north@example.com"
SHOWN = {
    "contacts": ("All Contacts", "Recycle Bin"),
    "sales_accounts": ("All Accounts", "Recycle Bin"),
    "deals": ("Open Deals", "Won Deals", "Lost Deals", "Recycle Bin"),
    "leads": ("All Leads", "Recycle Bin"),
}


@dataclass
class Place:
    """An account with a ledger, and a fresh probe each time it is asked for one."""

    sandbox: Client
    ledger: Ledger
    edition: str
    stack: ExitStack

    def records(self, run: str = "doctor-1") -> ProbeRecords:
        """What a probe of this account works with."""
        address = str(self.sandbox.base_url)
        client = self.stack.enter_context(client_for(address))
        metadata = read_metadata(client, record_endpoints(self.edition))
        return ProbeRecords(client, self.ledger, metadata, run)

    def probe(self) -> dict[str, Finding]:
        """Findings by name."""
        found = probe(self.records(), edition=self.edition, default_owner=OWNER)
        return {f.what: f for f in found}

    def left(self) -> list[str]:
        """Everything that stands in the account or lies in its bins."""
        found = []
        for endpoint in record_endpoints(self.edition):
            views = self.sandbox.get(f"/{endpoint}/filters").json()["filters"]
            for view in views:
                if view["name"] in SHOWN[endpoint]:
                    answer = self.sandbox.get(f"/{endpoint}/view/{view['id']}").json()
                    found += [f"{endpoint} {record['id']}" for record in answer[endpoint]]
        return found

    def writes(self) -> int:
        """Requests of the account's history that write."""
        return int(self.sandbox.control.history()["writes"])


@pytest.fixture
def place(account: Account, tmp_path: Path) -> Iterator[Any]:  # noqa: F811
    """Open an account; rules are faults, other values the account's configuration."""
    with ExitStack() as stack:

        def opened(*rules: Fault, **values: Any) -> Place:
            faults = Faults(rules=rules)
            sandbox = stack.enter_context(account(faults=faults, **values))
            url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
            where = Destination(str(sandbox.base_url))
            ledger = stack.enter_context(Ledger.open(url, where))
            assert isinstance(sandbox, Client)
            return Place(sandbox, ledger, values.get("edition", "suite"), stack)

        yield opened


def told(found: dict[str, Finding]) -> dict[str, str]:
    """What is not as it should be."""
    return {f.what: f.found for f in found.values() if f.state != OK}


@pytest.mark.parametrize("edition", ["suite", "classic"])
def test_each_module_is_tried_with_one_record_and_nothing_stays(
    place: Any, edition: str
) -> None:
    made: Place = place(edition=edition)
    found = made.probe()
    assert told(found) == {}
    for endpoint in record_endpoints(edition):
        assert "alone" in found[f"Probe: creating in {endpoint}"].found
        assert "came back as sent" in found[f"Probe: reading back {endpoint}"].found
        assert "replaces them" in found[f"Probe: tags of {endpoint}"].found
    assert "refused, as assumed" in found["Probe: contacts without an e-mail"].found
    assert f"{len(record_endpoints(edition))} records" in found["Probe: cleaning up"].found
    assert made.left() == []


# G1: no write without a committed intent
def test_each_write_has_an_intent_of_its_own_and_a_way_back(place: Any) -> None:
    made: Place = place()
    made.probe()
    intents = made.ledger.intents()
    assert len(intents) == made.writes()
    assert {intent.module for intent in intents} == {PROBE}
    assert {str(i.state) for i in intents} == {"confirmed", "failed"}
    assert all(intent.way_back for intent in intents)
    assert len({intent.group for intent in intents}) == len(intents)
    assert made.ledger.identities().height == 0
    assert made.ledger.verify_chain().intact


# reference 12.17, 12.18
def test_what_the_account_asks_for_beyond_its_metadata_is_told(place: Any) -> None:
    made: Place = place(switches=Switches(email_required=False, deal_needs_account=True))
    found = made.probe()
    assert "taken by this account" in found["Probe: contacts without an e-mail"].found
    deals = found["Probe: creating in deals"]
    assert deals.state == WARNING
    assert "refused with name, amount alone" in deals.found
    assert "taken with sales_account_id" in deals.found
    assert made.left() == []


def test_a_field_that_the_metadata_requires_is_filled_where_it_must_be(
    place: Any,
) -> None:
    made: Place = place()
    form = made.sandbox.get("/settings/contacts/forms").json()["forms"][0]["id"]
    for label, kind, more in (
        ("Tax number", "text", {}),
        ("Region", "dropdown", {"choices": [{"value": "North", "position": 1}]}),
        ("Seats", "number", {}),
        ("Since", "date", {}),
        ("Vip", "checkbox", {}),
    ):
        body = {"label": label, "type": kind, "required": True, **more}
        url = f"/settings/contacts/forms/{form}/fields"
        assert made.sandbox.post(url, json=body).is_success
    found = made.probe()["Probe: creating in contacts"]
    # Whether an account holds to its own metadata is what a probe is for.
    assert (
        "cf_tax_number" in found.found or "the metadata requires Tax number" in found.found
    )
    assert found.state != PROBLEM
    assert made.left() == []


# reference 12.12
def test_a_wrong_choice_is_tried_on_a_custom_dropdown_or_else_on_a_stage(
    place: Any,
) -> None:
    made: Place = place()
    found = made.probe()
    assert "lifecycle_stage_id: refused" in found["Probe: a wrong choice in contacts"].found
    form = made.sandbox.get("/settings/contacts/forms").json()["forms"][0]["id"]
    choices = [{"value": "North", "position": 1}]
    body = {"label": "Region", "type": "dropdown", "choices": choices}
    made.sandbox.post(f"/settings/contacts/forms/{form}/fields", json=body)
    found = made.probe()
    assert found["Probe: a wrong choice in contacts"].found.startswith("cf_region: ")
    assert made.left() == []


@pytest.mark.parametrize(
    "rule",
    [
        Fault("drop_after_write", routes=("POST /",), at_most=2),
        Fault("error_after_write", routes=("POST /contacts", "PUT /"), at_most=3),
        Fault("error_before_write", routes=("PUT /contacts",)),
        Fault("drop_after_write", routes=("DELETE /",), at_most=4),
        Fault("error_before_write", routes=("DELETE /",), at_most=2),
        Fault("hidden_429", probability=0.5, at_most=6),
        Fault("cut_json", routes=("POST /", "PUT /"), at_most=4),
    ],
    ids=lambda rule: f"{rule.kind} {rule.routes}",
)
def test_whatever_goes_wrong_the_records_are_removed(place: Any, rule: Fault) -> None:
    made: Place = place(rule)
    found = made.probe()
    assert found["Probe: cleaning up"].state == OK
    assert made.left() == []
    assert made.ledger.unsettled() == []
    assert len(made.ledger.intents()) >= made.writes() - 6  # a limit may refuse before


def test_what_cannot_be_removed_is_named_and_the_next_probe_removes_it(place: Any) -> None:
    made: Place = place()
    made.sandbox.control.faults(
        rules=[{"kind": "error_before_write", "routes": ["DELETE /contacts"]}]
    )
    cleaning = made.probe()["Probe: cleaning up"]
    left = {line for line in made.left() if line.startswith("contacts")}
    assert len(left) == 1
    assert cleaning.state == PROBLEM
    assert cleaning.found == f"not removed: {left.pop()}"
    assert "recycle bin" in cleaning.remedy
    made.sandbox.control.faults()
    assert "4 records made" in made.probe()["Probe: cleaning up"].found
    assert made.left() == []


def test_a_key_that_is_revoked_midway_leaves_names_of_what_stays(place: Any) -> None:
    made: Place = place(Fault("key_revoked", routes=("POST /deals",), at_request=1))
    found = made.probe()
    assert "not accepted any more" in found["Probe of deals"].found
    assert "sales_accounts" in found["Probe: cleaning up"].found
    made.sandbox.control.new_key("secret-key")
    made.probe()
    assert made.left() == []


@pytest.mark.parametrize("came_through", [True, False])
def test_a_probe_that_was_killed_is_cleaned_up_by_the_next(
    place: Any, *, came_through: bool
) -> None:
    # G1: planned and sent, then the process is gone
    made: Place = place()
    records = made.records()
    records.create("sales_accounts", {"name": "Kartra probe 1 (delete me)"})
    body: dict[str, object] = {"last_name": "Kartra probe 1", "email": "k@example.com"}
    payload: dict[str, object] = {"endpoint": "contacts", "body": body}
    planned, sent = made.ledger.plan_intents(
        "doctor-0",
        [NewIntent(Operation.CREATE, PROBE, f"contacts:{n}", "", payload) for n in (1, 2)],
    )
    made.ledger.mark_intents([IntentChange(sent.id, IntentState.SENT)])
    if came_through:
        records.client.create("contacts", body)
    assert len(made.left()) == 1 + came_through
    made.probe()
    assert made.left() == []
    states = {intent.id: intent.state for intent in made.ledger.intents()}
    assert states[planned.id] is IntentState.FAILED
    wanted = IntentState.CONFIRMED if came_through else IntentState.FAILED
    assert states[sent.id] is wanted


def test_only_what_probes_made_is_ever_removed(place: Any) -> None:
    made: Place = place()
    kept = made.sandbox.post(
        "/contacts",
        json={"contact": {"last_name": "Person 1", "email": "person.1@example.com"}},
    ).json()["contact"]["id"]
    made.probe()
    made.probe()
    assert set(made.left()) == {f"contacts {kept}"}
