"""Lead conversion: what would be lost, and who has confirmed that nothing is."""

from datetime import date

import pytest

from kartra_freshsales.errors import FieldsMissing, NotConfirmed
from kartra_freshsales.freshsales.metadata import Choice, Field
from kartra_freshsales.mapping.conversion import (
    checklist_markdown,
    conversion_gaps,
    conversion_map,
    fields_digest,
    require_conversion,
)
from kartra_freshsales.mapping.decisions.conversion import Conversion, Place
from kartra_freshsales.mapping.model import Mapping

TEXT = Field(name="cf_kartra_id", label="Kartra ID", type="text")
BUDGET = Field(name="cf_budget", label="Budget", type="number")
DAY = date(2026, 3, 2)


def fields(*leads: Field, **others: list[Field]) -> dict[str, list[Field]]:
    return {"contacts": [TEXT], "leads": list(leads), **others}


def classic(**conversion: object) -> Mapping:
    target = {"edition": "classic", "plan": "garden"}
    return Mapping.model_validate({"destination": target, "conversion": conversion})


def signed(*leads: Field, **changed: object) -> Mapping:
    """Decisions in which a person has confirmed the screen for these fields."""
    digest = fields_digest(conversion_map(fields(*leads), "classic"))
    said = {"confirmed_by": "Sales Lead", "confirmed_on": DAY, "fields": digest}
    return classic(**said | changed)


# S82, S83
def test_a_lead_field_without_a_place_on_the_contact_blocks() -> None:
    same = Field(name="cf_kartra_id", label="kartra id", type="text")
    colour = Field(name="cf_colour", label="Colour", type="dropdown")
    gaps = conversion_gaps(fields(same, colour), "classic")
    assert gaps.select("label", "problem").rows() == [("Colour", "no_counterpart")]
    with pytest.raises(FieldsMissing, match="'Colour'"):
        require_conversion(fields(same, colour), signed(same, colour))


# S82, S84, S96
@pytest.mark.parametrize(
    ("kind", "choices", "problem"),
    [("number", (), "other_type"), ("text", ("a",), "choices_missing"), ("text", (), None)],
)
def test_both_sides_of_a_conversion_must_hold_the_same(
    kind: str, choices: tuple[str, ...], problem: str | None
) -> None:
    offered = [Choice(value=choice) for choice in choices]
    lead = Field(name="cf_kartra_id", label="Kartra ID", type=kind, choices=offered)
    table = conversion_map(fields(lead), "classic")
    assert table.item(0, "problem") == problem


# S82: the account's own fields may go to the account or the deal
def test_a_lead_field_may_go_elsewhere_by_decision() -> None:
    decided = Conversion(elsewhere={"budget": Place(module="deals", label="Deal budget")})
    deal = Field(name="cf_deal_budget", label="Deal budget", type="number")
    table = conversion_map(fields(BUDGET, deals=[deal]), "classic", decided)
    assert table.select("module", "target_field", "problem").row(0) == (
        "deals", "cf_deal_budget", None,
    )  # fmt: skip
    assert conversion_gaps(fields(BUDGET), "classic", decided).height == 1


# S82, S84
def test_the_suite_converts_nothing_so_nothing_can_be_lost() -> None:
    assert conversion_map(fields(BUDGET), "suite").is_empty()
    require_conversion(fields(BUDGET), Mapping())


# S106
def test_a_person_must_have_confirmed_the_screen() -> None:
    require_conversion(fields(TEXT), signed(TEXT))
    require_conversion(fields(), classic())
    unsigned = signed(TEXT, confirmed_by=" "), signed(TEXT, confirmed_on=None)
    for mapping in (classic(), *unsigned):
        with pytest.raises(NotConfirmed, match="Nobody has confirmed"):
            require_conversion(fields(TEXT), mapping)


# S96, S106: the confirmation is void when the fields change
def test_changed_fields_void_the_confirmation() -> None:
    twin = Field(name="cf_budget", label="Budget", type="number")
    now = {"contacts": [TEXT, twin], "leads": [TEXT, BUDGET]}
    with pytest.raises(NotConfirmed, match="have changed"):
        require_conversion(now, signed(TEXT))


# G15: it says nothing about what is sent
def test_a_confirmation_voids_no_approval_of_a_plan() -> None:
    assert signed(TEXT).digest() == classic().digest()
    assert signed(TEXT) != classic()


# S82
def test_the_checklist_names_each_pair_and_what_is_missing() -> None:
    odd = Field(name="cf_odd", label="Odd *label*", type="text")
    table = conversion_map(fields(TEXT, odd), "classic")
    text = checklist_markdown(table, Conversion())
    assert "2 fields, 1 without a place" in text
    assert "**Kartra ID** (`cf_kartra_id`, text) → contact field **Kartra ID**" in text
    assert "Odd \\*label\\*" in text
    assert fields_digest(table) in text
    assert "not confirmed yet" in text
    right = conversion_map(fields(TEXT), "classic")
    done = checklist_markdown(right, signed(TEXT).conversion)
    assert "confirmed by Sales Lead on 2026-03-02" in done
    assert "Nothing to do" in checklist_markdown(table.clear(), Conversion())
