"""Reading single keys out of flat records kept as JSON text, a whole column at a time.

A flat record has no nested objects, its keys are words, and a quote inside a JSON text is
always escaped. So ``"key":`` can only be the key itself, and a regular expression reads it
an order of magnitude faster than decoding every record. Not here: what a value means.
"""

import json
import re

import polars as pl

_TEXT = r'"(?:[^"\\]|\\.)*"'
_LIST = rf'\[(?:[^\]"]|{_TEXT})+\]'
_WORD = r'[^\s,\[\]{}"n][^\s,\[\]{}"]*'  # the only JSON value that starts with n is null
_VALUE = rf'"(?:[^"\\]|\\.)+"|{_WORD}|{_LIST}'
"""A value that holds something: not ``null``, ``""`` or ``[]``."""
_KEY_WITH_VALUE = r'"\w+":\s*[^n\s]'


def token(key: str, column: str = "payload") -> pl.Expr:
    """The JSON text of a key's value; null where the key is absent or holds nothing."""
    # All matches and then the first: three times as fast as a match with a group.
    pairs = pl.col(column).str.extract_all(rf'"{re.escape(key)}":\s*(?:{_VALUE})')
    after_colon = pairs.list.first().str.slice(len(f'"{key}":'))
    return after_colon.str.strip_chars_start().alias(key)


def holds_text_longer_than(length: int, column: str = "payload") -> pl.Expr:
    """Whether a record may hold a longer text; one that does not surely does not."""
    return pl.col(column).str.contains(rf'(?:[^"\\]|\\.){{{length + 1}}}')


def texts(frame: pl.DataFrame, key: str, column: str = "payload") -> pl.Series:
    """The value of a key as plain text; null unless it is a text that is not empty."""
    found = frame.select(token(key, column)).to_series()
    inner = found.set(~found.str.starts_with('"').fill_null(value=True), None)
    return _unescaped(inner.str.slice(1).str.head(-1))


def _unescaped(raw: pl.Series) -> pl.Series:
    escaped = raw.filter(raw.str.contains("\\", literal=True).fill_null(value=False))
    if escaped.is_empty():
        return raw
    return raw.replace({text: json.loads(f'"{text}"') for text in escaped.unique()})


def filled_keys(column: str = "payload") -> pl.Expr:
    """The keys that hold a value, in the order of the record, as a list."""
    found = pl.col(column).str.extract_all(_KEY_WITH_VALUE)
    # "key": without the first character of the value, then the quotes and the colon.
    upto_colon = pl.element().str.head(-1).str.strip_chars_end()
    return found.list.eval(upto_colon.str.slice(1).str.head(-2))


def casefolded(names: pl.Series) -> pl.Series:
    """Full case folding; only names beyond ASCII pay for Python's."""
    lowered = names.str.to_lowercase()
    foreign = lowered.filter(lowered.str.contains(r"[^\x00-\x7f]").fill_null(value=False))
    if foreign.is_empty():
        return lowered
    return lowered.replace({name: name.casefold() for name in foreign.unique()})
