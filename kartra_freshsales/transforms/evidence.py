"""What only a whole file tells about its cells: separators, and the order of numeric dates.

Learned before any row is cleaned, so that cleaning may go slice by slice.
What does not belong here: reading a cell (``names_in_cells``, ``dates``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from kartra_freshsales.mapping.cleaning_rules import SourceRules
from kartra_freshsales.transforms import dates, text
from kartra_freshsales.transforms.names_in_cells import PREFERRED, Marks, separator


@dataclass(frozen=True)
class Evidence:
    """What files tell of their columns.

    ``marks``: (file, column) → separator. ``orders``: column → file → order of numeric
    dates.
    """

    marks: Marks = field(default_factory=dict)
    orders: Mapping[str, dates.Orders] = field(default_factory=dict)


def learned(
    raw: pl.LazyFrame, rules: SourceRules, *, names: Sequence[str], moments: Sequence[str]
) -> Evidence:
    """Read the named columns of all rows, file by file.

    Args:
        raw: raw rows with ``_file``; columns they lack tell nothing.
        rules: how texts are cleaned, and the operator's decisions.
        names: columns whose cells hold several names.
        moments: columns that hold dates.
    """
    there = set(raw.collect_schema().names())
    found = {name: _lists(raw, name, rules) for name in names if name in there}
    marks = {(file, name): mark for name in found for file, mark in found[name].items()}
    orders = {
        name: dates.orders_told(_dates(raw, name, rules), name, rules)
        for name in moments
        if name in there
    }
    return Evidence(marks, orders)


def _lists(raw: pl.LazyFrame, name: str, rules: SourceRules) -> dict[str, str | None]:
    """The separator of each file; only cells with quotes or entities need a closer look."""
    cell = pl.col(name)
    odd = cell.str.contains('["&]')
    plain = (
        raw.filter(~odd)
        .group_by("_file")
        .agg(cell.str.contains(mark, literal=True).any().alias(mark) for mark in PREFERRED)
        .collect(engine="streaming")
    )
    close = _clean(raw.select("_file", name).filter(odd), name, rules)
    told: dict[str, set[str | None]] = {}
    for file, *marks in plain.iter_rows():
        told[file] = {mark for mark, occurs in zip(PREFERRED, marks, strict=True) if occurs}
    for (file,), part in close.partition_by("_file", as_dict=True).items():
        told.setdefault(str(file), set()).add(separator(part[name]))
    return {
        file: next((mark for mark in PREFERRED if mark in marks), None)
        for file, marks in told.items()
    }


def _dates(raw: pl.LazyFrame, name: str, rules: SourceRules) -> pl.DataFrame:
    """``_file`` and the clean texts of a column that may be dates in figures."""
    figures = pl.col(name).str.contains(r"\d[/.\-]\d{1,2}[/.\-]\d|&")
    return _clean(raw.select("_file", name).filter(figures), name, rules)


def _clean(cells: pl.LazyFrame, name: str, rules: SourceRules) -> pl.DataFrame:
    """``_file`` and the clean texts of a column, each once."""
    found = cells.unique().collect(engine="streaming")
    cleaned, _ = text.clean_column(found[name], rules)
    return found.with_columns(cleaned).select("_file", text.one_line(pl.col(name)))
