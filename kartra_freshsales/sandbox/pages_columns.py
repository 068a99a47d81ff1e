"""The columns of each kind of record in a table, filled for a whole page at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from kartra_freshsales.sandbox import pages_words as words
from kartra_freshsales.sandbox.modules import CONTACTS, DEALS, SALES_ACCOUNTS, Module
from kartra_freshsales.sandbox.pages_records import href, name_of
from kartra_freshsales.sandbox.pages_words import Words
from kartra_freshsales.sandbox.records import account_links
from kartra_freshsales.sandbox.rendering import linked_pairs
from kartra_freshsales.sandbox.state import Record
from kartra_freshsales.sandbox.world import World

_MOST_TAGS: Final = 3
Cells = tuple[Words, ...]


def _tags(record: Record) -> Cells:
    tags = record.body.get("tags") or []
    more = len(tags) - _MOST_TAGS
    shown = tuple(Words(words.brief(tag), is_tag=True) for tag in tags[:_MOST_TAGS])
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


COLUMNS: Final[
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
