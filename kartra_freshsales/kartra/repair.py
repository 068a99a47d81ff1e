"""Records with misplaced quotation marks, read so that their width fits the header.

What does not belong here: reading files, and deciding what happens to what stays broken.
"""

from collections.abc import Sequence
from dataclasses import dataclass

LONGEST_REPAIR = 50
"""Lines a record with misplaced marks may span."""


@dataclass(frozen=True)
class Layout:
    """What a record must look like."""

    delimiter: str
    quote: str
    width: int

    def looks_like_a_record(self, line: str) -> bool:
        """Whether a physical line could be a record of its own."""
        return line.count(self.delimiter) >= self.width - 1


def repaired(lines: Sequence[str], layout: Layout) -> tuple[list[str], int] | None:
    """Cells of the record that starts in the first line, and how many lines it takes.

    In order: the line alone with inner quotation marks taken as text; the line with those
    after it, as long as none of them looks like a record; the line alone with every
    misplaced mark taken as text. None if no reading has the width of the header.
    """
    one = _cells(lines[0], layout)
    if one and len(one) == layout.width:
        return one, 1
    for count in range(2, min(len(lines), LONGEST_REPAIR) + 1):
        if layout.looks_like_a_record(lines[count - 1]):
            break
        cells = _cells("".join(lines[:count]), layout)
        if cells:
            if len(cells) == layout.width:
                return cells, count
            break
    literal = _cells(lines[0], layout, first_mark_decides=True)
    if literal and len(literal) == layout.width:
        return literal, 1
    return None


def _cells(
    text: str, layout: Layout, *, first_mark_decides: bool = False
) -> list[str] | None:
    """Split one record; a quoted cell ends at a mark before a delimiter or the line end.

    None if a cell stays open, or if the record ends before the text does.
    """
    body = text.rstrip("\r\n")
    cells: list[str] = []
    position = 0
    while True:
        end = None
        if body.startswith(layout.quote, position):
            end = _closing(body, position + 1, layout, first_mark_decides)
            if end is None and not first_mark_decides:
                return None
        if end is not None:
            inner = body[position + 1 : end]
            cells.append(inner.replace(layout.quote * 2, layout.quote))
            position = end + 1
        else:
            stop = body.find(layout.delimiter, position)
            stop = len(body) if stop < 0 else stop
            cells.append(body[position:stop])
            position = stop
        if position >= len(body):
            return None if end is None and "\n" in cells[-1] else cells
        if body[position] != layout.delimiter:
            return None  # a line end: the text holds more than one record
        position += 1


def _closing(body: str, start: int, layout: Layout, first_mark_decides: bool) -> int | None:
    """Where the quoted cell that is open at ``start`` ends."""
    position = start
    while (found := body.find(layout.quote, position)) >= 0:
        following = body[found + 1 : found + 2]
        if following == layout.quote:
            position = found + 2
        elif following in {"", layout.delimiter, "\r", "\n"}:
            return found
        elif first_mark_decides:
            return None
        else:
            position = found + 1
    return None
