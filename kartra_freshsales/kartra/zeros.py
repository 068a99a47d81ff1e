"""Leading zeros that a spreadsheet dropped: told by the other cells of the same column.

What does not belong here: putting them back; nobody can know.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator

import polars as pl

_FIVE_DIGITS = frozenset(
    {
        "us", "usa", "united states", "united states of america", "de", "germany", "fr",
        "france", "it", "italy", "es", "spain",
    }
)  # fmt: skip
"""Countries, as files name them, whose postcodes have five digits and may begin with 0."""
_USUAL_SHARE = 0.8
_ZIPS = (
    ("zip", "country"),
    ("buyer_zip", "buyer_country"),
    ("shipping_zip", "shipping_country"),
)
_PHONES = (("phone", "phone_country_code"), ("buyer_phone", "buyer_phone_country"))


class LostZeros:
    """Postcodes and phone numbers without their zeros, counted over all stretches."""

    def __init__(self, names: Collection[str]) -> None:
        self.zips = [(n, c) for n, c in _ZIPS if n in names]
        self.phones = [(n, c) for n, c in _PHONES if n in names]
        self._counts: dict[str, list[pl.DataFrame]] = defaultdict(list)

    def look(self, rows: pl.DataFrame) -> None:
        """Count one stretch."""
        asked = {name: _zip_sizes(rows, name, country) for name, country in self.zips}
        asked |= {name: _phone_sizes(rows, name, code) for name, code in self.phones}
        for name, counts in zip(asked, pl.collect_all(list(asked.values())), strict=True):
            self._counts[name].append(counts)

    def warnings(self) -> Iterator[str]:
        """What is missing over all, per column."""
        for name, _ in self.zips:
            if count := _short_zips(self._sum(name)):
                yield (
                    f"Column {name!r}: {count} postcode(s) have fewer than five digits; a "
                    "spreadsheet drops leading zeros."
                )
        for name, _ in self.phones:
            if count := _one_shorter(self._sum(name)):
                yield (
                    f"Column {name!r}: {count} number(s) lack the leading zero that others "
                    "of their country have."
                )

    def _sum(self, name: str) -> pl.DataFrame:
        counts = pl.concat(self._counts[name])
        keys = [key for key in counts.columns if key != "len"]
        return counts.group_by(keys).agg(pl.col("len").cast(pl.Int64).sum())


def _zip_sizes(rows: pl.DataFrame, name: str, country: str) -> pl.LazyFrame:
    """Numeric postcodes: whether whole, and whether their country surely has five digits.

    Without a country, it is what most numeric postcodes of the column show.
    """
    where = (
        pl.col(country).str.strip_chars().str.to_lowercase()
        if country in rows.columns
        else pl.lit("")
    )
    numeric = rows.lazy().filter(pl.col(name).str.contains(r"^\d{3,5}$"))
    return (
        numeric.select(
            (pl.col(name).str.len_chars() == 5).alias("whole"),  # noqa: PLR2004
            where.is_in(_FIVE_DIGITS).alias("surely"),
            (where == "").alias("unknown"),
        )
        .group_by("whole", "surely", "unknown")
        .len()
    )


def _short_zips(counts: pl.DataFrame) -> int:
    short = counts.filter(~pl.col("whole"))
    surely = int(short.filter("surely")["len"].sum())
    unknown = counts.filter("unknown")
    whole = int(unknown.filter("whole")["len"].sum())
    if whole and whole >= _USUAL_SHARE * int(unknown["len"].sum()):
        surely += int(short.filter("unknown")["len"].sum())
    return surely


def _phone_sizes(rows: pl.DataFrame, name: str, country: str) -> pl.LazyFrame:
    """National numbers by the code of their country, a zero in front, and their digits."""
    code = pl.col(country) if country in rows.columns else pl.lit("")
    number = pl.col(name)
    return (
        rows.lazy()
        .filter((number != "") & ~number.str.contains("+", literal=True))
        .select(code.alias("code"), number.str.replace_all(r"\D", "").alias("digits"))
        .filter(pl.col("digits") != "")
        .select(
            "code",
            pl.col("digits").str.starts_with("0").alias("zero"),
            pl.col("digits").str.len_chars().cast(pl.Int64).alias("size"),
        )
        .group_by("code", "zero", "size")
        .len()
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
