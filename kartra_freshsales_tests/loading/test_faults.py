"""Whatever goes wrong on the way, the account ends as if nothing had."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kartra_freshsales.ledger.states import IntentState
from kartra_freshsales.sandbox.config import Faults
from kartra_freshsales.sandbox.server import SandboxProcess
from kartra_freshsales_tests.loading.scenario import (
    FAST,
    Account,
    Json,
    Look,
    Opened,
    opened,
    outcomes,
    plan,
    small_load,
)
from kartra_freshsales_tests.loading.scenario import deal as a_deal

SIZES = (6, 24, 36, 6)
READY = 16
"""Requests before the load itself: settings, fields, views and forms."""

WRITES = ("bulk_upsert", "POST /notes", "POST /lists", "PUT /lists")
FAULTS: dict[str, dict[str, Any]] = {
    "connection_cut_after_the_write": {"drop_after_write": 0.5, "routes": WRITES},
    "server_error_after_the_write": {"error_after_write": 0.5, "routes": WRITES},
    "server_error_before_the_write": {"error_before_write": 0.5, "routes": WRITES},
    "bursts_of_429": {"burst_429": 0.2, "burst_retry_after": 0.0},
    "429_without_retry_after": {"burst_429": 0.2, "burst_retry_after": None},
    "429_hidden_in_a_400": {"hidden_429": 0.2},
    "reads_that_fail": {"error_on_read": 0.3, "drop_on_read": 0.2},
    "rows_lost_by_jobs": {"job_loses_row": 0.15},
    "jobs_that_never_finish": {"job_never_finishes": 1.0},
}


def wanted(account: Account) -> Json:
    """What a load of ``small_load(*SIZES)`` leaves, said independently of the loader."""
    planned = small_load(*SIZES)
    return {
        "sales_accounts": SIZES[0],
        "contacts": SIZES[1],
        "deals": SIZES[2],
        "notes": SIZES[3],
        "lists": planned.filter(module="lists").height,
    }


def stands(account: Account) -> Json:
    """How many records stand there; a duplicate or a loss shows."""
    with Look(account.server) as look:
        state = look.state()
    return {
        "sales_accounts": len(state["accounts"]),
        "contacts": len(state["contacts"]),
        "deals": len(set(state["deals"])) if _twice(state["deals"]) == [] else -1,
        "notes": len(state["notes"]),
        "lists": len(state["lists"]),
    }


def _twice(items: list[str]) -> list[str]:
    return [item for item in set(items) if items.count(item) > 1]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_load_ends_whole_in_spite_of(fault: str, crm: Opened) -> None:
    # G1 S20
    account = crm(
        faults={**FAULTS[fault], "first_request": READY, "at_most": 12, "seed": 5}
    )
    results = account.load(small_load(*SIZES), group_size=8)
    assert {module: result.counts for module, result in results.items()} == {
        module: {"created": count} for module, count in wanted(account).items()
    }
    assert stands(account) == wanted(account)
    assert account.ledger.unsettled() == []
    assert account.history()["faults"] or fault.startswith(("rows_lost", "jobs_that"))


def test_a_job_applied_late_after_a_lost_answer_makes_no_second_deal(crm: Opened) -> None:
    # G1
    account = crm(
        faults={"drop_after_write": 1.0, "routes": ("deals/bulk_upsert",), "at_most": 2},
        job_seconds=0.15,
    )
    planned = plan(*(a_deal(n) for n in range(20)))
    result = account.load(planned, group_size=10)["deals"]
    assert result.counts == {"created": 20}
    with Look(account.server) as look:
        assert len(look.all("deals")) == 20
    assert account.history()["writes"] == 2


def test_deals_of_a_job_that_does_not_end_are_left_open_rather_than_sent_twice(
    crm: Opened,
) -> None:
    # G1
    account = crm(job_seconds=2.5)
    planned = plan(*(a_deal(n) for n in range(5)))
    result = account.load(planned)["deals"]
    assert result.counts == {"failed": 5}
    assert set(result.rows["reason"]) == {"job_stuck"}
    assert {i.state for i in account.ledger.unsettled()} == {IntentState.UNKNOWN}
    again = account.load(planned)["deals"]
    late = account.load(planned)["deals"]
    assert set(outcomes(again).values()) | set(outcomes(late).values()) <= {
        "skipped",
        "failed",
    }
    assert late.counts == {"skipped": 5}
    assert account.history()["writes"] == 1
    assert account.ledger.unsettled() == []


MIXES = st.fixed_dictionaries(
    {
        "drop_after_write": st.sampled_from([0.0, 0.2]),
        "error_after_write": st.sampled_from([0.0, 0.2]),
        "error_before_write": st.sampled_from([0.0, 0.2]),
        "hidden_429": st.sampled_from([0.0, 0.1]),
        "error_on_read": st.sampled_from([0.0, 0.1]),
        "job_loses_row": st.sampled_from([0.0, 0.1]),
        "job_never_finishes": st.sampled_from([0.0, 0.3]),
        "seed": st.integers(1, 10_000),
    }
)


@pytest.mark.timeout(180)
@settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(mix=MIXES)
def test_any_mixture_of_faults_ends_in_one_clean_state(
    mix: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    # G1
    faults = Faults(**mix, first_request=READY, at_most=25)
    ledger = tmp_path_factory.mktemp("mix") / "ledger.sqlite"
    with (
        SandboxProcess(requests_per_hour=0, faults=faults) as server,
        opened(server, ledger) as account,
    ):
        for _ in range(2):
            account.load(small_load(*SIZES), group_size=8)
        # Later, jobs that never reported an end are taken never to have one.
        account.policy = replace(FAST, job_lifetime=0.0)
        for _ in range(6):  # the misery ends after so many faults; until then it is told
            done = account.load(small_load(*SIZES), group_size=8)
            if not any("failed" in result.counts for result in done.values()):
                break
            assert stands(account) != wanted(account) or account.ledger.unsettled()
        assert stands(account) == wanted(account)
        assert account.ledger.unsettled() == []
