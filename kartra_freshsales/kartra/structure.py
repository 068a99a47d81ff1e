"""An independent count of records and delimiters, made from the bytes alone.

It proves or disproves that a file is clean: what stands inside quotation marks is dropped
by splitting at them, what is left is counted. It shares no code with either reader, which
makes it worth comparing them with. What does not belong here: cells and their values.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from typing import Final

SIGNS: Final = {"E+": re.compile(rb"E\+"), "#": re.compile(rb"#[A-Z#]")}
"""What begins a number in scientific notation, and an error value of a spreadsheet."""
_BLOCK: Final = 8 * 1024 * 1024
_LARGEST: Final = 64 * 1024 * 1024
_LONE_RETURN: Final = re.compile(rb"\r(?!\n)")
_FIRST: Final = itemgetter(slice(1))
_LAST: Final = itemgetter(slice(-1, None))


@dataclass(frozen=True)
class Structure:
    """Counts over a stretch of a file.

    ``records`` and ``delimiters`` count outside quotation marks (a last record without
    line end counts), ``line_feeds`` everywhere. ``well_quoted``: every quoted cell starts
    and ends at a delimiter or line end. ``odd_line_ends``: a carriage return alone.
    ``lacks``: those of ``SIGNS`` that stand nowhere.
    """

    records: int
    delimiters: int
    line_feeds: int
    ends_with_line_feed: bool
    well_quoted: bool
    odd_line_ends: bool
    holds_nul: bool
    lacks: frozenset[str] = frozenset()

    @property
    def multi_line_cells(self) -> int:
        """Line feeds inside cells."""
        ends = self.records if self.ends_with_line_feed else self.records - 1
        return self.line_feeds - ends

    def is_regular(self, width: int) -> bool:
        """Whether as many delimiters stand there as ``records`` × ``width`` cells need."""
        return self.delimiters == self.records * (width - 1)


def measured(
    chunks: Iterable[bytes], delimiter: str, quote: str
) -> Iterator[tuple[bytes, Structure]]:
    """Blocks of UTF-8 that end after a record, each with its counts.

    A block whose marks are never closed ends at ``_LARGEST`` and is not well quoted.

    Args:
        chunks: parts of the text that each end after a line feed (the last one may not).
        delimiter: what stands between cells.
        quote: what encloses cells that need it.
    """
    counter, parts, size = _Counter(delimiter.encode(), quote.encode()), [], 0
    for chunk in chunks:
        counter.add(chunk)
        parts.append(chunk)
        size += len(chunk)
        if (size >= _BLOCK and not counter.inside) or size >= _LARGEST:
            yield b"".join(parts), counter.result()
            counter, parts, size = _Counter(delimiter.encode(), quote.encode()), [], 0
    if parts:
        yield b"".join(parts), counter.result()


class _Counter:
    """Carries the state over chunk borders: whether the text is inside a cell."""

    def __init__(self, delimiter: bytes, quote: bytes) -> None:
        self.delimiter, self.quote = delimiter, quote
        # A lone carriage return is found out by ``odd_line_ends``.
        self.may_start = frozenset({b"", delimiter, b"\n", b"\r"})
        self.may_end = frozenset({b"", delimiter, b"\n"})
        self.inside = False
        self.line_feeds = self.enclosed_feeds = self.delimiters = 0
        self.well_quoted = self.ended = True
        self.odd_line_ends = self.holds_nul = False
        self.lacks = set(SIGNS)

    def add(self, chunk: bytes) -> None:
        """Count one chunk; it ends after a line feed unless it is the last."""
        self.ended = chunk.endswith(b"\n")
        self.holds_nul = self.holds_nul or b"\x00" in chunk
        if b"\r" in chunk and _LONE_RETURN.search(chunk):
            self.odd_line_ends = True
        # Looked for here, where the chunk is near; among cells it would cost much more.
        self.lacks -= {sign for sign in self.lacks if SIGNS[sign].search(chunk)}
        parts = chunk.split(self.quote)
        outside = parts[self.inside :: 2]
        # What is enclosed is mostly less, so it is counted and taken off.
        inner = b"".join(islice(parts, not self.inside, None, 2))
        after = islice(outside, not self.inside, None)
        self.inside ^= len(parts) % 2 == 0
        before = islice(outside, len(outside) - (not self.inside))
        if len(parts) > 1 and self.well_quoted:
            self.well_quoted = self._fit(after, before)
        self.line_feeds += chunk.count(b"\n")
        self.enclosed_feeds += inner.count(b"\n")
        self.delimiters += chunk.count(self.delimiter) - inner.count(self.delimiter)

    def _fit(self, after_a_mark: Iterator[bytes], before_a_mark: Iterator[bytes]) -> bool:
        """Whether marks stand only where cells start and end.

        An empty stretch is a doubled mark inside a cell, or the edge of the chunk.
        """
        starts = set(map(_FIRST, after_a_mark))
        ends = set(map(_LAST, before_a_mark))
        return starts <= self.may_start and ends <= self.may_end

    def result(self) -> Structure:
        """The counts over all chunks of a block."""
        return Structure(
            records=self.line_feeds - self.enclosed_feeds + (not self.ended),
            delimiters=self.delimiters,
            line_feeds=self.line_feeds,
            ends_with_line_feed=self.ended,
            well_quoted=self.well_quoted and not self.inside,
            odd_line_ends=self.odd_line_ends,
            holds_nul=self.holds_nul,
            lacks=frozenset(self.lacks),
        )
