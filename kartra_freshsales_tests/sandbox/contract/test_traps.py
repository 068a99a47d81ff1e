"""Known traps (reference 8) and what clients of others rely on (reference 10)."""

from __future__ import annotations

import httpx
import pytest

from kartra_freshsales_tests.sandbox.contract.conftest import House
from kartra_freshsales_tests.sandbox.contract.shapes import LEAST
from kartra_freshsales_tests.sandbox.scenario import view_id


@pytest.mark.parametrize(
    ("module", "status"),
    [
        pytest.param("contacts", 400, id="8 text/plain for contacts"),
        pytest.param("sales_accounts", 500, id="8 text/plain for accounts"),
        pytest.param("deals", 500, id="8 text/plain for deals"),
    ],
)
def test_json_sent_as_text_is_refused_or_breaks(
    crm: httpx.Client, module: str, status: int
) -> None:
    plain = {"Content-Type": "text/plain"}
    body = httpx.Request("POST", "http://x", json=LEAST[module]).content
    assert crm.post(f"/{module}", content=body, headers=plain).status_code == status
    assert crm.post(f"/{module}", content=body).status_code == 200


# reference 8: the first key is the list, and meta is there, in every list answer
@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/contacts/view/{all_contacts}", id="8 view"),
        pytest.param("/contacts/filters", id="8 filters"),
        pytest.param("/contacts/lists/{list}", id="8 members"),
        pytest.param("/contacts/{contact}/notes", id="8 notes"),
        pytest.param("/lists", id="8 lists"),
        pytest.param("/tasks", id="10 tasks, a client's try of its key"),
        pytest.param("/appointments?filter=upcoming", id="8 appointments"),
        pytest.param("/sales_activities", id="8 sales activities"),
    ],
)
def test_the_first_key_is_the_list_and_meta_is_an_object(house: House, path: str) -> None:
    answer = house.get(house.path(path)).json()
    first, last = next(iter(answer)), list(answer)[-1]
    assert isinstance(answer[first], list)
    assert last == "meta"
    assert isinstance(answer["meta"], dict)


# reference 10
def test_tasks_can_be_listed_as_clients_do_to_try_their_key(house: House) -> None:
    assert house.get("/tasks", filter="open").json() == {"tasks": [], "meta": {"total": 0}}


# reference 8: every page of a broken address is page 1
def test_a_second_question_mark_never_turns_the_page(house: House) -> None:
    number = view_id(house.client, "contacts", "All Contacts")
    pages = [
        house.client.get(f"/contacts/view/{number}?per_page=10?page={page}").json()
        for page in (1, 2, 3)
    ]
    assert pages[0]["meta"]["total_pages"] == 3
    assert pages[0] == pages[1] == pages[2]


@pytest.mark.parametrize("per_page", [50, 100])
def test_the_page_sizes_of_other_clients_work(house: House, per_page: int) -> None:
    page = house.view("contacts", per_page=per_page, page=1)
    assert len(page["contacts"]) == 30


@pytest.mark.parametrize(
    "path", ["/tasks", "/contacts", "/selector/owners", "/nothing", "/contacts/1"]
)
def test_every_answer_is_json(house: House, path: str) -> None:
    answer = house.client.get(path)
    assert answer.headers["content-type"].startswith("application/json")
    answer.json()


# reference 8: iterating over every view gives duplicates
def test_the_views_of_a_module_overlap(house: House) -> None:
    seen = [
        item["id"]
        for view in house.get("/contacts/filters").json()["filters"]
        for item in house.get(f"/contacts/view/{view['id']}", per_page=100).json()[
            "contacts"
        ]
    ]
    assert len(seen) > len(set(seen)) == 30
