"""Peak memory of the process that loads, at several sizes: what a record costs.

    python benchmarks/load_memory.py [--records 50000 200000]

The plan is made and written down by one process; another one reads it and loads module by
module, as the assets do, with everything read back. The Freshsales at the other end is a
third process; only the second is measured, by the kernel's own high-water mark.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pipeline
import polars as pl
from pydantic import SecretStr
from requests_per_record import MODULES, RECORDS, Account, sample_of

from kartra_freshsales.freshsales.budget import Unlimited
from kartra_freshsales.freshsales.client import FreshsalesClient
from kartra_freshsales.freshsales.metadata import Metadata, read_metadata
from kartra_freshsales.freshsales.modules import RECORD_ENDPOINTS, Module
from kartra_freshsales.ledger.store import Destination, Ledger
from kartra_freshsales.loading.loader import Loader
from kartra_freshsales.sandbox.config import SandboxConfig
from kartra_freshsales.sandbox.server import SandboxProcess

WANTED_GB, WANTED_AT = 2.0, 500_000


def peak() -> float:
    """The most memory this process ever held, in GB (Linux)."""
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    line = next(line for line in status if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024**2


def prepare(folder: Path, url: str, key: str, records: int) -> None:
    """Write the plan of a first load and the snapshot it was made on."""
    mapping, golden = pipeline.decisions(), sample_of(folder, records)
    destination = Destination(url, edition="suite")
    with (
        Ledger.open(f"sqlite:///{folder / 'ledger.sqlite'}", destination) as ledger,
        FreshsalesClient(url, SecretStr(key), budget=Unlimited()) as client,
    ):
        metadata = pipeline.provisioned(client, ledger, golden, mapping)
        meant = pipeline.payloads(golden, mapping, metadata)
        account = Account(client, ledger, metadata, meant)
        snapshot = account.snapshot()
        account.plan(snapshot).write_parquet(folder / "plan.parquet")
        snapshot.write_parquet(folder / "snapshot.parquet")


def load(folder: Path, url: str, key: str) -> None:
    """Load as the assets do: each reads the plan and leaves its results in a file."""
    with (
        Ledger.open(f"sqlite:///{folder / 'ledger.sqlite'}", Destination(url)) as ledger,
        FreshsalesClient(url, SecretStr(key), budget=Unlimited()) as client,
    ):
        metadata = read_metadata(client, RECORD_ENDPOINTS)
        found = {"start": peak()}
        began = time.process_time()
        for module in MODULES:
            load_module(folder, module, client, ledger, metadata)
            # Memory that was freed goes back within a second; a real module takes hours.
            time.sleep(1.0)
            found[str(module)] = peak()
        found["seconds"] = time.process_time() - began
    print(json.dumps(found))


def load_module(
    folder: Path,
    module: Module,
    client: FreshsalesClient,
    ledger: Ledger,
    metadata: Metadata,
) -> None:
    """What one asset does; its frames are let go at its end."""
    target = pipeline.decisions().destination
    plan = pl.read_parquet(folder / "plan.parquet")
    snapshot = pl.read_parquet(folder / "snapshot.parquet")
    loader = Loader(
        client,
        ledger,
        metadata,
        run="benchmark",
        batch=plan.item(0, "batch"),
        edition=target.edition,
        group_size=target.group_size,
        list_group_size=target.list_group_size,
    )
    rows = loader.load(module, plan, snapshot=snapshot).rows
    rows.write_parquet(folder / f"{module}.parquet")


def part(name: str, folder: Path, server: SandboxProcess, records: int) -> str:
    """Run one step in a process of its own; what it printed."""
    command = [sys.executable, __file__, "--step", name, "--folder", str(folder)]
    command += ["--url", server.base_url, "--key", server.api_key]
    done = subprocess.run(
        [*command, "--records", str(records)], check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout


def measure(records: int) -> tuple[int, float]:
    """Load so many records; answers how many there were, and the peak in GB."""
    with (
        tempfile.TemporaryDirectory() as name,
        SandboxProcess(SandboxConfig(requests_per_hour=0)) as server,
    ):
        folder = Path(name)
        part("prepare", folder, server, records)
        said = json.loads(part("load", folder, server, records).splitlines()[-1])
        plan = pl.read_parquet(folder / "plan.parquet", columns=["module"])
        size = pl.read_parquet(folder / "plan.parquet").estimated_size("gb")
    loaded = plan.filter(pl.col("module").is_in(RECORDS)).height
    seconds, most = said.pop("seconds"), max(said.values())
    steps = ", ".join(f"{step} {gigabytes:.2f}" for step, gigabytes in said.items())
    print(f"{loaded:,} records, plan of {size:.2f} GB: peak {most:.2f} GB ({steps})")
    print(f"  {loaded / seconds:,.0f} records per second of processor", flush=True)
    return loaded, most


def main() -> None:
    """Measure each size; a record costs what lies between the first and the last."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, nargs="+", default=[50_000, 200_000])
    for name in ("step", "folder", "url", "key"):
        parser.add_argument(f"--{name}", default="", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.step == "prepare":
        prepare(Path(asked.folder), asked.url, asked.key, asked.records[0])
        return
    if asked.step == "load":
        load(Path(asked.folder), asked.url, asked.key)
        return
    sizes = [measure(records) for records in asked.records]
    if len(sizes) > 1:
        (few, low), (many, high) = sizes[0], sizes[-1]
        each = (high - low) / (many - few)
        there = high + each * (WANTED_AT - many)
        print(
            f"{each * 1024**2:.2f} KB a record; at {WANTED_AT:,}: {there:.2f} GB ", end=""
        )
        print(f"(wanted: below {WANTED_GB:.0f} GB)")


if __name__ == "__main__":
    main()
