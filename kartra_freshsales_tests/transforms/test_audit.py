from datetime import timedelta
from decimal import Decimal

import polars as pl
import pytest

from kartra_freshsales.transforms.audit import (
    AuditRules,
    contact_audit,
    lifetime_estimate,
    records_to_review,
    value_of,
)
from kartra_freshsales_tests.transforms import audit_scenario as s

BUYERS = pl.Series(["ben@example.com"])


@pytest.fixture(scope="module")
def audit() -> pl.DataFrame:
    return contact_audit(s.cleaned(), s.contacts(), s.row_states(), buyers=BUYERS)


@pytest.mark.parametrize(
    ("area", "name", "value"),
    [
        ("raw and clean", "rows in the exports", 9),
        ("raw and clean", "contacts after cleaning", 5),
        ("raw and clean", "repeated rows", 1),
        ("raw and clean", "rows excluded", 0),
        ("raw and clean", "rows suppressed", 1),
        ("raw and clean", "rows quarantined", 2),
        ("worth a look", "no usable e-mail", 2),
        ("worth a look", "no name", 1),
        ("worth a look", "phone not usable", 1),
        ("worth a look", "bounced", 1),
        ("worth a look", "stale", 1),
        ("consent", "subscribed", 1),
        ("consent", "not_subscribed", 3),
        ("GDPR status", "Accepted", 1),
        ("GDPR status", "(blank)", 4),
        ("mail status", "Blocklisted", 1),
        ("people and companies", "owners", 1),
        ("people and companies", "companies", 1),
        ("timeline", "more than 10,000 contacts", 0),
    ],
)
def test_the_audit_counts(audit: pl.DataFrame, area: str, name: str, value: int) -> None:
    # S66, S85, S89, S99
    assert value_of(audit, area, name) == value


def test_the_states_of_consent_add_up_to_the_contacts(audit: pl.DataFrame) -> None:  # S85
    for area in ("consent", "GDPR status", "mail status"):
        assert audit.filter(area=area)["value"].sum() == s.contacts().height


def test_what_counts_as_stale_is_a_setting() -> None:  # S99
    patient = contact_audit(
        s.cleaned(),
        s.contacts(),
        s.row_states(),
        buyers=BUYERS,
        rules=AuditRules(stale_after_months=60),
    )
    assert value_of(patient, "worth a look", "stale") == 0


def test_the_audit_counts_from_the_newest_export_not_from_today() -> None:  # S115
    later = contact_audit(
        s.cleaned(),
        s.contacts(),
        s.row_states(),
        moment=s.EXPORTED + timedelta(days=3650),
    )
    assert value_of(later, "worth a look", "stale") == s.contacts().height


def test_more_than_10_000_contacts_raise_the_timeline_flag() -> None:  # S77
    rules = AuditRules(large_account=4)
    audit = contact_audit(s.cleaned(), s.contacts(), s.row_states(), rules=rules)
    assert value_of(audit, "timeline", "more than 4 contacts") == 1


def test_nobody_at_all_can_be_audited() -> None:
    nobody, rows = s.contacts().head(0), s.row_states().head(0)
    audit = contact_audit(nobody, nobody, rows)
    assert audit["value"].sum() == 0
    assert records_to_review(nobody, rows).is_empty()


def test_rows_without_email_or_name_are_listed_by_file_and_row() -> None:  # S100
    review = records_to_review(s.cleaned(), s.row_states())
    assert review.select("row", "problem").rows() == [
        (5, "no name"),
        (5, "phone not usable"),
        (8, "no usable e-mail"),
        (9, "no usable e-mail"),
    ]
    assert review["file"].unique().to_list() == ["contacts.csv"]
    assert review["remedy"].null_count() == 0


def test_the_review_holds_no_value_of_a_person() -> None:  # G18
    review = records_to_review(s.cleaned(), s.row_states())
    assert "example.org" not in review.write_csv()


def test_lifetime_spend_is_an_estimate_per_currency() -> None:  # S38
    money = pl.Decimal(18, 2)
    estimate = lifetime_estimate(
        pl.DataFrame(
            {
                "contact_key": ["ada", "ada", "ben"],
                "currency": ["USD", "EUR", "USD"],
                "amount": [Decimal("10.10"), Decimal("5.00"), Decimal("2.20")],
                "refunded_amount": [Decimal("1.00"), None, None],
            },
            schema_overrides={"amount": money, "refunded_amount": money},
        )
    )
    assert estimate.rows() == [
        ("EUR", 1, 1, Decimal("5.00"), Decimal("0.00"), Decimal("5.00")),
        ("USD", 2, 2, Decimal("12.30"), Decimal("1.00"), Decimal("11.30")),
    ]
