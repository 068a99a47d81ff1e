"""Golden values as the texts, numbers, days and lists that payloads hold: expressions.

Days are days in the account's own zone. Not here: which column goes where.
"""

import polars as pl

from kartra_freshsales.mapping.building.field_types import FALSE_WORDS, TRUE_WORDS, Shape


def text_of(column: str, dtype: pl.DataType, zone: str) -> pl.Expr:
    """A golden column as text: trimmed, blanks null, lists joined by ``"; "``.

    Moments become the day they fell on in ``zone``; money keeps its two decimals.
    """
    value = pl.col(column)
    if isinstance(dtype, pl.List):
        text = value.cast(pl.List(pl.String)).list.join("; ")
    elif isinstance(dtype, pl.Datetime):
        aware = value if dtype.time_zone else value.dt.replace_time_zone("UTC")
        text = aware.dt.convert_time_zone(zone).dt.strftime("%Y-%m-%d")
    elif isinstance(dtype, pl.Date):
        text = value.dt.strftime("%Y-%m-%d")
    elif isinstance(dtype, pl.Boolean):
        text = pl.when(value).then(pl.lit("Yes")).when(value.not_()).then(pl.lit("No"))
    elif isinstance(dtype, pl.String):
        text = value.str.strip_chars()
    else:
        text = value.cast(pl.String)
    return pl.when(text != "").then(text)


def _labels(column: str, dtype: pl.DataType, text: pl.Expr, shape: Shape) -> pl.Expr:
    """The chosen labels of a multi-select, each once."""
    parts = (
        pl.col(column) if isinstance(dtype, pl.List) else text.str.split(shape.separator)
    )
    if not isinstance(dtype, pl.List) and not shape.separator:
        parts = pl.concat_list(text)
    kept = (
        parts.list.eval(
            pl.element()
            .str.strip_chars()
            .replace_strict(shape.spelling, default=None, return_dtype=pl.String)
        )
        .list.drop_nulls()
        .list.unique(maintain_order=True)
    )
    return pl.when(text.is_not_null() & (kept.list.len() > 0)).then(kept)


def value_of(column: str, dtype: pl.DataType, zone: str, shape: Shape) -> pl.Expr:
    """A golden column as a custom field of this shape wants it."""
    text = text_of(column, dtype, zone)
    if shape.type == "number" and dtype.is_integer():
        return pl.col(column)
    if shape.type == "checkbox":
        word = text.str.to_lowercase()
        return (
            pl.when(word.is_in(list(TRUE_WORDS)))
            .then(pl.lit(value=True))
            .when(word.is_in(list(FALSE_WORDS)))
            .then(pl.lit(value=False))
        )
    if not shape.spelling:
        return text
    if shape.type == "multi_select_dropdown":
        return _labels(column, dtype, text, shape)
    return text.replace_strict(shape.spelling, default=None, return_dtype=pl.String)
