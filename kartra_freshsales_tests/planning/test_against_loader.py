"""Plans against what really stands there after a load: real server, ledger and loader."""

import json
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from pydantic import SecretStr

from kartra_freshsales.freshsales.budget import Unlimited
from kartra_freshsales.freshsales.client import FreshsalesClient
from kartra_freshsales.freshsales.metadata import Metadata, read_metadata
from kartra_freshsales.freshsales.modules import RECORD_ENDPOINTS, Module
from kartra_freshsales.ledger.store import Destination, Ledger
from kartra_freshsales.loading.loader import Loader
from kartra_freshsales.loading.policy import Policy
from kartra_freshsales.loading.snapshot import read_snapshot
from kartra_freshsales.mapping.decisions.conflicts import Conflicts
from kartra_freshsales.planning.cost import cost
from kartra_freshsales.planning.matching import MISSING, missing
from kartra_freshsales.planning.plan import make_plan
from kartra_freshsales.planning.refusals import predicted_refusals
from kartra_freshsales.planning.summary import operation_counts
from kartra_freshsales.sandbox.server import SandboxProcess
from kartra_freshsales_tests.planning.scenario import INTENDED

CONTACTS, DEALS = 400, 500
BATCHES = ("mar", "apr")


class Account:
    """One sandbox with its ledger, and the journey from plan to load."""

    def __init__(self, client: FreshsalesClient, ledger: Ledger) -> None:
        self.client = client
        self.ledger = ledger
        self.said = Conflicts()
        self.metadata: Metadata = read_metadata(client, RECORD_ENDPOINTS)
        self.missing = pl.DataFrame(schema=MISSING)
        self.snapshot = self.look()

    def look(self) -> pl.DataFrame:
        known = self.ledger.identity_ids()
        found = self._read()
        self.missing = missing(known, found, "suite")
        return found

    def _read(self) -> pl.DataFrame:
        return read_snapshot(self.client, self.metadata, "suite")

    def plan(self, intended: pl.DataFrame, batch: str) -> pl.DataFrame:
        return make_plan(
            intended,
            self.ledger.identities(),
            self.snapshot,
            batch=batch,
            refusals=predicted_refusals(intended, self.metadata),
            missing=self.missing,
            said=self.said,
        )[0]

    def load(self, plan: pl.DataFrame, batch: str) -> pl.DataFrame:
        loader = Loader(
            self.client,
            self.ledger,
            self.metadata,
            run=f"load-{batch}",
            batch=batch,
            policy=Policy(first_poll=0.01),
        )
        results = [
            loader.load(module, plan, snapshot=self.snapshot).rows for module in Module
        ]
        return pl.concat(results)

    def requests(self) -> int:
        return sum(self.client.counts.values())


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    with (
        SandboxProcess(requests_per_hour=0) as sandbox,
        Ledger.open(
            f"sqlite:///{tmp_path / 'ledger.sqlite'}", Destination(sandbox.base_url)
        ) as ledger,
        FreshsalesClient(
            sandbox.base_url, SecretStr(sandbox.api_key), budget=Unlimited()
        ) as client,
    ):
        yield Account(client, ledger)


def intended(account: Account, **changed: object) -> pl.DataFrame:
    """Accounts of batch ``mar``, contacts and deals of both, notes and a shared list."""
    owner = next(user.id for user in account.metadata.users if user.is_active)
    records: list[tuple[str, str, str, dict[str, object]]] = [
        ("sales_accounts", f"account {at}", "mar", {"name": f"Account {at}",
                                                   "owner_id": owner})
        for at in range(20)
    ]  # fmt: skip
    for at in range(CONTACTS):
        module = "leads" if at % 5 == 0 else "contacts"
        person: dict[str, object] = {
            "email": f"p{at}@example.com", "last_name": f"Person {at}", "owner_id": owner,
            "subscription_status": at % 5, "tags": ["all", f"t{at % 7}"],
        }  # fmt: skip
        if module == "contacts":
            person["sales_account"] = f"account {at % 20}"
        records.append((module, f"p{at}@example.com", BATCHES[at % 2], person | changed))
    for at in range(DEALS):
        deal = {
            "name": f"Course – Kartra {at}", "amount": f"{at}.50", "owner_id": owner,
            "contact": f"p{at % CONTACTS}@example.com",
        }  # fmt: skip
        records.append(("deals", f"txn:{at}", BATCHES[at % 2], deal))
    records.append(("notes", "note:p1@example.com", "apr",
                    {"description": "Likes rye", "contact": "p1@example.com"}))  # fmt: skip
    for batch in range(2):
        members = [f"p{at}@example.com" for at in range(batch, CONTACTS, 2)]
        records.append(("lists", "News", BATCHES[batch], {"name": "News",
                                                          "members": members}))  # fmt: skip
    rows = [
        (module, key, batch, json.dumps(payload, ensure_ascii=False), [f"{batch}/x:1"],
         None, None)
        for module, key, batch, payload in records
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=INTENDED, orient="row")


def writes(plan: pl.DataFrame) -> int:
    return plan.filter(pl.col("operation").is_in(["create", "update"])).height


# G5, G6, S104
def test_batches_load_one_after_another_and_an_unchanged_rerun_plans_no_write(
    account: Account,
) -> None:
    meant = intended(account)
    for batch in BATCHES:
        plan = account.plan(meant, batch)  # the second on a snapshot from before the first
        assert not plan["operation"].is_in(["conflict", "refuse"]).any()
        expected, before = cost(plan, requests_per_hour=0, reserve=0), account.requests()
        results = account.load(plan, batch)
        assert set(results["outcome"]) <= {"created", "updated", "skipped"}
        spent = account.requests() - before
        assert abs(spent - expected.total) <= max(0.1 * spent, 8)
    for batch in BATCHES:
        assert writes(account.plan(meant, batch)) == 0
    account.snapshot = account.look()
    for batch in BATCHES:
        plan = account.plan(meant, batch)
        assert writes(plan) == 0, operation_counts(plan)
        assert set(plan["operation"]) == {"skip"}


# G5
def test_a_delta_sends_only_what_changed_and_spares_what_people_did(
    account: Account,
) -> None:
    meant = intended(account)
    for batch in BATCHES:
        account.load(account.plan(meant, batch), batch)
    ids = account.ledger.identity_ids(["contacts"])
    edited, deleted = ids["contacts", "p1@example.com"], ids["contacts", "p3@example.com"]
    account.client.update("contacts", edited, {"city": "Bergen", "last_name": "Edited"})
    account.client.delete("contacts", deleted)
    account.snapshot = account.look()
    plan = account.plan(intended(account, city="Oslo"), "apr")
    contacts = plan.filter(module="contacts", role="own")
    by_key = {row["source_key"]: row for row in contacts.iter_rows(named=True)}
    assert by_key["p1@example.com"]["operation"] == "skip"
    assert by_key["p3@example.com"]["reason"] == "deleted_at_destination"
    rest = contacts.filter(
        ~pl.col("source_key").is_in(["p1@example.com", "p3@example.com"])
    )
    assert set(rest["operation"]) == {"update"}
    assert rest["fields"].to_list() == [["city"]] * rest.height
    lines = [
        {"module": "contacts", "record": "p1@example.com", "take": "ours",
         "fields": ["city"]},
        {"module": "contacts", "record": "p3@example.com", "take": "create_again"},
    ]  # fmt: skip
    account.said = Conflicts.model_validate({"records": lines})
    decided = account.plan(intended(account, city="Oslo"), "apr")
    account.load(decided, "apr")
    again = account.ledger.identity_ids(["contacts"])["contacts", "p3@example.com"]
    assert again != deleted
    assert account.client.record("contacts", again)[0]["last_name"] == "Person 3"
    account.snapshot = account.look()
    assert writes(account.plan(intended(account, city="Oslo"), "apr")) == 0
