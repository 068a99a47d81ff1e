"""Reading answers tolerantly: keys in any order, facts missing or spelled otherwise."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kartra_freshsales.freshsales.answers import (
    items_of,
    job_id_of,
    messages_of,
    page_of,
    record_of,
)

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


def test_side_loads_may_stand_before_the_list() -> None:
    body = {
        "users": [{"id": 1}],
        "deals": [{"id": 2}],
        "meta": {"total": "7", "total_pages": 4},
    }
    page = page_of(body, "deals", 1, 100)
    assert page.records == [{"id": 2}]
    assert page.side_loads == {"users": [{"id": 1}]}
    assert (page.total, page.total_pages) == (7, 4)


def test_a_list_under_another_key_is_found() -> None:
    assert page_of({"leads": [{"id": 2}], "meta": {}}, "contacts", 1, 100).records == [
        {"id": 2}
    ]
    assert items_of({"users": [{"id": 1}]}, "owners") == [{"id": 1}]
    assert items_of({"a": [{"id": 1}], "owners": []}, "owners") == []


@pytest.mark.parametrize("meta", [None, {}, [], "x", {"total_pages": None}])
def test_without_facts_pages_go_on_while_they_come_full(meta: object) -> None:
    full, short = [{"id": n} for n in range(2)], [{"id": 1}]
    assert page_of({"deals": full, "meta": meta}, "deals", 3, 2).total_pages == 4
    page = page_of({"deals": short, "meta": meta}, "deals", 3, 2)
    assert (page.total, page.total_pages) == (None, 3)


def test_a_page_shows_no_record_when_it_is_printed() -> None:
    # G18
    page = page_of({"contacts": [{"email": "mia@example.com"}]}, "contacts", 1, 100)
    assert "mia@" not in repr(page)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"errors": {"code": 400, "message": ["a", "b"]}}, ("a", "b")),
        ({"errors": {"code": 400, "message": "a"}}, ("a",)),
        ({"errors": ["a"]}, ("a",)),
        ({"message": "a"}, ("a",)),
        ({"login": "failed", "message": None}, ()),
        ("Too many requests", ("Too many requests",)),
        ("", ()),
        ({"errors": None}, ()),
        (None, ()),
    ],
)
def test_the_destinations_words_are_found(body: object, words: tuple[str, ...]) -> None:
    assert messages_of(body) == words


@pytest.mark.parametrize(
    "body", [None, [], {}, {"job_status_url": None}, {"job_status_url": "/"}]
)
def test_a_bulk_answer_without_a_job_is_none(body: object) -> None:
    with pytest.raises(ValueError, match="no job"):
        job_id_of(body)


@given(ANYTHING)
def test_no_answer_breaks_the_readers(body: object) -> None:
    assert isinstance(messages_of(body), tuple)
    for read in (
        lambda: page_of(body, "deals", 1, 25),
        lambda: items_of(body, "fields"),
        lambda: record_of(body, "deal"),
        lambda: job_id_of(body),
    ):
        with suppress(ValueError):  # the one error the client knows how to take
            read()


@given(st.dictionaries(st.sampled_from(["total", "total_pages"]), ANYTHING))
def test_no_facts_of_a_page_break_its_reader(meta: object) -> None:
    page = page_of({"deals": [], "meta": meta}, "deals", 1, 25)
    assert isinstance(page.total_pages, int)
