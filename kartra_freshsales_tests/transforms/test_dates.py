"""Dates by explicit layouts."""

from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kartra_freshsales.mapping.cleaning_rules import SourceRules
from kartra_freshsales.transforms.dates import Moments, read_moments, to_utc
from kartra_freshsales_tests.transforms.scenario import RULES, told


def local(*parts: int) -> datetime:
    """A time as Kartra writes it: of the account's zone, which is not written."""
    year, month, day, hour, minute, second = (*parts, 0, 0, 0)[:6]
    return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001


def read(
    *cells: str | None, rules: SourceRules = RULES, files: list[str] | None = None
) -> Moments:
    frame = pl.DataFrame(
        {
            "joined": pl.Series(cells, dtype=pl.String),
            "_file": files or ["a.csv"] * len(cells),
            "_row": range(2, len(cells) + 2),
        }
    )
    return read_moments(frame, "joined", rules)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-04 05:06:07", local(2026, 3, 4, 5, 6, 7)),
        ("2026-03-04", local(2026, 3, 4)),
        ("04 Mar 2026", local(2026, 3, 4)),
        ("4 Mar 2026 17:05", local(2026, 3, 4, 17, 5)),
        ("04 mar 2026 17:05:09", local(2026, 3, 4, 17, 5, 9)),
    ],
)
def test_each_layout_of_kartra_is_read(text: str, expected: datetime) -> None:
    # S35 S57
    assert read(text).local.to_list() == [expected]


def test_layouts_may_be_mixed_in_a_column() -> None:
    found = read("2026-03-04", None, "04 Mar 2026 17:05", "2026-03-04 05:06:07")
    assert found.local.null_count() == 1
    assert found.findings == ()


@pytest.mark.parametrize(
    "text", ["soon", "26-03-04", "2026-02-30", "31 Feb 2026", "3/4/26"]
)
def test_what_fits_no_layout_is_null_and_reported(text: str) -> None:
    found = read(text, "2026-03-04")
    assert found.local.to_list() == [None, local(2026, 3, 4)]
    assert "a.csv:2, column 'joined'" in told(found.findings)
    assert text not in told(found.findings)


def test_numeric_dates_are_read_where_the_column_tells_the_order() -> None:
    assert read("3/4/2026", "13/1/2026").local.to_list() == [
        local(2026, 4, 3),
        local(2026, 1, 13),
    ]
    assert read("3/4/2026", "1/13/2026 2:05 PM").local.to_list() == [
        local(2026, 3, 4),
        local(2026, 1, 13, 14, 5),
    ]


def test_ambiguous_numeric_dates_stop_the_column_with_a_remedy() -> None:
    found = read("3/4/2026", "5/6/2026")
    assert found.local.null_count() == 2
    assert "'joined'" in told(found.findings)
    assert "numeric_dates: {joined: day_first}" in told(found.findings)


def test_a_column_that_contradicts_itself_is_not_read() -> None:
    assert read("13/1/2026", "1/13/2026").local.null_count() == 2


def test_each_file_tells_its_own_order() -> None:
    files = ["a.csv", "a.csv", "b.csv", "b.csv", "c.csv"]
    found = read("3/4/2026", "13/1/2026", "3/4/2026", "1/13/2026", "3/4/2026", files=files)
    assert found.local.to_list()[::2] == [local(2026, 4, 3), local(2026, 3, 4), None]
    assert "c.csv:6" in told(found.findings)


def test_the_operator_may_tell_the_order() -> None:
    rules = SourceRules(numeric_dates={"joined": "month_first"})
    assert read("3/4/2026", rules=rules).local.to_list() == [local(2026, 3, 4)]


def utc(moment: datetime, zone: str = "America/New_York") -> datetime:
    found: datetime = (
        pl.DataFrame({"at": [moment]}).select(to_utc(pl.col("at"), zone)).item()
    )
    return found


def test_local_times_become_utc_in_the_accounts_zone() -> None:
    # S27
    assert utc(local(2026, 1, 5, 10)) == datetime(2026, 1, 5, 15, tzinfo=UTC)
    assert utc(local(2026, 7, 5, 10)) == datetime(2026, 7, 5, 14, tzinfo=UTC)


def test_the_hours_of_clock_changes_are_not_lost() -> None:
    skipped, twice = local(2026, 3, 8, 2, 30), local(2026, 11, 1, 1, 30)
    assert utc(skipped) == datetime(2026, 3, 8, 7, 30, tzinfo=UTC)
    assert utc(twice) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


_MOMENTS = st.datetimes(local(1900, 1, 1), local(2100, 1, 1)).map(
    lambda moment: moment.replace(microsecond=0)
)


@settings(max_examples=150)
@given(
    st.lists(_MOMENTS, min_size=1, max_size=5),
    st.sampled_from(["%Y-%m-%d %H:%M:%S", "%d %b %Y %H:%M:%S", "%Y-%m-%dT%H:%M:%S"]),
)
def test_a_written_moment_is_read_back(moments: list[datetime], layout: str) -> None:
    written = pl.Series(moments, dtype=pl.Datetime("us")).dt.strftime(layout)
    assert read(*written.to_list()).local.to_list() == moments


@settings(max_examples=150)
@given(
    st.lists(
        _MOMENTS.map(lambda m: m.replace(hour=0, minute=0, second=0)),
        min_size=1,
        max_size=5,
    )
)
def test_a_numeric_date_is_read_right_or_not_at_all(days: list[datetime]) -> None:
    found = read(*(f"{day.day}/{day.month}/{day.year}" for day in days)).local.to_list()
    assert found in (days, [None] * len(days))
