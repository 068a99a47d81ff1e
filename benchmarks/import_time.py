"""Importing the definitions against importing their libraries, each in a fresh process.

    python benchmarks/import_time.py
"""

import subprocess
import sys
import time

LIBRARIES = "import dagster, polars, pandera.polars, httpx, sqlalchemy"
DEFINITIONS = "import kartra_freshsales.definitions"


def seconds(code: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - began


def main() -> None:
    pairs = [(seconds(LIBRARIES), seconds(DEFINITIONS)) for _ in range(6)][1:]
    libraries, definitions = (min(column) for column in zip(*pairs, strict=True))
    print(f"libraries {libraries:.2f} s, definitions {definitions:.2f} s")
    print(f"ratio {definitions / libraries:.2f} (wanted: at most 1.5)")


if __name__ == "__main__":
    main()
