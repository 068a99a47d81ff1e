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
    rows: pl.DataFrame,
    several: pl.DataFrame,
    chosen: pl.DataFrame,
    fields: Sequence[str],
) -> pl.DataFrame:
    """Fields with more than one value over the rows of a contact, and whose value won.

    Args:
        rows: all rows with ``_rank``.
        several: ``contact_key, _rank`` of rows whose contact has several.
        chosen: as for ``origins``.
        fields: the fields to compare.
    """
    at = rows[RANK].arg_sort().gather(several[RANK])
    # Numbers instead of keys, because every field is grouped once.
    persons = several[KEY].rank("dense")
    names = pl.DataFrame({"person": persons, KEY: several[KEY]}).unique("person")
    found = [
        told.join(names, on="person").join(
            chosen.select(KEY, pl.col(name).alias(RANK)), on=KEY
        ).select(KEY, pl.lit(name).alias("field"), "values", RANK)
        for name in fields
        if not (told := _differing(persons, rows[name].gather(at))).is_empty()
    ]  # fmt: skip
    if not found:
        return pl.DataFrame(schema=CONFLICTS)
    return together([_placed(pl.concat(found), rows).sort(KEY, "field")], CONFLICTS)


def _differing(persons: pl.Series, values: pl.Series) -> pl.DataFrame:
    """``person, values``: how many values there are where they differ; blanks do not count.

    Hashes are compared: numbers, whatever the type.
    """
    hashed = (
        pl.DataFrame({"person": persons, "value": values})
        .drop_nulls("value")
        .select("person", pl.col("value").hash().alias("hash"))
    )
    differing = (
        hashed.group_by("person")
        .agg(pl.col("hash").min().alias("least"), pl.col("hash").max().alias("most"))
        .filter(pl.col("least") != pl.col("most"))
        .select("person")
    )
    return (
        hashed.join(differing, on="person", how="semi")
        .group_by("person")
        .agg(pl.col("hash").n_unique().cast(pl.UInt32).alias("values"))
    )
