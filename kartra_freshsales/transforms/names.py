"""People's names: a full name is taken apart only where its parts are missing.

What does not belong here: what a contact without a name is called in Freshsales.
"""

import polars as pl


def split_full_names(frame: pl.DataFrame) -> pl.DataFrame:
    """Fill ``first_name`` and ``last_name`` from ``full_name`` where both are null.

    ``Marsh, Ada`` is read as last, first; otherwise the first word is the first name.
    ``full_name`` is dropped.
    """
    full = pl.col("full_name").str.replace_all(r"\s+", " ").str.strip_chars()
    comma = full.str.contains(r"^[^,]+, *[^,]+$")
    first = (
        pl.when(comma)
        .then(full.str.extract(r", *([^,]+)$"))
        .otherwise(full.str.extract(r"^(\S+)"))
    )
    last = (
        pl.when(comma)
        .then(full.str.extract(r"^([^,]+),"))
        .otherwise(full.str.extract(r"^\S+ (.+)$"))
    )
    missing = pl.col("first_name").is_null() & pl.col("last_name").is_null()
    return frame.with_columns(
        pl.when(missing).then(first).otherwise("first_name").alias("first_name"),
        pl.when(missing).then(last).otherwise("last_name").alias("last_name"),
    ).drop("full_name")
