"""The sandbox's pages show any text unharmed, change nothing, and answer only at home."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kartra_freshsales.sandbox.config import SandboxConfig
from kartra_freshsales.sandbox.pages_words import brief
from kartra_freshsales.sandbox.server import SandboxProcess, parse, serve
from kartra_freshsales_tests.sandbox.conftest import Account, Stage
from kartra_freshsales_tests.sandbox.page_reader import Seen, page, root, world_of
from kartra_freshsales_tests.sandbox.scenario import made, new_field

SCRIPT = "<script>alert(1)</script>"
RIGHT_TO_LEFT = "\u202e"

# texts nobody expects


def test_no_text_of_a_record_becomes_part_of_the_page(crm: httpx.Client) -> None:
    nasty = f'{SCRIPT}"><img src=x onerror=alert(1)>'
    new_field(crm, "contacts", label=nasty, internal_name="odd", type="text")
    firm = made(crm, "sales_accounts", name=nasty)["id"]
    person = made(
        crm,
        "contacts",
        first_name=nasty,
        email="person.1@example.com",
        tags=[nasty],
        sales_accounts=[{"id": firm}],
        custom_field={"cf_odd": nasty},
    )["id"]
    made(crm, "deals", name=nasty, amount=1, contacts_added_list=[person])
    listed = crm.post("/lists", json={"name": nasty}).json()["list"]["id"]
    crm.put(f"/lists/{listed}/add_contacts", json={"ids": [person]})
    target = {"targetable_type": "Contact", "targetable_id": person}
    crm.post("/notes", json={"note": {"description": nasty, **target}})
    paths = ("/", "/browse/contacts", f"/browse/contacts/{person}", "/browse/deals")
    others = ("/browse/sales_accounts", "/browse/lists", "/browse/fields")
    searched = (f"/browse/contacts?q={nasty}", f"/browse/contacts?list={listed}")
    for path in (*paths, *others, *searched):
        shown = page(crm, path)
        assert not {"script", "img"} & {tag for tag, _ in shown.elements}, path
    assert nasty in page(crm, f"/browse/contacts/{person}").text


def test_marks_that_turn_the_direction_stay_inside_their_text(crm: httpx.Client) -> None:
    person = made(
        crm, "contacts", first_name=f"Person{RIGHT_TO_LEFT}1", email="person.1@example.com"
    )["id"]
    for path in ("/browse/contacts", f"/browse/contacts/{person}"):
        shown = page(crm, path)
        assert RIGHT_TO_LEFT not in shown.within("title")
        for where, text in shown.texts:
            assert RIGHT_TO_LEFT not in text or "bdi" in where


def test_a_text_of_a_megabyte_is_cut_and_counted(
    crm: httpx.Client, stage: tuple[Stage, str]
) -> None:
    endless = "x" * 1_000_000
    person = made(crm, "contacts", email="person.1@example.com", tags=[endless])["id"]
    store = world_of(stage).store
    record = store.get("contacts", person)
    assert record is not None
    record.name, record.body["city"] = endless, endless
    store.save("contacts", record)
    for path in ("/browse/contacts", f"/browse/contacts/{person}"):
        assert len(crm.get(f"{root(crm)}{path}").content) < 60_000
    shown = page(crm, f"/browse/contacts/{person}").text
    assert "and 996,000 more characters" in shown


def test_control_characters_and_half_a_character_are_shown(
    crm: httpx.Client, stage: tuple[Stage, str]
) -> None:
    person = made(crm, "contacts", email="person.1@example.com")["id"]
    store = world_of(stage).store
    record = store.get("contacts", person)
    assert record is not None
    record.body["city"] = "a\x00b\x1bc\ud800d"
    store.save("contacts", record)
    assert "City a\u2400b\u241bc?d" in page(crm, f"/browse/contacts/{person}").text


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=90))
def test_any_name_is_read_back_from_its_page(
    crm: httpx.Client, stage: tuple[Stage, str], name: str
) -> None:
    store = world_of(stage).store
    record = store.insert("sales_accounts", name, None, 0, {"name": name})
    shown = page(crm, f"/browse/sales_accounts/{record.id}")
    assert shown.within("h1") == (brief(name) or f"account {record.id}")
    assert page(crm, "/browse/sales_accounts").all("table")


# what the pages must not do


def test_looking_uses_up_no_request_and_writes_nothing(
    account: Account, stage: tuple[Stage, str]
) -> None:
    with account(requests_per_hour=3) as crm:
        person = made(crm, "contacts", email="person.1@example.com")["id"]
        store = world_of(stage).store
        before = store.sql.total_changes
        paths = ("/", "/browse/contacts", f"/browse/contacts/{person}", "/browse/lists")
        for path in (*paths, "/browse/fields", "/browse/contacts?q=person"):
            page(crm, path)
        page(crm, "/browse/nothing", 404)
        assert store.sql.total_changes == before
        assert [crm.get("/selector/owners").status_code for _ in range(3)] == [
            200,
            200,
            429,
        ]


def test_what_is_not_there_is_a_page_of_its_own(crm: httpx.Client) -> None:
    for path in (
        "/browse/contacts/1",
        "/browse/contacts/99999999999999999999999",
        "/browse/contacts/one",
        "/browse/leads",
        "/browse/leads/1",
        "/browse/tasks",
        "/browse/",
    ):
        shown = page(crm, path, 404)
        assert "Nothing stands here" in shown.text
        assert "/" in shown.links


def test_only_reading_is_a_page_and_all_else_is_the_api(crm: httpx.Client) -> None:
    assert crm.post(f"{root(crm)}/", json={}).headers["content-type"] == "application/json"
    assert crm.get(f"{root(crm)}/elsewhere").json()["errors"]["code"] == 404
    assert crm.head(f"{root(crm)}/").status_code == 200


def test_a_page_loads_nothing_and_stays_in_no_cache(crm: httpx.Client) -> None:
    answer = crm.get(f"{root(crm)}/")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    shown = Seen(answer.text)
    assert not any(item.get("src") for _, item in shown.elements)
    assert all((item["href"] or "").startswith("data:") for item in shown.all("link"))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8080", "LOCALHOST", "[::1]:80"])
def test_a_host_that_names_the_loopback_is_answered(crm: httpx.Client, host: str) -> None:
    assert crm.get(f"{root(crm)}/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "192.168.1.9", "localhost.evil", "[", ""],
)
def test_a_host_of_anybody_else_is_refused(crm: httpx.Client, host: str) -> None:
    made(crm, "contacts", email="person.1@example.com")
    for path in ("/", "/browse/contacts", "/browse/nothing"):
        answer = crm.get(f"{root(crm)}{path}", headers={"Host": host})
        assert answer.status_code == 403
        assert "person.1" not in answer.text


def test_bound_to_all_addresses_numbers_are_answered_and_foreign_names_are_not(
    account: Account,
) -> None:
    with account(host="0.0.0.0", allow_remote=True) as crm:
        status = {
            host: crm.get(f"{root(crm)}/", headers={"Host": host}).status_code
            for host in ("192.168.1.9:8765", "localhost", "evil.example")
        }
    assert status == {"192.168.1.9:8765": 200, "localhost": 200, "evil.example": 403}


def test_beyond_the_loopback_it_listens_only_where_that_is_allowed(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(ValueError, match="--allow-remote"):
        serve(SandboxConfig(api_key="key", host="0.0.0.0"))
    assert not parse(["--api-key", "key"]).allow_remote
    asked = parse(["--api-key", "key", "--host", "0.0.0.0", "--allow-remote"])
    assert (asked.host, asked.allow_remote) == ("0.0.0.0", True)
    with SandboxProcess(asked) as sandbox:
        assert httpx.get(f"http://127.0.0.1:{sandbox.port}/").status_code == 200
    assert "personal data without a login" in capfd.readouterr().err
