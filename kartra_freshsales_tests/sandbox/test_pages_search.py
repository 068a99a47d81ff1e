"""The sandbox's pages of many records: paging, searching, and use by keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from kartra_freshsales.sandbox.server import SandboxProcess
from kartra_freshsales_tests.sandbox.page_reader import Seen, page, root
from kartra_freshsales_tests.sandbox.scenario import bulk, made


def people(client: httpx.Client, count: int) -> None:
    rows = [
        {
            "emails": f"person.{number}@example.com",
            "data": {"first_name": "Person", "last_name": str(number)},
        }
        for number in range(1, count + 1)
    ]
    for start in range(0, count, 100):
        bulk(client, "contacts", rows[start : start + 100])


@pytest.fixture(scope="module")
def crowd() -> Iterator[httpx.Client]:
    """An account with 120 contacts, for tests that only look."""
    with (
        SandboxProcess(requests_per_hour=0) as sandbox,
        httpx.Client(base_url=sandbox.base_url, headers=sandbox.headers) as client,
    ):
        people(client, 120)
        made(client, "contacts", first_name="Åse", email="AASE_1%@example.com")
        yield client


def contacts_on(shown: Seen) -> list[str]:
    return [link for link in shown.links if link.startswith("/browse/contacts/")]


def test_paging_shows_each_record_once_newest_first(crowd: httpx.Client) -> None:
    path, seen = "/browse/contacts", list[str]()
    while path:
        shown = page(crowd, path)
        seen += contacts_on(shown)
        following = [item for item in shown.all("a") if item.get("rel") == "next"]
        path = following[0]["href"] or "" if following else ""
    assert len(seen) == len(set(seen)) == 121
    assert seen == sorted(seen, reverse=True)
    assert "101–121 of 121" in shown.text
    assert "Page 3 of 3" in shown.text


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("4", "Page 3 of 3"),
        ("999999999999999", "Page 3 of 3"),
        ("0", "Page 1 of 3"),
        ("-1", "Page 1 of 3"),
        ("two", "Page 1 of 3"),
        ("9" * 400, "Page 1 of 3"),
    ],
)
def test_a_page_that_is_not_there_is_the_nearest_one(
    crowd: httpx.Client, asked: str, told: str
) -> None:
    assert told in page(crowd, f"/browse/contacts?page={asked}").text


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("person 7", 11),  # 7 and 70 to 79
        ("PERSON.120@", 1),
        ("åse", 1),
        ("ÅSE", 1),
        ("aase_1%", 1),
        ("%", 1),
        ("_", 1),
        ("nobody", 0),
    ],
)
def test_a_search_reads_names_and_addresses(
    crowd: httpx.Client, words: str, found: int
) -> None:
    answer = crowd.get(f"{root(crowd)}/browse/contacts", params={"q": words})
    assert len(contacts_on(Seen(answer.text))) == found
    if not found:
        assert "Nothing here is called “" in answer.text


def test_a_search_reads_ids_and_goes_on_over_pages(crowd: httpx.Client) -> None:
    first = contacts_on(page(crowd, "/browse/contacts"))[0]
    record_id = first.rpartition("/")[2]
    assert contacts_on(page(crowd, f"/browse/contacts?q={record_id}")) == [first]
    shown = page(crowd, "/browse/contacts?q=person&page=2")
    assert "51–100 of 120 found for “ person ”" in shown.text
    rels = {item["rel"]: item["href"] or "" for item in shown.all("a") if "rel" in item}
    assert rels["prev"] == "/browse/contacts?q=person&page=1"
    assert rels["next"] == "/browse/contacts?q=person&page=3"


def test_the_pages_can_be_used_with_a_keyboard_alone(crowd: httpx.Client) -> None:
    record = contacts_on(page(crowd, "/browse/contacts"))[0]
    for path in ("/", "/browse/contacts", record, "/browse/lists", "/browse/fields"):
        shown = page(crowd, path)
        assert shown.links[0] == "#main"
        assert [item["id"] for item in shown.all("main")] == ["main"]
        assert len(shown.all("h1")) == 1
        labelled = {item["for"] for item in shown.all("label")}
        for item in shown.all("input"):
            assert item.get("type") == "hidden" or item["id"] in labelled
        assert not any(name.startswith("on") for _, attributes in shown.elements
                       for name in attributes)  # fmt: skip
