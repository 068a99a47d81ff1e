"""The sandbox's pages for people: the front page and the pages of records."""

from __future__ import annotations

import httpx

from kartra_freshsales_tests.sandbox.conftest import Account
from kartra_freshsales_tests.sandbox.page_reader import page
from kartra_freshsales_tests.sandbox.scenario import made, new_field

# the front page


def test_a_fresh_account_says_in_plain_words_that_nothing_is_there(
    crm: httpx.Client,
) -> None:
    front = page(crm, "/").text
    assert "No requests yet." in front
    assert "Contacts 0" in front
    for path, words in {
        "/browse/contacts": "No contacts yet. They appear here as soon as a load",
        "/browse/deals": "No deals yet. They appear here as soon as a load",
        "/browse/contacts?bin=1": "The recycle bin is empty.",
        "/browse/lists": "No lists yet.",
        "/browse/fields": "No custom fields yet.",
    }.items():
        assert words in page(crm, path).text


def test_the_front_page_counts_what_stands_and_what_was_used_of_the_hour(
    account: Account,
) -> None:
    with account(requests_per_hour=40) as crm:
        first, second = (
            made(crm, "contacts", email=f"person.{number}@example.com") for number in (1, 2)
        )
        made(crm, "deals", name="Deal 1", amount=10)
        crm.delete(f"/contacts/{second['id']}")
        crm.post("/lists", json={"name": "List 1"})
        new_field(crm, "contacts", label="Rank", type="number")
        crm.get("/contacts/1")
        front = page(crm, "/").text
        assert "Contacts 1 1 in the recycle bin" in front
        assert "Deals 1 1 open" in front
        assert "Lists 1" in front
        assert "Custom fields 1" in front
        assert "Requests this hour 8 of 40 32 left" in front
        assert "GET /contacts/:id 404" in front
        assert str(first["id"]) not in front


def test_an_account_without_a_limit_says_so(crm: httpx.Client) -> None:
    made(crm, "contacts", email="person.1@example.com")
    front = page(crm, "/").text
    assert "Requests this hour 1 This account has no limit." in front
    assert "Workflows set off 1 time " in front


def test_a_used_up_hour_is_told(account: Account) -> None:
    with account(requests_per_hour=1) as crm:
        crm.get("/contacts/1")
        assert crm.get("/contacts/1").status_code == 429
        front = page(crm, "/").text
    assert "1 of 1 Nothing left" in front
    assert "GET /contacts/:id 429" in front


# records


def test_a_contact_is_shown_with_all_that_belongs_to_it(crm: httpx.Client) -> None:
    new_field(crm, "contacts", label="Plan", type="dropdown", choices=["Gold", "Silver"])
    new_field(crm, "contacts", label="Joined", type="date")
    new_field(crm, "contacts", label="Never used", type="text")
    firm = made(crm, "sales_accounts", name="Firm 1", annual_revenue=120000)
    person = made(
        crm,
        "contacts",
        first_name="Person",
        last_name="1",
        emails=["person.1@example.com", "first.person@example.com"],
        sales_accounts=[{"id": firm["id"], "is_primary": True}],
        tags=["Buyer", "VIP"],
        custom_field={"cf_plan": "Gold", "cf_joined": "2026-03-09"},
        lead_source_id=71_000_002_003,
    )
    deal = made(
        crm,
        "deals",
        name="Deal 1",
        amount="12500.5",
        sales_account_id=firm["id"],
        contacts_added_list=[person["id"]],
    )
    listed = crm.post("/lists", json={"name": "List 1"}).json()["list"]["id"]
    crm.put(f"/lists/{listed}/add_contacts", json={"ids": [person["id"]]})
    note = {"targetable_type": "Contact", "targetable_id": person["id"]}
    crm.post("/notes", json={"note": {"description": "Called twice.", **note}})

    shown = page(crm, f"/browse/contacts/{person['id']}")
    assert shown.within("h1") == "Person 1"
    for words in (
        "E-mail person.1@example.com primary first.person@example.com",
        "Owner Account Admin",
        "Lead source Email",
        "Lifecycle stage Lead",
        "Plan Gold",
        "Joined 9 Mar 2026",
        "1 without a value Never used",
        "Deal 1 12,500.50 USD, New",
        "Tags Buyer VIP",
        "Note Called twice.",
        "Added to a list List 1",
        "through the API, request",
        "Created",
    ):
        assert words in shown.text
    assert {
        f"/browse/sales_accounts/{firm['id']}",
        f"/browse/deals/{deal['id']}",
        f"/browse/contacts?list={listed}",
    } <= set(shown.links)

    of_deal = page(crm, f"/browse/deals/{deal['id']}")
    assert "Amount 12,500.50 USD" in of_deal.text
    assert "Deal stage New" in of_deal.text
    assert f"/browse/contacts/{person['id']}" in of_deal.links
    of_firm = page(crm, f"/browse/sales_accounts/{firm['id']}")
    assert "Annual revenue 120,000.00 USD" in of_firm.text
    assert f"/browse/contacts/{person['id']}" in of_firm.links
    of_list = page(crm, f"/browse/contacts?list={listed}")
    assert "Of list List 1" in of_list.text
    assert f"/browse/contacts/{person['id']}" in of_list.links
    assert "List 1 1 " in page(crm, "/browse/lists").text
    other = made(crm, "contacts", email="person.2@example.com")["id"]
    page(crm, f"/browse/contacts?list={listed}")
    crm.put(f"/lists/{listed}/add_contacts", json={"ids": [other]})
    assert "1–2 of 2" in page(crm, f"/browse/contacts?list={listed}").text


def test_money_is_told_in_the_currency_of_the_deal(account: Account) -> None:
    with account(plan="pro") as crm:
        currencies = crm.get("/selector/currencies").json()["currencies"]
        euro = next(item["id"] for item in currencies if item["currency_code"] == "EUR")
        deal = made(crm, "deals", name="Deal 1", amount=90, currency_id=euro)
        text = page(crm, f"/browse/deals/{deal['id']}").text
    assert "Amount 90.00 EUR" in text
    assert "Base currency amount 100.00 USD" in text


def test_a_change_names_its_fields_and_its_way_but_no_old_value(crm: httpx.Client) -> None:
    person = made(crm, "contacts", email="person.1@example.com", city="Old Town")
    crm.put(f"/contacts/{person['id']}", json={"contact": {"city": "New Town"}})
    text = page(crm, f"/browse/contacts/{person['id']}").text
    assert "Changed city" in text
    assert "Old Town" not in text


def test_every_kind_of_activity_stands_in_the_timeline(crm: httpx.Client) -> None:
    person = made(crm, "contacts", email="person.1@example.com")["id"]
    target = {"targetable_type": "Contact", "targetable_id": person}
    day = "2026-03-09T10:00:00-05:00"
    assert crm.post(
        "/tasks", json={"task": {"title": "Ring back", "due_date": day, **target}}
    ).is_success
    assert crm.post(
        "/appointments",
        json={
            "appointment": {"title": "Meet", "from_date": day, "end_date": day, **target}
        },
    ).is_success
    assert crm.post(
        "/phone_calls", json={"phone_call": {"call_direction": True, **target}}
    ).is_success
    assert crm.post(
        "/document_links",
        json={"document_link": {"url": "https://example.com/a", "name": "Offer", **target}},
    ).is_success
    text = page(crm, f"/browse/contacts/{person}").text
    for words in ("Task Ring back", "Appointment Meet", "Phone call", "Link Offer"):
        assert words in text


def test_a_binned_record_is_marked_and_left_out_of_the_list(crm: httpx.Client) -> None:
    person = made(crm, "contacts", email="person.1@example.com")["id"]
    crm.delete(f"/contacts/{person}")
    assert "in the recycle bin" in page(crm, f"/browse/contacts/{person}").text
    assert "Moved to the recycle bin" in page(crm, f"/browse/contacts/{person}").text
    listed = page(crm, "/browse/contacts")
    assert f"/browse/contacts/{person}" not in listed.links
    assert "Recycle bin (1)" in listed.text
    assert f"/browse/contacts/{person}" in page(crm, "/browse/contacts?bin=1").links


def test_classic_has_leads_with_their_company_and_no_lifecycle(account: Account) -> None:
    with account(edition="classic") as crm:
        lead = made(
            crm,
            "leads",
            email="person.1@example.com",
            last_name="1",
            company={"name": "Firm 1", "annual_revenue": 5000},
        )
        listed = page(crm, "/browse/leads")
        assert "Company" in listed.text
        assert "Firm 1" in listed.text
        text = page(crm, f"/browse/leads/{lead['id']}").text
        assert "Annual revenue: 5,000.00 USD" in text
        assert "Lead stage New" in text
        assert "Lifecycle" not in page(crm, "/browse/contacts").text
