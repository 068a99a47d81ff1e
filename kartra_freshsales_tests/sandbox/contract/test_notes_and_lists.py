"""Notes, marketing lists and what deleting leaves (reference 2.2, 3.8 and 3.10)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from kartra_freshsales.sandbox.config import Switches
from kartra_freshsales_tests.sandbox.conftest import Account
from kartra_freshsales_tests.sandbox.contract.conftest import House
from kartra_freshsales_tests.sandbox.contract.shapes import LEAST, NOTE
from kartra_freshsales_tests.sandbox.scenario import bulk, got, made, messages, viewed

Json = dict[str, Any]


@pytest.mark.parametrize(
    ("kind", "module"),
    [
        pytest.param("Contact", "contacts", id="3.8 note on a contact"),
        pytest.param("SalesAccount", "sales_accounts", id="3.8 note on an account"),
        pytest.param("Deal", "deals", id="3.8 note on a deal"),
    ],
)
def test_a_note_has_the_recorded_keys_and_stands_with_its_record(
    crm: httpx.Client, kind: str, module: str
) -> None:
    record = made(crm, module, **LEAST[module])["id"]
    about = {"targetable_type": kind, "targetable_id": record}
    answer = crm.post("/notes", json={"note": {"description": "Noted", **about}})
    assert (answer.status_code, list(answer.json())) == (200, ["note"])
    note = answer.json()["note"]
    assert list(note) == NOTE
    assert note["targetables"] == [{"id": record, "type": kind}]
    assert crm.get(f"/{module}/{record}/notes").json()["notes"] == [note]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        pytest.param({"description": None}, 400, id="3.8 description is required"),
        pytest.param({"description": "  "}, 400, id="3.8 blank description"),
        pytest.param({"targetable_type": None}, 400, id="3.8 type is required"),
        pytest.param({"targetable_type": "contact"}, 400, id="3.8 type in lower case"),
        pytest.param({"targetable_type": "Lead"}, 400, id="1 no leads"),
        pytest.param({"targetable_id": None}, 400, id="3.8 id is required"),
        pytest.param({"targetable_id": 402999999999}, 404, id="3.8 unknown target"),
    ],
)
def test_a_note_needs_a_text_and_a_standing_target(
    crm: httpx.Client, change: Json, status: int
) -> None:
    contact = made(crm, "contacts", email="a@example.com")["id"]
    note = {
        "description": "Noted", "targetable_type": "Contact", "targetable_id": contact,
        **change,
    }  # fmt: skip
    answer = crm.post("/notes", json={"note": note})
    assert answer.status_code == status
    assert messages(answer)


# reference 2.3
def test_a_note_is_read_through_its_parent_only(house: House) -> None:
    assert house.client.get(f"/notes/{house.note}").status_code == 404
    assert house.client.get("/notes").status_code == 404
    (note,) = house.get(f"/contacts/{house.contact}/notes").json()["notes"]
    assert note["id"] == house.note


# lists


def _list(crm: httpx.Client, name: str, ids: list[int] | None = None) -> int:
    found: int = crm.post("/lists", json={"name": name}).json()["list"]["id"]
    if ids:
        crm.put(f"/lists/{found}/add_contacts", json={"ids": ids})
    return found


def _members(crm: httpx.Client, list_id: int) -> list[int]:
    page = crm.get(f"/contacts/lists/{list_id}", params={"sort": "id", "sort_type": "asc"})
    return [item["id"] for item in page.json()["contacts"]]


def _people(crm: httpx.Client, count: int) -> list[int]:
    bulk(crm, "contacts", [
        {"emails": f"p{at}@example.com", "data": {}} for at in range(count)
    ])  # fmt: skip
    return sorted(
        item["id"] for item in viewed(crm, "contacts", "All Contacts")["contacts"]
    )


@pytest.mark.parametrize(
    ("call", "body", "text", "after"),
    [
        pytest.param(
            "add_contacts", {"ids": [2, 3]}, "2 contacts updated.", ([0, 1], [2, 3]),
            id="3.10 add",
        ),
        pytest.param(
            "add_contacts", {"ids": [0, 2]}, "2 contacts updated.", ([0, 1], [0, 2]),
            id="3.10 copy is add",
        ),
        pytest.param(
            "remove_contacts", {"ids": [2]}, "1 contacts updated.", ([0, 1], []),
            id="3.10 remove",
        ),
        pytest.param(
            "remove_contacts", {"all": True}, "Updating now", ([0, 1], []),
            id="3.10 remove all",
        ),
        pytest.param(
            "move_contacts", {"ids": [1]}, "1 contacts updated.", ([0], [1, 2]),
            id="3.10 move",
        ),
        pytest.param(
            "move_contacts", {"all": True}, "Updating now", ([], [0, 1, 2]),
            id="3.10 move all",
        ),
    ],
)  # fmt: skip
def test_a_list_is_filled_emptied_and_moved(
    crm: httpx.Client, call: str, body: Json, text: str, after: tuple[list[int], list[int]]
) -> None:
    people = _people(crm, 4)
    one = _list(crm, "One", people[:2])
    two = _list(crm, "Two", people[2:3] if call != "add_contacts" else None)
    sent = {**body, **({"from_list_id": one} if call == "move_contacts" else {})}
    if "ids" in body:
        sent["ids"] = [people[at] for at in body["ids"]]
    answer = crm.put(f"/lists/{two}/{call}", json=sent)
    assert (answer.status_code, list(answer.json())) == (200, ["message"])
    assert answer.json()["message"].startswith(text)
    for list_id, members in zip((one, two), after, strict=True):
        assert _members(crm, list_id) == [people[at] for at in members]


# reference 2.3 and 12, 14
def test_a_list_cannot_be_deleted_or_read_alone(house: House) -> None:
    for method in ("DELETE", "GET"):
        answer = house.client.request(method, f"/lists/{house.list_id}")
        assert answer.status_code in {404, 405}
    lists = house.get("/lists").json()["lists"]
    assert lists == [{"id": house.list_id, "name": "Buyers"}]


@pytest.mark.parametrize("path", ["/lists/1/add_contacts", "/lists/1/remove_contacts"])
def test_an_unknown_list_is_not_found(crm: httpx.Client, path: str) -> None:
    contact = made(crm, "contacts", email="a@example.com")["id"]
    assert crm.put(path, json={"ids": [contact]}).status_code == 404
    assert crm.get("/contacts/lists/1").status_code == 404


# deleting and restoring, reference 2.2


def _restorable(account: Account) -> Any:
    return account(switches=Switches(restore_call=True))


@pytest.mark.parametrize("module", LEAST)
def test_a_deleted_record_lies_in_the_bin_and_nowhere_else(
    account: Account, module: str
) -> None:
    usual = {"contacts": "All Contacts", "sales_accounts": "All Accounts"}
    view = usual.get(module, "Open Deals")
    with _restorable(account) as crm:
        record = made(crm, module, **LEAST[module])["id"]
        crm.request("DELETE", f"/{module}/{record}", json=True)
        assert viewed(crm, module, view)[module] == []
        (binned,) = viewed(crm, module, "Recycle Bin")[module]
        assert (binned["id"], binned["is_deleted"]) == (record, True)
        for call in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/clone")):
            answer = crm.request(call[0], f"/{module}/{record}{call[1]}", json={})
            assert answer.status_code == 404
        assert crm.put(f"/{module}/{record}/restore").status_code == 200
        assert viewed(crm, module, "Recycle Bin")[module] == []
        assert got(crm, module, record)["is_deleted"] is False


def test_a_restored_contact_has_its_notes_and_lists_again(account: Account) -> None:
    with _restorable(account) as crm:
        contact = made(crm, "contacts", email="a@example.com")["id"]
        members = _list(crm, "Buyers", [contact])
        note = {
            "description": "Noted", "targetable_type": "Contact", "targetable_id": contact,
        }  # fmt: skip
        crm.post("/notes", json={"note": note})
        crm.request("DELETE", f"/contacts/{contact}", json=True)
        assert _members(crm, members) == []
        crm.put(f"/contacts/{contact}/restore")
        assert _members(crm, members) == [contact]
        assert len(crm.get(f"/contacts/{contact}/notes").json()["notes"]) == 1


def test_a_restored_account_has_lost_its_deals_for_good(account: Account) -> None:
    with _restorable(account) as crm:
        parent = made(crm, "sales_accounts", name="Parent")["id"]
        deal = made(crm, "deals", name="D", amount=1, sales_account_id=parent)["id"]
        assert got(crm, "sales_accounts", parent, "deals")["deal_ids"] == [deal]
        crm.request("DELETE", f"/sales_accounts/{parent}", json=True)
        crm.put(f"/sales_accounts/{parent}/restore")
        assert got(crm, "deals", deal, "sales_account")["sales_account_id"] is None
        assert got(crm, "sales_accounts", parent, "deals")["deal_ids"] == []


# reference 2.1
@pytest.mark.parametrize(
    ("form", "gone"),
    [
        pytest.param("body", True, id="2.1 bulk destroy, flag in the body"),
        pytest.param("query", True, id="2.1 single delete, flag in the query"),
        pytest.param("", False, id="2.1 no flag"),
    ],
)
def test_an_account_takes_its_contacts_and_deals_along_when_told_to(
    crm: httpx.Client, form: str, gone: bool
) -> None:
    parent = made(crm, "sales_accounts", name="Parent")["id"]
    deal = made(crm, "deals", name="D", amount=1, sales_account_id=parent)["id"]
    contact = made(crm, "contacts", email="a@example.com", sales_account_id=parent)["id"]
    flag = {"delete_associated_contacts_deals": True}
    if form == "body":
        body = {"selected_ids": [parent], **flag}
        answer = crm.post("/sales_accounts/bulk_destroy", json=body)
    else:
        query = {"delete_associated_contacts_deals": "true"} if form else None
        answer = crm.delete(f"/sales_accounts/{parent}", params=query)
    assert answer.status_code == 200
    expected = 404 if gone else 200
    assert crm.get(f"/deals/{deal}").status_code == expected
    assert crm.get(f"/contacts/{contact}").status_code == expected
    assert crm.get(f"/sales_accounts/{parent}").status_code == 404


# reference 2.2: forget is for good, and frees what was unique (12, 16)
def test_forgetting_takes_everything_and_frees_the_address(crm: httpx.Client) -> None:
    contact = made(crm, "contacts", email="a@example.com")["id"]
    deal = made(crm, "deals", name="D", amount=1, contacts_added_list=[contact])["id"]
    crm.request("DELETE", f"/contacts/{contact}", json=True)
    taken = crm.post("/contacts", json={"email": "a@example.com"})
    assert messages(taken) == ["a@example.com already exists."]
    crm.request("DELETE", f"/contacts/{contact}/forget", json=True)
    assert viewed(crm, "contacts", "Recycle Bin")["contacts"] == []
    assert got(crm, "deals", deal, "contacts")["contact_ids"] == []
    assert crm.post("/contacts", json={"email": "a@example.com"}).status_code == 200
