"""An independent count of records and delimiters, made from the bytes alone.

It proves or disproves that a file is clean: what stands inside quotation marks is dropped
by splitting at them, what is left is counted. It shares no code with either reader, which
makes it worth comparing them with. What does not belong here: cells and their values.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Structure:
    """Counts over a whole file.

    ``records`` and ``delimiters`` count outside quotation marks (a last record without
    line end counts), ``line_feeds`` everywhere. ``well_quoted``: every quoted cell starts
    and ends at a delimiter or line end. ``odd_line_ends``: a carriage return alone.
    """

    records: int
    delimiters: int
    line_feeds: int
    ends_with_line_feed: bool
    well_quoted: bool
    odd_line_ends: bool
    holds_nul: bool

    @property
    def multi_line_cells(self) -> int:
        """Line feeds inside cells."""
        ends = self.records if self.ends_with_line_feed else self.records - 1
        return self.line_feeds - ends

    def is_regular(self, width: int) -> bool:
        """Whether as many delimiters stand there as ``records`` × ``width`` cells need."""
        return self.delimiters == self.records * (width - 1)


def measure(chunks: Iterable[bytes], delimiter: str, quote: str) -> Structure:
    """Count over blocks of UTF-8 that each end after a line feed (the last one may not)."""
    counter = _Counter(delimiter.encode(), quote.encode())
    for chunk in chunks:
        counter.add(chunk)
    return counter.result()


class _Counter:
    """Carries the state over block borders: whether the text is inside a cell."""

    def __init__(self, delimiter: bytes, quote: bytes) -> None:
        self.delimiter, self.quote = delimiter, quote
        # A lone carriage return is found out by ``odd_line_ends``.
        self.may_start = frozenset({b"", delimiter, b"\n", b"\r"})
        self.may_end = frozenset({b"", delimiter, b"\n"})
        self.inside = False
        self.records = self.delimiters = self.line_feeds = 0
        self.well_quoted = self.ended = True
        self.odd_line_ends = self.holds_nul = False

    def add(self, chunk: bytes) -> None:
        """Count one block; it ends after a line feed unless it is the last."""
        self.ended = chunk.endswith(b"\n")
        self.holds_nul = self.holds_nul or b"\x00" in chunk
        if b"\r" in chunk and chunk.count(b"\r") != chunk.count(b"\r\n"):
            self.odd_line_ends = True
        parts = chunk.split(self.quote)
        outside, enclosed = parts[self.inside :: 2], parts[not self.inside :: 2]
        after_a_mark = outside if self.inside else outside[1:]
        self.inside ^= len(parts) % 2 == 0
        before_a_mark = outside if self.inside else outside[:-1]
        if len(parts) > 1 and self.well_quoted:
            self.well_quoted = self._fit(after_a_mark, before_a_mark)
        text = outside[0] if len(outside) == 1 else b"".join(outside)
        ends = text.count(b"\n")
        self.records += ends + (not self.ended)
        self.delimiters += text.count(self.delimiter)
        self.line_feeds += ends + b"".join(enclosed).count(b"\n")

    def _fit(self, after_a_mark: list[bytes], before_a_mark: list[bytes]) -> bool:
        """Whether marks stand only where cells start and end.

        An empty stretch is a doubled mark inside a cell, or the edge of the block.
        """
        starts = {stretch[:1] for stretch in after_a_mark}
        ends = {stretch[-1:] for stretch in before_a_mark}
        return starts <= self.may_start and ends <= self.may_end

    def result(self) -> Structure:
        """The counts over all blocks."""
        return Structure(
            records=self.records,
            delimiters=self.delimiters,
            line_feeds=self.line_feeds,
            ends_with_line_feed=self.ended,
            well_quoted=self.well_quoted and not self.inside,
            odd_line_ends=self.odd_line_ends,
            holds_nul=self.holds_nul,
        )
