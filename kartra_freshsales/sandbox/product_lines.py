"""The products of a deal or a CPQ document: checking, replacing, showing.

A write replaces the whole list; an empty one removes all. The amount of a deal stays as it
is: no source says that products change it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from kartra_freshsales.sandbox import items
from kartra_freshsales.sandbox.catalogue import base_currency, currency, price
from kartra_freshsales.sandbox.items import Item, Json
from kartra_freshsales.sandbox.refusal import bad
from kartra_freshsales.sandbox.state import in_ids
from kartra_freshsales.sandbox.values import as_id, as_number
from kartra_freshsales.sandbox.world import World

_TABLE: Final = "product_lines"


def replace(world: World, owner: str, owner_id: int, asked: Any) -> int:
    """Let a deal or document have exactly these products; answers how many."""
    if not isinstance(asked, list) or not all(isinstance(one, dict) for one in asked):
        raise bad("Invalid or missing attributes")
    bodies = [_line(world, one) for one in asked]
    world.store.sql.execute(
        f"DELETE FROM {_TABLE} WHERE module = ? AND record_id = ?", (owner, owner_id)
    )
    for body in bodies:
        items.insert(world, _TABLE, Item(0, owner, owner_id, 0, 0, None, None, 0, body))
    return len(bodies)


def _line(world: World, asked: Json) -> Json:
    product_id = as_id(asked.get("id", asked.get("product_id")))
    found = items.select(world, "products", "id = ? AND done = 0", (product_id,))
    if not found:
        raise bad("Product doesn't exist")
    code = currency(world, asked.get("currency_code") or base_currency(world))
    quantity = as_number(asked.get("quantity", 1))
    if quantity is None or quantity <= 0:
        raise bad("Quantity is not in required format")
    listed = _listed_price(found[0], code)
    return {
        "product_id": product_id,
        "currency_code": code,
        "unit_price": price(asked.get("unit_price", listed)) or 0.0,
        "setup_fee": price(asked.get("setup_fee")),
        "billing_type": as_id(asked.get("billing_type")),
        "billing_cycle": as_id(asked.get("billing_cycle")),
        "quantity": int(quantity) if quantity == int(quantity) else float(quantity),
        "discount": price(asked.get("discount")) or 0.0,
        "discount_type": as_id(asked.get("discount_type")) or 1,
    }


def _listed_price(product: Item, code: str) -> Any:
    pricings = product.body.get("product_pricings", [])
    return next((one["unit_price"] for one in pricings if one["currency_code"] == code), 0)


def of_owners(world: World, owner: str, ids: Sequence[int]) -> dict[int, list[Json]]:
    """The products of some deals or documents as shown, in the order they were sent."""
    lines = items.of_record(world, _TABLE, owner, ids)[::-1]
    ids_of_products = [line.body["product_id"] for line in lines]
    products = {
        item.id: item for item in items.select(world, "products", *in_ids(ids_of_products))
    }
    found: dict[int, list[Json]] = {}
    for line in lines:
        product = products[line.body["product_id"]]
        found.setdefault(line.record_id, []).append(_shown(owner, line, product))
    return found


def _shown(owner: str, line: Item, product: Item) -> Json:
    ids: Json = (
        {"deal_id": line.record_id, "_id": str(line.id)}
        if owner == "deals"
        else {
            "cpq_document_id": line.record_id,
            "item_id": str(line.id),
            "custom_columns": {},
        }
    )
    return {
        **line.body,
        **ids,
        "association_id": line.id,
        "id": product.id,
        "name": product.body["name"],
        "pricing_type": product.body["pricing_type"],
        "avatar": None,
        "owner_id": product.body.get("owner_id"),
        "category": product.body.get("category"),
    }
