"""Paging, sorting, key order and views (reference 3.2 and 3.3)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import httpx
import pytest

from kartra_freshsales.sandbox.config import Switches
from kartra_freshsales_tests.sandbox.conftest import Account
from kartra_freshsales_tests.sandbox.contract.conftest import House
from kartra_freshsales_tests.sandbox.contract.shapes import VIEW, VIEW_NAMES
from kartra_freshsales_tests.sandbox.scenario import messages, view_id

Json = dict[str, Any]


@pytest.mark.parametrize(
    ("query", "rows", "pages"),
    [
        pytest.param("", 25, 2, id="3.2 per_page default 25"),
        pytest.param("per_page=7", 7, 5, id="3.2 per_page"),
        pytest.param("per_page=7&page=5", 2, 5, id="3.2 last page"),
        pytest.param("per_page=7&page=6", 0, 5, id="3.2 page past the end"),
        pytest.param("per_page=7&page=1000000", 0, 5, id="3.2 page far past the end"),
        pytest.param("per_page=0", 0, 0, id="3.2 per_page 0"),
        pytest.param("per_page=1000", 30, 1, id="3.2 per_page above 100"),
        pytest.param("page=0&per_page=7", 7, 5, id="3.2 page 0 is page 1"),
        pytest.param("per_page=7&per_page=4", 4, 8, id="3.2 last of two keys wins"),
        pytest.param("per_page=4x", 4, 8, id="3.2 number read leniently"),
        pytest.param("per_page=x", 25, 2, id="3.2 no number at all"),
        pytest.param("per_page=4?page=3", 4, 8, id="8 two question marks"),
        pytest.param("per_page=4&unknown=1", 4, 8, id="10 unknown key ignored"),
    ],
)
def test_a_page_holds_what_was_asked_for(
    house: House, query: str, rows: int, pages: int
) -> None:
    number = view_id(house.client, "contacts", "All Contacts")
    answer = house.client.get(f"/contacts/view/{number}?{query}")
    assert answer.status_code == 200
    page = answer.json()
    assert len(page["contacts"]) == rows
    assert (page["meta"]["total_pages"], page["meta"]["total"]) == (pages, 30)


# reference 3.2 and 12, 27
@pytest.mark.parametrize("per_page", [1, 7, 25, 50, 100])
def test_the_pages_of_a_view_hold_every_record_once(house: House, per_page: int) -> None:
    total = -(-30 // per_page)
    ids = [
        item["id"]
        for page in range(1, total + 1)
        for item in house.view(
            "contacts", per_page=per_page, page=page, sort="created_at", sort_type="asc"
        )["contacts"]
    ]
    assert len(ids) == 30
    assert ids == sorted(set(ids))


def _money(item: Json) -> float:
    return float(item["amount"])


def _key(name: str) -> Callable[[Json], Any]:
    return lambda item: item[name]


@pytest.mark.parametrize("way", ["asc", "desc"])
@pytest.mark.parametrize(
    ("module", "sort", "key"),
    [
        pytest.param("contacts", "id", _key("id"), id="3.2 sort id"),
        pytest.param("contacts", "updated_at", _key("updated_at"), id="3.2 updated_at"),
        pytest.param("contacts", "created_at", _key("created_at"), id="3.2 created_at"),
        pytest.param("contacts", "last_name", _key("last_name"), id="3.2 any field"),
        pytest.param("contacts", "display_name", _key("display_name"), id="3.2 names"),
        pytest.param("sales_accounts", "name", _key("name"), id="3.2 sort name"),
        pytest.param("deals", "amount", _money, id="3.2 sort amount, as a number"),
    ],
)
def test_a_view_is_sorted_both_ways(
    house: House, module: str, sort: str, key: Callable[[Json], Any], way: str
) -> None:
    rows = house.view(module, sort=sort, sort_type=way, per_page=100)[module]
    keys = [key(item) for item in rows]
    assert len(keys) > 2
    assert len(set(keys)) > 1
    ordered = keys if way == "asc" else keys[::-1]
    assert all(before <= after for before, after in pairwise(ordered))


def test_first_name_sorts_too(crm: httpx.Client) -> None:
    for at, name in enumerate(("Bea", "Ada", "Cleo")):
        crm.post("/contacts", json={"email": f"{at}@example.com", "first_name": name})
    number = view_id(crm, "contacts", "All Contacts")
    for way, names in (("asc", ["Ada", "Bea", "Cleo"]), ("desc", ["Cleo", "Bea", "Ada"])):
        query = {"sort": "first_name", "sort_type": way}
        rows = crm.get(f"/contacts/view/{number}", params=query).json()["contacts"]
        assert [item["first_name"] for item in rows] == names


@pytest.mark.parametrize(
    ("module", "include", "keys"),
    [
        pytest.param("contacts", "", ["contacts", "meta"], id="3.2 list key first"),
        pytest.param(
            "contacts",
            "sales_accounts,deals,owner",
            ["users", "deals", "contacts", "meta"],
            id="3.2 side-loads before contacts",
        ),
        pytest.param(
            "sales_accounts",
            "contacts,deals,owner",
            ["users", "deals", "contacts", "sales_accounts", "meta"],
            id="3.2 side-loads before accounts",
        ),
        pytest.param(
            "deals",
            "contacts,sales_account,owner,deal_stage",
            ["users", "sales_accounts", "contacts", "deal_stages", "deals", "meta"],
            id="3.2 side-loads before deals",
        ),
        pytest.param("contacts", "nothing", ["contacts", "meta"], id="3.4 unknown name"),
    ],
)
def test_the_list_key_comes_first_unless_side_loads_do(
    house: House, module: str, include: str, keys: list[str]
) -> None:
    page = house.view(module, include=include)
    assert list(page) == keys
    assert isinstance(page["meta"], dict)


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/contacts/view/1", id="3.2 unknown view of contacts"),
        pytest.param("/sales_accounts/view/1", id="3.2 unknown view of accounts"),
        pytest.param("/deals/view/1", id="3.2 unknown view of deals"),
        pytest.param("/deals/view/{all_contacts}", id="3.2 view of another module"),
        pytest.param("/contacts/filters/1", id="2.1 unknown filter"),
        pytest.param("/contacts", id="2.1 bare list of contacts"),
        pytest.param("/sales_accounts", id="2.1 bare list of accounts"),
        pytest.param("/deals", id="2.1 bare list of deals"),
        pytest.param("/contacts?page=1&per_page=50", id="2.1 bare list with a page"),
        pytest.param("/leads", id="1 no leads module"),
        pytest.param("/leads/filters", id="12, 32 leads are asked for once"),
    ],
)
def test_lists_without_a_view_are_forbidden(house: House, path: str) -> None:
    answer = house.client.get(house.path(path))
    assert answer.status_code == 403
    assert messages(answer)


@pytest.mark.parametrize("module", VIEW_NAMES)
def test_filters_are_the_recorded_views_with_the_recorded_keys(
    house: House, module: str
) -> None:
    answer = house.get(f"/{module}/filters").json()
    assert list(answer) == ["filters", "meta"]
    assert [item["name"] for item in answer["filters"]] == VIEW_NAMES[module]
    models = {"contacts": "Contact", "sales_accounts": "SalesAccount", "deals": "Deal"}
    for item in answer["filters"]:
        assert list(item) == VIEW
        assert item["model_class_name"] == models[module]
        assert house.get(f"/{module}/filters/{item['id']}").json() == {"filter": item}
        assert house.get(f"/{module}/view/{item['id']}").status_code == 200


# reference 3.3
@pytest.mark.parametrize(
    ("switches", "there"),
    [
        pytest.param(Switches(), False, id="3.3 no view of all deals"),
        pytest.param(Switches(all_deals_view=True), True, id="3.3 some have one"),
    ],
)
def test_open_won_and_lost_together_are_every_deal(
    account: Account, switches: Switches, there: bool
) -> None:
    with account(switches=switches) as crm:
        stages = crm.get("/selector/deal_stages").json()["deal_stages"]
        for stage in stages:
            body = {"name": stage["name"], "amount": 1, "deal_stage_id": stage["id"]}
            crm.post("/deals", json=body)
        views = {
            item["name"]: [
                deal["name"]
                for deal in crm.get(f"/deals/view/{item['id']}").json()["deals"]
            ]
            for item in crm.get("/deals/filters").json()["filters"]
        }
        names = {stage["name"] for stage in stages}
        assert (views["Won Deals"], views["Lost Deals"]) == (["Won"], ["Lost"])
        assert {*views["Open Deals"], "Won", "Lost"} == names
        assert ("All Deals" in views) is there
        assert not there or set(views["All Deals"]) == names
