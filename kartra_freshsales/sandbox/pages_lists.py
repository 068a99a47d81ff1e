"""Tables of records of one kind, with search and paging.

Records stand newest first. A search reads names, e-mail addresses and ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from kartra_freshsales.sandbox import pages_words as words
from kartra_freshsales.sandbox.modules import (
    MODULES,
    PEOPLE,
    Module,
)
from kartra_freshsales.sandbox.pages_columns import COLUMNS, Cells
from kartra_freshsales.sandbox.pages_records import href, name_of
from kartra_freshsales.sandbox.pages_words import Words
from kartra_freshsales.sandbox.world import World

PER_PAGE: Final = 50
_LONGEST_SEARCH: Final = 200


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
    total = _total(world, module, asked, where, args)
    pages = max(1, -(-total // PER_PAGE))
    page = min(asked.page, pages)
    tail = f"ORDER BY id DESC LIMIT {PER_PAGE} OFFSET {(page - 1) * PER_PAGE}"
    records = world.store.select(module.plural, where, args, tail)
    columns, cells = COLUMNS[module.plural]
    rows = [
        Row(href(module, record.id), name_of(module, record), bool(record.deleted), shown)
        for record, shown in zip(records, cells(world, records), strict=True)
    ]
    return Listing(columns(world), rows, total, page, pages)


def _total(world: World, module: Module, asked: Asked, where: str, args: list[Any]) -> int:
    if asked.narrowed is None:
        return world.store.count(module.plural, where, args)
    # Links and lists change without their records, so this count is not remembered.
    row = world.store.sql.execute(
        f"SELECT COUNT(*) FROM {module.plural} WHERE {where}", args
    ).fetchone()
    return int(row[0])


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
