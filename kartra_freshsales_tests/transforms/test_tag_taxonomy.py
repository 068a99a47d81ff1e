import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kartra_freshsales.sample.words import TAGS
from kartra_freshsales.transforms.tag_taxonomy import (
    EVENTS,
    event_counts,
    not_compared,
    tag_taxonomy,
)
from kartra_freshsales_tests.transforms.audit_scenario import contacts, with_tags

BEHAVIOUR_IN_THE_SAMPLE = {
    "Webinar Registered March": "webinar",
    "Webinar Attended March": "webinar",
    "Form Completed Quote": "form",
    "Clicked Pricing Page": "click",
    "Opened Launch Email": "open",
    "Abandoned Cart": "cart",
    "Quiz Completed": "quiz",
    "Video Watched 75": "video",
    "Downloaded Ebook": "download",
    "Trial Started": "subscription",
    "Trial Ended": "subscription",
    "Refund Requested": "refund",
    "Survey Submitted": "survey",
    "Booked Call": "call",
    "No Show": "call",
}
WRITTEN_OTHERWISE = {
    "webinar_registered": "webinar",
    "WebinarAttended": "webinar",
    "signed up for webinar": "webinar",
    "Completed Form: Quote": "form",
    "Optin - ebook": "form",
    "email-opened": "open",
    "Link Clicks": "click",
    "Purchased: Course A": "purchase",
    "Buyer - Course A": "purchase",
    "Quiz - started": "quiz",
    "Video 50% watched": "video",
    "visited: sales page": "page",
    "booked a call": "call",
    "Payment failed": "payment",
    "Course Completed": "course",
    "Unsubscribed": "opt_out",
    "registered for event": "sign_up",
}
# Words that look alike: a noun without a deed, a job, a longer word.
NO_BEHAVIOUR = (
    "Clickfunnels user", "Platform", "Information request", "Opening hours", "Open to work",
    "Formula", "Webinar Series", "Video Editor", "Quiz Master", "Home Buyer",
    "Purchase Manager", "Do not call", "Registered Nurse", "Bookkeeping", "Watch lovers",
    "Viewpoint", "Course Creator", "Form-1099", "Left-handed", "Paid Ads", "Prepaid",
    "Sales page designer", "Interested: Webinars",
)  # fmt: skip


def events(*tags: str) -> dict[str, str | None]:
    found = tag_taxonomy(with_tags(*tags))
    return dict(found.select("tag", "event").iter_rows())


def test_the_probe_finds_all_behavioural_tags_of_the_sample_and_no_other() -> None:
    # S46, S80, G9: precision and recall are both 1 on the sample's 32 tags
    found = {tag: event for tag, event in events(*TAGS).items() if event}
    assert found == BEHAVIOUR_IN_THE_SAMPLE


@pytest.mark.parametrize(("tag", "event"), WRITTEN_OTHERWISE.items())
def test_case_and_punctuation_do_not_hide_an_event(tag: str, event: str) -> None:  # S80
    assert events(tag) == {tag: event}


@pytest.mark.parametrize("tag", NO_BEHAVIOUR)
def test_a_word_that_only_looks_alike_is_no_event(tag: str) -> None:  # G9
    assert events(tag) == {tag: None}


def test_each_marked_tag_says_why() -> None:  # G9
    row = tag_taxonomy(with_tags("webinar_registered")).row(0, named=True)
    assert row["behavioural"]
    assert row["evidence"] == "says “webinar registered”"


def test_near_duplicates_are_proposed_and_never_merged() -> None:  # S46
    tags = ("Lead Magnets", "lead-magnet", "Lead Magnets", "Boss", "Bos")
    found = tag_taxonomy(with_tags(*tags))
    similar = dict(found.select("tag", "similar_to").iter_rows())
    assert similar == {
        "Lead Magnets": None,
        "lead-magnet": "Lead Magnets",
        "Boss": None,
        "Bos": None,
    }
    assert "Lead Magnets" in found.filter(tag="lead-magnet")["proposal"].item()


def test_a_slip_of_one_letter_is_proposed_with_the_number_of_contacts() -> None:  # S46
    people = pl.concat(
        [with_tags("Webinar March"), with_tags("Webinar March", "Webnar March")]
    )
    found = tag_taxonomy(people.with_columns(contact_key=pl.int_range(3).cast(pl.String)))
    row = found.filter(tag="Webnar March").row(0, named=True)
    assert row["similar_to"] == "Webinar March"
    assert "“Webinar March” (2 contacts)?" in row["proposal"]
    assert found.filter(tag="Webinar March")["similar_to"].to_list() == [None]


@pytest.mark.parametrize(
    "tags",
    [
        ("Course A", "Course B"),
        ("Webinar 1", "Webinar 2"),
        ("Form", "Farm"),
        ("Cohort 2025", "Cohort 2026"),
        ("Trial Started", "Trial Restarted"),
        ("March Webinar", "Webinar March"),
    ],
)
def test_tags_that_differ_for_a_reason_are_not_likened(tags: tuple[str, str]) -> None:
    assert tag_taxonomy(with_tags(*tags))["similar_to"].null_count() == 2


def test_contacts_are_counted_once_per_tag_and_per_event() -> None:  # S104
    people = contacts()
    taxonomy = tag_taxonomy(people)
    counts = dict(taxonomy.select("tag", "contacts").iter_rows())
    assert counts["Webinar Registered March"] == 2
    by_event = {e: (t, c) for e, t, c in event_counts(people, taxonomy).iter_rows()}
    assert by_event == {"webinar": (2, 2), "quiz": (1, 1)}


def test_no_tags_make_an_empty_taxonomy() -> None:  # S81
    nobody = pl.DataFrame(
        {"contact_key": ["a"], "tags": [[]]}, schema_overrides={"tags": pl.List(pl.String)}
    )
    assert tag_taxonomy(nobody).is_empty()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=8, unique=True))
def test_every_tag_appears_once_with_a_known_event(tags: list[str]) -> None:  # S46
    found = tag_taxonomy(with_tags(*tags))
    assert sorted(found["tag"]) == sorted(tags)
    assert set(found["event"].drop_nulls()) <= set(EVENTS)
    assert found["behavioural"].to_list() == found["event"].is_not_null().to_list()


def test_tags_too_alike_to_be_compared_are_told_with_what_to_do() -> None:  # S46
    few = [f"Group {letter}" for letter in "abc"]
    assert not_compared(tag_taxonomy(with_tags(*few))) == ()
    many = [f"Group {letter}" for letter in "abcdefghijklmnopqrstu"]
    (finding,) = not_compared(tag_taxonomy(with_tags(*many)))
    assert finding.count == len(many)
    assert "1 group(s) of more than 20" in finding.what
    assert "reports/tag_taxonomy.csv" in finding.remedy
