"""The product catalogue, and the products of a deal."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

from kartra_freshsales.sandbox import catalogue, crud, items, product_lines
from kartra_freshsales.sandbox.calls import Answer, Call
from kartra_freshsales.sandbox.catalogue import Kind
from kartra_freshsales.sandbox.features import has_feature
from kartra_freshsales.sandbox.items import Item, Json
from kartra_freshsales.sandbox.modules import DEALS
from kartra_freshsales.sandbox.records import live
from kartra_freshsales.sandbox.refusal import bad, forbidden
from kartra_freshsales.sandbox.state import FIRST_IDS
from kartra_freshsales.sandbox.values import as_checkbox, as_id, as_text
from kartra_freshsales.sandbox.world import World

_TEXTS: Final = ("category", "product_code", "sku_number")
_LONGEST: Final = 65_535
_FIRST_PRICE: Final = 419_000_000_000


def _fill(world: World, item: Item, sent: Json) -> None:
    body = item.body
    if "name" in sent:
        body["name"] = items.required_text("name", as_text("name", sent["name"]))
    catalogue.fill_texts(item, sent, _TEXTS)
    if "description" in sent:
        body["description"] = as_text("description", sent["description"], _LONGEST)
    catalogue.fill_common(world, item, sent)
    if "parent_product" in sent:
        body["parent_product"] = as_id(sent["parent_product"])
    if "is_active" in sent:
        body["is_active"] = bool(as_checkbox("is_active", sent["is_active"]))
    body["pricing_type"] = as_id(sent.get("pricing_type", body.get("pricing_type"))) or 0
    if "product_pricings" in sent:
        _price(world, item, sent["product_pricings"])


def _price(world: World, item: Item, asked: Any) -> None:
    """Add, change (by id or currency) and remove (``_destroy``) prices."""
    if not isinstance(asked, list) or not all(isinstance(one, dict) for one in asked):
        raise bad("Invalid or missing attributes")
    prices: list[Json] = item.body.setdefault("product_pricings", [])
    for one in asked:
        standing = _standing_price(prices, one)
        if one.get("_destroy"):
            if standing is None:
                raise bad("Invalid or missing attributes")
            prices.remove(standing)
            continue
        if standing is None:
            standing = _new_price(world, item, one)
            prices.append(standing)
        for key in ("unit_price", "setup_fee"):
            if key in one:
                standing[key] = catalogue.price(one[key])
        for key in ("billing_cycle", "billing_type"):
            if key in one:
                standing[key] = as_id(one[key])


def _new_price(world: World, item: Item, asked: Json) -> Json:
    code = catalogue.currency(world, asked.get("currency_code"))
    made = item.body["prices_made"] = item.body.get("prices_made", 0) + 1
    return {
        "id": _FIRST_PRICE + (item.id - FIRST_IDS["products"]) * 1000 + made,
        "currency_code": code,
        "_destroy": False,
        "billing_cycle": None,
        "billing_type": None,
        "unit_price": None,
        "setup_fee": None,
        "is_locked": False,
    }


def _standing_price(prices: list[Json], asked: Json) -> Json | None:
    key = "id" if asked.get("id") is not None else "currency_code"
    wanted = as_id(asked["id"]) if key == "id" else asked.get(key)
    found = next((one for one in prices if one[key] == wanted), None)
    if found is None and key == "id":
        raise bad("Invalid or missing attributes")
    return found


def _show(world: World, item: Item, names: frozenset[str]) -> Json:
    body = item.body
    prices = body.get("product_pricings", [])
    base = catalogue.base_currency(world)
    priced = {"product_pricings": prices} if "product_pricings" in names else {}
    return {
        "id": item.id,
        "name": body["name"],
        "category": body.get("category"),
        "custom_field": {},
        "product_code": body.get("product_code"),
        "sku_number": body.get("sku_number"),
        "parent_product": body.get("parent_product"),
        "territory_id": body.get("territory_id"),
        "valid_till": body.get("valid_till"),
        "is_active": body.get("is_active", True),
        "owner_id": body.get("owner_id"),
        "is_deleted": bool(item.done),
        "created_at": world.shown_time(item.created_us),
        "updated_at": world.shown_time(item.updated_us),
        "pricing_type": body["pricing_type"],
        **priced,
        "avatar": None,
        "base_currency_amount": next(
            (one["unit_price"] for one in prices if one["currency_code"] == base), None
        ),
        "creater_id": world.seed.admin_id,
        "updater_id": world.seed.admin_id,
        "description": body.get("description"),
    }


PRODUCTS: Final = Kind("products", "product", "product", ("name",), _fill, _show)


def update_deal(call: Call) -> Answer:
    """``PUT /deals/:id``: as any record, and ``products`` replaces the deal's products."""
    sent = call.mapping(DEALS.singular)
    if "products" not in sent:
        return crud.update(call)
    if not has_feature(call.world.config, "product_catalogue"):
        raise forbidden()
    record = live(call.world, DEALS, call.params["id"])
    count = product_lines.replace(call.world, DEALS.plural, record.id, sent["products"])
    if bool(count) != bool(record.body.get("has_products")):
        record.body["has_products"] = bool(count)
        call.world.store.save(DEALS.plural, record)
    include = f"{call.query.get('include', '')},products"
    return crud.update(dataclasses.replace(call, query={**call.query, "include": include}))


ENTRIES: Final = catalogue.entries(PRODUCTS)
