"""Phone numbers in E.164, where they can be read without guessing.

A country code comes from the number itself, the code column, or the configured region, in
this order. The original text is kept elsewhere.

``phonenumbers`` takes some 50 µs a number. So it reads one number for each shape (code,
leading digits, length) to learn which digits are a prefix, and lends the patterns of its
numbering plans, which are matched by expressions. A million numbers take a second or two.
What does not belong here: comparing people by phone.
"""

import re

import phonenumbers
import polars as pl

from kartra_freshsales.transforms.distinct import over_distinct
from kartra_freshsales.transforms.numbering_plans import is_valid

_SIMPLE = r"^\+?[\d\s().\-/\u00a0\u2010-\u2015]+$"
_FLOAT = re.compile(r"\d[eE]\+?\d")  # a number a spreadsheet has rounded
_LEADING = 4
_SHAPE = ("code", "plus", "leading", "length")
_ATTEMPT = {"attempt": pl.Int64, "calling": pl.String, "prefix": pl.String, "cut": pl.Int64}


def e164(numbers: pl.Series, codes: pl.Series, region: str | None) -> pl.Series:
    """Each number as ``+<code><number>``, null where it is no valid number.

    Args:
        numbers: phone cells as text.
        codes: cells of the country column: ``1``, ``+44``, ``US``, or null.
        region: the ISO region assumed where neither cell tells.
    """
    number = pl.col("number").str.strip_chars()
    code = pl.col("code").str.replace_all(r"[^0-9A-Za-z]", "").str.to_uppercase()
    frame = pl.DataFrame({"number": numbers, "code": codes}).with_columns(
        number, code.fill_null(""), number.str.contains(_SIMPLE).alias("simple")
    )
    odd = frame.select(
        pl.when(~pl.col("simple")).then(pl.concat_str("code", pl.lit("\n"), "number"))
    ).to_series()
    one_by_one = over_distinct(odd, lambda text: _read_odd(text, region), pl.String())
    simple = (
        frame.with_row_index("at")
        .filter("simple")
        .with_columns(
            pl.col("number").str.replace_all(r"\D", "").alias("digits"),
            pl.col("number").str.starts_with("+").alias("plus"),
        )
    )
    read = _by_shape(simple, region)
    joined = frame.with_row_index("at").join(
        read, on="at", how="left", maintain_order="left"
    )
    return joined.select(
        pl.coalesce("e164", pl.lit(one_by_one)).alias(numbers.name)
    ).to_series()


def _by_shape(numbers: pl.DataFrame, region: str | None) -> pl.DataFrame:
    """``at, e164`` of the numbers (``at, code, plus, digits``) that are valid."""
    shaped = numbers.select(
        "at", "code", "plus", "digits",
        pl.col("digits").str.head(_LEADING).alias("leading"),
        pl.col("digits").str.len_bytes().alias("length"),
    )  # fmt: skip
    shapes = shaped.group_by(_SHAPE).agg(pl.col("digits").min()).sort(_SHAPE)
    attempts = [
        [
            dict(zip(_ATTEMPT, each, strict=True))
            for each in _prefixes(code, plus, digits, region)
        ]
        for code, plus, digits in shapes.select("code", "plus", "digits").iter_rows()
    ]
    told = shapes.select(
        *_SHAPE, pl.Series("told", attempts, dtype=pl.List(pl.Struct(_ATTEMPT)))
    )
    tried = (
        shaped.join(told, on=_SHAPE)
        .explode("told")
        .unnest("told")
        .drop_nulls("calling")
        .select(
            "at", "attempt", "calling",
            pl.concat_str(
                pl.lit("+"), "prefix", pl.col("digits").str.slice(pl.col("cut"))
            ).alias("e164"),
        )
    )  # fmt: skip
    valid = [
        part.filter(is_valid(pl.col("e164").str.slice(1 + len(str(calling))), str(calling)))
        for (calling,), part in tried.partition_by("calling", as_dict=True).items()
    ]
    found = pl.concat(valid) if valid else tried.clear()
    return found.sort("at", "attempt").unique("at", keep="first").select("at", "e164")


def _prefixes(
    code: str, plus: bool, digits: str, region: str | None
) -> list[tuple[int, str, str, int]]:
    """How numbers of a shape may become E.164: ``attempt, calling code, prefix, cut``.

    The number is ``+``, the prefix, and the digits without the first ``cut``.
    """
    found = []
    for at, (text, where) in enumerate(
        _attempts(f"+{digits}" if plus else digits, code, region)
    ):
        parsed = _parsed(text, where)
        if parsed is None:
            continue
        target = _e164(parsed).removeprefix("+")
        for cut in range(len(digits) - 3):
            if target.endswith(digits[cut:]):
                prefix = target.removesuffix(digits[cut:])
                found.append((at, str(parsed.country_code), prefix, cut))
                break
    return found


def _read_odd(text: str, region: str | None) -> str | None:
    """A number with letters in it (``ext. 5``, ``1-800-FLOWERS``, ``tel:``)."""
    code, number = text.split("\n", 1)
    if _FLOAT.search(number):
        return None
    for attempt, where in _attempts(number, code, region):
        parsed = _parsed(attempt, where)
        if parsed is not None and phonenumbers.is_valid_number(parsed):
            return _e164(parsed)
    return None


def _parsed(text: str, where: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, where)
    except phonenumbers.NumberParseException:
        return None


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


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
