"""Every call of the client, over real HTTP against the sandbox."""

from __future__ import annotations

import pytest

from kartra_freshsales.errors import Forbidden, NotFound, Refused
from kartra_freshsales.freshsales.answers import Json
from kartra_freshsales.freshsales.client import FreshsalesClient
from kartra_freshsales.freshsales.metadata import read_metadata
from kartra_freshsales.freshsales.modules import RECORD_ENDPOINTS
from kartra_freshsales_tests.freshsales.conftest import Open
from kartra_freshsales_tests.freshsales.scenario import answer, canned, client_for


def _view(client: FreshsalesClient, endpoint: str, name: str) -> int:
    return next(int(str(v["id"])) for v in client.filters(endpoint) if v["name"] == name)


def _id(record: Json) -> int:
    return int(str(record["id"]))


def test_the_settings_of_an_account_are_read(line: Open) -> None:
    client = line().client
    metadata = read_metadata(client, RECORD_ENDPOINTS)
    assert metadata.users
    assert {field.name for field in metadata.fields["contacts"]} >= {"first_name"}
    assert metadata.forms["contacts"]
    assert client.counts == {"read": 6 + 3 * 3, "write": 0, "poll": 0}


def test_a_bulk_upsert_is_followed_by_its_job_and_read_back_through_a_view(
    line: Open,
) -> None:
    opened = line()
    client = opened.client
    rows: list[Json] = [
        {"emails": f"p{n}@example.com", "data": {"last_name": f"P{n}"}} for n in range(3)
    ]
    job_id = client.bulk_upsert("contacts", rows)
    assert job_id.isdigit()
    assert client.job_status(job_id)["status"] == "in_progress"
    assert client.job_status(job_id)["status"] == "completed"
    view = _view(client, "contacts", "All Contacts")
    first = client.view_page("contacts", view, page=1, per_page=2, include=["owner"])
    assert [record["last_name"] for record in first.records] == ["P0", "P1"]
    assert (first.total, first.total_pages) == (3, 2)
    assert first.side_loads["users"]
    last = client.view_page("contacts", view, page=2, per_page=2, sort_type="asc")
    assert [record["last_name"] for record in last.records] == ["P2"]
    assert client.view_page("contacts", view, page=9).records == []
    assert client.counts == {"read": 4, "write": 1, "poll": 2}
    assert opened.history["polls"] == 2


@pytest.mark.parametrize(
    ("endpoint", "body", "change"),
    [
        ("sales_accounts", {"name": "Acme"}, {"city": "Oslo"}),
        ("contacts", {"last_name": "M", "email": "m@example.com"}, {"city": "Oslo"}),
        ("deals", {"name": "Sale", "amount": "12.50"}, {"amount": "13.00"}),
    ],
)
def test_a_record_is_created_changed_binned_and_forgotten(
    line: Open, endpoint: str, body: Json, change: Json
) -> None:
    client = line().client
    record_id = _id(client.create(endpoint, body))
    changed = client.update(endpoint, record_id, change)
    read, side = client.record(endpoint, record_id, include="owner")
    key = next(iter(change))
    assert read[key] == changed[key]
    assert side["users"]
    client.delete(endpoint, record_id)
    with pytest.raises(NotFound, match="deleted meanwhile"):
        client.record(endpoint, record_id)
    client.forget(endpoint, record_id)
    with pytest.raises(NotFound):
        client.forget(endpoint, record_id)


def test_destroying_accounts_spares_their_contacts_and_deals(line: Open) -> None:
    client = line().client
    account = _id(client.create("sales_accounts", {"name": "Acme"}))
    deal = client.create("deals", {"name": "D", "amount": "1", "sales_account_id": account})
    client.bulk_destroy("sales_accounts", [account])
    with pytest.raises(NotFound):
        client.record("sales_accounts", account)
    assert client.record("deals", _id(deal))[0]["name"] == "D"
    client.bulk_destroy("deals", [_id(deal)])
    with pytest.raises(NotFound):
        client.record("deals", _id(deal))


def test_notes_of_a_record_are_written_read_whole_and_deleted(line: Open) -> None:
    client = line().client
    deal = _id(client.create("deals", {"name": "D", "amount": "1"}))
    target: Json = {"targetable_type": "Deal", "targetable_id": deal}
    notes = [client.create_note({"description": f"n{n}", **target}) for n in range(101)]
    assert len(client.notes_of("deals", deal)) == 101
    client.delete_note(_id(notes[0]))
    assert "n0" not in {note["description"] for note in client.notes_of("deals", deal)}


def test_notes_are_read_through_the_record_where_their_call_is_missing() -> None:
    missing = answer(404, '{"errors":{"code":404,"message":["no such page"]}}')
    record = answer(200, '{"notes":[{"id":5}],"deal":{"id":1},"meta":null}')
    with canned(missing, record) as server, client_for(server.address) as client:
        assert client.notes_of("deals", 1) == [{"id": 5}]
    assert b"GET /crm/sales/api/deals/1?include=notes " in server.requests[1]


def test_marketing_lists_are_made_filled_renamed_and_emptied(line: Open) -> None:
    client = line().client
    contacts = [
        _id(client.create("contacts", {"last_name": "P", "email": f"p{n}@example.com"}))
        for n in range(3)
    ]
    list_id = client.create_list("Kartra: news")
    client.add_to_list(list_id, contacts)
    client.add_to_list(list_id, contacts[:1])
    client.remove_from_list(list_id, contacts[1:2])
    page = client.list_members_page(list_id, 1, per_page=1)
    assert (page.total, page.total_pages) == (2, 2)
    client.rename_list(list_id, "old")
    for n in range(100):
        client.create_list(f"list {n}")
    names = [item["name"] for item in client.lists()]
    assert len(names) == 101
    assert names[0] == "old"


def test_a_custom_field_is_created_on_a_form(line: Open) -> None:
    client = line().client
    form = _id(client.forms("contacts")[0])
    made = client.create_field("contacts", form, {"label": "Kartra ID", "type": "text"})
    assert made["name"] == "cf_kartra_id"
    assert "cf_kartra_id" in {field["name"] for field in client.fields("contacts")}


def test_a_duplicate_is_refused_and_the_words_stay_off_the_message(line: Open) -> None:
    # G18
    client = line().client
    body: Json = {"last_name": "M", "email": "mia@example.com"}
    client.create("contacts", body)
    with pytest.raises(Refused) as caught:
        client.create("contacts", body)
    assert "mia@example.com" in caught.value.messages[0]
    assert "mia@" not in f"{caught.value} {caught.value!r}"
    assert caught.value.status == 400


def test_a_view_nobody_may_see_is_forbidden_with_the_remedy(line: Open) -> None:
    with pytest.raises(Forbidden, match="admin's key"):
        line().client.view_page("contacts", 5, page=1)


def test_the_job_is_taken_from_the_answer_but_its_host_is_not_followed() -> None:
    bulk = answer(
        200, '{"job_status_url":"https://evil.example.com/x/job_statuses/77?a=1"}'
    )
    status = answer(200, '{"status":"completed"}')
    with canned(bulk, status) as server, client_for(server.address) as client:
        job_id = client.bulk_upsert("deals", [{"name": "D", "data": {}}])
        assert client.job_status(job_id) == {"status": "completed"}
    assert server.requests[1].startswith(b"GET /crm/sales/api/job_statuses/77 ")
