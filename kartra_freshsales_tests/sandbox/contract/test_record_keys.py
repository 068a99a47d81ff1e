"""Record keys in recorded order, values and their tables (reference 3.5)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from kartra_freshsales_tests.sandbox.contract.conftest import House, first_id
from kartra_freshsales_tests.sandbox.contract.shapes import (
    EMAIL_ENTRY,
    LEAST,
    RECORDS,
)
from kartra_freshsales_tests.sandbox.scenario import got, made, messages

Json = dict[str, Any]


@pytest.mark.parametrize("module", RECORDS)
def test_a_record_has_the_recorded_keys_in_the_recorded_order(
    house: House, module: str
) -> None:
    singular = module.removesuffix("s")
    record = house.get(f"/{module}/{house.first(module)}").json()[singular]
    assert list(record) == RECORDS[module]
    for listed in house.view(module)[module]:
        assert list(listed) == RECORDS[module]


@pytest.mark.parametrize("module", RECORDS)
def test_the_links_of_a_record_point_at_the_web_app(house: House, module: str) -> None:
    singular = module.removesuffix("s")
    links = house.get(f"/{module}/{house.first(module)}").json()[singular]["links"]
    assert {"activities", "notes", "tasks", "appointments"} <= set(links)
    assert "document_associations" in links
    for link in links.values():  # reference 1: not under /api
        assert link.startswith(f"/crm/sales/{module}/{house.first(module)}/")


_TEXTS = {
    "contacts": "first_name last_name job_title city state zipcode country time_zone"
    " work_number mobile_number address keyword medium facebook twitter linkedin"
    " external_id",
    "sales_accounts": "name address city state zipcode country website phone facebook"
    " twitter linkedin",
    "deals": "name",
}


@pytest.mark.parametrize(
    ("module", "key"),
    [
        pytest.param(module, key, id=f"3.5 {module} {key}")
        for module, keys in _TEXTS.items()
        for key in keys.split()
    ],
)
def test_a_writable_text_comes_back_as_written(
    crm: httpx.Client, module: str, key: str
) -> None:
    text = {"website": "example.com", "phone": "555 0100"}.get(key, "Chennai")
    sent = {**LEAST[module], key: text}
    assert got(crm, module, made(crm, module, **sent)["id"])[key] == text


_RELATIONS = [
    ("contacts", "territory_id", "territories", "territory"),
    ("contacts", "lead_source_id", "lead_sources", "source"),
    ("contacts", "campaign_id", "campaigns", "campaign"),
    ("contacts", "owner_id", "owners", "owner"),
    ("contacts", "lifecycle_stage_id", "lifecycle_stages", "lifecycle_stage"),
    ("contacts", "contact_status_id", "contact_statuses", "contact_status"),
    ("sales_accounts", "industry_type_id", "industry_types", "industry_type"),
    ("sales_accounts", "business_type_id", "business_types", "business_type"),
    ("sales_accounts", "territory_id", "territories", "territory"),
    ("sales_accounts", "owner_id", "owners", "owner"),
    ("deals", "deal_reason_id", "deal_reasons", "deal_reason"),
    ("deals", "deal_type_id", "deal_types", "deal_type"),
    ("deals", "owner_id", "owners", "owner"),
    ("deals", "lead_source_id", "lead_sources", "source"),
    ("deals", "campaign_id", "campaigns", "campaign"),
    (
        "deals", "deal_payment_status_id", "deal_payment_statuses", "deal_payment_status",
    ),
    ("deals", "deal_pipeline_id", "deal_pipelines", ""),
    ("deals", "deal_stage_id", "deal_stages", ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("module", "key", "selector", "include"),
    [pytest.param(*row, id=f"3.5 {row[0]} {row[1]}") for row in _RELATIONS],
)
def test_a_relation_takes_an_id_of_its_selector_and_no_other(
    crm: httpx.Client, module: str, key: str, selector: str, include: str
) -> None:
    chosen = first_id(crm, selector)
    record = made(crm, module, **LEAST[module], **{key: chosen})
    assert got(crm, module, record["id"], include)[key] == chosen
    answer = crm.put(f"/{module}/{record['id']}", json={key: 71_999_999_999})
    assert answer.status_code == 400
    assert messages(answer)


@pytest.mark.parametrize(
    ("key", "most"),
    [
        pytest.param("subscription_status", 4, id="3.5 subscription_status"),
        pytest.param("whatsapp_subscription_status", 2, id="3.5 whatsapp"),
        pytest.param("sms_subscription_status", 2, id="3.5 sms"),
    ],
)
def test_a_subscription_status_is_one_of_its_table(
    crm: httpx.Client, key: str, most: int
) -> None:
    contact = made(crm, "contacts", email="a@example.com")["id"]
    for status in range(most + 1):
        answer = crm.put(f"/contacts/{contact}", json={key: status})
        assert answer.json()["contact"][key] == status
    for wrong in (most + 1, "perhaps"):
        assert crm.put(f"/contacts/{contact}", json={key: wrong}).status_code == 400


# reference 3.5
def test_subscription_types_are_text_joined_by_semicolons(crm: httpx.Client) -> None:
    contact = made(crm, "contacts", email="a@example.com", subscription_types="2;5")
    assert got(crm, "contacts", contact["id"])["subscription_types"] == "2;5"


@pytest.mark.parametrize(
    "emails",
    [
        pytest.param("one@example.com", id="3.5 emails as text"),
        pytest.param(["one@example.com", "two@example.com"], id="3.5 emails as texts"),
        pytest.param(
            [
                {"value": "two@example.com", "label": "Personal"},
                {"value": "one@example.com", "label": "Work", "is_primary": True},
            ],
            id="3.5 emails as objects",
        ),
    ],
)
def test_all_three_forms_of_emails_are_taken(crm: httpx.Client, emails: Any) -> None:
    contact = made(crm, "contacts", emails=emails)
    assert contact["email"] == "one@example.com"
    assert all(list(entry) == EMAIL_ENTRY for entry in contact["emails"])
    primary = [entry["value"] for entry in contact["emails"] if entry["is_primary"]]
    assert primary == ["one@example.com"]
    assert len(contact["emails"]) == (1 if isinstance(emails, str) else 2)
    labels = {entry["value"]: entry["label"] for entry in contact["emails"]}
    assert labels["one@example.com"] == ("Work" if "label" in str(emails) else None)


@pytest.mark.parametrize(
    ("employees", "bucket"),
    [
        pytest.param(1, 1, id="3.5 1"),
        pytest.param(10, 1, id="3.5 10"),
        pytest.param(11, 11, id="3.5 11"),
        pytest.param("60", 51, id="3.5 60 as text"),
        pytest.param(201, 201, id="3.5 201"),
        pytest.param(1000, 501, id="3.5 1000"),
        pytest.param(1001, 1001, id="3.5 1001"),
        pytest.param("some", None, id="3.5 no number"),
    ],
)
def test_employees_are_kept_as_the_lower_bound_of_their_bucket(
    crm: httpx.Client, employees: object, bucket: int | None
) -> None:
    account = made(crm, "sales_accounts", name="A", number_of_employees=employees)
    assert account["number_of_employees"] == bucket


# reference 3.5
def test_there_are_eight_buckets_of_employees(house: House) -> None:
    fields = house.get("/settings/sales_accounts/fields").json()["fields"]
    field = next(item for item in fields if item["name"] == "number_of_employees")
    bounds = [choice["id"] for choice in field["choices"]]
    assert len(bounds) == 8
    assert bounds[:6] == ["1", "11", "51", "201", "501", "1001"]


# reference 3.5
def test_a_deal_closes_on_a_bare_date_and_keeps_its_forecast(crm: httpx.Client) -> None:
    deal = made(
        crm, "deals", **LEAST["deals"], expected_close="2024-05-06T10:00:00+02:00",
        closed_date="2024-01-02", forecast_category=1,
    )  # fmt: skip
    assert (deal["expected_close"], deal["forecast_category"]) == ("2024-05-06", 1)


# reference 3.5
def test_a_stage_sets_its_own_probability_and_everything_defaults(
    crm: httpx.Client,
) -> None:
    stages = crm.get("/selector/deal_stages").json()["deal_stages"]
    assert [item["name"] for item in stages[:7]] == [
        "New", "Follow-up", "Under review", "Demo", "Negotiation", "Won", "Lost",
    ]  # fmt: skip
    deal = made(crm, "deals", **LEAST["deals"])
    assert deal["deal_stage_id"] == stages[0]["id"]
    assert deal["deal_pipeline_id"] == first_id(crm, "deal_pipelines")
    assert got(crm, "deals", deal["id"], "owner")["owner_id"] == first_id(crm, "owners")
    for stage in stages:
        sent = {"deal_stage_id": stage["id"], "probability": 1}
        shown = crm.put(f"/deals/{deal['id']}", json={"deal": sent}).json()["deal"]
        changed = stage["id"] != deal["deal_stage_id"]
        assert shown["probability"] == (stage["probability"] if changed else 1)
        deal = shown


# reference 3.5
def test_a_deal_adds_and_removes_contacts_and_names_or_links_its_account(
    crm: httpx.Client,
) -> None:
    people = [made(crm, "contacts", email=f"{at}@example.com")["id"] for at in range(3)]
    deal = made(crm, "deals", **LEAST["deals"], contacts_added_list=people)["id"]
    crm.put(f"/deals/{deal}", json={"contacts_removed_list": people[1:2]})
    assert got(crm, "deals", deal, "contacts")["contact_ids"] == [people[0], people[2]]
    for body in ({"sales_account": {"name": "Acme"}}, {"sales_account": {"name": "ACME"}}):
        crm.put(f"/deals/{deal}", json=body)
    named = got(crm, "deals", deal, "sales_account")["sales_account_id"]
    assert got(crm, "sales_accounts", named)["name"] == "Acme"
    other = made(crm, "sales_accounts", name="Beta")["id"]
    crm.put(f"/deals/{deal}", json={"sales_account_id": other})
    assert got(crm, "deals", deal, "sales_account")["sales_account_id"] == other


@pytest.mark.parametrize(
    "form",
    [
        pytest.param("sales_accounts", id="3.5 sales_accounts of a contact"),
        pytest.param("sales_account_id", id="3.5 sales_account_id of a contact"),
    ],
)
def test_a_contact_takes_its_account_in_two_forms(crm: httpx.Client, form: str) -> None:
    account = made(crm, "sales_accounts", name="Acme")["id"]
    value = [{"id": account, "is_primary": True}] if form == "sales_accounts" else account
    contact = made(crm, "contacts", email="a@example.com", **{form: value})["id"]
    (linked,) = got(crm, "contacts", contact, "sales_accounts")["sales_accounts"]
    assert (linked["id"], linked["is_primary"]) == (account, True)


# reference 3.10
@pytest.mark.parametrize("module", RECORDS)
def test_tags_are_a_plain_array_that_a_write_replaces(
    crm: httpx.Client, module: str
) -> None:
    record = made(crm, module, **LEAST[module], tags=["new one", "b"])["id"]
    assert got(crm, module, record)["tags"] == ["new one", "b"]
    crm.put(f"/{module}/{record}", json={"tags": ["c"]})
    assert got(crm, module, record)["tags"] == ["c"]
    crm.put(f"/{module}/{record}", json={"tags": []})
    assert got(crm, module, record)["tags"] == []
