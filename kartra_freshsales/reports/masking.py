"""Privacy and safety of every cell that leaves in a report (G14, G18).

Masking is for text that may carry somebody's address or number by accident; columns that
must name a person (an owner to be provisioned) say so. Not here: layout.
"""

import re

_EMAIL = re.compile(
    r"(?<![\w.+%'-])([\w.+%'-])[\w.+%'-]*@([\w-])[\w-]*(?:\.[\w-]+)*(\.[^\W\d_]{2,})"
)
# International numbers, or ten and more digits grouped as people write them.
_PHONE = re.compile(
    r"(?<![\w/.+-])(\+\d|\(?\d{3}\)?[ .-])[\d ().-]{6,16}(\d{2})(?!\w|[ .-]\d)"
)
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
_LONG_ENOUGH = 4
"""Digits from which two may be told without giving the number away."""
_STRIPPED = " \u00a0\ufeff\u200b"


def mask_email(address: str) -> str:
    """``ada@domain.com`` → ``a***@d***``; text without an at sign → ``***``."""
    local, at, domain = address.strip().partition("@")
    return f"{local[:1]}***@{domain[:1]}***" if at else "***"


def mask_phone(number: str) -> str:
    """Keep the last two digits: ``+12015550123`` → ``***23``."""
    digits = [letter for letter in number if letter.isdigit()]
    return "***" + "".join(digits[-2:]) if len(digits) >= _LONG_ENOUGH else "***"


def masked(text: str) -> str:
    """Text with every e-mail address and phone number in it masked."""
    hidden = _EMAIL.sub(r"\1***@\2***", text) if "@" in text else text
    return _PHONE.sub(r"***\2", hidden)


def formula_safe(text: str) -> str:
    """Text that a spreadsheet takes for text: an apostrophe goes before ``= + - @``."""
    return f"'{text}" if text.lstrip(_STRIPPED).startswith(_FORMULA) else text
