"""Pages of many: records of one kind with search and paging, lists, and custom fields.

Records stand newest first. A search reads names, e-mail addresses and ids.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from kartra_freshsales.sandbox import pages_words as words
from kartra_freshsales.sandbox.modules import (
    CONTACTS,
    DEALS,
    MODULES,
    PEOPLE,
    SALES_ACCOUNTS,
    Module,
)
from kartra_freshsales.sandbox.pages_records import href, name_of
from kartra_freshsales.sandbox.pages_words import Words
from kartra_freshsales.sandbox.records import account_links
from kartra_freshsales.sandbox.rendering import linked_pairs
from kartra_freshsales.sandbox.state import Record
from kartra_freshsales.sandbox.world import World

PER_PAGE: Final = 50
_LONGEST_SEARCH: Final = 200
_MOST_TAGS: Final = 3
Cells = tuple[Words, ...]


@dataclass(frozen=True)
class Row:
    """A record in a table: where it leads, what it is called, and its other cells."""

    href: str
    name: str
    binned: bool
    cells: tuple[Cells, ...]


@dataclass(frozen=True)
class Asked:
    """What of a module is to be shown, read from a query."""

    words: str = ""
    page: int = 1
    binned: bool = False
    narrowed: tuple[str, int] | None = None


@dataclass(frozen=True)
class Listing:
    """One page of a table of records."""

    columns: tuple[str, ...]
    rows: list[Row]
    total: int
    page: int
    pages: int


def read_query(query: Mapping[str, str]) -> Asked:
    """Read a query leniently: what makes no sense counts as not given."""
    narrowed = next(
        (
            (name, int(query[name]))
            for name in _NARROWING
            if _is_number(query.get(name, ""))
        ),
        None,
    )
    page = query.get("page", "")
    return Asked(
        words=query.get("q", "").strip()[:_LONGEST_SEARCH],
        page=max(1, int(page)) if _is_number(page) else 1,
        binned=query.get("bin") == "1",
        narrowed=narrowed,
    )


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16


def listing(world: World, module: Module, asked: Asked) -> Listing:
    """The records asked for; a page past the end is the last one."""
    where, args = _clause(module, asked)
    total = world.store.count(module.plural, where, args)
    pages = max(1, -(-total // PER_PAGE))
    page = min(asked.page, pages)
    tail = f"ORDER BY id DESC LIMIT {PER_PAGE} OFFSET {(page - 1) * PER_PAGE}"
    records = world.store.select(module.plural, where, args, tail)
    columns, cells = _COLUMNS[module.plural]
    rows = [
        Row(href(module, record.id), name_of(module, record), bool(record.deleted), shown)
        for record, shown in zip(records, cells(world, records), strict=True)
    ]
    return Listing(columns(world), rows, total, page, pages)


_NARROWING: Final[Mapping[str, str]] = {
    "list": "id IN (SELECT contact_id FROM list_member WHERE list_id = ?)",
    "sales_account": (
        "id IN (SELECT record_id FROM account_link WHERE account_id = ?"
        " AND module = '{module}')"
    ),
    "contact": "id IN (SELECT deal_id FROM deal_contact WHERE contact_id = ?)",
    "deal": "id IN (SELECT contact_id FROM deal_contact WHERE deal_id = ?)",
}


def _clause(module: Module, asked: Asked) -> tuple[str, list[Any]]:
    parts, args = [f"deleted = {int(asked.binned)}"], list[Any]()
    if asked.narrowed is not None:
        parts.append(_NARROWING[asked.narrowed[0]].format(module=module.plural))
        args.append(asked.narrowed[1])
    if asked.words:
        matching, patterns = _matching(module, asked.words)
        parts.append(f"({matching})")
        args += patterns
    return " AND ".join(parts), args


def _matching(module: Module, asked: str) -> tuple[str, list[Any]]:
    # SQLite folds the case of plain letters only: other letters are tried in each case.
    cases = dict.fromkeys((asked, asked.lower(), asked.upper(), asked.title()))
    parts = ["name LIKE ? ESCAPE '!'"] * len(cases)
    args: list[Any] = [_pattern(one) for one in cases]
    if module in PEOPLE:
        parts.append(
            "id IN (SELECT record_id FROM unique_value WHERE field = 'email'"
            f" AND module = '{module.plural}' AND value LIKE ? ESCAPE '!')"
        )
        args.append(_pattern(asked.casefold()))
    if _is_number(asked):
        parts.append("id = ?")
        args.append(int(asked))
    return " OR ".join(parts), args


def _pattern(text: str) -> str:
    for special in "!%_":
        text = text.replace(special, f"!{special}")
    return f"%{text}%"


def narrowed_by(world: World, asked: Asked) -> Words | None:
    """What a table is narrowed to, by name and with its page."""
    if asked.narrowed is None:
        return None
    kind, ident = asked.narrowed
    if kind == "list":
        row = world.store.sql.execute(
            "SELECT name FROM lists WHERE id = ?", (ident,)
        ).fetchone()
        return Words(f"list {words.brief(row[0])}" if row else f"list {ident}")
    module = next(item for item in MODULES.values() if item.singular == kind)
    record = world.store.get(module.plural, ident)
    if record is None:
        return Words(f"{module.word} {ident}")
    return Words(f"{module.word} {name_of(module, record)}", href(module, ident))


# columns


def _tags(record: Record) -> Cells:
    tags = record.body.get("tags") or []
    more = len(tags) - _MOST_TAGS
    shown = tuple(Words(words.brief(tag), note="tag") for tag in tags[:_MOST_TAGS])
    return (*shown, Words(f"+{more}")) if more > 0 else shown


def _email(record: Record) -> Cells:
    for entry in record.body.get("emails", []):
        if entry["is_primary"]:
            return (Words(words.brief(entry["value"])),)
    return ()


def _text(value: Any) -> Cells:
    return () if value in (None, "") else (Words(words.brief(value)),)


def _owner(world: World, record: Record) -> Cells:
    return (words.owner(world, record.owner_id),) if record.owner_id else ()


def _changed(world: World, record: Record) -> Cells:
    to_the_minute = words.moment(world, record.updated_us).rpartition(":")[0]
    return (Words(to_the_minute),)


def _accounts(world: World, module: Module, records: list[Record]) -> dict[int, Cells]:
    """The (first) account of each record."""
    links = account_links(world, module.plural, [record.id for record in records])
    accounts = world.store.many("sales_accounts", (pairs[0][0] for pairs in links.values()))
    return {
        record_id: (Words(name_of(SALES_ACCOUNTS, found), href(SALES_ACCOUNTS, found.id)),)
        for record_id, pairs in links.items()
        if (found := accounts.get(pairs[0][0])) is not None
    }


def _contacts(world: World, records: list[Record]) -> list[tuple[Cells, ...]]:
    accounts = _accounts(world, CONTACTS, records)
    return [
        (
            _email(record),
            accounts.get(record.id, ()),
            *(() if world.edition.has_leads else (_stage_of(world, record),)),
            _owner(world, record),
            _tags(record),
            _changed(world, record),
        )
        for record in records
    ]


def _stage_of(world: World, record: Record) -> Cells:
    stage = words.name_in(world, "lifecycle_stages", record.body.get("lifecycle_stage_id"))
    status = words.name_in(world, "contact_statuses", record.body.get("contact_status_id"))
    return (Words(stage, note=status),) if stage else ()


def _sales_accounts(world: World, records: list[Record]) -> list[tuple[Cells, ...]]:
    ids = [record.id for record in records]
    people, deals = (
        linked_pairs(world, SALES_ACCOUNTS, name, ids) for name in ("contacts", "deals")
    )
    return [
        (
            _text(record.body.get("website")),
            _text(_place(record)),
            (Words(f"{len(people.get(record.id, [])):,}"),),
            (Words(f"{len(deals.get(record.id, [])):,}"),),
            _owner(world, record),
            _changed(world, record),
        )
        for record in records
    ]


def _place(record: Record) -> str:
    parts = (record.body.get("city"), record.body.get("country"))
    return ", ".join(part for part in parts if part)


def _deals(world: World, records: list[Record]) -> list[tuple[Cells, ...]]:
    accounts = _accounts(world, DEALS, records)
    return [
        (
            (_amount(world, record),),
            _text(words.name_in(world, "deal_stages", record.body.get("deal_stage_id"))),
            accounts.get(record.id, ()),
            _owner(world, record),
            _text(_closing(record)),
            _changed(world, record),
        )
        for record in records
    ]


def _amount(world: World, record: Record) -> Words:
    currency = words.currency_of(world, record.body.get("currency_id"))
    return Words(words.money(record.body.get("amount", "0.0"), currency))


def _closing(record: Record) -> str:
    date = record.body.get("closed_date") or record.body.get("expected_close")
    return words.written_day(date) if date else ""


def _leads(world: World, records: list[Record]) -> list[tuple[Cells, ...]]:
    return [
        (
            _email(record),
            _text((record.body.get("company") or {}).get("name")),
            _text(words.name_in(world, "lead_stages", record.body.get("lead_stage_id"))),
            _owner(world, record),
            _tags(record),
            _changed(world, record),
        )
        for record in records
    ]


def _of_contacts(world: World) -> tuple[str, ...]:
    stage = () if world.edition.has_leads else ("Lifecycle stage",)
    return ("Name", "E-mail", "Account", *stage, "Owner", "Tags", "Changed")


_COLUMNS: Final[
    Mapping[
        str,
        tuple[
            Callable[[World], tuple[str, ...]],
            Callable[[World, list[Record]], list[tuple[Cells, ...]]],
        ],
    ]
] = {
    "contacts": (_of_contacts, _contacts),
    "sales_accounts": (
        lambda _: ("Name", "Website", "Place", "Contacts", "Deals", "Owner", "Changed"),
        _sales_accounts,
    ),
    "deals": (
        lambda _: ("Name", "Amount", "Stage", "Account", "Owner", "Closes", "Changed"),
        _deals,
    ),
    "leads": (
        lambda _: ("Name", "E-mail", "Company", "Stage", "Owner", "Tags", "Changed"),
        _leads,
    ),
}
