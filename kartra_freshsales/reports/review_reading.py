"""An edited copy of the review workbook: which decisions in it are new.

Rows are known by the texts that name them, so a sheet may be sorted or filtered. Not here:
what the decisions change (``mapping.review_changes``), cells (``kartra.workbook``).
"""

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from kartra_freshsales.errors import BadInput
from kartra_freshsales.kartra.unpacking import Limits
from kartra_freshsales.kartra.workbook import Sheet as Page
from kartra_freshsales.kartra.workbook import sheets_of
from kartra_freshsales.mapping.review_changes import Answer
from kartra_freshsales.reports.workbook import FINGERPRINT, READ_ME, Sheet
from kartra_freshsales.reports.workbook_texts import as_shown

_Row = tuple[int, list[str]]
_SAVE_AGAIN = "Take the workbook from reports/, and decide in a copy of it."


def read_answers(path: Path, sheets: Sequence[Sheet], fingerprint: str) -> list[Answer]:
    """Rows whose decisions differ from what is decided now.

    Args:
        path: the edited copy.
        sheets: the sheets with choices, as they would be written now.
        fingerprint: of the decisions as they stand.

    Raises:
        BadInput: it is no such workbook, the decisions have changed since it was written,
            or a row of it is none of ours.
    """
    pages = _pages(path)
    _require(path, pages, fingerprint)
    return [
        answer
        for sheet in sheets
        if sheet.name in pages
        for answer in _answers(sheet, pages[sheet.name])
    ]


def _pages(path: Path) -> dict[str, Page]:
    try:
        with zipfile.ZipFile(path) as archive:
            return {page.name: page for page in sheets_of(archive, path.name, Limits())}
    except (OSError, zipfile.BadZipFile):
        raise BadInput(
            "This is no workbook that can be opened.",
            file=path.name,
            remedy="Save it as .xlsx (Excel workbook), close it, and name that file.",
        ) from None


def _require(path: Path, pages: dict[str, Page], fingerprint: str) -> None:
    """Refuse what was not made from the decisions as they stand."""
    rows = [row for _, row in _rows(pages[READ_ME])] if READ_ME in pages else []
    found = next((row[1] for row in rows if row[0] == FINGERPRINT and len(row) > 1), None)
    if found is None:
        raise BadInput(
            "This is not the review workbook.", file=path.name, remedy=_SAVE_AGAIN
        )
    if found != fingerprint:
        raise BadInput(
            "The decisions in mappings/ have changed since this workbook was written: "
            "somebody else decided, or a file was edited. Nothing was taken over.",
            file=path.name,
            remedy="Run prepare (or plan) for a new workbook, and decide in a copy of it.",
        )


def _answers(sheet: Sheet, page: Page) -> Iterator[Answer]:
    rows = _rows(page)
    _, heads = next(rows)
    where = {name: _column(sheet, heads, name) for name in (*sheet.keys, *sheet.choices)}
    decided = _decided(sheet)
    seen: set[tuple[str, ...]] = set()
    for number, row in rows:
        cells = {name: row[at].strip() for name, at in where.items()}
        key = tuple(_plain(cells[name]) for name in sheet.keys)
        if not all(key) or row[0].startswith("… "):
            continue
        if key not in decided or key in seen:
            raise BadInput(
                "This row is not one of the review as it stands now.",
                file=f"sheet {sheet.name}",
                row=number,
                column=sheet.headings[sheet.keys[0]],
                remedy="Undo changes of locked cells, or run prepare for a new workbook.",
            )
        seen.add(key)
        named, old = decided[key]
        new = {name: cells[name] for name in sheet.choices}
        if new != old:
            yield Answer(sheet.name, number, named, old, new, sheet.headings)


def _decided(
    sheet: Sheet,
) -> dict[tuple[str, ...], tuple[tuple[str, ...], dict[str, str]]]:
    """Each row's texts as compared → as they are, and what is decided about it."""
    shown, _ = as_shown(sheet.frame.select(*sheet.keys, *sheet.choices), sheet.verbatim)
    found = {}
    for row in shown.iter_rows(named=True):
        named = tuple(row[name] or "" for name in sheet.keys)
        old = {name: (row[name] or "").strip() for name in sheet.choices}
        found[tuple(map(_plain, named))] = (named, old)
    return found


def _column(sheet: Sheet, heads: Sequence[str], name: str) -> int:
    heading = sheet.headings[name]
    if heading not in heads:
        raise BadInput(
            "A heading is missing.",
            file=f"sheet {sheet.name}",
            row=1,
            column=heading,
            remedy=_SAVE_AGAIN,
        )
    return list(heads).index(heading)


def _rows(page: Page) -> Iterator[_Row]:
    """The rows of a sheet with their numbers in it."""
    lines = csv.reader(io.StringIO(page.content.decode(), newline=""))
    for row in lines:
        yield page.rows[min(lines.line_num, len(page.rows)) - 1], row


def _plain(text: str) -> str:
    """Text as rows are compared: programs save blanks and line ends in their own ways."""
    return " ".join(text.split())
