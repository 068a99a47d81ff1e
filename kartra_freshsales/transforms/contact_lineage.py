"""Where golden contacts come from, and where their sources disagree (G11).

``origins`` is compact: one line with field ``*`` for the newest row of each contact, and a
further line only for a field that another row gave. What does not belong here: choosing.
"""

from collections.abc import Sequence

import polars as pl

from kartra_freshsales.transforms.newest import RANK
from kartra_freshsales.transforms.records import CONFLICTS, ORIGINS, together

KEY = "contact_key"
EVERY_FIELD = "*"


def origins(
    rows: pl.DataFrame, chosen: pl.DataFrame, fields: Sequence[str]
) -> pl.DataFrame:
    """``contact_key, field, _batch, _file, _row``: the source row of each golden field.

    Args:
        rows: all rows with ``_rank``.
        chosen: per contact ``_rank`` of the newest row and, per field, the rank chosen.
        fields: the fields to trace. United lists come from every row in ``sources``.
    """
    newest = chosen.select(KEY, pl.lit(EVERY_FIELD).alias("field"), RANK)
    several = chosen.filter(pl.col("_rows") > 1)
    others = [
        several.filter(pl.col(name) != pl.col(RANK)).select(
            KEY, pl.lit(name).alias("field"), pl.col(name).alias(RANK)
        )
        for name in fields
    ]
    return together([_placed(pl.concat([newest, *others]), rows)], ORIGINS)


def _placed(told: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    at = rows[RANK].arg_sort().gather(told[RANK])
    places = [rows[name].gather(at) for name in ("_batch", "_file", "_row")]
    return told.with_columns(places)


def origin_of(found: pl.DataFrame, contact_key: str, field: str) -> str | None:
    """``batch/file:row`` of the row that gave a contact's field, or None if unknown."""
    lines = found.filter(
        (pl.col(KEY) == contact_key) & pl.col("field").is_in([field, EVERY_FIELD])
    ).sort(pl.col("field") == EVERY_FIELD)
    if lines.is_empty():
        return None
    line = lines.row(0, named=True)
    return f"{line['_batch']}/{line['_file']}:{line['_row']}"


def conflicts(
    repeated: pl.DataFrame,
    rows: pl.DataFrame,
    chosen: pl.DataFrame,
    fields: Sequence[str],
) -> pl.DataFrame:
    """Fields with more than one value over the rows of a contact, and whose value won.

    Args:
        repeated: the rows of contacts that have several.
        rows: all rows, as for ``origins``.
        chosen: as for ``origins``.
        fields: the fields to compare.
    """
    # Different hashes of the extremes mean different values: numbers, whatever the type.
    hashed = repeated.group_by(KEY).agg(
        (_hash(name).min() != _hash(name).max()).alias(name) for name in fields
    )
    found = []
    for name in fields:
        disagreeing = hashed.filter(pl.col(name).fill_null(False)).select(KEY)
        if disagreeing.is_empty():
            continue
        counted = (
            repeated.select(KEY, name)
            .join(disagreeing, on=KEY, how="semi")
            .drop_nulls(name)
            .group_by(KEY)
            .agg(pl.col(name).n_unique().alias("values"))
        )
        winner = chosen.select(KEY, pl.col(name).alias(RANK))
        found.append(
            counted.join(winner, on=KEY).select(
                KEY, pl.lit(name).alias("field"), "values", RANK
            )
        )
    if not found:
        return pl.DataFrame(schema=CONFLICTS)
    return together([_placed(pl.concat(found), rows).sort(KEY, "field")], CONFLICTS)


def _hash(name: str) -> pl.Expr:
    return pl.when(pl.col(name).is_not_null()).then(pl.col(name).hash())
