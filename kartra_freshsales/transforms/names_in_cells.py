"""Cells that hold several names: tags, lists, sequences, memberships (S12, S44–S48).

The separator is found per file and column: ``;``, else ``|``, else ``,``, and only if it
occurs outside quotes; the operator may overrule it. What does not belong here: renaming or
dropping tags, which is the taxonomy's business.
"""

import re
from collections.abc import Mapping, Sequence

import polars as pl

from kartra_freshsales.mapping.cleaning_rules import SourceRules
from kartra_freshsales.transforms.distinct import over_distinct

NAMES = pl.List(pl.String())
Marks = Mapping[tuple[str, str], str | None]
"""(file, column) → separator, None where every cell is one name."""
LIST_COLUMNS = ("tags", "lists", "sequences", "memberships")
PREFERRED = (";", "|", ",")
"""Separators, the surest first."""
_QUOTED = r'"(?:[^"]|"")*"'


def separator(cells: pl.Series) -> str | None:
    """The separator a column uses, or None if every cell is one name."""
    bare = cells.drop_nulls()
    if bare.str.contains('"', literal=True).any():
        bare = bare.str.replace_all(_QUOTED, "")
    return next(
        (mark for mark in PREFERRED if bare.str.contains(mark, literal=True).any()), None
    )


def split(cells: pl.Series, mark: str | None) -> pl.Series:
    """Cells as lists of names: trimmed, no empty ones, no repeats regardless of case.

    The first spelling is kept. A part in double quotes may hold the separator.
    """
    quoted = cells.str.contains('"', literal=True).fill_null(False)
    plain = pl.DataFrame({"cell": cells}).select(_split_plain(pl.col("cell"), mark))
    lists = plain.to_series()
    if quoted.any():
        parts = over_distinct(
            cells.set(~quoted, None), lambda text: _split_quoted(text, mark), NAMES
        )
        lists = pl.select(pl.when(quoted).then(parts).otherwise(lists)).to_series()
    return without_repeats(lists).alias(cells.name)


def _split_plain(cell: pl.Expr, mark: str | None) -> pl.Expr:
    parts = cell.str.split(mark) if mark else pl.concat_list(cell)
    trimmed = parts.list.eval(pl.element().str.strip_chars())
    named = trimmed.list.eval(pl.element().filter(pl.element() != ""))
    return pl.when(cell.is_null()).then(pl.lit([], NAMES)).otherwise(named)


def _split_quoted(text: str, mark: str | None) -> list[str]:
    """The parts of one cell in which some stand in double quotes."""
    if not mark:
        return [text.strip()]
    escaped = re.escape(mark)
    parts = re.findall(rf"\s*({_QUOTED})\s*(?={escaped}|$)|([^{escaped}]+)", text)
    names = (
        quoted[1:-1].replace('""', '"') if quoted else plain for quoted, plain in parts
    )
    return [name.strip() for name in names if name.strip()]


def without_repeats(lists: pl.Series) -> pl.Series:
    """Lists without repeats regardless of case; the first spelling stays, in order."""
    frame = pl.DataFrame({"names": lists}).with_row_index("at")
    folded = pl.col("names").list.eval(pl.element().str.to_lowercase())
    repeated = frame.filter(folded.list.n_unique() < folded.list.len())
    if repeated.is_empty():
        return lists
    united = unite(repeated.explode("names"), by="at", column="names")
    return (
        frame.join(united, on="at", how="left", suffix="_united", maintain_order="left")
        .select(pl.coalesce("names_united", "names"))
        .to_series()
        .alias(lists.name)
    )


def unite(rows: pl.DataFrame, *, by: str, column: str) -> pl.DataFrame:
    """One list per ``by`` from rows of single names, first spelling first."""
    return (
        rows.drop_nulls(column)
        .with_columns(pl.col(column).str.to_lowercase().alias("_folded"))
        .unique((by, "_folded"), keep="first", maintain_order=True)
        .group_by(by, maintain_order=True)
        .agg(column)
    )


def split_columns(
    frame: pl.DataFrame,
    columns: Sequence[str],
    rules: SourceRules,
    marks: Marks | None = None,
) -> pl.DataFrame:
    """Split the named text columns of a frame with ``_file``, file by file.

    Args:
        frame: any rows.
        columns: which columns.
        rules: the operator's separators, which come first.
        marks: (file, column) → separator; None finds them in these rows.
    """
    if frame["_file"].n_unique() <= 1:
        return _split_file(frame, columns, rules, marks)
    return pl.concat(
        _split_file(part, columns, rules, marks)
        for part in frame.partition_by("_file", maintain_order=True)
    )


def _split_file(
    part: pl.DataFrame, columns: Sequence[str], rules: SourceRules, marks: Marks | None
) -> pl.DataFrame:
    file = next(iter(part["_file"]), "")
    decided: dict[str, str] = {str(name): mark for name, mark in rules.separators.items()}

    def mark(name: str) -> str | None:
        if name in decided:
            return decided[name] or None
        return separator(part[name]) if marks is None else marks.get((file, name))

    return part.with_columns(split(part[name], mark(name)) for name in columns)
