"""The raw text of single records, fetched again from the file by their lines.

What does not belong here: reading all records (``fast``, ``tolerant``).
"""

from collections.abc import Collection, Iterable

from kartra_freshsales.kartra.encoding import Text


def raw_records(
    text: Text, wanted: Collection[int], starts: Iterable[int]
) -> dict[int, str]:
    """The text of the records that begin in the ``wanted`` lines, without its line end.

    Args:
        text: the whole text.
        wanted: first lines of the records, counted from 1.
        starts: first lines of all records.
    """
    borders = set(starts)
    last = max(wanted, default=0)
    found: dict[int, list[str]] = {}
    taking: list[str] | None = None
    with text.open_lines() as lines:
        for number, line in enumerate(lines, start=1):
            if number in borders:
                if number > last:
                    break
                taking = found.setdefault(number, []) if number in wanted else None
            if taking is not None:
                taking.append(line)
    return {row: "".join(parts).rstrip("\r\n") for row, parts in found.items()}
