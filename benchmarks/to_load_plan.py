"""From CSV files to a load plan in one process: seconds per stage, and peak memory.

    python benchmarks/to_load_plan.py [--contacts 112000]

The sample and the account's settings are made by a process of their own, so that neither
counts. Peak memory is the operating system's figure for the measured process.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pipeline

from kartra_freshsales.freshsales.metadata import Metadata
from kartra_freshsales.ledger.store import Destination, Ledger
from kartra_freshsales.mapping.model import Mapping as Decisions
from kartra_freshsales.planning.digest import plan_digest
from kartra_freshsales.planning.plan import make_plan
from kartra_freshsales.planning.refusals import predicted_refusals
from kartra_freshsales.sample import generate

WANTED_GIGABYTES = 2.0
SETTINGS = "settings.json"
T = TypeVar("T")


def prepare(folder: Path, contacts: int) -> None:
    """Write the exports, and the settings of an account with all fields they need."""
    generate(folder / "inbox", contacts=contacts, batches=1)
    mapping = pipeline.decisions()
    rows = pipeline.cleaned(pipeline.read(folder / "inbox"), mapping)
    with pipeline.account(folder) as (client, ledger):
        records = pipeline.golden(rows, mapping)
        metadata = pipeline.provisioned(client, ledger, records, mapping)
    (folder / SETTINGS).write_text(metadata.model_dump_json(), encoding="utf-8")


def staged(name: str, work: Callable[[], T]) -> T:
    """Do the work, and print how long it took."""
    began, used = time.perf_counter(), time.process_time()
    done = work()
    spent, busy = time.perf_counter() - began, time.process_time() - used
    print(
        f"  {name:<10} {spent:6.2f} s   {busy:6.2f} s of processor   peak {peak():.2f} GB"
    )
    return done


def peak() -> float:
    """The most memory this process has held so far, in gigabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def staged_records(inbox: Path, mapping: Decisions) -> pipeline.Golden:
    """Read, clean, merge; what a stage no longer needs goes with this function."""
    raw = staged("read", lambda: pipeline.read(inbox))
    print("  rows of exports:", {str(kind): frame.height for kind, frame in raw.items()})
    rows = staged("clean", lambda: pipeline.cleaned(raw, mapping))
    return staged("golden", lambda: pipeline.golden(rows, mapping))


def measure(folder: Path) -> None:
    """Run every stage."""
    began = time.perf_counter()
    mapping = pipeline.decisions()
    settings = (folder / SETTINGS).read_text(encoding="utf-8")
    metadata = Metadata.model_validate_json(settings)
    edition = mapping.destination.edition
    records = staged_records(folder / "inbox", mapping)
    meant = staged("intended", lambda: pipeline.payloads(records, mapping, metadata))
    refusals = staged(
        "predict", lambda: predicted_refusals(meant, metadata, edition=edition)
    )
    nobody = Destination("https://benchmark.example.com", edition=edition)
    with Ledger.open(f"sqlite:///{folder / 'empty.sqlite'}", nobody) as ledger:
        plan, _ = staged(
            "plan",
            lambda: make_plan(
                meant,
                ledger.identities(),
                pipeline.NOTHING_THERE,
                batch=meant.item(0, "batch"),
                refusals=refusals,
                edition=edition,
            ),
        )
    staged("digest", lambda: plan_digest(plan, mapping_digest="", metadata_digest=""))
    print("  planned:", pipeline.by_module(plan))
    print(f"  all stages {time.perf_counter() - began:.1f} s")
    print(f"peak memory {peak():.2f} GB (wanted: below {WANTED_GIGABYTES:g})")


def main() -> None:
    """Prepare in one process, measure in another."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=112_000)
    parser.add_argument("--step", choices=("prepare", "measure"))
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    if asked.step == "prepare":
        prepare(asked.folder, asked.contacts)
    elif asked.step == "measure":
        measure(asked.folder)
    else:
        with tempfile.TemporaryDirectory() as name:
            folder = asked.folder or Path(name)
            for step in ("prepare", "measure"):
                again = [sys.executable, __file__, "--contacts", str(asked.contacts)]
                again += ["--step", step, "--folder", str(folder)]
                subprocess.run(again, check=True)


if __name__ == "__main__":
    main()
