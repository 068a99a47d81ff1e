"""Sums and links of records that people changed after the load."""

import polars as pl
import pytest

from kartra_freshsales.reconcile.causes import with_causes
from kartra_freshsales.reconcile.certificate import Thresholds
from kartra_freshsales.reconcile.compare import compare_records
from kartra_freshsales.reconcile.reckoning import Reckoning, reckon
from kartra_freshsales.reconcile.sums import Names
from kartra_freshsales_tests.reconcile import scenario as s

CONTACT = ("contacts", "buyer@example.com")
DEAL, OTHER_DEAL = ("deals", "txn:1"), ("deals", "txn:2")


def reckoned(
    now: s.Changes, then: s.Changes | None = None, *, accept: bool = True
) -> Reckoning:
    """The account of the small load; ``then`` is what its own read-back had shown."""
    read = s.seen(now)
    compared = with_causes(compare_records(s.sent(), read), s.seen(then))
    return reckon(
        results=s.results().join(s.sent(), on=["module", "source_key"]),
        comparison=compared,
        seen=read,
        references=read,
        row_states=s.row_states(),
        deals=s.deals(),
        names=Names(),
        thresholds=Thresholds(accept_edits_since=accept),
    )


EDITS: dict[str, s.Changes] = {
    "stage": {DEAL: {"deal_stage_id": 5}},
    "amount": {DEAL: {"amount": "99.00"}},
    "closing day": {DEAL: {"closed_date": "2026-05-05"}},
    "owner": {DEAL: {"owner_id": 12}, CONTACT: {"owner_id": 12}},
    "contact": {OTHER_DEAL: {"contact_ids": [999]}},
}


@pytest.mark.parametrize("what", EDITS)
def test_what_people_changed_since_breaks_no_sum_and_no_link(what: str) -> None:  # G3, G5
    closed = reckoned(EDITS[what])
    assert closed.certificate.reasons == ()
    assert closed.sums["equal"].all()
    assert closed.orphans.is_empty()


@pytest.mark.parametrize("what", EDITS)
def test_the_same_fault_without_a_confirmed_load_is_still_found(what: str) -> None:  # G3
    assert not reckoned(EDITS[what], EDITS[what]).certificate.passed


def test_edits_fail_where_the_thresholds_do_not_accept_them() -> None:  # S8
    closed = reckoned(EDITS["stage"], accept=False)
    assert not closed.certificate.passed
    assert not closed.sums.filter(pl.col("by") == "stage")["equal"].all()
