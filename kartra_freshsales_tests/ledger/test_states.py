"""The table of transitions, checked where it is used: in the database."""

from __future__ import annotations

import itertools

import pytest

from kartra_freshsales.errors import IntegrityError
from kartra_freshsales.ledger.records import IntentChange
from kartra_freshsales.ledger.states import OPEN, TRANSITIONS, IntentState, check_transition
from kartra_freshsales.ledger.store import Ledger
from kartra_freshsales_tests.ledger.scenario import HERE, new

PAIRS = list(itertools.product(IntentState, IntentState))
WAY_TO = {
    IntentState.PLANNED: (),
    IntentState.SENT: (IntentState.SENT,),
    IntentState.CONFIRMED: (IntentState.SENT, IntentState.CONFIRMED),
    IntentState.FAILED: (IntentState.FAILED,),
    IntentState.UNKNOWN: (IntentState.SENT, IntentState.UNKNOWN),
    IntentState.RESOLVED: (IntentState.SENT, IntentState.UNKNOWN, IntentState.RESOLVED),
}


@pytest.mark.parametrize(("before", "after"), PAIRS, ids=str)
def test_only_the_steps_of_the_table_are_taken(
    sqlite_url: str, before: IntentState, after: IntentState
) -> None:
    # G1
    with Ledger.open(sqlite_url, HERE) as ledger:
        (intent,) = ledger.plan_intents("run-1", [new()])
        ledger.mark_intents([IntentChange(intent.id, step) for step in WAY_TO[before]])
        if after in TRANSITIONS[before]:
            ledger.mark_intents([IntentChange(intent.id, after)])
            expected = after
        else:
            with pytest.raises(IntegrityError, match="cannot go from"):
                ledger.mark_intents([IntentChange(intent.id, after)])
            expected = before
        assert ledger.intents()[0].state is expected
        assert ledger.verify_chain().intact


def test_every_open_state_can_still_be_settled() -> None:
    # G1
    final = {state for state, following in TRANSITIONS.items() if not following}
    assert final == set(IntentState) - OPEN
    for state in OPEN:
        reachable, frontier = {state}, {state}
        while frontier:
            frontier = {s for old in frontier for s in TRANSITIONS[old]} - reachable
            reachable |= frontier
        assert reachable & final


def test_an_unknown_outcome_is_never_simply_sent_again() -> None:
    # G1
    with pytest.raises(IntegrityError):
        check_transition(1, IntentState.UNKNOWN, IntentState.SENT)
