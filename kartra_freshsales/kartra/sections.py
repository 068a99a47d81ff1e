"""Rows that are no data although they are as wide as the data: headers, totals, notes.

A header that is not the file's own means that what follows has other columns: all of that
is set aside, for reading it under the first header would put values into wrong fields.
What does not belong here: values that a spreadsheet damaged (``damage``).
"""

import csv
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from kartra_freshsales.kartra.headers import normalised, split_currency, visible
from kartra_freshsales.kartra.kinds import ALIASES, ExportKind, match, recognise
from kartra_freshsales.kartra.model import Dialect, Reason, Rejected, Table, joined
from kartra_freshsales.kartra.records import raw_records

_LAST_ROWS = 5
_FOOTER: Final = re.compile(
    r"""^\W*(?:
        (?:grand\s+|sub-?)?totals?\b.*\d
      | (?:number|count|sum)\s+of\b.*\d
      | \d[\d.,']*\s+(?:records?|rows?|contacts?|leads?|transactions?|subscriptions?)\b
      | (?:records?|rows?|contacts?|leads?|transactions?|subscriptions?)\s*[:=]\W*\d
      | (?:exported|generated|created|printed|downloaded|produced)\s+
        (?:by|on|at|from|with)\b
      | page\s+\d+\b
      | end\s+of\s+(?:file|report|export|data|list)\b
      | (?:copyright|©)\D*\d{4}\b
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_RAGGED = (Reason.TOO_FEW_FIELDS, Reason.TOO_MANY_FIELDS)
_ADDRESSES = ("email", "buyer_email")


def _words(kind: ExportKind) -> frozenset[str]:
    return frozenset(word for accepted in ALIASES[kind].values() for word in accepted)


_HEADER_WORDS = frozenset().union(*map(_words, ALIASES))


class Sections:
    """Takes a file's stretches in their order and gives them back without what is no data.

    Such rows are rejected. The last stretch is held back, for a footer stands at the end.
    """

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self._held: Table | None = None
        self._foreign = False
        self._last_row = 0

    def apart(self, tables: Iterable[Table]) -> Iterator[Table]:
        """Stretches without headers and footers; there is at least one."""
        for table in tables:
            if not table.rows.is_empty():
                self._last_row = int(table.rows["_row"][-1])
            left = self._without_headers(table)
            if self._held is not None:
                if left.rows.height < _LAST_ROWS:
                    left = joined((self._held, left))
                else:
                    yield self._held
            self._held = left
        if self._held is not None:
            footers = _footers(self._held.rows, self.dialect)
            yield set_aside(self._held, dict.fromkeys(footers, Reason.AFTER_DATA))

    def settled(self, rejected: Iterable[Rejected]) -> tuple[Rejected, ...]:
        """All rejected records in order; ragged ones below all rows may be footers."""
        return tuple(
            replace(each, reason=Reason.AFTER_DATA)
            if each.row > self._last_row and each.reason in _RAGGED and _is_footer(each.raw)
            else each
            for each in sorted(rejected, key=lambda each: each.row)
        )

    def _without_headers(self, table: Table) -> Table:
        repeated, other = _headers(table.rows, self.dialect)
        rejected = table.rejected
        other |= {each.row for each in rejected if _rejected_header(each, self.dialect)}
        moved = dict.fromkeys(repeated, Reason.REPEATED_HEADER)
        if other or self._foreign:
            own = repeated | {
                each.row for each in rejected if each.reason is Reason.REPEATED_HEADER
            }
            headers = _Headers(own, other, self._foreign)
            self._foreign = headers.foreign_below
            foreign = headers.foreign(table.rows["_row"])
            moved |= dict.fromkeys(foreign, Reason.OTHER_HEADER)
            lines = pl.Series([each.row for each in rejected], dtype=pl.Int64)
            rejected = _renamed(rejected, set(headers.foreign(lines)))
        return set_aside(replace(table, rejected=rejected), moved)


def set_aside(table: Table, reasons: Mapping[int, Reason]) -> Table:
    """The stretch with rows, named by their lines, moved to the rejected with raw text."""
    if not reasons:
        return table
    starts = [*table.rows["_row"], *(each.row for each in table.rejected)]
    raw = raw_records(table, reasons, starts)
    new = [Rejected(row, reason, raw[row]) for row, reason in reasons.items()]
    rows = table.rows.filter(~pl.col("_row").is_in(list(reasons)))
    return replace(table, rows=rows, rejected=(*table.rejected, *new))


def _headers(rows: pl.DataFrame, dialect: Dialect) -> tuple[set[int], set[int]]:
    """Lines of rows that repeat the header, and of rows that are another header."""
    cell = pl.col(f"c{_telling_column(dialect)}")
    # A header has no address where the addresses are; hardly a row of data lacks one.
    candidates = rows.filter(~cell.str.contains("@", literal=True) & (cell != ""))
    repeated: set[int] = set()
    other: set[int] = set()
    if candidates.is_empty():
        return repeated, other
    cells = pl.col(f"c{at}" for at in range(len(dialect.header)))
    words = _header_words(candidates.select(cells))
    named = pl.any_horizontal(cells.is_in(words.implode()))
    for *values, row in candidates.filter(named).iter_rows() if len(words) else ():
        if tuple(map(visible, values)) == dialect.header:
            repeated.add(row)
        elif _is_header(values):
            other.add(row)
    return repeated, other


def _header_words(cells: pl.DataFrame) -> pl.Series:
    """Those cells, each once, that may be the name of a column."""
    every = pl.concat(column.rename("cell") for column in cells).unique()
    return every.to_frame().filter(_like_a_name(pl.col("cell")).is_in(_HEADER_WORDS))[
        "cell"
    ]


def _like_a_name(cell: pl.Expr) -> pl.Expr:
    """What ``headers.normalised`` does, roughly."""
    return (
        cell.str.to_lowercase()
        .str.replace(r" \([a-z]{3}\)$", "")
        .str.replace_all(r"[\s\-./_]+", "_")
        .str.strip_chars("_:* \ufeff\"'")
    )


def _telling_column(dialect: Dialect) -> int:
    """Where addresses stand, else the first column."""
    for at, header in enumerate(dialect.header):
        found = match(dialect.kind, header)
        if found and found[0] in _ADDRESSES:
            return at
    return 0


def _is_header(cells: list[str]) -> bool:
    """Whether cells are names of columns rather than values."""
    named = [normalised(split_currency(cell)[0]) for cell in cells if cell.strip()]
    if any("@" in cell for cell in cells) or recognise(cells) is ExportKind.UNKNOWN:
        return False
    return len(named) > 1 and sum(name in _HEADER_WORDS for name in named) * 2 >= len(named)


def _rejected_header(each: Rejected, dialect: Dialect) -> bool:
    if each.reason not in _RAGGED or "@" in each.raw:
        return False
    lines = each.raw.splitlines()[:1]
    cells = next(csv.reader(lines, delimiter=dialect.delimiter), [])
    return _is_header(cells)


def _renamed(rejected: tuple[Rejected, ...], lines: set[int]) -> tuple[Rejected, ...]:
    """Ragged records of these lines are so because their columns are others."""
    return tuple(
        replace(each, reason=Reason.OTHER_HEADER)
        if each.row in lines and each.reason in _RAGGED
        else each
        for each in rejected
    )


@dataclass(frozen=True)
class _Headers:
    """Lines of the file's own headers and of others; ``above``: another stood before."""

    own: Collection[int]
    other: Collection[int]
    above: bool

    @property
    def _marks(self) -> list[tuple[int, bool]]:
        own = [(row, False) for row in self.own]
        return sorted([(0, self.above), *own, *((row, True) for row in self.other)])

    @property
    def foreign_below(self) -> bool:
        """Whether what follows the stretch has other columns."""
        return self._marks[-1][1]

    def foreign(self, lines: pl.Series) -> list[int]:
        """Those lines that stand below a header of another."""
        schema = {"row": pl.Int64, "other": pl.Boolean}
        headers = pl.DataFrame(self._marks, schema=schema, orient="row").set_sorted("row")
        frame = lines.cast(pl.Int64).to_frame("row").sort("row")
        found = frame.join_asof(headers, on="row", strategy="backward")
        return found.filter("other")["row"].to_list()


def _footers(rows: pl.DataFrame, dialect: Dialect) -> list[int]:
    """Lines of the last rows that read like a total or a note, filled up with blanks."""
    found: list[int] = []
    for *cells, row in reversed(list(rows.tail(_LAST_ROWS).iter_rows())):
        words = dialect.delimiter.join(cell for cell in cells if cell and cell.strip())
        if not cells[0].strip() or not _is_footer(words):
            break
        found.append(row)
    return found


def _is_footer(words: str) -> bool:
    return "@" not in words and bool(_FOOTER.match(words.strip("\"' \t,;|")))
