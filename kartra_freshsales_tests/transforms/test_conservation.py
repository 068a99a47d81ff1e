"""The ledger of rows."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kartra_freshsales.errors import IntegrityError
from kartra_freshsales.transforms.conservation import ledger_of_rows
from kartra_freshsales.transforms.contacts import clean_contacts
from kartra_freshsales.transforms.records import ROW_STATES
from kartra_freshsales_tests.transforms.scenario import RULES, contact, golden, raw

LINES = pl.DataFrame(
    {
        "_batch": ["b1"],
        "_file": ["a.csv"],
        "_row": [99],
        "reason": ["stray_quote"],
        "remedy": ["x"],
        "raw": ["?"],
    }
)


def test_every_line_of_every_file_is_in_the_ledger() -> None:
    # G4 S76
    frame = raw(contact("a@example.com"), contact(None), contact("A@example.com"))
    ledger = ledger_of_rows(
        states=[golden(frame).row_states],
        set_aside=[clean_contacts(frame, RULES).set_aside],
        quarantined={"contacts": LINES},
        read={"contacts": frame},
    )
    assert ledger.select("_kind", "_row", "state", "reason").rows() == [
        ("contacts", 2, "merged", "same_email"),
        ("contacts", 3, "quarantined", "no_email"),
        ("contacts", 4, "loaded", None),
        ("contacts", 99, "quarantined", "stray_quote"),
    ]


def test_a_line_in_two_states_is_refused_and_named() -> None:
    # G4
    states = golden(raw(contact("a@example.com"))).row_states
    twice = states.with_columns(pl.lit("excluded").alias("state"))
    with pytest.raises(IntegrityError, match=r"b1/a\.csv:2"):
        ledger_of_rows(states=[states, twice])


def test_a_line_without_state_is_refused_and_named() -> None:
    # G4
    frame = raw(contact("a@example.com"), contact("b@example.com"))
    with pytest.raises(IntegrityError, match=r"1 contacts rows .* b1/a\.csv:3"):
        ledger_of_rows(states=[golden(frame[:1]).row_states], read={"contacts": frame})


def test_the_same_line_of_two_kinds_is_two_lines() -> None:
    ledger = ledger_of_rows(quarantined={"contacts": LINES, "transactions": LINES})
    assert ledger["_kind"].to_list() == ["contacts", "transactions"]


def test_nothing_read_is_an_empty_ledger() -> None:
    assert dict(ledger_of_rows().schema) == ROW_STATES


@settings(max_examples=12, deadline=None)
@given(
    st.lists(
        st.sampled_from([None, "bad@", "x@kartra.com", "a@example.com", "B@example.com"]),
        min_size=1,
        max_size=12,
    )
)
def test_rows_in_are_rows_in_states(addresses: list[str | None]) -> None:
    # G4 S76 S88
    frame = raw(*map(contact, addresses))
    cleaned, found = clean_contacts(frame, RULES), golden(frame)
    ledger = ledger_of_rows(
        states=[found.row_states], set_aside=[cleaned.set_aside], read={"contacts": frame}
    )
    assert ledger.height == len(addresses)
    assert (ledger["state"] == "loaded").sum() == found.records.height
