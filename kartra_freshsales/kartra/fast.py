"""The fast path: polars parses, an independent structural count says whether to believe it.

What does not belong here: anything that mends. A file that is not clean is not read here.
"""

from collections.abc import Sequence

import polars as pl

from kartra_freshsales.kartra.encoding import Text
from kartra_freshsales.kartra.model import Dialect, Table, multi_line_columns
from kartra_freshsales.kartra.structure import Structure

_FIRST_ROWS = 20_000


def why_not(dialect: Dialect, structure: Structure) -> str | None:
    """Why a file needs the tolerant path, in a person's words; None if it is clean."""
    width = len(dialect.header)
    obstacles = (
        (dialect.header_index > 0, "lines stand before the header"),
        (dialect.declared, "the first line declares the delimiter"),
        (dialect.escaped, "quotation marks follow backslashes"),
        (dialect.skip_initial_space, "blanks stand before quotation marks"),
        (structure.holds_nul, "the file holds NUL characters"),
        (structure.odd_line_ends, "carriage returns stand alone"),
        (not structure.well_quoted, "quotation marks are misplaced"),
        (width < 2, "there is one column"),  # noqa: PLR2004
        (not structure.is_regular(width), "records differ in width or lines are blank"),
    )
    return next((why for applies, why in obstacles if applies), None)


def parse(text: Text, dialect: Dialect) -> pl.DataFrame | None:
    """All lines as cells ``c0…cN``, the header among them; None if polars finds a fault.

    polars is strict about UTF-8 and about records that are too wide, and fills up records
    that are too narrow: hence the structural count.
    """
    names = [f"c{i}" for i in range(len(dialect.header))]
    try:
        return pl.read_csv(
            text.polars_source,
            has_header=False,
            separator=dialect.delimiter,
            quote_char=dialect.quote,
            schema=dict.fromkeys(names, pl.String),
            empty_string_is_null=False,
            extra_columns="raise",
            glob=False,
        )
    except pl.exceptions.PolarsError:
        return None


def confirmed(frame: pl.DataFrame, structure: Structure) -> Table | None:
    """The parsed rows with their line numbers; None if the structural count disagrees.

    The header was read as a record, so that both counts speak of the same lines.
    """
    if frame.height != structure.records:
        return None
    # The first rows mostly tell which columns hold line feeds; the count proves it.
    for looked_at in (frame.head(_FIRST_ROWS), frame):
        multi_line = multi_line_columns(looked_at) if structure.multi_line_cells else ()
        numbered = _with_line_numbers(frame, multi_line)
        if _line_feeds(numbered) == structure.multi_line_cells:
            return Table(numbered.drop("_inside").slice(1), (), multi_line)
    return None


def _with_line_numbers(frame: pl.DataFrame, multi_line: Sequence[str]) -> pl.DataFrame:
    """``_row``: 1 + the line ends of all records above, those inside cells included."""
    line = pl.int_range(1, frame.height + 1, dtype=pl.Int64)
    if not multi_line:
        return frame.with_columns(line.alias("_row"), pl.lit(0, pl.Int64).alias("_inside"))
    inside = pl.sum_horizontal(
        pl.col(multi_line).str.count_matches("\n", literal=True).cast(pl.Int64)
    )
    above = inside.cum_sum() - inside
    return frame.with_columns((line + above).alias("_row"), inside.alias("_inside"))


def _line_feeds(numbered: pl.DataFrame) -> int:
    return int(numbered["_inside"].sum())
