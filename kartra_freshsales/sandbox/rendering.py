"""How records are shown: recorded key order, relation ids only with the matching include.

With includes the side-loaded arrays come first in the answer, as the real API sends them;
without, the list (or the record) is the first key, which public clients rely on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from kartra_freshsales.sandbox.activity_shapes import SHAPES, about_records
from kartra_freshsales.sandbox.leads import show_lead
from kartra_freshsales.sandbox.modules import (
    CONTACTS,
    DEALS,
    LEADS,
    MODULES,
    PEOPLE,
    SALES_ACCOUNTS,
    Module,
)
from kartra_freshsales.sandbox.records import account_links
from kartra_freshsales.sandbox.state import FIRST_IDS, Record, marks
from kartra_freshsales.sandbox.with_records import deal_products, recent_notes
from kartra_freshsales.sandbox.world import World

Json = dict[str, Any]

SIDE_LOAD_ORDER: Final[tuple[str, ...]] = (
    "users",
    "sales_accounts",
    "deals",
    "contacts",
    "lifecycle_stages",
    "contact_status",
    "deal_stages",
    "deal_types",
    "deal_reasons",
    "deal_payment_statuses",
    "lead_stages",
    "lead_reasons",
    "lead_sources",
    "campaigns",
    "territories",
    "industry_types",
    "business_types",
    "notes",
    "tasks",
    "appointments",
    "sales_activities",
)

# include name -> (key shown on the record, settings list, side-load key)
_SETTINGS: Final = {
    "contacts": {
        "contact_status": ("contact_status_id", "contact_statuses", "contact_status"),
        "lifecycle_stage": ("lifecycle_stage_id", "lifecycle_stages", "lifecycle_stages"),
        "source": ("lead_source_id", "lead_sources", "lead_sources"),
        "campaign": ("campaign_id", "campaigns", "campaigns"),
        "territory": ("territory_id", "territories", "territories"),
    },
    "leads": {  # the names a public client for Classic documents
        "lead_stage": ("lead_stage_id", "lead_stages", "lead_stages"),
        "lead_reason": ("lead_reason_id", "lead_reasons", "lead_reasons"),
        "source": ("lead_source_id", "lead_sources", "lead_sources"),
        "campaign": ("campaign_id", "campaigns", "campaigns"),
        "territory": ("territory_id", "territories", "territories"),
    },
    "sales_accounts": {
        "industry_type": ("industry_type_id", "industry_types", "industry_types"),
        "business_type": ("business_type_id", "business_types", "business_types"),
        "territory": ("territory_id", "territories", "territories"),
    },
    "deals": {
        "deal_stage": ("deal_stage_id", "deal_stages", "deal_stages"),
        "deal_type": ("deal_type_id", "deal_types", "deal_types"),
        "deal_reason": ("deal_reason_id", "deal_reasons", "deal_reasons"),
        "deal_payment_status": (
            "deal_payment_status_id",
            "deal_payment_statuses",
            "deal_payment_statuses",
        ),
        "source": ("lead_source_id", "lead_sources", "lead_sources"),
        "campaign": ("campaign_id", "campaigns", "campaigns"),
    },
}
_ACCOUNTS_OF: Final = {"contacts": "sales_accounts", "deals": "sales_account"}
_USERS: Final = {"owner": "owner_id", "creater": "creater_id", "updater": "updater_id"}
_NOT_OF_LEADS: Final = {"sales_accounts", "sales_account", "contacts", "deals"}
_EMAIL_IDS: Final = {"contacts": 407_000_000_000, "leads": 400_000_000_000}


_Side = dict[str, dict[int, Json]]


@dataclass(frozen=True)
class _Page:
    """Records being shown together, and what is shown of each."""

    world: World
    module: Module
    records: list[Record]
    shown: list[Json]


def parse_includes(text: str | None) -> tuple[str, ...]:
    """The names in ``include=a,b``; unknown ones are passed over later."""
    return tuple(name for word in (text or "").split(",") if (name := word.strip()))


def one(world: World, module: Module, record: Record, includes: tuple[str, ...]) -> Json:
    """The body of a single read or write: side-loads, the record, ``meta`` null."""
    side, shown = render(world, module, [record], includes)
    return {**side, module.singular: shown[0], "meta": None}


def render(
    world: World, module: Module, records: list[Record], includes: Iterable[str]
) -> tuple[Json, list[Json]]:
    """Show records and the arrays their includes bring along."""
    shown = [_plain(world, module, record) for record in records]
    recent_notes(world, module, shown)
    side: _Side = {}
    for name in dict.fromkeys(includes):
        _include(_Page(world, module, records, shown), name, side)
    ordered: Json = {
        key: list(side[key].values()) for key in SIDE_LOAD_ORDER if key in side
    }
    return ordered, shown


def _plain(world: World, module: Module, record: Record) -> Json:
    body = record.body
    shown = dict(module.template)
    shown.update({key: value for key, value in body.items() if key in shown or key == "id"})
    shown["id"] = record.id
    shown["custom_field"] = world.fields.shown(module.plural, body.get("custom_field", {}))
    shown["created_at"] = world.shown_time(record.created_us)
    shown["updated_at"] = world.shown_time(record.updated_us)
    shown["is_deleted"] = bool(record.deleted)
    shown["links"] = _links(world, module, record.id)
    if module in PEOPLE:
        _person(world, module, record, shown)
    elif module is DEALS:
        shown["stage_updated_time"] = world.shown_time(body.get("stage_updated_us"))
        shown["age"] = max(0, (world.now_us() - record.created_us) // 86_400_000_000)
        shown["expected_deal_value"] = shown["amount"]
    else:
        shown["owner_id"] = record.owner_id
    return shown


def _person(world: World, module: Module, record: Record, shown: Json) -> None:
    _addresses(module, record, shown)
    if module is LEADS:
        shown["stage_updated_time"] = world.shown_time(record.body.get("stage_updated_us"))
        show_lead(record, shown)
    elif world.edition.has_leads:
        shown["department"] = record.body.get("department")


def _addresses(module: Module, record: Record, shown: Json) -> None:
    entries = record.body.get("emails", [])
    primary = next((entry["value"] for entry in entries if entry["is_primary"]), None)
    shown["display_name"] = record.name or primary
    shown["email"] = primary
    first = _EMAIL_IDS[module.plural] + (record.id - FIRST_IDS[module.plural]) * 8
    shown["emails"] = [
        {
            "id": first + at,
            "value": entry["value"],
            "is_primary": entry["is_primary"],
            "label": entry["label"],
            "_destroy": False,
        }
        for at, entry in enumerate(entries)
    ]


def _links(world: World, module: Module, record_id: int) -> Json:
    base = f"{world.edition.pages}/{module.plural}/{record_id}"
    return {
        "conversations": f"{base}/conversations/all?include=email_conversation_recipients",
        "activities": f"{base}/activities",
        "notes": f"{base}/notes?include=creater",
        "tasks": f"{base}/tasks?include=creater,owner,updater,targetable,users,task_type",
        "appointments": f"{base}/appointments?include=creater,owner,updater,targetable",
        "document_associations": f"{base}/document_associations",
    }


def _include(page: _Page, name: str, side: _Side) -> None:
    world, module, records, shown = page.world, page.module, page.records, page.shown
    if module is LEADS and name in _NOT_OF_LEADS:
        return
    if name in _USERS:
        _include_users(page, name, side.setdefault("users", {}))
    elif name in _SETTINGS[module.plural]:
        key, listing, side_key = _SETTINGS[module.plural][name]
        if key in world.edition.absent_fields.get(module.plural, ()):
            return
        items = side.setdefault(side_key, {})
        for record, item in zip(records, shown, strict=True):
            value = record.body.get(key)
            item[key] = value
            if value in world.seed.by_id[listing]:
                items[value] = world.seed.by_id[listing][value]
    elif name == _ACCOUNTS_OF.get(module.plural):
        _include_accounts(page, side)
    elif name in {"contacts", "deals"} and name != module.plural:
        _include_linked(page, name, side.setdefault(name, {}))
    else:
        _include_about(page, name, side)


def _include_about(page: _Page, name: str, side: _Side) -> None:
    """What was written about the records."""
    world, module, ids = page.world, page.module, [record.id for record in page.records]
    if name == "notes":
        notes = side.setdefault("notes", {})
        for record_id in ids:
            notes.update({note["id"]: note for note in notes_of(world, module, record_id)})
    elif name in SHAPES:
        about = about_records(world, name, module.plural, ids)
        side[name] = {one["id"]: one for one in about}
    elif name == "products" and module is DEALS:
        deal_products(world, page.shown)


def _include_users(page: _Page, name: str, users: dict[int, Json]) -> None:
    world, records, shown = page.world, page.records, page.shown
    key = _USERS[name]
    for record, item in zip(records, shown, strict=True):
        user = record.owner_id if name == "owner" else world.seed.admin_id
        item[key] = user
        if user in world.seed.by_id["users"]:
            users[user] = world.seed.by_id["users"][user]


def _include_accounts(page: _Page, side: _Side) -> None:
    world, module, records, shown = page.world, page.module, page.records, page.shown
    links = account_links(world, module.plural, [record.id for record in records])
    accounts = world.store.many(
        "sales_accounts", (account for pairs in links.values() for account, _ in pairs)
    )
    for record, item in zip(records, shown, strict=True):
        standing = [
            (accounts[account], first)
            for account, first in links.get(record.id, [])
            if account in accounts
        ]
        if module is CONTACTS:
            item["sales_accounts"] = [
                {**_short(SALES_ACCOUNTS, account), "is_primary": first}
                for account, first in standing
            ]
        else:
            item["sales_account_id"] = standing[0][0].id if standing else None
            side.setdefault("sales_accounts", {}).update(
                {account.id: _short(SALES_ACCOUNTS, account) for account, _ in standing}
            )


def _include_linked(page: _Page, name: str, items: dict[int, Json]) -> None:
    world, module, records, shown = page.world, page.module, page.records, page.shown
    ids = [record.id for record in records]
    pairs = linked_pairs(world, module, name, ids)
    linked = world.store.many(
        name, (other for others in pairs.values() for other in others)
    )
    for record, item in zip(records, shown, strict=True):
        standing = [other for other in pairs.get(record.id, []) if other in linked]
        item[f"{name.removesuffix('s')}_ids"] = standing
        items.update({other: _short(MODULES[name], linked[other]) for other in standing})


def linked_pairs(
    world: World, module: Module, name: str, ids: list[int]
) -> dict[int, list[int]]:
    """Contacts or deals linked to each record."""
    if module is SALES_ACCOUNTS:
        query = (
            "SELECT account_id, record_id FROM account_link"
            f" WHERE module = '{MODULES[name].plural}' AND account_id IN ({marks(ids)})"
            " ORDER BY record_id"
        )
    else:
        own, other = (
            ("deal_id", "contact_id") if module is DEALS else ("contact_id", "deal_id")
        )
        query = (
            f"SELECT {own}, {other} FROM deal_contact"
            f" WHERE {own} IN ({marks(ids)}) ORDER BY {other}"
        )
    found: dict[int, list[int]] = {}
    for own_id, other_id in world.store.sql.execute(query, ids):
        found.setdefault(own_id, []).append(other_id)
    return found


def _short(module: Module, record: Record) -> Json:
    """The partial form records take inside other answers."""
    body = record.body
    if module in PEOPLE:
        shown: Json = dict.fromkeys(("job_title", "work_number", "mobile_number"))
        _addresses(module, record, shown)
        return {
            "partial": True,
            "id": record.id,
            "job_title": body.get("job_title"),
            "email": shown["email"],
            "emails": shown["emails"],
            "work_number": body.get("work_number"),
            "mobile_number": body.get("mobile_number"),
            "display_name": shown["display_name"],
            "avatar": None,
            "last_contacted": None,
            "record_type_id": None,
        }
    if module is DEALS:
        return {
            "partial": True,
            "id": record.id,
            "name": record.name,
            "amount": body.get("amount"),
            "deal_stage_id": body.get("deal_stage_id"),
            "deal_pipeline_id": body.get("deal_pipeline_id"),
        }
    return {
        "partial": True,
        "id": record.id,
        "name": record.name,
        "avatar": None,
        "website": body.get("website"),
        "last_contacted": None,
        "record_type_id": None,
    }


def short(module: Module, record: Record) -> Json:
    """The partial form, for searches."""
    return _short(module, record)


NOTE_COLUMNS: Final = "id, module, record_id, created_us, updated_us, description"


def shown_note(world: World, row: tuple[Any, ...]) -> Json:
    """A row of ``NOTE_COLUMNS`` as the API shows a note."""
    return {
        "id": row[0],
        "description": row[5],
        "created_at": world.shown_time(row[3]),
        "updated_at": world.shown_time(row[4]),
        "url": None,
        "duration": None,
        "creater_id": world.seed.admin_id,
        "has_access": True,
        "collab_context": {},
        "targetables": [{"id": row[2], "type": MODULES[row[1]].target}],
    }


def notes_of(world: World, module: Module, record_id: int) -> list[Json]:
    """The notes of a record, newest first."""
    rows = world.store.sql.execute(
        f"SELECT {NOTE_COLUMNS} FROM notes WHERE record_id=? AND module=? ORDER BY id DESC",
        (record_id, module.plural),
    )
    return [shown_note(world, row) for row in rows]
