"""Rows of the intended frame: payload as JSON, the first problem with its remedy.

Not here: what a payload holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from kartra_freshsales.mapping.problems import REMEDIES

_SLICE = 25_000

SCHEMA: dict[str, pl.DataType] = {
    "module": pl.String(),
    "source_key": pl.String(),
    "batch": pl.String(),
    "payload": pl.String(),
    "sources": pl.List(pl.String()),
    "problem": pl.String(),
    "remedy": pl.String(),
}


@dataclass
class Problems:
    """Conditions under which a record cannot be sent; the first that holds is named."""

    found: list[pl.Expr] = field(default_factory=list)

    def add(self, word: str, when: pl.Expr) -> None:
        """Name the problem ``word`` where ``when`` holds."""
        self.found.append(pl.when(when).then(pl.lit(word)))

    def first(self) -> pl.Expr:
        """The first problem of each row, or null."""
        return pl.coalesce(self.found) if self.found else pl.lit(None, pl.String)


def intended_rows(
    frame: pl.DataFrame,
    *,
    module: str | pl.Expr,
    key: str | pl.Expr,
    payload: Sequence[pl.Expr],
    problems: Problems | None = None,
) -> pl.DataFrame:
    """The intended frame of one kind of record.

    Args:
        frame: golden records with ``_batch`` and ``sources``.
        module: the module's name, or an expression for it.
        key: the column (or expression) of the source key.
        payload: aliased expressions, in the order of the payload's keys.
        problems: what keeps records from being sent.
    """
    columns = [
        (pl.lit(module) if isinstance(module, str) else module).alias("module"),
        (pl.col(key) if isinstance(key, str) else key).alias("source_key"),
        pl.col("_batch").alias("batch"),
        _json(payload).alias("payload"),
        pl.col("sources"),
        (problems or Problems()).first().alias("problem"),
    ]
    # Slices keep the memory for structs and null-ridden JSON small; every expression here
    # looks at one row only.
    parts = [with_remedies(part.select(columns)) for part in frame.iter_slices(_SLICE)]
    return pl.concat(parts) if parts else pl.DataFrame(schema=SCHEMA)


def _json(payload: Sequence[pl.Expr]) -> pl.Expr:
    """Compact JSON without null-valued keys.

    Quotes inside a value are escaped, so ``"key":null`` only ever matches a key.
    """
    return (
        pl.struct(payload)
        .struct.json_encode()
        .str.replace_all(r'"[a-z0-9_]+":null,?', "")
        .str.replace(r",\}$", "}")
    )


def with_remedies(rows: pl.DataFrame) -> pl.DataFrame:
    """The same rows with the remedy of each problem."""
    remedy = pl.col("problem").replace_strict(
        REMEDIES, default=None, return_dtype=pl.String
    )
    return rows.with_columns(remedy.alias("remedy")).select(
        pl.col(name).cast(dtype) for name, dtype in SCHEMA.items()
    )


def longer_than(limit: int, *texts: pl.Expr) -> pl.Expr:
    """Whether any of the texts is longer than ``limit`` characters."""
    if not texts:
        return pl.lit(value=False)
    return pl.any_horizontal(text.str.len_chars().fill_null(0) > limit for text in texts)
