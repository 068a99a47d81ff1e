"""Header cells: normalising a name for comparison, and splitting off a currency.

What does not belong here: which names mean what (``aliases``, ``columns``).
"""

import re

_INVISIBLE = re.compile("[\ufeff\u200b\u200c\u200d\u2060\u00ad]")
_GAPS = re.compile(r"[\s\-./_]+")
_CURRENCY = re.compile(r"^(?P<name>.*\S)\s*\((?P<code>[A-Z]{3})\)$")


def visible(header: str) -> str:
    """The header text without byte-order marks, zero-width characters and outer blanks."""
    return _INVISIBLE.sub("", header).strip()


def split_currency(header: str) -> tuple[str, str | None]:
    """``Amount (USD)`` as ``("Amount", "USD")``; a header without a code is left alone."""
    match = _CURRENCY.match(visible(header))
    return (match["name"], match["code"]) if match else (visible(header), None)


def normalised(header: str) -> str:
    """Lower case, gaps as one ``_``, no trailing ``:`` or ``*``: the form to compare by."""
    return _GAPS.sub("_", visible(header).lower().rstrip(":* ")).strip("_")
