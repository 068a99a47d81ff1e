"""Stored values as words for people: choices, money, dates, and texts made safe to look at.

Which values a page shows, and where, lives in ``pages_records``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from kartra_freshsales.sandbox.builtin_fields import Field
from kartra_freshsales.sandbox.world import World

LONGEST: Final = 4000
"""Characters of one value that a page shows; the rest is counted."""
_SHORT: Final = 80
_UNSEEN: Final = {
    **{code: 0x2400 + code for code in range(0x20) if chr(code) not in "\n\t"},
    0x7F: 0x2421,
}
_DIRECTION: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Words:
    """A value to show; ``href`` makes it a link, ``note`` stands small beside it."""

    text: str
    href: str = ""
    note: str = ""
    is_tag: bool = False


def readable(value: Any) -> str:
    """Text with control characters made visible, cut where it is endless."""
    text = str(value).translate(_UNSEEN)
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]} … and {len(text) - LONGEST:,} more characters"


def brief(value: Any) -> str:
    """The beginning of a text, on one line and without marks that turn its direction."""
    text = _DIRECTION.sub("", str(value)[:LONGEST].translate(_UNSEEN))
    line = " ".join(text.split())
    return line if len(line) <= _SHORT else f"{line[:_SHORT].rstrip()}…"


def moment(world: World, microseconds: int | None) -> str:
    """A stored time in the account's zone ("9 Mar 2026, 14:05:09")."""
    if microseconds is None:
        return ""
    local = datetime.fromtimestamp(microseconds / 1_000_000, world.zone)
    return f"{day(local.date())}, {local:%H:%M:%S}"


def day(value: date) -> str:
    """A day ("9 Mar 2026")."""
    return f"{value.day} {value:%b} {value.year}"


def written_day(text: Any) -> str:
    """A stored ``YYYY-MM-DD`` as a day; anything else as it stands."""
    try:
        return day(date.fromisoformat(str(text)))
    except ValueError:
        return readable(text)


def money(amount: Any, currency: str) -> str:
    """An amount with its currency ("12,500.00 USD")."""
    try:
        return f"{Decimal(str(amount)):,.2f} {currency}"
    except InvalidOperation:
        return f"{readable(amount)} {currency}"


def currency_of(world: World, currency_id: Any) -> str:
    """The code of a currency; the account's own where none is named."""
    known = world.seed.by_id["currencies"].get(currency_id)
    chosen = known or world.seed.lists["currencies"][0]
    return str(chosen["currency_code"])


def name_in(world: World, listing: str, item_id: Any) -> str:
    """The name of an item of a settings list; the id where the list has it no more."""
    item = world.seed.by_id[listing].get(item_id)
    if item is None:
        return "" if item_id is None else f"{item_id} (unknown)"
    return str(item.get("display_name") or item.get("name") or item.get("value"))


def owner(world: World, user_id: int | None) -> Words:
    """An owner by name; one who left is marked."""
    user = world.seed.by_id["users"].get(user_id or 0)
    gone = user is not None and not user["is_active"]
    return Words(name_in(world, "users", user_id), note="deactivated" if gone else "")


def of_field(field: Field, value: Any) -> tuple[Words, ...]:
    """The value of a field by the field's type; nothing where nothing was written."""
    if value is None or value in ("", [], {}):
        return ()
    if field["choices"]:
        return _chosen(field["choices"], value)
    if isinstance(value, bool):
        return (Words("Yes" if value else "No"),)
    if field["type"] == "date":
        return (Words(written_day(value)),)
    return tuple(_plain(value))


def _chosen(choices: Iterable[Mapping[str, Any]], value: Any) -> tuple[Words, ...]:
    words = {str(choice["id"]): str(choice["value"]) for choice in choices}
    known = set(words.values())
    parts = [value] if str(value) in known else str(value).split(";")
    return tuple(
        Words(part, note="" if part in known else "no choice of this field")
        for part in (words.get(str(part), str(part)) for part in parts)
    )


def _plain(value: Any) -> Iterable[Words]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield Words(f"{readable(key)}: {readable(inner)}")
    elif isinstance(value, list):
        for inner in value:
            yield Words(readable(inner))
    else:
        yield Words(readable(value))
