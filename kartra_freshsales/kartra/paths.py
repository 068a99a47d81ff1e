"""Which way a text is read: fast where a count proves it clean, else record by record.

What does not belong here: either way (``fast``, ``tolerant``), the count (``structure``).
"""

from collections.abc import Callable, Iterator
from typing import TypeVar

from kartra_freshsales.kartra.encoding import Text, verified
from kartra_freshsales.kartra.fast import NotClean, clean_tables
from kartra_freshsales.kartra.model import Dialect, Table, joined
from kartra_freshsales.kartra.tolerant import tolerant_tables

T = TypeVar("T")
_CLEAN = "both counts of records, delimiters and lines agree"


def read_table(text: Text, dialect: Dialect) -> tuple[Text, Table, str, str]:
    """All cells at once, with the text, the path and the reason; see ``read_with``."""
    return read_with(text, dialect, lambda _, tables: joined(tables))


def read_with(
    text: Text, dialect: Dialect, use: Callable[[Text, Iterator[Table]], T]
) -> tuple[Text, T, str, str]:
    """What ``use`` makes of the cells, which it is given stretch by stretch.

    It is called anew where a text turns out not to be clean; what it made until then must
    be of no consequence.

    Returns:
        The text that was read in the end, what was made of it, which path read it and why.
    """
    try:
        return text, use(text, clean_tables(text, dialect)), "fast", _CLEAN
    except NotClean as found:
        obstacle = str(found)
    # Not being UTF-8 in a later part is one of the reasons why the fast path refuses.
    checked = verified(text)
    if checked is not text:
        try:
            return checked, use(checked, clean_tables(checked, dialect)), "fast", _CLEAN
        except NotClean as found:
            obstacle = str(found)
    with checked.open_lines() as lines:
        return checked, use(checked, tolerant_tables(lines, dialect)), "tolerant", obstacle
