"""One filled account that the reading cases share; writing cases take ``crm``."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import httpx
import pytest

from kartra_freshsales.sandbox.app import create_app
from kartra_freshsales.sandbox.config import SandboxConfig
from kartra_freshsales.sandbox.edition import SUITE
from kartra_freshsales.sandbox.server import SandboxProcess
from kartra_freshsales_tests.sandbox.conftest import Account, Stage
from kartra_freshsales_tests.sandbox.scenario import Client, bulk, made, view_id

Json = dict[str, Any]
_KEY: Final = "secret-key"


@pytest.fixture(scope="package")
def line(stage: tuple[Stage, str]) -> Iterator[httpx.Client]:
    """One client for all writing cases: making one takes longer than most of them."""
    headers = {"Authorization": f"Token token={_KEY}"}
    with Client(base_url=f"{stage[1]}{SUITE.address}", headers=headers) as client:
        yield client


@pytest.fixture
def account(stage: tuple[Stage, str], line: httpx.Client) -> Account:
    """Start a fresh sandbox with the given configuration values."""
    shown, _ = stage

    @contextmanager
    def served(
        clock: Callable[[], float] = time.time, **values: Any
    ) -> Iterator[httpx.Client]:
        usual = {"api_key": _KEY, "requests_per_hour": 0}
        shown.app = create_app(SandboxConfig(**{**usual, **values}), clock)
        try:
            yield line
        finally:
            shown.app.state.world.store.close()

    return served


@dataclass(frozen=True)
class House:
    """An account nobody writes to any more, and what stands in it.

    30 contacts, 3 accounts, 8 deals (one of each stage, one more of the first); the first
    of each kind is linked with the others, owned, noted and holds every relation.
    """

    client: httpx.Client
    contact: int
    account: int
    deal: int
    note: int
    list_id: int
    job: int

    def get(self, path: str, **query: Any) -> httpx.Response:
        """Read something that is there."""
        answer = self.client.get(path, params=query or None)
        assert answer.status_code == 200, answer.text
        return answer

    def first(self, module: str) -> int:
        """The id of the linked record of a kind."""
        ids = {
            "contacts": self.contact,
            "sales_accounts": self.account,
            "deals": self.deal,
        }
        return ids[module]

    def view(self, module: str, name: str = "", **query: Any) -> Json:
        """One page of a view; the view of all (or of open deals) unless named."""
        usual = {
            "contacts": "All Contacts",
            "sales_accounts": "All Accounts",
            "deals": "Open Deals",
        }
        number = view_id(self.client, module, name or usual[module])
        page: Json = self.get(f"/{module}/view/{number}", **query).json()
        return page

    def path(self, template: str) -> str:
        """A path with this account's ids filled in."""
        return template.format(
            contact=self.contact,
            account=self.account,
            deal=self.deal,
            list=self.list_id,
            job=self.job,
            all_contacts=view_id(self.client, "contacts", "All Contacts"),
        )


@pytest.fixture(scope="package")
def house() -> Iterator[House]:
    """The filled account, in a process of its own."""
    with (
        SandboxProcess(requests_per_hour=0) as sandbox,
        httpx.Client(base_url=sandbox.base_url, headers=sandbox.headers) as client,
    ):
        yield _fill(client)


def first_id(client: httpx.Client, selector: str) -> int:
    """The first id a selector gives."""
    key = "users" if selector == "owners" else selector
    return int(client.get(f"/selector/{selector}").json()[key][0]["id"])


def _fill(client: httpx.Client) -> House:
    def ids(**selectors: str) -> Json:
        return {key: first_id(client, name) for key, name in selectors.items()}

    owner = client.get("/selector/owners").json()["users"][1]["id"]
    account = made(
        client, "sales_accounts", name="Acme", owner_id=owner, annual_revenue=1200.5,
        number_of_employees=60, tags=["gold"],
        **ids(industry_type_id="industry_types", business_type_id="business_types",
              territory_id="territories"),
    )["id"]  # fmt: skip
    contact = made(
        client, "contacts", email="first@example.com", last_name="First", owner_id=owner,
        sales_accounts=[{"id": account, "is_primary": True}], tags=["a", "b"],
        **ids(lead_source_id="lead_sources", campaign_id="campaigns",
              territory_id="territories"),
    )["id"]  # fmt: skip
    deal = made(
        client, "deals", name="Deal of New", amount="5600", owner_id=owner,
        sales_account_id=account, contacts_added_list=[contact],
        expected_close="2024-05-06",
        **ids(deal_type_id="deal_types", deal_reason_id="deal_reasons",
              deal_payment_status_id="deal_payment_statuses",
              lead_source_id="lead_sources", campaign_id="campaigns"),
    )["id"]  # fmt: skip
    _fill_the_rest(client)
    about = {"targetable_type": "Contact", "targetable_id": contact}
    note = client.post("/notes", json={"note": {"description": "Noted", **about}}).json()
    list_id = client.post("/lists", json={"name": "Buyers"}).json()["list"]["id"]
    client.put(f"/lists/{list_id}/add_contacts", json={"ids": [contact]})
    answer = client.post(
        "/contacts/bulk_upsert",
        json={"contacts": [{"emails": "person0@example.com", "data": {}}]},
    )
    job = int(answer.json()["job_status_url"].rpartition("/")[2])
    return House(client, contact, account, deal, note["note"]["id"], list_id, job)


def _fill_the_rest(client: httpx.Client) -> None:
    rows = [
        {"emails": f"person{at}@example.com", "data": {"last_name": f"Person {at:02}"}}
        for at in range(29)
    ]
    bulk(client, "contacts", rows)
    for name in ("Beta", "Gamma"):
        made(client, "sales_accounts", name=name)
    for at, stage in enumerate(client.get("/selector/deal_stages").json()["deal_stages"]):
        made(
            client, "deals", name=f"Deal {at}", amount=at * 1000, deal_stage_id=stage["id"]
        )
