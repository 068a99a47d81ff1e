"""What a record carries without includes and what each include brings (reference 3.4)."""

from __future__ import annotations

import httpx
import pytest

from kartra_freshsales_tests.sandbox.contract.conftest import House
from kartra_freshsales_tests.sandbox.contract.shapes import LINKED_ACCOUNT

# module, include name, key of the side-load, key shown on the record
_TABLE = [
    ("contacts", "owner", "users", "owner_id"),
    ("contacts", "creater", "users", "creater_id"),
    ("contacts", "updater", "users", "updater_id"),
    ("contacts", "source", "lead_sources", "lead_source_id"),
    ("contacts", "campaign", "campaigns", "campaign_id"),
    ("contacts", "territory", "territories", "territory_id"),
    ("contacts", "contact_status", "contact_status", "contact_status_id"),
    ("contacts", "lifecycle_stage", "lifecycle_stages", "lifecycle_stage_id"),
    ("contacts", "deals", "deals", "deal_ids"),
    ("sales_accounts", "creater", "users", "creater_id"),
    ("sales_accounts", "industry_type", "industry_types", "industry_type_id"),
    ("sales_accounts", "business_type", "business_types", "business_type_id"),
    ("sales_accounts", "territory", "territories", "territory_id"),
    ("sales_accounts", "contacts", "contacts", "contact_ids"),
    ("sales_accounts", "deals", "deals", "deal_ids"),
    ("deals", "owner", "users", "owner_id"),
    ("deals", "creater", "users", "creater_id"),
    ("deals", "source", "lead_sources", "lead_source_id"),
    ("deals", "campaign", "campaigns", "campaign_id"),
    ("deals", "contacts", "contacts", "contact_ids"),
    ("deals", "sales_account", "sales_accounts", "sales_account_id"),
    ("deals", "deal_type", "deal_types", "deal_type_id"),
    ("deals", "deal_reason", "deal_reasons", "deal_reason_id"),
    (
        "deals", "deal_payment_status", "deal_payment_statuses", "deal_payment_status_id",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("module", "name", "side", "key"),
    [pytest.param(*row, id=f"3.4 {row[0]} {row[1]}") for row in _TABLE],
)
def test_an_include_brings_its_side_load_and_shows_its_id(
    house: House, module: str, name: str, side: str, key: str
) -> None:
    path, singular = f"/{module}/{house.first(module)}", module.removesuffix("s")
    assert key not in house.get(path).json()[singular]
    answer = house.get(path, include=name).json()
    assert list(answer) == [side, singular, "meta"]
    shown = answer[singular][key]
    wanted = shown if isinstance(shown, list) else [shown]
    assert [item["id"] for item in answer[side]] == wanted
    page = house.view(module, include=name, sort="created_at", sort_type="asc")
    assert page[module][0][key] == shown
    assert {item["id"] for item in page[side]} >= set(wanted)


# reference 3.4: these ids stand on the record anyway
@pytest.mark.parametrize(
    ("module", "name", "side", "key"),
    [
        pytest.param(
            "sales_accounts", "owner", "users", "owner_id", id="3.4 account owner"
        ),
        pytest.param(
            "deals", "deal_stage", "deal_stages", "deal_stage_id", id="3.4 deal stage"
        ),
    ],
)
def test_some_includes_bring_what_a_standing_id_means(
    house: House, module: str, name: str, side: str, key: str
) -> None:
    path, singular = f"/{module}/{house.first(module)}", module.removesuffix("s")
    plain = house.get(path).json()[singular]
    answer = house.get(path, include=name).json()
    assert answer[singular] == plain
    assert [item["id"] for item in answer[side]] == [plain[key]]


@pytest.mark.parametrize(
    ("module", "present", "absent"),
    [
        pytest.param(
            "contacts",
            "team_user_ids web_form_ids external_id mcr_id",
            "owner_id lifecycle_stage_id contact_status_id territory_id campaign_id"
            " lead_source_id sales_accounts",
            id="3.4 contact",
        ),
        pytest.param(
            "sales_accounts",
            "owner_id parent_sales_account_id",
            "industry_type_id business_type_id territory_id",
            id="3.4 account",
        ),
        pytest.param(
            "deals",
            "deal_pipeline_id deal_stage_id",
            "owner_id sales_account_id deal_type_id deal_reason_id currency_id contacts",
            id="3.4 deal",
        ),
    ],
)
def test_without_includes_most_relation_ids_are_missing(
    house: House, module: str, present: str, absent: str
) -> None:
    record = house.get(f"/{module}/{house.first(module)}").json()[module.removesuffix("s")]
    listed = house.view(module, per_page=100)[module]
    for shown in (record, *listed):
        assert set(present.split()) <= set(shown)
        assert not set(absent.split()) & set(shown)


# reference 3.4
def test_the_accounts_of_a_contact_sit_inside_it(house: House) -> None:
    answer = house.get(f"/contacts/{house.contact}", include="sales_accounts").json()
    assert list(answer) == ["contact", "meta"]
    (linked,) = answer["contact"]["sales_accounts"]
    assert list(linked) == LINKED_ACCOUNT
    assert (linked["id"], linked["name"]) == (house.account, "Acme")
    assert (linked["partial"], linked["is_primary"]) == (True, True)


# reference 3.4
@pytest.mark.parametrize(
    ("module", "include", "order"),
    [
        pytest.param(
            "contacts",
            "owner,lifecycle_stage,contact_status,sales_accounts",
            ["users", "lifecycle_stages", "contact_status", "contact", "meta"],
            id="3.4 what a check of a contact asks for",
        ),
        pytest.param(
            "deals",
            "owner,sales_account,contacts,deal_stage,deal_type",
            [
                "users", "sales_accounts", "contacts", "deal_stages", "deal_types",
                "deal", "meta",
            ],
            id="3.4 what a check of a deal asks for",
        ),
    ],
)  # fmt: skip
def test_a_check_gets_everything_in_one_answer_side_loads_first(
    house: House, module: str, include: str, order: list[str]
) -> None:
    path = f"/{module}/{house.first(module)}"
    assert list(house.get(path, include=include).json()) == order
    shuffled = ",".join(reversed(include.split(",")))
    assert list(house.get(path, include=shuffled).json()) == order


# reference 3.4 and 3.8
def test_notes_of_a_record_can_be_included(house: House) -> None:
    answer = house.get(f"/contacts/{house.contact}", include="notes").json()
    assert list(answer) == ["notes", "contact", "meta"]
    assert [item["id"] for item in answer["notes"]] == [house.note]
    other = house.get(f"/deals/{house.deal}", include="notes").json()
    assert (list(other), other["notes"]) == (["notes", "deal", "meta"], [])


@pytest.mark.parametrize(
    ("module", "name"),
    [
        pytest.param(module, name, id=f"3.4 {module} {name}")
        for module in ("contacts", "sales_accounts", "deals")
        for name in ("tasks", "appointments", "notes")
    ]
    + [pytest.param("deals", "sales_activities", id="3.4 deals sales_activities")],
)
def test_what_was_written_about_a_record_stands_beside_it(
    house: House, module: str, name: str
) -> None:
    singular = module.removesuffix("s")
    answer = house.get(f"/{module}/{house.first(module)}", include=name).json()
    assert list(answer) == [name, singular, "meta"]
    assert isinstance(answer[name], list)


# reference 3.4: the names spell "creater", and "emails" are there anyway
@pytest.mark.parametrize("name", ["creator", "emails", "custom", ""])
def test_a_name_that_brings_nothing_is_passed_over(house: House, name: str) -> None:
    plain = house.get(f"/contacts/{house.contact}").json()
    assert house.get(f"/contacts/{house.contact}", include=name).json() == plain


@pytest.mark.parametrize(
    ("module", "name"),
    [
        pytest.param("contacts", "sales_account", id="3.4 one account of a contact"),
        pytest.param("deals", "sales_accounts", id="3.4 many accounts of a deal"),
        pytest.param("deals", "currency", id="3.4 currency of a deal"),
        pytest.param("deals", "territory", id="3.4 territory of a deal"),
        pytest.param("sales_accounts", "sales_accounts", id="3.4 accounts of an account"),
        pytest.param("sales_accounts", "lifecycle_stage", id="3.4 stage of an account"),
    ],
)
def test_a_name_the_table_does_not_have_brings_nothing(
    house: House, module: str, name: str
) -> None:
    path = f"/{module}/{house.first(module)}"
    assert house.get(path, include=name).json() == house.get(path).json()


@pytest.mark.parametrize("include", ["owner", "owner,notes"])
def test_includes_work_on_writes_as_on_reads(crm: httpx.Client, include: str) -> None:
    answer = crm.post(
        "/contacts", params={"include": include}, json={"email": "a@example.com"}
    ).json()
    read = crm.get(f"/contacts/{answer['contact']['id']}", params={"include": include})
    assert read.json() == answer
