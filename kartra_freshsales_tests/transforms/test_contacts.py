"""Contact rows, cleaned and merged."""

from datetime import UTC, datetime
from random import Random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from kartra_freshsales.mapping.cleaning_rules import SourceRules
from kartra_freshsales.transforms.contact_columns import CLEANED_CONTACTS, GOLDEN_CONTACTS
from kartra_freshsales.transforms.contact_lineage import origin_of
from kartra_freshsales.transforms.contacts import clean_contacts
from kartra_freshsales.transforms.survivorship import golden_contacts
from kartra_freshsales_tests.transforms.scenario import (
    APRIL,
    MARCH,
    NOTHING,
    RULES,
    cleaned_contacts,
    contact,
    golden,
    raw,
    reasons,
    states,
    told,
)

ADA = "ada@example.com"


def test_rows_that_cannot_go_on_are_set_aside_with_reason_and_remedy() -> None:
    # S11 S100 G4
    cleaned = clean_contacts(
        raw(contact(None), contact("broken@"), contact("x@Kartra.com"), contact(ADA)), RULES
    )
    assert reasons(cleaned.set_aside) == ["no_email", "invalid_email", "test_contact"]
    assert cleaned.set_aside["state"].to_list() == [
        "quarantined",
        "quarantined",
        "excluded",
    ]
    assert cleaned.set_aside["remedy"].null_count() == 0
    assert cleaned.rows["contact_key"].to_list() == [ADA]


def test_a_contact_without_name_goes_on() -> None:
    # S100
    assert clean_contacts(raw(contact(ADA)), RULES).rows.height == 1


def test_a_full_name_is_split_only_where_its_parts_are_missing() -> None:
    rows = clean_contacts(
        raw(
            contact("a@example.com", full_name="Ada van der Heide"),
            contact("b@example.com", full_name="Marsh, Ben"),
            contact("c@example.com", full_name="Cher"),
            contact("d@example.com", full_name="Not Me", last_name="Dale"),
        ),
        RULES,
    ).rows
    assert rows.select("first_name", "last_name").rows() == [
        ("Ada", "van der Heide"),
        ("Ben", "Marsh"),
        ("Cher", None),
        (None, "Dale"),
    ]


def test_originals_are_kept_beside_what_was_changed() -> None:
    # S27
    row = clean_contacts(
        raw(contact(" Ada@Example.com", phone="call me", date_joined="sometime")), RULES
    )
    found = row.rows.row(0, named=True)
    assert (found["email"], found["contact_key"]) == ("Ada@Example.com", ADA)
    assert (found["phone"], found["phone_raw"]) == (None, "call me")
    assert (found["date_joined"], found["date_joined_raw"]) == (None, "sometime")
    assert "call me" not in told(row)
    assert "sometime" not in told(row)


def test_unknown_columns_are_kept_under_their_own_header() -> None:
    # S52
    rows = golden(
        raw(contact(ADA, **{"Company size": "2-10", "middle_name": "J."}))
    ).records
    assert rows.item(0, "custom:Company size") == "2-10"
    assert rows.item(0, "custom:middle_name") == "J."


def test_an_owner_is_an_address_in_lower_case() -> None:
    # S61
    cleaned = clean_contacts(
        raw(
            contact("a@example.com", owner="Owner@Example.com"), contact(ADA, owner="Jane")
        ),
        RULES,
    )
    assert cleaned.rows["owner"].to_list() == ["owner@example.com", None]
    assert "'owner'" in told(cleaned)


@pytest.mark.parametrize("frame", [NOTHING, raw(contact(None))], ids=["no file", "no row"])
def test_every_column_exists_where_nothing_was_exported(frame: pl.DataFrame) -> None:
    # S75
    rows = clean_contacts(frame, RULES).rows
    assert dict(rows.schema) == CLEANED_CONTACTS
    records = golden_contacts(rows).records
    assert dict(records.schema) == GOLDEN_CONTACTS
    assert records.is_empty()


def test_the_newest_export_wins_per_field_and_blanks_never_overwrite() -> None:
    # S74 S76
    older = raw(
        contact(ADA, city="Berlin", company="Acme", zip="1"), file="z.csv", at=MARCH
    )
    newer = raw(contact("ADA@example.com", city="Rome", company="", zip="2"), at=APRIL)
    for frames in ((older, newer), (newer, older)):
        record = golden(*frames).records.row(0, named=True)
        assert (record["city"], record["company"], record["zip"]) == ("Rome", "Acme", "2")
        assert record["account_key"] == "acme"
        assert (record["_file"], record["_exported_at"]) == ("a.csv", APRIL)
        assert record["sources"] == ["b1/a.csv:2", "b1/z.csv:2"]


def test_without_export_times_the_later_batch_file_and_line_is_newer() -> None:
    frames = [
        raw(contact(ADA, city="1"), contact(ADA, city="2"), batch="b1", at=None),
        raw(contact(ADA, city="0"), batch="b0", file="z.csv", at=None),
    ]
    assert golden(*frames).records["city"].to_list() == ["2"]


def test_tags_and_lists_are_united_and_the_earliest_joining_date_is_kept() -> None:
    # S12 S45 S76
    older = raw(contact(ADA, tags="VIP, News", date_joined="2020-01-02"), at=MARCH)
    newer = raw(
        contact(ADA, tags="vip; Buyer", lists="Main", date_joined="2021-01-02"),
        file="b.csv",
        at=APRIL,
    )
    record = golden(older, newer).records.row(0, named=True)
    assert record["tags"] == ["vip", "Buyer", "News"]
    assert record["lists"] == ["Main"]
    assert record["date_joined"] == datetime(2020, 1, 2, 5, tzinfo=UTC)
    assert record["date_joined_raw"] == "2020-01-02"


def test_a_phone_that_can_be_read_outlives_junk() -> None:
    older = raw(contact(ADA, phone="201-555-0123"), at=MARCH)
    newer = raw(contact(ADA, phone="call me"), file="b.csv", at=APRIL)
    record = golden(older, newer).records
    assert record.select("phone", "phone_raw").row(0) == ("+12015550123", "201-555-0123")


def test_each_row_is_loaded_or_merged() -> None:
    # G4
    found = golden(raw(contact(ADA)), raw(contact(ADA), file="b.csv", at=APRIL))
    assert states(found) == [("merged", "same_email"), ("loaded", None)]
    assert found.row_states["record_key"].unique().to_list() == [ADA]


def test_every_field_knows_the_row_it_came_from() -> None:
    # G11
    older = raw(contact(ADA, city="Berlin", zip="1"), file="z.csv", at=MARCH)
    newer = raw(contact(ADA, zip="2"), contact("b@example.com", zip="3"), at=APRIL)
    found = golden(older, newer)
    assert origin_of(found.origins, ADA, "city") == "b1/z.csv:2"
    assert origin_of(found.origins, ADA, "zip") == "b1/a.csv:2"
    assert origin_of(found.origins, "b@example.com", "zip") == "b1/a.csv:3"
    assert origin_of(found.origins, "c@example.com", "zip") is None


def test_fields_on_which_exports_disagree_are_listed() -> None:
    # S75
    frames = [
        raw(contact(ADA, city=city, zip="1"), file=f"{n}.csv")
        for n, city in enumerate(("Rome", "Berlin", None, "Rome"))
    ]
    found = golden(*frames).conflicts
    assert found.select("contact_key", "field", "values", "_file").rows() == [
        (ADA, "city", 2, "3.csv")
    ]


SUPPRESSING = SourceRules(suppress=("bounced", "stale"))


def test_suppression_is_applied_exactly_as_decided() -> None:
    # S86 S99
    old = "2019-01-01"
    frame = raw(
        contact("bounced@example.com", mail_status="Blocklisted"),
        contact("spam@example.com", mail_status="Spam complaint"),
        contact("stale@example.com", date_joined=old, score="0"),
        contact("busy@example.com", date_joined=old, score="12"),
    )
    found = golden(frame, rules=SUPPRESSING)
    assert states(found) == [
        ("suppressed", "bounced"),
        ("loaded", None),
        ("suppressed", "stale"),
        ("loaded", None),
    ]
    assert found.records["contact_key"].to_list() == [
        "spam@example.com",
        "busy@example.com",
    ]
    assert golden(frame).records.height == 4


def test_a_suppressed_contact_is_left_out_with_all_its_rows() -> None:
    # S86
    blocked = raw(contact(ADA, mail_status="Blocklisted"), at=MARCH)
    newer = raw(contact(ADA), file="b.csv", at=APRIL)
    assert (
        states(golden(blocked, newer, rules=SUPPRESSING)) == [("suppressed", "bounced")] * 2
    )


_CELLS = st.sampled_from([None, "a", "b", "A"])
_ROWS = st.lists(
    st.tuples(
        st.sampled_from(["x@example.com", "y@example.com"]),
        _CELLS,
        _CELLS,
        st.sampled_from([None, "2020-01-01", "2021-01-01"]),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=12, deadline=None)
@given(_ROWS, st.randoms(use_true_random=False))
def test_golden_records_do_not_depend_on_the_order_of_rows(
    rows: list[tuple[str, str | None, str | None, str | None]],
    random: Random,
) -> None:
    # S74 G10
    cells = [contact(e, city=c, tags=t, date_joined=d) for e, c, t, d in rows]
    cleaned = cleaned_contacts(
        *(raw(cell, file=f"{n}.csv") for n, cell in enumerate(cells))
    )
    order = list(range(len(rows)))
    random.shuffle(order)
    one, two = golden_contacts(cleaned), golden_contacts(cleaned[order])
    assert_frame_equal(one.records, two.records)
    assert_frame_equal(one.row_states, two.row_states, check_row_order=False)
    assert_frame_equal(one.origins, two.origins, check_row_order=False)
    assert one.row_states.height == len(rows)
