"""What the exports of all batches cover, and which of their headers changed."""

from datetime import date, timedelta
from itertools import pairwise
from math import log

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kartra_freshsales.kartra.kinds import ExportKind
from kartra_freshsales.mapping.cleaning_rules import SourceRules
from kartra_freshsales.orchestration.checks.cover_rules import exports_leave_no_gap
from kartra_freshsales.reports.batches import (
    cover_section,
    manifest_table,
    markdown_of,
    overlaps_table,
)
from kartra_freshsales.reports.page import Page, Verdict, render
from kartra_freshsales.transforms.batches import GAP_DAYS, GAPS, Cover, cover
from kartra_freshsales.transforms.export_columns import export_columns
from kartra_freshsales_tests.transforms.scenario import (
    APRIL,
    MARCH,
    NOTHING,
    RULES,
    contact,
    raw,
    sale,
)

CONTACTS, TRANSACTIONS, SUBSCRIPTIONS = (
    ExportKind.CONTACTS,
    ExportKind.TRANSACTIONS,
    ExportKind.SUBSCRIPTIONS,
)
ADA, BEN = "ada@example.com", "ben@example.com"


def together(*frames: pl.DataFrame) -> pl.DataFrame:
    return pl.concat(frames, how="diagonal_relaxed")


def contacts_of(*frames: pl.DataFrame) -> Cover:
    return cover({CONTACTS: together(*frames)}, RULES)


def sold_on(*days: date, batch: str = "b1") -> pl.DataFrame:
    rows = [sale(str(n), "1", date=f"{day} 10:00:00") for n, day in enumerate(days)]
    return raw(*rows, batch=batch, file="t.csv")


def gaps_of(*frames: pl.DataFrame, gap_days: int = GAP_DAYS) -> list[tuple[object, ...]]:
    found = cover({TRANSACTIONS: together(*frames)}, RULES, gap_days=gap_days)
    return found.gaps.drop("kind").rows()


def test_the_manifest_says_what_each_file_brought() -> None:
    # S74
    march = raw(
        contact(ADA, date_joined="2024-05-01 10:00:00"),
        contact(" ADA@example.com ", date_joined="2023-01-31"),
        contact("N/A", date_joined="one day"),
    )
    april = raw(contact(ADA), contact(BEN), batch="b2", file="b.csv", at=APRIL)
    assert contacts_of(april, march).manifest.rows() == [
        ("contacts", "b1", "a.csv", 3, 1, 0, 1, "2023-01-31", "2024-05-01", 1, MARCH),
        ("contacts", "b2", "b.csv", 2, 2, 1, 0, None, None, 2, APRIL),
    ]


def test_sales_are_told_apart_by_their_id_and_subscriptions_by_theirs() -> None:
    # S76
    plan = {"subscription_id": "s1", "start_date": "2026-01-05", "buyer_email": ADA}
    found = cover(
        {
            TRANSACTIONS: raw(sale("1", "9"), sale("2", "9"), sale("2", "9")),
            SUBSCRIPTIONS: raw(plan, plan),
        },
        RULES,
    )
    shown = found.manifest.select("kind", "rows", "keys", "first")
    assert shown.rows() == [
        ("transactions", 3, 2, "2026-02-01"),
        ("subscriptions", 2, 1, "2026-01-05"),
    ]


def test_batches_overlap_by_the_records_that_both_hold() -> None:
    # S74 S76
    many = [contact(f"person.{n}@example.com") for n in range(1, 5)]
    found = contacts_of(
        raw(*many, batch="all"),
        raw(many[0], contact(BEN), batch="buyers"),
        raw(contact(ADA), batch="new"),
    )
    assert found.overlaps.rows() == [("contacts", "all", "buyers", 1, 0.5)]


def test_two_files_of_one_name_each_tell_their_own_order_of_dates() -> None:
    # S74
    days = raw(contact(ADA, date_joined="25/1/2026"), contact(BEN, date_joined="2/3/2026"))
    months = days.with_columns(
        pl.lit("b2").alias("_batch"), date_joined=pl.Series(["1/25/2026", "3/2/2026"])
    )
    found = contacts_of(days, months).manifest
    assert found.select("first", "last", "undated").unique().rows() == [
        ("2026-01-25", "2026-03-02", 0)
    ]


def test_kinds_without_a_file_cover_nothing() -> None:
    found = cover(dict.fromkeys((CONTACTS, TRANSACTIONS, SUBSCRIPTIONS), NOTHING), RULES)
    assert found.manifest.is_empty()
    assert found.overlaps.is_empty()
    assert found.gaps.is_empty()


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["b1", "b2", "b3"]),
        st.sampled_from(["a.csv", "b.csv"]),
        st.sampled_from([ADA, BEN, "cleo@example.com", "", None]),
    ),
    max_size=25,
)


def rows_of(rows: list[tuple[str, str, str | None]]) -> pl.DataFrame:
    schema = dict.fromkeys(("_batch", "_file", "email"), pl.String)
    frame = pl.DataFrame(rows, schema=schema, orient="row").with_row_index("_row")
    return frame.with_columns(pl.lit(MARCH).alias("_exported_at"))


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_the_manifest_and_the_overlaps_are_those_of_plain_sets(
    rows: list[tuple[str, str, str | None]],
) -> None:
    # S75 S76 G4
    found = cover({CONTACTS: rows_of(rows)}, RULES)
    assert found.manifest["rows"].sum() == len(rows)
    assert found.manifest["no_key"].sum() == sum(not key for _, _, key in rows)
    held = {b: {key for batch, _, key in rows if key and batch == b} for b, _, _ in rows}
    wanted = [
        (b, o, len(both), len(both) / min(len(held[b]), len(held[o])))
        for b in sorted(held)
        for o in sorted(held)
        if b < o and (both := held[b] & held[o])
    ]
    assert found.overlaps.drop("kind").rows() == wanted
    assert found.overlaps["share_of_smaller"].is_between(0, 1, closed="right").all()


@settings(max_examples=40, deadline=None)
@given(ROWS)
def test_overlaps_are_the_same_whichever_batch_is_called_first(
    rows: list[tuple[str, str, str | None]],
) -> None:
    # S74 S76
    swapped = {"b1": "b3", "b2": "b2", "b3": "b1"}
    numbers = ("keys_in_both", "share_of_smaller")
    there = cover({CONTACTS: rows_of(rows)}, RULES).overlaps
    back = cover({CONTACTS: rows_of([(swapped[b], f, k) for b, f, k in rows])}, RULES)
    renamed = back.overlaps.select(
        pl.col("other_batch").replace(swapped).alias("batch"),
        pl.col("batch").replace(swapped).alias("other_batch"),
        *numbers,
    )
    assert renamed.sort("batch", "other_batch").equals(there.drop("kind"))


def test_a_month_without_any_transaction_is_worth_a_look() -> None:
    # S75 S111: the export of February is missing, the shortest month there is
    january = [date(2026, 1, day) for day in range(1, 32)]
    march = [date(2026, 3, day) for day in range(1, 32)]
    found = gaps_of(sold_on(*january), sold_on(*march, batch="b2"))
    assert found == [("2026-01-31", "2026-03-01", 28)]


def test_pauses_of_an_account_that_sells_seldom_are_no_gaps() -> None:
    # S75: one sale in six weeks or so, and once none for two years
    days = [date(2020, 1, 1) + timedelta(days=43 * n) for n in range(20)]
    assert gaps_of(sold_on(*days)) == []
    later = days[-1] + timedelta(days=731)
    assert gaps_of(sold_on(*days, later)) == [(str(days[-1]), str(later), 730)]


def test_days_that_another_batch_fills_are_no_gap() -> None:
    # S74
    first = sold_on(date(2026, 1, 1), date(2026, 3, 1))
    assert gaps_of(first)
    assert gaps_of(first, sold_on(date(2026, 1, 28), date(2026, 2, 5), batch="b2")) == []


@settings(max_examples=60, deadline=None)
@given(
    st.sets(st.integers(0, 120), min_size=1, max_size=12),
    st.integers(1, 40),
)
def test_gaps_are_exactly_the_long_runs_of_days_without_rows(
    days: set[int], gap_days: int
) -> None:
    # S75
    start = date(2026, 1, 1)
    ordered = [start + timedelta(days=n) for n in sorted(days)]
    steps = list(pairwise(ordered))
    mean = (ordered[-1] - ordered[0]).days / max(len(steps), 1)
    by_chance = mean * log(max(len(steps), 1))
    runs = [
        (str(a), str(b), (b - a).days - 1)
        for a, b in steps
        if (b - a).days > gap_days and (b - a).days >= 2 * by_chance
    ]
    assert gaps_of(sold_on(*ordered), gap_days=gap_days) == runs


def test_the_check_warns_with_the_days_and_passes_without_any() -> None:
    # S75 S111
    rows = [("transactions", "2026-01-01", "2026-03-01", 58)]
    gap = pl.DataFrame(rows, schema=GAPS, orient="row")
    verdict = exports_leave_no_gap({"export_gaps": gap})
    assert verdict.failures == 1
    assert list(verdict.where) == ["transactions: no row for 58 days after 2026-01-01"]
    assert verdict.counts["days in the longest"] == 58
    assert exports_leave_no_gap({"export_gaps": gap.clear()}).failures == 0


def test_reports_show_counts_and_no_key() -> None:
    # G18
    found = contacts_of(raw(contact(ADA)), raw(contact(ADA), contact(BEN), batch="b2"))
    section = cover_section(found.manifest, found.overlaps, found.gaps)
    page = render(Page("Scope", "", Verdict("calm", "", ""), sections=(section,)))
    shown = markdown_of(manifest_table(found.manifest))
    pairs = markdown_of(overlaps_table(found.overlaps))
    assert pairs.splitlines()[-1] == "| contacts | b1 | b2 | 1 | 1 |"
    assert shown.splitlines()[1].startswith("| --- | --- | --- | ---: |")
    for text in (page.html, page.markdown):
        assert "What the exports cover" in text
        assert "b2" in text
    for text in (page.html, page.markdown, shown, pairs, found.manifest.write_csv()):
        assert "ada@" not in text
        assert "ben@" not in text


def test_a_table_without_rows_says_so_and_a_cut_one_says_how_many_are_left_out() -> None:
    found = contacts_of(*(raw(contact(ADA), file=f"{n:03}.csv") for n in range(302)))
    assert markdown_of(overlaps_table(found.overlaps)) == (
        "No two batches hold the same record."
    )
    assert markdown_of(manifest_table(found.manifest)).endswith("\nAnd 2 more.")


def proposed(*frames: pl.DataFrame) -> dict[str, tuple[str, str]]:
    """What each column that may be another one may be, and why."""
    found = export_columns({"contacts": together(*frames)}).drop_nulls("proposed")
    return {
        row["column"]: (row["proposed"], row["reason"])
        for row in found.iter_rows(named=True)
    }


@pytest.mark.parametrize(
    ("header", "wanted", "why"),
    [
        ("Phone number", "phone", "another name of 'phone'"),
        ("Phone numbr", "phone", "spelt like 'phone_number' (96%)"),
        ("Favorite colour", "Favourite colour", "spelt like 'Favourite colour' (97%)"),
        ("favourite-colour", "Favourite colour", "the same name but for case and signs"),
    ],
)
def test_a_header_that_changed_is_proposed_as_the_column_it_was(
    header: str, wanted: str, why: str
) -> None:
    # S75
    before = [
        raw({"email": ADA, "phone": "1", "Favourite colour": "red"}, file=f"{n}.csv")
        for n in range(2)
    ]
    after = raw({"email": ADA, header: "1"}, batch="b2", file="c.csv")
    assert proposed(*before, after) == {header: (wanted, why)}
    (remedy,) = export_columns({"contacts": together(*before, after)})[
        "remedy"
    ].drop_nulls()
    assert f"write {wanted!r} for {header!r} in the header of b2/c.csv" in remedy


@pytest.mark.parametrize("header", ["Favourite shop", "Favourite colour 2", "Fax"])
def test_another_word_or_another_number_is_another_column(header: str) -> None:
    before = raw({"email": ADA, "phone": "1", "Favourite colour": "red"})
    assert proposed(before, raw({"email": ADA, header: "1"}, file="b.csv")) == {}


def test_columns_that_stand_side_by_side_in_a_file_are_two_columns() -> None:
    one = raw({"email": ADA, "Colour": "red", "Color": "blue"})
    other = raw({"email": ADA, "Colour": "red"}, file="b.csv")
    assert proposed(one, other, raw({"email": ADA}, file="c.csv")) == {}


def test_a_header_keeps_its_currency_when_it_is_corrected() -> None:
    # S75
    before = raw(sale("1", "9"), currency="USD")
    after = [raw({"id": "2", "Amountt (EUR)": "9"}, file=f"{name}.csv") for name in "cb"]
    found = export_columns({"transactions": together(before, *after)})
    (remedy,) = found["remedy"].drop_nulls()
    assert "write 'amount (EUR)' for 'Amountt (EUR)'" in remedy
    assert "in the header of b1/b.csv and 1 more" in remedy


def test_rules_for_dates_hold_for_the_manifest_too() -> None:
    rules = SourceRules(numeric_dates={"date_joined": "day_first"})
    found = cover({CONTACTS: raw(contact(ADA, date_joined="3/4/2026"))}, rules)
    assert found.manifest["first"].item() == "2026-04-03"
