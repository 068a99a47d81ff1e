"""Contacts, accounts and deals: what the tables of ``contract`` leave open."""

from __future__ import annotations

from typing import Any

import httpx

from kartra_freshsales.sandbox.config import Switches
from kartra_freshsales_tests.sandbox.conftest import Account
from kartra_freshsales_tests.sandbox.scenario import got, made, messages


def chosen(crm: httpx.Client, selector: str, name: str) -> dict[str, Any]:
    key = "users" if selector == "owners" else selector
    items = crm.get(f"/selector/{selector}").json()[key]
    return next(item for item in items if name in {item.get("name"), item.get("email")})


def test_an_update_leaves_unsent_keys_alone_and_replaces_tags(crm: httpx.Client) -> None:
    contact = made(crm, "contacts", email="a@example.com", city="Oslo", tags=["a", "b"])
    answer = crm.put(f"/contacts/{contact['id']}", json={"contact": {"tags": ["C", "c"]}})
    changed = answer.json()["contact"]
    assert (changed["city"], changed["tags"]) == ("Oslo", ["C"])
    assert changed["updated_at"] > contact["updated_at"]
    assert changed["created_at"] == contact["created_at"]


def test_a_status_of_another_stage_is_refused(crm: httpx.Client) -> None:
    customer = chosen(crm, "lifecycle_stages", "Customer")
    won, fresh = (
        chosen(crm, "contact_statuses", "Won"),
        chosen(crm, "contact_statuses", "New"),
    )
    body = {"email": "a@example.com", "lifecycle_stage_id": customer["id"]}
    answer = crm.post("/contacts", json={**body, "contact_status_id": fresh["id"]})
    assert messages(answer) == ["Invalid contact status provided."]
    answer = crm.post("/contacts", json={**body, "lifecycle_stage_id": 5})
    assert messages(answer) == ["Invalid lifecycle stage provided."]
    answer = crm.post("/contacts", json={**body, "contact_status_id": won["id"]})
    assert answer.status_code == 200


def test_a_stage_sets_the_probability_and_closes_the_deal(crm: httpx.Client) -> None:
    won = chosen(crm, "deal_stages", "Won")
    deal = made(crm, "deals", name="D", amount=1, deal_stage_id=won["id"])
    assert (deal["probability"], deal["deal_stage_id"]) == (100, won["id"])
    assert deal["closed_date"] == deal["created_at"][:10]
    kept = made(
        crm, "deals", name="E", amount=1, deal_stage_id=won["id"], closed_date="2023-02-01"
    )
    assert kept["closed_date"] == "2023-02-01"
    answer = crm.put(f"/deals/{deal['id']}", json={"deal": {"deal_stage_id": 1}})
    assert messages(answer) == ["Deal stage doesn't exist"]


def test_bulk_destroy_bins_and_the_bin_is_a_view(crm: httpx.Client) -> None:
    from kartra_freshsales_tests.sandbox.scenario import viewed  # noqa: PLC0415

    ids = [made(crm, "deals", name="D", amount=at)["id"] for at in range(3)]
    answer = crm.post("/deals/bulk_destroy", json={"selected_ids": [*ids[:2], 1]})
    assert answer.json() == {"message": "2 deals deleted."}
    binned = viewed(crm, "deals", "Recycle Bin")["deals"]
    assert {item["id"] for item in binned} == set(ids[:2])
    assert all(item["is_deleted"] for item in binned)
    assert crm.get(f"/deals/{ids[0]}").status_code == 404
    assert crm.put(f"/deals/{ids[0]}/restore").status_code == 404


def test_switches_loosen_what_is_not_known(account: Account) -> None:
    loose = Switches(
        deals_match_by_name=True, restore_call=True, email_required=False,
        strict_custom_fields=False, binned_readable=True,
    )  # fmt: skip
    with account(switches=loose) as crm:
        deal = {"unique_identifier": {"name": "D"}, "deal": {"amount": 1}}
        codes = [crm.post("/deals/upsert", json=deal).status_code for _ in range(2)]
        assert codes == [201, 200]
        contact = made(crm, "contacts", last_name="A", custom_field={"cf_none": 1})
        crm.request("DELETE", f"/contacts/{contact['id']}", json=True)
        assert got(crm, "contacts", contact["id"])["is_deleted"] is True
        assert crm.put(f"/contacts/{contact['id']}/restore").status_code == 200


# reference 2.2: lost for good, also once the parent is back
def test_a_binned_account_is_no_longer_anybodys_parent(account: Account) -> None:
    with account(switches=Switches(restore_call=True)) as crm:
        parent = made(crm, "sales_accounts", name="Company A")
        child = made(crm, "sales_accounts", name="B", parent_sales_account_id=parent["id"])
        assert child["parent_sales_account_id"] == parent["id"]
        crm.delete(f"/sales_accounts/{parent['id']}")
        crm.put(f"/sales_accounts/{parent['id']}/restore")
        assert got(crm, "sales_accounts", child["id"])["parent_sales_account_id"] is None


# reference 4 and 12.19
def test_a_mobile_number_is_one_contacts_own(crm: httpx.Client) -> None:
    made(crm, "contacts", email="a@example.com", mobile_number="+4790000001")
    body = {"email": "b@example.com", "mobile_number": "+4790000001"}
    answer = crm.post("/contacts", json={"contact": body})
    assert (answer.status_code, messages(answer)) == (400, ["MobileNumber is not unique"])


# reference 6
def test_xml_is_not_acceptable(crm: httpx.Client) -> None:
    for path in ("/selector/owners.xml", "/contacts/1.xml", "/contacts/filters.xml"):
        assert crm.get(path).status_code == 406
