"""Amounts as decimals with two places: never a float, never guessed.

``1,234.56`` and ``$12.50`` are read. ``12,50`` is not, unless the operator said that commas
are decimal: read as 1250 it would be a hundred times too much.
What does not belong here: signs by type, currencies, sums.
"""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

import polars as pl

from kartra_freshsales.mapping.cleaning_rules import SourceRules
from kartra_freshsales.transforms.distinct import looked_up
from kartra_freshsales.transforms.records import MONEY, Finding, findings_by_file

_SIGNS = re.compile(r"[\s\u00a0\u202f$€£¥₹₩₽₺₪₫฿₴₦¢]")
_NUMBER = re.compile(
    r"^(?P<minus>-?)(?P<whole>\d{1,3}(?:,\d{3})+|\d+)?(?:\.(?P<part>\d*))?$"
)
_CENT = Decimal("0.01")
_LARGEST = Decimal(10) ** 16


@dataclass(frozen=True)
class Amounts:
    """A column of amounts, and what could not be read exactly."""

    values: pl.Series
    findings: tuple[Finding, ...]


def parsed(text: str, *, decimal_comma: bool = False) -> Decimal | None:
    """The exact number a cell holds, or None if it holds none."""
    bare = _SIGNS.sub("", text)
    if bare.startswith("(") and bare.endswith(")"):
        bare = f"-{bare[1:-1]}"
    if decimal_comma:
        bare = bare.translate(str.maketrans(",.", ".,"))
    match = _NUMBER.match(bare)
    if match is None or not (match["whole"] or match["part"]):
        return None
    digits = (match["whole"] or "0").replace(",", "")
    number = Decimal(f"{match['minus']}{digits}.{match['part'] or '0'}")
    return number if abs(number) < _LARGEST else None


def read_amounts(frame: pl.DataFrame, column: str, rules: SourceRules) -> Amounts:
    """Read a text column (blanks already null) of a frame with ``_file`` and ``_row``.

    More than two decimals are rounded half up, and reported.
    """
    texts = frame.get_column(column)
    table = _table(texts, decimal_comma=rules.decimal_comma)
    values = looked_up(texts, table.select("value", "result")).cast(MONEY)
    inexact = looked_up(texts, table.select("value", pl.col("inexact").alias("result")))
    places = frame.select("_file", "_row")
    findings = findings_by_file(
        places.filter(texts.is_not_null() & values.is_null()),
        "is no amount; it is left empty",
        column=column,
        remedy="Correct the cell. Where amounts are written 1.234,56, set decimal_comma: "
        "true in mappings/source.yaml.",
    )
    findings += findings_by_file(
        places.filter(inexact.fill_null(False)),
        "has more than two decimals and was rounded to two",
        column=column,
        remedy="Check whether the currency really has such parts.",
    )
    return Amounts(values, tuple(findings))


def _table(texts: pl.Series, *, decimal_comma: bool) -> pl.DataFrame:
    """``value, result, inexact`` for each distinct text that holds a number."""
    found = texts.drop_nulls().unique()
    numbers = [
        (text, number)
        for text in found
        if (number := parsed(text, decimal_comma=decimal_comma)) is not None
    ]
    rounded = [number.quantize(_CENT, rounding=ROUND_HALF_UP) for _, number in numbers]
    return pl.DataFrame(
        {
            "value": pl.Series([text for text, _ in numbers], dtype=pl.String),
            "result": pl.Series(rounded, dtype=MONEY),
            "inexact": pl.Series(
                [
                    near != number
                    for near, (_, number) in zip(rounded, numbers, strict=True)
                ],
                dtype=pl.Boolean,
            ),
        }
    )
