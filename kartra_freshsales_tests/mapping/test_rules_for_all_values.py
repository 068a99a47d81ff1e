"""Rules about values that hold for every input: yes and no, choices, phones, days."""

from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kartra_freshsales.mapping.building.contacts import phone_columns
from kartra_freshsales.mapping.building.field_types import (
    FALSE_WORDS,
    TRUE_WORDS,
    shape_of,
)
from kartra_freshsales.mapping.building.values import text_of, value_of
from kartra_freshsales.mapping.cleaning_rules import SourceRules
from kartra_freshsales.transforms.dates import read_moments, to_utc
from kartra_freshsales.transforms.records import MOMENT

_BLANKS = st.sampled_from(["", " ", "\t", "\u00a0", "\x1f", "\u3000"])
_WORDS = st.sampled_from([*TRUE_WORDS, *FALSE_WORDS, "ye\u017f", "\u212a", "perhaps", "2"])
_CASES = st.sampled_from([str.lower, str.upper, str.title])
_YES_NO = st.builds(
    lambda before, word, case, after: before + case(word) + after,
    _BLANKS, _WORDS, _CASES, _BLANKS,
)  # fmt: skip
_CHOSEN = st.lists(
    st.one_of(_YES_NO, st.text(alphabet="aAbß;,|İı ", max_size=5)), max_size=4
)


def held(values: list[str], asked: str) -> tuple[str, list[str], pl.Series]:
    """The type that fits the values, the values as texts, and what goes into the field."""
    frame = pl.DataFrame({"value": values}, schema={"value": pl.String})
    text = text_of("value", pl.String(), "UTC").alias("value")
    cells = frame.select(text).drop_nulls()
    shape = shape_of(asked, cells["value"].unique().to_list())
    sent = cells.select(value_of("value", pl.String(), "UTC", shape))
    return shape.type, cells["value"].to_list(), sent.to_series()


# S16 S54: a field that all values fit loses none; another type is taken where one does not
@settings(max_examples=150, deadline=None)
@given(_CHOSEN)
@example(["ye\u017f"])
@example(["yes\x1f"])
def test_yes_and_no_are_read_as_what_they_say_or_stay_text(values: list[str]) -> None:
    kind, cells, sent = held(values, "checkbox")
    for cell, value in zip(cells, sent, strict=True):
        assert value is not None or not cell.strip(" ;,|")
    if kind != "checkbox":
        return
    for cell, truth in zip(cells, sent, strict=True):
        assert cell.lower() in (TRUE_WORDS if truth else FALSE_WORDS)


# S55: every chosen value of every contact is sent, under one spelling of it
@settings(max_examples=150, deadline=None)
@given(_CHOSEN, st.sampled_from(["dropdown", "multi_select_dropdown", "radio_button"]))
@example(["a\x1f; b"], "multi_select_dropdown")
def test_no_choice_is_lost(values: list[str], asked: str) -> None:
    kind, cells, sent = held(values, asked)
    for cell, value in zip(cells, sent, strict=True):
        words = [value] if isinstance(value, str) else [] if value is None else list(value)
        parts = cell.casefold() if kind == "multi_select_dropdown" else cell.strip()
        for word in words:
            assert word.casefold() in parts.casefold()
        told = "".join(words).casefold()
        assert not words or set(parts.casefold()) - set(" ;,|\x1f\u3000\u00a0") <= set(told)
        assert words or not cell.strip(" ;,|")


# S2: a mobile is unique in Freshsales; nobody's number is left behind
@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([None, "+12015550123", "+12015550124"]),
            st.one_of(st.none(), st.integers(0, 3)),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_each_number_is_the_mobile_of_one_contact_and_a_number_of_all(
    people: list[tuple[str | None, int | None]],
) -> None:
    joined = datetime(2026, 1, 1, tzinfo=UTC)
    frame = pl.DataFrame(
        {
            "contact_key": [f"p{n}@example.com" for n in range(len(people))],
            "phone": [phone for phone, _ in people],
            "phone_raw": [phone or "call me" for phone, _ in people],
            "date_joined": [
                None if day is None else joined + timedelta(days=day) for _, day in people
            ],
        },
        schema_overrides={"phone": pl.String, "date_joined": MOMENT},
    )
    told = frame.with_columns(phone_columns())
    mobiles = told["_mobile_number"].drop_nulls()
    assert mobiles.n_unique() == mobiles.len() == frame["phone"].drop_nulls().n_unique()
    for row in told.iter_rows(named=True):
        assert (row["_mobile_number"] is None) != (row["_work_number"] is None)
        held_as = row["_mobile_number"] or row["_work_number"]
        assert held_as == (row["phone"] or "call me")
    turned = frame.sample(fraction=1, shuffle=True, seed=len(people))
    again = turned.with_columns(phone_columns()).sort("contact_key")
    assert again["_mobile_number"].equals(told.sort("contact_key")["_mobile_number"])


_FIRST, _LAST = datetime.fromisoformat("1971-01-01"), datetime.fromisoformat("2037-12-31")


# S27 S35: the day in the file is the day in Freshsales, whatever the zone and the season
@settings(max_examples=80, deadline=None)
@given(
    st.datetimes(_FIRST, _LAST),
    st.sampled_from(
        ["America/New_York", "Europe/Berlin", "Asia/Kolkata", "Pacific/Auckland",
         "Australia/Lord_Howe", "America/Sao_Paulo", "UTC"]
    ),
)  # fmt: skip
def test_a_day_stays_the_day_that_the_file_names(moment: datetime, zone: str) -> None:
    rules = SourceRules(zone=zone)
    frame = pl.DataFrame(
        {"_file": ["a.csv"], "_row": [2], "date": [f"{moment:%Y-%m-%d %H:%M:%S}"]}
    )
    read = read_moments(frame, "date", rules).local.to_frame()
    stored = read.select(to_utc(pl.col("date"), zone))
    day = stored.select(text_of("date", stored.schema["date"], zone)).item()
    assert day == f"{moment:%Y-%m-%d}"
