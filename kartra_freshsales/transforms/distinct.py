"""Working on distinct values: what no expression can do is done once per value.

What does not belong here: any rule about the values.
"""

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl


def over_distinct(
    values: pl.Series, function: Callable[[str], Any], dtype: pl.DataType
) -> pl.Series:
    """Apply a Python function once to each distinct non-null text of a column.

    Returns:
        A column of the same length and name, null where the value was null.
    """
    found = values.drop_nulls().unique()
    if found.is_empty():
        return pl.Series(values.name, [None] * len(values), dtype=dtype)
    table = pl.DataFrame(
        {"value": found, "result": pl.Series([function(v) for v in found], dtype=dtype)}
    )
    return looked_up(values, table)


def looked_up(values: pl.Series, table: pl.DataFrame) -> pl.Series:
    """The ``result`` that a table (``value, result``, values unique) gives each cell."""
    joined = pl.DataFrame({"value": values}).join(
        table, on="value", how="left", maintain_order="left"
    )
    return joined.get_column("result").alias(values.name)


def corrected(
    values: pl.Series, suspects: pl.Expr, function: Callable[[str], str]
) -> tuple[pl.Series, pl.Series]:
    """Rewrite only the cells a function really changes.

    Args:
        values: a text column.
        suspects: a Boolean expression over ``pl.element()``-free column ``value``.
        function: gives the corrected text.

    Returns:
        The column, and a mask of the changed cells.
    """
    frame = pl.DataFrame({"value": values})
    found = frame.lazy().filter(suspects).unique().collect().get_column("value")
    changed: Mapping[str, str] = {
        text: new for text in found if (new := function(text)) != text
    }
    if not changed:
        return values, pl.repeat(False, len(values), eager=True, dtype=pl.Boolean)
    table = pl.DataFrame(
        {"value": list(changed), "result": list(changed.values())},
        schema={"value": pl.String, "result": pl.String},
    )
    result = looked_up(values, table)
    mask = result.is_not_null()
    return pl.select(pl.coalesce(result, values)).to_series().alias(values.name), mask
