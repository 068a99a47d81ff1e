"""The spot-check page: from the source row to what was read back, all fields (S105)."""

import polars as pl
import pytest

from kartra_freshsales.freshsales.metadata import Field, Metadata
from kartra_freshsales.mapping.model import Mapping
from kartra_freshsales.reconcile.spot_sample import side_by_side, spot_sample
from kartra_freshsales.reports.page import Report
from kartra_freshsales.reports.spot_check import (
    Origins,
    columns_of,
    source_rows_of,
    spot_check_report,
)
from kartra_freshsales_tests.reconcile import scenario as s
from kartra_freshsales_tests.reports import evidence_scenario as e
from kartra_freshsales_tests.reports.reading import Document, assert_self_contained

METADATA = Metadata(
    fields={
        "contacts": [Field(name="cf_kartra_score", label="Kartra score", type="number")]
    }
)
RAW = pl.DataFrame(
    {
        "first_name": ["Buyer", "Nobody"], "email": ["BUYER@example.com", ""],
        "lists": ["<b>News</b>", ""], "_batch": "jan", "_file": "export.csv",
        "_row": [3, 99],
    }
)  # fmt: skip
GOLDEN = pl.DataFrame({"contact_key": ["buyer@example.com"], "first_name": ["Buyer"]})


def page(changes: s.Changes | None = None) -> Report:
    """The page of the small load."""
    closed = e.reckoning(changes)
    drawn = spot_sample(closed.results, closed.comparison, seed="a")
    sample = side_by_side(drawn, closed.results, closed.comparison)
    origins = Origins(source_rows_of(sample, RAW), {"contacts": GOLDEN})
    return spot_check_report(sample, origins, Mapping(), METADATA)


@pytest.fixture(scope="module")
def good() -> Report:
    return page()


def contact_of(report: Report) -> str:
    """The part of the page that is about the contact."""
    return next(part for part in report.html.split("<section") if "BUYER@" in part)


def test_a_field_stands_beside_its_cell_its_golden_value_and_its_reading(
    good: Report,
) -> None:
    assert_self_contained(good.html)
    rows = {row[0]: row[1:] for row in Document(contact_of(good)).rows("Field by field")}
    assert rows["first_name"] == ["Buyer", "Buyer", "Buyer", "Buyer", "equal"]
    assert rows["email"][0] == "BUYER@example.com"  # as it stands in the file
    assert rows["sales_account"][2:4] == ["north bakery", "101"]


def test_the_source_row_is_shown_cell_by_cell_and_no_other(good: Report) -> None:
    rows = Document(contact_of(good)).rows("Source row jan/export.csv:3")
    assert ["lists", "<b>News</b>"] in rows
    assert "Nobody" not in good.html


def test_the_page_says_what_its_size_proves(good: Report) -> None:
    assert "With 0 wrong of 4, the error rate lies below 53 %" in good.markdown
    assert "The guarantee rests on the full comparison" in good.markdown


def test_a_wrong_record_is_told_first() -> None:
    told = page({e.CONTACT: {"first_name": "Other"}})
    assert '<section class="verdict bad"' in told.html
    assert "1 of 4 drawn records are wrong." in told.markdown
    (row,) = (
        r for r in Document(contact_of(told)).rows("Field by field") if r[-1] == "wrong"
    )
    assert row[3:] == ["Buyer", "Other", "wrong"]


def test_custom_fields_are_found_by_their_label() -> None:
    columns = columns_of(Mapping(), METADATA, "contacts")
    assert columns["cf_kartra_score"] == "score"
    assert columns["first_name"] == "first_name"
    assert columns_of(Mapping(), METADATA, "notes") == {}
