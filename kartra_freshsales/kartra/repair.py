"""Records with misplaced quotation marks, read so that their width fits the header.

What does not belong here: reading files, and deciding what happens to what stays broken.
"""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

LONGEST_REPAIR = 50
"""Lines a record with misplaced marks may span."""


@dataclass(frozen=True)
class Layout:
    """What a record must look like."""

    delimiter: str
    quote: str
    width: int

    @cached_property
    def border(self) -> re.Pattern[str]:
        """What ends a cell without marks."""
        return re.compile(f"[{re.escape(self.delimiter)}\r\n]")

    def looks_like_a_record(self, line: str) -> bool:
        """Whether a physical line could be a record of its own."""
        return line.count(self.delimiter) >= self.width - 1

    def begins_a_record(self, lines: Sequence[str]) -> bool:
        """Whether a record that is in order begins in the first of these lines."""
        if self.looks_like_a_record(lines[0]):
            return True
        if self.quote not in lines[0]:
            return False
        reader = csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote,
            strict=True,
        )
        try:
            return len(next(reader, [])) == self.width
        except csv.Error:
            return False


def repaired(lines: Sequence[str], layout: Layout) -> tuple[list[str], int] | None:
    """Cells of the record that starts in the first line, and how many lines it takes.

    In order: the line alone with inner quotation marks taken as text; if a cell stays open,
    the line with those after it, as long as no record begins in them; the line alone with
    every misplaced mark taken as text. None if no reading has the width of the header.
    """
    first = lines[0].rstrip("\r\n")
    one = _record(first, layout)
    if one is None:
        several = _over_lines(lines, layout)
        if several is not None:
            return several
    elif len(one[0]) == layout.width:
        return one[0], 1
    literal = _record(first, layout, first_mark_decides=True)
    if literal and len(literal[0]) == layout.width:
        return literal[0], 1
    return None


def _over_lines(lines: Sequence[str], layout: Layout) -> tuple[list[str], int] | None:
    window = lines[:LONGEST_REPAIR]
    found = _record("".join(window), layout)
    if found is None or len(found[0]) != layout.width:
        return None
    cells, end = found
    count = next(n for n, size in enumerate(accumulate(map(len, window)), 1) if size >= end)
    if any(layout.begins_a_record(window[at:]) for at in range(1, count)):
        return None
    return cells, count


def _record(
    text: str, layout: Layout, *, first_mark_decides: bool = False
) -> tuple[list[str], int] | None:
    """Split the first record of a text; a quoted cell ends before a delimiter or line end.

    Returns:
        Its cells, and where it ends; None if a cell stays open.
    """
    cells: list[str] = []
    position = 0
    while True:
        end = None
        if text.startswith(layout.quote, position):
            end = _closing(text, position + 1, layout, first_mark_decides)
            if end is None and not first_mark_decides:
                return None
        if end is not None:
            inner = text[position + 1 : end]
            cells.append(inner.replace(layout.quote * 2, layout.quote))
            position = end + 1
        else:
            stop = layout.border.search(text, position)
            cells.append(text[position : stop.start()] if stop else text[position:])
            position = stop.start() if stop else len(text)
        if text[position : position + 1] != layout.delimiter:
            return cells, position
        position += 1


def _closing(text: str, start: int, layout: Layout, first_mark_decides: bool) -> int | None:
    """Where the quoted cell that is open at ``start`` ends."""
    position = start
    while (found := text.find(layout.quote, position)) >= 0:
        following = text[found + 1 : found + 2]
        if following == layout.quote:
            position = found + 2
        elif following in {"", layout.delimiter, "\r", "\n"}:
            return found
        elif first_mark_decides:
            return None
        else:
            position = found + 1
    return None
