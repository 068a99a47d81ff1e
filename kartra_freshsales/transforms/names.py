"""People's names: a full name is taken apart only where its parts are missing.

No word is dropped: a title stays before the first name, a suffix after the last name.
What does not belong here: what a contact without a name is called in Freshsales.
"""

import polars as pl

TITLES = (
    "mr", "mrs", "ms", "miss", "mx", "dr", "prof", "professor", "rev", "reverend", "sir",
    "dame", "hon", "herr", "frau", "mme", "mlle", "sr", "sra", "srta",
)  # fmt: skip
SUFFIXES = (
    "jr", "sr", "ii", "iii", "iv", "phd", "ph\\.d", "md", "m\\.d", "dds", "dmd", "dvm",
    "esq", "mba", "cpa", "rn", "jd", "j\\.d", "pe",
)  # fmt: skip
_TITLE = rf"(?i)^((?:(?:{'|'.join(TITLES)})\.?\s+)+)(\S.*)$"
_SUFFIX = rf"(?i)^(.*[^\s,])((?:,\s*|\s+)(?:{'|'.join(SUFFIXES)})\.?)$"
_SUFFIXES_AT_MOST = 2  # ", Jr., PhD"
_REVERSED = r"^([^,]*[^,\s])\s*,\s*([^,\s][^,]*)$"


def split_full_names(frame: pl.DataFrame) -> pl.DataFrame:
    """Fill ``first_name`` and ``last_name`` from ``full_name`` where both are null.

    ``Marsh, Ada`` is read as last, first; otherwise the first word is the first name, with
    its title. ``Dr. Marsh`` is a last name. ``full_name`` is dropped.
    """
    missing = pl.col("first_name").is_null() & pl.col("last_name").is_null()
    needed = frame.select(missing & pl.col("full_name").is_not_null()).to_series()
    if not needed.any():
        return frame.drop("full_name")
    first, last = parts(frame["full_name"])
    return frame.with_columns(
        pl.when(needed).then(first).otherwise("first_name").alias("first_name"),
        pl.when(needed).then(last).otherwise("last_name").alias("last_name"),
    ).drop("full_name")


def parts(full: pl.Series) -> tuple[pl.Series, pl.Series]:
    """The first and the last name in full names; either may be null."""
    name, title = pl.col("name"), pl.col("title")
    # Step by step: one expression of all steps would repeat itself a thousandfold.
    steps = (
        pl.DataFrame({"name": full})
        .select(name.str.replace_all(r"\s+", " ").str.strip_chars())
        .with_columns(
            name.str.extract(_TITLE, 1).str.strip_chars().alias("title"),
            name.str.extract(_TITLE, 2).fill_null(name).alias("rest"),
            pl.lit("").alias("suffix"),
        )
    )
    for _ in range(_SUFFIXES_AT_MOST):
        steps = _without_suffix(steps)
    rest, suffix = pl.col("rest"), pl.col("suffix")
    titled_last = title.is_not_null() & ~rest.str.contains(r"\s")
    split = steps.with_columns(
        pl.coalesce(
            rest.str.extract(_REVERSED, 2),
            pl.when(~titled_last).then(rest.str.extract(r"^(\S+)")),
        ).alias("first"),
        pl.coalesce(
            rest.str.extract(_REVERSED, 1),
            pl.when(titled_last).then(rest).otherwise(rest.str.extract(r"^\S+ (.+)$")),
        ).alias("last"),
    )
    before = pl.when(title.is_null()).then(pl.lit("")).otherwise(title + " ")
    only_last = pl.col("first").is_null()
    whole = split.select(
        (before + pl.col("first")).alias("first"),
        pl.when(only_last)
        .then(before + pl.col("last"))
        .otherwise(pl.col("last") + suffix)
        .alias("last"),
    )
    return whole["first"], whole["last"]


def _without_suffix(steps: pl.DataFrame) -> pl.DataFrame:
    """Move the last suffix from ``rest`` to ``suffix``.

    Not from a name such as ``Cher Jr``: it would be left with one word.
    """
    shorter = pl.col("rest").str.extract(_SUFFIX, 1)
    return (
        steps.with_columns(
            pl.when(shorter.str.contains(r"\s")).then(shorter).alias("_shorter"),
            pl.col("rest").str.extract(_SUFFIX, 2).alias("_end"),
        )
        .with_columns(
            pl.when(pl.col("_shorter").is_null())
            .then("suffix")
            .otherwise(pl.col("_end") + pl.col("suffix"))
            .alias("suffix"),
            pl.coalesce("_shorter", "rest").alias("rest"),
        )
        .drop("_shorter", "_end")
    )
