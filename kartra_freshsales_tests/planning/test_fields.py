"""Custom fields wanted beside those the account has."""

import polars as pl
import pytest

from kartra_freshsales.freshsales.metadata import Choice, Field, Metadata
from kartra_freshsales.freshsales.plan_facts import field_caps
from kartra_freshsales.mapping.custom_fields import WantedField
from kartra_freshsales.planning.fields import (
    SCHEMA,
    checklist_markdown,
    field_plan,
    wanted_of,
)

GROWTH = field_caps("growth")


def want(label: str = "Kartra ID", type_: str = "text", **more: object) -> WantedField:
    values: dict[str, object] = {
        "endpoint": "contacts",
        "label": label,
        "name": "cf_" + label.lower().replace(" ", "_"),
        "type": type_,
        "choices": (),
        "source_column": label,
        "max_length": 10,
    }
    return WantedField(**{**values, **more})  # type: ignore[arg-type]


def account(*fields: Field) -> Metadata:
    builtin = Field(name="city", label="City", type="text", default=True)
    return Metadata(fields={"contacts": [builtin, *fields], "deals": []})


def custom(label: str, type_: str = "text", *choices: str, name: str = "") -> Field:
    return Field(
        name=name or "cf_" + label.lower().replace(" ", "_"),
        label=label,
        type=type_,
        choices=[Choice(id=at, value=value) for at, value in enumerate(choices)],
    )


def judged(wanted: WantedField, *live: Field) -> tuple[str, str]:
    row = field_plan([wanted], account(*live), GROWTH).row(0, named=True)
    assert bool(row["remedy"]) == (row["status"] != "ok")
    return row["status"], row["name"]


# S52, S54, S55, S56
@pytest.mark.parametrize(
    ("wanted", "live", "status"),
    [
        (want(), None, "missing"),
        (want("City"), None, "missing"),
        (want(), custom("Kartra ID"), "ok"),
        (want(), custom("Kartra ID", "textarea"), "ok"),
        (want(), custom("Kartra id"), "clash"),
        (want(), custom("Other", name="cf_kartra_id"), "clash"),
        (want(type_="textarea"), custom("Kartra ID"), "wrong_type"),
        (want(type_="date"), custom("Kartra ID"), "wrong_type"),
        (want(type_="number"), custom("Kartra ID", "decimal"), "ok"),
        (want(max_length=256), custom("Kartra ID"), "wrong_type"),
        (want(type_="radio", choices=("A",)), custom("Kartra ID", "dropdown", "A"), "ok"),
        (
            want(type_="dropdown", choices=("A", "b")),
            custom("Kartra ID", "dropdown", "A", "B"),
            "missing_choices",
        ),
    ],
)
def test_a_wanted_field_is_judged_by_its_exact_label(
    wanted: WantedField, live: Field | None, status: str
) -> None:
    assert judged(wanted, *([live] if live else []))[0] == status


# S97
def test_the_accounts_own_internal_name_counts() -> None:
    assert judged(want(), custom("Kartra ID", name="cf_kid")) == ("ok", "cf_kid")


# S55
def test_missing_choices_are_named() -> None:
    wanted = want(type_="dropdown", choices=("A", "B", "C"))
    plan = field_plan([wanted], account(custom("Kartra ID", "dropdown", "B")), GROWTH)
    assert plan["missing_choices"].to_list() == [["A", "C"]]


# S56
def test_fields_beyond_the_cap_of_their_type_are_told_apart() -> None:
    wanted = [want(f"Area {at}", "textarea") for at in range(7)]
    plan = field_plan(wanted, account(custom("Old", "textarea")), GROWTH)
    assert plan["status"].to_list() == ["missing"] * 4 + ["over_cap"] * 3
    radios = [want(f"R {at}", "radio", choices=("A",)) for at in range(31)]
    assert field_plan(radios, account(), GROWTH)["status"].to_list()[-1] == "over_cap"
    deals = [want(f"Area {at}", "textarea", endpoint="deals") for at in range(5)]
    assert set(field_plan(deals, account(), GROWTH)["status"]) == {"missing"}


# S56
def test_a_plan_without_custom_fields_has_room_for_none() -> None:
    plan = field_plan([want(), want("B", "date")], account(), field_caps("free"))
    assert plan["status"].to_list() == ["over_cap", "over_cap"]
    total = field_plan([want(), want("B", "date")], account(), {"total": 1})
    assert total["status"].to_list() == ["missing", "over_cap"]


def test_a_field_plan_leads_back_to_what_was_wanted() -> None:
    wanted = [want(), want("Colour", "dropdown", choices=("Red", "Blue"))]
    plan = field_plan(wanted, account(), GROWTH)
    assert wanted_of(plan) == wanted
    assert plan.schema == pl.Schema(SCHEMA)
    assert wanted_of(field_plan([], account(), GROWTH)) == []


# S56
def test_the_checklist_spells_out_what_an_admin_has_to_do() -> None:
    wanted = [
        want("Favourite_colour *", "dropdown", choices=("Red", "Dark blue")),
        want("Kartra ID", "date"),
        want("Sizes", "multi_select_dropdown", choices=("S", "M")),
        want("There"),
    ]
    live = [
        custom("Kartra ID"),
        custom("Sizes", "multi_select_dropdown", "S"),
        custom("There"),
    ]
    text = checklist_markdown(field_plan(wanted, account(*live), GROWTH))
    assert "3 to do, 1 there as planned." in text
    assert "## To create: Contacts" in text
    assert r"- [ ] **Favourite\_colour \***" in text
    assert "  - Type: Dropdown" in text
    assert "    - Dark blue" in text
    assert "  - Choices to add (1):\n    - M" in text
    assert "## Wrong type: Contacts" in text
    assert "There**" not in text


def test_a_checklist_with_nothing_to_do_says_so() -> None:
    text = checklist_markdown(field_plan([want()], account(custom("Kartra ID")), GROWTH))
    assert "All 1 fields are there as planned." in text
    assert "- [ ]" not in text


# S51: Classic's figures are nobody's; it is said that they were assumed
def test_an_assumed_cap_says_so_and_how_to_change_it() -> None:
    wanted = [want(f"Area {at}", "textarea") for at in range(6)]
    plan = field_plan(wanted, account(), field_caps("garden"), assumed=True)
    assert plan["status"].to_list() == ["missing"] * 5 + ["over_cap"]
    assert "'field_caps' in mappings/destination.yaml" in plan["remedy"][5]
    assert "assumed" not in plan["remedy"][0]
    told = field_plan(wanted, account(), field_caps("growth"))
    assert "assumed" not in told["remedy"][5]
