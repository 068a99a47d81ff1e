"""Does the destination hold what was sent? Equal, equal by a named rewrite, or different.

Pure functions over single values. Every rewrite that is tolerated has a name, so that a
report can count it. Not here: references between records, and what a difference means.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation


@dataclass(frozen=True, slots=True)
class Verdict:
    """``normalisation`` names the rewrite through which two values are equal."""

    equal: bool
    normalisation: str | None = None


EQUAL = Verdict(True)
DIFFERENT = Verdict(False)

_MONEY_KEYS = frozenset({"amount", "base_currency_amount", "annual_revenue"})
_PHONE_KEYS = frozenset({"mobile_number", "work_number", "phone"})
_DATE_KEYS = frozenset({"closed_date", "expected_close"})
_PLAIN_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}")
_SCHEME = re.compile(r"^https?://", re.IGNORECASE)
_TRUE = frozenset({"true", "1", "yes"})
_FALSE = frozenset({"false", "0", "no"})


def is_blank(value: object) -> bool:
    """Nothing stands there: null, an empty text or an empty list."""
    return value is None or value in ("", [])


def same(key: str, sent: object, read: object) -> Verdict:
    """Judge one field: what we sent against what the destination reads back.

    Args:
        key: the flat record's key; decides which rewrites are tolerated.
        sent: the value in the payload.
        read: the value in the flattened record.

    Returns:
        ``equal`` with ``normalisation`` null for the same value (or two blanks), with the
        name of the rewrite where one explains the difference, otherwise not equal.
    """
    if type(sent) is type(read) and sent == read:
        return EQUAL
    if is_blank(sent) or is_blank(read):
        return EQUAL if is_blank(sent) and is_blank(read) else DIFFERENT
    for name, rule in _RULES:
        if rule(key, sent, read):
            return Verdict(True, name)
    return DIFFERENT


def _tags(key: str, sent: object, read: object) -> bool:
    if key != "tags" or not isinstance(sent, list) or not isinstance(read, list):
        return False
    return {str(tag).casefold() for tag in sent} == {str(tag).casefold() for tag in read}


def _list_order(key: str, sent: object, read: object) -> bool:
    if not isinstance(sent, list) or not isinstance(read, list):
        return False
    return sorted(map(str, sent)) == sorted(map(str, read))


def _joined(key: str, sent: object, read: object) -> bool:
    if isinstance(sent, list) == isinstance(read, list):
        return False
    return _parts(sent) == _parts(read)


def _parts(value: object) -> list[str]:
    items = value if isinstance(value, list) else str(value).split(";")
    return sorted(text for text in (str(item).strip() for item in items) if text)


def _bool(key: str, sent: object, read: object) -> bool:
    if not isinstance(sent, bool) and not isinstance(read, bool):
        return False
    return (truth := _truth(sent)) is not None and truth is _truth(read)


def _truth(value: object) -> bool | None:
    text = str(value).strip().casefold()
    return True if text in _TRUE else False if text in _FALSE else None


def _money(key: str, sent: object, read: object) -> bool:
    if key not in _MONEY_KEYS and not key.endswith("_amount"):
        return False
    amount = _decimal(sent)
    return amount is not None and amount == _decimal(read)


def _number(key: str, sent: object, read: object) -> bool:
    """``12`` and ``"12"``; never ``"012"``: a leading zero may carry meaning."""
    if isinstance(sent, str) == isinstance(read, str):
        return False
    return (
        not isinstance(sent, list)
        and not isinstance(read, list)
        and (str(sent) == str(read))
    )


def _scale(key: str, sent: object, read: object) -> bool:
    """``12.5`` and ``12.50`` in a custom number field; texts such as zip codes are not."""
    if not key.startswith("cf_") or isinstance(sent, bool | list):
        return False
    texts = (str(sent), str(read))
    if "." not in "".join(texts) or not all(map(_PLAIN_NUMBER.fullmatch, texts)):
        return False
    return Decimal(texts[0]) == Decimal(texts[1])


def _decimal(value: object) -> Decimal | None:
    if isinstance(value, bool | list | dict):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _date_part(key: str, sent: object, read: object) -> bool:
    """A bare date against the same day with a time; in date fields, either way round."""
    if not isinstance(sent, str) or not isinstance(read, str) or sent[:10] != read[:10]:
        return False
    if _DATE.fullmatch(sent):
        return bool(_MOMENT.match(read))
    return key in _DATE_KEYS and bool(_MOMENT.match(sent)) and bool(_DATE.match(read))


def _website(key: str, sent: object, read: object) -> bool:
    return key == "website" and _address(sent) == _address(read)


def _address(value: object) -> str:
    bare = _SCHEME.sub("", str(value).strip()).rstrip("/")
    host, slash, path = bare.partition("/")
    return host.casefold() + slash + path


def _phone(key: str, sent: object, read: object) -> bool:
    if key not in _PHONE_KEYS:
        return False
    digits = _digits(sent)
    return bool(digits) and digits == _digits(read)


def _digits(value: object) -> str:
    return "".join(filter(str.isdigit, str(value)))


def _email_case(key: str, sent: object, read: object) -> bool:
    return key in {"email", "emails"} and str(sent).casefold() == str(read).casefold()


def _newlines(key: str, sent: object, read: object) -> bool:
    if not isinstance(sent, str) or not isinstance(read, str):
        return False
    return _unix(sent) == _unix(read)


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _trimmed(key: str, sent: object, read: object) -> bool:
    if not isinstance(sent, str) or not isinstance(read, str):
        return False
    return _unix(sent).strip() == _unix(read).strip()


_RULES: tuple[tuple[str, Callable[[str, object, object], bool]], ...] = (
    ("tag_order_case", _tags),
    ("list_order", _list_order),
    ("multi_select_joined", _joined),
    ("bool_text", _bool),
    ("money_text", _money),
    ("number_text", _number),
    ("decimal_scale", _scale),
    ("date_part", _date_part),
    ("website_scheme_slash", _website),
    ("phone_format", _phone),
    ("email_case", _email_case),
    ("newline_style", _newlines),
    ("trimmed_whitespace", _trimmed),
)

NORMALISATIONS = tuple(name for name, _ in _RULES)
"""Every tolerated rewrite, in the order in which they are tried."""

MEANINGS: dict[str, str] = {
    "tag_order_case": "The same tags in another order, or in another case.",
    "list_order": "The same choices in another order.",
    "multi_select_joined": "The same choices as one text joined by semicolons.",
    "bool_text": "True or false written as a word or a digit.",
    "money_text": "The same amount with other zeros behind the point.",
    "number_text": "The same number as a text, or the other way round.",
    "decimal_scale": "The same number with other zeros behind the point.",
    "date_part": "The same day with a time beside it.",
    "website_scheme_slash": "The same web address without its scheme or last slash.",
    "phone_format": "The same digits with other signs between them.",
    "email_case": "The same e-mail address in another case.",
    "newline_style": "The same lines with another line end.",
    "trimmed_whitespace": "The same text without blanks around it.",
}
"""What each of them forgives, for the report; values that differ in more are different."""
