"""Recurrence terms in one wording: ``1 month``, ``Monthly`` and ``every month`` are one.

What does not belong here: how Freshsales names an interval.
"""

import re
from collections.abc import Mapping

_COUNTED = re.compile(
    r"^(?:every |each |once every |per |a )?(?:(\d+|one|two|three|four|six|twelve)[ -]?)?"
    r"(day|week|month|quarter|year)(?:s|ly)?(?:\(s\))?$"
)
_NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4, "six": 6, "twelve": 12}
_NAMES = {
    (1, "day"): "daily",
    (1, "week"): "weekly",
    (1, "month"): "monthly",
    (3, "month"): "quarterly",
    (12, "month"): "yearly",
    (24, "month"): "every 2 years",
    (1, "quarter"): "quarterly",
    (1, "year"): "yearly",
}


def canonical(text: str, words: Mapping[str, str]) -> str | None:
    """The interval a term means, or None if nobody knows it.

    Args:
        text: the term as exported.
        words: case-folded terms the operator knows, looked up first.
    """
    term = " ".join(text.split()).casefold()
    if term in words:
        return words[term]
    found = _COUNTED.match(term)
    if found is None:
        return None
    count = _NUMBERS.get(found[1] or "one") or int(found[1])
    unit = found[2]
    if unit == "quarter" and count > 1:
        count, unit = count * 3, "month"
    if count < 1:
        return None
    return _NAMES.get((count, unit), f"every {count} {unit}s")
