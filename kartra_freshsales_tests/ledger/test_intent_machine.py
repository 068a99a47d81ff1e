"""Intents under any order of events, beside a model that is a dictionary.

Planned, sent, answered, left open, settled, the ledger closed, torn off and opened again:
the ledger always tells the model's states, takes no step that the rules forbid, and keeps
its chains whole. And nothing leaves before another look at the database finds it written.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from kartra_freshsales.errors import IntegrityError
from kartra_freshsales.ledger.records import IntentChange
from kartra_freshsales.ledger.states import IntentState
from kartra_freshsales.ledger.store import Destination, Ledger
from kartra_freshsales_tests.ledger.scenario import new

PLANNED, SENT, CONFIRMED, FAILED, UNKNOWN, RESOLVED = (
    IntentState.PLANNED,
    IntentState.SENT,
    IntentState.CONFIRMED,
    IntentState.FAILED,
    IntentState.UNKNOWN,
    IntentState.RESOLVED,
)
MAY_FOLLOW = {
    PLANNED: {SENT, FAILED},
    SENT: {CONFIRMED, FAILED, UNKNOWN},
    UNKNOWN: {RESOLVED, CONFIRMED, FAILED},
    CONFIRMED: set(),
    FAILED: set(),
    RESOLVED: set(),
}
"""The rules once more, in the words of the design (4), not read from the product."""

_ACCOUNTS = itertools.count()


class Intents(RuleBasedStateMachine):
    """One account's intents; ``url`` is set by the test."""

    url = ""
    intents = Bundle("intents")

    @initialize()
    def begin(self) -> None:
        self.account = Destination(f"https://account-{next(_ACCOUNTS)}.example.com")
        self.ledger = Ledger.open(self.url, self.account)
        self.other = Ledger.open(self.url, self.account)
        self.model: dict[int, IntentState] = {}
        self.steps = 0
        self.left: set[int] = set()

    # What a load does

    @rule(target=intents, count=st.integers(1, 3))
    def plan(self, count: int) -> object:
        made = self.ledger.plan_intents("run", [new(f"{n}") for n in range(count)])
        self.model |= {intent.id: PLANNED for intent in made}
        return multiple(*(intent.id for intent in made))

    @rule(target=intents, count=st.integers(1, 3))
    def plan_and_send(self, count: int) -> object:
        items = [new(f"{n}") for n in range(count)]
        made = self.ledger.send_intents("run", items, [None] * count)
        self.model |= {intent.id: SENT for intent in made}
        self.steps += count
        for intent in made:
            self.request(intent.id)
        return multiple(*(intent.id for intent in made))

    @rule(which=intents)
    def request(self, which: int) -> None:
        """A request leaves only for an intent that is known to be on its way."""
        if self.model[which] is SENT:
            seen = {i.id: i for i in self.other.intents()}
            assert seen[which].state is SENT
            assert seen[which].way_back
            self.left.add(which)

    @rule(
        steps=st.lists(
            st.tuples(intents, st.sampled_from(list(IntentState))), min_size=1, max_size=3
        )
    )
    def step(self, steps: Sequence[tuple[int, IntentState]]) -> None:
        """Any steps at all, allowed or not: all of them are taken or none."""
        after = dict(self.model)
        allowed = True
        for which, state in steps:
            allowed = allowed and state in MAY_FOLLOW[after[which]]
            after[which] = state
        changes = [IntentChange(which, state) for which, state in steps]
        if allowed:
            self.ledger.mark_intents(changes)
            self.model = after
            self.steps += len(changes)
        else:
            with pytest.raises(IntegrityError, match="cannot go from"):
                self.ledger.mark_intents(changes)

    # What may happen to it

    @rule()
    def close_and_open(self) -> None:
        self.ledger.close()
        self.ledger = Ledger.open(self.url, self.account)

    @rule()
    def torn_off_and_opened(self) -> None:
        """Killed: nothing is said to anybody, connections are simply gone."""
        self.ledger._engine.dispose()
        self.ledger = Ledger.open(self.url, self.account)

    @rule(arrived=st.booleans())
    def settle(self, arrived: bool) -> None:
        """The next run's first work: nothing stays open, and what never left is failed."""
        changes = []
        for intent in self.ledger.left_open():
            known = intent.id in self.left and arrived
            state = CONFIRMED if known else FAILED
            changes.append(IntentChange(intent.id, state))
            if intent.state is PLANNED:
                changes[-1] = IntentChange(intent.id, FAILED)
        self.ledger.mark_intents(changes)
        self.model |= {change.intent_id: change.state for change in changes}
        self.steps += len(changes)
        assert self.ledger.unsettled() == []

    # What holds at any time

    @invariant()
    def the_ledger_tells_what_the_model_tells(self) -> None:
        told = {intent.id: intent.state for intent in self.ledger.intents()}
        assert told == self.model
        open_ones = [PLANNED, SENT, UNKNOWN]
        unsettled = {i.id for i in self.other.unsettled()}
        assert unsettled == {n for n, state in self.model.items() if state in open_ones}
        for state, count in Counter(self.model.values()).items():
            assert len(self.ledger.intents(states={state})) == count

    @invariant()
    def the_chains_are_whole(self) -> None:
        report = self.other.verify_chain()
        assert report.intact
        assert (report.intents, report.events) == (len(self.model), self.steps)

    @invariant()
    def nothing_left_without_an_intent(self) -> None:
        assert self.left <= self.model.keys()
        assert all(self.model[number] is not PLANNED for number in self.left)

    def teardown(self) -> None:
        if hasattr(self, "other"):
            self.ledger.close()
            self.other.close()


def run(url: str, examples: int) -> None:
    class Here(Intents):
        pass

    Here.url = url
    run_state_machine_as_test(
        Here,
        settings=settings(max_examples=examples, stateful_step_count=20, deadline=None),
    )


# G1; design 7, 2 and 3
def test_whatever_happens_in_whatever_order_sqlite_tells_the_truth(sqlite_url: str) -> None:
    run(sqlite_url, 15)


# G1; design 7, 2 and 3
def test_whatever_happens_in_whatever_order_postgresql_does_too(postgres_url: str) -> None:
    run(postgres_url, 3)
