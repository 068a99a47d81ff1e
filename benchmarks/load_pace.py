"""A load inside a limit of requests: wall over the least there can be, and the forecast.

    python benchmarks/load_pace.py [--records 3000] [--limit 10] [--window 10]

The stand-in Freshsales allows ``limit`` requests in any ``window`` seconds (a short "hour")
and the ledger's own budget keeps to it; one a second is about what the plans with the most
requests leave to a load. The floor is when the last request may leave at the
earliest: after every ``limit`` of them a window has to pass. Whenever the load says when
it will end, that is noted and compared with its real end.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pipeline
import polars as pl
from pydantic import SecretStr
from requests_per_record import MODULES, Account, sample_of

from kartra_freshsales.freshsales.client import FreshsalesClient
from kartra_freshsales.ledger.budget import RequestBudget
from kartra_freshsales.ledger.forecast import Window
from kartra_freshsales.ledger.store import Destination, Ledger
from kartra_freshsales.loading.loader import Loader
from kartra_freshsales.sandbox.config import SandboxConfig
from kartra_freshsales.sandbox.server import SandboxProcess

WANTED_OVER_FLOOR, WANTED_ERROR = 1.05, 0.10
NOT_JUDGED = 0.05
"""The share of requests after which the forecast has to be right."""


@dataclass(frozen=True)
class Said:
    """A forecast: after so many requests and seconds, so many more seconds."""

    requests: int
    at: float
    left: float


@dataclass
class Clerk:
    """Notes forecasts while a load goes on, in seconds and requests since its start."""

    client: FreshsalesClient
    began: float = field(default_factory=time.perf_counter)
    said: list[Said] = field(default_factory=list)

    def note(self, _module: str, _requests: int, seconds: float) -> None:
        """What the load says just now."""
        self.said.append(Said(self.sent, self.span, seconds))

    @property
    def sent(self) -> int:
        """Requests so far."""
        return sum(self.client.counts.values())

    @property
    def span(self) -> float:
        """Seconds so far."""
        return time.perf_counter() - self.began


@contextmanager
def connected(
    server: SandboxProcess, ledger: Ledger, window: Window
) -> Iterator[tuple[FreshsalesClient, RequestBudget]]:
    """A client that keeps to the window."""
    budget = ledger.budget(window.limit, 0, 0.0, hour_seconds=window.seconds)
    key = SecretStr(server.api_key)
    with FreshsalesClient(server.base_url, key, budget=budget) as client:
        yield client, budget


def planned(
    folder: Path, records: int, client: FreshsalesClient, ledger: Ledger
) -> tuple[Account, pl.DataFrame, pl.DataFrame]:
    """An account with its settings, its snapshot and the plan made on it."""
    mapping, golden = pipeline.decisions(), sample_of(folder, records)
    metadata = pipeline.provisioned(client, ledger, golden, mapping)
    meant = pipeline.payloads(golden, mapping, metadata)
    account = Account(client, ledger, metadata, meant)
    snapshot = account.snapshot()
    return account, snapshot, account.plan(snapshot)


def run(folder: Path, records: int, window: Window) -> None:
    """Load once and print."""
    config = SandboxConfig(
        requests_per_hour=window.limit,
        requests_per_minute=0,
        window_seconds=window.seconds,
    )
    with SandboxProcess(config) as server:
        destination = Destination(server.base_url, edition="suite")
        with Ledger.open(f"sqlite:///{folder / 'ledger.sqlite'}", destination) as ledger:
            with connected(server, ledger, window) as (client, _):
                account, snapshot, plan = planned(folder, records, client, ledger)
            time.sleep(window.seconds)  # what was asked so far has left the window
            with connected(server, ledger, window) as (client, budget):
                clerk = Clerk(client)
                load(account, budget, clerk, plan, snapshot)
                report(plan, clerk.sent, clerk.span, window, clerk.said)


def load(
    account: Account,
    budget: RequestBudget,
    clerk: Clerk,
    plan: pl.DataFrame,
    snapshot: pl.DataFrame,
) -> None:
    """Load every module."""
    target = pipeline.decisions().destination
    with Loader(
        clerk.client,
        account.ledger,
        account.metadata,
        run="benchmark",
        batch=plan.item(0, "batch"),
        edition=target.edition,
        group_size=target.group_size,
        list_group_size=target.list_group_size,
        forecast=budget.seconds_for,
        expected=clerk.note,
    ) as loader:
        for module in MODULES:
            loader.load(module, plan, snapshot=snapshot)


def report(
    plan: pl.DataFrame, sent: int, span: float, window: Window, said: list[Said]
) -> None:
    """Ratios to the floor and to the forecasts."""
    floor = (sent - 1) // window.limit * window.seconds
    print(f"{plan.height:,} rows of a plan, {sent} requests, {window}")
    print(f"wall {span:.1f} s, floor {floor:.1f} s, ratio {span / floor:.3f} ", end="")
    print(f"(wanted: at most {WANTED_OVER_FLOOR})")
    print("requests  seconds  end foretold  off by")
    errors = []
    for each in said:
        error = abs(each.at + each.left - span) / span
        if each.requests >= NOT_JUDGED * sent:
            errors.append(error)
        print(
            f"{each.requests:>8} {each.at:>8.1f} {each.at + each.left:>13.1f} {error:>7.1%}"
        )
    print(f"largest error after the first {NOT_JUDGED:.0%} of requests ", end="")
    print(f"{max(errors):.1%} (wanted: below {WANTED_ERROR:.0%})")


def main() -> None:
    """Run it in a folder that is thrown away."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=3_000)
    parser.add_argument("--limit", type=int, default=10)
    parser.add_argument("--window", type=float, default=10.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        run(Path(name), asked.records, Window(asked.limit, asked.window))


if __name__ == "__main__":
    main()
