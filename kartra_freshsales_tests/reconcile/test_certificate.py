from decimal import Decimal

import polars as pl
import pytest
from pydantic import ValidationError

from kartra_freshsales.reconcile.causes import with_causes
from kartra_freshsales.reconcile.certificate import (
    Certificate,
    ModuleThresholds,
    Thresholds,
    certificate,
)
from kartra_freshsales.reconcile.compare import compare_records
from kartra_freshsales.reconcile.conservation import equation
from kartra_freshsales.reconcile.links import orphans
from kartra_freshsales.reconcile.sums import sums
from kartra_freshsales_tests.reconcile import scenario as s

CONTACT = ("contacts", "buyer@example.com")
DEAL = ("deals", "txn:1")


def certify(
    read: pl.DataFrame,
    *,
    results: pl.DataFrame | None = None,
    states: pl.DataFrame | None = None,
    thresholds: Thresholds | None = None,
    confirmed: pl.DataFrame | None = None,
) -> Certificate:
    balance = equation(
        s.row_states() if states is None else states,
        s.results() if results is None else results,
    )
    return certificate(
        with_causes(compare_records(s.sent(), read), confirmed),
        sums(s.deals(), read, sent=s.sent()),
        orphans(s.sent(), read),
        balance,
        thresholds,
    )


def failing(given: Certificate) -> set[str]:
    return {measure.name for measure in given.measured if not measure.passed}


def test_a_faithful_load_passes() -> None:  # S8
    given = certify(s.seen())
    assert given.passed
    assert given.reasons == ()
    assert len(given.digest) == 64


def test_a_normalised_field_counts_as_arrived() -> None:  # S8
    assert certify(s.seen({DEAL: {"amount": 12.5}})).passed


def test_a_lost_record_fails() -> None:  # S8
    given = certify(s.seen({CONTACT: None}))
    assert not given.passed
    assert "records present" in failing(given)


def test_a_wrong_field_fails() -> None:  # S8
    assert failing(certify(s.seen({CONTACT: {"first_name": "Other"}}))) == {"fields equal"}


def test_an_unequal_sum_fails() -> None:  # S88
    given = certify(s.seen({DEAL: {"amount": "12.51"}}))
    assert "sums that differ" in failing(given)
    assert any("12.51" in reason for reason in given.reasons)


def test_a_broken_link_fails() -> None:  # S18
    given = certify(s.seen({CONTACT: {"owner_id": 12}}))
    assert "broken links and wrong owners" in failing(given)


def test_a_failed_row_fails() -> None:  # S8
    given = certify(s.seen(), results=s.results({DEAL: "failed"}))
    assert failing(given) == {"source rows that failed"}


def test_an_unbalanced_batch_fails() -> None:  # G4
    odd = pl.concat([s.row_states(), s.states([("contacts", 9, "lost", None)])])
    assert failing(certify(s.seen(), states=odd)) == {"batches out of balance"}


def test_nothing_read_back_is_no_proof() -> None:  # G3
    empty = s.seen().clear()
    given = certificate(
        with_causes(compare_records(s.sent({}), empty)),
        sums(s.deals().clear(), empty),
        orphans(s.sent({}), empty),
        equation(s.row_states(), s.results()),
    )
    assert failing(given) == {"records read back"}


def test_an_edit_made_since_does_not_fail_unless_asked() -> None:  # G3
    edited = s.seen({CONTACT: {"first_name": "Other"}})
    assert certify(edited, confirmed=s.seen()).passed
    strict = Thresholds(accept_edits_since=False)
    assert not certify(edited, confirmed=s.seen(), thresholds=strict).passed


def test_a_threshold_can_be_lowered_for_one_module_only() -> None:  # S8
    half = ModuleThresholds(fields_equal=Decimal(50))
    change: s.Changes = {CONTACT: {"first_name": "Other"}, DEAL: {"name": "Other"}}
    only_contacts = Thresholds(modules={"contacts": half})
    assert failing(certify(s.seen(change), thresholds=only_contacts)) == {"fields equal"}
    both = Thresholds(modules={"contacts": half, "deals": half})
    assert certify(s.seen(change), thresholds=both).passed


def test_ninety_nine_point_nine_nine_is_not_a_hundred() -> None:  # S8
    fields = pl.DataFrame(
        {
            "module": "contacts",
            "source_key": [str(n) for n in range(3_000_000)],
            "freshsales_id": 1,
            "verdict": ["different"] + ["equal"] * 2_999_999,
        }
    )
    empty = s.seen().clear()
    given = certificate(
        fields,
        sums(s.deals().clear(), empty),
        orphans(s.sent({}), empty),
        equation(s.states([]), s.results()),
    )
    assert failing(given) == {"fields equal"}
    assert "99.9999 %" in given.reasons[0]


def test_the_digest_follows_what_was_measured() -> None:  # G14
    assert certify(s.seen()).digest == certify(s.seen()).digest
    assert certify(s.seen()).digest != certify(s.seen({DEAL: {"amount": "1"}})).digest
    looser = Thresholds(orphans=1)
    assert certify(s.seen()).digest != certify(s.seen(), thresholds=looser).digest


def test_a_threshold_above_a_hundred_is_refused() -> None:  # S8
    with pytest.raises(ValidationError):
        ModuleThresholds(fields_equal=Decimal(101))
