"""The tolerant path: record by record with Python's ``csv``, slower and never at a loss.

Reading is strict; what does not fit is repaired or set aside.

What does not belong here: deciding which path is taken, naming columns.
"""

import csv
import sys
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from kartra_freshsales.kartra.escapes import plain, without_escapes
from kartra_freshsales.kartra.headers import visible
from kartra_freshsales.kartra.model import (
    Dialect,
    Reason,
    Rejected,
    Table,
    joined,
    multi_line_columns,
)
from kartra_freshsales.kartra.repair import LONGEST_REPAIR, Layout, repaired

_BLOCK = 20_000
# A quotation mark that is never closed would otherwise swallow the rest of the file.
_LONGEST_RECORD = 10_000
_NAMED_LINES = 5
END: Final[list[str]] = ["end of file"]
"""What ``next_cells`` returns after the last record; compared by identity."""


class _Lines:
    """Physical lines, remembered per record so that they can be given back."""

    def __init__(self, lines: Iterator[str], dialect: Dialect) -> None:
        self._lines = lines
        self._dialect = dialect
        self._returned: deque[str] = deque()
        self.taken: list[str] = []
        self.number = 1

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if len(self.taken) >= _LONGEST_RECORD:
            raise StopIteration
        line = self._returned.popleft() if self._returned else next(self._lines)
        self.taken.append(line)
        return self.readable(line)

    def readable(self, line: str) -> str:
        """The line as ``csv`` can read it."""
        quote = self._dialect.quote
        return without_escapes(line, quote) if self._dialect.escaped else line

    def begin(self) -> None:
        """Start a record at the first line not yet used."""
        self.number += len(self.taken)
        self.taken = []

    def look_ahead(self, count: int) -> None:
        """Take lines until the record has ``count`` of them or the file ends."""
        while len(self.taken) < count and next(self, None) is not None:
            pass

    def give_back_after(self, count: int) -> None:
        """Let the record end after ``count`` lines."""
        self._returned.extendleft(reversed(self.taken[count:]))
        del self.taken[count:]

    @property
    def raw(self) -> str:
        """The record as it stands in the file."""
        return "".join(self.taken).rstrip("\r\n")


class _Reader:
    """Strict reading, with repair of a record whose quotation marks are misplaced."""

    def __init__(self, feed: _Lines, dialect: Dialect) -> None:
        self.feed, self.dialect = feed, dialect
        self.layout = Layout(dialect.delimiter, dialect.quote, len(dialect.header))
        self.mended = False
        self._csv = csv.reader(
            feed,
            delimiter=dialect.delimiter,
            quotechar=dialect.quote,
            skipinitialspace=dialect.skip_initial_space,
            strict=True,
        )

    def next_cells(self) -> list[str] | None:
        """Cells of the next record, ``END``, or None where no reading of it fits."""
        self.feed.begin()
        self.mended = False
        try:
            cells = next(self._csv, END)
        except csv.Error:
            return self._mend()
        if cells is END:
            return cells
        return self._mend() if self._swallowed_others(cells) else self._plain(cells)

    def _plain(self, cells: list[str]) -> list[str]:
        return plain(cells, self.dialect.quote) if self.dialect.escaped else cells

    def _swallowed_others(self, cells: list[str]) -> bool:
        if len(self.feed.taken) == 1 or len(cells) == self.layout.width:
            return False
        lines = list(map(self.feed.readable, self.feed.taken))
        return any(
            self.layout.begins_a_record(lines[at : at + LONGEST_REPAIR])
            for at in range(1, len(lines))
        )

    def _mend(self) -> list[str] | None:
        self.feed.look_ahead(LONGEST_REPAIR)
        found = repaired(list(map(self.feed.readable, self.feed.taken)), self.layout)
        self.feed.give_back_after(found[1] if found else 1)
        self.mended = found is not None
        return self._plain(found[0]) if found else None


@dataclass
class _Gathered:
    """What has been read of a stretch; the numbers of mended lines stay for the end."""

    width: int
    rows: list[list[str]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    first_line: int = 0
    mended: list[int] = field(default_factory=list)

    def begin(self, feed: _Lines) -> None:
        """Take the lines of the record that was just read."""
        self.first_line = self.first_line or feed.number
        self.lines += feed.taken

    def reject(self, feed: _Lines, reason: Reason) -> None:
        self.rejected.append(Rejected(feed.number, reason, feed.raw))

    def add(self, cells: list[str], number: int) -> None:
        self.rows.append(cells)
        self.numbers.append(number)

    @property
    def is_full(self) -> bool:
        return len(self.lines) >= _BLOCK

    def table(self, warnings: tuple[str, ...] = ()) -> Table:
        """The stretch, and begin the next."""
        by_column = list(zip(*self.rows, strict=True)) or [()] * self.width
        series = [
            pl.Series(f"c{i}", cells, dtype=pl.String) for i, cells in enumerate(by_column)
        ]
        rows = pl.DataFrame([*series, pl.Series("_row", self.numbers, dtype=pl.Int64)])
        found = Table(
            rows,
            tuple(self.rejected),
            multi_line_columns(rows),
            warnings,
            text="".join(self.lines),
            first_line=self.first_line or 1,
        )
        self.rows, self.numbers, self.rejected, self.lines = [], [], [], []
        self.first_line = 0
        return found

    def warnings(self) -> tuple[str, ...]:
        if not self.mended:
            return ()
        named = ", ".join(map(str, self.mended[:_NAMED_LINES]))
        more = " and others" if len(self.mended) > _NAMED_LINES else ""
        note = (
            f"Misplaced quotation marks were taken as text in {len(self.mended)} "
            f"row(s) whose width fits the header: line {named}{more}."
        )
        return (note,)


def read_tolerantly(lines: Iterator[str], dialect: Dialect) -> Table:
    """The whole text at once; see ``tolerant_tables``."""
    return joined(tolerant_tables(lines, dialect))


def tolerant_tables(lines: Iterator[str], dialect: Dialect) -> Iterator[Table]:
    """Read every record: into the rows, or rejected with its line, reason and text.

    Blank lines are no records. Empty cells beyond the header's width are dropped, as
    spreadsheets add them. There is always a last stretch, which may be empty.

    Args:
        lines: physical lines with their line ends.
        dialect: as sniffed; its header record is skipped, records before it rejected.
    """
    csv.field_size_limit(sys.maxsize)
    feed = _Lines(lines, dialect)
    if dialect.declared:
        next(feed)
    reader = _Reader(feed, dialect)
    gathered = _Gathered(len(dialect.header))
    seen = -1
    while (cells := reader.next_cells()) is not END:
        gathered.begin(feed)
        above = seen < dialect.header_index
        if cells is not None and _is_blank(cells, before_header=above):
            continue
        seen += 1
        if seen > dialect.header_index:
            _place(cells, reader, gathered)
        elif seen < dialect.header_index:
            gathered.reject(feed, Reason.BEFORE_HEADER)
        if gathered.is_full:
            yield gathered.table()
    yield gathered.table(gathered.warnings())


def _is_blank(cells: list[str], *, before_header: bool) -> bool:
    """A blank line; above the header also a line of empty cells."""
    return (len(cells) < 2 or before_header) and not any(map(str.strip, cells))  # noqa: PLR2004


def _is_header(cells: list[str], dialect: Dialect) -> bool:
    """Whether the header stands here again; a byte-order mark may hide a quotation mark."""
    if cells[0][:1] == "\ufeff":
        cells = [visible(cells[0]).strip(dialect.quote), *cells[1:]]
    return tuple(map(visible, cells)) == dialect.header


def _place(cells: list[str] | None, reader: "_Reader", gathered: _Gathered) -> None:
    feed, width = reader.feed, reader.layout.width
    if cells is not None and len(cells) > width and not any(map(str.strip, cells[width:])):
        cells = cells[:width]
    if cells is None:
        gathered.reject(feed, Reason.STRAY_QUOTE)
    elif len(cells) > width:
        gathered.reject(feed, Reason.TOO_MANY_FIELDS)
    elif len(cells) < width:
        gathered.reject(feed, Reason.TOO_FEW_FIELDS)
    elif any("\x00" in cell for cell in cells):
        gathered.reject(feed, Reason.NUL_BYTE)
    elif _is_header(cells, reader.dialect):
        gathered.reject(feed, Reason.REPEATED_HEADER)
    else:
        gathered.add(cells, feed.number)
        if reader.mended:
            gathered.mended.append(feed.number)
