"""Frames as the sheets of one workbook (.xlsx) that people read, filter and decide in.

No cell can be a formula or a link: every text is written as text. Rows are written as they
come, so that a large sheet takes no memory. Not here: what stands in a sheet
(``review_sheets``), reading a workbook back (``kartra.workbook``).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from kartra_freshsales.reports.masking import formula_safe
from kartra_freshsales.reports.workbook_texts import as_shown, width_of

READ_ME = "Read me"
FINGERPRINT = "Fingerprint of the decisions"
MOST_ROWS = 1_048_576
_MOST_LISTED = 255
"""Characters of a drop-down that names its words itself; longer ones point at a sheet."""
_OPTIONS = {
    "in_memory": False,
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
_ALLOWED = {"autofilter": True, "sort": True, "format_columns": True, "format_rows": True}
# The same exports give the same file, whenever it is written.
_WRITTEN = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Choice:
    """A column that a person fills in.

    Attributes:
        help: what to write, shown beside the cell; at most 255 characters.
        options: words of the drop-down, or a mapping of them by the word in ``by``; free
            text without.
        by: a column of the frame by which the options differ; its equals stand together.
        listed_on: a sheet whose first column holds the words instead.
    """

    help: str
    options: Sequence[str] | Mapping[str, Sequence[str]] = ()
    by: str = ""
    listed_on: str = ""


@dataclass(frozen=True)
class Sheet:
    """One sheet: a table, and what a person should know and do.

    Attributes:
        name: on the tab.
        about: what each row is.
        do: what to do with it.
        frame: the rows.
        headings: column → heading, in the order to show.
        choices: columns to fill in; what is decided already stands in them.
        verbatim: text columns written without masking.
        file: the same rows as CSV, where they all are.
        keys: columns that together name a row, where there are choices.
    """

    name: str
    about: str
    do: str
    frame: pl.DataFrame
    headings: Mapping[str, str]
    choices: Mapping[str, Choice] = field(default_factory=dict)
    verbatim: Sequence[str] = ()
    file: str = ""
    keys: Sequence[str] = ()


@dataclass(frozen=True)
class _Written:
    """What a sheet holds: rows, rows that found no place, cells that were cut."""

    rows: int
    rows_cut: int
    cells_cut: int


def write_workbook(
    path: Path,
    sheets: Sequence[Sheet],
    *,
    title: str,
    notes: Sequence[str] = (),
    fingerprint: str = "",
    most_rows: int = MOST_ROWS,
) -> None:
    """Write the workbook, a sheet about all the others first.

    Args:
        path: where; replaced as a whole.
        sheets: in order.
        title: of the first sheet.
        notes: lines below the title.
        fingerprint: of the decisions that the workbook shows.
        most_rows: rows that a sheet can have, its heading among them.
    """
    half_written = path.with_name(f".{path.name}")
    with xlsxwriter.Workbook(str(half_written), _OPTIONS) as book:
        book.set_properties({"title": title, "created": _WRITTEN})
        pen = _Pen(book)
        front = book.add_worksheet(READ_ME)
        pages = [book.add_worksheet(sheet.name) for sheet in sheets]
        rows = {sheet.name: sheet.frame.height for sheet in sheets}
        written = [
            pen.fill(page, sheet, most_rows, rows)
            for page, sheet in zip(pages, sheets, strict=True)
        ]
        pen.introduce(
            front, [title, *notes], zip(sheets, written, strict=True), fingerprint
        )
    half_written.replace(path)


_LOOKS: Mapping[str, Mapping[str, Any]] = {
    "head": {"bold": True, "text_wrap": True, "bottom": 1, "bg_color": "#DDE6EE"},
    "choose": {"bold": True, "text_wrap": True, "bottom": 1, "bg_color": "#F2DFA0"},
    "title": {"bold": True, "font_size": 16},
    "text": {},
    "prose": {"text_wrap": True},
    # Typed over, such a text would become a formula; the mark keeps it text.
    "odd": {"quote_prefix": True},
    "whole": {"num_format": "0"},
    "number": {"num_format": "#,##0.00"},
    "choice": {"bg_color": "#FFF8DC", "border": 4, "border_color": "#C8B88A",
               "locked": False, "num_format": "@"},
}  # fmt: skip


class _Pen:
    """The formats of one workbook, and how its sheets are filled."""

    def __init__(self, book: Any) -> None:
        self.looks = {
            name: book.add_format({"valign": "top", **look})
            for name, look in _LOOKS.items()
        }

    def fill(
        self, page: Worksheet, sheet: Sheet, most_rows: int, rows: Mapping[str, int]
    ) -> _Written:
        """Write a sheet's heading and rows; ``rows`` counts those of every sheet."""
        names = list(sheet.headings)
        whole = sheet.frame.select(names)
        over = whole.height > most_rows - 1
        kept = whole.head(most_rows - 2) if over else whole
        shown, cells_cut = as_shown(kept, sheet.verbatim)
        self._prepare(page, sheet, shown)
        for at, row in enumerate(shown.iter_rows(), start=1):
            for column, value in enumerate(row):
                self._put(page, at, column, value, chosen=names[column] in sheet.choices)
        for at, name in enumerate(names):
            if name in sheet.choices and kept.height:
                _offer(page, at, sheet.choices[name], kept, rows)
        rows_cut = whole.height - kept.height
        if rows_cut:
            more = f"… {rows_cut:,} more rows: see {sheet.file or 'the CSV file'}"
            page.write_string(kept.height + 1, 0, more, self.looks["text"])
        return _Written(kept.height, rows_cut, cells_cut)

    def _prepare(self, page: Worksheet, sheet: Sheet, shown: pl.DataFrame) -> None:
        for at, (name, heading) in enumerate(sheet.headings.items()):
            page.set_column(at, at, width_of(heading, shown[name]))
        page.freeze_panes(1, 1)
        page.autofilter(0, 0, max(shown.height, 1), shown.width - 1)
        page.protect("", _ALLOWED)
        page.set_row(0, 32)
        for at, (name, heading) in enumerate(sheet.headings.items()):
            look = "choose" if name in sheet.choices else "head"
            page.write_string(0, at, heading, self.looks[look])

    def _put(
        self, page: Worksheet, row: int, column: int, value: Any, *, chosen: bool
    ) -> None:
        if chosen:
            if value is None:
                page.write_blank(row, column, None, self.looks["choice"])
            else:
                page.write_string(row, column, str(value), self.looks["choice"])
        elif isinstance(value, str):
            odd = formula_safe(value) != value
            page.write_string(row, column, value, self.looks["odd" if odd else "text"])
        elif value is not None:
            look = "whole" if isinstance(value, int) else "number"
            page.write_number(row, column, float(value), self.looks[look])

    def introduce(
        self,
        page: Worksheet,
        lines: Sequence[str],
        sheets: "Iterator[tuple[Sheet, _Written]]",
        fingerprint: str,
    ) -> None:
        """Fill the first sheet: what the others are, how long, and what to do."""
        for column, width in enumerate((22, 58, 10, 58, 12, 12)):
            page.set_column(column, column, width)
        page.protect("", _ALLOWED)
        for at, line in enumerate(lines):
            page.write_string(at, 0, line, self.looks["text" if at else "title"])
        at = len(lines) + 1
        heads = ("Sheet", "What it holds", "Rows", "What to do", "Rows left out",
                 "Cells cut short")  # fmt: skip
        for column, head in enumerate(heads):
            page.write_string(at, column, head, self.looks["head"])
        for sheet, written in sheets:
            at += 1
            page.write_string(at, 0, sheet.name, self.looks["text"])
            page.write_string(at, 1, sheet.about, self.looks["prose"])
            page.write_number(at, 2, written.rows, self.looks["whole"])
            page.write_string(at, 3, sheet.do, self.looks["prose"])
            page.write_number(at, 4, written.rows_cut, self.looks["whole"])
            page.write_number(at, 5, written.cells_cut, self.looks["whole"])
        page.write_string(at + 2, 0, FINGERPRINT, self.looks["text"])
        page.write_string(at + 2, 1, fingerprint, self.looks["text"])


def _offer(
    page: Worksheet,
    column: int,
    choice: Choice,
    frame: pl.DataFrame,
    rows: Mapping[str, int],
) -> None:
    """The drop-downs of a column, and what to write there."""
    for first, last, options in _runs(choice, frame):
        rule: dict[str, Any] = {
            "validate": "any", "input_title": "Your decision", "input_message": choice.help,
        }  # fmt: skip
        source = _source(choice, options, rows)
        if source:
            rule |= {
                "validate": "list",
                "source": source,
                "error_title": "Not one of the choices",
                "error_message": "Choose from the list, or leave the cell as it is.",
            }
        page.data_validation(first, column, last, column, rule)


def _runs(choice: Choice, frame: pl.DataFrame) -> Iterator[tuple[int, int, Sequence[str]]]:
    """First and last row of each stretch of rows with the same options, and these."""
    if not isinstance(choice.options, Mapping):
        yield 1, frame.height, choice.options
        return
    at = 1
    for word, same in groupby(frame[choice.by]):
        length = len(list(same))
        yield at, at + length - 1, choice.options.get(word, ())
        at += length


def _source(choice: Choice, options: Sequence[str], rows: Mapping[str, int]) -> Any:
    there = rows.get(choice.listed_on, 0)
    if there:
        return f"='{choice.listed_on}'!$A$2:$A${there + 1}"
    short = len(",".join(options)) <= _MOST_LISTED
    return list(options) if options and short else None
