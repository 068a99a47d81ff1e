"""Refusals in the user's language: other words, the same statuses (reference 6)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kartra_freshsales.sandbox.config import Switches
from kartra_freshsales.sandbox.messages import LANGUAGES, said
from kartra_freshsales_tests.sandbox.conftest import Account
from kartra_freshsales_tests.sandbox.scenario import bulk, made, messages

Told = tuple[str, str, Any]

# the rows of reference 6, and what the sandbox's own caps say
WORDS = (
    "a@example.com already exists.", "Email is not unique", "MobileNumber is not unique",
    "invalid email address", "Need to fill this Email", "Invalid contact status provided.",
    "Invalid lifecycle stage provided.", "Deal stage doesn't exist",
    "Invalid or missing attributes", "Invalid or missing attributes: cf_x",
    "Name can't be empty", "Name has already been taken",
    "website is not in required format", "Deal name can't be empty",
    "Title can't be blank", "Due date can't be blank", "From date can't be blank",
    "End date can't be blank", "Not a supported time zone",
    "First name is not in required length",
    "The contact you are looking for is not available in the CRM.",
    "You are not authorized to perform this action.", "Too many requests",
    "Custom fields are not available in your plan.",
    "You have reached the limit of custom fields of this type in your plan",
)  # fmt: skip
CALLS: tuple[Told, ...] = (
    ("POST", "/contacts", {"contact": {"last_name": "A"}}),
    ("POST", "/contacts", {"contact": {"email": "nothing"}}),
    ("POST", "/contacts", {"contact": {"email": "held@example.com"}}),
    ("POST", "/contacts", {"contact": {"email": "a@example.com", "contact_status_id": 1}}),
    ("POST", "/contacts", {"contact": {"email": "a@example.com", "lifecycle_stage_id": 1}}),
    ("POST", "/contacts", {"contact": {"email": "a@example.com", "first_name": "x" * 256}}),
    ("POST", "/contacts", {"contact": {"email": "a@b.test", "custom_field": {"cf_x": 1}}}),
    ("POST", "/contacts/upsert", {}),
    ("POST", "/sales_accounts", {"sales_account": {}}),
    ("POST", "/sales_accounts", {"sales_account": {"name": "A", "website": "no site"}}),
    ("POST", "/deals", {"deal": {"amount": 1}}),
    ("POST", "/deals", {"deal": {"name": "D", "amount": 1, "deal_stage_id": 1}}),
    ("POST", "/tasks", {"task": {}}),
    ("GET", "/contacts/1", None),
    ("GET", "/contacts", None),
    ("GET", "/contacts/view/1", None),
    ("GET", "/nothing", None),
)  # fmt: skip


@pytest.fixture
def dutch(account: Account) -> Iterator[httpx.Client]:
    """An account whose user reads Dutch."""
    with account(switches=Switches(language="nl")) as client:
        yield client


def test_every_known_wording_has_dutch_words_of_its_own() -> None:
    dutch = [said("nl", words) for words in WORDS]
    assert not set(dutch) & set(WORDS)
    assert said("nl", "nobody translated this") not in dutch
    assert [said("en", words) for words in WORDS] == list(WORDS)


@given(st.text())
def test_no_english_leaks_and_english_is_left_as_it_is(words: str) -> None:
    assert said("en", words) == words
    assert said("nl", f"untold: {words}") != f"untold: {words}"


def answers(client: httpx.Client) -> list[httpx.Response]:
    made(client, "contacts", email="held@example.com")
    return [client.request(method, path, json=body) for method, path, body in CALLS]


# reference 6: decide by status, wording is a hint only
def test_the_statuses_are_the_same_and_no_message_is(account: Account) -> None:
    told: dict[str, list[httpx.Response]] = {}
    for language in LANGUAGES:
        with account(switches=Switches(language=language)) as client:
            told[language] = answers(client)
    statuses = [[item.status_code for item in told[language]] for language in LANGUAGES]
    assert statuses[0] == statuses[1]
    assert set(statuses[0]) == {400, 403, 404}
    for english, dutch in zip(*(told[language] for language in LANGUAGES), strict=True):
        assert messages(english) != messages(dutch)
        assert not re.search("fill|empty|exist|valid|taken|required", messages(dutch)[0])


def test_what_a_message_names_stays_in_it(dutch: httpx.Client) -> None:
    made(dutch, "contacts", email="held@example.com")
    answer = dutch.post("/contacts", json={"contact": {"email": "Held@example.com"}})
    assert messages(answer) == ["Held@example.com bestaat al."]


def test_rows_of_a_job_are_refused_in_the_users_language(dutch: httpx.Client) -> None:
    rows = [{"emails": "nothing", "data": {"last_name": "A"}}]
    failed = bulk(dutch, "contacts", rows)["data"]["failed"]
    assert failed[0]["errors"] == ["ongeldig e-mailadres"]


def test_too_many_requests_are_refused_in_the_users_language(account: Account) -> None:
    with account(requests_per_hour=1, switches=Switches(language="nl")) as client:
        client.get("/selector/owners")
        answer = client.get("/selector/owners")
        assert (answer.status_code, answer.text) == (429, "Te veel verzoeken")


def test_a_language_nobody_speaks_is_refused() -> None:
    with pytest.raises(ValueError, match="en, nl"):
        Switches(language="xx")
