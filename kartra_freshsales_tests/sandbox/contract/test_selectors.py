"""Selectors and the keys of their items (reference 1.1, 2.4 and 3.5)."""

from __future__ import annotations

from typing import Any

import pytest

from kartra_freshsales_tests.sandbox.contract.conftest import House
from kartra_freshsales_tests.sandbox.contract.shapes import SELECTORS, STAGE

_NAMES = (
    "owners", "territories", "deal_stages", "deal_pipelines", "deal_types",
    "deal_reasons", "deal_payment_statuses", "deal_products", "currencies",
    "lead_sources", "industry_types", "business_types", "campaigns", "contact_statuses",
    "lifecycle_stages", "sales_activity_types", "sales_activity_outcomes",
    "sales_activity_entity_types", "designations",
)  # fmt: skip


@pytest.mark.parametrize("name", [pytest.param(name, id=f"2.4 {name}") for name in _NAMES])
def test_a_selector_answers_under_its_name_and_owners_under_users(
    house: House, name: str
) -> None:
    answer = house.get(f"/selector/{name}").json()
    key = "users" if name == "owners" else name
    assert list(answer) == [key]
    assert isinstance(answer[key], list)
    for item in answer[key]:
        assert name not in SELECTORS or list(item) == SELECTORS[name]
    assert bool(answer[key]) or name not in SELECTORS
    ids = [item["id"] for item in answer[key]]
    assert len(ids) == len(set(ids))


def test_the_stages_and_outcomes_of_one_parent_have_their_own_call(house: House) -> None:
    (pipeline,) = house.get("/selector/deal_pipelines").json()["deal_pipelines"]
    path = f"/selector/deal_pipelines/{pipeline['id']}/deal_stages"
    assert house.get(path).json() == {"deal_stages": pipeline["deal_stages"]}
    assert all(list(stage) == STAGE for stage in pipeline["deal_stages"])
    for kind in house.get("/selector/sales_activity_types").json()["sales_activity_types"]:
        path = f"/selector/sales_activity_types/{kind['id']}/sales_activity_outcomes"
        own = house.get(path).json()["sales_activity_outcomes"]
        assert all(item["sales_activity_type_id"] == kind["id"] for item in own)
        assert bool(own) is (kind["name"] == "Phone")


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/users", id="2.4 there is no /users"),
        pytest.param("/selector/users", id="2.4 owners are not called users"),
        pytest.param("/selector/nothing", id="2.4 unknown selector"),
        pytest.param("/selector/deal_pipelines/1/deal_stages", id="2.4 unknown pipeline"),
    ],
)
def test_a_selector_that_does_not_exist_is_not_found(house: House, path: str) -> None:
    assert house.client.get(path).status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_selectors_are_read_only(house: House, method: str) -> None:
    answer = house.client.request(method, "/selector/lead_sources", json={"name": "New"})
    assert answer.status_code == 404


# reference 1.1
def test_stages_and_statuses_are_the_recorded_ones(house: House) -> None:
    stages = house.get("/selector/lifecycle_stages").json()["lifecycle_stages"]
    statuses = house.get("/selector/contact_statuses").json()["contact_statuses"]
    shown = {
        stage["name"]: [
            (status["name"], status["forecast_type"])
            for status in statuses
            if status["id"] in stage["contact_status_ids"]
        ]
        for stage in stages
    }
    assert shown == {
        "Lead": [
            ("New", "Open"), ("Contacted", "Open"), ("Interested", "Open"),
            ("Unqualified", "Closed Lost"),
        ],
        "Sales Qualified Lead": [
            ("Qualified", "Open"), ("Negotiation", "Open"), ("Lost", "Closed Lost"),
        ],
        "Customer": [("Won", "Closed Won"), ("Churned", "Closed Lost")],
    }  # fmt: skip
    assert [stage["name"] for stage in stages if stage["default"]] == ["Lead"]
    for status in statuses:
        parent = next(item for item in stages if item["id"] == status["lifecycle_stage_id"])
        assert status["id"] in parent["contact_status_ids"]


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        pytest.param(
            "sales_activity_types",
            "Chat,Phone,Meeting,Task,Email,SMS Outgoing,Reminder,SMS Incoming",
            id="3.5 activity types",
        ),
        pytest.param(
            "deal_stages",
            "New,Follow-up,Under review,Demo,Negotiation,Won,Lost",
            id="3.5 deal stages",
        ),
        pytest.param(
            "lead_sources",
            "Web,Organic Search,Email,Phone,Chat,Web Form,Referral,Direct,Paid Search,"
            "Blogs,Social Media,Display Ads",
            id="3.5 lead sources",
        ),
    ],
)
def test_a_fresh_account_has_the_recorded_names(
    house: House, selector: str, names: str
) -> None:
    items: list[dict[str, Any]] = house.get(f"/selector/{selector}").json()[selector]
    wanted = names.split(",")
    assert [item["name"] for item in items][: len(wanted)] == wanted
    assert [item["position"] for item in items] == list(range(1, len(items) + 1))
    assert selector != "lead_sources" or len(items) == 14
