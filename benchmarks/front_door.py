"""The front door against polars alone, on the same clean file, as a ratio.

python benchmarks/front_door.py [--rows 1000000]
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl

from kartra_freshsales.kartra.front_door import read_export
from kartra_freshsales.sample import generate


def clean_file(folder: Path, contacts: int) -> Path:
    """The largest contacts export of a sample, without what needs a second look."""
    generate(folder, contacts=contacts, batches=1)
    return max(folder.rglob("contacts_*.csv"), key=lambda path: path.stat().st_size)


def fastest(work: Callable[[], object], times: int = 3) -> float:
    """The shortest of several runs, in seconds."""
    spans = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        spans.append(time.perf_counter() - began)
    return min(spans)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--contacts", type=int, default=300_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = clean_file(folder, asked.contacts)
        out = folder / "rows.parquet"

        def ours() -> None:
            read = read_export(path, batch="benchmark")
            read.rows.write_parquet(out)

        def theirs() -> None:
            pl.scan_csv(path, infer_schema=False).sink_parquet(out)

        rows = read_export(path, batch="benchmark").facts
        mine, other = fastest(ours), fastest(theirs)
        print(
            f"{rows.row_count:,} rows, {path.stat().st_size / 1e6:.0f} MB, {rows.reader} path"
        )
        print(f"front door {mine:.2f} s, polars scan_csv → sink_parquet {other:.2f} s")
        print(f"speed ratio {other / mine:.2f} (wanted: at least 0.5)")


if __name__ == "__main__":
    main()
