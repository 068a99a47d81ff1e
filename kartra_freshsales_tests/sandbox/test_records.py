"""Contacts, accounts and deals: what is required, dropped, refused and shown."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from kartra_freshsales_tests.sandbox.conftest import Account
from kartra_freshsales_tests.sandbox.scenario import got, made, messages


def chosen(crm: httpx.Client, selector: str, name: str) -> dict[str, Any]:
    key = "users" if selector == "owners" else selector
    items = crm.get(f"/selector/{selector}").json()[key]
    return next(item for item in items if name in {item.get("name"), item.get("email")})


def test_a_contact_needs_an_email(crm: httpx.Client) -> None:
    answer = crm.post("/contacts", json={"contact": {"last_name": "A", "external_id": "1"}})
    assert (answer.status_code, messages(answer)) == (400, ["Need to fill this Email"])
    answer = crm.post("/contacts", json={"contact": {"email": "not an address"}})
    assert messages(answer) == ["invalid email address"]


def test_an_email_is_unique_whatever_its_case_and_even_in_the_bin(
    crm: httpx.Client,
) -> None:
    contact = made(crm, "contacts", email="buyer@example.com")
    for _ in range(2):
        answer = crm.post("/contacts", json={"contact": {"email": "Buyer@Example.com"}})
        assert messages(answer) == ["Buyer@Example.com already exists."]
        crm.request("DELETE", f"/contacts/{contact['id']}", json=True)
    assert (
        crm.request("DELETE", f"/contacts/{contact['id']}/forget", json=True).json() is True
    )
    assert made(crm, "contacts", email="Buyer@Example.com")["id"] != contact["id"]


@pytest.mark.parametrize(
    "emails",
    [
        "one@example.com",
        ["one@example.com"],
        [{"value": "two@example.com"}, {"value": "one@example.com", "is_primary": True}],
    ],
)
def test_all_three_forms_of_emails_are_taken(crm: httpx.Client, emails: object) -> None:
    contact = made(crm, "contacts", emails=emails)
    assert contact["email"] == "one@example.com"
    assert sum(entry["is_primary"] for entry in contact["emails"]) == 1


def test_relation_ids_show_only_with_their_include(crm: httpx.Client) -> None:
    owner = chosen(crm, "owners", "owner-north@example.com")
    account = made(crm, "sales_accounts", name="Acme")
    contact = made(
        crm,
        "contacts",
        email="a@example.com",
        owner_id=owner["id"],
        sales_accounts=[{"id": account["id"], "is_primary": True}],
    )
    hidden = {"owner_id", "lifecycle_stage_id", "contact_status_id", "sales_accounts"}
    assert not hidden & set(got(crm, "contacts", contact["id"]))
    include = "owner,lifecycle_stage,contact_status,sales_accounts"
    answer = crm.get(f"/contacts/{contact['id']}", params={"include": include}).json()
    assert list(answer) == [
        "users",
        "lifecycle_stages",
        "contact_status",
        "contact",
        "meta",
    ]
    assert answer["users"] == [owner]
    assert answer["contact"]["owner_id"] == owner["id"]
    assert answer["contact"]["sales_accounts"][0]["id"] == account["id"]
    assert answer["contact"]["sales_accounts"][0]["is_primary"] is True
    assert answer["lifecycle_stages"][0]["name"] == "Lead"
    assert answer["contact_status"][0]["name"] == "New"
    assert answer["meta"] is None


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


def test_unknown_and_inactive_owners_are_refused(crm: httpx.Client) -> None:
    inactive = chosen(crm, "owners", "former-owner@example.com")["id"]
    for owner in (5, inactive, "nobody"):
        answer = crm.post("/contacts", json={"email": "a@example.com", "owner_id": owner})
        assert answer.status_code == 400


def test_too_long_texts_are_refused(crm: httpx.Client) -> None:
    made(crm, "contacts", email="a@example.com", first_name="x" * 255)
    answer = crm.post("/contacts", json={"email": "b@example.com", "first_name": "x" * 256})
    assert messages(answer) == ["First name is not in required length"]
    answer = crm.post("/sales_accounts", json={"name": "x" * 256})
    assert "not in required length" in messages(answer)[0]


def test_an_account_name_is_required_and_unique(crm: httpx.Client) -> None:
    made(crm, "sales_accounts", name="Acme")
    assert messages(crm.post("/sales_accounts", json={"name": "acme "})) == [
        "Name has already been taken"
    ]
    assert messages(crm.post("/sales_accounts", json={"city": "Oslo"})) == [
        "Name can't be empty"
    ]
    answer = crm.post("/sales_accounts", json={"name": "B", "website": "not a site"})
    assert messages(answer) == ["website is not in required format"]


def test_bad_dates_and_account_phones_vanish_in_silence(crm: httpx.Client) -> None:
    account = made(crm, "sales_accounts", name="Acme", phone="abc", annual_revenue=1200.5)
    assert (account["phone"], account["annual_revenue"]) == (None, 1200.5)
    deal = made(crm, "deals", name="D", amount=1, expected_close="31/31/2024")
    assert deal["expected_close"] is None
    contact = made(crm, "contacts", email="a@example.com", mobile_number="junk")
    assert contact["mobile_number"] == "junk"


@pytest.mark.parametrize(
    ("sent", "shown"),
    [("12.50", "12.5"), (7, "7.0"), ("-3.25", "-3.25"), (0.1, "0.1"), (19.999, "20.0")],
)
def test_money_comes_back_as_text(crm: httpx.Client, sent: object, shown: str) -> None:
    assert made(crm, "deals", name="D", amount=sent)["amount"] == shown


def test_a_deal_needs_a_name_and_an_amount(crm: httpx.Client) -> None:
    assert messages(crm.post("/deals", json={"amount": 1})) == ["Deal name can't be empty"]
    assert crm.post("/deals", json={"name": "D"}).status_code == 400
    assert crm.post("/deals", json={"name": "D", "amount": 1}).status_code == 200


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


def test_a_deal_links_contacts_and_creates_or_links_its_account(crm: httpx.Client) -> None:
    contacts = [made(crm, "contacts", email=f"{at}@example.com")["id"] for at in range(2)]
    first = made(
        crm, "deals", name="D", amount=1, sales_account={"name": "Acme"},
        contacts_added_list=contacts,
    )  # fmt: skip
    second = made(crm, "deals", name="E", amount=1, sales_account={"name": "ACME"})
    include = "owner,sales_account,contacts,deal_stage,deal_type"
    shown = got(crm, "deals", first["id"], include)
    again = got(crm, "deals", second["id"], include)
    assert shown["sales_account_id"] == again["sales_account_id"]
    assert shown["contact_ids"] == contacts
    crm.put(f"/deals/{first['id']}", json={"deal": {"contacts_removed_list": contacts[:1]}})
    assert got(crm, "deals", first["id"], "contacts")["contact_ids"] == contacts[1:]
    crm.request("DELETE", f"/sales_accounts/{shown['sales_account_id']}", json=True)
    assert got(crm, "deals", first["id"], "sales_account")["sales_account_id"] is None


def test_created_at_sent_by_a_client_is_ignored_and_times_carry_an_offset(
    crm: httpx.Client,
) -> None:
    contact = made(
        crm, "contacts", email="a@example.com", created_at="2001-01-01T00:00:00Z"
    )
    assert not contact["created_at"].startswith("2001")
    assert contact["created_at"][-6:] in {"-05:00", "-04:00"}


def test_upsert_creates_with_201_and_updates_with_200(crm: httpx.Client) -> None:
    body = {"unique_identifier": {"emails": "A@example.com"}, "contact": {"city": "Oslo"}}
    first = crm.post("/contacts/upsert", json=body)
    body["unique_identifier"] = {"emails": "a@EXAMPLE.com"}
    second = crm.post("/contacts/upsert", json=body)
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json()["contact"]["email"] == "A@example.com"
    assert first.json()["contact"]["id"] == second.json()["contact"]["id"]
    deal = {"unique_identifier": {"name": "D"}, "deal": {"amount": 1}}
    codes = [crm.post("/deals/upsert", json=deal).status_code for _ in range(2)]
    assert codes == [201, 201]


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
    from kartra_freshsales.sandbox.config import Switches  # noqa: PLC0415

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
