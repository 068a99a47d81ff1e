"""Contacts, accounts and deals by the other client; its faults stand where they show."""

from __future__ import annotations

from typing import Final

from kartra_freshsales_tests.sandbox.other_client.table import (
    Caller,
    Ground,
    Operation,
    Table,
    kind,
)

RECORDS: Final = Table()


# contacts


@RECORDS.entry("contacts.create_contact")
def _create_contact(call: Caller, ground: Ground) -> None:
    email = ground.email()
    contact = call("contacts.create_contact", first_name="A", last_name="B", emails=email)
    assert kind(contact) == "Contact"
    assert (contact.first_name, contact.emails[0]["value"]) == ("A", email)
    assert str(contact) == "A B"


@RECORDS.entry("contacts.view_contact")
def _view_contact(call: Caller, ground: Ground) -> None:
    account = ground.made("sales_accounts")
    contact = ground.made("contacts", sales_account_id=account)
    plain = call("contacts.view_contact", contact)
    assert not hasattr(plain, "owner_id")
    full = call("contacts.view_contact", contact, "owner", "sales_accounts")
    assert full.owner_id == ground.read("contacts", contact, "owner")["owner_id"]
    linked = full.sales_accounts[0]  # the second generation leaves it a mapping
    assert (linked["id"] if isinstance(linked, dict) else linked.id) == account


@RECORDS.entry("contacts.update_contact")
def _update_contact(call: Caller, ground: Ground) -> None:
    contact = ground.made("contacts", last_name="A")
    assert call("contacts.update_contact", contact, city="Oslo").city == "Oslo"
    assert ground.read("contacts", contact)["last_name"] == "A"


@RECORDS.entry("contacts.upsert_contact")
def _upsert_contact(call: Caller, ground: Ground) -> None:
    key = ("emails", ground.email())
    first = call("contacts.upsert_contact", key, last_name="A")
    second = call("contacts.upsert_contact", key, last_name="B")
    assert (first.id, second.last_name) == (second.id, "B")


@RECORDS.entry("contacts.clone_contact")
def _clone_contact(call: Caller, ground: Ground) -> None:
    contact = ground.made("contacts", city="Oslo")
    cloned = call("contacts.clone_contact", contact, email=ground.email())
    assert (cloned.city, cloned.id != contact) == ("Oslo", True)


@RECORDS.entry("contacts.list_activities")
def _list_contact_activities(call: Caller, ground: Ground) -> None:
    contact = ground.made("contacts")
    assert isinstance(call("contacts.list_activities", contact, limit=5), list)


# what contacts, accounts and deals have in common


def _removal(area: str, module: str, word: str, verb: str) -> Operation:
    def check(call: Caller, ground: Ground) -> None:
        record = ground.made(module)
        assert call(f"{area}.{verb}_{word}", record) is True
        assert ground.gone(f"/{module}/{record}")
        binned = ground.crm.get(f"/{module}/view/{ground.view(module, 'Recycle Bin')}")
        ids = {item["id"] for item in binned.json()[module]}
        assert (record in ids) is (verb == "delete")

    return check


def _views(area: str, module: str) -> Operation:
    def check(call: Caller, ground: Ground) -> None:
        views = call(f"{area}.list_views")
        assert all(kind(view) == "View" for view in views)
        shown = ground.crm.get(f"/{module}/filters").json()["filters"]
        assert [view.name for view in views] == [item["name"] for item in shown]

    return check


def _listing(area: str, module: str, view: str) -> Operation:
    def check(call: Caller, ground: Ground) -> None:
        for _ in range(3):
            ground.made(module)
        number = ground.view(module, view)
        # Its sort and sort_type are put together and never sent.
        found = call(
            f"{area}.list_{area}", number, sort="id", sort_type="asc", page=1, per_page=100
        )
        shown = ground.crm.get(f"/{module}/view/{number}", params={"per_page": 100})
        assert [item.id for item in found] == [item["id"] for item in shown.json()[module]]

    return check


def _fields(area: str, module: str) -> Operation:
    def check(call: Caller, ground: Ground) -> None:
        shown = ground.crm.get(f"/settings/{module}/fields").json()["fields"]
        fields = call(f"{area}.list_fields")
        assert all(kind(item) == "Field" for item in fields)
        assert [item.name for item in fields] == [item["name"] for item in shown]
        if area != "sales_activities":  # there it asks for no groups
            grouped = call(f"{area}.list_fields", include_groups=True)
            assert all(item.field_group_id for item in grouped)

    return check


for _area, _module, _word, _view in (
    ("contacts", "contacts", "contact", "All Contacts"),
    ("accounts", "sales_accounts", "account", "All Accounts"),
    ("deals", "deals", "deal", "Open Deals"),
):
    for _verb in ("delete", "forget"):
        RECORDS[f"{_area}.{_verb}_{_word}"] = _removal(_area, _module, _word, _verb)
    RECORDS[f"{_area}.list_views"] = _views(_area, _module)
    RECORDS[f"{_area}.list_{_area}"] = _listing(_area, _module, _view)
    RECORDS[f"{_area}.list_fields"] = _fields(_area, _module)
RECORDS["sales_activities.list_fields"] = _fields("sales_activities", "sales_activities")


# accounts and deals


@RECORDS.entry("accounts.create_account")
def _create_account(call: Caller, ground: Ground) -> None:
    name = ground.word()
    account = call("accounts.create_account", name=name, annual_revenue=1200.5)
    assert (account.name, account.annual_revenue, str(account)) == (name, 1200.5, name)


@RECORDS.entry("accounts.view_account")
def _view_account(call: Caller, ground: Ground) -> None:
    account = ground.made("sales_accounts")
    assert call("accounts.view_account", account).owner_id
    industry = ground.crm.get("/selector/industry_types").json()["industry_types"][0]["id"]
    ground.crm.put(f"/sales_accounts/{account}", json={"industry_type_id": industry})
    full = call("accounts.view_account", account, "owner", "industry_type")
    assert full.industry_type_id == industry


@RECORDS.entry("accounts.update_account")
def _update_account(call: Caller, ground: Ground) -> None:
    account = ground.made("sales_accounts")
    assert call("accounts.update_account", account, city="Oslo").city == "Oslo"


@RECORDS.entry("accounts.upsert_account")
def _upsert_account(call: Caller, ground: Ground) -> None:
    key = ("name", ground.word())
    first = call("accounts.upsert_account", key, city="Oslo")
    second = call("accounts.upsert_account", key, city="Rome")
    assert (first.id, second.city) == (second.id, "Rome")


@RECORDS.entry("accounts.clone_account")
def _clone_account(call: Caller, ground: Ground) -> None:
    account, name = ground.made("sales_accounts", city="Oslo"), ground.word()
    cloned = call("accounts.clone_account", account, name=name)
    assert (cloned.name, cloned.city, cloned.id != account) == (name, "Oslo", True)


@RECORDS.entry("deals.create_deal")
def _create_deal(call: Caller, ground: Ground) -> None:
    deal = call("deals.create_deal", name=ground.word(), amount=5600)
    assert deal.amount == "5600.0"
    assert deal.stage_updated_time.tzinfo is not None


@RECORDS.entry("deals.view_deal")
def _view_deal(call: Caller, ground: Ground) -> None:
    account = ground.made("sales_accounts")
    deal = ground.made("deals", sales_account_id=account)
    assert not hasattr(call("deals.view_deal", deal), "sales_account_id")
    full = call("deals.view_deal", deal, "sales_account", "deal_stage")
    assert full.sales_account_id == account


@RECORDS.entry("deals.update_deal")
def _update_deal(call: Caller, ground: Ground) -> None:
    deal = ground.made("deals")
    assert call("deals.update_deal", deal, amount="7.25").amount == "7.25"


@RECORDS.entry("deals.upsert_deal")
def _upsert_deal(call: Caller, ground: Ground) -> None:
    deal = ground.made("deals")
    changed = call("deals.upsert_deal", ("id", str(deal)), amount=10)
    assert (changed.id, changed.amount) == (deal, "10.0")


@RECORDS.entry("deals.clone_deal")
def _clone_deal(call: Caller, ground: Ground) -> None:
    deal = ground.made("deals", amount=3)
    assert call("deals.clone_deal", deal).amount == "3.0"
    assert call("deals.clone_deal", deal, amount=4).amount == "4.0"
