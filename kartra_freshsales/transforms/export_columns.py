"""The columns of every export: how full they are, and which files lack them (S75, S89).

Profiles hold counts and lengths, never a value: a value would be somebody's. Not here:
what a column becomes (``mapping``).
"""

from collections.abc import Mapping

import polars as pl

from kartra_freshsales.kartra.columns import CURRENCY, PROVENANCE
from kartra_freshsales.kartra.kinds import ALIASES, ExportKind
from kartra_freshsales.transforms.renamed_headers import renames

_FILE = ("_batch", "_file")
_NOT_DATA = frozenset({*PROVENANCE, CURRENCY})

SCHEMA: dict[str, pl.DataType] = {
    "kind": pl.String(),
    "column": pl.String(),
    "known": pl.Boolean(),
    "batches": pl.Int64(),
    "files": pl.Int64(),
    "rows": pl.Int64(),
    "filled": pl.Int64(),
    "distinct": pl.Int64(),
    "max_length": pl.Int64(),
    "drift": pl.Boolean(),
    "proposed": pl.String(),
    "reason": pl.String(),
    "remedy": pl.String(),
}
_RENAME = ("column", "proposed", "reason", "remedy")


def _profile(column: pl.Series) -> tuple[int, int, int]:
    """``filled``, ``distinct`` and ``max_length`` of one column, blanks left out."""
    # Most columns hold few distinct values, so that little has to be trimmed.
    counted = pl.DataFrame({"text": column}).group_by("text").len("n")
    text = pl.col("text").str.strip_chars()
    filled = counted.with_columns(text).filter(pl.col("text") != "")
    measured = filled.select(
        pl.col("n").sum(),
        pl.col("text").n_unique().alias("distinct"),
        pl.col("text").str.len_chars().max().fill_null(0).alias("longest"),
    )
    cells, distinct, longest = measured.row(0)
    return int(cells), int(distinct), int(longest)


def _presence(frame: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """``column, _batch, _file`` where it is: a blank cell is text, an absent one null."""
    per_file = frame.group_by(_FILE).agg(pl.col(columns).is_not_null().any())
    return (
        per_file.unpivot(columns, index=_FILE, variable_name="column", value_name="there")
        .filter("there")
        .select("column", *_FILE)
    )


def _counted(presence: pl.DataFrame) -> pl.DataFrame:
    return presence.group_by("column").agg(
        pl.col("_batch").n_unique().cast(pl.Int64).alias("batches"),
        pl.len().cast(pl.Int64).alias("files"),
    )


def _renamed(
    kind: str, columns: list[str], presence: pl.DataFrame, files: int
) -> pl.DataFrame:
    """``column, proposed, reason, remedy`` of columns that are probably another one."""
    held: dict[str, set[str]] = {column: set() for column in columns}
    for column, batch, file in presence.iter_rows():
        held[column].add(f"{batch}/{file}")
    found = [
        (each.column, each.proposed, each.reason, each.remedy)
        for each in renames(ExportKind(kind), held, files)
    ]
    schema = dict.fromkeys(_RENAME, pl.String)
    return pl.DataFrame(found, schema=schema, orient="row")


def _of_kind(kind: str, frame: pl.DataFrame) -> pl.DataFrame:
    columns = [name for name in frame.columns if name not in _NOT_DATA]
    if not columns or frame.is_empty():
        return pl.DataFrame(schema=SCHEMA)
    known = ALIASES[ExportKind(kind)]
    files = frame.select(_FILE).n_unique()
    profiles = [_profile(frame.get_column(column)) for column in columns]
    presence = _presence(frame, columns)
    renamed = _renamed(kind, columns, presence, files)
    return (
        pl.DataFrame(
            {
                "kind": [kind] * len(columns),
                "column": columns,
                "known": [column in known for column in columns],
                "rows": [frame.height] * len(columns),
                "filled": [filled for filled, _, _ in profiles],
                "distinct": [distinct for _, distinct, _ in profiles],
                "max_length": [longest for _, _, longest in profiles],
            }
        )
        .join(_counted(presence), on="column", how="left", maintain_order="left")
        .join(renamed, on="column", how="left", maintain_order="left")
        .with_columns(pl.col("batches", "files").fill_null(0))
        .with_columns((pl.col("files") < files).alias("drift"))
        .select([pl.col(name).cast(dtype) for name, dtype in SCHEMA.items()])
    )


def export_columns(raw_by_kind: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Describe every column of the raw frames.

    Args:
        raw_by_kind: raw frames of all batches by export kind.

    Returns:
        ``kind, column, known`` (whether Kartra has this column itself; otherwise it is a
        custom field), ``batches, files`` that carry it, ``rows`` of the kind, ``filled``,
        ``distinct``, ``max_length`` (characters), ``drift`` (some file of the kind lacks
        it). Where a drifting column is probably another one: which (``proposed``), why
        (``reason``), and what to do if it is (``remedy``). In the order of the frames.
    """
    profiles = [_of_kind(str(kind), frame) for kind, frame in raw_by_kind.items()]
    return pl.concat([pl.DataFrame(schema=SCHEMA), *profiles])


def custom_columns(columns: pl.DataFrame) -> pl.DataFrame:
    """The rows of ``export_columns`` that are the account's own custom fields."""
    return columns.filter(~pl.col("known"))
