"""Every column has a decision, and the objects as a whole are told from the map."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kartra_freshsales.errors import MappingError
from kartra_freshsales.mapping.confirmation import confirmation_digest
from kartra_freshsales.mapping.coverage import coverage
from kartra_freshsales.mapping.model import Mapping
from kartra_freshsales.mapping.objects import compatibility, object_map
from kartra_freshsales_tests.mapping.scenario import columns_of_the_exports

EXPORTS = columns_of_the_exports()


def changed(**areas: object) -> Mapping:
    return Mapping.model_validate(areas)


def test_every_column_kartra_has_is_decided() -> None:
    # S1
    table = coverage(EXPORTS, Mapping())
    assert table.height == sum(map(len, EXPORTS.values()))
    assert set(table["decision"]) == {"mapped", "derived", "dropped"}
    assert table["reason"].null_count() == 0
    undecided = table.filter(pl.col("target").is_null() & (pl.col("decision") != "dropped"))
    assert undecided.is_empty()


@given(st.lists(st.text(min_size=1).filter(lambda text: not text.startswith("_"))))
@settings(max_examples=60)
def test_any_column_at_all_is_decided(columns: list[str]) -> None:
    # S1 S52
    table = coverage({"contacts": columns}, Mapping())
    assert set(table["column"]) == {c.removeprefix("custom:") for c in columns}


def test_the_accounts_own_columns_keep_exactly_their_words() -> None:
    # S52 S56
    table = coverage({"contacts": ["Favourite colour"]}, Mapping())
    assert table.row(0)[2:4] == ("mapped", "contacts: custom field 'Favourite colour'")


def test_our_own_columns_are_nobodys_business() -> None:
    columns = ["email", "_batch", "_file", "_row", "_exported_at", "_currency"]
    assert coverage({"contacts": columns}, Mapping())["column"].to_list() == ["email"]


def test_a_column_that_needs_a_person_stops_the_map() -> None:
    # S17
    mapping = changed(fields={"unknown": {"contacts": "stop"}})
    with pytest.raises(MappingError, match="contacts: Shoe size"):
        coverage({"contacts": ["email", "Shoe size"]}, mapping)


def test_columns_can_be_left_behind_as_a_rule() -> None:
    mapping = changed(fields={"unknown": {"contacts": "drop"}})
    assert coverage({"contacts": ["Shoe size"]}, mapping).item(0, "decision") == "dropped"


def test_a_column_carried_along_is_mapped() -> None:
    mapping = changed(source={"transactions": {"also": ["affiliate_username"]}})
    table = coverage({"transactions": ["affiliate_username", "jv_name"]}, mapping)
    assert table["decision"].to_list() == ["mapped", "dropped"]


def test_a_file_of_another_kind_is_not_forgotten() -> None:
    assert coverage({"unknown": ["x"]}, Mapping()).item(0, "decision") == "dropped"


def test_lifetime_spend_is_never_a_migrated_field() -> None:
    # S38
    row = coverage({"contacts": ["lifetime_spend"]}, Mapping()).row(0, named=True)
    assert row["decision"] == "dropped"


def test_six_of_nine_objects_map_one_to_one_by_default() -> None:
    # S5
    found = compatibility(Mapping())
    assert (found.one_to_one, found.objects, found.percent) == (6, 9, 67)


@pytest.mark.parametrize(
    ("areas", "percent"),
    [
        ({"tags": {"drop": ["old"]}}, 56),
        ({"fields": {"unknown": {"contacts": "drop"}}}, 56),
        ({"fields": {"contacts": {"company": {"drop": "private people only"}}}}, 56),
        ({"routing": {"rules": [{"name": "all", "module": "contacts"}]}}, 78),
    ],
)
def test_compatibility_follows_the_map(areas: dict[str, object], percent: int) -> None:
    # S5
    assert compatibility(changed(**areas)).percent == percent


def test_what_is_lost_is_named() -> None:
    # S43 S50
    table = object_map(Mapping())
    lossy = table.filter(pl.col("relation") == "lossy")
    assert lossy["object"].to_list() == ["Subscription", "List"]
    assert (lossy["loss"].str.len_chars() > 0).all()


def test_every_object_tells_its_transformations_and_needs() -> None:
    # S21
    table = object_map(Mapping())
    kept = table.filter(pl.col("relation") != "not migrated")
    assert (kept["transformations"].str.len_chars() > 0).all()
    assert (kept["target"].str.len_chars() > 0).all()


def test_a_map_is_typical_until_a_sample_has_confirmed_it() -> None:
    # S22
    assert set(object_map(Mapping())["standing"]) == {"typical"}
    assert set(object_map(Mapping(), confirmed=True)["standing"]) == {"confirmed"}


def test_the_digest_of_a_map_is_stable() -> None:
    assert Mapping().digest() == Mapping().digest()
    assert len(Mapping().digest()) == 64


@pytest.mark.parametrize(
    "areas",
    [
        {"tags": {"drop": ["old"]}},
        {"owners": {"default_owner": "someone@example.com"}},
        {"stages": {"pipeline": "Renewals"}},
        {"source": {"zone": "Europe/Berlin"}},
        {"source": {"consent": {"not_subject": "subscribed"}}},
        {"fields": {"contacts": {"city": {"drop": "no"}}}},
        {"thresholds": {"orphans": 1}},
        {"destination": {"rehearsal": True}},
    ],
)
def test_any_other_decision_voids_what_was_confirmed(areas: dict[str, object]) -> None:
    # S17 G15
    mapping = changed(**areas)
    assert mapping.digest() != Mapping().digest()
    before, after = (confirmation_digest(m, EXPORTS) for m in (Mapping(), mapping))
    assert before != after


def test_a_new_column_voids_what_was_confirmed() -> None:
    # S17 G15
    more = {**EXPORTS, "contacts": [*EXPORTS["contacts"], "Shoe size"]}
    assert confirmation_digest(Mapping(), more) != confirmation_digest(Mapping(), EXPORTS)


def test_the_order_of_columns_and_exports_confirms_nothing_else() -> None:
    turned = {kind: columns[::-1] for kind, columns in reversed(EXPORTS.items())}
    assert confirmation_digest(Mapping(), turned) == confirmation_digest(Mapping(), EXPORTS)
