"""Sheets of an Excel workbook (.xlsx) as CSV text, cell by cell, with their row numbers.

Read with the standard library: parts of a ZIP archive, as XML without any entities of its
own. Numbers, dates and codes are made text in ``workbook_cells``.
What does not belong here: what a sheet means.
"""

import csv
import io
import posixpath
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from kartra_freshsales.errors import BadExport
from kartra_freshsales.kartra.unpacking import Limits, unzipped
from kartra_freshsales.kartra.workbook_cells import Styles, cell_text, unescaped

MAIN_PART = "xl/workbook.xml"
_RELATIONS = "xl/_rels/workbook.xml.rels"
_MOST_CELLS = 100_000_000
_LINE_ENDS = re.compile(r"\r\n|\r|\n")
_NOTE = (
    "This is a workbook: dates were written as YYYY-MM-DD, numbers as the workbook keeps "
    "them. What a spreadsheet dropped is lost; the CSV file from Kartra is surer."
)
_Start = Callable[[str, Mapping[str, str]], None]
_End = Callable[[str, str], None]


class _DefinesEntities(Exception):
    """XML with a document type, which may make a small file grow without end."""


@dataclass(frozen=True)
class Sheet:
    """A sheet: its CSV text in UTF-8, and for each line of it the row in the sheet."""

    name: str
    content: bytes = field(repr=False)
    rows: tuple[int, ...]
    notes: tuple[str, ...] = (_NOTE,)


def sheets_of(archive: zipfile.ZipFile, name: str, limits: Limits) -> list[Sheet]:
    """All sheets that hold anything, in the order of the workbook.

    Raises:
        BadExport: a part is missing, is no XML, or defines entities.
    """
    parts = _Parts(archive, name, limits)
    book = _Book()
    parts.parse(MAIN_PART, book.start)
    targets = _targets(parts)
    strings = _Strings()
    parts.parse_if_there("xl/sharedStrings.xml", strings.start, strings.end)
    styles = Styles()
    parts.parse_if_there("xl/styles.xml", styles.start)
    found = []
    for title, relation in book.sheets:
        target = targets.get(relation)
        if target is None:  # a chart sheet, or a macro's
            continue
        grid = _Grid(strings.texts, styles, from_1904=book.from_1904)
        parts.parse(target, grid.start, grid.end)
        if grid.rows:
            found.append(_rendered(title, grid.rows, name))
    return found


def _targets(parts: "_Parts") -> dict[str, str]:
    targets: dict[str, str] = {}

    def start(tag: str, given: Mapping[str, str]) -> None:
        if tag == "Relationship" and given.get("Type", "").endswith("/worksheet"):
            path = posixpath.join("/xl", given.get("Target", ""))
            targets[given.get("Id", "")] = posixpath.normpath(path).lstrip("/")

    parts.parse(_RELATIONS, start)
    return targets


def _rendered(title: str, rows: Mapping[int, Mapping[int, str]], name: str) -> Sheet:
    width = max(max(cells) for cells in rows.values())
    if width * len(rows) > _MOST_CELLS:
        raise BadExport(
            f"has a sheet of {len(rows):,} rows and {width:,} columns.",
            file=name,
            remedy="Remove what stands far to the right, or export again as CSV.",
        )
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    lines: list[int] = []
    for number, cells in rows.items():
        values = [cells.get(column, "") for column in range(1, width + 1)]
        writer.writerow(values)
        inside = sum(len(_LINE_ENDS.findall(value)) for value in cells.values())
        lines.extend([number] * (inside + 1))
    return Sheet(title, text.getvalue().encode(), tuple(lines))


@dataclass(frozen=True)
class _Parts:
    archive: zipfile.ZipFile
    name: str
    limits: Limits

    def parse_if_there(self, part: str, start: _Start, end: _End | None = None) -> None:
        if part in self.archive.namelist():
            self.parse(part, start, end)

    def parse(self, part: str, start: _Start, end: _End | None = None) -> None:
        """Go through a part; ``end`` is given the text since the last tag began."""
        try:
            info = self.archive.getinfo(part)
            data = unzipped(self.archive, info, self.name, self.limits)
            _parse(data, start, end)
        except _DefinesEntities:
            raise BadExport(
                "is a workbook that defines entities, as no program that saves one does.",
                file=self.name,
                remedy="Save the sheet as CSV UTF-8, or better export it again as CSV.",
            ) from None
        except (KeyError, ValueError, expat.ExpatError) as error:
            raise BadExport(
                f"is a workbook whose part {part} cannot be read ({type(error).__name__}).",
                file=self.name,
                remedy="Save the sheet as CSV UTF-8, or better export it again as CSV.",
            ) from None


def _parse(data: bytes, start: _Start, end: _End | None) -> None:
    texts: list[str] = []

    def starts(tag: str, given: dict[str, str]) -> None:
        texts.clear()
        start(_local(tag), {_local(key): value for key, value in given.items()})

    def ends(tag: str) -> None:
        if end is not None:
            end(_local(tag), "".join(texts))
        texts.clear()

    def refuse(*_: object) -> None:
        # Entities are what makes XML dangerous, and no workbook needs them.
        raise _DefinesEntities

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = starts
    parser.EndElementHandler = ends
    parser.CharacterDataHandler = texts.append
    parser.StartDoctypeDeclHandler = refuse
    parser.Parse(data, True)


def _local(name: str) -> str:
    return name.rpartition(":")[2]


@dataclass
class _Book:
    sheets: list[tuple[str, str]] = field(default_factory=list)
    from_1904: bool = False

    def start(self, tag: str, given: Mapping[str, str]) -> None:
        if tag == "sheet":
            self.sheets.append((given.get("name", ""), given.get("id", "")))
        elif tag == "workbookPr":
            self.from_1904 = given.get("date1904") in {"1", "true"}


@dataclass
class _Strings:
    """Shared texts; formatted runs are joined, readings of characters left out."""

    texts: list[str] = field(default_factory=list)
    _runs: list[str] = field(default_factory=list)
    _phonetic: bool = False

    def start(self, tag: str, _: Mapping[str, str]) -> None:
        if tag == "si":
            self._runs = []
        elif tag == "rPh":
            self._phonetic = True

    def end(self, tag: str, text: str) -> None:
        if tag == "t" and not self._phonetic:
            self._runs.append(text)
        elif tag == "rPh":
            self._phonetic = False
        elif tag == "si":
            self.texts.append(unescaped("".join(self._runs)))


@dataclass
class _Grid:
    """Cells that are not blank: row number → column number → text."""

    strings: list[str]
    styles: Styles
    from_1904: bool
    rows: dict[int, dict[int, str]] = field(default_factory=dict)
    _row: int = 0
    _column: int = 0
    _cell: Mapping[str, str] = field(default_factory=dict)
    _value: str = ""
    _runs: list[str] = field(default_factory=list)
    _phonetic: bool = False

    def start(self, tag: str, given: Mapping[str, str]) -> None:
        if tag == "row":
            self._row = int(given.get("r", self._row + 1))
            self._column = 0
        elif tag == "c":
            place = given.get("r")
            self._column = _column_of(place) if place else self._column + 1
            self._cell, self._value, self._runs = given, "", []
        elif tag == "rPh":
            self._phonetic = True

    def end(self, tag: str, text: str) -> None:
        if tag == "v":
            self._value = text
        elif tag == "t" and not self._phonetic:
            self._runs.append(text)
        elif tag == "rPh":
            self._phonetic = False
        elif tag == "c":
            self._place(self._shown())

    def _shown(self) -> str:
        kind = self._cell.get("t", "n")
        if kind == "inlineStr":
            return unescaped("".join(self._runs))
        if kind == "s" and self._value:
            return self.strings[int(self._value)] if self._in_strings() else ""
        style = self._cell.get("s", "0")
        return cell_text(kind, self._value, self.styles.layout(style), self.from_1904)

    def _in_strings(self) -> bool:
        if 0 <= int(self._value) < len(self.strings):
            return True
        raise ValueError

    def _place(self, text: str) -> None:
        if text:
            self.rows.setdefault(self._row, {})[self._column] = text


def _column_of(place: str) -> int:
    number = 0
    for letter in place:
        if not letter.isalpha():
            break
        number = number * 26 + ord(letter.upper()) - ord("A") + 1
    if not 1 <= number <= 16_384:  # noqa: PLR2004 - the most a sheet can have
        raise ValueError
    return number
