"""Which way a text is read: fast where a count proves it clean, else record by record.

What does not belong here: either way (``fast``, ``tolerant``), the count (``structure``).
"""

from concurrent.futures import ThreadPoolExecutor

from kartra_freshsales.kartra.encoding import Text, verified
from kartra_freshsales.kartra.fast import confirmed, parse, why_not
from kartra_freshsales.kartra.model import Dialect, Table
from kartra_freshsales.kartra.structure import measure
from kartra_freshsales.kartra.tolerant import read_tolerantly


def read_table(text: Text, dialect: Dialect) -> tuple[Text, Table, str, str]:
    """The cells, with the text they came from, which path read them and why that one."""
    table, obstacle = _try_fast(text, dialect)
    if table is None:
        # Not being UTF-8 in a later part is one of the reasons why the fast path refuses.
        checked = verified(text)
        if checked is not text:
            text = checked
            table, obstacle = _try_fast(text, dialect)
    if table is not None:
        return text, table, "fast", "both counts of records, delimiters and lines agree"
    with text.open_lines() as lines:
        return text, read_tolerantly(lines, dialect), "tolerant", obstacle


def _try_fast(text: Text, dialect: Dialect) -> tuple[Table | None, str]:
    """Parse and count at the same time; the parser leaves Python free to count."""
    with ThreadPoolExecutor(max_workers=1) as aside:
        parsing = aside.submit(parse, text, dialect)
        structure = measure(text.chunks(), dialect.delimiter, dialect.quote)
        frame = parsing.result()
    obstacle = why_not(dialect, structure)
    if obstacle is not None:
        return None, obstacle
    if frame is None:
        return None, "the parser found a fault"
    table = confirmed(frame, structure)
    return table, "the parser's records differ from the structural count"
