"""Intents: written ahead, append-only, settled by steps; on both databases."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kartra_freshsales.errors import IntegrityError
from kartra_freshsales.ledger.records import Identity, IntentChange
from kartra_freshsales.ledger.states import (
    OPEN,
    TRANSITIONS,
    IntentState,
    Operation,
    Origin,
)
from kartra_freshsales.ledger.store import Ledger
from kartra_freshsales_tests.ledger.scenario import (
    ELSEWHERE,
    HERE,
    Clock,
    finish,
    new,
    settled,
    several,
    to,
    worker,
)


def test_an_intent_is_committed_before_planning_answers(ledger_url: str) -> None:
    # G1
    with Ledger.open(ledger_url, HERE) as ledger, Ledger.open(ledger_url, HERE) as other:
        planned = ledger.plan_intents("run-1", several(250))
        assert other.unsettled() == planned
        assert [i.source_key for i in planned] == [n.source_key for n in several(250)]
        assert len({i.id for i in planned}) == 250


def test_an_intent_comes_back_as_it_was_given(ledger_url: str) -> None:
    given_one = new(
        operation=Operation.UPDATE,
        payload={"amount": "12.50", "tags": ["a", "ü"], "odd": "\x00\ud800"},
        pre_image={"amount": None},
        module="deals",
    )
    with Ledger.open(ledger_url, HERE, clock=Clock(1_700_000_000.25)) as ledger:
        (intent,) = ledger.plan_intents("run-7", [given_one])
    for name in ("operation", "module", "source_key", "payload_digest", "payload",
                 "pre_image", "way_back", "group", "batch"):  # fmt: skip
        assert getattr(intent, name) == getattr(given_one, name)
    assert (intent.run, intent.state) == ("run-7", IntentState.PLANNED)
    assert intent.planned_at == datetime(2023, 11, 14, 22, 13, 20, 250_000, UTC)
    assert intent.planned_at == intent.changed_at


def test_a_crash_between_planning_and_sending_leaves_planned_intents(
    ledger_url: str,
) -> None:
    # G1
    process = worker("crash_after_planning", ledger_url)
    process.communicate(timeout=60)
    assert process.returncode == 9
    with Ledger.open(ledger_url, HERE) as ledger:
        assert [i.state for i in ledger.unsettled()] == [IntentState.PLANNED] * 3
        assert ledger.verify_chain().intact


def test_a_crash_after_sending_leaves_sent_intents_to_be_read_first(
    ledger_url: str,
) -> None:
    # G1
    process = worker("crash_after_sending", ledger_url)
    process.communicate(timeout=60)
    with Ledger.open(ledger_url, HERE) as ledger:
        assert [i.state for i in ledger.unsettled()] == [IntentState.SENT] * 3
        for state in (IntentState.UNKNOWN, IntentState.RESOLVED):
            ledger.mark_intents(to(ledger.unsettled(), state))
        assert ledger.unsettled() == []


def test_processes_that_append_at_once_keep_one_whole_chain(ledger_url: str) -> None:
    # G1
    Ledger.open(ledger_url, HERE).close()
    finish([worker("append", ledger_url, f"run-{n}", 6) for n in range(3)])
    with Ledger.open(ledger_url, HERE) as ledger:
        report = ledger.verify_chain()
        assert (report.intact, report.intents, report.events) == (True, 72, 144)
        assert {i.run for i in ledger.intents()} == {"run-0", "run-1", "run-2"}
        assert all(i.state is IntentState.CONFIRMED for i in ledger.intents())


def test_steps_of_a_set_are_taken_all_or_none(ledger_url: str) -> None:
    with Ledger.open(ledger_url, HERE) as ledger:
        first, second = ledger.plan_intents("run-1", several(2))
        with pytest.raises(IntegrityError):
            ledger.mark_intents(
                [
                    IntentChange(first.id, IntentState.SENT),
                    IntentChange(second.id, IntentState.CONFIRMED),
                ]
            )
        assert ledger.intents() == [first, second]


def test_several_steps_of_one_intent_are_taken_in_order(ledger_url: str) -> None:
    with Ledger.open(ledger_url, HERE) as ledger:
        (intent,) = ledger.plan_intents("run-1", [new()])
        ledger.mark_intents(
            [
                IntentChange(intent.id, IntentState.SENT),
                IntentChange(intent.id, IntentState.UNKNOWN, "reset", 7),
                IntentChange(intent.id, IntentState.RESOLVED, "found by reading"),
            ]
        )
        (after,) = ledger.intents()
        assert (after.state, after.detail) == (IntentState.RESOLVED, "found by reading")
        assert after.freshsales_id == 7  # a known id is never lost again
        assert ledger.verify_chain().events == 3


def test_intents_are_found_by_batch_run_module_and_state(ledger_url: str) -> None:
    with Ledger.open(ledger_url, HERE) as ledger:
        ledger.plan_intents("run-1", [new("a"), new("b", batch="2024-02")])
        made = ledger.plan_intents("run-2", [new("c", module="deals"), new("d")])
        ledger.mark_intents(to(made[:1], IntentState.SENT))

        def keys(**asked: object) -> str:
            return "".join(i.source_key for i in ledger.intents(**asked))  # type: ignore[arg-type]

        assert keys() == "abcd"
        assert keys(batch="2024-02") == "b"
        assert keys(run="run-2") == "cd"
        assert keys(modules=["deals"]) == "c"
        assert keys(states={IntentState.PLANNED}, batch="2024-01") == "ad"
        assert keys(modules=[]) == ""
        assert [i.source_key for i in ledger.unsettled(["contacts"])] == ["a", "b", "d"]


def test_destinations_know_nothing_of_each_other(ledger_url: str) -> None:
    with (
        Ledger.open(ledger_url, HERE) as ledger,
        Ledger.open(ledger_url, ELSEWHERE) as other,
    ):
        made = settled(ledger)
        assert other.intents() == []
        with pytest.raises(IntegrityError, match="not in this ledger"):
            other.mark_intents(to(made, IntentState.SENT))
        settled(other, 2)
        assert ledger.verify_chain().intents == 3
        assert other.verify_chain().intents == 2


def test_nothing_to_write_writes_nothing(sqlite_url: str) -> None:
    with Ledger.open(sqlite_url, HERE) as ledger:
        assert ledger.plan_intents("run-1", []) == []
        ledger.mark_intents([])
        ledger.put_identities([])
        ledger.put_conflicts([])
        assert ledger.verify_chain().intents == 0


_STEPS = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(list(IntentState)), st.none() | st.text()),
    max_size=12,
)


@given(_STEPS)
@settings(max_examples=15, deadline=None)
def test_whatever_is_tried_the_states_are_the_last_allowed_steps(
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[tuple[int, IntentState, str | None]],
) -> None:
    # G1
    path = tmp_path_factory.mktemp("ledger") / "ledger.sqlite"
    with Ledger.open(f"sqlite:///{path}", HERE) as ledger:
        ids = [i.id for i in ledger.plan_intents("run-1", several(4))]
        expected = [IntentState.PLANNED] * 4
        for which, state, detail in steps:
            allowed = state in TRANSITIONS[expected[which]]
            change = IntentChange(ids[which], state, detail)
            if not allowed:
                with pytest.raises(IntegrityError):
                    ledger.mark_intents([change])
                continue
            ledger.mark_intents([change])
            expected[which] = state
        assert [i.state for i in ledger.intents()] == expected
        assert len(ledger.unsettled()) == sum(state in OPEN for state in expected)
        assert ledger.verify_chain().intact


def test_intents_that_leave_at_once_stand_as_sent_and_their_chain_is_whole(
    ledger_url: str,
) -> None:
    # G1
    two = [new(source_key="one"), new(source_key="two", operation=Operation.UPDATE)]
    with Ledger.open(ledger_url, HERE) as ledger, Ledger.open(ledger_url, HERE) as other:
        sent = ledger.send_intents("run-1", two, [None, 77])
        assert other.unsettled() == sent
        assert [(i.state, i.freshsales_id) for i in sent] == [
            (IntentState.SENT, None),
            (IntentState.SENT, 77),
        ]
        done = IntentChange(sent[1].id, IntentState.CONFIRMED, None, 77)
        seen = Identity("contacts", "two", 77, Origin.UPDATED)
        ledger.conclude_intents([seen], [done])
        assert other.identity_ids() == {("contacts", "two"): 77}
        report = other.verify_chain()
    assert (report.intact, report.intents, report.events) == (True, 2, 3)


def test_where_a_step_is_not_allowed_no_identity_is_written_either(
    ledger_url: str,
) -> None:
    # G1
    with Ledger.open(ledger_url, HERE) as ledger:
        (intent,) = ledger.plan_intents("run-1", [new(source_key="one")])
        seen = Identity("contacts", "one", 77, Origin.CREATED)
        never_sent = IntentChange(intent.id, IntentState.CONFIRMED, None, 77)
        with pytest.raises(IntegrityError, match="cannot go"):
            ledger.conclude_intents([seen], [never_sent])
        assert ledger.identity_ids() == {}
