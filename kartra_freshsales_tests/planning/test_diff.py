"""The three-way comparison of one record."""

from hypothesis import given, settings
from hypothesis import strategies as st

from kartra_freshsales.freshsales.comparison import is_blank, same
from kartra_freshsales.planning.consent import permission
from kartra_freshsales.planning.diff import Difference, difference

VALUES = st.one_of(
    st.none(),
    st.just(""),
    st.sampled_from(["a", "b", "c", "A ", "12.5"]),
    st.integers(0, 3),
)
RECORDS = st.dictionaries(st.sampled_from(["city", "cf_x", "first_name"]), VALUES)
STATUSES = st.sampled_from([None, 0, 1, 2, 3, 4, "1", "0", "9"])
TAGS = st.lists(st.sampled_from(["a", "A", "b", "c", "d"]), max_size=4)
IDS = {"north bakery": 101, "south bakery": 102, "buyer@example.com": 201}


def compared(
    intended: dict[str, object],
    written: dict[str, object],
    standing: dict[str, object] | None,
) -> Difference:
    return difference(intended, written, standing, lambda _key, name: IDS.get(name))


# G5
@given(RECORDS, RECORDS, RECORDS)
@settings(max_examples=150)
def test_what_people_changed_is_never_overwritten(
    intended: dict[str, object], written: dict[str, object], now: dict[str, object]
) -> None:
    for key, value in compared(intended, written, now).changed.items():
        assert value == intended[key]
        untouched = same(key, written.get(key), now.get(key)).equal
        never_filled = is_blank(written.get(key)) and is_blank(now.get(key))
        assert untouched or never_filled


# G5
@given(RECORDS, RECORDS)
@settings(max_examples=100)
def test_an_unchanged_source_sends_nothing_whatever_people_did(
    record: dict[str, object], now: dict[str, object]
) -> None:
    filled = {key: value for key, value in record.items() if not is_blank(value)}
    found = compared(filled, filled, now)
    assert not found.changed
    assert not found.contested


# G5
@given(RECORDS, RECORDS, RECORDS)
@settings(max_examples=100)
def test_a_blank_never_clears_anything(
    intended: dict[str, object], written: dict[str, object], now: dict[str, object]
) -> None:
    changed = compared(intended, written, now).changed
    assert not any(is_blank(value) for value in changed.values())
    assert changed.keys() <= intended.keys()


# G5
@given(RECORDS, RECORDS, RECORDS)
@settings(max_examples=100)
def test_after_sending_the_same_comparison_finds_nothing_to_send(
    intended: dict[str, object], written: dict[str, object], now: dict[str, object]
) -> None:
    changed = compared(intended, written, now).changed
    assert not compared(intended, written | changed, now | changed).changed


# G5
def test_a_field_changed_on_both_sides_is_a_conflict_and_the_destination_wins() -> None:
    found = compared({"city": "Rome"}, {"city": "Oslo"}, {"city": "Bergen"})
    assert found.contested
    assert not found.changed
    [conflict] = found.conflicts
    assert (conflict.field, conflict.source, conflict.written, conflict.destination) == (
        "city", "Rome", "Oslo", "Bergen",
    )  # fmt: skip
    assert conflict.resolution == "destination_wins"


# G5
def test_both_sides_agreeing_on_a_new_value_is_no_conflict() -> None:
    found = compared({"city": "Rome"}, {"city": "Oslo"}, {"city": "Rome"})
    assert not found.changed
    assert not found.conflicts


# G5
def test_a_record_that_people_made_is_only_filled() -> None:
    found = compared(
        {"city": "Rome", "first_name": "Ada", "cf_opted": True, "owner_id": 5},
        {},
        {"city": "Oslo", "first_name": None, "cf_opted": False, "owner_id": 7},
    )
    assert found.changed == {"first_name": "Ada", "cf_opted": True}
    assert {(c.field, c.resolution) for c in found.conflicts} == {
        ("city", "kept"),
        ("owner_id", "kept"),
    }


def test_a_relation_that_the_answer_leaves_out_is_not_taken_for_empty() -> None:
    found = compared({"lead_source_id": 4}, {}, {"city": "Oslo"})
    assert not found.changed
    assert [c.resolution for c in found.conflicts] == ["kept"]
    again = compared({"lead_source_id": 4}, {"lead_source_id": 3}, {"city": "Oslo"})
    assert again.changed == {"lead_source_id": 4}


def test_another_spelling_of_an_account_name_is_no_difference() -> None:
    found = compared({"name": "North Bakery"}, {}, {"name": "NORTH BAKERY"})
    assert not found.changed
    assert not found.conflicts


def test_money_and_dates_written_in_another_way_are_the_same() -> None:
    written = {"amount": "12.50", "closed_date": "2026-01-31"}
    now = {"amount": "12.5", "closed_date": "2026-01-31T00:00:00+02:00"}
    assert not compared(dict(written), {}, dict(now)).conflicts
    found = compared({"amount": "13.00"}, dict(written), dict(now))
    assert found.changed == {"amount": "13.00"}


# G10, S60
@given(STATUSES, STATUSES, STATUSES)
@settings(max_examples=200)
def test_consent_is_never_raised(intended: object, written: object, now: object) -> None:
    found = compared(
        {"subscription_status": intended},
        {"subscription_status": written},
        {"subscription_status": now},
    )
    if "subscription_status" in found.changed:
        assert permission(intended) < permission(now)


# G10
@given(st.sampled_from([0, 3, 4]), st.sampled_from([1, 2]), st.sampled_from([None, 1, 2]))
@settings(max_examples=50)
def test_a_new_refusal_reaches_the_destination_whatever_people_did(
    refusal: int, before: int, now: int | None
) -> None:
    found = compared(
        {"subscription_status": refusal},
        {"subscription_status": before},
        {"subscription_status": now},
    )
    assert found.changed == {"subscription_status": refusal}


# G10
def test_a_consent_that_was_not_raised_is_listed() -> None:
    found = compared({"subscription_status": 1}, {}, {"subscription_status": 0})
    assert not found.changed
    assert [c.resolution for c in found.conflicts] == ["consent_not_raised"]


# G10
def test_subscription_types_are_never_widened() -> None:
    wider = compared({"subscription_types": "1;2;3"}, {}, {"subscription_types": "1;2"})
    assert not wider.changed
    narrower = compared({"subscription_types": "1"}, {}, {"subscription_types": "1;2"})
    assert narrower.changed == {"subscription_types": "1"}


# S45, G5
@given(TAGS, TAGS, TAGS)
@settings(max_examples=150)
def test_tags_are_united_and_those_that_people_removed_stay_removed(
    intended: list[str], written: list[str], now: list[str]
) -> None:
    changed = compared({"tags": intended}, {"tags": written}, {"tags": now}).changed
    sent = changed.get("tags", now)
    assert isinstance(sent, list)
    assert sent[: len(now)] == now
    removed = {tag.casefold() for tag in written} - {tag.casefold() for tag in now}
    added = {str(tag).casefold() for tag in sent[len(now) :]}
    assert not added & removed
    assert {tag.casefold() for tag in intended} <= {
        *(str(tag).casefold() for tag in sent),
        *removed,
    }


# S18
def test_a_link_is_moved_only_where_people_left_it_alone() -> None:
    moved = {"sales_account": "south bakery"}
    before: dict[str, object] = {"sales_account": 101}
    assert compared(dict(moved), before, {"sales_account_ids": [101]}).changed == moved
    touched = compared(dict(moved), before, {"sales_account_ids": [103]})
    assert touched.contested
    second = compared(dict(moved), before, {"sales_account_ids": [101, 103]})
    assert second.contested
    done = compared(dict(moved), before, {"sales_account_ids": [102]})
    assert not done.changed
    assert not done.conflicts


# S18
def test_a_missing_link_is_made_and_a_foreign_one_is_kept() -> None:
    wanted: dict[str, object] = {"contact": "buyer@example.com"}
    assert compared(wanted, {}, {"contact_ids": []}).changed == wanted
    kept = compared(wanted, {}, {"contact_ids": [999]})
    assert [c.resolution for c in kept.conflicts] == ["kept"]
    unknown: dict[str, object] = {"contact": "new@example.com"}
    assert compared(unknown, {"contact": 201}, {"contact_ids": [201]}).changed == unknown


def test_a_record_that_cannot_be_read_is_taken_to_be_as_we_wrote_it() -> None:
    written: dict[str, object] = {"description": "old", "contact": 201}
    same_text = {"description": "old", "contact": "buyer@example.com"}
    assert not compared(dict(same_text), written, None).changed
    assert compared({"description": "new"}, written, None).changed == {"description": "new"}


# S48
def test_a_list_shared_by_batches_only_gains_members() -> None:
    wanted: dict[str, object] = {"name": "News", "members": ["buyer@example.com"]}
    both: dict[str, object] = {
        "name": "News",
        "members": ["a@example.org", "buyer@example.com"],
    }
    assert not compared(dict(wanted), both, None).changed
    gained = {"members": ["buyer@example.com"]}
    assert (
        compared(dict(wanted), {"name": "News", "members": ["a@example.org"]}, None).changed
        == gained
    )
    again: dict[str, object] = {"name": "News", "members": ["a@example.org"]}
    assert compared(again, both, None).changed == {"members": ["a@example.org"]}
