"""The raw text of single records, taken from a stretch of the file by their lines.

What does not belong here: reading all records (``fast``, ``tolerant``).
"""

import io
from collections.abc import Collection, Iterable

from kartra_freshsales.kartra.model import Table


def raw_records(
    table: Table, wanted: Collection[int], starts: Iterable[int]
) -> dict[int, str]:
    """The text of the records that begin in the ``wanted`` lines, without its line end.

    Args:
        table: the stretch that holds them.
        wanted: first lines of the records, counted from 1.
        starts: first lines of all records of the stretch.
    """
    borders = set(starts)
    last = max(wanted, default=0)
    found: dict[int, list[str]] = {}
    taking: list[str] | None = None
    text = table.text if isinstance(table.text, str) else table.text.decode()
    for number, line in enumerate(io.StringIO(text, newline=""), start=table.first_line):
        if number in borders:
            if number > last:
                break
            taking = found.setdefault(number, []) if number in wanted else None
        if taking is not None:
            taking.append(line)
    return {row: "".join(parts).rstrip("\r\n") for row, parts in found.items()}
