"""What a page shows of one record: its fields by label, and what it is linked to.

How single values read is ``pages_words``'s work, what happened ``pages_timeline``'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from kartra_freshsales.sandbox import pages_words as words
from kartra_freshsales.sandbox.builtin_fields import Field
from kartra_freshsales.sandbox.modules import (
    CONTACTS,
    DEALS,
    LEADS,
    PEOPLE,
    SALES_ACCOUNTS,
    Module,
)
from kartra_freshsales.sandbox.pages_words import Words
from kartra_freshsales.sandbox.records import account_links
from kartra_freshsales.sandbox.rendering import linked_pairs
from kartra_freshsales.sandbox.state import Record
from kartra_freshsales.sandbox.values import label_of
from kartra_freshsales.sandbox.world import World

BROWSE: Final = "/browse"
"""Where the pages of lists and records stand."""
TITLES: Final[Mapping[str, str]] = {
    "contacts": "Contacts",
    "sales_accounts": "Accounts",
    "deals": "Deals",
    "leads": "Leads",
}
MOST_LINKS: Final = 12
_LABELS: Final = {"emails": "E-mail", "sales_accounts": "Accounts"}
_LINKED: Final = frozenset(
    {"sales_accounts", "sales_account_id", "contacts", "lists", "tags"}
)
"""Fields that are shown as links beside the others."""
_KEPT_APART: Final = frozenset({"custom_field", "stage_at", "stage_updated_us"})
_NESTED_LISTS: Final = {
    "industry_type_id": "industry_types",
    "business_type_id": "business_types",
}


@dataclass(frozen=True)
class Line:
    """A field: its label, its name for the API, and its value in one or more words."""

    label: str
    name: str
    values: tuple[Words, ...]


@dataclass(frozen=True)
class Group:
    """Fields under one heading, those without a value apart."""

    title: str
    filled: list[Line]
    empty: list[Line]


@dataclass(frozen=True)
class Links:
    """Records of one kind, or lists, a record is linked to; ``more`` are not named."""

    title: str
    items: list[Words]
    more: int = 0
    href: str = ""


def href(module: Module, record_id: int) -> str:
    """The page of a record."""
    return f"{BROWSE}/{module.plural}/{record_id}"


def name_of(module: Module, record: Record) -> str:
    """What a record is called: its name, else its first e-mail address, else its id."""
    emails = record.body.get("emails", []) if module in PEOPLE else []
    first = next((entry["value"] for entry in emails if entry["is_primary"]), "")
    return words.brief(record.name) or words.brief(first) or f"{module.word} {record.id}"


def groups(world: World, module: Module, record: Record) -> list[Group]:
    """All fields of a record by label: built-in ones, custom ones, and whatever is left."""
    fields = world.fields.listing(module.plural)
    builtin = [item for item in fields if item["default"] and item["name"] not in _LINKED]
    own = [item for item in fields if not item["default"]]
    values = record.body.get("custom_field") or {}
    return [
        _group("Fields", [_builtin(world, module, record, item) for item in builtin]),
        _group("Custom fields", [_custom(item, values.get(item["name"])) for item in own]),
        _group("Also stored", list(_rest(world, record, fields))),
    ]


def _group(title: str, lines: list[Line]) -> Group:
    return Group(
        title,
        [line for line in lines if line.values],
        [line for line in lines if not line.values],
    )


def _builtin(world: World, module: Module, record: Record, item: Field) -> Line:
    name = item["name"]
    value = record.body.get(name, module.template.get(name))
    return Line(
        str(_LABELS.get(name) or item["label"]), name, _value(world, record, item, value)
    )


def _custom(item: Field, value: Any) -> Line:
    return Line(item["label"], item["name"], words.of_field(item, value))


def _value(world: World, record: Record, item: Field, value: Any) -> tuple[Words, ...]:
    name = item["name"]
    if name == "owner_id":
        return (words.owner(world, record.owner_id),) if record.owner_id else ()
    if value in (None, "", []):
        return ()
    if name in _MONEY:
        own = record.body.get("currency_id") if name == "amount" else None
        return (Words(words.money(value, words.currency_of(world, own))),)
    special = _SPECIAL.get(name)
    return words.of_field(item, value) if special is None else tuple(special(world, value))


def _emails(_world: World, entries: Iterable[Mapping[str, Any]]) -> Iterator[Words]:
    for entry in entries:
        yield Words(words.readable(entry["value"]), note=_note(entry))


def _note(entry: Mapping[str, Any]) -> str:
    parts = ("primary" if entry.get("is_primary") else "", entry.get("label") or "")
    return ", ".join(part for part in parts if part)


def _nested(world: World, inner: Mapping[str, Any]) -> Iterator[Words]:
    """The company or the deal a lead carries, line by line."""
    for key, value in inner.items():
        if value in (None, "") or key == "currency_id":
            continue
        if key in _NESTED_LISTS:
            text = words.name_in(world, _NESTED_LISTS[key], value)
        elif key in {"amount", "annual_revenue"}:
            text = words.money(value, words.currency_of(world, inner.get("currency_id")))
        elif key == "expected_close":
            text = words.written_day(value)
        else:
            text = words.readable(value)
        yield Words(f"{label_of(key)}: {text}")


_MONEY: Final = frozenset({"amount", "base_currency_amount", "annual_revenue"})
_SPECIAL: Final[Mapping[str, Callable[[World, Any], Iterable[Words]]]] = {
    "emails": _emails,
    "probability": lambda _, value: [Words(f"{value} %")],
    "parent_sales_account_id": lambda world, value: _named(world, SALES_ACCOUNTS, [value]),
    "company": _nested,
    "deal": _nested,
}


def _rest(world: World, record: Record, fields: Iterable[Field]) -> Iterator[Line]:
    """Written values that no field of the account describes."""
    known = {item["name"] for item in fields}
    changed = record.body.get("stage_updated_us")
    if changed is not None:
        at = Words(words.moment(world, changed))
        yield Line("In this stage since", "stage_updated_time", (at,))
    plain: Field = {"choices": [], "type": "text"}
    body = record.body
    for name, value in (*body.items(), *(body.get("custom_field") or {}).items()):
        if name in known or name in _KEPT_APART or name in _LINKED:
            continue
        values = words.of_field(plain, value)
        if values:
            yield Line(label_of(name), name, values)


def links(world: World, module: Module, record: Record) -> list[Links]:
    """The accounts, contacts, deals and lists of a record, named."""
    found: list[Links] = []
    if module is CONTACTS or module is DEALS:
        found.append(_accounts(world, module, record.id))
    for other in (CONTACTS, DEALS):
        if other is module or module is LEADS:
            continue
        found.append(_others(world, module, other, record.id))
    if module is CONTACTS and not world.edition.has_leads:
        found.append(_lists(world, record.id))
    return found


def _accounts(world: World, module: Module, record_id: int) -> Links:
    standing = account_links(world, module.plural, [record_id]).get(record_id, [])
    several = len(standing) > 1
    named = _named(world, SALES_ACCOUNTS, (account for account, _ in standing))
    items = [
        replace(one, note="primary") if first and several else one
        for one, (_, first) in zip(named, standing, strict=True)
    ]
    return Links("Accounts" if module is CONTACTS else "Account", items)


def _others(world: World, module: Module, other: Module, record_id: int) -> Links:
    ids = linked_pairs(world, module, other.plural, [record_id]).get(record_id, [])
    items = list(_named(world, other, ids[:MOST_LINKS]))
    narrowed = f"{BROWSE}/{other.plural}?{module.singular}={record_id}"
    return Links(
        TITLES[other.plural], items, max(0, len(ids) - MOST_LINKS), narrowed if ids else ""
    )


def _lists(world: World, contact_id: int) -> Links:
    rows = world.store.sql.execute(
        "SELECT l.id, l.name FROM list_member m JOIN lists l ON l.id = m.list_id"
        " WHERE m.contact_id = ? ORDER BY l.name",
        (contact_id,),
    )
    items = [
        Words(words.brief(name), f"{BROWSE}/contacts?list={ident}") for ident, name in rows
    ]
    return Links("Lists", items)


def _named(world: World, module: Module, ids: Iterable[int]) -> Iterator[Words]:
    for record_id in ids:
        record = world.store.get(module.plural, record_id)
        if record is None:
            yield Words(str(record_id), note="forgotten")
        else:
            note = "in the recycle bin" if record.deleted else _told(world, module, record)
            yield Words(name_of(module, record), href(module, record_id), note)


def _told(world: World, module: Module, record: Record) -> str:
    """What tells a deal from another of the same name."""
    if module is not DEALS:
        return ""
    currency = words.currency_of(world, record.body.get("currency_id"))
    stage = words.name_in(world, "deal_stages", record.body.get("deal_stage_id"))
    return f"{words.money(record.body.get('amount', '0.0'), currency)}, {stage}"
