from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kartra_freshsales.mapping.cleaning_rules import SourceRules
from kartra_freshsales.transforms.audit import (
    contact_audit,
    lifetime_estimate,
    records_to_review,
    value_of,
)
from kartra_freshsales.transforms.flags import flag_counts, flagged
from kartra_freshsales.transforms.proposal_rows import PROPOSALS
from kartra_freshsales.transforms.suppression import suppress_reason
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
        ("worth a look", "stale", 2),
        ("worth a look", "stale, yet bought", 1),
        ("worth a look", "company of signs only", 1),
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


@pytest.mark.parametrize("days", [1, 1154, 1155])
def test_stale_is_one_setting_for_audit_flags_and_suppression(days: int) -> None:
    # S86, S99: counted from each row's export, never from today (S115)
    source = SourceRules(stale_after_days=days, suppress=("stale",))
    people = s.contacts()
    audit = contact_audit(people, people, s.row_states(), source=source)
    left_out = people.select((suppress_reason(source) == "stale").sum()).item()
    flags = flagged(people, pl.DataFrame(schema=PROPOSALS), source)
    assert flag_counts(flags)["stale"] == left_out
    assert value_of(audit, "worth a look", "stale") == left_out
    assert left_out == {1: 5, 1154: 2, 1155: 0}[days]
    words = {text for text in audit["note"] if "stale_after_days" in text}
    assert len(words) == 1
    assert f"{days:,} days" in words.pop()
    for why in flags.filter(flag="stale")["why"].unique():
        assert f"{days:,} days" in why


def test_more_than_10_000_contacts_raise_the_timeline_flag() -> None:  # S77
    audit = contact_audit(s.cleaned(), s.contacts(), s.row_states(), large_account=4)
    assert value_of(audit, "timeline", "more than 4 contacts") == 1


def test_nobody_at_all_can_be_audited() -> None:
    nobody, rows = s.contacts().head(0), s.row_states().head(0)
    audit = contact_audit(nobody, nobody, rows)
    assert audit["value"].sum() == 0
    assert records_to_review(nobody, rows).is_empty()


def test_rows_without_email_or_name_are_listed_by_file_and_row() -> None:  # S100
    review = records_to_review(s.cleaned(), s.row_states())
    assert review.select("row", "problem").rows() == [
        (3, "company of signs only"),
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


_MONEY = st.decimals(min_value=0, max_value=99_999_999, places=2)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["USD", "EUR", None]), _MONEY, st.none() | _MONEY),
        max_size=8,
    )
)
def test_an_estimate_is_exact_to_the_cent_and_adds_no_two_currencies(
    sales: list[tuple[str | None, Decimal, Decimal | None]],
) -> None:
    # S38, and money is never a float
    money = pl.Decimal(18, 2)
    frame = pl.DataFrame(
        [("ada@example.com", *sale) for sale in sales],
        schema={
            "contact_key": pl.String,
            "currency": pl.String,
            "amount": money,
            "refunded_amount": money,
        },
        orient="row",
    )
    plain: dict[str, tuple[int, Decimal, Decimal]] = {}
    for currency, sold, refunded in sales:
        count, so_far, back = plain.get(currency or "(none)", (0, Decimal(0), Decimal(0)))
        total = (count + 1, so_far + sold, back + (refunded or 0))
        plain[currency or "(none)"] = total
    found = lifetime_estimate(frame)
    assert found.select("currency", "deals", "sold", "refunded").rows() == [
        (currency, *sums) for currency, sums in sorted(plain.items())
    ]
    assert (found["net"] == found["sold"] - found["refunded"]).all()
