"""A whole load with everything read back: requests per 1,000 records, and records a second.

    python benchmarks/requests_per_record.py [--records 50000]

Every module but notes goes through the loader into the stand-in Freshsales, over HTTP and
without a limit of requests; then the plan is made and loaded once more. Our own work is
the processor time of this process; the server has one of its own.
"""

import argparse
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import pipeline
import polars as pl

from kartra_freshsales.freshsales.client import FreshsalesClient
from kartra_freshsales.freshsales.metadata import Metadata
from kartra_freshsales.freshsales.modules import Module
from kartra_freshsales.ledger.store import Ledger
from kartra_freshsales.loading.loader import Loader
from kartra_freshsales.loading.snapshot import read_snapshot
from kartra_freshsales.planning.cost import Cost, cost
from kartra_freshsales.planning.plan import make_plan
from kartra_freshsales.planning.refusals import predicted_refusals
from kartra_freshsales.sample import generate

WANTED_PER_THOUSAND, WANTED_OF_BOUND, WANTED_PER_SECOND = 33, 1.10, 2_000
RECORDS = ("sales_accounts", "contacts", "leads", "deals", "subscriptions")
MODULES = [module for module in Module if module is not Module.NOTES]
RECORDS_PER_CONTACT = 2.35
"""What a contact of the sample comes to, with its account, deals and subscriptions."""


class Account:
    """The stand-in with its client, its ledger and its settings."""

    def __init__(
        self,
        client: FreshsalesClient,
        ledger: Ledger,
        metadata: Metadata,
        meant: pl.DataFrame,
    ) -> None:
        self.client = client
        self.ledger = ledger
        self.metadata = metadata
        self.meant = meant
        self.target = pipeline.decisions().destination
        self.edition = self.target.edition

    def snapshot(self) -> pl.DataFrame:
        """What stands there now."""
        return read_snapshot(self.client, self.metadata, self.edition)

    def plan(self, snapshot: pl.DataFrame) -> pl.DataFrame:
        """Plan everything but notes, all of one batch."""
        plan, _ = make_plan(
            self.meant,
            self.ledger.identities(),
            snapshot,
            batch=self.meant.item(0, "batch"),
            refusals=predicted_refusals(self.meant, self.metadata, edition=self.edition),
            edition=self.edition,
        )
        return plan.filter(pl.col("module") != "notes")

    def load(self, plan: pl.DataFrame, snapshot: pl.DataFrame) -> dict[str, dict[str, int]]:
        """Load module by module; outcomes by module."""
        target = self.target
        loader = Loader(
            self.client,
            self.ledger,
            self.metadata,
            run="benchmark",
            batch=plan.item(0, "batch"),
            edition=self.edition,
            group_size=target.group_size,
            list_group_size=target.list_group_size,
        )
        outcomes = {}
        for module in MODULES:
            before, used, began = (
                self.client.counts,
                time.process_time(),
                time.perf_counter(),
            )
            outcomes[str(module)] = loader.load(module, plan, snapshot=snapshot).counts
            sent = less(self.client.counts, before)
            print(
                f"  {module:<15} {outcomes[str(module)]!s:<24} {sent}, "
                f"{time.perf_counter() - began:.1f} s, "
                f"{time.process_time() - used:.1f} s of processor"
            )
        return outcomes


def less(now: Mapping[str, int], before: Mapping[str, int]) -> dict[str, int]:
    """Requests since."""
    return {kind: now[kind] - before[kind] for kind in now}


def sample_of(folder: Path, records: int) -> pipeline.Golden:
    """Golden records of a sample of about so many records."""
    contacts = max(50, round(records / RECORDS_PER_CONTACT))
    generate(folder / "inbox", contacts=contacts, batches=1)
    mapping = pipeline.decisions()
    rows = pipeline.cleaned(pipeline.read(folder / "inbox"), mapping)
    return pipeline.golden(rows, mapping)


def price_of(plan: pl.DataFrame) -> Cost:
    """What planning says the load will take, and the least any loader could do with."""
    target = pipeline.decisions().destination
    return cost(
        plan,
        requests_per_hour=0,
        reserve=0.0,
        group_size=target.group_size,
        list_group_size=target.list_group_size,
    )


def run(folder: Path, asked: int) -> None:
    """Load twice and print."""
    mapping, golden = pipeline.decisions(), sample_of(folder, asked)
    with pipeline.account(folder) as (client, ledger):
        metadata = pipeline.provisioned(client, ledger, golden, mapping)
        account = Account(
            client, ledger, metadata, pipeline.payloads(golden, mapping, metadata)
        )
        before = client.counts
        snapshot = account.snapshot()
        plan = account.plan(snapshot)
        print("first run")
        began, used = time.perf_counter(), time.process_time()
        account.load(plan, snapshot)
        span, own = time.perf_counter() - began, time.process_time() - used
        sent, price = less(client.counts, before), price_of(plan)
        middle = client.counts
        print("second run")
        snapshot = account.snapshot()
        looked = less(client.counts, middle)
        account.load(account.plan(snapshot), snapshot)
        again = less(client.counts, middle)
    report(plan, sent, price)
    unchanged(again, looked)
    records = plan.filter(pl.col("module").is_in(RECORDS)).height
    print(f"records per second of our own work {records / own:,.0f} ", end="")
    print(f"(wanted: at least {WANTED_PER_SECOND:,}); on the wall {records / span:,.0f}")


def unchanged(again: Mapping[str, int], looked: Mapping[str, int]) -> None:
    """What a second run of the same takes; fails where it is more than the snapshot."""
    print(
        f"second run: {again['write']} writes (wanted: 0), {again['read']} reads ", end=""
    )
    print(f"(wanted: at most the snapshot's {looked['read']}), {again['poll']} polls")
    if again["write"] or again["poll"] or again["read"] > looked["read"]:
        raise SystemExit("an unchanged second run has to read the snapshot, and no more")


def report(plan: pl.DataFrame, sent: Mapping[str, int], price: Cost) -> None:
    """Figures that come out the same on any machine."""
    records = plan.filter(pl.col("module").is_in(RECORDS)).height
    total = sum(sent.values())
    print(f"{records:,} records: {pipeline.by_module(plan)}")
    print(f"requests {total:,}: {dict(sent)}")
    print(f"requests per 1,000 records {total / records * 1000:.1f} ", end="")
    print(f"(wanted: at most {WANTED_PER_THOUSAND})")
    print(
        f"ratio to the bound {total / price.bound:.3f} (wanted: at most {WANTED_OF_BOUND})"
    )
    print(f"ratio to what was planned {total / price.total:.3f}")


def main() -> None:
    """Run it in a folder that is thrown away."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=50_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        run(Path(name), asked.records)


if __name__ == "__main__":
    main()
