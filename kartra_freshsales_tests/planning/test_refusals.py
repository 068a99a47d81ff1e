"""What the destination will refuse, told before anything is sent."""

import json

import polars as pl
import pytest

from kartra_freshsales.freshsales.metadata import Choice, Field, Metadata, User
from kartra_freshsales.planning.refusals import predicted_refusals
from kartra_freshsales_tests.planning.scenario import (
    ACCOUNT_KEY,
    CONTACT_KEY,
    DEAL_KEY,
    Key,
    Record,
    intended,
)

BUYER: Key = ("contacts", CONTACT_KEY)
BAKERY: Key = ("sales_accounts", ACCOUNT_KEY)
SALE: Key = ("deals", DEAL_KEY)


def choices(*values: str, ids: bool = False) -> list[Choice]:
    return [Choice(id=value if ids else at, value=value) for at, value in enumerate(values)]


METADATA = Metadata(
    users=[User(id=11), User(id=12, is_active=False)],
    fields={
        "sales_accounts": [
            Field(name="name", type="text", default=True, required=True),
            Field(name="website", type="text", default=True),
            Field(name="owner_id", type="dropdown", default=True),
        ],
        "contacts": [
            Field(name="emails", type="group_field", default=True),
            Field(name="first_name", type="text", default=True),
            Field(name="address", type="textarea", default=True),
            Field(name="owner_id", type="dropdown", default=True),
            Field(name="external_id", type="text", default=True),
            Field(name="subscription_status", type="dropdown", default=True,
                  choices=choices("0", "1", "2", ids=True)),
            Field(name="cf_kartra_id", type="text"),
            Field(name="cf_colour", type="dropdown", choices=choices("Red", "Blue; dark")),
            Field(name="cf_sizes", type="multi_select_dropdown", choices=choices("S", "M")),
            Field(name="cf_day", type="date"),
            Field(name="cf_number", type="number"),
            Field(name="cf_vip", type="checkbox"),
        ],
        "deals": [
            Field(name="name", type="text", default=True, required=True),
            Field(name="amount", type="number", default=True, required=True),
            Field(name="closed_date", type="date", default=True),
            Field(name="sales_account_id", type="auto_complete", default=True),
        ],
    },
)  # fmt: skip


def found(
    changes: dict[Key, Record], metadata: Metadata = METADATA
) -> list[tuple[str, ...]]:
    rows = predicted_refusals(intended(changes), metadata)
    return sorted(rows.select("source_key", "field", "reason").iter_rows())


def test_a_load_that_fits_is_refused_nowhere() -> None:
    assert found({}) == []


# S2, G17
@pytest.mark.parametrize(
    ("key", "change", "reason"),
    [
        (BUYER, {"first_name": "x" * 256}, "too_long"),
        (BUYER, {"first_name": '"' * 256}, "too_long"),
        (BUYER, {"address": "x" * 10_001}, "too_long"),
        (BUYER, {"email": "buyer.example.com"}, "bad_email"),
        (BUYER, {"email": None}, "required_missing"),
        (BUYER, {"owner_id": 12}, "unknown_owner"),
        (BUYER, {"subscription_status": 7}, "bad_choice"),
        (BUYER, {"cf_colour": "red"}, "bad_choice"),
        (BUYER, {"cf_sizes": ["S", "XL"]}, "bad_choice"),
        (BUYER, {"cf_day": "2026-02-30"}, "bad_date"),
        (BUYER, {"cf_number": "12 pieces"}, "bad_number"),
        (BUYER, {"cf_number": 100_000_000_000}, "bad_number"),
        (BUYER, {"cf_vip": "perhaps"}, "bad_checkbox"),
        (BUYER, {"cf_unknown": "x"}, "unknown_field"),
        (BAKERY, {"website": "not a website"}, "bad_website"),
        (BAKERY, {"name": ""}, "required_missing"),
        (SALE, {"amount": None}, "required_missing"),
        (SALE, {"amount": "a lot"}, "bad_number"),
        (SALE, {"closed_date": "soon"}, "bad_date"),
        (SALE, {"name": "x" * 256}, "too_long"),
    ],
)
def test_a_value_that_does_not_fit_is_foreseen(
    key: Key, change: Record, reason: str
) -> None:
    assert found({key: change}) == [(key[1], next(iter(change)), reason)]


# G17
@pytest.mark.parametrize(
    "change",
    [
        {"first_name": "ü" * 255},
        {"first_name": '"' * 255},
        {"address": "x" * 10_000},
        {"cf_colour": "Blue; dark"},
        {"cf_colour": None},
        {"cf_sizes": ["S", "M"]},
        {"cf_sizes": "S; M"},
        {"cf_day": "2024-02-29"},
        {"cf_number": "-12.5"},
        {"cf_number": 0},
        {"cf_vip": True},
        {"cf_vip": "no"},
        {"cf_unknown": None},
        {"subscription_status": "2"},
    ],
)
def test_a_value_that_fits_is_left_alone(change: Record) -> None:
    assert found({BUYER: change}) == []


# G17
def test_of_two_records_with_one_natural_key_the_first_goes() -> None:
    again: dict[Key, Record] = {
        ("sales_accounts", "zz"): {"name": "NORTH bakery"},
        ("leads", "zz@example.com"): {"email": "BUYER@example.com"},
        ("subscriptions", "zz:sub"): {"name": "Course – Kartra 1", "amount": "1"},
        ("deals", "txn:zz"): {"name": "course – kartra 1", "amount": "1"},
    }
    assert found(again) == [
        ("zz", "name", "duplicate_natural_key"),
        ("zz:sub", "name", "duplicate_natural_key"),
        ("zz@example.com", "email", "duplicate_natural_key"),
    ]


# G17
def test_external_ids_are_unique_over_contacts_and_leads() -> None:
    twice: dict[Key, Record] = {
        BUYER: {"external_id": "K1"},
        ("leads", "z@example.com"): {"email": "z@example.com", "external_id": "k1"},
    }
    assert found(twice) == [("z@example.com", "external_id", "duplicate_value")]


# S2
def test_a_field_that_the_account_requires_is_required() -> None:
    fields = [
        item.model_copy(update={"required": item.name == "sales_account_id"})
        for item in METADATA.fields["deals"]
    ]
    strict = METADATA.model_copy(update={"fields": {**METADATA.fields, "deals": fields}})
    assert found({}, strict) == []
    assert found({SALE: {"sales_account": None}}, strict) == [
        (DEAL_KEY, "sales_account", "required_missing")
    ]


def test_lists_of_several_batches_and_notes_are_no_duplicates() -> None:
    frame = intended(
        {
            ("lists", "Customers"): {"name": "Customers", "members": [CONTACT_KEY]},
            ("notes", "note:a"): {"description": "same", "contact": CONTACT_KEY},
            ("notes", "note:b"): {"description": "same", "contact": CONTACT_KEY},
        }
    )
    again = frame.filter(module="lists").with_columns(pl.lit("mar").alias("batch"))
    assert predicted_refusals(pl.concat([frame, again]), METADATA).is_empty()


# G14, G18
def test_no_value_of_a_record_is_in_a_finding() -> None:
    changes: dict[Key, Record] = {
        BUYER: {"first_name": "secret " * 60, "cf_colour": "secret", "email": "secret"}
    }
    rows = predicted_refusals(intended(changes), METADATA).drop("source_key")
    assert "secret" not in json.dumps(rows.to_dicts())
    assert (rows["remedy"].str.len_chars() > 10).all()
