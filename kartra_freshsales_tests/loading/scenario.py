"""A small load: plans as planning makes them, a real account, and a look from outside."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import httpx
import polars as pl
from pydantic import SecretStr

from kartra_freshsales.freshsales.budget import Unlimited
from kartra_freshsales.freshsales.client import FreshsalesClient
from kartra_freshsales.freshsales.exchange import Patience
from kartra_freshsales.freshsales.metadata import Metadata, read_metadata
from kartra_freshsales.freshsales.modules import RECORD_ENDPOINTS, Module
from kartra_freshsales.ledger.store import Destination, Ledger
from kartra_freshsales.loading.loader import Loader
from kartra_freshsales.loading.policy import Policy
from kartra_freshsales.loading.results import LoadResult
from kartra_freshsales.loading.snapshot import read_snapshot
from kartra_freshsales.planning.plan import SCHEMA
from kartra_freshsales.sandbox.server import SandboxProcess

OWNER = 70_000_000_002
WON, LOST, NEW = 71_000_006_006, 71_000_006_007, 71_000_006_001

FAST = Policy(
    first_poll=0.005,
    longest_poll=0.1,
    job_patience=1.0,
    early_look=0.2,
    view_lag=0.0,
    silent_patience=0.3,
    answered_patience=0.1,
    slack=0.5,
    attempts=6,
)
PATIENCE = Patience(
    attempts=8,
    first_wait=0.01,
    longest_wait=0.05,
    limited_wait=0.05,
    limited_longest=0.1,
    hidden_wait=0.01,
)

Json = dict[str, Any]
Row = dict[str, object]


def row(module: str, key: str, payload: Json, **values: object) -> Row:
    """One row of a plan; a create that the batch owns unless said otherwise."""
    made: Row = {
        "module": module,
        "source_key": key,
        "batch": "jan",
        "role": "own",
        "operation": "create",
        "fields": list(payload),
        "payload": json.dumps(payload, ensure_ascii=False),
        "freshsales_id": None,
        "reason": None,
        "remedy": None,
        "sources": [f"jan/export.csv:{abs(hash(key)) % 1000}"],
    }
    return made | values


def plan(*rows: Row) -> pl.DataFrame:
    """A load plan of these rows."""
    return pl.DataFrame(list(rows), schema=SCHEMA, orient="row")


def account(number: int, **values: object) -> Row:
    """An account to create."""
    name = f"Company {number:04d}"
    payload: Json = {"name": name, "owner_id": OWNER, "website": f"c{number}.example.com"}
    return row("sales_accounts", name.casefold(), payload | values)


def contact(number: int, accounts: int = 0, **values: object) -> Row:
    """A contact to create, linked to one of so many accounts."""
    email = f"Person.{number:04d}@example.com"
    payload: Json = {
        "email": email,
        "last_name": f"Person {number:04d}",
        "owner_id": OWNER,
        "tags": ["kartra", f"group-{number % 3}"],
        "subscription_status": 0,
    }
    if accounts:
        payload["sales_account"] = f"company {number % accounts:04d}"
    return row("contacts", email.casefold(), payload | values)


def deal(number: int, contacts: int = 0, **values: object) -> Row:
    """A deal to create: mostly won, some lost, some open."""
    payload: Json = {
        "name": f"Course – Kartra {number:05d}",
        "amount": f"{number}.50",
        "deal_stage_id": (WON, WON, LOST, NEW)[number % 4],
        "owner_id": OWNER,
    }
    if contacts:
        payload["contact"] = f"person.{number % contacts:04d}@example.com"
    return row("deals", f"txn:{number}", payload | values)


def note(number: int, text: str | None = None) -> Row:
    """A note on a contact."""
    key = f"person.{number:04d}@example.com"
    payload: Json = {"description": text or f"Said hello {number}.", "contact": key}
    return row("notes", f"note:{key}", payload)


def marketing_list(name: str, numbers: Sequence[int]) -> Row:
    """A list with these contacts."""
    members = [f"person.{number:04d}@example.com" for number in numbers]
    return row("lists", name, {"name": name, "members": members})


def small_load(accounts: int, contacts: int, deals: int, notes: int) -> pl.DataFrame:
    """Everything there is, a little of each."""
    return plan(
        *(account(n) for n in range(accounts)),
        *(contact(n, accounts) for n in range(contacts)),
        *(deal(n, contacts) for n in range(deals)),
        *(note(n) for n in range(notes)),
        marketing_list("Kartra: buyers", range(0, contacts, 2)),
        marketing_list("Kartra: leads", range(1, contacts, 2)),
    )


@dataclass
class Account:
    """An account, its ledger, and what a load needs."""

    server: SandboxProcess
    client: FreshsalesClient
    ledger: Ledger
    metadata: Metadata
    policy: Policy = FAST

    def snapshot(self) -> pl.DataFrame:
        """Everything that stands there."""
        return read_snapshot(self.client, self.metadata, "suite")

    def load(self, planned: pl.DataFrame, **values: Any) -> dict[str, LoadResult]:
        """Load every module of a plan, in order."""
        snapshot = values.pop("snapshot", None)
        settings: Json = {"run": "run", "batch": "jan", "policy": self.policy} | values
        with Loader(self.client, self.ledger, self.metadata, **settings) as loader:
            return {
                str(module): loader.load(module, planned, snapshot=snapshot)
                for module in Module
                if str(module) in set(planned["module"])
            }

    def history(self) -> Json:
        """The server's own counts."""
        return history(self.server)


@contextmanager
def opened(
    server: SandboxProcess, ledger: Path, policy: Policy = FAST, timeout: float = 5.0
) -> Iterator[Account]:
    """A client and a ledger for a server."""
    url = f"sqlite:///{ledger}"
    with (
        Ledger.open(url, Destination(server.base_url)) as book,
        FreshsalesClient(
            server.base_url,
            SecretStr(server.api_key),
            budget=Unlimited(),
            timeout=timeout,
            patience=PATIENCE,
        ) as client,
    ):
        metadata = read_metadata(client, RECORD_ENDPOINTS)
        yield Account(server, client, book, metadata, policy)


def history(server: SandboxProcess) -> Json:
    """Counts of requests and writes as the server saw them."""
    found: Json = httpx.get(server.history_url).json()
    return found


def outcomes(result: LoadResult) -> dict[str, str]:
    """Source key → outcome."""
    return dict(result.rows.select("source_key", "outcome").iter_rows())


def one(result: LoadResult, key: str) -> Json:
    """The result row of a record."""
    return result.rows.filter(pl.col("source_key") == key).row(0, named=True)


# From outside


class Reachable(Protocol):
    """A server that answers somewhere, and the headers it wants."""

    @property
    def base_url(self) -> str: ...

    @property
    def headers(self) -> dict[str, str]: ...


class Look:
    """Reads an account over plain HTTP, without any of our own code."""

    def __init__(self, server: Reachable) -> None:
        self._http = httpx.Client(
            base_url=server.base_url, headers=server.headers, trust_env=False
        )

    def __enter__(self) -> "Look":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def get(self, path: str, **query: object) -> Json:
        for _attempt in range(20):
            try:
                answer = self._http.get(path, params={k: str(v) for k, v in query.items()})
            except httpx.TransportError:
                continue
            if answer.status_code == 200:
                found: Json = answer.json()
                return found
        raise AssertionError(f"{path} did not answer")

    def post(self, path: str, body: Json) -> Json:
        answer = self._http.post(path, json=body)
        assert answer.status_code < 300, answer.text
        found: Json = answer.json()
        return found

    def put(self, path: str, body: Json) -> None:
        answer = self._http.put(path, json=body)
        assert answer.status_code == 200, answer.text

    def delete(self, path: str) -> None:
        assert self._http.request("DELETE", path, json=True).status_code == 200

    def all(self, module: str, include: str = "owner") -> list[Json]:
        """Every record of a module."""
        wanted = {"contacts": {"All Contacts"}, "sales_accounts": {"All Accounts"}}.get(
            module, {"Open Deals", "Won Deals", "Lost Deals"}
        )
        found: list[Json] = []
        for view in self.get(f"/{module}/filters")["filters"]:
            if view["name"] in wanted:
                found += self._pages(f"/{module}/view/{view['id']}", module, include)
        return found

    def _pages(self, path: str, key: str, include: str = "") -> list[Json]:
        found: list[Json] = []
        page = 1
        while True:
            answer = self.get(path, page=page, per_page=100, sort="id", include=include)
            found += answer[key]
            if page >= answer["meta"]["total_pages"]:
                return found
            page += 1

    def state(self) -> Json:
        """Everything loaded, in a form without ids and times."""
        accounts = {a["id"]: a for a in self.all("sales_accounts")}
        contacts = {c["id"]: c for c in self.all("contacts", "owner,sales_accounts")}
        deals = self.all("deals", "owner,contacts,sales_account,deal_stage")
        mail = {number: record["email"] for number, record in contacts.items()}
        return {
            "accounts": sorted(f"{a['name']} {a['website']}" for a in accounts.values()),
            "contacts": sorted(
                json.dumps(
                    [
                        c["email"],
                        c["last_name"],
                        sorted(c["tags"]),
                        c["owner_id"],
                        [accounts[a["id"]]["name"] for a in c["sales_accounts"]],
                    ]
                )
                for c in contacts.values()
            ),
            "deals": sorted(
                json.dumps(
                    [d["name"], d["amount"], d["deal_stage_id"], d["owner_id"]]
                    + [mail.get(n) for n in d["contact_ids"]]
                )
                for d in deals
            ),
            "notes": sorted(
                f"{record['email']}: {item['description']}"
                for number, record in contacts.items()
                for item in self.get(f"/contacts/{number}/notes", per_page=100)["notes"]
            ),
            "lists": self._lists(mail),
        }

    def _lists(self, mail: dict[int, str]) -> list[str]:
        found = []
        for item in self.get("/lists", per_page=100)["lists"]:
            members = self._pages(f"/contacts/lists/{item['id']}", "contacts")
            found.append(f"{item['name']}: {sorted(mail[m['id']] for m in members)}")
        return sorted(found)


Opened = Callable[..., Account]
