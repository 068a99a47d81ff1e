"""Bulk jobs and the pages of views."""

from __future__ import annotations

import httpx

from kartra_freshsales_tests.sandbox.conftest import Account
from kartra_freshsales_tests.sandbox.scenario import (
    bulk,
    made,
    viewed,
)


def rows(count: int, city: str = "Oslo") -> list[dict[str, object]]:
    return [
        {
            "emails": f"person{at}@example.com",
            "data": {"city": city, "last_name": f"{at:04}"},
        }
        for at in range(count)
    ]


def test_a_bulk_upsert_creates_then_updates_by_email(crm: httpx.Client) -> None:
    assert bulk(crm, "contacts", rows(100))["data"]["success"] == 100
    bulk(crm, "contacts", rows(50, "Rome"))
    page = viewed(crm, "contacts", "All Contacts", per_page=100)
    assert page["meta"]["total"] == 100
    assert [item["city"] for item in page["contacts"]].count("Rome") == 50


def test_a_job_tells_its_failed_rows_and_applies_the_others(crm: httpx.Client) -> None:
    status = bulk(
        crm,
        "sales_accounts",
        [
            {"name": "Acme", "data": {"city": "Oslo"}},
            {"name": "x" * 300, "data": {}},
            {"id": 403000009999, "data": {"city": "Rome"}},
        ],
    )
    assert status["data"]["success"] == 1
    assert [row["index"] for row in status["data"]["failed"]] == [1, 2]
    assert viewed(crm, "sales_accounts", "All Accounts")["meta"]["total"] == 1


def test_deals_in_bulk_match_by_id_and_never_by_name(crm: httpx.Client) -> None:
    row = {"name": "D", "data": {"amount": 5}}
    bulk(crm, "deals", [row])
    bulk(crm, "deals", [row])
    deals = viewed(crm, "deals", "Open Deals")["deals"]
    assert len(deals) == 2
    bulk(crm, "deals", [{"id": str(deals[0]["id"]), "data": {"amount": "9.5"}}])
    amounts = [item["amount"] for item in viewed(crm, "deals", "Open Deals")["deals"]]
    assert sorted(amounts) == ["5.0", "9.5"]


def test_rows_of_a_job_appear_only_when_it_is_due(account: Account) -> None:
    now = [1_700_000_000.0]
    with account(clock=lambda: now[0], job_seconds=10.0) as crm:
        url = crm.post("/contacts/bulk_upsert", json={"contacts": rows(3)}).json()[
            "job_status_url"
        ]
        assert [crm.get(url).json()["status"] for _ in range(2)] == ["in_progress"] * 2
        assert viewed(crm, "contacts", "All Contacts")["contacts"] == []
        now[0] += 10
        assert viewed(crm, "contacts", "All Contacts")["meta"]["total"] == 3
        assert crm.get(url).json()["status"] == "completed"


def test_a_binned_email_makes_its_bulk_row_fail(crm: httpx.Client) -> None:
    contact = made(crm, "contacts", email="person0@example.com")
    crm.request("DELETE", f"/contacts/{contact['id']}", json=True)
    status = bulk(crm, "contacts", rows(2))
    assert status["data"]["failed"][0]["errors"] == ["person0@example.com already exists."]
    assert status["data"]["success"] == 1


def test_a_page_holds_at_most_100_rows_and_no_row_twice(crm: httpx.Client) -> None:
    for part in range(2):
        bulk(crm, "contacts", rows(130)[part * 65 : part * 65 + 65])
    pages = [
        viewed(
            crm, "contacts", "All Contacts", page=number, per_page=1000, sort="updated_at"
        )
        for number in (1, 2, 3)
    ]
    assert [len(page["contacts"]) for page in pages] == [100, 30, 0]
    assert {page["meta"]["total_pages"] for page in pages} == {2}
    assert len({item["id"] for page in pages for item in page["contacts"]}) == 130


def test_sorting_by_updated_at_is_strict(crm: httpx.Client) -> None:
    bulk(crm, "contacts", rows(100))
    first = viewed(
        crm, "contacts", "All Contacts", per_page=100, sort="updated_at", sort_type="asc"
    )["contacts"]
    assert [item["last_name"] for item in first] == [f"{at:04}" for at in range(100)]
    bulk(crm, "contacts", [rows(8)[7]])
    newest = viewed(crm, "contacts", "All Contacts", per_page=1, sort="updated_at")
    assert newest["contacts"][0]["last_name"] == "0007"
    names = viewed(
        crm, "contacts", "All Contacts", per_page=3, sort="last_name", sort_type="desc"
    )["contacts"]
    assert [item["last_name"] for item in names] == ["0099", "0098", "0097"]
