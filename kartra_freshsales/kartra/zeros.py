"""Leading zeros that a spreadsheet dropped: told by the other cells of the same column.

What does not belong here: putting them back; nobody can know.
"""

from collections.abc import Iterator

import polars as pl

_FIVE_DIGITS = frozenset(
    {
        "us", "usa", "united states", "united states of america", "de", "germany", "fr",
        "france", "it", "italy", "es", "spain",
    }
)  # fmt: skip
"""Countries, as files name them, whose postcodes have five digits and may begin with 0."""
_USUAL_SHARE = 0.8
_ZIPS = (("zip", "country"), ("buyer_zip", "buyer_country"))
_SHIPPING = ("shipping_zip", "shipping_country")
_PHONES = (("phone", "phone_country_code"), ("buyer_phone", "buyer_phone_country"))


def lost_zip_zeros(frame: pl.DataFrame) -> Iterator[str]:
    """Postcodes of three or four digits where five are written.

    That is where the row's country has five; without a country, where most numeric
    postcodes of the column do.
    """
    for name, country in (*_ZIPS, _SHIPPING):
        if name not in frame.columns:
            continue
        where = (
            pl.col(country).str.strip_chars().str.to_lowercase()
            if country in frame.columns
            else pl.lit("")
        )
        numeric = frame.lazy().filter(pl.col(name).str.contains(r"^\d{3,5}$"))
        counts = (
            numeric.select(
                (pl.col(name).str.len_chars() == 5).alias("whole"),  # noqa: PLR2004
                where.is_in(_FIVE_DIGITS).alias("surely"),
                (where == "").alias("unknown"),
            )
            .group_by("whole", "surely", "unknown")
            .len()
            .collect()
        )
        short = counts.filter(~pl.col("whole"))
        surely = int(short.filter("surely")["len"].sum())
        unknown = counts.filter("unknown")
        whole = int(unknown.filter("whole")["len"].sum())
        if whole and whole >= _USUAL_SHARE * int(unknown["len"].sum()):
            surely += int(short.filter("unknown")["len"].sum())
        if surely:
            yield (
                f"Column {name!r}: {surely} postcode(s) have fewer than five digits; a "
                "spreadsheet drops leading zeros."
            )


def lost_phone_zeros(frame: pl.DataFrame) -> Iterator[str]:
    """Numbers one digit shorter than those of the same country that begin with a zero."""
    for name, country in _PHONES:
        if name not in frame.columns:
            continue
        code = pl.col(country) if country in frame.columns else pl.lit("")
        sizes = (
            frame.lazy()
            .select(
                code.alias("code"),
                pl.col(name).str.replace_all(r"\D", "").alias("digits"),
                pl.col(name).str.contains("+", literal=True).alias("whole"),
            )
            .filter(~pl.col("whole") & (pl.col("digits") != ""))
            .select(
                "code",
                pl.col("digits").str.starts_with("0").alias("zero"),
                pl.col("digits").str.len_chars().cast(pl.Int64).alias("size"),
            )
            .group_by("code", "zero", "size")
            .len()
            .collect()
        )
        if count := _one_shorter(sizes):
            yield (
                f"Column {name!r}: {count} number(s) lack the leading zero that others of "
                "their country have."
            )


def _one_shorter(sizes: pl.DataFrame) -> int:
    """How many numbers look like ones with a zero that lost it.

    Without a country code, numbers of several countries stand together: then only a
    minority beside a majority with zeros is a sign.
    """
    usual = (
        sizes.filter("zero")
        .sort("len", "size", descending=True)
        .group_by("code", maintain_order=True)
        .first()
        .select(
            "code", (pl.col("size") - 1).alias("size"), pl.col("len").alias("with_zero")
        )
    )
    found = sizes.filter(~pl.col("zero")).join(usual, on=["code", "size"])
    told = found.filter((pl.col("code") != "") | (pl.col("len") < pl.col("with_zero")))
    return int(told["len"].sum())
