from typing import Final

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from kartra_freshsales.reconcile.conservation import (
    STATES,
    equation,
    terminal_states,
    unbalanced,
)
from kartra_freshsales_tests.reconcile import scenario as s

DEAL = ("deals", "txn:1")
CONTACT = ("contacts", "buyer@example.com")
KINDS: Final = {
    "contacts": "contacts",
    "transactions": "deals",
    "subscriptions": "subscriptions",
}


def of_kind(table: pl.DataFrame, kind: str) -> dict[str, object]:
    return table.row(by_predicate=pl.col("kind") == kind, named=True)


def test_rows_are_the_sum_of_their_states() -> None:  # G4
    table = equation(s.row_states(), s.results())
    assert table["balanced"].all()
    assert unbalanced(table) == []
    contacts = of_kind(table, "contacts")
    assert (contacts["rows"], contacts["loaded"], contacts["merged"]) == (3, 1, 1)
    assert contacts["quarantined"] == 1


def test_a_failed_deal_turns_its_row_into_failed() -> None:  # G4
    table = equation(s.row_states(), s.results({DEAL: "failed"}))
    deals = of_kind(table, "transactions")
    assert (deals["loaded"], deals["failed"], deals["balanced"]) == (1, 1, True)


def test_a_refused_deal_takes_its_row_to_the_review_file() -> None:  # G4, G13
    table = equation(s.row_states(), s.results({DEAL: "refused"}))
    deals = of_kind(table, "transactions")
    assert (deals["loaded"], deals["quarantined"], deals["failed"]) == (1, 1, 0)
    assert deals["balanced"]


def test_a_record_that_people_deleted_is_not_counted_as_loaded() -> None:  # G4, G5
    deleted = s.results({DEAL: "conflict"}).with_columns(
        reason=pl.when(pl.col("outcome") == "conflict").then(
            pl.lit("deleted_at_destination")
        )
    )
    deals = of_kind(equation(s.row_states(), deleted), "transactions")
    assert (deals["loaded"], deals["quarantined"]) == (1, 1)


def test_a_row_merged_into_a_failed_record_failed_with_it() -> None:  # G4
    table = equation(s.row_states(), s.results({CONTACT: "failed"}))
    contacts = of_kind(table, "contacts")
    assert (contacts["loaded"], contacts["merged"], contacts["failed"]) == (0, 0, 2)


def test_a_conflict_left_to_people_is_no_failure() -> None:  # G5
    table = equation(s.row_states(), s.results({CONTACT: "conflict"}))
    assert of_kind(table, "contacts")["failed"] == 0


def test_a_record_without_result_failed_once_the_load_is_complete() -> None:  # G4
    results = s.results().filter(pl.col("source_key") != "txn:1")
    assert of_kind(equation(s.row_states(), results), "transactions")["failed"] == 0
    complete = equation(s.row_states(), results, complete=True)
    assert of_kind(complete, "transactions")["failed"] == 1


def test_a_row_that_never_got_a_state_is_missed() -> None:  # G4
    raw = s.states([("contacts", 5, "loaded", None)])
    table = equation(s.row_states(), s.results(), raw=raw)
    assert not of_kind(table, "contacts")["balanced"]
    assert unbalanced(table) == [
        "contacts in batch jan: 4 rows were read, but their states add up to 3."
    ]


def test_a_row_in_two_states_is_out_of_balance() -> None:  # G4
    twice = pl.concat([s.row_states(), s.states([("contacts", 2, "excluded", None)])])
    assert len(unbalanced(equation(twice, s.results()))) == 1


def test_an_unknown_state_is_out_of_balance() -> None:  # G4
    odd = pl.concat([s.row_states(), s.states([("contacts", 9, "lost", None)])])
    assert len(unbalanced(equation(odd, s.results()))) == 1


def test_empty_frames_balance() -> None:
    table = equation(s.states([]), s.results().clear())
    assert table.is_empty()
    assert unbalanced(table) == []


rows = st.lists(
    st.tuples(
        st.sampled_from(sorted(KINDS)),
        st.sampled_from([state for state in STATES if state != "failed"]),
        st.sampled_from(["a", "b", "c"]),
    ),
    max_size=30,
)
outcomes = st.dictionaries(
    st.tuples(st.sampled_from(sorted(KINDS.values())), st.sampled_from(["a", "b", "c"])),
    st.sampled_from(
        ["created", "updated", "adopted", "skipped", "conflict", "refused", "failed"]
    ),
)


@given(rows=rows, outcomes=outcomes, complete=st.booleans())
def test_any_load_of_any_rows_balances(
    rows: list[tuple[str, str, str]],
    outcomes: dict[tuple[str, str], str],
    complete: bool,
) -> None:  # G4
    frame = s.states(
        [(kind, number, state, key) for number, (kind, state, key) in enumerate(rows)]
    )
    results = pl.DataFrame(
        [(module, key, outcome, None) for (module, key), outcome in outcomes.items()],
        schema={
            "module": pl.String(),
            "source_key": pl.String(),
            "outcome": pl.String(),
            "reason": pl.String(),
        },
        orient="row",
    )
    table = equation(frame, results, raw=frame, complete=complete)
    assert unbalanced(table) == []
    assert table["rows"].sum() == len(rows)
    ended = terminal_states(frame, results, complete=complete)
    assert ended.height == frame.height
    untouched = frame["state"].is_in(["excluded", "suppressed", "quarantined"])
    assert ended.filter(untouched)["state"].equals(frame.filter(untouched)["state"])
