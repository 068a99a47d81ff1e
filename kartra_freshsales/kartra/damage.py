"""What a spreadsheet does to a file that was opened and saved in it: found, never repaired.

Per column: ids in scientific notation, digits beyond the fifteenth, error values, ``.0``,
dates whose parts changed places, leading zeros of postcodes and phone numbers.
A damaged key goes further: its row would be joined to a wrong record and is set aside. A
contact is known by its e-mail, so its damaged id is only warned of: no row with such an id
is left that could be joined by it.
What does not belong here: setting rows aside (``sections``).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from kartra_freshsales.kartra.kinds import ExportKind
from kartra_freshsales.kartra.zeros import lost_phone_zeros, lost_zip_zeros

KEYS = {
    ExportKind.TRANSACTIONS: (
        "id", "lead_id", "subscription_id", "processor_transaction_id",
    ),
    ExportKind.SUBSCRIPTIONS: ("subscription_id", "lead_id"),
}  # fmt: skip
"""Columns by which rows are told apart or joined."""
_OWN_KEYS = {ExportKind.TRANSACTIONS: "id", ExportKind.SUBSCRIPTIONS: "subscription_id"}
_IDS = frozenset({"kartra_id", "phone", "buyer_phone", *KEYS[ExportKind.TRANSACTIONS]})
_SCIENTIFIC = r"^\s*[+-]?\d(?:[.,]\d+)?E\+\d{2,3}\s*$"
_ROUNDED_KEY = r"^\s*\d+(?:[.,]\d+)?[eE]\+?\d+\s*$"
_FLOAT = r"^\s*\d+[.,]0\s*$"
_ERROR = r"^#(?:NAME\?|REF!|VALUE!|N/A|DIV/0!|NUM!|NULL!|##+)$"
_LONG = r"^\d{16,}$"
_CUT_SHORT = r"^\d{15}0+$"
_NUMERIC_DATE = r"^\s*(\d{1,2})[/.\-](\d{1,2})[/.\-]\d{2,4}(?:[ ,T].*)?$"
_NUMBER = r"^\s*[+-]?\d[\d.,]*(?:E\+\d{2,3})?\s*$"
_BEGINS_LIKE_A_DATE = r"^\s*\d{1,2}[/.\-]\d{1,2}[/.\-]\d{2}"
_MONTHS = 12
_SEEN_FIRST = 10_000
REMEDY = "Export again and do not open the file in a spreadsheet; nothing was repaired."


@dataclass(frozen=True)
class Damage:
    """Warnings of a file, and the lines (``_row``) of rows with a damaged key."""

    warnings: tuple[str, ...]
    mangled: tuple[int, ...]


def damage_in(
    rows: pl.DataFrame, columns: Sequence[tuple[str, str]], kind: ExportKind
) -> Damage:
    """Look for a spreadsheet's traces.

    Args:
        rows: text columns and ``_row``.
        columns: pairs of a column of ``rows`` and the name a person knows it by, which is
            the canonical name where the column is known.
        kind: which export it is.
    """
    if rows.is_empty():
        return Damage((), ())
    frame = rows.select(*(pl.col(cell).alias(name) for cell, name in columns), "_row")
    names = [name for _, name in columns]
    warnings = [
        *_in_notation(frame, names),
        *_errors(frame, names),
        *_floats(frame, names),
        *_dates(frame, names),
        *lost_zip_zeros(frame),
        *lost_phone_zeros(frame),
    ]
    mangled = _mangled(frame, kind)
    return Damage(tuple(f"{warning} {REMEDY}" for warning in warnings), mangled)


def _mangled(frame: pl.DataFrame, kind: ExportKind) -> tuple[int, ...]:
    keys = [name for name in KEYS.get(kind, ()) if name in frame.columns]
    if not keys:
        return ()
    own = _OWN_KEYS[kind]
    broken = [pl.col(name).str.contains(_ROUNDED_KEY) for name in keys]
    if own in keys:
        # ``10.0`` beside ``10`` of another export would count one event twice.
        broken.append(pl.col(own).str.contains(_FLOAT))
    return tuple(frame.filter(pl.any_horizontal(broken))["_row"].to_list())


def _in_notation(frame: pl.DataFrame, names: Sequence[str]) -> Iterator[str]:
    for name in _numeric(frame, names):
        if count := _count(frame, pl.col(name).str.contains(_SCIENTIFIC)):
            yield (
                f"Column {name!r}: {count} cell(s) hold a rounded number such as "
                "1.23E+11, as a spreadsheet writes long ones."
            )


def _numeric(frame: pl.DataFrame, names: Sequence[str]) -> list[str]:
    """Ids, and columns among whose first values numbers stand, with an ``E+`` anywhere.

    Looking for it in every text would cost more than it is worth: names have none.
    """
    begun = _any(frame.head(_SEEN_FIRST), names, pl.all().str.contains(_NUMBER))
    asked = [name for name in names if name in _IDS or name in begun]
    return _any(frame, asked, pl.all().str.contains("E+", literal=True))


def _any(frame: pl.DataFrame, names: Sequence[str], sign: pl.Expr) -> list[str]:
    """Those columns of which some cell shows the sign."""
    if not names:
        return []
    shown = frame.select(names).select(sign.any())
    return [name for name in names if shown[name].item()]


def _errors(frame: pl.DataFrame, names: Sequence[str]) -> Iterator[str]:
    for name in _any(frame, names, pl.all().str.starts_with("#")):
        if count := _count(frame, pl.col(name).str.contains(_ERROR)):
            yield (
                f"Column {name!r}: {count} cell(s) hold an error of a spreadsheet such as "
                "#NAME? instead of their value."
            )


def _floats(frame: pl.DataFrame, names: Sequence[str]) -> Iterator[str]:
    for name in (name for name in names if name in _IDS):
        cell = pl.col(name)
        if count := _count(frame, cell.str.contains(_FLOAT)):
            yield (
                f"Column {name!r}: {count} cell(s) end in .0, as programs write ids they "
                "take for measurements."
            )
        long = frame.select(cell.filter(cell.str.contains(_LONG)))[name]
        if len(long) > 1 and long.str.contains(_CUT_SHORT).all():
            yield (
                f"Column {name!r}: {len(long)} long number(s) end in zeros from the "
                "sixteenth digit on, where a spreadsheet stops counting."
            )


def _dates(frame: pl.DataFrame, names: Sequence[str]) -> Iterator[str]:
    for name in _with_numeric_dates(frame, names):
        parts = frame.select(
            pl.col(name).str.extract(_NUMERIC_DATE, 1).cast(pl.Int64).alias("first"),
            pl.col(name).str.extract(_NUMERIC_DATE, 2).cast(pl.Int64).alias("second"),
        ).drop_nulls()
        day_first = parts.filter(pl.col("first") > _MONTHS).height
        month_first = parts.filter(pl.col("second") > _MONTHS).height
        if day_first and month_first:
            yield (
                f"Column {name!r}: dates are written both ways, {day_first} with the day "
                f"first and {month_first} with the month first, "
                f"{parts.height - day_first - month_first} could be either."
            )
        elif parts.height and not (day_first or month_first):
            yield (
                f"Column {name!r}: {parts.height} date(s) such as 3/4/2026 do not tell the "
                "day from the month."
            )


def _with_numeric_dates(frame: pl.DataFrame, names: Sequence[str]) -> list[str]:
    """Columns with numeric dates: by name, or because the first values are such."""
    sign = pl.all().str.contains(_BEGINS_LIKE_A_DATE)
    begun = _any(frame.head(_SEEN_FIRST), names, sign)
    asked = [name for name in names if "date" in name.lower() or name in begun]
    return _any(frame, asked, sign)


def _count(frame: pl.DataFrame, condition: pl.Expr) -> int:
    return int(frame.select(condition.sum()).item() or 0)
