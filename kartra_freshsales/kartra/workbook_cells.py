"""One cell of a workbook as text: numbers exactly, dates without ambiguity.

A workbook keeps numbers as doubles and dates as days since an epoch; only the cell's style
tells them apart. What does not belong here: finding cells (``workbook``).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]')
_DATE = re.compile(r"[dmy]", re.IGNORECASE)
_TIME = re.compile(r"[hs]|am/pm", re.IGNORECASE)
_ELAPSED = re.compile(r"\[[hms]+\]", re.IGNORECASE)
_BUILT_IN = {
    14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm", 19: "h:mm:ss",
    20: "h:mm", 21: "h:mm:ss", 22: "yyyy-mm-dd h:mm", 45: "mm:ss", 47: "mm:ss.0",
    2: "0.00", 4: "#,##0.00",
    **dict.fromkeys((*range(27, 37), *range(50, 59)), "yyyy-mm-dd"),
}  # fmt: skip
_EXACT_DIGITS = 15
_LEAP_DAY_THAT_NEVER_WAS = 60
_LAST_SERIAL = 2_958_466


@dataclass
class Styles:
    """Number formats by the index that cells carry."""

    own: dict[int, str] = field(default_factory=dict)
    of_cells: list[int] = field(default_factory=list)
    _among_cells: bool = False

    def start(self, tag: str, given: Mapping[str, str]) -> None:
        """Take in one tag of the styles part."""
        if tag == "numFmt":
            self.own[int(given["numFmtId"])] = given.get("formatCode", "")
        elif tag in {"cellXfs", "cellStyleXfs", "cellStyles", "dxfs"}:
            self._among_cells = tag == "cellXfs"
        elif tag == "xf" and self._among_cells:
            self.of_cells.append(int(given.get("numFmtId", "0")))

    def layout(self, style: str) -> str:
        """The format of a style, without literal text; empty for "as it is"."""
        at = int(style)
        number = self.of_cells[at] if at < len(self.of_cells) else 0
        code = self.own.get(number, _BUILT_IN.get(number, ""))
        return "" if code.lower() == "general" else _LITERAL.sub("", code).split(";")[0]


def unescaped(text: str) -> str:
    """Text with ``_x000D_`` and the like as the characters they stand for."""
    return _ESCAPED.sub(lambda match: _character(match[1], match[0]), text)


def _character(code: str, as_it_is: str) -> str:
    number = int(code, 16)
    # Half a pair is no character and could not be written as UTF-8.
    return as_it_is if 0xD800 <= number <= 0xDFFF else chr(number)  # noqa: PLR2004


def cell_text(kind: str, value: str, layout: str, from_1904: bool) -> str:
    """What a cell holds, as text.

    Args:
        kind: ``n`` number, ``b`` truth, ``str`` text of a formula, ``e`` error, ``d`` ISO
            date.
        value: as in the file; empty for a blank cell.
        layout: the cell's number format, see ``Styles.layout``.
        from_1904: whether days are counted from 1904.
    """
    if not value or kind in {"e", "d"}:
        return value
    if kind == "str":
        return unescaped(value)
    if kind == "b":
        return "TRUE" if value == "1" else "FALSE"
    try:
        number = Decimal(repr(float(value)))
    except (ValueError, InvalidOperation):
        return value
    if layout and (moment := _moment(number, layout, from_1904)) is not None:
        return moment
    return _number(number, layout)


def _number(number: Decimal, layout: str) -> str:
    if not number.is_finite():
        return str(number)
    whole = number == number.to_integral_value()
    if whole and abs(number) >= 10**_EXACT_DIGITS:
        # The digits beyond the fifteenth were lost when the workbook was saved.
        return f"{number:.14E}"
    if whole:
        text = str(int(number))
        if re.fullmatch(r"0+", layout) and number >= 0:
            return text.zfill(len(layout))
        places = re.search(r"0\.(0+)$", layout)
        return f"{text}.{places[1]}" if places else text
    text = f"{number:f}"
    places = re.search(r"0\.(0+)$", layout)
    short = len(places[1]) - len(text.partition(".")[2]) if places else 0
    return text + "0" * max(short, 0)


def _moment(number: Decimal, layout: str, from_1904: bool) -> str | None:
    dated, timed = bool(_DATE.search(layout)), bool(_TIME.search(layout))
    if _ELAPSED.search(layout) or not (dated or timed):
        return None
    if not number.is_finite() or not 0 <= number < _LAST_SERIAL:
        return None
    days, rest = int(number), number % 1
    seconds = round(rest * 86_400)
    clock = str(timedelta(seconds=seconds % 86_400)).zfill(8)
    if timed and days == 0 and seconds < 86_400:  # noqa: PLR2004 - less than a day
        return clock
    date = _date(days + seconds // 86_400, from_1904)
    return f"{date} {clock}" if rest or timed else date


def _date(days: int, from_1904: bool) -> str:
    if from_1904:
        return f"{datetime(1904, 1, 1) + timedelta(days=days):%Y-%m-%d}"  # noqa: DTZ001
    if days == _LEAP_DAY_THAT_NEVER_WAS:
        return "1900-02-29"
    first = datetime(1899, 12, 31 if days < _LEAP_DAY_THAT_NEVER_WAS else 30)  # noqa: DTZ001
    return f"{first + timedelta(days=days):%Y-%m-%d}"
