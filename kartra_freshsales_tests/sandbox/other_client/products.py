"""Products, CPQ documents and selectors by the other client."""

from __future__ import annotations

from typing import Any, Final

import pytest
from requests import HTTPError

from kartra_freshsales_tests.sandbox.other_client.table import (
    Caller,
    Ground,
    Operation,
    Table,
)

PRODUCTS: Final = Table()


# products


def _product(call: Caller, ground: Ground) -> Any:
    return call("products.create_product", name=ground.word(), category="Software")


@PRODUCTS.entry("products.create_product")
@PRODUCTS.entry("products.view_product")
@PRODUCTS.entry("products.update_product")
def _products(call: Caller, ground: Ground) -> None:
    product, name = _product(call, ground), ground.word()
    assert call("products.update_product", product.id, name=name).name == name
    shown = call("products.view_product", product.id)
    assert (shown.name, shown.category) == (name, "Software")
    assert shown.created_at.tzinfo is not None


@PRODUCTS.entry("products.delete_product")
@PRODUCTS.entry("products.restore_product")
def _restore_product(call: Caller, ground: Ground) -> None:
    product = _product(call, ground)
    # It looks for {"success": "200"}, but products answer {"msg": {"code": "success"}}.
    assert call("products.delete_product", product.id) is False
    assert ground.gone(f"/cpq/products/{product.id}")
    assert call("products.restore_product", product.id).id == product.id
    assert not ground.gone(f"/cpq/products/{product.id}")


@PRODUCTS.entry("products.add_product_prices")
@PRODUCTS.entry("products.edit_product_prices")
@PRODUCTS.entry("products.delete_product_prices")
def _product_prices(call: Caller, ground: Ground) -> None:
    product = _product(call, ground).id
    price = {"currency_code": "USD", "unit_price": 2000}
    priced = call("products.add_product_prices", product, 1, [price])
    (line,) = priced.product_pricings
    assert float(line["unit_price"]) == 2000
    change = [{"id": line["id"], "unit_price": 1500}]
    changed = call("products.edit_product_prices", product, change)
    assert [float(item["unit_price"]) for item in changed.product_pricings] == [1500]
    emptied = call("products.delete_product_prices", product, [line["id"]])
    assert emptied.product_pricings == []


@PRODUCTS.entry("products.add_products_to_deal")
@PRODUCTS.entry("products.delete_all_deal_products")
def _deal_products(call: Caller, ground: Ground) -> None:
    deal, product = ground.made("deals"), _product(call, ground)
    filled = call("products.add_products_to_deal", deal, [{"id": product.id}])
    assert [item.name for item in filled.products] == [product.name]
    assert call("products.delete_all_deal_products", deal).products == []


@PRODUCTS.entry("products.edit_deal_products")
def _edit_deal_products(call: Caller, ground: Ground) -> None:
    deal, product = ground.made("deals"), _product(call, ground)
    changes = [{"id": product.id, "quantity": 2}]
    # It sends products without asking for them and relies on getting them.
    changed = call("products.edit_deal_products", deal, changes)
    assert [item.quantity for item in changed.products] == [2]
    (line,) = ground.read("deals", deal, "products")["products"]
    assert line["quantity"] == 2


# CPQ documents


def _document(call: Caller, ground: Ground) -> Any:
    return call(
        "documents.create_document", deal_id=ground.made("deals"),
        display_name=ground.word(), document_type="Quote", currency_code="USD",
    )  # fmt: skip


@PRODUCTS.entry("documents.create_document")
@PRODUCTS.entry("documents.view_document")
@PRODUCTS.entry("documents.update_document")
def _documents(call: Caller, ground: Ground) -> None:
    document = _document(call, ground)
    changed = call("documents.update_document", document.id, display_name="Other")
    assert changed.display_name == "Other"
    assert call("documents.view_document", document.id).display_name == "Other"
    full = call("documents.view_document", document.id, include="products")
    assert full.products == []


@PRODUCTS.entry("documents.delete_document")
@PRODUCTS.entry("documents.restore_document")
@PRODUCTS.entry("documents.forget_document")
def _remove_document(call: Caller, ground: Ground) -> None:
    document = _document(call, ground)
    assert call("documents.delete_document", document.id) is True
    assert call("documents.restore_document", document.id).id == document.id
    assert call("documents.forget_document", document.id) is True
    assert ground.gone(f"/cpq/cpq_documents/{document.id}")


@PRODUCTS.entry("documents.add_products_to_document")
@PRODUCTS.entry("documents.edit_products_of_document")
@PRODUCTS.entry("documents.delete_products_from_document")
@PRODUCTS.entry("documents.get_related_products")
def _document_products(call: Caller, ground: Ground) -> None:
    document, product = _document(call, ground).id, _product(call, ground).id
    line = {"id": product, "quantity": 2}
    filled = call("documents.add_products_to_document", document, [line])
    assert [item.quantity for item in filled.products] == [2]
    line = {"id": product, "quantity": 3, "discount": 10}
    changed = call("documents.edit_products_of_document", document, [line])
    assert [item.quantity for item in changed.products] == [3]
    related = call("documents.get_related_products", document)
    assert [item.id for item in related] == [product]
    assert call("documents.delete_products_from_document", document).products == []


# selectors

_SELECTORS: Final = {
    "get_users": "owners",
    "get_territories": "territories",
    "get_deal_stages": "deal_stages",
    "get_currencies": "currencies",
    "get_deal_reasons": "deal_reasons",
    "get_deal_types": "deal_types",
    "get_lead_sources": "lead_sources",
    "get_industry_types": "industry_types",
    "get_business_types": "business_types",
    "get_campaigns": "campaigns",
    "get_deal_payment_statuses": "deal_payment_statuses",
    "get_deal_prodcuts": "deal_products",  # spelt so
    "get_deal_pipelines": "deal_pipelines",
    "get_contact_statuses": "contact_statuses",
    "get_sales_activity_types": "sales_activity_types",
    "get_sales_activity_entity_types": "sales_activity_entity_types",
    "get_sales_activity_outcomes": "sales_activity_outcomes",
    "get_lifecycle_stages": "lifecycle_stages",
}


def _selector(method: str, name: str) -> Operation:
    def check(call: Caller, ground: Ground) -> None:
        shown = next(iter(ground.crm.get(f"/selector/{name}").json().values()))
        found = call(f"selectors.{method}")
        assert [item.id for item in found] == [item["id"] for item in shown]
        assert all(str(item) for item in found)

    return check


for _method, _name in _SELECTORS.items():
    PRODUCTS[f"selectors.{_method}"] = _selector(_method, _name)


@PRODUCTS.entry("selectors.get_sales_activity_type_outcomes")
def _type_outcomes(call: Caller, ground: Ground) -> None:
    outcomes = ground.crm.get("/selector/sales_activity_outcomes").json()
    kind = outcomes["sales_activity_outcomes"][0]["sales_activity_type_id"]
    found = call("selectors.get_sales_activity_type_outcomes", kind)
    assert all(item.sales_activity_type_id == kind for item in found)
    assert found


@PRODUCTS.entry("selectors.get_deal_pipeline_stages")
def _pipeline_stages(call: Caller, ground: Ground) -> None:
    pipeline = ground.crm.get("/selector/deal_pipelines").json()["deal_pipelines"][0]["id"]
    # Its address lacks a slash: /selector/deal_pipelines<id>/deal_stages is not there.
    with pytest.raises(HTTPError, match="CRM"):
        call("selectors.get_deal_pipeline_stages", pipeline)
