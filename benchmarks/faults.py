"""Kill it anywhere: seeded runs of loads and undos under faults, judged from outside.

    python -m benchmarks.faults --runs 1000
    python -m benchmarks.faults --only 4711        # one run again, with its draw

Each run loads a small business into a sandbox by processes of its own, which are killed,
lied to and cut off, until they get through; some are undone again. What is judged is the
sandbox's own history. The engine is that of the tests, which make a few of the same runs.
"""

import argparse
import json
import sys
import time
from collections import Counter
from pathlib import Path

from kartra_freshsales_tests.loading.campaign import Report, campaign
from kartra_freshsales_tests.loading.campaign_draw import draw


def main() -> int:
    """Make the runs; answers 1 if any of them was not clean."""
    options = _options()
    seeds = (
        [options.only]
        if options.only is not None
        else list(range(options.seed, options.seed + options.runs))
    )
    started, reports = time.monotonic(), list[Report]()
    for report in campaign(seeds, ledger=options.ledger, jobs=options.jobs):
        reports.append(report)
        if not report.clean or options.only is not None:
            _show(report, options.ledger)
        if len(reports) % 50 == 0:
            print(f"{len(reports)} of {len(seeds)} runs", file=sys.stderr, flush=True)
    table = summary(reports, time.monotonic() - started)
    width = max(map(len, table))
    print("\n".join(f"{name:<{width}}  {value}" for name, value in table.items()))
    if options.json:
        runs = [vars(report) | {"faults": dict(report.faults)} for report in reports]
        told = {"summary": table, "runs": runs}
        options.json.write_text(json.dumps(told, indent=1), encoding="utf-8")
    return int(any(not report.clean for report in reports))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults")
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0, help="of the first run")
    parser.add_argument("--only", type=int, help="one seed, with its draw")
    parser.add_argument("--ledger", choices=("sqlite", "postgres", "both"), default="both")
    parser.add_argument("--jobs", type=int, default=3, help="runs at a time")
    parser.add_argument("--json", type=Path, help="a file for every run's figures")
    return parser.parse_args()


def _show(report: Report, ledger: str) -> None:
    """A run's draw and its verdict."""
    print(f"seed {report.seed}: {draw(report.seed, ledger)}")
    for kind in ("duplicates", "losses", "violations"):
        for line in getattr(report, kind):
            print(f"  {kind}: {line}")
    print(f"  again: python -m benchmarks.faults --only {report.seed} --ledger {ledger}")


def summary(reports: list[Report], seconds: float) -> dict[str, object]:
    """Sums over all runs."""
    faults = sum((report.faults for report in reports), Counter[str]())
    databases = Counter(report.database for report in reports)
    return {
        "runs": len(reports),
        **{f"  with {name}": count for name, count in sorted(databases.items())},
        "  undone again": sum(report.undone for report in reports),
        "processes killed": sum(report.kills for report in reports),
        "databases restarted or held": sum(report.failures for report in reports),
        "faults": faults.total(),
        **{f"  {kind}": count for kind, count in sorted(faults.items())},
        "requests": sum(report.requests for report in reports),
        "reruns": sum(report.reruns for report in reports),
        "duplicates": sum(len(report.duplicates) for report in reports),
        "losses": sum(len(report.losses) for report in reports),
        "violations": sum(len(report.violations) for report in reports),
        "seconds": round(seconds),
    }


if __name__ == "__main__":
    sys.exit(main())
