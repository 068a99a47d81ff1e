r"""Quotation marks that follow a backslash inside cells (``\"``) instead of being doubled.

Such marks are taken out of the way before a record is split, and put back into its cells.
A backslash before anything but a mark or another backslash is text, and so is any in a file
whose quoted cells show no such marks.
What does not belong here: deciding whether a file is written that way (``dialect``).
"""

import re
from functools import cache

_MARK = "\udc22"
"""Half of a pair: no text that was decoded can hold it."""


def without_escapes(text: str, quote: str) -> str:
    """Text of which no quotation mark is escaped any more."""
    return _pattern(quote).sub(lambda found: _MARK if found[1] == quote else "\\", text)


def plain(cells: list[str], quote: str) -> list[str]:
    """Cells with the marks put back."""
    return [cell.replace(_MARK, quote) for cell in cells]


@cache
def _pattern(quote: str) -> re.Pattern[str]:
    return re.compile(r"\\([\\" + quote + "])")
