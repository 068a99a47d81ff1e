"""The product catalogue, products of deals, CPQ documents (reference 2.2, 2.3, 3.4, 9)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from kartra_freshsales_tests.sandbox.conftest import Account
from kartra_freshsales_tests.sandbox.scenario import got, made, messages

PRICES = [{"currency_code": "USD", "unit_price": 1000}, {"currency_code": "EUR"}]


@pytest.fixture
def pro(account: Account) -> Iterator[httpx.Client]:
    """An account whose plan has a catalogue and several currencies."""
    with account(plan="pro") as client:
        yield client


def product(crm: httpx.Client, **values: Any) -> dict[str, Any]:
    answer = crm.post("/cpq/products", json={"product": {"name": "Course", **values}})
    assert answer.status_code == 200, answer.text
    made_product: dict[str, Any] = answer.json()["product"]
    return made_product


def priced(crm: httpx.Client, product_id: int, prices: object, **values: Any) -> Any:
    return crm.put(
        f"/cpq/products/{product_id}",
        params={"include": "product_pricings"},
        json={"product": {"product_pricings": prices, **values}},
    )


# reference 9
@pytest.mark.parametrize("plan", ["free", "growth"])
def test_a_plan_without_a_catalogue_refuses_it(account: Account, plan: str) -> None:
    with account(plan=plan) as crm:
        deal = made(crm, "deals", name="Deal 1", amount=5)["id"]
        for answer in (
            crm.post("/cpq/products", json={"product": {"name": "Course"}}),
            crm.post("/cpq/cpq_documents", json={"cpq_document": {"deal_id": deal}}),
            crm.get("/cpq/products/1"),
            crm.put(f"/deals/{deal}", json={"deal": {"products": []}}),
        ):
            assert answer.status_code == 403
        assert crm.put(f"/deals/{deal}", json={"deal": {"name": "B"}}).status_code == 200


def test_a_product_is_kept_and_changed_key_by_key(pro: httpx.Client) -> None:
    shown = product(pro, category="Software", sku_number="1", description="A course")
    assert list(shown) == [
        "id", "name", "category", "custom_field", "product_code", "sku_number",
        "parent_product", "territory_id", "valid_till", "is_active", "owner_id",
        "is_deleted", "created_at", "updated_at", "pricing_type", "avatar",
        "base_currency_amount", "creater_id", "updater_id", "description",
    ]  # fmt: skip
    path = f"/cpq/products/{shown['id']}"
    assert pro.get(path).json() == {"product": shown}
    sent = {"is_active": False, "valid_till": "2026-12-31"}
    changed = pro.put(path, json={"product": sent}).json()["product"]
    assert (changed["is_active"], changed["valid_till"]) == (False, "2026-12-31")
    assert (changed["category"], changed["name"]) == ("Software", "Course")


def test_a_product_needs_a_name_and_what_it_names_must_stand(pro: httpx.Client) -> None:
    for name in ({}, {"name": " "}):
        answer = pro.post("/cpq/products", json={"product": {"sku_number": "1", **name}})
        assert messages(answer) == ["Name can't be blank"]
    path = f"/cpq/products/{product(pro)['id']}"
    for wrong in (
        {"owner_id": 5},
        {"territory_id": 5},
        {"custom_field": {"cf_x": 1}},
        {"product_pricings": 5},
        {"product_pricings": [{"currency_code": "XYZ"}]},
        {"product_pricings": [{"id": 5, "unit_price": 1}]},
    ):
        assert pro.put(path, json={"product": wrong}).status_code == 400
    assert pro.get("/cpq/products/5").status_code == 404
    assert pro.get("/cpq/products").status_code == 404  # no call lists them


# reference 2.3
def test_prices_show_with_their_include_and_come_and_go_one_by_one(
    pro: httpx.Client,
) -> None:
    product_id = product(pro)["id"]
    shown = priced(pro, product_id, PRICES, pricing_type=1).json()["product"]
    first, second = shown["product_pricings"]
    assert list(first) == [
        "id", "currency_code", "_destroy", "billing_cycle", "billing_type", "unit_price",
        "setup_fee", "is_locked",
    ]  # fmt: skip
    assert (first["unit_price"], second["unit_price"]) == (1000.0, None)
    assert (shown["base_currency_amount"], shown["pricing_type"]) == (1000.0, 1)
    change = [
        {"id": second["id"], "unit_price": "7.5"},
        {"id": first["id"], "_destroy": True},
    ]
    shown = priced(pro, product_id, change).json()["product"]
    assert shown["product_pricings"] == [{**second, "unit_price": 7.5}]
    assert shown["base_currency_amount"] is None
    assert (
        "product_pricings" not in pro.get(f"/cpq/products/{product_id}").json()["product"]
    )
    assert priced(pro, product_id, [{"currency_code": "USD", "_destroy": True}]).is_error


# reference 2.2
def test_a_deleted_product_is_gone_until_it_is_restored(pro: httpx.Client) -> None:
    product_id = product(pro)["id"]
    path = f"/cpq/products/{product_id}"
    assert pro.put(f"{path}/restore").status_code == 404
    assert pro.delete(path).json() == {"msg": {"id": product_id, "code": "success"}}
    assert (pro.get(path).status_code, pro.delete(path).status_code) == (404, 404)
    restored = pro.put(f"{path}/restore").json()["product"]
    assert (restored["id"], restored["is_deleted"]) == (product_id, False)


# reference 2.3
@pytest.mark.parametrize("kind", ["products", "cpq_documents"])
def test_bulk_calls_pass_over_ids_they_do_not_know(pro: httpx.Client, kind: str) -> None:
    singular = kind.removesuffix("s")
    deal = made(pro, "deals", name="Deal 1", amount=5)["id"]
    required = {"name": "Course", "deal_id": deal, "document_type": "Quote"}
    ids = [
        pro.post(f"/cpq/{kind}", json={singular: required}).json()[singular]["id"]
        for _ in range(3)
    ]
    owner = pro.get("/selector/owners").json()["users"][1]["id"]
    base = f"/cpq/{kind}/{kind}_bulk"

    def shown(one: int) -> Any:
        return pro.get(f"/cpq/{kind}/{one}")

    word = {"products": "product", "cpq_documents": "document"}[kind]
    some = {"selected_ids": [*ids[:2], 5]}
    answer = pro.post(f"{base}_assign", json={**some, "owner_id": owner})
    assert answer.json() == {"message": f"2 {word}s updated."}
    assert [shown(one).json()[singular]["owner_id"] for one in ids] == [owner, owner, None]
    body = {"ids": ids, singular: {"owner_id": None}}
    assert pro.put(f"{base}_update", json=body).json() == {"message": f"3 {word}s updated."}
    assert shown(ids[0]).json()[singular]["owner_id"] is None
    answer = pro.post(f"{base}_delete", json=some)
    assert answer.json() == {"message": f"2 {word}s deleted."}
    assert [shown(one).status_code for one in ids] == [404, 404, 200]
    answer = pro.post(f"{base}_restore", json={"selected_ids": ids})
    assert answer.json() == {"message": f"2 {word}s restored."}
    assert [shown(one).status_code for one in ids] == [200, 200, 200]
    for method, call, wrong in (
        ("POST", "assign", some),
        ("POST", "assign", {"owner_id": owner}),
        ("POST", "delete", {"selected_ids": []}),
        ("PUT", "update", {"ids": ids}),
    ):
        assert pro.request(method, f"{base}_{call}", json=wrong).status_code == 400


# reference 2.3: PUT with include, an empty list removes all; 3.4: the include
def test_a_deal_has_exactly_the_products_last_sent(pro: httpx.Client) -> None:
    first, second = product(pro), product(pro, name="Coaching")
    priced(pro, first["id"], [{"currency_code": "USD", "unit_price": 20}])
    deal = made(pro, "deals", name="Deal 1", amount=5)
    path = f"/deals/{deal['id']}"

    def put(*products: dict[str, Any]) -> Any:
        body = {"deal": {"products": products}}
        return pro.put(path, params={"include": "products"}, json=body).json()["deal"]

    shown = put({"id": first["id"], "quantity": 2}, {"id": second["id"], "unit_price": 9})
    assert list(shown)[-4:] == ["has_products", "products", "rotten_days", "tags"]
    assert shown["has_products"] is True
    line = shown["products"][0]
    assert {key: line[key] for key in ("id", "product_id", "name", "quantity")} == {
        "id": first["id"],
        "product_id": first["id"],
        "name": "Course",
        "quantity": 2,
    }
    assert [one["unit_price"] for one in shown["products"]] == [20.0, 9.0]
    assert (line["deal_id"], line["_id"]) == (deal["id"], str(line["association_id"]))
    assert (shown["name"], shown["amount"]) == (deal["name"], deal["amount"])
    assert "products" not in got(pro, "deals", deal["id"])
    assert got(pro, "deals", deal["id"])["has_products"] is True
    with_include = got(pro, "deals", deal["id"], "products")
    assert with_include["products"] == shown["products"]
    assert [one["id"] for one in put({"id": second["id"]})["products"]] == [second["id"]]
    emptied = put()
    assert (emptied["products"], emptied["has_products"]) == ([], False)


# a client others wrote reads the products of its answer without asking for them
def test_products_just_written_show_without_the_include(pro: httpx.Client) -> None:
    deal = made(pro, "deals", name="Deal 1", amount=5)["id"]
    body = {"deal": {"products": [{"id": product(pro)["id"]}], "name": "Deal 2"}}
    shown = pro.put(f"/deals/{deal}", json=body).json()["deal"]
    assert (shown["name"], len(shown["products"])) == ("Deal 2", 1)


def test_a_refused_write_leaves_a_deals_products_alone(pro: httpx.Client) -> None:
    deal = made(pro, "deals", name="Deal 1", amount=5)["id"]
    standing, gone = product(pro)["id"], product(pro)["id"]
    pro.delete(f"/cpq/products/{gone}")
    path = f"/deals/{deal}"
    good = {"products": [{"id": standing}]}
    pro.put(path, json={"deal": good})
    wrong: dict[str, Any]
    for wrong in (
        {"products": [{"id": gone}]},
        {"products": [{}]},
        {"products": 5},
        {"products": [{"id": standing, "quantity": 0}]},
        {"products": [{"id": standing, "currency_code": "XYZ"}]},
        {"products": [], "owner_id": 5},
    ):
        assert pro.put(path, json={"deal": wrong}).status_code == 400
    assert [one["id"] for one in got(pro, "deals", deal, "products")["products"]] == [
        standing
    ]
    pro.delete(f"/cpq/products/{standing}")
    assert len(got(pro, "deals", deal, "products")["products"]) == 1


# reference 2.3: the same pattern, a forget and the related products
def test_a_cpq_document_belongs_to_a_deal_and_has_products(pro: httpx.Client) -> None:
    deal = made(pro, "deals", name="Deal 1", amount=5)["id"]
    contact = made(pro, "contacts", email="person.1@example.com")["id"]
    item = product(pro, category="Software")["id"]
    sent = {
        "deal_id": deal,
        "contact_id": contact,
        "document_type": "Quote",
        "display_name": "Offer",
        "amount": "12.5",
        "products": [{"id": item, "quantity": 2, "discount": 10}],
    }
    answer = pro.post("/cpq/cpq_documents", json={"cpq_document": sent})
    assert answer.status_code == 200
    shown = answer.json()["cpq_document"]
    assert (shown["document_number"], shown["amount"]) == ("DOC-1", 12.5)
    assert (shown["deal_id"], shown["contact_id"]) == (deal, contact)
    (line,) = shown["products"]
    assert (line["cpq_document_id"], line["quantity"], line["discount"]) == (
        shown["id"],
        2,
        10,
    )
    path = f"/cpq/cpq_documents/{shown['id']}"
    assert pro.get(path).json()["cpq_document"] == shown
    (related,) = pro.get(f"{path}/related_products").json()["products"]
    assert (related["id"], related["product_pricings"]) == (item, [])
    emptied = pro.put(path, json={"cpq_document": {"products": [], "stage": "Sent"}})
    emptied = emptied.json()["cpq_document"]
    assert (emptied["products"], emptied["has_products"]) == ([], False)
    assert (emptied["stage"], emptied["display_name"]) == ("Sent", "Offer")
    done = {"msg": {"id": shown["id"], "code": "success"}}
    assert pro.delete(path).json() == done
    assert pro.put(f"{path}/restore").json()["cpq_document"]["id"] == shown["id"]
    assert pro.delete(f"{path}/forget").json() == done
    assert pro.put(f"{path}/restore").status_code == 404
    assert pro.get(f"{path}/related_products").status_code == 404


def test_a_cpq_document_needs_a_live_deal_and_a_type(pro: httpx.Client) -> None:
    deal = made(pro, "deals", name="Deal 1", amount=5)["id"]
    whole = {"deal_id": deal, "document_type": "Quote"}
    for wrong, status in (
        ({"deal_id": None}, 400),
        ({"deal_id": "x"}, 400),
        ({"deal_id": 5}, 404),
        ({"contact_id": 5}, 404),
        ({"document_type": ""}, 400),
        ({"currency_code": "XYZ"}, 400),
        ({"products": [{"id": 5}]}, 400),
    ):
        body = {"cpq_document": {**whole, **wrong}}
        assert pro.post("/cpq/cpq_documents", json=body).status_code == status
    made_now = pro.post("/cpq/cpq_documents", json={"cpq_document": whole}).json()
    assert made_now["cpq_document"]["products"] == []


def test_a_forgotten_deal_takes_its_products_with_it(pro: httpx.Client) -> None:
    item = product(pro)["id"]
    deal = made(pro, "deals", name="Deal 1", amount=5)["id"]
    pro.put(f"/deals/{deal}", json={"deal": {"products": [{"id": item}]}})
    pro.request("DELETE", f"/deals/{deal}/forget", json=True)
    again = made(pro, "deals", name="Deal 1", amount=5)["id"]
    assert got(pro, "deals", again, "products")["products"] == []
    assert pro.get(f"/cpq/products/{item}").status_code == 200
