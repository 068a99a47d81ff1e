"""What is required, unique, refused or dropped in silence (reference 4)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from kartra_freshsales.sandbox.config import Switches
from kartra_freshsales_tests.sandbox.conftest import Account
from kartra_freshsales_tests.sandbox.contract.conftest import House
from kartra_freshsales_tests.sandbox.contract.shapes import LEAST
from kartra_freshsales_tests.sandbox.scenario import got, made, messages, new_field

Json = dict[str, Any]
_LONG = "x" * 255


@pytest.mark.parametrize(
    ("module", "sent", "wording"),
    [
        pytest.param(
            "contacts", {"last_name": "A"}, "need to fill this email", id="4 name"
        ),
        pytest.param(
            "contacts", {"mobile_number": "1"}, "need to fill this email", id="4 mobile"
        ),
        pytest.param(
            "contacts", {"external_id": "1"}, "need to fill this email", id="4 external id"
        ),
        pytest.param("contacts", {"email": ""}, "need to fill this email", id="4 blank"),
        pytest.param("contacts", {"emails": []}, "need to fill this email", id="4 none"),
        pytest.param(
            "sales_accounts", {"city": "Oslo"}, "name can't be empty", id="4 name"
        ),
        pytest.param("sales_accounts", {"name": " "}, "name can't be empty", id="4 spaces"),
        pytest.param("deals", {"amount": 1}, "deal name can't be empty", id="4 deal name"),
        pytest.param("deals", {"name": "D"}, "amount", id="4 deal amount"),
        pytest.param("deals", {"name": "D", "amount": None}, "amount", id="4 null amount"),
    ],
)
def test_what_is_required_is_asked_for(
    house: House, module: str, sent: Json, wording: str
) -> None:
    answer = house.client.post(f"/{module}", json={module.removesuffix("s"): sent})
    assert answer.status_code == 400
    assert wording in messages(answer)[0].lower()


@pytest.mark.parametrize(
    ("module", "sent"),
    [
        pytest.param("contacts", {"email": "a@example.com"}, id="4 e-mail alone"),
        pytest.param("sales_accounts", {"name": "A"}, id="4 account name alone"),
        pytest.param("deals", {"name": "D", "amount": 0}, id="4 amount of 0"),
        pytest.param("deals", {"name": "D", "amount": -5}, id="4 negative amount"),
    ],
)
def test_nothing_else_is_required(crm: httpx.Client, module: str, sent: Json) -> None:
    assert crm.post(f"/{module}", json=sent).status_code == 200


# reference 4: required is a setting of the account
@pytest.mark.parametrize(
    ("switches", "module", "sent", "status"),
    [
        pytest.param(
            Switches(email_required=False), "contacts", {"last_name": "A"}, 200,
            id="12, 17 e-mail not required",
        ),
        pytest.param(
            Switches(deal_needs_account=True), "deals", {"name": "D", "amount": 1}, 400,
            id="12, 18 deal needs its account",
        ),
        pytest.param(
            Switches(deal_needs_account=True), "deals",
            {"name": "D", "amount": 1, "sales_account": {"name": "Acme"}}, 200,
            id="12, 18 deal has its account",
        ),
    ],
)  # fmt: skip
def test_some_accounts_require_less_or_more(
    account: Account, switches: Switches, module: str, sent: Json, status: int
) -> None:
    with account(switches=switches) as crm:
        assert crm.post(f"/{module}", json=sent).status_code == status


@pytest.mark.parametrize(
    ("module", "first", "second", "wording"),
    [
        pytest.param(
            "contacts", {"email": "a@example.com"}, {"email": "A@EXAMPLE.com"},
            "A@EXAMPLE.com already exists.", id="4 e-mail, whatever its case",
        ),
        pytest.param(
            "contacts", {"emails": ["a@example.com", "b@example.com"]},
            {"email": "b@example.com"}, "b@example.com already exists.",
            id="12, 4 second e-mail",
        ),
        pytest.param(
            "contacts", {"email": "a@example.com", "external_id": "x"},
            {"email": "b@example.com", "external_id": "X"}, "taken", id="4 external id",
        ),
        pytest.param(
            "sales_accounts", {"name": "Acme"}, {"name": " acme "},
            "Name has already been taken", id="4 account name",
        ),
    ],
)  # fmt: skip
def test_what_is_unique_is_refused_twice_with_400(
    crm: httpx.Client, module: str, first: Json, second: Json, wording: str
) -> None:
    record = made(crm, module, **first)
    answer = crm.post(f"/{module}", json=second)
    assert answer.status_code == 400
    assert wording in messages(answer)[0]
    other = {**second, "email": "c@example.com"}
    if "external_id" not in second:
        other = {**LEAST[module]}
    if "external_id" in second:
        del other["external_id"]
    changed = crm.put(f"/{module}/{made(crm, module, **other)['id']}", json=second)
    assert wording in messages(changed)[0]
    assert crm.put(f"/{module}/{record['id']}", json=first).status_code == 200


@pytest.mark.parametrize(
    ("unique", "status"),
    [
        pytest.param(True, 400, id="4 mobile is unique"),
        pytest.param(False, 200, id="12, 19 mobile is not enforced"),
    ],
)
def test_a_mobile_is_unique_where_the_account_enforces_it(
    account: Account, unique: bool, status: int
) -> None:
    with account(switches=Switches(mobile_unique=unique)) as crm:
        made(crm, "contacts", email="a@example.com", mobile_number="555")
        body = {"email": "b@example.com", "mobile_number": "555"}
        answer = crm.post("/contacts", json=body)
        assert answer.status_code == status
        assert status == 200 or messages(answer) == ["MobileNumber is not unique"]


@pytest.mark.parametrize(
    ("module", "kind", "most"),
    [
        pytest.param("contacts", "text", 4, id="4 four unique fields on contacts"),
        pytest.param("sales_accounts", "number", 2, id="4 two unique fields on accounts"),
    ],
)
def test_only_some_fields_can_be_unique(
    crm: httpx.Client, module: str, kind: str, most: int
) -> None:
    codes = [
        new_field(crm, module, label=f"Key {at}", type=kind, unique=True).status_code
        for at in range(most + 1)
    ]
    assert codes == [200] * most + [400]


@pytest.mark.parametrize("kind", ["date", "checkbox", "textarea", "decimal"])
def test_only_texts_and_numbers_can_be_unique(crm: httpx.Client, kind: str) -> None:
    answer = new_field(crm, "contacts", label="Key", type=kind, unique=True)
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("module", "sent", "wording"),
    [
        pytest.param("contacts", {"email": "x"}, "invalid email address", id="4 no @"),
        pytest.param("contacts", {"email": "a@b"}, "invalid email address", id="4 no dot"),
        pytest.param("contacts", {"email": "a b@c.de"}, "invalid email", id="4 a space"),
        pytest.param("contacts", {"emails": ["x"]}, "invalid email", id="4 one of many"),
        pytest.param(
            "sales_accounts", {"name": "A", "website": "not a site"},
            "website is not in required format", id="4 website",
        ),
        pytest.param(
            "contacts", {"email": "a@example.com", "first_name": f"{_LONG}x"},
            "not in required length", id="4 first name of 256",
        ),
        pytest.param(
            "sales_accounts", {"name": f"{_LONG}x"}, "not in required length",
            id="4 account name of 256",
        ),
        pytest.param(
            "deals", {"name": "D", "amount": 9007199254740992}, "not in required length",
            id="4 amount too large",
        ),
    ],
)  # fmt: skip
def test_a_value_against_the_rules_is_refused(
    house: House, module: str, sent: Json, wording: str
) -> None:
    answer = house.client.post(f"/{module}", json=sent)
    assert answer.status_code == 400
    assert wording in messages(answer)[0]


@pytest.mark.parametrize(
    ("module", "key", "sent", "shown"),
    [
        pytest.param("contacts", "first_name", _LONG, _LONG, id="4 name of 255"),
        pytest.param("sales_accounts", "name", _LONG, _LONG, id="4 account of 255"),
        pytest.param("contacts", "mobile_number", "junk", "junk", id="4 mobile is junk"),
        pytest.param("sales_accounts", "phone", "abc", None, id="4 phone dropped"),
        pytest.param("deals", "expected_close", "31/31/2024", None, id="4 date dropped"),
        pytest.param("deals", "expected_close", "2024-02-30", None, id="4 no such day"),
        pytest.param("deals", "expected_close", 20240230, None, id="4 date as number"),
        pytest.param("deals", "closed_date", "soon", None, id="4 closed date dropped"),
        pytest.param(
            "deals", "expected_close", "Mon May 06 2024 10:00:00 GMT+0200", "2024-05-06",
            id="3.8 date as JavaScript writes it",
        ),
        pytest.param("sales_accounts", "annual_revenue", "much", None, id="4 revenue"),
    ],
)  # fmt: skip
def test_other_values_are_taken_as_they_are_or_dropped_in_silence(
    crm: httpx.Client, module: str, key: str, sent: object, shown: object
) -> None:
    record = made(crm, module, **{**LEAST[module], key: sent})
    assert record[key] == shown
    assert got(crm, module, record["id"])[key] == shown


# reference 4: and a bad value does not keep what stood there, but for the amount
def test_an_unreadable_value_empties_a_field_and_leaves_an_amount(
    crm: httpx.Client,
) -> None:
    deal = made(crm, "deals", name="D", amount=5, expected_close="2024-05-06")["id"]
    body = {"amount": "much", "expected_close": "soon"}
    shown = crm.put(f"/deals/{deal}", json=body).json()["deal"]
    assert (shown["amount"], shown["expected_close"]) == ("5.0", None)


# reference 4, 12, 8
@pytest.mark.parametrize(
    "key", ["created_at", "updated_at", "creater_id", "is_deleted", "id"]
)
def test_what_only_the_server_sets_is_ignored(crm: httpx.Client, key: str) -> None:
    plain = made(crm, "contacts", email="a@example.com")
    sent = {"email": "b@example.com", key: plain["id"] if "id" in key else "2001-01-01"}
    shown = made(crm, "contacts", **sent)
    assert shown["id"] != plain["id"]
    assert not shown["created_at"].startswith("2001")
    assert shown["updated_at"] > plain["updated_at"]
    assert shown["is_deleted"] is False


# reference 1.1 and 12, 21
@pytest.mark.parametrize(
    ("key", "value"),
    [
        pytest.param("owner_id", "former-owner@example.com", id="12, 21 inactive owner"),
        pytest.param("contact_status_id", "Won", id="1.1 status of another stage"),
    ],
)
def test_a_standing_id_may_still_be_the_wrong_one(
    crm: httpx.Client, key: str, value: str
) -> None:
    selector = {"owner_id": "owners", "contact_status_id": "contact_statuses"}[key]
    items = next(iter(crm.get(f"/selector/{selector}").json().values()))
    chosen = next(item["id"] for item in items if value in item.values())
    answer = crm.post("/contacts", json={"email": "a@example.com", key: chosen})
    assert answer.status_code == 400
    assert crm.post("/contacts", json={"email": "a@example.com"}).status_code == 200
