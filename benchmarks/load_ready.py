"""From CSV files to load-ready records: seconds, processor and peak memory, as ratios.

    python benchmarks/load_ready.py [--contacts 275000 550000 1100000] [--batches 1]

1,100,000 people make 1.2 million contact rows of 24 columns and 2.0 million transaction
rows of 57. Every side runs in a process of its own on the same files: polars alone from CSV
to Parquet, which is the least any of them can take; a plain pandas script; and ours, from
the front door over cleaning to golden contacts, accounts, transactions and subscriptions,
each stage kept as Parquet as the assets keep it.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

COLUMNS = (
    "id", "first_name", "last_name", "email", "phone_country_code", "phone", "company",
    "address", "city", "state", "zip", "country", "website", "date_joined", "source",
    "tags", "lists", "status", "gdpr_status", "gdpr_communications", "gdpr_status_date",
    "owner", "Company size", "Interests",
)  # fmt: skip
WANTED = {"seconds": 60.0, "gigabytes": 2.0, "per doubling": 2.3}
FULL_SIZE = 1_100_000
SIDES = ("polars", "pandas", "ours")


def prepare(folder: Path, contacts: int, batches: int) -> None:
    """Write the exports, contacts with 24 columns."""
    from kartra_freshsales.sample import generate  # noqa: PLC0415

    inbox = folder / "inbox"
    generate(inbox, contacts=contacts, batches=batches)
    for path in inbox.glob("*/contacts_*.csv"):
        slim = path.with_suffix(".slim")
        pl.scan_csv(path, infer_schema=False).select(COLUMNS).sink_csv(slim)
        slim.replace(path)


def polars_alone(folder: Path) -> dict[str, int]:
    """Every file from CSV to Parquet, cells as text."""
    for number, path in enumerate(sorted((folder / "inbox").glob("*/*.csv"))):
        pl.scan_csv(path, infer_schema=False).sink_parquet(folder / f"{number}.parquet")
    return {}


def plain_pandas(folder: Path) -> dict[str, int]:
    """The script beside this one."""
    import plain_pandas as script  # noqa: PLC0415

    return script.load_ready(folder / "inbox", folder)


def ours(folder: Path) -> dict[str, int]:
    """The stages of the pipeline."""
    import stages  # noqa: PLC0415

    from kartra_freshsales.mapping.defaults import shipped_folder  # noqa: PLC0415
    from kartra_freshsales.mapping.loading import load_mapping  # noqa: PLC0415

    frames = folder / "frames"
    frames.mkdir()
    return stages.load_ready(folder / "inbox", frames, load_mapping(shipped_folder()))


WORK = {"polars": polars_alone, "pandas": plain_pandas, "ours": ours}


def measured(side: str, folder: Path) -> dict[str, float]:
    """Run one side in a process of its own."""
    began = time.perf_counter()
    running = subprocess.Popen(
        [sys.executable, __file__, "--side", side, "--folder", str(folder)],
        stdout=subprocess.PIPE,
    )
    told, _ = running.communicate()
    if running.returncode:
        raise SystemExit(f"{side} ended with {running.returncode}")
    spent = time.perf_counter() - began
    return {"wall": spent, **json.loads(told.splitlines()[-1])}


def run_side(side: str, folder: Path) -> None:
    """What the process of one side does: work, and tell its figures."""
    import resource  # noqa: PLC0415

    rows = WORK[side](folder)
    used = resource.getrusage(resource.RUSAGE_SELF)
    figures = {"cpu": used.ru_utime + used.ru_stime, "gb": used.ru_maxrss * 1024 / 1e9}
    print(json.dumps({**figures, "rows": sum(rows.values())}))


def at_size(
    contacts: int, batches: int, sides: tuple[str, ...]
) -> dict[str, dict[str, float]]:
    """All sides on one sample."""
    figures = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        asked = ["--prepare", str(contacts), "--batches", str(batches)]
        subprocess.run([sys.executable, __file__, *asked, "--folder", name], check=True)
        size = sum(path.stat().st_size for path in folder.glob("inbox/*/*.csv"))
        print(f"{contacts:,} people, {batches} batch(es), {size / 1e6:,.0f} MB of CSV")
        for side in sides:
            figures[side] = measured(side, folder)
            for left in folder.glob("*.p*"):
                left.unlink()
    for side in sides:
        mine, least = figures[side], figures[sides[0]]
        print(
            f"  {side:<7} {mine['wall']:7.1f} s  {mine['cpu']:7.1f} s of processor"
            f"  peak {mine['gb']:5.2f} GB   {mine['wall'] / least['wall']:5.1f} × "
            f"{sides[0]} on the wall, {mine['cpu'] / least['cpu']:5.1f} × in processor time"
        )
    return figures


def main() -> None:
    """Measure every size and print the figures against what is wanted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--contacts", type=int, nargs="+", default=[275_000, 550_000, FULL_SIZE]
    )
    parser.add_argument("--batches", type=int, default=1)
    parser.add_argument("--sides", nargs="+", choices=SIDES, default=list(SIDES))
    parser.add_argument("--side", choices=SIDES)
    parser.add_argument("--prepare", type=int)
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    if asked.prepare:
        prepare(asked.folder, asked.prepare, asked.batches)
        return
    if asked.side:
        run_side(asked.side, asked.folder)
        return
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    before: dict[str, float] | None = None
    for contacts in sorted(asked.contacts):
        figures = at_size(contacts, asked.batches, tuple(asked.sides))["ours"]
        if before:
            rose = {name: figures[name] / before[name] for name in ("wall", "cpu", "gb")}
            print(
                f"  ours, against the size before: {rose['wall']:.2f} × the time, "
                f"{rose['cpu']:.2f} × the processor, {rose['gb']:.2f} × the memory"
            )
        before = figures
    wanted = ", ".join(f"{name} {value:g}" for name, value in WANTED.items())
    print(f"wanted for {FULL_SIZE:,} people: {wanted}")


if __name__ == "__main__":
    main()
