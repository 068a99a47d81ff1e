"""Freshsales Classic: its address, its leads, and what it lacks beside Suite."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from kartra_freshsales.sandbox.config import Switches
from kartra_freshsales_tests.sandbox.conftest import Account
from kartra_freshsales_tests.sandbox.scenario import (
    bulk,
    got,
    made,
    messages,
    new_field,
    view_id,
    viewed,
)

COMPANY = {
    "name": "Acme", "city": "Oslo", "website": "acme.example.com", "phone": "+47 22 33 44",
    "number_of_employees": 60, "annual_revenue": 1200, "zipcode": "0150",
}  # fmt: skip


@pytest.fixture
def classic(account: Account) -> Iterator[httpx.Client]:
    """A fresh account of Classic, without limits."""
    with account(edition="classic") as client:
        yield client


def choice(client: httpx.Client, field: str, value: str, module: str = "leads") -> int:
    """The id of a choice of a built-in field, by its words."""
    fields = client.get(f"/settings/{module}/fields").json()["fields"]
    choices = next(item["choices"] for item in fields if item["name"] == field)
    return next(int(item["id"]) for item in choices if item["value"] == value)


# reference 1
def test_each_edition_answers_at_its_own_address_only(account: Account) -> None:
    for edition, own, other in (
        ("suite", "/crm/sales/api", "/api"),
        ("classic", "/api", "/crm/sales/api"),
    ):
        with account(edition=edition) as client:
            root = str(client.base_url).removesuffix("/").removesuffix(own)
            assert client.get(f"{root}{own}/selector/owners").status_code == 200
            answer = client.get(f"{root}{other}/selector/owners")
            assert (answer.status_code, len(messages(answer))) == (404, 1)
            assert client.get(f"{root}{other}/contacts/filters").status_code == 404
            assert httpx.get(f"{root}{own}/selector/owners").status_code == 401


# reference 1
def test_suite_has_no_leads(crm: httpx.Client) -> None:
    assert crm.get("/leads/filters").status_code == 403
    assert crm.post("/leads", json={"lead": {}}).status_code == 403
    assert crm.get("/settings/leads/fields").status_code == 404
    assert crm.get("/contacts/scroll/1").status_code == 404
    answer = crm.post("/filtered_search/lead", json={"filter_rule": []})
    assert answer.status_code == 404
    body = {"description": "a", "targetable_type": "Lead", "targetable_id": 1}
    assert crm.post("/notes", json={"note": body}).status_code == 400


# reference 1.1
def test_a_lead_is_created_read_changed_and_removed(classic: httpx.Client) -> None:
    lead = made(
        classic, "leads", first_name="Person", last_name="1", email="person.1@example.com",
        job_title="Buyer", tags=["a", "b"], company=COMPANY,
        deal={"name": "Course", "amount": 99, "expected_close": "2026-03-01"},
    )  # fmt: skip
    assert next(iter(lead)) == "id"
    assert 10**10 <= lead["id"] < 10**12
    assert (lead["display_name"], lead["email"]) == ("Person 1", "person.1@example.com")
    assert lead["company"]["number_of_employees"] == 51
    assert lead["company"]["annual_revenue"] == 1200.0
    assert lead["deal"]["amount"] == "99.0"
    assert lead["tags"] == ["a", "b"]
    assert lead["links"]["notes"].startswith(f"/leads/{lead['id']}/")
    path = f"/leads/{lead['id']}"
    answer = classic.put(path, json={"lead": {"company": {"city": "Bergen"}, "city": "X"}})
    changed = answer.json()["lead"]
    assert list(answer.json()) == ["lead", "meta"]
    assert (changed["company"]["name"], changed["company"]["city"]) == ("Acme", "Bergen")
    assert (changed["city"], changed["deal"]["name"]) == ("X", "Course")
    copy = classic.post(f"{path}/clone", json={"lead": {"email": "person.2@example.com"}})
    assert copy.json()["lead"]["company"]["name"] == "Acme"
    assert classic.request("DELETE", path, json=True).json() is True
    assert classic.get(path).status_code == 404
    assert [item["id"] for item in viewed(classic, "leads", "Recycle Bin")["leads"]] == [
        lead["id"]
    ]
    assert classic.request("DELETE", f"{path}/forget", json=True).json() is True
    gone = classic.post(
        "/leads/bulk_destroy", json={"selected_ids": [copy.json()["lead"]["id"]]}
    )
    assert gone.json() == {"message": "1 leads deleted."}


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"last_name": "A"}, "Need to fill this Email"),
        ({"email": "nothing"}, "invalid email address"),
        ({"email": "a@example.com", "lead_stage_id": 5}, "Lead stage doesn't exist"),
        ({"email": "a@example.com", "lead_reason_id": 5}, "Lead reason doesn't exist"),
        ({"email": "a@example.com", "owner_id": 5}, "Invalid owner provided."),
        ({"email": "a@example.com", "company": "Acme"}, "Invalid or missing attributes"),
        (
            {"email": "a@example.com", "company": {"website": "no site"}},
            "website is not in required format",
        ),
        (
            {"email": "a@example.com", "company": {"industry_type_id": 5}},
            "Industry type doesn't exist",
        ),
        (
            {"email": "a@example.com", "deal": {"currency_id": 5}},
            "Currency doesn't exist",
        ),
        ({"email": "a@example.com", "last_name": "x" * 256}, "not in required length"),
    ],
)
def test_a_lead_that_cannot_be_is_refused(
    classic: httpx.Client, sent: dict[str, Any], words: str
) -> None:
    answer = classic.post("/leads", json={"lead": sent})
    assert answer.status_code == 400
    assert words in messages(answer)[0]
    assert viewed(classic, "leads", "All Leads")["meta"]["total"] == 0


# reference 1.1, 3.4: the ids come with their include only
def test_stage_reason_and_source_are_choices_of_the_leads_own_fields(
    classic: httpx.Client,
) -> None:
    unqualified = choice(classic, "lead_stage_id", "Unqualified")
    lead = made(classic, "leads", email="a@example.com", lead_stage_id=unqualified)
    assert "lead_stage_id" not in lead
    asked = "lead_stage,lead_reason,source,owner"
    answer = classic.get(f"/leads/{lead['id']}", params={"include": asked}).json()
    assert answer["lead"]["lead_stage_id"] == unqualified
    assert answer["lead"]["lead_reason_id"] is None
    assert [item["name"] for item in answer["lead_stages"]] == ["Unqualified"]
    assert answer["lead"]["owner_id"] == answer["users"][0]["id"]
    assert list(answer)[-2:] == ["lead", "meta"]
    moved = {
        "lead_reason_id": choice(classic, "lead_reason_id", "Budget"),
        "lead_source_id": choice(classic, "lead_source_id", "Web"),
    }
    classic.put(f"/leads/{lead['id']}", json={"lead": moved})
    shown = got(classic, "leads", lead["id"], asked)
    assert {key: shown[key] for key in moved} == moved


def test_a_lead_without_a_stage_takes_the_first_and_a_new_stage_takes_its_time(
    classic: httpx.Client,
) -> None:
    lead = made(classic, "leads", email="a@example.com")
    before = lead["stage_updated_time"]
    shown = got(classic, "leads", lead["id"], "lead_stage")
    assert shown["lead_stage_id"] == choice(classic, "lead_stage_id", "New")
    path = f"/leads/{lead['id']}"
    same = classic.put(path, json={"lead": {"city": "Oslo"}}).json()["lead"]
    assert same["stage_updated_time"] == before
    stage = choice(classic, "lead_stage_id", "Contacted")
    moved = classic.put(path, json={"lead": {"lead_stage_id": stage}}).json()["lead"]
    assert moved["stage_updated_time"] > before


def test_an_email_is_unique_among_leads_and_among_contacts_not_between_them(
    classic: httpx.Client,
) -> None:
    made(classic, "leads", email="a@example.com")
    made(classic, "contacts", email="A@example.com")
    answer = classic.post("/leads", json={"lead": {"email": "A@Example.com"}})
    assert messages(answer) == ["A@Example.com already exists."]


# reference 3.6
def test_a_lead_is_upserted_by_its_email(classic: httpx.Client) -> None:
    body = {"unique_identifier": {"emails": "a@example.com"}, "lead": {"last_name": "A"}}
    first = classic.post("/leads/upsert", json=body)
    second = classic.post("/leads/upsert", json={**body, "lead": {"city": "Oslo"}})
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json()["lead"]["last_name"] == "A"
    assert second.json()["lead"]["id"] == first.json()["lead"]["id"]


# reference 3.7
def test_leads_and_contacts_are_upserted_in_bulk(classic: httpx.Client) -> None:
    for module in ("leads", "contacts"):
        rows: list[dict[str, Any]] = [
            {"emails": f"person.{at}@example.com", "data": {"last_name": str(at)}}
            for at in range(3)
        ]
        rows.append({"emails": "nothing", "data": {"last_name": "x"}})
        status = bulk(classic, module, rows)
        assert status["data"]["success"] == 3
        assert viewed(classic, module, f"All {module.title()}")["meta"]["total"] == 3


# reference 1: what was not seen on Classic is not there
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/sales_accounts/bulk_upsert", {"sales_accounts": [{"data": {}}]}),
        ("POST", "/deals/bulk_upsert", {"deals": [{"data": {}}]}),
        ("GET", "/lists", None),
        ("POST", "/lists", {"name": "a"}),
        ("GET", "/contacts/lists/1", None),
        ("GET", "/settings/module_customizations", None),
        ("GET", "/selector/lifecycle_stages", None),
        ("GET", "/selector/contact_statuses", None),
        ("GET", "/selector/lead_stages", None),
    ],
)
def test_what_was_not_seen_on_classic_is_no_page(
    classic: httpx.Client, method: str, path: str, body: object
) -> None:
    assert classic.request(method, path, json=body).status_code == 404


def test_a_switch_opens_bulk_for_accounts_and_deals(account: Account) -> None:
    with account(
        edition="classic", switches=Switches(classic_bulk_everywhere=True)
    ) as client:
        status = bulk(client, "sales_accounts", [{"name": "Acme", "data": {}}])
        assert status["data"]["success"] == 1


# reference 1: the stage stands on the lead, not on the contact
def test_contacts_have_no_lifecycle(classic: httpx.Client) -> None:
    contact = made(
        classic, "contacts", email="a@example.com", department="Sales",
        lifecycle_stage_id=71_000_003_001,
    )  # fmt: skip
    assert contact["department"] == "Sales"
    path = f"/contacts/{contact['id']}"
    answer = classic.get(path, params={"include": "lifecycle_stage,contact_status,owner"})
    assert not {"lifecycle_stage_id", "contact_status_id"} & set(answer.json()["contact"])
    assert not {"lifecycle_stages", "contact_status"} & set(answer.json())
    fields = classic.get("/settings/contacts/fields").json()["fields"]
    names = {item["name"] for item in fields}
    assert not {"lifecycle_stage_id", "contact_status_id", "lists"} & names


def test_leads_have_fields_a_form_and_custom_fields_of_their_own(
    classic: httpx.Client,
) -> None:
    answer = new_field(classic, "leads", label="Score", type="number", unique=True)
    assert answer.status_code == 200
    fields = classic.get("/settings/leads/fields").json()["fields"]
    assert {item["base_model"] for item in fields} == {"Lead"}
    made(classic, "leads", email="a@example.com", custom_field={"cf_score": 5})
    body = {"email": "b@example.com", "custom_field": {"cf_score": 5}}
    assert classic.post("/leads", json={"lead": body}).status_code == 400
    contact = {"email": "b@example.com", "custom_field": {"cf_score": 5}}
    assert classic.post("/contacts", json={"contact": contact}).status_code == 400


# reference 3.8
def test_notes_stand_on_leads(classic: httpx.Client) -> None:
    lead = made(classic, "leads", email="a@example.com")
    body = {
        "description": "Called", "targetable_type": "Lead", "targetable_id": lead["id"],
    }  # fmt: skip
    note = classic.post("/notes", json={"note": body}).json()["note"]
    assert note["targetables"] == [{"id": lead["id"], "type": "Lead"}]
    notes = classic.get(f"/leads/{lead['id']}/notes").json()["notes"]
    assert [item["id"] for item in notes] == [note["id"]]


# reference 3.11
def test_leads_are_found(classic: httpx.Client) -> None:
    lead = made(classic, "leads", last_name="Buyer", email="a@example.com")
    contact = made(classic, "contacts", last_name="Buyer", email="a@example.com")
    hits = classic.get("/search", params={"q": "buy", "include": "lead,contact"}).json()
    assert [(item["type"], item["id"]) for item in hits] == [
        ("lead", str(lead["id"])), ("contact", str(contact["id"])),
    ]  # fmt: skip
    query = {"q": "a@example.com", "f": "email", "entities": "lead"}
    found = classic.get("/lookup", params=query).json()
    assert [item["id"] for item in found["leads"]["leads"]] == [lead["id"]]
    rule = {
        "attribute": "lead_email.email", "operator": "is_in", "value": "a@example.com",
    }  # fmt: skip
    page = classic.post("/filtered_search/lead", json={"filter_rule": [rule]}).json()
    assert ([item["id"] for item in page["leads"]], page["meta"]["total"]) == (
        [lead["id"]], 1,
    )  # fmt: skip


# reference 3.2: listed through views only, as everything else
def test_leads_are_listed_through_views_only(classic: httpx.Client) -> None:
    assert classic.get("/leads").status_code == 403
    assert classic.get("/leads/view/1").status_code == 403
    for at in range(3):
        made(classic, "leads", last_name=f"L{at}", email=f"person.{at}@example.com")
    page = viewed(
        classic,
        "leads",
        "All Leads",
        per_page=2,
        page=2,
        sort="created_at",
        sort_type="asc",
    )
    assert [item["last_name"] for item in page["leads"]] == ["L2"]
    assert (next(iter(page)), page["meta"]) == ("leads", {"total_pages": 2, "total": 3})


# reference 2.1: Classic only
@pytest.mark.parametrize("limit", [1, 2, 3, 5, 7])
def test_contacts_are_scrolled_from_the_last_id_on(
    classic: httpx.Client, limit: int
) -> None:
    ids = [made(classic, "contacts", email=f"p.{at}@example.com")["id"] for at in range(5)]
    path = f"/contacts/scroll/{view_id(classic, 'contacts', 'All Contacts')}"
    seen: list[int] = []
    more = True
    while more:
        query = {"limit": limit, **({"last_fetched_id": seen[-1]} if seen else {})}
        page = classic.get(path, params=query).json()
        assert list(page) == ["contacts", "meta"]
        assert len(page["contacts"]) <= limit
        seen += [item["id"] for item in page["contacts"]]
        more = page["meta"]["has_next_page"]
    assert seen == ids
    assert classic.get("/contacts/scroll/1").status_code == 403
