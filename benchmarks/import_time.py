"""Importing the definitions against importing their libraries, each in a fresh process.

    python benchmarks/import_time.py

Both find their bytecode in one cache, as an installed package does; it is filled before
the clock starts. The two take turns, and the shortest time of each counts.
"""

import os
import subprocess
import sys
import tempfile
import time

LIBRARIES = "import dagster, polars, pandera.polars, httpx, sqlalchemy"
DEFINITIONS = "import kartra_freshsales.definitions"
ROUNDS = 10
WANTED = 1.5


def seconds(code: str, cache: str) -> float:
    """How long a fresh interpreter takes for some imports."""
    environment = os.environ | {"PYTHONPYCACHEPREFIX": cache}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
    return time.perf_counter() - began


def main() -> None:
    """Measure and print the ratio."""
    with tempfile.TemporaryDirectory() as cache:
        for code in (LIBRARIES, DEFINITIONS):
            seconds(code, cache)
        pairs = [
            (seconds(LIBRARIES, cache), seconds(DEFINITIONS, cache)) for _ in range(ROUNDS)
        ]
    libraries, definitions = (min(column) for column in zip(*pairs, strict=True))
    print(f"ratio {definitions / libraries:.2f} (wanted: at most {WANTED})")
    print(f"libraries {libraries:.2f} s, definitions {definitions:.2f} s")


if __name__ == "__main__":
    main()
