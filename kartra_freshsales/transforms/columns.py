"""Raw frames brought to a fixed set of columns, unknown ones kept as ``custom:<header>``.

What does not belong here: values, and how headers are recognised (``kartra``).
"""

from collections.abc import Mapping, Sequence

import polars as pl

from kartra_freshsales.kartra.columns import CURRENCY
from kartra_freshsales.kartra.kinds import ALIASES, ExportKind
from kartra_freshsales.transforms.records import PROVENANCE

CUSTOM = "custom:"


def known_shape(
    raw: pl.DataFrame, kind: ExportKind, *, also: Sequence[str] = ()
) -> pl.DataFrame:
    """A raw frame with every column a kind can have.

    Args:
        raw: a raw frame, perhaps with nothing but provenance.
        kind: which export it is.
        also: known columns that travel on as ``custom:<name>``, where the file has them.

    Returns:
        Provenance, ``_currency``, the known columns (null where the file lacks them) and
        ``custom:<original header>`` for all others, in the order of the file.
    """
    known = ALIASES[kind]
    fixed = [
        _column(raw, name, dtype)
        for name, dtype in {**PROVENANCE, CURRENCY: pl.String()}.items()
    ]
    texts = [_column(raw, name, pl.String()) for name in known]
    own = [
        pl.col(name).cast(pl.String).alias(f"{CUSTOM}{name}")
        for name in raw.columns
        if name not in known and name not in PROVENANCE and name != CURRENCY
    ]
    carried = [
        pl.col(name).cast(pl.String).alias(f"{CUSTOM}{name}")
        for name in also
        if name in known and name in raw.columns and raw[name].null_count() < raw.height
    ]
    return raw.select(*fixed, *texts, *own, *carried)


def _column(frame: pl.DataFrame, name: str, dtype: pl.DataType) -> pl.Expr:
    found = pl.col(name) if name in frame.columns else pl.lit(None).alias(name)
    return found.cast(dtype)


def shaped_as(frame: pl.LazyFrame, schema: Mapping[str, pl.DataType]) -> pl.LazyFrame:
    """The columns of ``schema``, null where the frame lacks one, then its custom ones."""
    there = frame.collect_schema().names()
    fixed = [
        (pl.col(name) if name in there else pl.lit(None).alias(name)).cast(dtype)
        for name, dtype in schema.items()
    ]
    custom = [pl.col(name).cast(pl.String) for name in there if name.startswith(CUSTOM)]
    return frame.select(*fixed, *custom)


def custom_columns(frame: pl.DataFrame) -> list[str]:
    """The names of the custom columns of a frame, in order."""
    return [name for name in frame.columns if name.startswith(CUSTOM)]
