"""From bytes to UTF-8 text, with the encoding named and no character replaced.

A file that is valid UTF-8 is left where it lies and streamed; anything else is transcoded
in memory. What does not belong here: opening archives (``sources``), cells, delimiters.
"""

import codecs
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from kartra_freshsales.errors import BadExport
from kartra_freshsales.kartra.plausibility import (
    SURE,
    Certainty,
    of_mark,
    of_unmarked_utf16,
    of_utf8,
    of_windows_1252,
)
from kartra_freshsales.kartra.refusals import refuse_what_is_no_text
from kartra_freshsales.kartra.sources import Source

_BLOCK = 256 * 1024
_SAMPLE = 256 * 1024
_NUL_SHARE_OF_UTF16 = 0.3
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WINDOWS_1252 = {
    code: character
    for code in range(0x80, 0xA0)
    if (character := bytes([code]).decode("cp1252", "ignore"))
}


@dataclass(frozen=True)
class Text:
    """The text of a file as UTF-8: in place on disk, or in memory if it was transcoded.

    ``lines`` is None where lines are the file's own; for a sheet it holds the sheet's row
    for every line, the first line being ``lines[0]``.
    """

    name: str
    path: Path
    content: bytes | None = field(repr=False)
    encoding: str
    warnings: tuple[str, ...] = ()
    certainty: Certainty = SURE
    lines: Sequence[int] | None = field(default=None, repr=False)

    def open_lines(self) -> TextIO:
        """A text stream that keeps line ends as they are."""
        encoding = "utf-8-sig" if self.encoding == "utf-8-sig" else "utf-8"
        return io.TextIOWrapper(self._open(), encoding=encoding, newline="")

    def chunks(self) -> Iterator[bytes]:
        """The UTF-8 bytes without a byte-order mark, each block cut after a line feed."""
        with self._open() as stream:
            if self.encoding == "utf-8-sig":
                stream.read(len(codecs.BOM_UTF8))
            while block := stream.read(_BLOCK):
                yield block if block.endswith(b"\n") else block + stream.readline()

    def sample(self) -> str:
        """The start of the text."""
        decoder = codecs.getincrementaldecoder("utf-8")()
        with self._open() as stream:
            return decoder.decode(stream.read(_SAMPLE)).removeprefix("\ufeff")

    @property
    def is_small(self) -> bool:
        """Whether the sample is all there is."""
        size = len(self.content) if self.content is not None else self.path.stat().st_size
        return size <= _SAMPLE

    def _open(self) -> BinaryIO:
        if self.content is None:
            return cast("BinaryIO", self.path.open("rb"))
        return io.BytesIO(self.content)


def open_text(source: Source) -> Text:
    """Find out the encoding of a file from its start and make its text available as UTF-8.

    Byte-order marks are believed. UTF-8 is taken for granted as long as the start is valid;
    whoever reads on must be strict, and use ``verified`` when that fails.

    Raises:
        BadExport: unreadable, empty, or no text file.
    """
    head = source.head(_SAMPLE)
    refuse_what_is_no_text(source.name, head)
    text = Text(source.name, source.path, source.content, "utf-8", source.notes)
    if source.lines is not None:
        sure = Certainty(1.0, "the sheet of a workbook")
        return replace(text, encoding="xlsx", certainty=sure, lines=source.lines)
    found = _wide_encoding(head)
    if found is not None:
        encoding, certainty = found
        content = _from_wide(source, encoding)
        return replace(text, content=content, encoding=encoding, certainty=certainty)
    if head.startswith(codecs.BOM_UTF8):
        text = replace(text, encoding="utf-8-sig", certainty=of_mark("UTF-8"))
    else:
        text = replace(text, certainty=of_utf8(head))
    try:
        text.sample()
    except UnicodeDecodeError:
        return verified(text)
    return text


def verified(text: Text) -> Text:
    """The same text if all of it is UTF-8, else with its foreign lines transcoded.

    Lines that are not UTF-8 are read as Windows-1252, with a warning.
    """
    try:
        for chunk in text.chunks():
            # Blocks end after a line feed, so no character is cut in two.
            if not chunk.isascii():
                chunk.decode("utf-8")
    except UnicodeDecodeError:
        return _from_mixed(text)
    return text


def _wide_encoding(head: bytes) -> tuple[str, Certainty] | None:
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding, of_mark(encoding.upper())
    # Without a mark, Western text in UTF-16 has a NUL at every other byte.
    half = max(len(head) // 2, 1)
    second, first = head[1::2].count(0) / half, head[::2].count(0) / half
    if second > _NUL_SHARE_OF_UTF16 > first:
        return "utf-16-le", of_unmarked_utf16(second - first)
    if first > _NUL_SHARE_OF_UTF16 > second:
        return "utf-16-be", of_unmarked_utf16(first - second)
    return None


def _from_wide(source: Source, encoding: str) -> bytes:
    try:
        text = source.data().decode(encoding)
        return text.removeprefix("\ufeff").encode("utf-8")
    except UnicodeError:
        raise BadExport(
            f"starts as {encoding.upper()} but does not stay so.",
            file=source.name,
            remedy="Export it again, or save it as CSV UTF-8.",
        ) from None


def _from_mixed(text: Text) -> Text:
    """Lines that are not UTF-8 as Windows-1252; bytes it lacks keep their number."""
    mixed = _Mixed()
    for chunk in text.chunks():
        mixed.add(chunk)
    count = mixed.foreign
    where = f"{count} line{'s' if count > 1 else ''}, the first is line {mixed.first}"
    what = (
        f"Parts are not UTF-8 and were read as Windows-1252 ({where})."
        if mixed.wide
        else f"The file is not UTF-8; it was read as Windows-1252 ({where})."
    )
    certainty = of_windows_1252(bytes(mixed.telling))
    doubt = (certainty.doubt,) if certainty.doubt else ()
    return replace(
        text,
        content=mixed.content.getvalue(),
        encoding="utf-8+cp1252" if mixed.wide else "cp1252",
        warnings=(*text.warnings, what, *doubt),
        certainty=certainty,
    )


@dataclass
class _Mixed:
    """Text in UTF-8, made of lines that are so and of ``foreign`` ones that were not.

    ``wide`` counts lines that are UTF-8 beyond ASCII, ``first`` is the line of the first
    foreign one, ``telling`` holds enough of them to judge by.
    """

    content: io.BytesIO = field(default_factory=io.BytesIO)
    foreign: int = 0
    wide: int = 0
    first: int = 0
    telling: bytearray = field(default_factory=bytearray)
    _lines: int = 0

    def add(self, chunk: bytes) -> None:
        """Take lines as they stand in the file."""
        for line in chunk.splitlines(keepends=True):
            self._lines += 1
            self.content.write(line if line.isascii() else self._as_utf8(line))

    def _as_utf8(self, line: bytes) -> bytes:
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            self.first = self.first or self._lines
            self.foreign += 1
            if len(self.telling) < _SAMPLE:
                self.telling += line
            return line.decode("latin-1").translate(_WINDOWS_1252).encode("utf-8")
        self.wide += 1
        return line
