"""How single values sent by a client are read: cleaned, silently dropped or refused.

Pure functions. The silent drops (dates, amounts, account phones) are the real API's own
habit (reference, sections 4 and 8).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, Final

from kartra_freshsales.sandbox.refusal import bad

LENGTH: Final = 255
LONGEST_AMOUNT: Final = Decimal(9007199254740991)
_EMAIL: Final = re.compile(r"[^@\s,;<>]+@[^@\s.,;<>]+(\.[^@\s.,;<>]+)+")
_WEBSITE: Final = re.compile(r"(https?://)?[^\s/.]+(\.[^\s/.]+)+(/\S*)?", re.IGNORECASE)
_PHONE: Final = re.compile(r"[+()\d\s.\-/x#*,]*\d[+()\d\s.\-/x#*,]*", re.IGNORECASE)
_EMPLOYEES: Final = (1, 11, 51, 201, 501, 1001, 5001, 10001)


def label_of(key: str) -> str:
    """The words a message uses for a key."""
    words = key.removeprefix("cf_").removesuffix("_id").replace("_", " ")
    return words[:1].upper() + words[1:]


def as_text(key: str, value: Any, longest: int = LENGTH) -> str | None:
    """Text of at most ``longest`` characters; blank is null; a list or map is refused."""
    if value is None:
        return None
    if isinstance(value, (dict, list)):
        raise bad("Invalid or missing attributes")
    text = value if isinstance(value, str) else str(value)
    if len(text) > longest:
        raise bad(f"{label_of(key)} is not in required length")
    return text.strip() or None


def as_id(value: Any) -> int | None:
    """A whole number from JSON or digits in text; null for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str) and value.strip().isdigit():
        return int(value)
    return None


def as_number(value: Any) -> Decimal | None:
    """A finite number from JSON or text; null when unreadable."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def money(number: Decimal) -> str:
    """Money as the API shows it: cents at most and one decimal at least ("12.5", "7.0")."""
    cents = number.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    text = f"{cents:f}".rstrip("0")
    return f"{text}0" if text.endswith(".") else text


def as_amount(value: Any) -> str | None:
    """An amount as shown; null when unreadable (the API swallows it); too long refuses."""
    number = as_number(value)
    if number is None:
        return None
    if abs(number) > LONGEST_AMOUNT:
        raise bad("Amount is not in required length")
    return money(number)


def as_date(value: Any) -> str | None:
    """A day as ``YYYY-MM-DD``; null when unreadable (the API swallows it)."""
    if not isinstance(value, str):
        return None
    text = value.strip()
    try:
        if len(text) == 10:
            return date.fromisoformat(text).isoformat()
        return datetime.fromisoformat(text).date().isoformat()
    except ValueError:
        pass
    try:  # the form JavaScript's Date.toString gives
        return datetime.strptime(text[:15], "%a %b %d %Y").date().isoformat()  # noqa: DTZ007
    except ValueError:
        return None


def as_phone(value: Any) -> str | None:
    """An account's phone; null when it does not look like one."""
    if not isinstance(value, (str, int)) or isinstance(value, bool):
        return None
    text = str(value).strip()
    return text if _PHONE.fullmatch(text) and len(text) <= LENGTH else None


def as_website(value: Any) -> str | None:
    """A web address; refused when it does not look like one."""
    text = as_text("website", value)
    if text is not None and not _WEBSITE.fullmatch(text):
        raise bad("website is not in required format")
    return text


def as_employees(value: Any) -> int | None:
    """The lower bound of the bucket a head count falls into."""
    number = as_number(value)
    if number is None or number < 1:
        return None
    return max(bound for bound in _EMPLOYEES if bound <= number)


def as_email(value: Any) -> str:
    """A well-formed e-mail address; refused otherwise."""
    text = value.strip() if isinstance(value, str) else ""
    if len(text) > LENGTH:
        raise bad("Email is not in required length")
    if not _EMAIL.fullmatch(text):
        raise bad("invalid email address")
    return text


def as_emails(value: Any) -> list[dict[str, Any]]:
    """The three input forms of ``emails`` as ``[{value, is_primary, label}]``."""
    items = value if isinstance(value, list) else [value]
    found: list[dict[str, Any]] = []
    seen: set[str] = set()
    for item in items:
        entry = item if isinstance(item, dict) else {"value": item}
        if entry.get("_destroy"):
            continue
        address = as_email(entry.get("value", entry.get("email")))
        if address.casefold() in seen:
            continue
        seen.add(address.casefold())
        found.append(
            {
                "value": address,
                "is_primary": bool(entry.get("is_primary")),
                "label": entry.get("label"),
            }
        )
    return one_primary(found)


def one_primary(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same entries with exactly one primary among them: the first marked, or first."""
    chosen = next((at for at, entry in enumerate(entries) if entry["is_primary"]), 0)
    return [{**entry, "is_primary": at == chosen} for at, entry in enumerate(entries)]


def as_tags(value: Any) -> list[str]:
    """Tags as sent, blanks and repeats (whatever their letter case) left out."""
    if value is None:
        return []
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise bad("Invalid or missing attributes")
    tags: dict[str, str] = {}
    for item in items:
        text = item.strip()
        if text:
            tags.setdefault(text.casefold(), text)
    return list(tags.values())


def as_checkbox(key: str, value: Any) -> bool | None:
    """True or false from JSON, 0/1 or the words; refused otherwise."""
    if value is None or isinstance(value, bool):
        return value
    word = str(value).strip().casefold()
    if word in {"true", "1", "yes"}:
        return True
    if word in {"false", "0", "no", ""}:
        return False
    raise bad(f"{label_of(key)} is not in required format")


def as_labels(value: Any) -> list[str]:
    """Chosen labels of a multi-select: an array, or text joined by ``;``."""
    if value is None:
        return []
    items = value.split(";") if isinstance(value, str) else value
    if not isinstance(items, list):
        raise bad("Invalid or missing attributes")
    return list(dict.fromkeys(text for item in items if (text := str(item).strip())))


def company_values(sent: Mapping[str, Any]) -> dict[str, Any]:
    """What was sent of a company beside its plain texts, each value as it is kept."""
    read: dict[str, Callable[[Any], Any]] = {
        "website": as_website,
        "phone": as_phone,
        "number_of_employees": as_employees,
        "annual_revenue": _as_revenue,
    }
    return {key: reader(sent[key]) for key, reader in read.items() if key in sent}


def _as_revenue(value: Any) -> float | None:
    number = as_number(value)
    return None if number is None else float(number)
