"""Field metadata, names, the making of fields and their values (reference 7)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from kartra_freshsales.sandbox.config import Switches
from kartra_freshsales_tests.sandbox.conftest import Account
from kartra_freshsales_tests.sandbox.contract.conftest import House
from kartra_freshsales_tests.sandbox.contract.shapes import (
    AUTO_COMPLETE,
    CREATED_FIELD,
    FIELD,
    FORM,
    FORM_CHOICE,
    TYPE_WORDS,
)
from kartra_freshsales_tests.sandbox.scenario import got, made, messages, new_field

Json = dict[str, Any]
_ENTITIES = ["contacts", "sales_accounts", "deals", "sales_activities"]


def _fields(house: House, entity: str) -> dict[str, Json]:
    fields = house.get(f"/settings/{entity}/fields").json()["fields"]
    return {item["name"]: item for item in fields}


@pytest.mark.parametrize("entity", _ENTITIES)
def test_the_metadata_has_the_recorded_keys(house: House, entity: str) -> None:
    answer = house.get(f"/settings/{entity}/fields").json()
    assert list(answer) == ["fields"]
    for field in answer["fields"]:
        more = AUTO_COMPLETE if field["type"] == "auto_complete" else []
        assert list(field) == FIELD + more
        assert isinstance(field["id"], str)
        assert field["type"] in TYPE_WORDS
        assert field["default"] is True
        assert all({"id", "value", "position"} <= set(item) for item in field["choices"])


@pytest.mark.parametrize("entity", _ENTITIES)
def test_groups_come_only_when_asked_for(house: House, entity: str) -> None:
    plain = house.get(f"/settings/{entity}/fields").json()
    assert not any("field_group_id" in item for item in plain["fields"])
    grouped = house.get(f"/settings/{entity}/fields", include="field_group").json()
    ids = {group["id"] for group in grouped["field_groups"]}
    assert all(item["field_group_id"] in ids for item in grouped["fields"])


@pytest.mark.parametrize(
    ("entity", "required"),
    [
        pytest.param("contacts", "", id="4 nothing of a contact"),
        pytest.param("sales_accounts", "name", id="4 an account's name"),
        pytest.param("deals", "name amount", id="4 a deal's name and amount"),
        pytest.param(
            "sales_activities",
            "title start_date end_date targetable sales_activity_type_id",
            id="4 five of a sales activity",
        ),
    ],
)
def test_required_is_what_the_metadata_says(
    house: House, entity: str, required: str
) -> None:
    fields = _fields(house, entity)
    found = {name for name, field in fields.items() if field["required"]}
    assert found == set(required.split())


@pytest.mark.parametrize(
    ("name", "kind", "ids"),
    [
        pytest.param("owner_id", "dropdown", int, id="7.1 stored list"),
        pytest.param("lead_source_id", "dropdown", int, id="7.1 another stored list"),
        pytest.param("subscription_status", "dropdown", str, id="7.1 settings list"),
        pytest.param("whatsapp_subscription_status", "dropdown", str, id="7.1 whatsapp"),
    ],
)
def test_choice_ids_are_numbers_of_stored_lists_and_text_of_settings_lists(
    house: House, name: str, kind: str, ids: type
) -> None:
    field = _fields(house, "contacts")[name]
    assert field["type"] == kind
    assert field["choices"]
    assert all(type(choice["id"]) is ids for choice in field["choices"])


# reference 3.5
def test_the_subscription_statuses_are_the_recorded_ones(house: House) -> None:
    fields = _fields(house, "contacts")
    ids = [choice["id"] for choice in fields["subscription_status"]["choices"]]
    assert ids == ["0", "1", "2", "3", "4"]
    for channel in ("whatsapp", "sms"):
        choices = fields[f"{channel}_subscription_status"]["choices"]
        assert [choice["id"] for choice in choices] == ["0", "1", "2"]


# reference 3.10
@pytest.mark.parametrize("entity", ["contacts", "sales_accounts", "deals"])
def test_tags_are_creatable_and_many(house: House, entity: str) -> None:
    tags = _fields(house, entity)["tags"]
    assert (tags["type"], tags["creatable"], tags["multiple"]) == (
        "auto_complete", True, True,
    )  # fmt: skip


def test_a_contact_has_a_field_of_lists(house: House) -> None:
    lists = _fields(house, "contacts")["lists"]
    assert (lists["type"], lists["multiple"]) == ("auto_complete", True)


@pytest.mark.parametrize(
    ("label", "name"),
    [
        pytest.param("Kartra tags", "cf_kartra_tags", id="7.2 spaces"),
        pytest.param("UPPER Case 9", "cf_upper_case_9", id="7.2 lower case"),
        pytest.param("a-b.c/d", "cf_a_b_c_d", id="7.2 other characters"),
    ],
)
def test_an_internal_name_is_the_label_in_lower_case(
    crm: httpx.Client, label: str, name: str
) -> None:
    answer = new_field(crm, "contacts", label=label, type="text")
    assert answer.json()["field"]["name"] == name
    assert made(crm, "contacts", email="a@example.com")["custom_field"] == {name: None}


@pytest.mark.parametrize("kind", ["text", "dropdown", "multi_select_dropdown", "radio"])
def test_a_made_field_has_the_recorded_keys_and_stands_in_form_and_metadata(
    crm: httpx.Client, kind: str
) -> None:
    answer = new_field(crm, "contacts", label="F", type=kind, choices=["Red", "Blue"])
    assert (answer.status_code, list(answer.json())) == (200, ["field"])
    field = answer.json()["field"]
    assert set(CREATED_FIELD) <= set(field)
    assert (field["default"], field["custom"], field["name"]) == (False, True, "cf_f")
    assert field["field_options"]["unique"] is False
    forms = crm.get("/settings/contacts/forms").json()["forms"]
    assert [list(form) for form in forms] == [FORM]
    grouped = [item for group in forms[0]["fields"] for item in group["fields"]]
    assert grouped[-1] == field
    assert all(list(choice) == FORM_CHOICE for choice in field["choices"])
    listed = crm.get("/settings/contacts/fields").json()["fields"][-1]
    assert list(listed) == [key for key in field if key in FIELD]
    assert [choice["value"] for choice in listed["choices"]] == (
        [] if kind == "text" else ["Red", "Blue"]
    )


@pytest.mark.parametrize(
    ("type_word", "number"),
    [("text", 1), ("number", 3), ("date", 7), ("textarea", 2), ("checkbox", 5)],
)
def test_a_type_is_given_by_word_or_number(
    crm: httpx.Client, type_word: str, number: int
) -> None:
    for label, asked in (("A", {"type": type_word}), ("B", {"field_type": number})):
        answer = new_field(crm, "deals", label=label, **asked)
        assert answer.json()["field"]["type"] == type_word


# reference 7.4
@pytest.mark.parametrize("entity", _ENTITIES)
def test_a_field_is_never_made_at_the_metadata_nor_deleted(
    crm: httpx.Client, entity: str
) -> None:
    path = f"/settings/{entity}/fields"
    assert crm.post(path, json={"label": "A", "type": "text"}).status_code == 404
    assert crm.delete(f"{path}/73000100001").status_code == 404


# reference 7.4 and 12, 13
def test_some_accounts_let_nobody_make_fields_by_api(account: Account) -> None:
    with account(switches=Switches(field_creation=False)) as crm:
        answer = new_field(crm, "contacts", label="A", type="text")
        assert answer.status_code == 403


# values, reference 7.5


@pytest.mark.parametrize(
    ("kind", "sent", "shown"),
    [
        pytest.param("checkbox", True, True, id="7.5 checkbox"),
        pytest.param("date", "2024-05-06", "2024-05-06", id="7.5 date"),
        pytest.param("dropdown", "Red", "Red", id="12, 12 dropdown by label"),
        pytest.param("multi_select_dropdown", ["Blue", "Red"], "Blue;Red", id="12, 11"),
        pytest.param("radio", "Blue", "Blue", id="7.5 radio"),
        pytest.param("formula", "x", None, id="7.3 computed, never written"),
    ],
)
def test_a_custom_value_is_written_inside_custom_field(
    account: Account, kind: str, sent: object, shown: object
) -> None:
    with account(plan="enterprise") as crm:
        new_field(crm, "contacts", label="F", type=kind, choices=["Red", "Blue"])
        contact = made(crm, "contacts", email="a@example.com", custom_field={"cf_f": sent})
        assert got(crm, "contacts", contact["id"])["custom_field"] == {"cf_f": shown}


@pytest.mark.parametrize("kind", ["dropdown", "radio", "multi_select_dropdown"])
def test_a_choice_is_also_taken_by_its_id(crm: httpx.Client, kind: str) -> None:
    answer = new_field(crm, "deals", label="F", type=kind, choices=["Red", "Blue"])
    blue = answer.json()["field"]["choices"][1]["id"]
    value = [blue] if kind.startswith("multi") else blue
    deal = made(crm, "deals", name="D", amount=1, custom_field={"cf_f": value})
    assert deal["custom_field"] == {"cf_f": "Blue"}


@pytest.mark.parametrize(
    ("strict", "status"),
    [
        pytest.param(True, 400, id="7.5 unknown key, strict"),
        pytest.param(False, 200, id="7.5 unknown key, lenient"),
    ],
)
def test_an_unknown_custom_key_is_refused_or_ignored(
    account: Account, strict: bool, status: int
) -> None:
    with account(switches=Switches(strict_custom_fields=strict)) as crm:
        body = {"email": "a@example.com", "custom_field": {"cf_none": "x"}}
        answer = crm.post("/contacts", json={"contact": body})
        assert answer.status_code == status
        assert status == 200 or "Invalid or missing attributes" in messages(answer)[0]


# reference 7.1: custom names at the top level are no custom values
def test_a_custom_name_beside_custom_field_is_passed_over(crm: httpx.Client) -> None:
    new_field(crm, "contacts", label="F", type="text")
    contact = made(crm, "contacts", email="a@example.com", cf_f="x")
    assert contact["custom_field"] == {"cf_f": None}
