"""Tags and lists as the taxonomy decides, notes as they are split."""

from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from kartra_freshsales.mapping.building.labels import list_changes, tag_changes
from kartra_freshsales.mapping.model import Mapping
from kartra_freshsales_tests.mapping import scenario
from kartra_freshsales_tests.mapping.scenario import ANN, BOB, built, contact, payload


def decided(area: str, **values: Any) -> Mapping:
    return Mapping.model_validate({area: values})


def tags_of(mapping: Mapping, *tags: str) -> list[str] | None:
    people = scenario.contacts(contact(ANN, tags=list(tags)))
    found: list[str] | None = payload(built(mapping, contacts=people), ANN).get("tags")
    return found


def test_one_tag_has_one_spelling_whoever_carries_it() -> None:
    # S12 S44
    rows = built()
    assert payload(rows, ANN)["tags"] == ["VIP", "webinar registered"]
    assert payload(rows, BOB)["tags"] == ["VIP"]


def test_tags_are_renamed_and_dropped_whatever_their_case() -> None:
    # S46
    mapping = decided("tags", rename={"vip": "Key account"}, drop=["OLD"])
    assert tags_of(mapping, "VIP", "old", "new") == ["Key account", "new"]


def test_a_contact_without_tags_has_no_tags_in_its_payload() -> None:
    assert tags_of(decided("tags", drop=["a"]), "a") is None
    assert tags_of(Mapping()) is None


def test_what_happens_to_a_tag_is_listed() -> None:
    # S45
    mapping = decided("tags", drop=["old"], max_length=5, max_per_record=1)
    people = scenario.contacts(contact(ANN, tags=["abcdefgh", "old", "x"]))
    table = tag_changes(people, mapping.tags)
    assert dict(table.select("name", "becomes").iter_rows()) == {
        "abcdefgh": "abcde",
        "old": None,
        "(further tags)": None,
    }
    assert payload(built(mapping, contacts=people), ANN)["tags"] == ["abcde"]


@given(st.lists(st.text(min_size=1, max_size=60).filter(str.strip), max_size=8))
@settings(max_examples=12, deadline=None)
def test_any_tags_arrive_short_and_once(tags: list[str]) -> None:
    # S44 S45
    arrived = tags_of(Mapping(), *tags) or []
    assert all(0 < len(tag) <= 32 for tag in arrived)
    assert len({tag.casefold() for tag in arrived}) == len(arrived)
    assert bool(arrived) == bool(tags)


def test_a_list_has_its_members_per_batch() -> None:
    # S47 S48
    rows = built().filter(pl.col("module") == "lists")
    found = [
        (name, batch, payload(rows.filter(pl.col("batch") == batch), name)["members"])
        for name, batch in rows.select("source_key", "batch").iter_rows()
    ]
    assert found == [
        ("News", "first", [ANN]),
        ("News", "second", [BOB]),
        ("Was on Old news", "first", [ANN]),
    ]


def test_nobody_is_put_back_on_a_list_they_left() -> None:
    # S48
    table = list_changes(scenario.contacts(), Mapping().lists)
    past = table.filter(pl.col("name") == "Old news (inactive)")
    assert past.item(0, "becomes") == "Was on Old news"


def test_where_there_are_no_lists_memberships_go_into_a_field() -> None:
    # S49
    rows = built(decided("lists", **{"as": "multi_select"}))
    assert rows.filter(pl.col("module") == "lists").is_empty()
    assert payload(rows, ANN)["cf_kartra_lists"] == ["News", "Was on Old news"]
    assert payload(rows, BOB)["cf_kartra_lists"] == ["News"]


def test_memberships_can_be_left_behind() -> None:
    rows = built(decided("lists", **{"as": "drop"}))
    assert rows.filter(pl.col("module") == "lists").is_empty()
    assert "cf_kartra_lists" not in payload(rows, ANN)


def test_a_contact_that_cannot_be_sent_is_no_member() -> None:
    people = scenario.contacts(contact(ANN, lists=["News"], owner="nobody@example.com"))
    rows = built(contacts=people)
    assert rows.filter(pl.col("module") == "lists").is_empty()


def test_kartras_notes_become_a_note() -> None:
    # S20
    note = payload(built(), f"note:{ANN}")
    assert note == {"description": "Met at the fair.", "contact": ANN}


def test_a_long_note_is_split_and_nothing_of_it_is_lost() -> None:
    # S20
    text = "0123456789" * 35
    people = scenario.contacts(contact(ANN, notes=text))
    rows = built(decided("notes", split_at=100), contacts=people)
    keys = [f"note:{ANN}", *(f"note:{ANN}#{n}" for n in (2, 3, 4))]
    notes = rows.filter(pl.col("module") == "notes")
    assert notes["source_key"].to_list() == keys
    assert "".join(payload(rows, key)["description"] for key in keys) == text


def test_notes_can_be_left_behind() -> None:
    rows = built(decided("notes", load=False))
    assert rows.filter(pl.col("module") == "notes").is_empty()
