"""Custom fields: creation, caps and values."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from kartra_freshsales_tests.sandbox.conftest import Account
from kartra_freshsales_tests.sandbox.scenario import got, made, new_field


def test_a_field_is_created_through_the_form_and_stands_in_the_metadata(
    crm: httpx.Client,
) -> None:
    answer = new_field(crm, "contacts", label="Kartra created at", type="text")
    assert answer.status_code == 200
    assert answer.json()["field"]["name"] == "cf_kartra_created_at"
    fields = crm.get("/settings/contacts/fields").json()["fields"]
    field = next(item for item in fields if item["name"] == "cf_kartra_created_at")
    assert (field["default"], field["type"]) == (False, "text")
    grouped = crm.get("/settings/contacts/fields", params={"include": "field_group"}).json()
    assert all("field_group_id" in item for item in grouped["fields"])
    shown = made(crm, "contacts", email="a@example.com")["custom_field"]
    assert shown == {"cf_kartra_created_at": None}


def test_clashing_names_are_refused_also_after_normalising(crm: httpx.Client) -> None:
    assert new_field(crm, "contacts", label="A b", type="text").status_code == 200
    for label in ("A b", "a-B", "A  b!"):
        assert new_field(crm, "contacts", label=label, type="text").status_code == 400
    named = new_field(crm, "contacts", label="A b", internal_name="other", type="text")
    assert named.json()["field"]["name"] == "cf_other"
    assert new_field(crm, "deals", label="A b", type="text").status_code == 200


def test_the_plan_caps_fields_by_type(crm: httpx.Client) -> None:
    answers = [
        new_field(crm, "contacts", label=f"Area {at}", type="textarea").status_code
        for at in range(6)
    ]
    assert answers == [200] * 5 + [400]
    assert new_field(crm, "contacts", label="Lookup", type="lookup").status_code == 400
    assert new_field(crm, "contacts", label="Text", type="text").status_code == 200


def test_the_free_plan_has_no_custom_fields(account: Account) -> None:
    with account(plan="free") as crm:
        assert new_field(crm, "contacts", label="A", type="text").status_code == 403


def test_unknown_types_missing_choices_and_unknown_forms_are_refused(
    crm: httpx.Client,
) -> None:
    assert new_field(crm, "contacts", label="A", type="colour").status_code == 400
    assert new_field(crm, "contacts", label="A", type="dropdown").status_code == 400
    assert new_field(crm, "contacts", type="text").status_code == 400
    answer = crm.post("/settings/contacts/forms/1/fields", json={"label": "A"})
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("kind", "sent", "shown"),
    [
        ("text", "x", "x"),
        ("text", 5, "5"),
        ("textarea", "x" * 1000, "x" * 1000),
        ("number", "12.50", 12.5),
        ("number", 7, 7),
        ("decimal", "12.50", "12.5"),
        ("date", "2024-02-29", "2024-02-29"),
        ("date", "2024-02-30", None),
        ("checkbox", "true", True),
        ("checkbox", None, None),
        ("dropdown", "Red", "Red"),
        ("dropdown", "", None),
        ("multi_select_dropdown", ["Red", "Blue"], "Red;Blue"),
        ("multi_select_dropdown", "Blue;Red", "Blue;Red"),
        ("multi_select_dropdown", [], None),
    ],
)
def test_values_are_read_by_type(
    crm: httpx.Client, kind: str, sent: object, shown: object
) -> None:
    choices: list[Any] = ["Red", {"value": "Blue"}]
    assert (
        new_field(crm, "contacts", label="F", type=kind, choices=choices).status_code == 200
    )
    contact = made(crm, "contacts", email="a@example.com", custom_field={"cf_f": sent})
    assert got(crm, "contacts", contact["id"])["custom_field"] == {"cf_f": shown}


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        ("text", "x" * 256),
        ("textarea", "x" * 10_001),
        ("dropdown", "Green"),
        ("dropdown", "red"),
        ("multi_select_dropdown", ["Red", "Green"]),
        ("checkbox", "perhaps"),
        ("number", "123456789012"),
    ],
)
def test_values_that_do_not_fit_are_refused(
    crm: httpx.Client, kind: str, sent: object
) -> None:
    new_field(crm, "contacts", label="F", type=kind, choices=["Red", "Blue"])
    body = {"email": "a@example.com", "custom_field": {"cf_f": sent}}
    assert crm.post("/contacts", json={"contact": body}).status_code == 400


def test_custom_values_not_sent_stay(crm: httpx.Client) -> None:
    for label in ("A", "B"):
        new_field(crm, "deals", label=label, type="text")
    deal = made(crm, "deals", name="D", amount=1, custom_field={"cf_a": "1", "cf_b": "2"})
    crm.put(f"/deals/{deal['id']}", json={"deal": {"custom_field": {"cf_b": "3"}}})
    assert got(crm, "deals", deal["id"])["custom_field"] == {"cf_a": "1", "cf_b": "3"}


def test_a_unique_custom_field_is_enforced_and_identifies_in_upsert(
    crm: httpx.Client,
) -> None:
    new_field(crm, "contacts", label="Key", type="text", unique=True)
    made(crm, "contacts", email="a@example.com", custom_field={"cf_key": "K1"})
    body = {"email": "b@example.com", "custom_field": {"cf_key": "k1"}}
    assert crm.post("/contacts", json={"contact": body}).status_code == 400
    answer = crm.post(
        "/contacts/upsert",
        json={"unique_identifier": {"cf_key": "K1"}, "contact": {"city": "Oslo"}},
    )
    assert (answer.status_code, answer.json()["contact"]["city"]) == (200, "Oslo")
