"""Exports whose name is a tag, a list or a mail status."""

import pytest
from pydantic import ValidationError

from kartra_freshsales.mapping.cleaning_rules import SourceRules
from kartra_freshsales.transforms.contacts import clean_contacts
from kartra_freshsales_tests.transforms.scenario import (
    APRIL,
    RULES,
    Row,
    contact,
    golden,
    raw,
    states,
    told,
)

ADA = "ada@example.com"


def rules(*files: dict[str, str], **more: object) -> SourceRules:
    return SourceRules.model_validate({"files": files, **more})


TAGGED = rules({"name": "tag_*", "adds_tag": "*"})


@pytest.mark.parametrize(
    ("file", "tags"),
    [
        ("tag_VIP.csv", ["VIP"]),
        ("TAG_Webinar_Attended_March.csv", ["Webinar Attended March"]),
        ("parts.zip/tag_VIP.csv", ["VIP"]),
        ("tag_VIP_02-03-2026_67c4663f6d1f1.csv", ["VIP"]),
        ("contacts.csv", []),
        ("tag_.csv", []),
    ],
)
def test_the_name_of_a_file_is_the_tag(file: str, tags: list[str]) -> None:
    # reference 9 U3
    found = clean_contacts(raw(contact(ADA), file=file), TAGGED)
    assert found.rows["tags"].to_list() == [tags]


def test_a_tag_that_the_row_has_already_is_not_doubled() -> None:
    # S44
    frame = raw(contact(ADA, tags="News; vip"), file="tag_VIP.csv")
    assert clean_contacts(frame, TAGGED).rows["tags"].to_list() == [["News", "vip"]]


def test_files_of_one_contact_unite_their_tags() -> None:
    # S12 S45
    frames = [
        raw(contact(ADA), file="tag_A.csv"),
        raw(contact(ADA), file="tag_B.csv", at=APRIL),
    ]
    found = golden(*frames, rules=TAGGED)
    assert found.records["tags"].to_list() == [["B", "A"]]


def test_lists_and_fixed_words_work_alike() -> None:
    # S47
    decided = rules(
        {"name": "main.csv", "adds_list": "Main"}, {"name": "*", "adds_tag": "Kartra"}
    )
    rows = clean_contacts(raw(contact(ADA), file="Main.csv"), decided).rows
    assert rows.select("lists", "tags").row(0) == (["Main"], ["Kartra"])


DNC = rules({"name": "dnc*", "adds_status": "Do not contact"})
_AGREED: Row = {"gdpr_status": "Accepted", "gdpr_communications": "Yes"}


@pytest.mark.parametrize(
    ("own", "consent"),
    [
        (None, "unsubscribed"),
        ("Subscribed", "unsubscribed"),
        ("Spam complaint", "reported_as_spam"),
    ],
)
def test_membership_of_a_status_export_is_the_status(own: str | None, consent: str) -> None:
    # reference 9 U15, S60: never wider than the row itself
    frame = raw(contact(ADA, mail_status=own, **_AGREED), file="dnc_march.csv")
    assert clean_contacts(frame, DNC).rows["consent"].to_list() == [consent]


def test_a_status_export_blocks_the_contact_of_all_other_exports() -> None:
    # S60 S86
    decided = rules(
        {"name": "dnc*", "adds_status": "Do not contact"}, suppress=["do_not_contact"]
    )
    frames = [raw(contact(ADA, **_AGREED)), raw(contact(ADA), file="dnc.csv", at=APRIL)]
    found = golden(*frames, rules=decided)
    assert states(found) == [("suppressed", "do_not_contact")] * 2


def test_what_a_name_told_is_reported_once_per_file() -> None:
    found = clean_contacts(raw(contact(ADA), contact("b@x.de"), file="tag_A.csv"), TAGGED)
    assert told(found).count("tag_A.csv:2: the file's name says") == 1
    assert "(2 times)" in told(found)


def test_without_a_decision_names_mean_nothing() -> None:
    found = clean_contacts(raw(contact(ADA), file="tag_VIP.csv"), RULES)
    assert found.rows["tags"].to_list() == [[]]
    assert told(found) == ""


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"name": "a"}, "exactly one"),
        ({"name": "a", "adds_tag": "x", "adds_list": "y"}, "exactly one"),
        ({"name": "a", "adds_tag": "*"}, "must hold the"),
        ({"name": "*_*", "adds_tag": "x"}, "one \\*"),
        ({"name": "", "adds_tag": "x"}, "at least 1"),
    ],
)
def test_an_entry_that_says_nothing_or_too_much_is_refused(
    entry: dict[str, str], words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        rules(entry)
