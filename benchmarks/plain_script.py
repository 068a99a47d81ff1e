"""What a plain script would take: one request a record, against the loader, in one run.

    python benchmarks/plain_script.py [--records 3000]

The script is what many people would write: it takes the same records one by one, POSTs
each and keeps the ids in a dictionary. It notes nothing before it sends and reads nothing
back. Both sides load the same sample into an empty stand-in Freshsales.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pipeline
import polars as pl
from pydantic import SecretStr
from requests_per_record import RECORDS, Account, less, sample_of

from kartra_freshsales.freshsales.budget import Unlimited
from kartra_freshsales.freshsales.client import FreshsalesClient
from kartra_freshsales.freshsales.modules import Module
from kartra_freshsales.freshsales.plan_facts import plan_facts
from kartra_freshsales.ledger.store import Destination, Ledger
from kartra_freshsales.sandbox.config import SandboxConfig
from kartra_freshsales.sandbox.server import SandboxProcess

PLANS = ("growth", "pro", "enterprise")
RESERVE = 0.2
"""The share of an hour's requests that is left to the account's users."""

CANNOT_TELL = (
    "which records stand there once it was killed or got no answer",
    "which deals a second run makes twice; at contacts that exist it stops",
    "whether fields stand as they were sent: nothing is read back",
    "what stood there before: nothing can be rolled back",
    "which records people changed meanwhile: a second run writes over them",
)


@dataclass
class PlainScript:
    """The loop. ``ids`` are those of what was made, by source key."""

    http: httpx.Client
    ids: dict[str, int] = field(default_factory=dict)
    requests: int = 0

    def load(self, module: str, payload: str, key: str) -> None:
        """POST one record and remember its id."""
        endpoint = Module(module).endpoint
        record = {k: v for k, v in json.loads(payload).items() if v is not None}
        custom = {k: record.pop(k) for k in list(record) if k.startswith("cf_")}
        body = record | ({"custom_field": custom} if custom else {})
        if account := body.pop("sales_account", None):
            number = self.ids[f"sales_accounts {account}"]
            linked = {"sales_accounts": [{"id": number, "is_primary": True}]}
            body |= {"sales_account_id": number} if endpoint == "deals" else linked
        if contact := body.pop("contact", None):
            body["contacts_added_list"] = [self.ids[f"contacts {contact}"]]
        name = Module(module).singular
        answer = self.http.post(f"/{endpoint}", json={name: body})
        self.requests += 1
        answer.raise_for_status()
        self.ids[f"{endpoint} {key}"] = answer.json()[name]["id"]


@contextmanager
def provisioned(
    folder: Path, golden: pipeline.Golden
) -> Iterator[tuple[SandboxProcess, Account]]:
    """A stand-in Freshsales of its own whose fields stand, with a ledger in ``folder``."""
    folder.mkdir()
    mapping = pipeline.decisions()
    with (
        SandboxProcess(SandboxConfig(requests_per_hour=0)) as server,
        Ledger.open(
            f"sqlite:///{folder / 'ledger.sqlite'}", Destination(server.base_url)
        ) as ledger,
        FreshsalesClient(
            server.base_url, SecretStr(server.api_key), budget=Unlimited()
        ) as client,
    ):
        metadata = pipeline.provisioned(client, ledger, golden, mapping)
        meant = pipeline.payloads(golden, mapping, metadata)
        yield server, Account(client, ledger, metadata, meant)


def by_script(folder: Path, golden: pipeline.Golden) -> int:
    """Requests of the plain script."""
    with provisioned(folder, golden) as (server, account):
        plan = account.plan(account.snapshot())
        headers = {"Authorization": f"Token token={server.api_key}"}
        with httpx.Client(base_url=server.base_url, headers=headers) as http:
            script = PlainScript(http)
            for module in RECORDS:
                rows = plan.filter(pl.col("module") == module)
                for key, payload in rows.select("source_key", "payload").iter_rows():
                    script.load(module, payload, key)
        return script.requests


def by_loader(folder: Path, golden: pipeline.Golden) -> tuple[int, int]:
    """Records, and requests of the loader with its snapshot and full read-back."""
    with provisioned(folder, golden) as (_, account):
        before = account.client.counts
        snapshot = account.snapshot()
        plan = account.plan(snapshot)
        plan = plan.filter(pl.col("module").is_in(RECORDS))
        account.load(plan, snapshot)
        return plan.height, sum(less(account.client.counts, before).values())


def report(records: int, script: int, loader: int) -> None:
    """Both sides by 1,000 records, and what a plan's limit makes of them."""
    print(f"{records:,} records: {', '.join(RECORDS)}")
    print(f"requests per 1,000 records: plain script {script / records * 1000:,.0f}, ")
    print(f"  loader with full read-back {loader / records * 1000:.1f}, ", end="")
    print(f"ratio {script / loader:.1f}")
    print(f"hours for 100,000 records, {RESERVE:.0%} of the limit left to users:")
    for plan in PLANS:
        pace = plan_facts(plan).requests_per_hour * (1 - RESERVE)
        slow, fast = (count / records * 100_000 / pace for count in (script, loader))
        print(f"  {plan:<12} plain script {slow:>6.1f}, loader {fast:>5.1f}")
    print("what the plain script cannot tell:")
    for line in CANNOT_TELL:
        print(f"  - {line}")


def main() -> None:
    """Run both in a folder that is thrown away."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=3_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        golden = sample_of(Path(name), asked.records)
        script = by_script(Path(name) / "script", golden)
        records, loader = by_loader(Path(name) / "loader", golden)
    report(records, script, loader)


if __name__ == "__main__":
    main()
