"""The front door against polars alone, on the same clean file, as a ratio.

    python benchmarks/front_door.py [--contacts 300000]

Both read every cell as text and write Parquet; the front door also proves that no byte was
lost, numbers the rows and hashes the file. The two take turns, and the least of each
counts: processor time is what a busy machine disturbs least.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl

from kartra_freshsales.kartra.front_door import read_export, read_exports
from kartra_freshsales.kartra.keeping import InFolder
from kartra_freshsales.sample import generate

ROUNDS = 5
WANTED = 0.5


def clean_file(folder: Path, contacts: int) -> Path:
    """The largest contacts export of a sample."""
    generate(folder, contacts=contacts, batches=1)
    return max(folder.rglob("contacts_*.csv"), key=lambda path: path.stat().st_size)


def spent(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds on the wall, and of processors."""
    began, used = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began, time.process_time() - used


def main() -> None:
    """Measure and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=300_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = clean_file(folder, asked.contacts)
        out = folder / "rows.parquet"

        def ours() -> None:
            with tempfile.TemporaryDirectory(dir=folder) as kept:
                read_exports(path, batch="benchmark", keep=InFolder(Path(kept)))

        def theirs() -> None:
            pl.scan_csv(path, infer_schema=False).sink_parquet(out)

        facts = read_export(path, batch="benchmark").facts
        theirs()
        rounds = [(spent(ours), spent(theirs)) for _ in range(ROUNDS)]
        size = path.stat().st_size
    wall, processor = (
        (min(mine[at] for mine, _ in rounds), min(other[at] for _, other in rounds))
        for at in (0, 1)
    )
    print(f"{facts.row_count:,} rows, {size / 1e6:.0f} MB, {facts.reader} path")
    print(f"speed ratio {wall[1] / wall[0]:.2f} on the wall (wanted: at least {WANTED})")
    print(f"speed ratio {processor[1] / processor[0]:.2f} in processor time")
    print(f"front door {wall[0]:.2f} s, polars scan_csv → sink_parquet {wall[1]:.2f} s")


if __name__ == "__main__":
    main()
