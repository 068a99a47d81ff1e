"""Which custom fields are wanted: labels, names, types, choices, and how many."""

from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kartra_freshsales.mapping.building.field_types import shape_of, split_values
from kartra_freshsales.mapping.custom_fields import (
    WantedField,
    internal_name,
    wanted_fields,
)
from kartra_freshsales.mapping.model import Mapping
from kartra_freshsales_tests.mapping import scenario
from kartra_freshsales_tests.mapping.scenario import ANN, BOB, contact, sale, subscription

GROWTH = {"text": 20, "textarea": 5, "choice": 30, "multi_select_dropdown": 5,
          "number": 30, "checkbox": 30, "date": 30}  # fmt: skip


def wanted(
    mapping: Mapping | None = None, **frames: pl.DataFrame
) -> dict[str, WantedField]:
    fields = wanted_fields(
        frames.get("contacts", scenario.contacts()),
        frames.get("transactions", scenario.transactions()),
        frames.get("subscriptions", scenario.subscriptions()),
        mapping or Mapping(),
    )
    return {f"{field.endpoint}/{field.label}": field for field in fields}


def declared(**fields: object) -> Mapping:
    return Mapping.model_validate({"custom_fields": {"contacts": fields}})


def test_labels_are_exactly_those_of_kartra() -> None:
    # S52 S56
    fields = wanted()
    assert {"contacts/Favourite colour", "contacts/Newsletter"} <= set(fields)
    assert fields["contacts/Favourite colour"].name == "cf_favourite_colour"


def test_a_field_without_a_value_is_not_wanted() -> None:
    fields = wanted()
    assert "contacts/Instagram" not in fields
    assert "deals/Coupon code" not in fields


def test_the_original_creation_date_is_kept_as_a_date() -> None:
    # S27
    assert wanted()["contacts/Kartra created"].type == "date"


def test_money_of_every_currency_stays_recognisable() -> None:
    # S88
    field = wanted()["deals/Kartra currency"]
    assert (field.name, field.type) == ("cf_kartra_currency", "text")


def test_kartra_types_become_freshsales_types() -> None:
    # S51 S54
    mapping = declared(
        A={"kind": "input_field"},
        B={"kind": "text_area"},
        C={"kind": "drop_down"},
        D={"kind": "radio_button"},
        E={"kind": "checkbox"},
        F={"kind": "checkbox"},
    )
    values = {"custom:A": "x", "custom:B": "x", "custom:C": "x", "custom:D": "x",
              "custom:E": "Yes", "custom:F": "Red; Blue"}  # fmt: skip
    fields = wanted(mapping, contacts=scenario.contacts(contact(ANN, **values)))
    assert {label[-1]: f.type for label, f in fields.items() if len(f.label) == 1} == {
        "A": "text",
        "B": "textarea",
        "C": "dropdown",
        "D": "radio",
        "E": "checkbox",
        "F": "multi_select_dropdown",
    }


def test_choices_are_complete_declared_and_found() -> None:
    # S53 S55
    mapping = declared(Colour={"kind": "drop_down", "choices": ["Red", "Green"]})
    people = scenario.contacts(
        contact(ANN, **{"custom:Colour": "blue"}), contact(BOB, **{"custom:Colour": "RED"})
    )
    assert wanted(mapping, contacts=people)["contacts/Colour"].choices == (
        "Red",
        "Green",
        "blue",
    )


def test_text_longer_than_a_text_field_becomes_a_text_area() -> None:
    # S54
    people = scenario.contacts(contact(ANN, **{"custom:Story": "x" * 256}))
    field = wanted(contacts=people)["contacts/Story"]
    assert (field.type, field.max_length) == ("textarea", 256)


def test_labels_that_clash_as_names_get_numbers() -> None:
    # S97
    people = scenario.contacts(contact(ANN, **{"custom:A-B": "1", "custom:A B": "2"}))
    fields = wanted(contacts=people)
    names = {fields["contacts/A-B"].name, fields["contacts/A B"].name}
    assert names == {"cf_a_b", "cf_a_b_2"}


def test_a_header_of_the_account_cannot_take_the_name_of_our_own_field() -> None:
    people = scenario.contacts(
        contact(ANN, kartra_id="11", **{"custom:Kartra ID": "x", "custom:kartra-id": "y"})
    )
    fields = wanted(contacts=people)
    assert fields["contacts/Kartra ID"].source_column == "kartra_id"
    assert fields["contacts/Kartra ID"].name == "cf_kartra_id"
    assert fields["contacts/Kartra ID (Kartra)"].source_column == "Kartra ID"
    assert fields["contacts/kartra-id"].name == "cf_kartra_id_2"


def test_a_column_of_both_money_exports_is_one_field() -> None:
    fields = wanted(
        transactions=scenario.transactions(sale("T1", ANN, **{"custom:Cohort": "a"})),
        subscriptions=scenario.subscriptions(
            subscription("S1", ANN, **{"custom:Cohort": "b" * 300})
        ),
    )
    assert fields["deals/Cohort"].type == "textarea"


def test_numbers_that_are_none_stay_text() -> None:
    fields = wanted(
        subscriptions=scenario.subscriptions(
            subscription("S1", ANN, payments_made="6"),
            subscription("S2", ANN, payments_made="unlimited"),
        )
    )
    assert fields["deals/Payments made"].type == "text"


def full_contact() -> dict[str, object]:
    moment = datetime(2024, 1, 1, tzinfo=UTC)
    texts = dict.fromkeys(
        ["kartra_id", "company", "website", "instagram", "source", "source_detail",
         "time_zone", "language", "mail_status", "gdpr_status", "gdpr_communications"], "x",
    )  # fmt: skip
    own = {f"custom:Own {number}": "x" for number in range(10)}
    return contact(
        ANN,
        date_joined=moment,
        gdpr_status_date=moment,
        score=1,
        sequences=["a"],
        memberships=["b"],
        **{"custom:middle_name": "x", "custom:last_name2": "x"},
        **texts,
        **own,
    )


def full_sale() -> dict[str, object]:
    money: dict[str, Any] = dict.fromkeys(
        ["sales_tax", "shipping_cost", "coupon_discount", "revenue"], Decimal("1.00")
    )
    texts = dict.fromkeys(
        ["price_point", "processor", "processor_transaction_id", "subscription_id",
         "coupon_code"], "x",
    )  # fmt: skip
    return sale(
        "T1",
        ANN,
        quantity="1",
        payment_number="1",
        trial="Yes",
        refund_status="partial",
        refunded_amount=Decimal("1.00"),
        refund_date=date(2024, 6, 1),
        refund_ids=["T2"],
        **money,
        **texts,
    )


def full_subscription() -> dict[str, object]:
    days = dict.fromkeys(
        ["end_date", "last_payment_date", "next_payment_date"], date(2024, 6, 1)
    )
    money = dict.fromkeys(["next_payment_amount", "total_paid"], Decimal("1.00"))
    texts = dict.fromkeys(["price_point", "payments_left", "processor"], "x")
    return subscription("S1", ANN, payments_made="1", **days, **money, **texts)


def test_everything_kartra_has_fits_the_smallest_paid_plan() -> None:
    # S56
    fields = wanted(
        contacts=scenario.contacts(full_contact()),
        transactions=scenario.transactions(full_sale()),
        subscriptions=scenario.subscriptions(full_subscription()),
    ).values()
    words = {"dropdown": "choice", "radio": "choice"}
    used = Counter((f.endpoint, words.get(f.type, f.type)) for f in fields)
    assert {key: n for key, n in used.items() if n > GROWTH[key[1]]} == {}


def test_on_classic_every_contact_field_is_wanted_on_leads_too() -> None:
    # S82
    target = {"edition": "classic", "plan": "garden"}
    classic = Mapping.model_validate({"destination": target})
    fields = wanted(classic)
    of = {
        endpoint: {f.label for f in fields.values() if f.endpoint == endpoint}
        for endpoint in ("contacts", "leads")
    }
    assert of["leads"] == of["contacts"] != set()


@given(st.text())
@settings(max_examples=150)
def test_an_internal_name_is_always_usable(label: str) -> None:
    # S97
    name = internal_name(label)
    assert name.startswith("cf_")
    assert name.removeprefix("cf_").strip("_") == name.removeprefix("cf_") != ""
    assert name.isascii()
    assert name == name.lower()
    assert internal_name(name.removeprefix("cf_")) == name


VALUES = st.lists(st.text(min_size=1).filter(str.strip), min_size=1, max_size=12)


@given(VALUES, st.sampled_from(["dropdown", "radio", "drop_down", "radio_button"]))
@settings(max_examples=100)
def test_every_value_of_a_choice_has_its_choice(values: list[str], kind: str) -> None:
    # S55
    shape = shape_of(kind, values)
    assert {shape.spelling[value] for value in values} <= set(shape.choices)
    assert len({choice.casefold() for choice in shape.choices}) == len(shape.choices)
    for value in values:
        assert shape.spelling[value].casefold() == value.strip().casefold()


@given(VALUES)
@settings(max_examples=100)
def test_every_ticked_value_of_a_checkbox_is_a_choice(values: list[str]) -> None:
    # S55
    shape = shape_of("checkbox", values)
    if shape.type != "multi_select_dropdown":
        return
    for value in values:
        parts = split_values(value, shape.separator)
        assert all(shape.spelling[part] in shape.choices for part in parts)


@pytest.mark.parametrize(
    ("values", "choices", "separator"),
    [
        (["a;b", "c"], (), ";"),
        (["a|b", "c"], (), "|"),
        (["a, b", "c"], (), ","),
        (["Smith, John"], ("Smith, John", "Doe"), ""),
    ],
)
def test_the_separator_of_ticked_values_is_found(
    values: list[str], choices: tuple[str, ...], separator: str
) -> None:
    assert shape_of("checkbox", values, choices).separator == separator


def test_too_many_choices_become_a_text() -> None:
    assert shape_of("dropdown", [str(number) for number in range(301)]).type == "text"


@pytest.mark.parametrize(
    ("asked", "value", "kind"),
    [
        ("number", "12.5", "number"),
        ("number", "007", "text"),
        ("number", "1,000", "text"),
        ("number", "123456789012", "text"),
        ("date", "2024-01-31", "date"),
        ("date", "31 Jan 2024", "text"),
        ("text", "x" * 255, "text"),
    ],
)
def test_a_type_is_only_given_where_every_value_fits(
    asked: str, value: str, kind: str
) -> None:
    # S2 S13
    assert shape_of(asked, [value]).type == kind


def test_what_cleaning_carries_of_kartras_own_columns_follows_the_map() -> None:
    # S1
    people = scenario.contacts(
        contact(ANN, **{"custom:middle_name": "May", "custom:google_plus": "+ann"})
    )
    fields = wanted(contacts=people)
    assert "contacts/Middle name" in fields
    assert not [label for label in fields if "google" in label or "middle_" in label]


def test_columns_that_deals_do_not_hold_are_carried_under_their_own_name() -> None:
    # S1
    paid = scenario.transactions(sale("T1", ANN, **{"custom:affiliate_username": "x"}))
    assert "deals/affiliate_username" in wanted(transactions=paid)
