"""Saved views: the filters of each module and the pages they give."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from kartra_freshsales.sandbox.calls import (
    MOST_PER_PAGE,
    PER_PAGE,
    Answer,
    Call,
    page_meta,
)
from kartra_freshsales.sandbox.deep_pages import Rows
from kartra_freshsales.sandbox.modules import CONTACTS, MODULES, Module
from kartra_freshsales.sandbox.refusal import Refusal, forbidden
from kartra_freshsales.sandbox.rendering import parse_includes, render
from kartra_freshsales.sandbox.state import Record, in_ids
from kartra_freshsales.sandbox.values import as_id
from kartra_freshsales.sandbox.world import World

Clause = tuple[str, tuple[Any, ...]]
_DAY_US: Final = 86_400_000_000


@dataclass(frozen=True)
class View:
    """A named filter; ``clause`` gives SQL of ours and its arguments."""

    name: str
    clause: Callable[[World], Clause]


def _fixed(sql: str) -> Callable[[World], Clause]:
    return lambda _world: (sql, ())


def _mine(world: World) -> Clause:
    return "deleted = 0 AND owner_id = ?", (world.seed.admin_id,)


def _recent(column: str) -> Callable[[World], Clause]:
    def clause(world: World) -> Clause:  # whole days, so that counts can be remembered
        start = world.now_us() // _DAY_US * _DAY_US - 7 * _DAY_US
        return f"deleted = 0 AND {column} >= ?", (start,)

    return clause


_ALL: Final = _fixed("deleted = 0")
_NONE: Final = _fixed("deleted = 0 AND id < 0")
_BIN: Final = View("Recycle Bin", _fixed("deleted = 1"))
_OPEN: Final = _fixed("deleted = 0 AND kind = 0")
_BOUNCED: Final = _fixed("deleted = 0 AND json_extract(body, '$.subscription_status') = 4")

VIEWS: Final[dict[str, tuple[View, ...]]] = {
    "contacts": (
        View("My Contacts", _mine),
        View("My Territory Contacts", _NONE),
        View("New Contacts", _recent("created_us")),
        View("All Contacts", _ALL),
        View("Recently Modified", _recent("updated_us")),
        View("Recently Imported", _NONE),
        View("Never Contacted", _ALL),
        View("Needs Follow-up", _NONE),
        View("Active", _ALL),
        View("Inactive", _NONE),
        _BIN,
        View("Bounced contacts", _BOUNCED),
        View("Untouched 5-star contacts", _NONE),
        View("Slipping away", _NONE),
    ),
    "sales_accounts": (
        View("My Accounts", _mine),
        View("All Accounts", _ALL),
        View("My Territory Accounts", _NONE),
        View("Recently Imported", _NONE),
        _BIN,
    ),
    "leads": (
        View("My Leads", _mine),
        View("My Territory Leads", _NONE),
        View("New Leads", _recent("created_us")),
        View("Unassigned Leads", _fixed("deleted = 0 AND owner_id IS NULL")),
        View("All Leads", _ALL),
        View("Recently Modified", _recent("updated_us")),
        View("Recently Imported", _NONE),
        _BIN,
    ),
    "deals": (
        View("Open Deals", _OPEN),
        View("My Deals", _mine),
        View("My Territory Deals", _NONE),
        View("Recent Deals", _recent("created_us")),
        View("Recently Imported", _NONE),
        View("Lost Deals", _fixed("deleted = 0 AND kind = 2")),
        View("Won Deals", _fixed("deleted = 0 AND kind = 1")),
        View("Hot Deals", _NONE),
        View("Cold Deals", _NONE),
        View("Closing this week", _NONE),
        View("This month's sales", _NONE),
        _BIN,
    ),
}
_FIRST_ID: Final = {
    "contacts": 75_000_001_001,
    "sales_accounts": 75_000_002_001,
    "deals": 75_000_003_001,
    "leads": 75_000_004_001,
}
_SORT_COLUMNS: Final = {
    "id": "id",
    "created_at": "created_us",
    "updated_at": "updated_us",
    "name": "name COLLATE NOCASE",
    "display_name": "name COLLATE NOCASE",
    "amount": "CAST(json_extract(body, '$.amount') AS REAL)",
    "base_currency_amount": "CAST(json_extract(body, '$.base_currency_amount') AS REAL)",
    "owner_id": "owner_id",
}


def views_of(world: World, module: Module) -> dict[int, View]:
    """The views of a module by id; "All Deals" only where the account has it."""
    views = VIEWS[module.plural]
    if module.plural == "deals" and world.config.switches.all_deals_view:
        views = (*views, View("All Deals", _ALL))
    return {_FIRST_ID[module.plural] + at: view for at, view in enumerate(views)}


def _shown(world: World, module: Module, view_id: int, view: View) -> dict[str, Any]:
    return {
        "id": view_id,
        "name": view.name,
        "model_class_name": module.target,
        "user_id": world.seed.admin_id,
        "is_default": True,
        "updated_at": "2024-01-01T00:00:00-05:00",
        "user_name": None,
        "current_user_permissions": [],
    }


def filters(call: Call) -> Answer:
    """``GET /M/filters``: every view of the module."""
    module = MODULES[call.params["module"]]
    items = views_of(call.world, module).items()
    shown = [_shown(call.world, module, view_id, view) for view_id, view in items]
    return Answer({"filters": shown, "meta": {}})


def one_filter(call: Call) -> Answer:
    """``GET /M/filters/:id``: one view's description."""
    module = MODULES[call.params["module"]]
    view_id = call.params["id"]
    view = views_of(call.world, module).get(view_id)
    if view is None:
        raise forbidden()
    return Answer({"filter": _shown(call.world, module, view_id, view)})


def bare_list(_call: Call) -> Answer:
    """``GET /M``: refused; records are listed through views only."""
    raise forbidden()


def view(call: Call) -> Answer:
    """``GET /M/view/:view_id``: one page of a view."""
    world, module = call.world, MODULES[call.params["module"]]
    found = views_of(world, module).get(call.params["id"])
    if found is None:
        raise forbidden()
    where, args = found.clause(world)
    _, per_page = call.paging
    total = world.store.count(module.plural, where, args)
    records = _page(call, module, where, args)
    side, shown = render(world, module, records, parse_includes(call.query.get("include")))
    meta: dict[str, Any] = page_meta(total, per_page)
    if module is CONTACTS:
        meta["avatar_data"] = {}
    return Answer({**side, module.plural: shown, "meta": meta})


def scroll(call: Call) -> Answer:
    """``GET /contacts/scroll/:view_id``: the records after an id, in the order of ids.

    Classic only. ``meta.has_next_page`` is what a public client for Classic reads.
    """
    world, module = call.world, MODULES[call.params["module"]]
    found = views_of(world, module).get(call.params["id"])
    if found is None:
        raise forbidden()
    where, args = found.clause(world)
    limit = min(MOST_PER_PAGE, call.number("limit", PER_PAGE))
    records = world.store.select(
        module.plural,
        f"{where} AND id > ?",
        (*args, as_id(call.query.get("last_fetched_id")) or 0),
        f"ORDER BY id LIMIT {limit + 1}",
    )
    side, shown = render(
        world, module, records[:limit], parse_includes(call.query.get("include"))
    )
    meta = {"has_next_page": len(records) > limit}
    return Answer({**side, module.plural: shown, "meta": meta})


def _page(
    call: Call, module: Module, where: str, args: tuple[Any, ...], *, steady: bool = True
) -> list[Record]:
    page, per_page = call.paging
    if not per_page:
        return []
    order, sort_args = order_of(call, module)
    store, start = call.world.store, (page - 1) * per_page
    rows = Rows(module.plural, where, (*args, *sort_args), order)
    # Ids alone first: an index holds them, however deep the page lies.
    ids = store.pages.ids(
        rows, start, per_page, store.version(module.plural) if steady else None
    )
    found = {record.id: record for record in store.select(module.plural, *in_ids(ids))}
    return [found[record_id] for record_id in ids]


def order_of(call: Call, module: Module) -> tuple[str, tuple[Any, ...]]:
    """How a call wants records sorted: SQL of ours and its arguments."""
    sort = call.query.get("sort", "")
    way = "ASC" if call.query.get("sort_type", "desc").lower() == "asc" else "DESC"
    if sort in _SORT_COLUMNS:
        tie = "" if sort in {"id", "updated_at", "created_at"} else f", id {way}"
        return f"{_SORT_COLUMNS[sort]} {way}{tie}", ()
    if sort in module.template or sort in module.hidden:
        return f"json_extract(body, ?) {way}, id {way}", (f"$.{sort}",)
    if sort.startswith("cf_") and sort in call.world.fields.custom[module.plural]:
        return f"json_extract(body, ?) {way}, id {way}", (f"$.custom_field.{sort}",)
    return "updated_us DESC", ()


def list_members(call: Call) -> Answer:
    """``GET /contacts/lists/:list_id``: one page of a marketing list's members."""
    world, list_id = call.world, call.params["id"]
    known = world.store.sql.execute("SELECT 1 FROM lists WHERE id=?", (list_id,)).fetchone()
    if known is None:
        raise Refusal(404, "The list you are looking for is not available in the CRM.")
    where = "deleted = 0 AND id IN (SELECT contact_id FROM list_member WHERE list_id = ?)"
    _, per_page = call.paging
    total = world.store.sql.execute(
        f"SELECT COUNT(*) FROM contacts WHERE {where}", (list_id,)
    ).fetchone()[0]
    records = _page(call, CONTACTS, where, (list_id,), steady=False)
    side, shown = render(
        world, CONTACTS, records, parse_includes(call.query.get("include"))
    )
    return Answer({**side, "contacts": shown, "meta": page_meta(total, per_page)})
