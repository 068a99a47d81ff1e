"""Values as the cells of a workbook can hold them: masked, cut where too long, still text.

Not here: sheets and formats (``workbook``).
"""

from collections.abc import Sequence

import polars as pl

from kartra_freshsales.reports.masking import masked

MOST_CHARACTERS = 32_767
CUT = " … (cut)"
_EXACT = 10**15
_WIDEST, _NARROWEST, _MEASURED = 60, 9, 400


def as_shown(frame: pl.DataFrame, verbatim: Sequence[str]) -> tuple[pl.DataFrame, int]:
    """The frame as numbers and texts that cells can hold, and how many were cut.

    Args:
        frame: what to write; lists are joined, yes and no written out.
        verbatim: text columns that are not masked.
    """
    cut, columns = 0, []
    for cells in frame.get_columns():
        if cells.dtype.is_numeric() and not _inexact(cells):
            columns.append(cells)
            continue
        texts = _texts(cells)
        distinct = texts.unique().drop_nulls()
        fitting = [
            _fitting(text if cells.name in verbatim else masked(text)) for text in distinct
        ]
        long = [
            text
            for text, shown in zip(distinct, fitting, strict=True)
            if shown.endswith(CUT) and not text.endswith(CUT)
        ]
        cut += int(texts.is_in(long).sum())
        shown = pl.Series(fitting, dtype=pl.String)
        columns.append(texts.replace_strict(distinct, shown, default=None))
    return pl.DataFrame(columns), cut


def _inexact(numbers: pl.Series) -> bool:
    """Whether some number has more digits than a spreadsheet keeps."""
    size = numbers.drop_nulls().cast(pl.Float64).abs().max()
    return isinstance(size, float) and not size < _EXACT


def _texts(cells: pl.Series) -> pl.Series:
    if isinstance(cells.dtype, pl.List):
        return cells.cast(pl.List(pl.String)).list.join("; ")
    if cells.dtype == pl.Boolean:
        words = {True: "yes", False: "no"}
        return cells.replace_strict(words, return_dtype=pl.String)
    if isinstance(cells.dtype, pl.Datetime):
        return cells.dt.to_string("%Y-%m-%d %H:%M")
    return cells.cast(pl.String)


def _fitting(text: str) -> str:
    """Text that a cell can hold, with a mark where it was cut."""
    for forbidden in ("\ufffe", "\uffff"):
        text = text.replace(forbidden, "\ufffd")
    if text.startswith("<r>") and text.endswith("</r>"):
        text += " "  # the writer would take it for its own markup
    if _units(text) <= MOST_CHARACTERS:
        return text
    most = MOST_CHARACTERS - len(CUT)
    encoded = text.encode("utf-16-le")[: 2 * most]
    return encoded.decode("utf-16-le", "ignore") + CUT


def _units(text: str) -> int:
    """The length as a spreadsheet counts it: beyond the first plane a sign counts twice."""
    if len(text) <= MOST_CHARACTERS // 2:
        return len(text)
    return len(text.encode("utf-16-le")) // 2


def width_of(heading: str, cells: pl.Series) -> int:
    """Wide enough for most of the first cells; a heading may wrap."""
    lengths = cells.head(_MEASURED).cast(pl.String).str.len_chars()
    typical = lengths.quantile(0.9) or 0
    longest_word = max((len(word) for word in heading.split()), default=0)
    return max(_NARROWEST, min(_WIDEST, max(int(typical), longest_word) + 2))
