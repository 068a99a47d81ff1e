"""The sandbox's pages for people: what they show, and that looking changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from html.parser import HTMLParser

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kartra_freshsales.sandbox.config import SandboxConfig
from kartra_freshsales.sandbox.pages_words import brief
from kartra_freshsales.sandbox.server import SandboxProcess, parse, serve
from kartra_freshsales.sandbox.world import World
from kartra_freshsales_tests.sandbox.conftest import Stage
from kartra_freshsales_tests.sandbox.scenario import bulk, made, new_field

Account = Callable[..., AbstractContextManager[httpx.Client]]

SCRIPT = "<script>alert(1)</script>"
RIGHT_TO_LEFT = "\u202e"
NO_END_TAG = {"meta", "link", "input", "br"}


class Seen(HTMLParser):
    """What a reader of a page meets: its elements, links and texts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[tuple[tuple[str, ...], str]] = []
        self.feed(html)
        self.close()
        assert self.open == [], "an element was never closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in NO_END_TAG:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((tuple(self.open), data))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def within(self, tag: str) -> str:
        return "".join(text for path, text in self.texts if tag in path)

    @property
    def links(self) -> list[str]:
        return [item["href"] or "" for item in self.all("a")]

    @property
    def text(self) -> str:
        words = (text for path, text in self.texts if "style" not in path)
        return " ".join(" ".join(words).split())


def page(client: httpx.Client, path: str, status: int = 200) -> Seen:
    answer = client.get(f"{root(client)}{path}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return Seen(answer.text)


def root(client: httpx.Client) -> str:
    return str(client.base_url.copy_with(path="")).rstrip("/")


def world_of(stage: tuple[Stage, str]) -> World:
    world: World = stage[0].app.state.world
    return world


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


# the front page


def test_a_fresh_account_says_in_plain_words_that_nothing_is_there(
    crm: httpx.Client,
) -> None:
    front = page(crm, "/").text
    assert "No requests yet." in front
    assert "Contacts 0" in front
    for path, words in {
        "/browse/contacts": "No contacts yet. They appear here as soon as a load",
        "/browse/deals": "No deals yet. They appear here as soon as a load",
        "/browse/contacts?bin=1": "The recycle bin is empty.",
        "/browse/lists": "No lists yet.",
        "/browse/fields": "No custom fields yet.",
    }.items():
        assert words in page(crm, path).text


def test_the_front_page_counts_what_stands_and_what_was_used_of_the_hour(
    account: Account,
) -> None:
    with account(requests_per_hour=40) as crm:
        first, second = (
            made(crm, "contacts", email=f"person.{number}@example.com") for number in (1, 2)
        )
        made(crm, "deals", name="Deal 1", amount=10)
        crm.delete(f"/contacts/{second['id']}")
        crm.post("/lists", json={"name": "List 1"})
        new_field(crm, "contacts", label="Rank", type="number")
        crm.get("/contacts/1")
        front = page(crm, "/").text
        assert "Contacts 1 1 in the recycle bin" in front
        assert "Deals 1 1 open" in front
        assert "Lists 1" in front
        assert "Custom fields 1" in front
        assert "Requests this hour 8 of 40 32 left" in front
        assert "GET /contacts/:id 404" in front
        assert str(first["id"]) not in front


def test_an_account_without_a_limit_says_so(crm: httpx.Client) -> None:
    made(crm, "contacts", email="person.1@example.com")
    front = page(crm, "/").text
    assert "Requests this hour 1 This account has no limit." in front
    assert "Workflows set off 1 time " in front


def test_a_used_up_hour_is_told(account: Account) -> None:
    with account(requests_per_hour=1) as crm:
        crm.get("/contacts/1")
        assert crm.get("/contacts/1").status_code == 429
        front = page(crm, "/").text
    assert "1 of 1 Nothing left" in front
    assert "GET /contacts/:id 429" in front


# records


def test_a_contact_is_shown_with_all_that_belongs_to_it(crm: httpx.Client) -> None:
    new_field(crm, "contacts", label="Plan", type="dropdown", choices=["Gold", "Silver"])
    new_field(crm, "contacts", label="Joined", type="date")
    new_field(crm, "contacts", label="Never used", type="text")
    firm = made(crm, "sales_accounts", name="Firm 1", annual_revenue=120000)
    person = made(
        crm,
        "contacts",
        first_name="Person",
        last_name="1",
        emails=["person.1@example.com", "first.person@example.com"],
        sales_accounts=[{"id": firm["id"], "is_primary": True}],
        tags=["Buyer", "VIP"],
        custom_field={"cf_plan": "Gold", "cf_joined": "2026-03-09"},
        lead_source_id=71_000_002_003,
    )
    deal = made(
        crm,
        "deals",
        name="Deal 1",
        amount="12500.5",
        sales_account_id=firm["id"],
        contacts_added_list=[person["id"]],
    )
    listed = crm.post("/lists", json={"name": "List 1"}).json()["list"]["id"]
    crm.put(f"/lists/{listed}/add_contacts", json={"ids": [person["id"]]})
    note = {"targetable_type": "Contact", "targetable_id": person["id"]}
    crm.post("/notes", json={"note": {"description": "Called twice.", **note}})

    shown = page(crm, f"/browse/contacts/{person['id']}")
    assert shown.within("h1") == "Person 1"
    for words in (
        "E-mail person.1@example.com primary first.person@example.com",
        "Owner Account Admin",
        "Lead source Email",
        "Lifecycle stage Lead",
        "Plan Gold",
        "Joined 9 Mar 2026",
        "1 without a value Never used",
        "Deal 1 12,500.50 USD, New",
        "Tags Buyer VIP",
        "Note Called twice.",
        "Added to a list List 1",
        "through the API, request",
        "Created",
    ):
        assert words in shown.text
    assert {
        f"/browse/sales_accounts/{firm['id']}",
        f"/browse/deals/{deal['id']}",
        f"/browse/contacts?list={listed}",
    } <= set(shown.links)

    of_deal = page(crm, f"/browse/deals/{deal['id']}")
    assert "Amount 12,500.50 USD" in of_deal.text
    assert "Deal stage New" in of_deal.text
    assert f"/browse/contacts/{person['id']}" in of_deal.links
    of_firm = page(crm, f"/browse/sales_accounts/{firm['id']}")
    assert "Annual revenue 120,000.00 USD" in of_firm.text
    assert f"/browse/contacts/{person['id']}" in of_firm.links
    of_list = page(crm, f"/browse/contacts?list={listed}")
    assert "Of list List 1" in of_list.text
    assert f"/browse/contacts/{person['id']}" in of_list.links
    assert "List 1 1 " in page(crm, "/browse/lists").text


def test_money_is_told_in_the_currency_of_the_deal(account: Account) -> None:
    with account(plan="pro") as crm:
        currencies = crm.get("/selector/currencies").json()["currencies"]
        euro = next(item["id"] for item in currencies if item["currency_code"] == "EUR")
        deal = made(crm, "deals", name="Deal 1", amount=90, currency_id=euro)
        text = page(crm, f"/browse/deals/{deal['id']}").text
    assert "Amount 90.00 EUR" in text
    assert "Base currency amount 100.00 USD" in text


def test_a_change_names_its_fields_and_its_way_but_no_old_value(crm: httpx.Client) -> None:
    person = made(crm, "contacts", email="person.1@example.com", city="Old Town")
    crm.put(f"/contacts/{person['id']}", json={"contact": {"city": "New Town"}})
    text = page(crm, f"/browse/contacts/{person['id']}").text
    assert "Changed city" in text
    assert "Old Town" not in text


def test_every_kind_of_activity_stands_in_the_timeline(crm: httpx.Client) -> None:
    person = made(crm, "contacts", email="person.1@example.com")["id"]
    target = {"targetable_type": "Contact", "targetable_id": person}
    day = "2026-03-09T10:00:00-05:00"
    assert crm.post(
        "/tasks", json={"task": {"title": "Ring back", "due_date": day, **target}}
    ).is_success
    assert crm.post(
        "/appointments",
        json={
            "appointment": {"title": "Meet", "from_date": day, "end_date": day, **target}
        },
    ).is_success
    assert crm.post(
        "/phone_calls", json={"phone_call": {"call_direction": True, **target}}
    ).is_success
    assert crm.post(
        "/document_links",
        json={"document_link": {"url": "https://example.com/a", "name": "Offer", **target}},
    ).is_success
    text = page(crm, f"/browse/contacts/{person}").text
    for words in ("Task Ring back", "Appointment Meet", "Phone call", "Link Offer"):
        assert words in text


def test_a_binned_record_is_marked_and_left_out_of_the_list(crm: httpx.Client) -> None:
    person = made(crm, "contacts", email="person.1@example.com")["id"]
    crm.delete(f"/contacts/{person}")
    assert "in the recycle bin" in page(crm, f"/browse/contacts/{person}").text
    assert "Moved to the recycle bin" in page(crm, f"/browse/contacts/{person}").text
    listed = page(crm, "/browse/contacts")
    assert f"/browse/contacts/{person}" not in listed.links
    assert "Recycle bin (1)" in listed.text
    assert f"/browse/contacts/{person}" in page(crm, "/browse/contacts?bin=1").links


def test_classic_has_leads_with_their_company_and_no_lifecycle(account: Account) -> None:
    with account(edition="classic") as crm:
        lead = made(
            crm,
            "leads",
            email="person.1@example.com",
            last_name="1",
            company={"name": "Firm 1", "annual_revenue": 5000},
        )
        listed = page(crm, "/browse/leads")
        assert "Company" in listed.text
        assert "Firm 1" in listed.text
        text = page(crm, f"/browse/leads/{lead['id']}").text
        assert "Annual revenue: 5,000.00 USD" in text
        assert "Lead stage New" in text
        assert "Lifecycle" not in page(crm, "/browse/contacts").text


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


# search and paging


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
