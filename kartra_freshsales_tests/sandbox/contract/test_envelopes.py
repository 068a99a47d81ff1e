"""Envelopes, status codes, ids, times and money (reference 2.2 and 3.1)."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from kartra_freshsales.sandbox.config import Switches
from kartra_freshsales_tests.sandbox.conftest import Account
from kartra_freshsales_tests.sandbox.contract.conftest import House
from kartra_freshsales_tests.sandbox.contract.shapes import LEAST, PATHS
from kartra_freshsales_tests.sandbox.scenario import made, messages

Json = dict[str, Any]

_OFFSET = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?[+-]\d\d:\d\d")
_ZULU = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@pytest.mark.parametrize("wrapped", [True, False], ids=["3.1 wrapped", "3.1 unwrapped"])
@pytest.mark.parametrize("singular", PATHS)
def test_records_are_taken_wrapped_and_unwrapped(
    crm: httpx.Client, singular: str, wrapped: bool
) -> None:
    module = PATHS[singular]
    body = {singular: LEAST[module]} if wrapped else LEAST[module]
    answer = crm.post(f"/{module}", json=body)
    assert answer.status_code == 200
    record_id = answer.json()[singular]["id"]
    body = {singular: {"tags": ["x"]}} if wrapped else {"tags": ["x"]}
    assert crm.put(f"/{module}/{record_id}", json=body).json()[singular]["tags"] == ["x"]


@pytest.mark.parametrize(
    ("strict", "status"),
    [
        pytest.param(False, 200, id="3.1 unwrapped note, lenient"),
        pytest.param(True, 400, id="3.1 unwrapped note, strict"),
    ],
)
def test_an_unwrapped_note_is_taken_unless_the_account_is_strict(
    account: Account, strict: bool, status: int
) -> None:
    with account(switches=Switches(strict_wrapping=strict)) as crm:
        contact = made(crm, "contacts", email="a@example.com")["id"]
        note = {
            "description": "Noted", "targetable_type": "Contact", "targetable_id": contact,
        }  # fmt: skip
        assert crm.post("/notes", json=note).status_code == status
        assert crm.post("/notes", json={"note": note}).status_code == 200


@pytest.mark.parametrize(
    ("path", "keys", "meta"),
    [
        pytest.param("/contacts/{contact}", ["contact", "meta"], None, id="3.1 contact"),
        pytest.param(
            "/sales_accounts/{account}", ["sales_account", "meta"], None, id="3.1 account"
        ),
        pytest.param("/deals/{deal}", ["deal", "meta"], None, id="3.1 deal"),
        pytest.param(
            "/contacts/view/{all_contacts}",
            ["contacts", "meta"],
            ["total_pages", "total", "avatar_data"],
            id="3.2 view",
        ),
        pytest.param("/contacts/filters", ["filters", "meta"], [], id="3.2 filters"),
        pytest.param(
            "/lists", ["lists", "meta"], ["total_pages", "total"], id="3.2 marketing lists"
        ),
        pytest.param(
            "/contacts/lists/{list}",
            ["contacts", "meta"],
            ["total_pages", "total"],
            id="2.1 members of a list",
        ),
        pytest.param(
            "/contacts/{contact}/notes",
            ["notes", "meta"],
            ["total_pages", "total"],
            id="2.1 notes of a contact",
        ),
    ],
)
def test_each_reading_call_has_its_own_meta(
    house: House, path: str, keys: list[str], meta: list[str] | None
) -> None:
    answer = house.get(house.path(path)).json()
    assert list(answer) == keys
    assert answer["meta"] is None if meta is None else list(answer["meta"]) == meta


@pytest.mark.parametrize("singular", PATHS)
def test_writes_are_answered_200_with_the_record_and_a_null_meta(
    crm: httpx.Client, singular: str
) -> None:
    module = PATHS[singular]
    answer = crm.post(f"/{module}", json={singular: LEAST[module]})
    assert (answer.status_code, list(answer.json())) == (200, [singular, "meta"])
    record_id = answer.json()[singular]["id"]
    answer = crm.put(f"/{module}/{record_id}", json={singular: {}})
    assert (answer.status_code, list(answer.json())) == (200, [singular, "meta"])
    assert answer.json()["meta"] is None


# reference 2.2
@pytest.mark.parametrize("body", [True, None], ids=["2.2 body true", "2.2 no body"])
@pytest.mark.parametrize("module", LEAST)
def test_delete_and_forget_answer_200_with_true(
    crm: httpx.Client, module: str, body: bool | None
) -> None:
    record_id = made(crm, module, **LEAST[module])["id"]
    for path in (f"/{module}/{record_id}", f"/{module}/{record_id}/forget"):
        answer = crm.request("DELETE", path, json=body)
        assert (answer.status_code, answer.json()) == (200, True)
        assert crm.get(f"/{module}/{record_id}").status_code == 404
    assert crm.delete(f"/{module}/{record_id}/forget").status_code == 404


@pytest.mark.parametrize("module", LEAST)
def test_bulk_destroy_answers_a_text_only(crm: httpx.Client, module: str) -> None:
    record_id = made(crm, module, **LEAST[module])["id"]
    answer = crm.post(f"/{module}/bulk_destroy", json={"selected_ids": [record_id]})
    assert (answer.status_code, list(answer.json())) == (200, ["message"])
    assert isinstance(answer.json()["message"], str)
    assert crm.get(f"/{module}/{record_id}").status_code == 404


def _whole(house: House) -> Json:
    """Answers of every kind that hold ids and times."""
    includes = "owner,lifecycle_stage,contact_status,sales_accounts,notes,deals"
    paths = {
        "contact": f"/contacts/{house.contact}?include={includes}",
        "account": f"/sales_accounts/{house.account}?include=contacts,deals",
        "deal": f"/deals/{house.deal}?include=owner,sales_account,contacts,deal_stage",
        "filters": "/deals/filters",
        "lists": "/lists",
        "owners": "/selector/owners",
        "pipelines": "/selector/deal_pipelines",
        "currencies": "/selector/currencies",
    }
    return {name: house.get(path).json() for name, path in paths.items()}


def _found(value: Any, key_ends: str) -> list[Any]:
    """Every value under a key of that ending, however deep."""
    if isinstance(value, list):
        return [found for item in value for found in _found(item, key_ends)]
    if not isinstance(value, dict):
        return []
    own = [item for key, item in value.items() if key == key_ends.lstrip("_")]
    own += [item for key, item in value.items() if key.endswith(key_ends)]
    deeper = [found for item in value.values() for found in _found(item, key_ends)]
    return [item for item in [*own, *deeper] if item is not None]


# reference 3.1
def test_ids_are_whole_numbers_of_11_or_12_digits(house: House) -> None:
    ids = [item for item in _found(_whole(house), "_id") if not isinstance(item, str)]
    assert len(ids) > 50
    assert all(type(item) is int and 11 <= len(str(item)) <= 12 for item in ids)


# reference 3.1
def test_times_carry_the_accounts_offset_and_are_never_zulu(house: House) -> None:
    answers = _whole(house)
    del answers["pipelines"], answers["deal"]["deal_stages"]  # settings, see below
    times = _found(answers, "_at") + _found(answers, "stage_updated_time")
    assert len(times) > 10
    assert all(_OFFSET.fullmatch(item) for item in times)


# reference 3.1
def test_some_settings_objects_are_stamped_with_z(house: House) -> None:
    stages = house.get("/selector/deal_stages").json()["deal_stages"]
    assert all(_ZULU.fullmatch(item["updated_at"]) for item in stages)


# reference 3.1
def test_money_is_text_account_revenue_a_number_and_expected_close_a_bare_date(
    house: House,
) -> None:
    deal = house.get(f"/deals/{house.deal}").json()["deal"]
    assert (deal["amount"], deal["base_currency_amount"]) == ("5600.0", "5600.0")
    assert deal["expected_deal_value"] == "5600.0"
    assert deal["expected_close"] == "2024-05-06"
    account = house.get(f"/sales_accounts/{house.account}").json()["sales_account"]
    assert account["annual_revenue"] == 1200.5
    for record in (account, house.get(f"/contacts/{house.contact}").json()["contact"]):
        assert isinstance(record["open_deals_amount"], str)
        assert isinstance(record["won_deals_amount"], str)


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        pytest.param("12.50", "12.5", id="3.1 text"),
        pytest.param(7, "7.0", id="3.1 whole number"),
        pytest.param("-3.25", "-3.25", id="4 negative"),
        pytest.param(0.1, "0.1", id="3.1 binary fraction"),
        pytest.param(19.999, "20.0", id="3.1 rounded to cents"),
        pytest.param(9007199254740991, "9007199254740991.0", id="4 largest amount"),
        pytest.param("much", "0.0", id="4 unreadable amount swallowed"),
    ],
)
def test_an_amount_comes_back_as_text(crm: httpx.Client, sent: object, shown: str) -> None:
    assert made(crm, "deals", name="D", amount=sent)["amount"] == shown


# reference 3.1
def test_lists_take_a_bare_body(crm: httpx.Client) -> None:
    answer = crm.post("/lists", json={"name": "A"})
    assert answer.status_code == 200
    list_id = answer.json()["list"]["id"]
    assert crm.put(f"/lists/{list_id}", json={"name": "B"}).json()["list"]["name"] == "B"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param([], id="a list"),
        pytest.param("text", id="a text"),
        pytest.param(7, id="a number"),
        pytest.param(None, id="nothing"),
    ],
)
def test_a_body_that_is_no_mapping_is_refused(house: House, body: object) -> None:
    answer = house.client.post("/contacts", json=body)
    assert (answer.status_code, messages(answer)) == (
        400, ["Invalid or missing attributes"],
    )  # fmt: skip
