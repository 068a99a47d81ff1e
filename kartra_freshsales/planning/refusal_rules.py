"""What the destination takes in one field, by the field's type: judged value by value.

Sources: reference, sections 3.5, 4, 5 and 7. Every function answers a reason word or
``None``. Not here: which records are looked at (``refusals``).
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from kartra_freshsales.freshsales.metadata import Field, Metadata

TEXT_LENGTH, TEXTAREA_LENGTH = 255, 10_000
_LENGTHS = {"text": TEXT_LENGTH, "textarea": TEXTAREA_LENGTH}
LARGEST_AMOUNT = Decimal(9007199254740991)
_LARGEST_NUMBER = Decimal("99999999999.9999")
_WEBSITE = re.compile(r"(https?://)?[^\s/.]+(\.[^\s/.]+)+(/\S*)?", re.IGNORECASE)
_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s.,;<>]+(\.[^@\s.,;<>]+)+")
_CHECKED = frozenset({"true", "false", "1", "0", "yes", "no"})

TOO_LONG, BAD_CHOICE, BAD_DATE = "too_long", "bad_choice", "bad_date"
BAD_NUMBER, BAD_EMAIL, BAD_WEBSITE = "bad_number", "bad_email", "bad_website"
BAD_CHECKBOX, UNKNOWN_OWNER = "bad_checkbox", "unknown_owner"

REMEDIES: dict[str, str] = {
    TOO_LONG: "Shorten it in the source, or map it to a text area.",
    BAD_CHOICE: "Add the choice to the field in Freshsales, or map the value to one that "
    "exists.",
    BAD_DATE: "Correct the date in the source: it must be a real day.",
    BAD_NUMBER: "Correct the number in the source.",
    BAD_EMAIL: "Correct the e-mail address in the source.",
    BAD_WEBSITE: "Correct the web address in the source.",
    BAD_CHECKBOX: "Map the value to true or false.",
    UNKNOWN_OWNER: "Map the owner to an active Freshsales user.",
}

Judge = Callable[[object], str | None]


@dataclass(frozen=True)
class Rule:
    """How one key's values are judged. ``longer_than``: only longer texts need judging."""

    key: str
    judge: Judge
    longer_than: int = 0


def rules_for(endpoint: str, metadata: Metadata) -> list[Rule]:
    """Rules for every field of an endpoint that can refuse or swallow a value."""
    rules = [
        rule
        for item in metadata.fields.get(endpoint, [])
        if (rule := _rule(endpoint, item, metadata)) is not None
    ]
    if endpoint in {"contacts", "leads"}:
        rules.append(Rule("email", email))
    return rules


def _rule(endpoint: str, item: Field, metadata: Metadata) -> Rule | None:
    if item.name == "owner_id":
        active = {user.id for user in metadata.users if user.is_active}
        return Rule("owner_id", _among(active, UNKNOWN_OWNER)) if active else None
    if item.name == "website" and endpoint == "sales_accounts":
        return Rule("website", website)
    if item.name == "amount":
        return Rule("amount", _number(LARGEST_AMOUNT))
    return _rule_of_type(item)


def _rule_of_type(item: Field) -> Rule | None:
    if item.type in _LENGTHS:
        longest = _LENGTHS[item.type]
        return Rule(item.name, _no_longer_than(longest), longer_than=longest)
    if item.type in {"dropdown", "radio", "multi_select_dropdown"} and item.choices:
        return _choice_rule(item)
    if item.type in {"number", "decimal"} and item.default:
        return None
    judge = _BY_TYPE.get(item.type)
    return None if judge is None else Rule(item.name, judge)


def _choice_rule(item: Field) -> Rule:
    """Built-in dropdowns are written by id, custom ones by their exact label."""
    known = {str(c.id) if item.default else c.value for c in item.choices}
    several = item.type == "multi_select_dropdown"

    def judge(value: object) -> str | None:
        parts: list[object] = [value]
        if several:
            parts = value if isinstance(value, list) else [*str(value).split(";")]
        return None if all(str(part).strip() in known for part in parts) else BAD_CHOICE

    return Rule(item.name, judge)


def _among(known: set[int], reason: str) -> Judge:
    texts = {str(item) for item in known}
    return lambda value: None if str(value) in texts else reason


def _no_longer_than(longest: int) -> Judge:
    return lambda value: (
        TOO_LONG if isinstance(value, str) and len(value) > longest else None
    )


def _number(largest: Decimal) -> Judge:
    def judge(value: object) -> str | None:
        if isinstance(value, bool | list):
            return BAD_NUMBER
        try:
            number = Decimal(str(value).strip())
        except InvalidOperation:
            return BAD_NUMBER
        return None if number.is_finite() and abs(number) <= largest else BAD_NUMBER

    return judge


def day(value: object) -> str | None:
    """A bad date is swallowed in silence, which is worse than a refusal."""
    text = value if isinstance(value, str) else ""
    try:
        if len(text) == len("2026-01-31"):
            date.fromisoformat(text)
        else:
            datetime.fromisoformat(text)
    except ValueError:
        return BAD_DATE
    return None


def checkbox(value: object) -> str | None:
    """True or false, or one of the words for them."""
    return None if str(value).strip().casefold() in _CHECKED else BAD_CHECKBOX


def website(value: object) -> str | None:
    """Accounts refuse what does not look like a web address."""
    text = str(value).strip()
    if len(text) > TEXT_LENGTH:
        return TOO_LONG
    return None if _WEBSITE.fullmatch(text) else BAD_WEBSITE


def email(value: object) -> str | None:
    """An address must be well formed."""
    text = str(value).strip()
    return None if len(text) <= TEXT_LENGTH and _EMAIL.fullmatch(text) else BAD_EMAIL


def judged(text: str, judge: Judge) -> str | None:
    """Judge the JSON text of a value; most texts need no decoding."""
    plain = text.startswith('"') and "\\" not in text
    return judge(text[1:-1] if plain else json.loads(text))


_BY_TYPE: dict[str, Judge] = {
    "date": day,
    "number": _number(_LARGEST_NUMBER),
    "decimal": _number(_LARGEST_NUMBER),
    "checkbox": checkbox,
}
