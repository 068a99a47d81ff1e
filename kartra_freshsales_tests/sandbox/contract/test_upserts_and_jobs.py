"""Upsert, bulk upsert and its jobs (reference 3.6 and 3.7)."""

from __future__ import annotations

import itertools
from typing import Any

import httpx
import pytest

from kartra_freshsales.sandbox.config import Switches
from kartra_freshsales_tests.sandbox.conftest import Account
from kartra_freshsales_tests.sandbox.contract.conftest import House
from kartra_freshsales_tests.sandbox.contract.shapes import JOB, LEAST, PATHS, RECORDS
from kartra_freshsales_tests.sandbox.scenario import (
    bulk,
    got,
    made,
    messages,
    new_field,
    viewed,
)

Json = dict[str, Any]


@pytest.mark.parametrize(
    ("singular", "identifier", "again", "values"),
    [
        pytest.param(
            "contact",
            {"emails": "a@example.com"},
            {"emails": "A@Example.com"},
            {"last_name": "A"},
            id="3.6 contact by emails",
        ),
        pytest.param(
            "sales_account",
            {"name": "Acme"},
            {"name": "ACME"},
            {"city": "Oslo"},
            id="3.6 account by name",
        ),
    ],
)
def test_an_upsert_creates_with_201_and_updates_with_200(
    crm: httpx.Client, singular: str, identifier: Json, again: Json, values: Json
) -> None:
    module = PATHS[singular]
    body = {"unique_identifier": identifier, singular: values}
    first = crm.post(f"/{module}/upsert", json=body)
    second = crm.post(
        f"/{module}/upsert", json={"unique_identifier": again, singular: {"tags": ["x"]}}
    )
    assert (first.status_code, second.status_code) == (201, 200)
    for answer in (first, second):
        assert list(answer.json()) == [singular, "meta"]
        assert list(answer.json()[singular]) == RECORDS[module]
    shown = second.json()[singular]
    assert shown["id"] == first.json()[singular]["id"]
    assert shown["tags"] == ["x"]
    assert all(shown[key] == value for key, value in values.items())
    key = "email" if singular == "contact" else "name"
    assert shown[key] == next(iter(identifier.values()))


@pytest.mark.parametrize("singular", PATHS)
def test_an_upsert_by_id_updates_only(crm: httpx.Client, singular: str) -> None:
    module = PATHS[singular]
    record = made(crm, module, **LEAST[module])["id"]
    for value in (str(record), record):
        body = {"unique_identifier": {"id": value}, singular: {"tags": [str(value)]}}
        answer = crm.post(f"/{module}/upsert", json=body)
        assert (answer.status_code, answer.json()[singular]["id"]) == (200, record)
    body = {"unique_identifier": {"id": "402999999999"}, singular: LEAST[module]}
    assert crm.post(f"/{module}/upsert", json=body).status_code == 404


@pytest.mark.parametrize(
    ("switches", "codes"),
    [
        pytest.param(Switches(), [201, 201], id="3.6 deals have no natural key"),
        pytest.param(
            Switches(deals_match_by_name=True), [201, 200], id="3.7 or match by name"
        ),
    ],
)
def test_a_deal_is_matched_by_name_only_where_the_account_does(
    account: Account, switches: Switches, codes: list[int]
) -> None:
    body = {"unique_identifier": {"name": "D"}, "deal": {"amount": 10}}
    with account(switches=switches) as crm:
        assert [crm.post("/deals/upsert", json=body).status_code for _ in "ab"] == codes


@pytest.mark.parametrize(
    ("module", "identifier"),
    [
        pytest.param("contacts", {}, id="3.6 none"),
        pytest.param("contacts", {"emails": "a@example.com", "id": "1"}, id="3.6 two"),
        pytest.param("contacts", {"emails": ""}, id="3.6 blank"),
        pytest.param("contacts", {"emails": ["a@example.com"]}, id="3.6 no string"),
        pytest.param("contacts", {"mobile_number": "1"}, id="12, 3 mobile"),
        pytest.param("contacts", {"external_id": "1"}, id="12, 3 external id"),
        pytest.param("contacts", {"last_name": "A"}, id="12, 3 not unique"),
        pytest.param("contacts", {"cf_plain": "1"}, id="12, 3 custom, not unique"),
        pytest.param("sales_accounts", {"website": "a.example"}, id="12, 3 website"),
        pytest.param("deals", {"amount": "1"}, id="12, 3 amount"),
    ],
)
def test_other_identifiers_are_refused(
    crm: httpx.Client, module: str, identifier: Json
) -> None:
    new_field(crm, "contacts", label="Plain", type="text")
    singular = module.removesuffix("s")
    body = {"unique_identifier": identifier, singular: LEAST[module]}
    answer = crm.post(f"/{module}/upsert", json=body)
    assert (answer.status_code, messages(answer)) == (
        400, ["Invalid or missing attributes"],
    )  # fmt: skip
    row = {**identifier, "data": LEAST[module]}
    status = bulk(crm, module, [row])
    assert status["data"]["failed"][0]["errors"]


@pytest.mark.parametrize("module", ["contacts", "sales_accounts", "deals"])
def test_an_upsert_without_its_two_parts_is_refused(house: House, module: str) -> None:
    singular = module.removesuffix("s")
    for body in (
        {singular: LEAST[module]},
        {"unique_identifier": {"id": "1"}},
        {"unique_identifier": "a@example.com", singular: {}},
        LEAST[module],
    ):
        assert house.client.post(f"/{module}/upsert", json=body).status_code == 400


# reference 12, 4 and 16
def test_an_upsert_may_match_a_second_address_and_never_one_in_the_bin(
    crm: httpx.Client,
) -> None:
    emails = ["one@example.com", "two@example.com"]
    contact = made(crm, "contacts", emails=emails)["id"]
    body = {"unique_identifier": {"emails": "TWO@example.com"}, "contact": {"city": "Oslo"}}
    answer = crm.post("/contacts/upsert", json=body)
    assert (answer.status_code, answer.json()["contact"]["id"]) == (200, contact)
    assert answer.json()["contact"]["email"] == "one@example.com"
    crm.request("DELETE", f"/contacts/{contact}", json=True)
    assert messages(crm.post("/contacts/upsert", json=body)) == [
        "TWO@example.com already exists."
    ]


# jobs


def _rows(module: str, count: int) -> list[Json]:
    key = {"contacts": "emails"}.get(module, "name")
    return [
        {
            key: f"p{at}@example.com" if key == "emails" else f"Name {at}",
            "data": {"amount": 1} if module == "deals" else {},
        }
        for at in range(count)
    ]


@pytest.mark.parametrize("module", ["contacts", "sales_accounts", "deals"])
@pytest.mark.parametrize(
    ("count", "status"),
    [
        pytest.param(0, 400, id="3.7 no rows"),
        pytest.param(1, 200, id="3.7 one row"),
        pytest.param(100, 200, id="3.7 a hundred rows"),
        pytest.param(101, 400, id="3.7 one row too many"),
    ],
)
def test_a_bulk_upsert_takes_one_to_a_hundred_rows(
    crm: httpx.Client, module: str, count: int, status: int
) -> None:
    body = {module: _rows(module, count)}
    answer = crm.post(f"/{module}/bulk_upsert", json=body)
    assert answer.status_code == status
    if status == 200:
        assert list(answer.json()) == ["message", "job_status_url"]
        url = answer.json()["job_status_url"]
        assert url.startswith(f"{str(crm.base_url).rstrip('/')}/job_statuses/")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"contacts": [{"emails": "a@example.com"}]}, id="3.7 row, no data"),
        pytest.param({"contacts": ["a@example.com"]}, id="3.7 row is no mapping"),
        pytest.param({"contacts": {"data": {}}}, id="3.7 rows are no list"),
        pytest.param({"records": []}, id="3.7 another key"),
    ],
)
def test_a_bulk_upsert_of_another_form_is_refused(house: House, body: Json) -> None:
    answer = house.client.post("/contacts/bulk_upsert", json=body)
    assert messages(answer) == ["Invalid or missing attributes"]


# reference 3.7 and 11, 10
@pytest.mark.parametrize(
    ("layout", "running", "done", "whole"),
    [
        pytest.param("rows", "in_progress", "completed", 1.0, id="12, 1 rows"),
        pytest.param("counts", "processing", "success", 100, id="12, 1 counts"),
        pytest.param("silent", "queued", "done", 100, id="12, 1 nothing told"),
    ],
)
def test_a_job_answers_its_six_keys_while_it_runs_and_afterwards(
    account: Account, layout: str, running: str, done: str, whole: float
) -> None:
    with account(switches=Switches(job_layout=layout), job_polls=3) as crm:
        answer = crm.post("/contacts/bulk_upsert", json={"contacts": _rows("contacts", 2)})
        url = answer.json()["job_status_url"]
        polls = [crm.get(url).json() for _ in range(4)]
        assert all(list(poll) == JOB for poll in polls)
        assert [poll["status"] for poll in polls] == [running] * 3 + [done]
        assert [poll["progress"] for poll in polls] == [0, 0, 0, whole]
        assert [poll["data"] is None for poll in polls[:3]] == [True] * 3
        assert polls[0]["job_type_name"] == "bulk_upsert_contacts"


# reference 3.7
def test_rows_are_matched_by_emails_by_name_or_by_id(crm: httpx.Client) -> None:
    contact = made(crm, "contacts", email="a@example.com")["id"]
    bulk(
        crm,
        "contacts",
        [
            {"emails": "A@example.com", "data": {"city": "Oslo"}},
            {"id": str(contact), "data": {"last_name": "A"}},
            {"emails": "b@example.com", "data": {"city": "Rome"}},
        ],
    )
    shown = got(crm, "contacts", contact)
    assert (shown["city"], shown["last_name"]) == ("Oslo", "A")
    assert viewed(crm, "contacts", "All Contacts")["meta"]["total"] == 2
    for row in ({"name": "Acme", "data": {"city": "Oslo"}}, {"name": "acme", "data": {}}):
        bulk(crm, "sales_accounts", [row])
    assert viewed(crm, "sales_accounts", "All Accounts")["meta"]["total"] == 1


def test_an_unknown_job_is_not_found(house: House) -> None:
    assert house.client.get("/job_statuses/406999999999").status_code == 404
    assert list(house.get(f"/job_statuses/{house.job}").json()) == JOB


# reference 2.1
def test_bulk_assigning_an_owner_is_for_contacts_only(crm: httpx.Client) -> None:
    owner = crm.get("/selector/owners").json()["users"][2]["id"]
    ids = [made(crm, "contacts", email=f"{at}@example.com")["id"] for at in range(3)]
    body = {"selected_ids": ids[:2], "owner_id": owner}
    assert list(crm.post("/contacts/bulk_assign_owner", json=body).json()) == ["message"]
    owners = [got(crm, "contacts", item, "owner")["owner_id"] for item in ids]
    assert owners == [owner, owner, min(owners)]
    assert crm.post("/deals/bulk_assign_owner", json=body).status_code == 404


# reference 2.1
def test_a_clone_carries_overrides(crm: httpx.Client) -> None:
    deal = made(crm, "deals", name="D", amount="12.5", tags=["a"])
    answer = crm.post(f"/deals/{deal['id']}/clone", json={"deal": {"name": "E"}})
    cloned = answer.json()["deal"]
    assert (cloned["name"], cloned["amount"], cloned["tags"]) == ("E", "12.5", ["a"])
    assert cloned["id"] != deal["id"]
    same = crm.post(f"/deals/{deal['id']}/clone").json()["deal"]
    assert (same["name"], same["id"] in {deal["id"], cloned["id"]}) == ("D", False)


def test_ids_are_never_given_twice(crm: httpx.Client) -> None:
    ids = []
    for _ in range(3):
        ids.append(made(crm, "contacts", email="a@example.com")["id"])
        crm.request("DELETE", f"/contacts/{ids[-1]}/forget", json=True)
    assert all(before < after for before, after in itertools.pairwise(ids))
