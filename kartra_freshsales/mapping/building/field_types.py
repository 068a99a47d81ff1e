"""The Freshsales type of a custom field, from what was declared and what the values need.

Not here: which columns there are (``field_columns``), building payloads (``values``).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

LONGEST_TEXT = 255
LONGEST_TEXT_AREA = 10_000
MOST_CHOICES = 300
TRUE_WORDS = frozenset({"yes", "true", "1", "y", "on", "checked"})
FALSE_WORDS = frozenset({"no", "false", "0", "n", "off", "unchecked"})
_SEPARATORS = (";", "|", ",")
_BLANKS = (
    "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007"
    "\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
"""What polars strips off the values; Python would strip more, and miss values by it."""
_PATTERNS = {
    "number": re.compile(r"-?(0|[1-9]\d{0,10})(\.\d{1,4})?"),
    "date": re.compile(r"\d{4}-\d{2}-\d{2}"),
}
_KARTRA_KINDS = {
    "input_field": "text",
    "text_area": "textarea",
    "drop_down": "dropdown",
    "radio_button": "radio",
}


@dataclass(frozen=True)
class Shape:
    """A field's type with its choices; ``spelling`` maps each value to its choice."""

    type: str
    max_length: int
    choices: tuple[str, ...] = ()
    spelling: dict[str, str] = field(default_factory=dict)
    separator: str = ""


def _text(values: list[str], *, area: bool = False) -> Shape:
    longest = max(map(len, values), default=0)
    kind = "textarea" if area or longest > LONGEST_TEXT else "text"
    return Shape(kind, longest)


def _bare(value: str) -> str:
    """A choice without blanks or control characters around it, unless it is only those."""
    return value.strip() or value.strip(_BLANKS)


def _spellings(values: Iterable[str], choices: Iterable[str]) -> dict[str, str]:
    """Case-folded value → choice: declared spellings first, then the data's, sorted."""
    spelling: dict[str, str] = {}
    for value in (*choices, *sorted(values, key=lambda text: (text.casefold(), text))):
        text = _bare(value)
        if text:
            spelling.setdefault(text.casefold(), text)
    return spelling


def _choice(kind: str, values: list[str], choices: tuple[str, ...]) -> Shape:
    spelling = _spellings(values, choices)
    words = tuple(spelling.values())
    if len(words) > MOST_CHOICES or any(len(word) > LONGEST_TEXT for word in words):
        return _text(values)
    table = {value: spelling[_bare(value).casefold()] for value in values}
    return Shape(kind, max(map(len, words), default=0), words, table)


def split_values(text: str, separator: str) -> list[str]:
    """The single values of one cell."""
    parts = text.split(separator) if separator else [text]
    return [part for part in (part.strip(_BLANKS) for part in parts) if part]


def _separator(values: list[str], choices: tuple[str, ...]) -> str:
    """The first usual separator in the values, unless every value is one whole choice."""
    known = {choice.casefold() for choice in choices}
    several = [value for value in values if value.strip().casefold() not in known]
    return next((s for s in _SEPARATORS if any(s in value for value in several)), "")


def _several(values: list[str], choices: tuple[str, ...], separator: str) -> Shape:
    sign = separator or _separator(values, choices)
    parts = {part for value in values for part in split_values(value, sign)}
    shape = _choice("multi_select_dropdown", sorted(parts), choices)
    if shape.type != "multi_select_dropdown":
        return _text(values)
    return Shape(shape.type, shape.max_length, shape.choices, shape.spelling, sign)


def _all_boolean(values: list[str]) -> bool:
    return all(value.strip(_BLANKS).lower() in TRUE_WORDS | FALSE_WORDS for value in values)


def shape_of(
    asked: str, values: Iterable[str], choices: tuple[str, ...] = (), separator: str = ""
) -> Shape:
    """Decide a field's type (S53–S55).

    Args:
        asked: a Freshsales type, or one of Kartra's five kinds.
        values: the distinct texts that must fit, without blanks.
        choices: declared choices; all of them are carried over.
        separator: between several values of a checkbox; empty = found in the values.

    Returns:
        The type asked for where every value fits it. Text longer than 255 characters makes
        a text area; a number, date or yes/no that some value is not, a text; more than 300
        choices, a text.
    """
    texts = sorted(set(values))
    kind = _KARTRA_KINDS.get(asked, asked)
    longest = max(map(len, texts), default=0)
    shape = _text(texts, area=kind == "textarea")
    if kind in {"dropdown", "radio"}:
        shape = _choice(kind, texts, choices)
    elif kind == "checkbox" and not choices and _all_boolean(texts):
        shape = Shape("checkbox", 0)
    elif kind in {"checkbox", "multi_select_dropdown"}:
        shape = _several(texts, choices, separator)
    elif kind in _PATTERNS and all(map(_PATTERNS[kind].fullmatch, texts)):
        shape = Shape(kind, longest)
    return shape
