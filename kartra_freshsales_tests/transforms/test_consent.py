"""Consent: the lattice of facts, told by the sample's stories and in any order of rows."""

import re
from datetime import UTC, date, datetime, timedelta
from random import Random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kartra_freshsales.mapping.cleaning_rules import ConsentRules, SourceRules
from kartra_freshsales.sample import consent as stories
from kartra_freshsales.transforms.consent import resolve
from kartra_freshsales.transforms.contacts import clean_contacts
from kartra_freshsales.transforms.normalisations import text_told
from kartra_freshsales_tests.transforms.scenario import (
    APRIL,
    MARCH,
    RULES,
    Row,
    contact,
    golden,
    raw,
    told,
)

FIRST_DAY = date(2025, 5, 1)


def says(
    status: str | None, mail: str | None = None, day: int | None = None, **cells: str | None
) -> Row:
    dated = f"{FIRST_DAY + timedelta(days=day):%d %b %Y} 10:00" if day is not None else None
    return contact(
        "ada@example.com",
        gdpr_status=status,
        gdpr_communications=mail,
        gdpr_status_date=dated,
        **cells,
    )


def state(*rows: Row, rules: SourceRules = RULES) -> str:
    found: str = golden(raw(*rows), rules=rules).records.item(0, "consent")
    return found


@pytest.mark.parametrize(
    ("status", "mail", "expected"),
    [
        ("Accepted", "Yes", "subscribed"),
        ("accepted ", " YES", "subscribed"),
        ("2", "Yes", "subscribed"),
        ("Accepted", "No", "unsubscribed"),
        ("Not accepted", None, "unsubscribed"),
        ("3", "Yes", "unsubscribed"),
        (None, "No", "unsubscribed"),
        ("Accepted", None, "not_subscribed"),
        ("Accepted", "1", "not_subscribed"),  # the numbers of communications decide nothing
        ("Accepted", "0", "not_subscribed"),
        (None, "Yes", "not_subscribed"),
        ("Unknown", "Yes", "not_subscribed"),
        ("Pending", None, "not_subscribed"),
        ("Not subject", "Yes", "not_subscribed"),
        ("Off", "Off", "not_subscribed"),
        (None, None, "not_subscribed"),
        ("N/A", "N/A", "not_subscribed"),
    ],
)
def test_the_words_mean_what_the_table_says(
    status: str | None, mail: str | None, expected: str
) -> None:
    # S57 S58
    assert state(says(status, mail)) == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("Subscribed", "subscribed"),
        ("Unsubscribed", "subscribed"),  # only means: on no list
        ("Inactive", "subscribed"),
        ("Do not contact", "unsubscribed"),
        ("Declined commercial messages", "unsubscribed"),
        ("Spam complaint", "reported_as_spam"),
        ("Blocklisted", "bounced"),
        ("Multiple soft bounces", "bounced"),
        ("1", "not_subscribed"),  # nobody can tell of which column this is
    ],
)
def test_the_mail_status_outranks_the_consent_cells(word: str, expected: str) -> None:
    assert state(says("Accepted", "Yes", 0, mail_status=word)) == expected


def test_a_column_of_flags_blocks_too() -> None:
    assert (
        state(says("Accepted", "Yes", mail_status="Subscribed", blacklisted="1"))
        == "bounced"
    )
    assert state(says("Accepted", "Yes", mail_status="Subscribed", blacklisted="0")) == (
        "subscribed"
    )


def test_an_unknown_word_is_no_consent_and_is_reported_without_being_quoted() -> None:
    # S60
    cleaned = clean_contacts(raw(says("Agreed verbally", "Yes")), RULES)
    assert cleaned.rows["consent"].to_list() == ["not_subscribed"]
    assert "a.csv:2, column 'gdpr_status'" in told(cleaned)
    assert "verbally" not in told(cleaned)


def test_the_raw_words_are_kept_as_written() -> None:
    # S59
    record = golden(raw(says(" ACCEPTED", "yes ", mail_status="Active"))).records
    assert record.select("gdpr_status", "gdpr_communications", "mail_status").row(0) == (
        " ACCEPTED",
        "yes ",
        "Active",
    )


def test_outside_the_gdpr_the_operator_decides() -> None:
    rules = SourceRules(consent=ConsentRules(not_subject="subscribed"))
    assert state(says("Not subject"), rules=rules) == "subscribed"
    assert state(says("Not subject", "No"), rules=rules) == "not_subscribed"


@pytest.mark.parametrize("story", stories.STORIES, ids=lambda story: story.name)
def test_each_story_ends_as_told_in_any_order_of_the_files(story: stories.Story) -> None:
    # G10 S60
    first, later = (
        says(words.status, words.communications, words.day)
        for words in (story.first, story.later)
    )
    one, two = raw(first, file="a.csv", at=MARCH), raw(later, file="b.csv", at=APRIL)
    assert golden(one, two).records["consent"].to_list() == [story.state]
    assert golden(two, one).records["consent"].to_list() == [story.state]


def test_a_refusal_is_lifted_only_by_a_later_consent() -> None:
    # G10
    refused = says("Not accepted", "No", 10)
    assert state(refused, says("Accepted", "Yes", 11)) == "subscribed"
    assert state(refused, says("Accepted", "Yes", 10)) == "unsubscribed"
    assert state(refused, says("Accepted", "Yes", 9)) == "unsubscribed"
    assert state(refused, says("Unknown", None, 11)) == "unsubscribed"
    assert state(refused, says("Accepted", "Yes")) == "unsubscribed"


def test_a_day_without_time_is_no_reason_to_lift_a_refusal_of_that_day() -> None:
    refused = contact(
        "a@example.com", gdpr_status="Not accepted", gdpr_status_date="05 Jan 2026"
    )
    agreed = contact(
        "a@example.com",
        gdpr_status="Accepted",
        gdpr_communications="Yes",
        gdpr_status_date="05 Jan 2026 18:00",
    )
    assert state(refused, agreed) == "unsubscribed"


def test_a_block_is_lifted_only_by_a_consent_after_the_export_that_shows_it() -> None:
    # G10
    blocked = raw(says("Accepted", "Yes", 0, mail_status="Blocklisted"), at=MARCH)
    clear = says("Accepted", "Yes", 0, mail_status="Subscribed")
    renewed = contact(
        "ada@example.com",
        gdpr_status="Accepted",
        gdpr_communications="Yes",
        gdpr_status_date="15 Mar 2026 10:00",
        mail_status="Subscribed",
    )
    still = golden(blocked, raw(clear, file="b.csv", at=APRIL)).records
    assert still.select("consent", "mail_status").row(0) == ("bounced", "Blocklisted")
    lifted = golden(blocked, raw(renewed, file="b.csv", at=APRIL)).records
    assert lifted.select("consent", "mail_status").row(0) == ("subscribed", "Subscribed")


def test_the_cells_kept_are_those_of_the_row_that_decides() -> None:
    # S59
    newer = raw(says("Not accepted", "No", 0), file="b.csv", at=APRIL)
    record = golden(raw(says("Accepted", "Yes", 40)), newer).records
    assert record.select("consent", "gdpr_status", "gdpr_communications").row(0) == (
        "subscribed",
        "Accepted",
        "Yes",
    )
    assert record.item(0, "gdpr_status_date").date() == FIRST_DAY + timedelta(days=40)


_DAYS = st.one_of(st.none(), st.integers(0, 3))
_FACTS = st.lists(
    st.tuples(
        st.sampled_from(["subscribed", "not_subscribed", "unsubscribed", None]),
        _DAYS,
        st.sampled_from([None, None, "bounced", "reported_as_spam", "unsubscribed"]),
        _DAYS,
    ),
    min_size=1,
    max_size=6,
)
Fact = tuple[str | None, int | None, str | None, int | None]


def resolved(facts: list[Fact]) -> str:
    origin = datetime(2026, 1, 1, 12, tzinfo=UTC)

    def moment(day: int | None) -> datetime | None:
        return None if day is None else origin + timedelta(days=day)

    frame = pl.DataFrame(
        {
            "who": ["x"] * len(facts),
            "gdpr_state": [fact[0] for fact in facts],
            "gdpr_status_date": [moment(fact[1]) for fact in facts],
            "gdpr_status_date_raw": ["12:00"] * len(facts),
            "block": [fact[2] for fact in facts],
            "_exported_at": [moment(fact[3]) for fact in facts],
        },
        schema={
            "who": pl.String,
            "gdpr_state": pl.String,
            "gdpr_status_date": pl.Datetime("us", "UTC"),
            "gdpr_status_date_raw": pl.String,
            "block": pl.String,
            "_exported_at": pl.Datetime("us", "UTC"),
        },
    )
    found: str = resolve(frame, "who").item(0, "consent")
    return found


@settings(max_examples=150)
@given(_FACTS, st.randoms())
def test_the_order_of_rows_never_matters(facts: list[Fact], random: Random) -> None:
    # G10
    shuffled = list(facts)
    random.shuffle(shuffled)
    assert resolved(shuffled) == resolved(facts)


@settings(max_examples=150)
@given(_FACTS)
def test_nobody_is_subscribed_while_a_refusal_or_block_stands(facts: list[Fact]) -> None:
    # G10 S60
    consents = [
        -1 if fact[1] is None else fact[1] for fact in facts if fact[0] == "subscribed"
    ]
    latest = max(consents, default=-2)
    refusals = [fact[1] for fact in facts if fact[0] == "unsubscribed"]
    blocks = [fact[3] for fact in facts if fact[2]]
    standing = any(day is None or day >= latest for day in refusals + blocks)
    if standing or not consents:
        assert resolved(facts) != "subscribed"


@settings(max_examples=150)
@given(_FACTS)
def test_an_older_or_undated_consent_never_widens(facts: list[Fact]) -> None:
    # G10
    undated: Fact = ("subscribed", None, None, None)
    before = resolved(facts)
    if any(fact[0] for fact in facts) or before != "not_subscribed":
        assert resolved([*facts, undated]) == before


_RANK = {"subscribed": 2, "not_subscribed": 1}


@settings(max_examples=100, deadline=None)
@given(_FACTS, _FACTS)
def test_a_further_row_never_widens_unless_it_is_a_later_consent(
    facts: list[Fact], more: list[Fact]
) -> None:
    # G10: whatever it says beside, and however many rows there are
    no_consent: list[Fact] = [
        (None if state == "subscribed" else state, day, block, shown)
        for state, day, block, shown in more
    ]
    before, said = resolved(facts), any(fact[0] or fact[2] for fact in facts)
    after = resolved([*facts, *no_consent])
    assert not said or _RANK.get(after, 0) <= _RANK.get(before, 0)
    assert after != "subscribed" or before == "subscribed"


@settings(max_examples=100, deadline=None)
@given(_FACTS, st.integers(0, 3))
def test_a_later_consent_lifts_exactly_what_is_dated_before_it(
    facts: list[Fact], day: int
) -> None:
    # G10: a refusal, an unknown or a block without a date is never older
    others = [fact[1] for fact in facts if fact[0] in {"unsubscribed", "not_subscribed"}]
    stands = [
        since for since in (*others, *(fact[3] for fact in facts if fact[2]))
        if since is None or since >= day
    ]  # fmt: skip
    latest = max(
        (f[1] for f in facts if f[0] == "subscribed" and f[1] is not None), default=-1
    )
    got = resolved([*facts, ("subscribed", day, None, None)])
    if latest <= day:
        assert (got == "subscribed") == (not stands)


_FLAGS = st.one_of(
    st.text(max_size=6), st.sampled_from(["Y", "x", "3", "2024-01-05", "t", "No ", "0.0"])
)
_PLAINLY_NO = {"", "no", "none", "never", "false", "off", "n", "f", "unchecked", "-"}


@settings(max_examples=12, deadline=None)
@given(st.lists(_FLAGS, min_size=1, max_size=25))
def test_a_flag_that_is_not_plainly_no_blocks(words: list[str]) -> None:
    # S60: opt-out wins over a word that nobody thought of
    rows = [says("Accepted", "Yes", 0, Blacklisted=word) for word in (*words, "0", "1")]
    found = clean_contacts(raw(*rows), RULES).rows["consent"].to_list()
    assert found[-2:] == ["subscribed", "bounced"]
    for word, got in zip(words, found, strict=False):
        flag = (text_told(word, RULES, one_line=False).value or "").lower()
        if flag not in _PLAINLY_NO and not re.fullmatch(r"0+(\.0+)?", flag):
            assert got == "bounced"
        else:
            assert got == "subscribed"
