"""Frames as tables for people: CSV, and the neutral ``Table`` that templates render.

Every text cell is masked and made formula-safe on the way. Not here: pages, charts.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import polars as pl

from kartra_freshsales.reports.masking import formula_safe, masked

ABSENT = "–"
_JOIN = "; "


@dataclass(frozen=True)
class Cell:
    """One cell as shown; ``tone`` (good, bad, warn, calm) where it should stand out."""

    text: str
    numeric: bool = False
    tone: str = ""


@dataclass(frozen=True)
class Table:
    """A captioned table. ``cut`` counts the rows left out; ``empty`` is said of no rows."""

    caption: str
    headings: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    cut: int = 0
    empty: str = "None."


_FORMS: tuple[tuple[tuple[type, ...], Callable[[Any], str]], ...] = (
    ((type(None),), lambda _: ABSENT),
    ((bool,), lambda flag: "yes" if flag else "no"),
    ((int,), lambda number: f"{number:,}"),
    ((float,), lambda number: f"{number:,.4f}".rstrip("0").rstrip(".")),
    ((Decimal,), lambda amount: f"{amount:,f}"),
    ((datetime,), lambda moment: f"{moment:%Y-%m-%d %H:%M}"),
    ((date,), lambda day: day.isoformat()),
)


def shown(value: object, *, verbatim: bool = False) -> str:
    """One value as text for people: thousands separated, lists joined, nulls as a dash."""
    for types, form in _FORMS:
        if isinstance(value, types):
            return form(value)
    if isinstance(value, (list, tuple, pl.Series)):
        return _JOIN.join(shown(each, verbatim=verbatim) for each in value)
    text = str(value)
    return formula_safe(text if verbatim else masked(text))


def _cell(
    value: object, tones: Mapping[str, str], *, numeric: bool, verbatim: bool
) -> Cell:
    text = shown(value, verbatim=verbatim)
    return Cell(text, numeric, tones.get(text, ""))


def table(
    frame: pl.DataFrame,
    headings: Mapping[str, str] | None = None,
    *,
    caption: str,
    verbatim: Sequence[str] = (),
    tones: Mapping[str, Mapping[str, str]] | None = None,
    limit: int | None = None,
    empty: str = "None.",
) -> Table:
    """A frame as a ``Table``.

    Args:
        frame: what to show.
        headings: column → heading, in the order to show; columns the frame lacks are left
            out. All columns under their own names unless given.
        caption: what the table holds.
        verbatim: columns shown without masking.
        tones: column → text as shown → tone.
        limit: rows to show at most; the rest is counted.
        empty: what to say instead of an empty table.
    """
    wanted = headings or {name: name.replace("_", " ") for name in frame.columns}
    names = [name for name in wanted if name in frame.columns]
    numeric = [frame.schema[name].is_numeric() for name in names]
    # An answer without headings has no rows either: the choice of columns is the caller's.
    visible = frame.select(names) if limit is None else frame.select(names).head(limit)
    rows = tuple(
        tuple(
            _cell(
                value,
                (tones or {}).get(name, {}),
                numeric=number,
                verbatim=name in verbatim,
            )
            for name, number, value in zip(names, numeric, row, strict=True)
        )
        for row in visible.iter_rows()
    )
    heads = tuple(
        Cell(formula_safe(masked(wanted[name])), is_number)
        for name, is_number in zip(names, numeric, strict=True)
    )
    return Table(caption, heads, rows, frame.height - visible.height, empty)


def markdown_cell(text: str) -> str:
    """Text that cannot break out of a Markdown table or start markup or HTML."""
    flat = " ".join(text.split())
    for letter in "\\`*_[]|#<>":
        if letter in flat:
            flat = flat.replace(letter, _MARKDOWN[letter])
    return flat


_MARKDOWN = {letter: f"\\{letter}" for letter in "\\`*_[]|#"} | {"<": "&lt;", ">": "&gt;"}


def csv_text(frame: pl.DataFrame, *, verbatim: Sequence[str] = ()) -> str:
    """A frame as CSV: safe to open in a spreadsheet, no address or number by accident.

    Args:
        frame: what to write; lists are joined with a semicolon.
        verbatim: text columns written without masking.
    """
    lists = [name for name, dtype in frame.schema.items() if isinstance(dtype, pl.List)]
    flat = frame.with_columns(pl.col(lists).cast(pl.List(pl.String)).list.join(_JOIN))
    safe = flat.with_columns(
        _safe_cells(flat.get_column(name), verbatim=name in verbatim)
        for name, dtype in flat.schema.items()
        if dtype == pl.String
    )
    return safe.rename({name: formula_safe(name) for name in safe.columns}).write_csv()


def _safe_cells(cells: pl.Series, *, verbatim: bool) -> pl.Series:
    """Each distinct cell once: reports repeat the same words over many rows."""
    distinct = cells.unique().drop_nulls()
    safe = [formula_safe(text if verbatim else masked(text)) for text in distinct]
    return cells.replace_strict(distinct, pl.Series(safe, dtype=pl.String), default=None)
