"""One thing looked at before a migration, and what was found of it.

Not here: looking (``doctor``, ``probe``), showing (``cli``).
"""

from dataclasses import dataclass

OK, WARNING, PROBLEM = "ok", "warning", "problem"


@dataclass(frozen=True)
class Finding:
    """``state`` is ok, warning or problem; ``remedy`` says what to do about the latter."""

    what: str
    state: str
    found: str
    remedy: str = ""


def warned(what: str, found: str, remedy: str) -> Finding:
    """Something that may go wrong later."""
    return Finding(what, WARNING, found, remedy)


def wrong(what: str, found: str, remedy: str) -> Finding:
    """Something without which a migration cannot go through."""
    return Finding(what, PROBLEM, found, remedy)
