"""The fast path: polars parses, an independent structural count says whether to believe it.

The text is taken block by block, so that a large file needs no more memory than a small
one. What does not belong here: anything that mends. A file that is not clean is not read
here.
"""

from collections.abc import Iterator, Sequence

import polars as pl

from kartra_freshsales.kartra.ahead import ahead
from kartra_freshsales.kartra.encoding import Text
from kartra_freshsales.kartra.model import Dialect, Table, multi_line_columns
from kartra_freshsales.kartra.structure import Structure, measured

_Parsed = tuple[bytes, Structure, pl.DataFrame]


class NotClean(Exception):
    """A file that needs the tolerant path; the text says why, in a person's words."""


def clean_tables(text: Text, dialect: Dialect) -> Iterator[Table]:
    """The cells of a clean file, block by block; no record is rejected.

    Raises:
        NotClean: it is not clean, which may turn out in any block.
    """
    _refuse(_obstacle_of(dialect))
    line, header = 1, 1
    known: tuple[str, ...] = ()
    for block, structure, frame in ahead(_parsed(text, dialect)):
        known, inside = _multi_line(frame, structure, known)
        rows = _with_line_numbers(frame, inside, line)
        # The header was read as a record, so that both counts speak of the same lines.
        yield Table(
            rows.slice(header),
            (),
            known,
            text=block,
            first_line=line,
            lacks=structure.lacks,
        )
        line, header = line + structure.line_feeds, 0


def _parsed(text: Text, dialect: Dialect) -> Iterator[_Parsed]:
    blocks = measured(text.chunks(), dialect.delimiter, dialect.quote)
    for block, structure in ahead(blocks):
        _refuse(_obstacle_of_block(structure, len(dialect.header)))
        frame = _parse(block, dialect)
        if frame is None:
            raise NotClean("the parser found a fault")
        if frame.height != structure.records:
            raise _differ()
        yield block, structure, frame


def _refuse(obstacle: str | None) -> None:
    if obstacle is not None:
        raise NotClean(obstacle)


def _differ() -> NotClean:
    return NotClean("the parser's records differ from the structural count")


def _obstacle_of(dialect: Dialect) -> str | None:
    obstacles = (
        (dialect.header_index > 0, "lines stand before the header"),
        (dialect.declared, "the first line declares the delimiter"),
        (dialect.escaped, "quotation marks follow backslashes"),
        (dialect.skip_initial_space, "blanks stand before quotation marks"),
    )
    return next((why for applies, why in obstacles if applies), None)


def _obstacle_of_block(structure: Structure, width: int) -> str | None:
    obstacles = (
        (structure.holds_nul, "the file holds NUL characters"),
        (structure.odd_line_ends, "carriage returns stand alone"),
        (not structure.well_quoted, "quotation marks are misplaced"),
        (width < 2, "there is one column"),  # noqa: PLR2004
        (not structure.is_regular(width), "records differ in width or lines are blank"),
    )
    return next((why for applies, why in obstacles if applies), None)


def _parse(block: bytes, dialect: Dialect) -> pl.DataFrame | None:
    """All lines as cells ``c0…cN``, the header among them; None if polars finds a fault.

    polars is strict about UTF-8 and about records that are too wide, and fills up records
    that are too narrow: hence the structural count.
    """
    names = [f"c{i}" for i in range(len(dialect.header))]
    try:
        return pl.read_csv(
            block,
            has_header=False,
            separator=dialect.delimiter,
            quote_char=dialect.quote,
            schema=dict.fromkeys(names, pl.String),
            empty_string_is_null=False,
            extra_columns="raise",
        ).rechunk()
    except pl.exceptions.PolarsError:
        return None


def _multi_line(
    frame: pl.DataFrame, structure: Structure, known: tuple[str, ...]
) -> tuple[tuple[str, ...], pl.Series | None]:
    """Columns that hold the line feeds counted inside cells, and how many each row has.

    Mostly they are those of the blocks above; else all columns are searched.
    """
    wanted = structure.multi_line_cells
    if not wanted:
        return known, None
    if known and (inside := _line_feeds(frame, known)).sum() == wanted:
        return known, inside
    found = multi_line_columns(frame)
    if not found or (inside := _line_feeds(frame, found)).sum() != wanted:
        raise _differ()
    return tuple(dict.fromkeys((*known, *found))), inside


def _line_feeds(frame: pl.DataFrame, columns: Sequence[str]) -> pl.Series:
    counts = pl.col(columns).str.count_matches("\n", literal=True).cast(pl.Int64)
    return frame.select(pl.sum_horizontal(counts)).to_series()


def _with_line_numbers(
    frame: pl.DataFrame, inside: pl.Series | None, first: int
) -> pl.DataFrame:
    """``_row``: the first line + the line ends above, those inside cells included."""
    line = pl.int_range(first, first + frame.height, dtype=pl.Int64, eager=True)
    if inside is not None:
        line += inside.cum_sum() - inside
    return frame.with_columns(line.alias("_row"))
