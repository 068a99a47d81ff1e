import json
import time

import polars as pl

from kartra_freshsales.reconcile.causes import CAUSES, cause_counts, with_causes
from kartra_freshsales.reconcile.compare import compare_records, verdict_counts
from kartra_freshsales_tests.reconcile import scenario as s

CONTACT = ("contacts", "buyer@example.com")
DEAL = ("deals", "txn:1")


def field(frame: pl.DataFrame, module: str, key: str, name: str) -> dict[str, object]:
    return frame.row(
        by_predicate=(pl.col("module") == module)
        & (pl.col("source_key") == key)
        & (pl.col("field") == name),
        named=True,
    )


def test_every_field_sent_has_one_row() -> None:  # S16, G3
    compared = compare_records(s.sent(), s.seen())
    assert compared.height == sum(len(record) for record in s.WRITTEN.values())
    assert set(compared["verdict"]) == {"equal"}


def test_a_row_names_the_lines_the_record_came_from() -> None:  # G4
    compared = compare_records(s.sent(), s.seen())
    assert field(compared, *CONTACT, "email")["sources"] == ["jan/export.csv:3"]


def test_money_written_another_way_is_normalised_and_says_how() -> None:  # S16
    compared = compare_records(s.sent(), s.seen({DEAL: {"amount": 12.5}}))
    row = field(compared, *DEAL, "amount")
    assert row["verdict"] == "normalised"
    assert row["normalisation"]


def test_a_changed_value_is_different() -> None:  # S16
    compared = compare_records(s.sent(), s.seen({CONTACT: {"first_name": "Other"}}))
    row = field(compared, *CONTACT, "first_name")
    assert (row["sent"], row["read"], row["verdict"]) == ("Buyer", "Other", "different")


def test_an_empty_value_is_missing() -> None:  # S16
    compared = compare_records(s.sent(), s.seen({CONTACT: {"first_name": None}}))
    assert field(compared, *CONTACT, "first_name")["verdict"] == "missing"


def test_a_record_that_was_not_found_misses_every_field() -> None:  # S8
    compared = compare_records(s.sent(), s.seen({CONTACT: None}))
    lost = compared.filter(pl.col("source_key") == CONTACT[1])
    assert set(lost["verdict"]) == {"missing"}
    assert lost["freshsales_id"].null_count() == lost.height == len(s.WRITTEN[CONTACT])


def test_a_link_named_by_source_key_equals_the_id_read_back() -> None:  # S18
    compared = compare_records(s.sent(), s.seen())
    assert field(compared, *DEAL, "contact")["verdict"] == "equal"


def test_a_link_to_another_record_is_different() -> None:  # S18
    compared = compare_records(s.sent(), s.seen({DEAL: {"contact_ids": [999]}}))
    row = field(compared, *DEAL, "contact")
    assert (row["verdict"], row["read"]) == ("different", "[999]")


def test_causes_add_up_to_the_fields_compared() -> None:  # G3
    compared = compare_records(
        s.sent(),
        s.seen({DEAL: {"amount": 12.5, "name": "Course"}, CONTACT: {"first_name": None}}),
    )
    caused = with_causes(compared)
    assert set(caused["cause"]) <= set(CAUSES)
    assert cause_counts(caused)["fields"].sum() == compared.height
    assert field(caused, *DEAL, "name")["cause"] == "truncated"
    assert field(caused, *CONTACT, "first_name")["cause"] == "field_missing"


def test_an_edit_since_is_told_from_a_rewrite_by_the_destination() -> None:  # G3
    change: s.Changes = {CONTACT: {"first_name": "Other"}}
    compared = compare_records(s.sent(), s.seen(change))
    edited = with_causes(compared, s.seen())
    rewritten = with_causes(compared, s.seen(change))
    unproven = with_causes(compared)
    assert field(edited, *CONTACT, "first_name")["cause"] == "edited_since"
    assert field(rewritten, *CONTACT, "first_name")["cause"] == "destination_rewrite"
    assert field(unproven, *CONTACT, "first_name")["cause"] == "wrong"


def test_a_record_gone_since_is_missing_and_not_edited() -> None:  # G3
    caused = with_causes(compare_records(s.sent(), s.seen({CONTACT: None})), s.seen())
    lost = caused.filter(pl.col("source_key") == CONTACT[1])
    assert set(lost["cause"]) == {"record_missing"}


def test_nothing_sent_compares_to_nothing() -> None:
    empty = compare_records(s.sent({}), s.seen())
    assert empty.is_empty()
    assert with_causes(empty).columns[-1] == "cause"
    assert verdict_counts(empty).is_empty()


def test_fifty_thousand_records_of_twenty_fields_compare_in_seconds() -> None:  # G3
    record = json.dumps({f"cf_{n}": f"value {n}" for n in range(20)})
    keys = [f"key-{n}" for n in range(50_000)]
    written = pl.DataFrame({"module": "contacts", "source_key": keys, "written": record})
    read = written.rename({"written": "seen"}).with_columns(
        pl.int_range(pl.len()).alias("freshsales_id")
    )
    started = time.perf_counter()
    compared = compare_records(written, read)
    assert compared.height == 1_000_000
    assert time.perf_counter() - started < 20
