"""From bytes on disk to UTF-8 text, with the encoding named and no character replaced.

A file that is valid UTF-8 is left where it lies and streamed; anything else is transcoded
in memory. What does not belong here: cells, delimiters, headers.
"""

import codecs
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from kartra_freshsales.errors import BadExport

_BLOCK = 256 * 1024
_SAMPLE = 256 * 1024
_NUL_SHARE_OF_UTF16 = 0.3
_CONTROL_SHARE_OF_BINARY = 0.05

_WORKBOOK = "Open it and save the sheet as CSV UTF-8, or better export it again as CSV."
_MAGIC = (
    (b"PK\x03\x04", "is a ZIP archive or an Excel workbook, not a CSV file.", _WORKBOOK),
    (b"\xd0\xcf\x11\xe0", "is an old Excel workbook, not a CSV file.", _WORKBOOK),
    (b"%PDF", "is a PDF, not a CSV file.", "Export it again as CSV."),
    (b"\x89PNG", "is a picture, not a CSV file.", "Export it again as CSV."),
)
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class Text:
    """The text of a file as UTF-8: in place on disk, or in memory if it was transcoded."""

    path: Path
    content: bytes | None
    encoding: str
    warnings: tuple[str, ...] = ()

    @property
    def polars_source(self) -> Path | bytes:
        """What a polars reader takes; it skips a byte-order mark by itself."""
        return self.path if self.content is None else self.content

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

    def _open(self) -> BinaryIO:
        if self.content is None:
            return cast("BinaryIO", self.path.open("rb"))
        return io.BytesIO(self.content)


def digest(path: Path) -> str:
    """SHA-256 of a file's bytes as they lie on disk."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def open_text(path: Path) -> Text:
    """Find out the encoding of a file from its start and make its text available as UTF-8.

    Byte-order marks are believed. UTF-8 is taken for granted as long as the start is valid;
    whoever reads on must be strict, and use ``verified`` when that fails.

    Raises:
        BadExport: missing, unreadable, empty, or no text file.
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(_SAMPLE)
        packed = head.startswith(b"\x1f\x8b")
        content = gzip.decompress(path.read_bytes()) if packed else None
    except (OSError, EOFError, zlib.error) as error:
        raise BadExport(
            f"cannot be read ({type(error).__name__}).",
            file=path.name,
            remedy="Check that the file is complete and readable.",
        ) from None
    head = content[:_SAMPLE] if content is not None else head
    _refuse_what_is_no_text(path, head)
    if wide := _wide_encoding(head):
        data = content if content is not None else path.read_bytes()
        return Text(path, _from_wide(path, data, wide), wide)
    mark = head.startswith(codecs.BOM_UTF8)
    text = Text(path, content, "utf-8-sig" if mark else "utf-8")
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
        content, encoding, warning = _from_mixed(b"".join(text.chunks()))
        return Text(text.path, content, encoding, (warning,))
    return text


def _refuse_what_is_no_text(path: Path, head: bytes) -> None:
    if not head.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00"):
        raise BadExport("is empty.", file=path.name, remedy="Export it again.")
    for magic, what, remedy in _MAGIC:
        if head.startswith(magic):
            raise BadExport(what, file=path.name, remedy=remedy)
    start = head.replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<table", b"<head")):
        raise BadExport(
            "is a web page saved under the name of a CSV file.",
            file=path.name,
            remedy="Sign in to Kartra, export again and save the download itself.",
        )
    controls = sum(
        head.count(bytes([code])) for code in range(1, 32) if code not in _BLANKS
    )
    if controls > len(head) * _CONTROL_SHARE_OF_BINARY:
        raise BadExport(
            "is a binary file, not a CSV file.",
            file=path.name,
            remedy="Export it again as CSV.",
        )


_BLANKS = frozenset(b"\t\r\n\f\v")


def _wide_encoding(head: bytes) -> str | None:
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    # Without a mark, Western text in UTF-16 has a NUL at every other byte.
    half = max(len(head) // 2, 1)
    if head[1::2].count(0) > half * _NUL_SHARE_OF_UTF16 > head[::2].count(0):
        return "utf-16-le"
    if head[::2].count(0) > half * _NUL_SHARE_OF_UTF16 > head[1::2].count(0):
        return "utf-16-be"
    return None


def _from_wide(path: Path, data: bytes, encoding: str) -> bytes:
    try:
        return data.decode(encoding).removeprefix("\ufeff").encode("utf-8")
    except UnicodeError:
        raise BadExport(
            f"starts as {encoding.upper()} but does not stay so.",
            file=path.name,
            remedy="Export it again, or save it as CSV UTF-8.",
        ) from None


def _from_mixed(data: bytes) -> tuple[bytes, str, str]:
    """Lines that are not UTF-8 as Windows-1252; bytes it lacks keep their number."""
    table = {
        code: character
        for code in range(0x80, 0xA0)
        if (character := bytes([code]).decode("cp1252", "ignore"))
    }
    lines = data.split(b"\n")
    foreign, wide, first = 0, 0, 0
    for number, line in enumerate(lines):
        if line.isascii():
            continue
        try:
            line.decode("utf-8")
            wide += 1
        except UnicodeDecodeError:
            foreign += 1
            first = first or number + 1
            lines[number] = line.decode("latin-1").translate(table).encode("utf-8")
    where = f"{foreign} line{'s' if foreign > 1 else ''}, the first is line {first}"
    if wide:
        warning = f"Parts are not UTF-8 and were read as Windows-1252 ({where})."
        return b"\n".join(lines), "utf-8+cp1252", warning
    warning = f"The file is not UTF-8; it was read as Windows-1252 ({where})."
    return b"\n".join(lines), "cp1252", warning
