"""Importing the definitions against importing their libraries, each in a fresh process.

    python benchmarks/import_time.py

Both find their bytecode in one cache, as an installed package does; it is filled before
the clock starts. The two take turns, and the least of each counts. Processor time is what
a busy machine disturbs least; the time on the wall stands beside it.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time

LIBRARIES = "import dagster, polars, pandera.polars, httpx, sqlalchemy"
DEFINITIONS = "import kartra_freshsales.definitions"
ROUNDS = 10
WANTED = 1.5


def seconds(code: str, cache: str) -> tuple[float, float]:
    """Processor time and time on the wall that a fresh interpreter takes for imports."""
    environment = os.environ | {"PYTHONPYCACHEPREFIX": cache}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    used, began = processor_time(), time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
    return processor_time() - used, time.perf_counter() - began


def processor_time() -> float:
    """Of all child processes that have ended."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def least(spans: list[tuple[float, float]]) -> tuple[float, float]:
    """The shortest processor time and the shortest time on the wall."""
    return min(cpu for cpu, _ in spans), min(wall for _, wall in spans)


def main() -> None:
    """Measure and print the ratio."""
    with tempfile.TemporaryDirectory() as cache:
        for code in (LIBRARIES, DEFINITIONS):
            seconds(code, cache)
        rounds = [
            (seconds(LIBRARIES, cache), seconds(DEFINITIONS, cache)) for _ in range(ROUNDS)
        ]
    base, base_wall = least([libraries for libraries, _ in rounds])
    ours, ours_wall = least([definitions for _, definitions in rounds])
    print(f"ratio {ours / base:.2f} in processor time (wanted: at most {WANTED})")
    print(f"ratio {ours_wall / base_wall:.2f} on the wall")
    print(f"libraries {base:.2f} s, definitions {ours:.2f} s of processor time")


if __name__ == "__main__":
    main()
