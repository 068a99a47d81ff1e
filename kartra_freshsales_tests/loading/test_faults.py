"""Jobs that end late or not at all make no second record.

Each fault by itself is ``test_every_fault``'s matter, mixtures and kills are
``test_fault_campaign``'s.
"""

from kartra_freshsales.ledger.states import IntentState
from kartra_freshsales_tests.loading.scenario import Look, Opened, outcomes, plan
from kartra_freshsales_tests.loading.scenario import deal as a_deal


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
