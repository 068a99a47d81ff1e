import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl

from kartra_freshsales.reports.tables import csv_text, markdown_cell, shown, table


def rows_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_a_csv_cannot_start_a_formula_and_holds_no_address() -> None:  # G14, G18
    frame = pl.DataFrame(
        {
            "=cmd": ["=HYPERLINK(1)", "write to ada@example.com"],
            "number": [-1, 2],
            "tags": [["+a", "b"], []],
        }
    )
    assert rows_of(csv_text(frame)) == [
        ["'=cmd", "number", "tags"],
        ["'=HYPERLINK(1)", "-1", "'+a; b"],
        ["'write to a***@e***".removeprefix("'"), "2", ""],
    ]


def test_columns_that_must_name_a_person_are_left_in_the_clear() -> None:  # S63
    text = csv_text(pl.DataFrame({"owner": ["owner@example.com"]}), verbatim=["owner"])
    assert rows_of(text)[1] == ["owner@example.com"]


def test_a_frame_without_rows_is_a_csv_with_headings() -> None:
    assert csv_text(pl.DataFrame(schema={"a": pl.String, "b": pl.Int64})) == "a,b\n"


def test_values_are_shown_as_people_write_them() -> None:
    moment = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    shapes = {1234567: "1,234,567", 2.5: "2.5", None: "–", date(2026, 3, 1): "2026-03-01"}
    assert {value: shown(value) for value in shapes} == shapes
    assert shown(True) == "yes"
    assert shown(Decimal("1234.50")) == "1,234.50"
    assert shown(moment) == "2026-03-01 09:30"
    assert shown(["ada@example.com", None]) == "a***@e***; –"


def test_rows_beyond_the_limit_are_counted() -> None:
    found = table(pl.DataFrame({"n": range(10)}), caption="numbers", limit=3)
    assert len(found.rows) == 3
    assert found.cut == 7


def test_columns_the_frame_lacks_are_left_out() -> None:
    found = table(pl.DataFrame({"a": [1]}), {"a": "A", "b": "B"}, caption="c")
    assert [head.text for head in found.headings] == ["A"]


def test_a_cell_cannot_break_out_of_a_markdown_table() -> None:  # G14
    assert markdown_cell("a|b\n<script>*x*") == r"a\|b &lt;script&gt;\*x\*"
