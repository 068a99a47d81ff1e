"""Reading flat records out of JSON text, and writing single values as text.

Not here: any judgement about whether two values mean the same.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import cast

import polars as pl


def flat(text: str | None) -> dict[str, object]:
    """A flat record from its JSON text; no text is an empty record.

    Fractions become ``Decimal`` so that money never passes through a float.
    """
    if not text:
        return {}
    return cast("dict[str, object]", json.loads(text, parse_float=Decimal))


def as_text(value: object) -> str | None:
    """A field's value as one line of text; ``None`` stays ``None``."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return str(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def as_money(value: object) -> Decimal | None:
    """An amount from text or a number; anything else is no amount."""
    if value is None or isinstance(value, bool):
        return None
    try:
        amount = Decimal(str(value).strip().replace(",", ""))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None


def as_date(value: object) -> date | None:
    """The day of an ISO date or timestamp; anything else is no date."""
    if not isinstance(value, str):
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        return None


def as_id(value: object) -> int | None:
    """A Freshsales id from a number or digits; anything else is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    return None


def ids(value: object) -> set[int]:
    """The ids in a list of ids (or of records holding an ``id``), or in one value."""
    if isinstance(value, list):
        return {found for item in value for found in ids(item)}
    if isinstance(value, dict):
        return ids(value.get("id"))
    found = as_id(value)
    return set() if found is None else {found}


def columns(frame: pl.DataFrame, names: Iterable[str]) -> Iterator[tuple[object, ...]]:
    """Rows of the named columns; a column the frame lacks is all null."""
    wanted = [
        pl.col(name) if name in frame.columns else pl.lit(None).alias(name)
        for name in names
    ]
    return frame.select(wanted).iter_rows()
