"""What records show of their notes and products, looked up for a whole page at once."""

from __future__ import annotations

from kartra_freshsales.sandbox import product_lines
from kartra_freshsales.sandbox.items import Json
from kartra_freshsales.sandbox.modules import DEALS, Module
from kartra_freshsales.sandbox.state import marks
from kartra_freshsales.sandbox.world import World


def recent_notes(world: World, module: Module, shown: list[Json]) -> None:
    """Put each record's latest note on it."""
    ids = [item["id"] for item in shown]
    rows = world.store.sql.execute(
        "SELECT record_id, description FROM notes WHERE id IN (SELECT MAX(id) FROM notes"
        f" WHERE record_id IN ({marks(ids)}) AND module = ? GROUP BY record_id)",
        (*ids, module.plural),
    )
    latest = dict(rows.fetchall())
    for item in shown:
        if item["id"] in latest:
            item["recent_note"] = latest[item["id"]]


def deal_products(world: World, shown: list[Json]) -> None:
    """Put the products of deals on them, where the real API has them."""
    deals = [item["id"] for item in shown]
    lines = product_lines.of_owners(world, DEALS.plural, deals)
    for item in shown:
        last = {key: item.pop(key) for key in ("rotten_days", "tags")}
        item.update({"products": lines.get(item["id"], []), **last})
