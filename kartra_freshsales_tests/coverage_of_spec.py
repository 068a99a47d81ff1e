"""Which requirements are named in a test, and which in none.

    python -m kartra_freshsales_tests.coverage_of_spec [--json]

A test answers a requirement by naming its number in a comment (``# S63``, ``# S10-S12``).
"""

import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

REQUIREMENTS = (*(f"S{n}" for n in range(1, 118)), *(f"G{n}" for n in range(1, 21)))
_COMMENT = re.compile(r"#\s(.*)$")
_NUMBER = re.compile(r"\b([SG])(\d{1,3})(?:\s?[-–]\s?[SG]?(\d{1,3}))?\b")
_TEST = re.compile(r"^\s*(?:async )?def (test_\w+)")


def named_in(text: str) -> Iterator[tuple[str, str]]:
    """``(requirement, test)`` for each number in a comment on, in or above a test."""
    waiting: list[str] = []
    test = ""
    for line in text.splitlines():
        found = _TEST.match(line)
        if found:
            test = found[1]
        comment = _COMMENT.search(line)
        numbers = list(_numbers(comment[1])) if comment else []
        if line.lstrip().startswith("#") and not line.startswith(" "):
            waiting += numbers
            continue
        if found:
            numbers, waiting = numbers + waiting, []
        yield from ((number, test) for number in numbers if test)


def _numbers(comment: str) -> Iterator[str]:
    for letter, first, last in _NUMBER.findall(comment):
        yield from (f"{letter}{n}" for n in range(int(first), int(last or first) + 1))


def coverage(root: Path) -> dict[str, list[str]]:
    """Tests by requirement, for all requirements in their order."""
    tests: dict[str, set[str]] = defaultdict(set)
    for path in sorted(root.rglob("test_*.py")):
        for number, test in named_in(path.read_text(encoding="utf-8")):
            tests[number].add(f"{path.relative_to(root)}::{test}")
    return {number: sorted(tests[number]) for number in REQUIREMENTS}


def main() -> None:
    """Print the table, or the same as JSON."""
    table = coverage(Path(__file__).parent)
    if "--json" in sys.argv:
        print(json.dumps(table, indent=2))
        return
    for number, tests in table.items():
        more = f" and {len(tests) - 1} more" if len(tests) > 1 else ""
        print(f"{number:5} {tests[0] + more if tests else '-'}")
    missing = [number for number, tests in table.items() if not tests]
    named = len(table) - len(missing)
    print(f"\n{named} of {len(table)} requirements are named in a test.")
    print(f"Not yet: {', '.join(missing) or 'none'}")


if __name__ == "__main__":
    main()
