"""Call logs (reference 2.3, 3.8, 12.14, 12.24)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from kartra_freshsales.sandbox.config import Switches
from kartra_freshsales_tests.sandbox.conftest import Account
from kartra_freshsales_tests.sandbox.scenario import made, messages


@pytest.fixture
def buyer(crm: httpx.Client) -> dict[str, Any]:
    contact = made(crm, "contacts", email="person.1@example.com", last_name="Person 1")
    return {"targetable_type": "Contact", "targetable_id": contact["id"]}


# reference 2.3, 3.8
def test_a_call_is_logged_and_never_listed(
    crm: httpx.Client, buyer: dict[str, Any]
) -> None:
    contact_id = buyer["targetable_id"]
    for about in (
        {"targetable_type": "contact", "targetable": {"id": contact_id}},
        {"targetable_type": "Contact", "targetable_id": contact_id},
    ):
        sent = {"call_direction": True, "note": {"description": "Rang twice"}, **about}
        answer = crm.post("/phone_calls", json={"phone_call": sent})
        assert answer.status_code == 201
        body = answer.json()
        assert list(body) == ["phone_calls", "notes", "users"]
        call = body["phone_calls"][0]
        assert call["targetables"] == [{"id": contact_id, "type": "Contact"}]
        assert body["notes"][0]["description"] == "Rang twice"
        for path in ("/phone_calls", f"/phone_calls/{call['id']}"):
            assert crm.get(path).status_code == 404
        assert crm.delete(f"/phone_calls/{call['id']}").status_code == 404
    for wrong in (
        {"targetable_type": "contact", "targetable_id": contact_id},
        {"call_direction": True, "targetable_type": "contact"},
        {"call_direction": "in", "targetable_type": "contact", "targetable_id": contact_id},
        {"call_direction": True, "note": "x", **buyer},
    ):
        answer = crm.post("/phone_calls", json={"phone_call": wrong})
        assert messages(answer) == ["Invalid or missing attributes"]


# reference 2.3: seen on the web app's own route only, so behind a switch
def test_a_call_is_read_and_deleted_where_the_account_allows_it(account: Account) -> None:
    with account(switches=Switches(phone_call_by_id=True)) as crm:
        contact = made(crm, "contacts", email="person.1@example.com")
        sent = {
            "call_direction": False,
            "targetable_type": "contact",
            "targetable_id": contact["id"],
        }
        call = crm.post("/phone_calls", json={"phone_call": sent}).json()
        path = f"/phone_calls/{call['phone_calls'][0]['id']}"
        assert crm.get(path).json() == call
        assert crm.delete(path).json() == {"success": "200"}
        assert crm.get(path).status_code == 404
