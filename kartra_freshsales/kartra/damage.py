"""What a spreadsheet does to a file that was opened and saved in it: found, never repaired.

Per column: ids in scientific notation, digits beyond the fifteenth, error values, ``.0``,
dates whose parts changed places, leading zeros of postcodes and phone numbers.
A damaged key goes further: its row would be joined to a wrong record and is set aside. A
contact is known by its e-mail, so its damaged id is only warned of: no row with such an id
is left that could be joined by it.
What does not belong here: setting rows aside (``sections``).
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

import polars as pl

from kartra_freshsales.kartra.kinds import ExportKind
from kartra_freshsales.kartra.zeros import LostZeros

KEYS = {
    ExportKind.TRANSACTIONS: (
        "id", "lead_id", "subscription_id", "processor_transaction_id",
    ),
    ExportKind.SUBSCRIPTIONS: ("subscription_id", "lead_id"),
    ExportKind.ACTIVITIES: ("source_id", "lead_id"),
    ExportKind.ATTACHMENTS: ("transaction_id", "lead_id"),
}  # fmt: skip
"""Columns by which rows are told apart or joined."""
_OWN_KEYS = {
    ExportKind.TRANSACTIONS: "id",
    ExportKind.SUBSCRIPTIONS: "subscription_id",
    ExportKind.ACTIVITIES: "source_id",
    ExportKind.ATTACHMENTS: "transaction_id",
}
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
_NOTATION, _ERRORS, _ROUNDED, _DATES = "notation", "errors", "rounded", "dates"
_HOLD = {
    _NOTATION: "a rounded number such as 1.23E+11, as a spreadsheet writes long ones.",
    _ERRORS: "an error of a spreadsheet such as #NAME? instead of their value.",
}
_Sign = tuple[str, str]
"""What is looked for, and the column."""
_Counted = Iterable[tuple[str, int]]
REMEDY = "Export again and do not open the file in a spreadsheet; nothing was repaired."


class Damage:
    """A spreadsheet's traces, sought in one stretch of a file after the other."""

    def __init__(self, names: Sequence[str], kind: ExportKind) -> None:
        """Names are those a person knows columns by: canonical where they are known."""
        self.names = names
        self.ids = [name for name in names if name in _IDS]
        self.keys = [name for name in KEYS.get(kind, ()) if name in names]
        self.own = [name for name in self.keys if name == _OWN_KEYS[kind]]
        self.zeros = LostZeros(names)
        self._numeric = set(self.ids)
        self._dated = {name for name in names if "date" in name.lower()}
        self._counts: Counter[tuple[str, str]] = Counter()
        self._seen = 0

    def look(self, rows: pl.DataFrame, lacks: Collection[str]) -> tuple[int, ...]:
        """Count the traces in a stretch.

        Args:
            rows: the columns by their names, as text, and ``_row``.
            lacks: signs that stand in no cell; see ``Table``.

        Returns:
            Lines of rows with a damaged key.
        """
        if rows.is_empty():
            return ()
        if self._seen < _SEEN_FIRST:
            self._get_to_know(rows.head(_SEEN_FIRST - self._seen))
        self._seen += rows.height
        shown = _shown(rows, self._asked(lacks))
        for sign, name in shown:
            for what, count in _COUNTS[sign](rows[name]):
                self._counts[what, name] += count
        self.zeros.look(rows)
        return self._mangled(rows, {name for sign, name in shown if sign == _ROUNDED})

    def warnings(self) -> list[str]:
        """What was damaged over all, by sort and column, each with what to do."""
        found = [*self._texts(_NOTATION), *self._texts(_ERRORS)]
        for name in self.ids:
            found += [*_as_floats(name, self._of(name)), *_cut_short(name, self._of(name))]
        for name in self.names:
            found += _both_ways(name, self._of(name))
        found += self.zeros.warnings() if self._seen else ()
        return [f"{warning} {REMEDY}" for warning in found]

    def _get_to_know(self, first: pl.DataFrame) -> None:
        """Columns among whose first values numbers or dates stand.

        Looking for them in every text would cost more than it is worth: names have none.
        """
        numbers, dates = (
            first.select(pl.col(self.names).str.contains(pattern).any()).row(0)
            for pattern in (_NUMBER, _BEGINS_LIKE_A_DATE)
        )
        self._numeric |= {n for n, shown in zip(self.names, numbers, strict=True) if shown}
        self._dated |= {n for n, shown in zip(self.names, dates, strict=True) if shown}

    def _asked(self, lacks: Collection[str]) -> list[_Sign]:
        """What each column is to be asked for."""
        asked = [(_ROUNDED, name) for name in dict.fromkeys((*self.ids, *self.keys))]
        asked += [(_DATES, name) for name in self.names if name in self._dated]
        if "E+" not in lacks:
            asked += [(_NOTATION, name) for name in self.names if name in self._numeric]
        if "#" not in lacks:
            asked += [(_ERRORS, name) for name in self.names]
        return asked

    def _mangled(self, rows: pl.DataFrame, suspected: Collection[str]) -> tuple[int, ...]:
        keys = [name for name in self.keys if name in suspected]
        broken = [pl.col(name).str.contains(_ROUNDED_KEY) for name in keys]
        # ``10.0`` beside ``10`` of another export would count one event twice.
        broken += [pl.col(name).str.contains(_FLOAT) for name in keys if name in self.own]
        if not broken:
            return ()
        return tuple(rows.select(pl.col("_row").filter(pl.any_horizontal(broken)))["_row"])

    def _of(self, name: str) -> Mapping[str, int]:
        return {what: count for (what, of), count in self._counts.items() if of == name}

    def _texts(self, sign: str) -> Iterator[str]:
        for name in self.names:
            if count := self._counts[sign, name]:
                yield f"Column {name!r}: {count} cell(s) hold {_HOLD[sign]}"


def _shown(rows: pl.DataFrame, asked: Sequence[_Sign]) -> list[_Sign]:
    """Those signs that some cell of their column shows."""
    if not asked:
        return []
    found = rows.select(
        _SIGNS[sign](pl.col(name)).any().alias(f"{sign} {name}") for sign, name in asked
    )
    return [each for each, shown in zip(asked, found.row(0), strict=True) if shown]


def _matching(cells: pl.Series, pattern: str) -> int:
    return int(cells.str.contains(pattern).sum())


def _rounded(cells: pl.Series) -> _Counted:
    yield "float", _matching(cells, _FLOAT)
    long = cells.filter(cells.str.contains(_LONG))
    yield "long", len(long)
    yield "cut", _matching(long, _CUT_SHORT)


def _parts(cells: pl.Series) -> _Counted:
    """Numeric dates, and those of them whose first or second part is no month."""
    dates = cells.to_frame("cell").select(
        pl.col("cell").str.extract(_NUMERIC_DATE, at).cast(pl.Int64).alias(name)
        for at, name in ((1, "first"), (2, "second"))
    )
    dates = dates.drop_nulls()
    yield "dates", dates.height
    yield "day first", dates.filter(pl.col("first") > _MONTHS).height
    yield "month first", dates.filter(pl.col("second") > _MONTHS).height


_SIGNS: Mapping[str, Callable[[pl.Expr], pl.Expr]] = {
    _NOTATION: lambda cell: cell.str.contains("E+", literal=True),
    _ERRORS: lambda cell: cell.str.starts_with("#"),
    _ROUNDED: lambda cell: cell.str.contains(f"{_FLOAT}|{_LONG}|{_ROUNDED_KEY}"),
    _DATES: lambda cell: cell.str.contains(_BEGINS_LIKE_A_DATE),
}
_COUNTS: Mapping[str, Callable[[pl.Series], _Counted]] = {
    _NOTATION: lambda cells: [(_NOTATION, _matching(cells, _SCIENTIFIC))],
    _ERRORS: lambda cells: [
        (_ERRORS, _matching(cells.filter(cells.str.starts_with("#")), _ERROR))
    ],
    _ROUNDED: _rounded,
    _DATES: _parts,
}


def _as_floats(name: str, counts: Mapping[str, int]) -> Iterator[str]:
    if count := counts.get("float"):
        yield (
            f"Column {name!r}: {count} cell(s) end in .0, as programs write ids they "
            "take for measurements."
        )


def _cut_short(name: str, counts: Mapping[str, int]) -> Iterator[str]:
    long = counts.get("long", 0)
    if long > 1 and counts["cut"] == long:
        yield (
            f"Column {name!r}: {long} long number(s) end in zeros from the "
            "sixteenth digit on, where a spreadsheet stops counting."
        )


def _both_ways(name: str, counts: Mapping[str, int]) -> Iterator[str]:
    dates = counts.get("dates", 0)
    day_first, month_first = counts.get("day first", 0), counts.get("month first", 0)
    if day_first and month_first:
        yield (
            f"Column {name!r}: dates are written both ways, {day_first} with the day "
            f"first and {month_first} with the month first, "
            f"{dates - day_first - month_first} could be either."
        )
    elif dates and not (day_first or month_first):
        yield (
            f"Column {name!r}: {dates} date(s) such as 3/4/2026 do not tell the "
            "day from the month."
        )
