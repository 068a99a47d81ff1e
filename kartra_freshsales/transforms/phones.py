"""Phone numbers in E.164, where they can be read without guessing.

A country code comes from the number itself, the code column, or the configured region, in
this order. The original text is kept elsewhere.

Numbering plans tell valid from invalid by the length and the leading digits; the last four
digits number the lines of one exchange. So one number per (code, leading digits) is asked
of ``phonenumbers``, and its neighbours follow: a million numbers take a second or two.
What does not belong here: comparing people by phone.
"""

import re

import phonenumbers
import polars as pl

from kartra_freshsales.transforms.distinct import over_distinct

_SIMPLE = r"^\+?[\d\s().\-/\u00a0\u2010-\u2015]+$"
_FLOAT = re.compile(r"\d[eE]\+?\d")  # a number a spreadsheet has rounded
_LINE = 4
_READ = pl.Struct({"prefix": pl.String(), "cut": pl.Int64()})


def e164(numbers: pl.Series, codes: pl.Series, region: str | None) -> pl.Series:
    """Each number as ``+<code><number>``, null where it is no valid number.

    Args:
        numbers: phone cells as text.
        codes: cells of the country column: ``1``, ``+44``, ``US``, or null.
        region: the ISO region assumed where neither cell tells.
    """
    frame = pl.DataFrame({"number": numbers, "code": codes}).with_columns(
        pl.col("number").str.contains(_SIMPLE).fill_null(False).alias("simple"),
        pl.col("number").str.replace_all(r"[^\d]", "").alias("digits"),
        pl.col("number")
        .str.strip_chars()
        .str.starts_with("+")
        .fill_null(False)
        .alias("plus"),
        pl.col("code")
        .str.replace_all(r"[^0-9A-Za-z]", "")
        .str.to_uppercase()
        .fill_null(""),
    )
    by_shape = _by_shape(frame.filter("simple").select("code", "plus", "digits"), region)
    odd = frame.select(
        pl.when(~pl.col("simple")).then(pl.concat_str("code", pl.lit("\n"), "number"))
    ).to_series()
    one_by_one = over_distinct(odd, lambda text: _read_odd(text, region), pl.String())
    joined = frame.select(
        "code", "plus", "digits", "simple", _head(pl.col("digits")).alias("head")
    ).join(by_shape, on=("code", "plus", "head"), how="left", maintain_order="left")
    built = pl.concat_str(pl.lit("+"), "prefix", pl.col("digits").str.slice(pl.col("cut")))
    return joined.select(
        pl.when("simple").then(built).otherwise(pl.lit(one_by_one)).alias(numbers.name)
    ).to_series()


def _head(digits: pl.Expr) -> pl.Expr:
    return digits.str.head(-_LINE) + ":" + digits.str.len_bytes().cast(pl.String)


def _by_shape(numbers: pl.DataFrame, region: str | None) -> pl.DataFrame:
    """``code, plus, head`` → ``prefix, cut``: how numbers of a shape become E.164."""
    shapes = (
        numbers.group_by("code", "plus", _head(pl.col("digits")).alias("head"))
        .agg(pl.col("digits").min())
        .sort("code", "plus", "head")
    )
    read = [
        _shape(code, plus, digits, region)
        for code, plus, digits in shapes.select("code", "plus", "digits").iter_rows()
    ]
    return shapes.select(
        "code", "plus", "head", pl.Series("read", read, dtype=_READ)
    ).unnest("read")


def _shape(
    code: str, plus: bool, digits: str, region: str | None
) -> dict[str, str | int] | None:
    found = _read(f"+{digits}" if plus else digits, code, region)
    if found is None:
        return None
    target = found.removeprefix("+")
    for cut in range(len(digits) + 1):
        tail = digits[cut:]
        if target.endswith(tail) and len(tail) >= _LINE:
            return {"prefix": target.removesuffix(tail), "cut": cut}
    return None


def _read_odd(text: str, region: str | None) -> str | None:
    code, number = text.split("\n", 1)
    if _FLOAT.search(number):
        return None
    return _read(number, code, region)


def _read(number: str, code: str, region: str | None) -> str | None:
    for text, where in _attempts(number.strip(), code, region):
        try:
            parsed = phonenumbers.parse(text, where)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(parsed):
            return str(
                phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
            )
    return None


def _attempts(number: str, code: str, region: str | None) -> list[tuple[str, str | None]]:
    """The ways to read a number, best evidence first."""
    if number.startswith("+"):
        return [(number, None)]
    if code.isdigit():
        digits = re.sub(r"\D", "", number)
        repeated = [(f"+{digits}", None)] if digits.startswith(code) else []
        return [(f"+{code}{number}", None), *repeated]
    where = code if len(code) == 2 and code.isalpha() else region  # noqa: PLR2004
    international = [(f"+{number[2:]}", None)] if number.startswith("00") else []
    return [*([(number, where)] if where else []), *international]
