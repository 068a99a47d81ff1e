"""Converting a lead on Classic: what goes where, what is dropped, what a mapping saves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from kartra_freshsales.sandbox.app import create_app
from kartra_freshsales.sandbox.config import SandboxConfig, Switches
from kartra_freshsales.sandbox.convert import (
    conversion_of,
    read_conversion,
    set_conversion,
)
from kartra_freshsales.sandbox.server import SandboxProcess
from kartra_freshsales.sandbox.world import World
from kartra_freshsales_tests.sandbox.conftest import Account, Stage
from kartra_freshsales_tests.sandbox.scenario import (
    bulk,
    got,
    made,
    messages,
    new_field,
    viewed,
)

LEAD: dict[str, Any] = {
    "first_name": "Person", "last_name": "1", "job_title": "Buyer", "department": "Sales",
    "emails": ["person.1@example.com", "person.1.home@example.com"],
    "work_number": "1", "mobile_number": "2", "address": "Street 1", "city": "Oslo",
    "state": "Oslo", "zipcode": "0150", "country": "Norway", "time_zone": "Chennai",
    "facebook": "f", "twitter": "t", "linkedin": "l", "medium": "m", "keyword": "k",
    "company": {
        "name": "Acme", "website": "acme.example.com", "phone": "+47 22 33",
        "annual_revenue": 1200, "number_of_employees": 51, "address": "Road 2",
        "city": "Bergen", "state": "V", "zipcode": "5003", "country": "Norway",
    },
    "deal": {"name": "Course", "amount": 99, "expected_close": "2026-03-01"},
}  # fmt: skip
SENT = {"last_name": "1", "company": {"name": "Acme"}}


@pytest.fixture
def classic(account: Account) -> Iterator[httpx.Client]:
    """A fresh account of Classic, without limits."""
    with account(edition="classic") as client:
        yield client


@pytest.fixture
def world(classic: httpx.Client, stage: tuple[Stage, str]) -> World:
    """The world behind ``classic``: where an admin's screen would write."""
    found: World = stage[0].app.state.world
    return found


def converted(
    client: httpx.Client, lead_id: int, sent: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The contact a lead became."""
    answer = client.post(f"/leads/{lead_id}/convert", json={"lead": sent or SENT})
    assert answer.status_code == 200, answer.text
    contact: dict[str, Any] = answer.json()["contact"]
    return contact


def setting(client: httpx.Client, selector: str, at: int = 0) -> int:
    key = "users" if selector == "owners" else selector
    found: int = client.get(f"/selector/{selector}").json()[key][at]["id"]
    return found


# reference 1.1: the default mapping, row by row
def test_a_lead_becomes_a_contact_an_account_and_a_deal(classic: httpx.Client) -> None:
    settings = {
        "owner_id": setting(classic, "owners", 1),
        "lead_source_id": setting(classic, "lead_sources", 2),
        "campaign_id": setting(classic, "campaigns"),
        "territory_id": setting(classic, "territories"),
    }
    company = {
        **LEAD["company"],
        "industry_type_id": setting(classic, "industry_types"),
        "business_type_id": setting(classic, "business_types"),
    }
    lead = made(classic, "leads", **{**LEAD, **settings, "company": company})
    answer = classic.post(f"/leads/{lead['id']}/convert", json={"lead": SENT})
    assert list(answer.json()) == ["contact", "meta"]
    assert answer.json()["meta"]["success_msg"]
    include = "owner,source,campaign,territory,sales_accounts,deals"
    contact = got(classic, "contacts", answer.json()["contact"]["id"], include)
    nested = {"emails", "company", "deal"}
    assert {key: contact[key] for key in LEAD if key not in nested} == {
        key: value for key, value in LEAD.items() if key not in nested
    }
    assert [entry["value"] for entry in contact["emails"]] == LEAD["emails"]
    kept = {key: value for key, value in settings.items() if key != "territory_id"}
    assert {key: contact[key] for key in kept} == kept
    assert contact["territory_id"] is None
    account_id = contact["sales_accounts"][0]["id"]
    account = got(classic, "sales_accounts", account_id, "industry_type,business_type")
    assert {key: account[key] for key in company} == company
    assert account["owner_id"] == settings["owner_id"]
    include = "owner,source,campaign,sales_account,contacts"
    deal = got(classic, "deals", contact["deal_ids"][0], include)
    assert (deal["name"], deal["amount"]) == ("Course", "99.0")
    assert deal["expected_close"] == "2026-03-01"
    assert {key: deal[key] for key in kept} == kept
    assert (deal["sales_account_id"], deal["contact_ids"]) == (account_id, [contact["id"]])


def test_a_converted_lead_is_gone_for_good(classic: httpx.Client) -> None:
    lead = made(classic, "leads", **LEAD)
    converted(classic, lead["id"])
    assert classic.get(f"/leads/{lead['id']}").status_code == 404
    assert viewed(classic, "leads", "Recycle Bin")["meta"]["total"] == 0
    again = classic.post(f"/leads/{lead['id']}/convert", json={"lead": SENT})
    assert again.status_code == 404
    made(classic, "leads", email="person.1@example.com")  # its address is free again


# reference 1.1: last name and company are needed
@pytest.mark.parametrize(
    "sent",
    [
        {"company": {"name": "Acme"}},
        {"last_name": "1"},
        {"last_name": "1", "company": {}},
        {"last_name": " ", "company": {"name": "A"}},
    ],
)
def test_a_conversion_without_last_name_or_company_is_refused_and_leaves_the_lead(
    classic: httpx.Client, sent: dict[str, Any]
) -> None:
    lead = made(classic, "leads", **LEAD)
    answer = classic.post(f"/leads/{lead['id']}/convert", json={"lead": sent})
    assert answer.status_code == 400
    assert messages(answer)[0].startswith("Need to fill this ")
    assert got(classic, "leads", lead["id"])["company"]["name"] == "Acme"
    assert viewed(classic, "contacts", "All Contacts")["meta"]["total"] == 0


def test_a_switch_makes_the_company_optional(account: Account) -> None:
    with account(
        edition="classic", switches=Switches(convert_needs_company=False)
    ) as client:
        lead = made(client, "leads", email="a@example.com", deal={"name": "D"})
        contact = converted(client, lead["id"], {"last_name": "A"})
        shown = got(client, "contacts", contact["id"], "sales_accounts,deals")
        assert (shown["sales_accounts"], len(shown["deal_ids"])) == ([], 1)
        assert viewed(client, "sales_accounts", "All Accounts")["meta"]["total"] == 0


def test_what_the_conversion_sends_goes_before_what_the_lead_held(
    classic: httpx.Client,
) -> None:
    lead = made(classic, "leads", email="a@example.com", last_name="Old", city="Oslo")
    sent = {
        "last_name": "New",
        "company": {"name": "B"},
        "deal": {"name": "D", "amount": 7},
    }
    contact = converted(classic, lead["id"], sent)
    assert (contact["last_name"], contact["city"]) == ("New", "Oslo")
    deals = viewed(classic, "deals", "Open Deals")["deals"]
    assert [(deal["name"], deal["amount"]) for deal in deals] == [("D", "7.0")]


def test_a_lead_without_a_deal_makes_none(classic: httpx.Client) -> None:
    lead = made(classic, "leads", email="a@example.com")
    converted(classic, lead["id"])
    assert viewed(classic, "deals", "Open Deals")["meta"]["total"] == 0


def test_standing_contacts_and_accounts_are_completed_and_keep_what_they_have(
    classic: httpx.Client,
) -> None:
    account = made(classic, "sales_accounts", name="ACME", city="Paris")
    other = made(classic, "sales_accounts", name="Other")
    contact = made(
        classic, "contacts", email="person.1@example.com", last_name="Before",
        sales_accounts=[{"id": other["id"], "is_primary": True}],
    )  # fmt: skip
    lead = made(classic, "leads", **LEAD)
    assert converted(classic, lead["id"])["id"] == contact["id"]
    shown = got(classic, "contacts", contact["id"], "sales_accounts")
    assert (shown["last_name"], shown["job_title"]) == ("Before", "Buyer")
    assert [item["id"] for item in shown["sales_accounts"]] == [other["id"], account["id"]]
    assert [entry["value"] for entry in shown["emails"]] == LEAD["emails"]
    company = got(classic, "sales_accounts", account["id"])
    assert (company["name"], company["city"], company["zipcode"]) == (
        "ACME",
        "Paris",
        "5003",
    )


def test_a_contact_in_the_bin_stops_the_conversion(classic: httpx.Client) -> None:
    contact = made(classic, "contacts", email="person.1@example.com")
    classic.request("DELETE", f"/contacts/{contact['id']}", json=True)
    lead = made(classic, "leads", **LEAD)
    answer = classic.post(f"/leads/{lead['id']}/convert", json={"lead": SENT})
    assert answer.status_code == 400
    assert got(classic, "leads", lead["id"])["id"] == lead["id"]
    assert viewed(classic, "sales_accounts", "All Accounts")["meta"]["total"] == 0


def test_notes_move_to_the_contact(classic: httpx.Client) -> None:
    lead = made(classic, "leads", **LEAD)
    for text in ("first", "second"):
        about = {"targetable_type": "Lead", "targetable_id": lead["id"]}
        classic.post("/notes", json={"note": {"description": text, **about}})
    contact = converted(classic, lead["id"])
    notes = classic.get(f"/contacts/{contact['id']}/notes").json()["notes"]
    assert [note["description"] for note in notes] == ["second", "first"]
    assert {note["targetables"][0]["type"] for note in notes} == {"Contact"}


def test_tasks_move_to_the_contact(classic: httpx.Client) -> None:
    lead = made(classic, "leads", **LEAD)
    about = {"targetable_type": "Lead", "targetable_id": lead["id"]}
    task = {"title": "Call", "due_date": "2026-03-01T10:00:00Z", **about}
    assert classic.post("/tasks", json={"task": task}).status_code == 201
    contact = converted(classic, lead["id"])
    tasks = classic.get(f"/contacts/{contact['id']}/tasks").json()["tasks"]
    assert [item["title"] for item in tasks] == ["Call"]


# custom fields: S84


def test_a_custom_field_without_a_mapping_is_dropped_even_under_the_same_name(
    classic: httpx.Client,
) -> None:
    for module in ("leads", "contacts"):
        new_field(classic, module, label="Kartra id", type="text")
    lead = made(classic, "leads", **LEAD, custom_field={"cf_kartra_id": "7"})
    contact = converted(classic, lead["id"])
    assert contact["custom_field"] == {"cf_kartra_id": None}


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("text", "7", "7"),
        ("number", 7.5, 7.5),
        ("decimal", "7.25", "7.25"),
        ("date", "2024-02-29", "2024-02-29"),
        ("checkbox", False, False),
        ("dropdown", "Red", "Red"),
        ("multi_select_dropdown", ["Red", "Blue"], "Red;Blue"),
        ("textarea", "a\nb", "a\nb"),
    ],
)
def test_a_mapped_custom_field_arrives_on_every_record_it_is_mapped_to(
    classic: httpx.Client, world: World, kind: str, value: object, shown: object
) -> None:
    modules = ("leads", "contacts", "sales_accounts", "deals")
    for module in modules:
        label, choices = f"From {module}", ["Red", "Blue"]
        asked = {"label": label, "type": kind, "choices": choices}
        assert new_field(classic, module, **asked).status_code == 200
    targets = {
        "contact": "cf_from_contacts", "sales_account": "cf_from_sales_accounts",
        "deal": "cf_from_deals",
    }  # fmt: skip
    set_conversion(world, {"cf_from_leads": targets})
    assert conversion_of(world) == {"cf_from_leads": targets}
    lead = made(classic, "leads", **LEAD, custom_field={"cf_from_leads": value})
    contact = converted(classic, lead["id"])
    assert contact["custom_field"] == {"cf_from_contacts": shown}
    account = viewed(classic, "sales_accounts", "All Accounts")["sales_accounts"][0]
    assert account["custom_field"] == {"cf_from_sales_accounts": shown}
    deal = viewed(classic, "deals", "Open Deals")["deals"][0]
    assert deal["custom_field"] == {"cf_from_deals": shown}


def test_a_custom_field_may_go_to_a_built_in_one(
    classic: httpx.Client, world: World
) -> None:
    new_field(classic, "leads", label="Campaign words", type="text")
    set_conversion(world, {"cf_campaign_words": {"contact": "keyword"}})
    lead = made(
        classic, "leads", email="a@example.com", custom_field={"cf_campaign_words": "w"}
    )
    assert converted(classic, lead["id"])["keyword"] == "w"


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({"cf_none": {"contact": "cf_number"}}, ("cf_none", "cf_number")),
        ({"cf_text": {"contact": "cf_none"}}, ("cf_text", "cf_none of contact")),
        ({"cf_text": {"contact": "cf_number"}}, ("cf_text", "text", "cf_number", "number")),
        ({"cf_text": {"deal": "deal_stage_id"}}, ("cf_text", "deal_stage_id of deal")),
        ({"cf_text": {"lead": "cf_text"}}, ("contact", "sales_account", "deal")),
    ],
)
def test_a_mapping_to_a_field_that_is_missing_or_of_another_type_is_refused(
    classic: httpx.Client, world: World, mapping: dict[str, Any], words: tuple[str, ...]
) -> None:
    new_field(classic, "leads", label="Text", type="text")
    new_field(classic, "contacts", label="Text", type="text")
    new_field(classic, "contacts", label="Number", type="number")
    standing = {"cf_text": {"contact": "cf_text"}}
    set_conversion(world, standing)
    with pytest.raises(ValueError) as refused:
        set_conversion(world, mapping)
    assert all(word in str(refused.value) for word in words)
    assert conversion_of(world) == standing


@pytest.mark.parametrize("keeps", [False, True])
def test_tags_stand_in_no_row_of_the_mapping_and_are_kept_by_a_switch_only(
    account: Account, keeps: bool
) -> None:
    switches = Switches(convert_keeps_tags=keeps)
    with account(edition="classic", switches=switches) as client:
        lead = made(client, "leads", email="a@example.com", tags=["t"])
        assert converted(client, lead["id"])["tags"] == (["t"] if keeps else [])


@contextmanager
def opened(config: SandboxConfig) -> Iterator[World]:
    """The world of an application that serves nobody."""
    app = create_app(config)
    try:
        yield app.state.world
    finally:
        app.state.world.store.close()


def test_the_mapping_comes_from_a_file_and_stays_with_the_state(tmp_path: Path) -> None:
    seed, file = tmp_path / "seed.yaml", tmp_path / "conversion.yaml"
    seed.write_text(
        "custom_fields:\n  leads: [{label: A, type: text}]\n"
        "  contacts: [{label: B, type: text}]\n",
        encoding="utf-8",
    )
    file.write_text("cf_a: {contact: cf_b}\n", encoding="utf-8")
    config = SandboxConfig(
        edition="classic", seed_file=seed, conversion_file=file, state=tmp_path / "state"
    )
    with opened(config) as world:
        assert conversion_of(world) == read_conversion(file)
    state_only = SandboxConfig(edition="classic", state=tmp_path / "state")
    with opened(state_only) as world:
        assert conversion_of(world) == {"cf_a": {"contact": "cf_b"}}
    file.write_text("cf_a: cf_b\n", encoding="utf-8")
    with pytest.raises(ValueError, match="contact, sales_account, deal"):
        read_conversion(file)


def test_an_admin_sets_the_mapping_through_the_control_port() -> None:
    with (
        SandboxProcess(edition="classic", requests_per_hour=0) as sandbox,
        httpx.Client(base_url=sandbox.base_url, headers=sandbox.headers) as client,
    ):
        assert sandbox.base_url == f"{sandbox.root_url}/api"
        screen = f"{sandbox.control_url}/conversion"
        for module in ("leads", "contacts"):
            new_field(client, module, label="Kartra id", type="text")
        refused = httpx.put(screen, json={"cf_kartra_id": {"contact": "cf_none"}})
        assert refused.status_code == 400
        assert "cf_kartra_id" in refused.text
        assert "cf_none" in refused.text
        mapping = {"cf_kartra_id": {"contact": "cf_kartra_id"}}
        assert httpx.put(screen, json=mapping).json() == mapping
        assert httpx.get(screen).json() == mapping
        lead = made(client, "leads", **LEAD, custom_field={"cf_kartra_id": "7"})
        contact = converted(client, lead["id"])
        assert contact["custom_field"] == {"cf_kartra_id": "7"}
        status = bulk(client, "leads", [{"emails": "b@example.com", "data": {}}])
        assert status["data"]["success"] == 1
