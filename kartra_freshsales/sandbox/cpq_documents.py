"""CPQ documents (quotes and the like): the pattern of products, with a forget."""

from __future__ import annotations

from typing import Final

from kartra_freshsales.sandbox import catalogue, items, product_lines
from kartra_freshsales.sandbox.calls import Answer, Call
from kartra_freshsales.sandbox.catalogue import Kind
from kartra_freshsales.sandbox.entries import Entry
from kartra_freshsales.sandbox.items import Item, Json
from kartra_freshsales.sandbox.modules import MODULES
from kartra_freshsales.sandbox.products import PRODUCTS
from kartra_freshsales.sandbox.records import live
from kartra_freshsales.sandbox.refusal import bad
from kartra_freshsales.sandbox.state import FIRST_IDS
from kartra_freshsales.sandbox.values import as_checkbox, as_id, as_text
from kartra_freshsales.sandbox.world import World

_TABLE: Final = "cpq_documents"
_ADDRESS: Final = tuple(
    f"{kind}_{part}"
    for kind in ("shipping", "billing")
    for part in ("address", "city", "state", "zipcode", "country")
)
_RELATED: Final = {
    "deal_id": "deals",
    "contact_id": "contacts",
    "sales_account_id": "sales_accounts",
}


def _fill(world: World, item: Item, sent: Json) -> None:
    body = item.body
    for key, plural in _RELATED.items():
        if key in sent:
            body[key] = _related(world, key, plural, sent[key])
    if "document_type" in sent:
        text = as_text("document_type", sent["document_type"])
        body["document_type"] = items.required_text("document_type", text)
    catalogue.fill_texts(
        item, sent, ("stage", "display_name", "cpq_document_template_name", *_ADDRESS)
    )
    catalogue.fill_common(world, item, sent)
    if "amount" in sent:
        body["amount"] = catalogue.price(sent["amount"])
    if "currency_code" in sent:
        body["currency_code"] = catalogue.currency(world, sent["currency_code"])
    if "is_deal_primary" in sent:
        flag = as_checkbox("is_deal_primary", sent["is_deal_primary"])
        body["is_deal_primary"] = bool(flag)
    if "products" in sent:
        product_lines.replace(world, _TABLE, item.id, sent["products"])


def _related(world: World, key: str, plural: str, value: object) -> int | None:
    if value is None:
        if key == "deal_id":
            raise bad("Deal can't be blank")
        return None
    found = as_id(value)
    if found is None:
        raise bad("Invalid or missing attributes")
    return live(world, MODULES[plural], found).id


def _show(world: World, item: Item, _names: frozenset[str]) -> Json:
    body = item.body
    lines = product_lines.of_owners(world, _TABLE, [item.id]).get(item.id, [])
    number = item.id - FIRST_IDS[_TABLE]
    return {
        "id": item.id,
        **{key: body.get(key) for key in _RELATED},
        "document_type": body["document_type"],
        "stage": body.get("stage"),
        "valid_till": body.get("valid_till"),
        **{key: body.get(key) for key in _ADDRESS},
        "owner_id": body.get("owner_id"),
        "amount": body.get("amount") or 0.0,
        "currency_code": body.get("currency_code") or catalogue.base_currency(world),
        "base_currency_amount": None,
        "creater_id": world.seed.admin_id,
        "updater_id": None,
        "custom_field": {},
        "created_at": world.shown_time(item.created_us),
        "updated_at": world.shown_time(item.updated_us),
        "is_deleted": bool(item.done),
        "document_number": f"DOC-{number}",
        "territory_id": body.get("territory_id"),
        "is_deal_primary": body.get("is_deal_primary", False),
        "products": lines,
        "display_name": body.get("display_name"),
        "email_template_id": None,
        "cpq_document_template_name": body.get("cpq_document_template_name"),
        "has_products": bool(lines),
        "signatures": [],
        "signed_url": None,
        "has_signatures": False,
        "signing_order_modified": None,
    }


DOCUMENTS: Final = Kind(
    _TABLE, "cpq_document", "document", ("deal_id", "document_type"), _fill, _show
)


def forget(call: Call) -> Answer:
    """``DELETE /cpq/cpq_documents/:id/forget``: erased for good."""
    item = items.get(call.world, _TABLE, call.params["id"])
    product_lines.replace(call.world, _TABLE, item.id, [])
    items.remove(call.world, _TABLE, item.id)
    return Answer({"msg": {"id": item.id, "code": "success"}})


def related_products(call: Call) -> Answer:
    """``GET /cpq/cpq_documents/:id/related_products``."""
    item = catalogue.standing(call.world, DOCUMENTS, call.params["id"])
    lines = product_lines.of_owners(call.world, _TABLE, [item.id]).get(item.id, [])
    names = frozenset({"product_pricings"})
    shown = [
        {**PRODUCTS.show(call.world, items.get(call.world, "products", line["id"]), names),
         "lookup_information": {}}
        for line in lines
    ]  # fmt: skip
    return Answer({"products": shown})


_BASE: Final = f"/cpq/{_TABLE}/{{id:int}}"
ENTRIES: Final = (
    *catalogue.entries(DOCUMENTS),
    Entry("DELETE", f"{_BASE}/forget", forget),
    Entry("GET", f"{_BASE}/related_products", related_products),
)
