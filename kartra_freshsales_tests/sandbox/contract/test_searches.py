"""Search, lookup and filtered search (reference 3.11)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from kartra_freshsales_tests.sandbox.conftest import Account
from kartra_freshsales_tests.sandbox.contract.conftest import House
from kartra_freshsales_tests.sandbox.scenario import made, messages, new_field

Json = dict[str, Any]


@pytest.mark.parametrize(
    ("words", "include", "types"),
    [
        pytest.param("first", "contact", ["contact"], id="3.11 contact by name"),
        pytest.param("first@exam", "contact", ["contact"], id="3.11 contact by e-mail"),
        pytest.param("acme", "sales_account", ["sales_account"], id="3.11 account"),
        pytest.param("deal of", "deal", ["deal"], id="3.11 deal"),
        pytest.param("first", "contact,sales_account,deal", ["contact"], id="3.11 all"),
        pytest.param("first", "deal", [], id="3.11 other entity"),
        pytest.param("nobody", "contact,sales_account,deal", [], id="3.11 none"),
        pytest.param("", "contact", [], id="3.11 no words"),
        pytest.param("%", "contact,sales_account,deal", [], id="3.11 no wildcards"),
        pytest.param("firs_", "contact", [], id="3.11 no wildcards for one character"),
        pytest.param("first", "user", [], id="3.11 unknown entity"),
    ],
)
def test_a_search_answers_a_bare_array_with_ids_as_text(
    house: House, words: str, include: str, types: list[str]
) -> None:
    hits = house.get("/search", q=words, include=include).json()
    assert isinstance(hits, list)
    assert [item["type"] for item in hits] == types
    for item in hits:
        assert {"id", "type", "name", "email"} <= set(item)
        assert item["id"] == str(house.first(f"{item['type']}s"))


@pytest.mark.parametrize("per_page", [1, 3, 100])
def test_a_search_holds_at_most_per_page(house: House, per_page: int) -> None:
    hits = house.get("/search", q="person", include="contact", per_page=per_page).json()
    assert len(hits) == min(29, per_page)


@pytest.mark.parametrize(
    ("field", "value", "entities", "found"),
    [
        pytest.param("email", "A@Example.com", "contact", {"contact": 1}, id="3.11 email"),
        pytest.param("name", "Acme", "sales_account", {"sales_account": 1}, id="3.11 name"),
        pytest.param("mobile_number", "555", "contact", {"contact": 1}, id="3.11 mobile"),
        pytest.param("external_id", "x1", "contact", {"contact": 1}, id="3.11 external id"),
        pytest.param("cf_key", "K1", "contact", {"contact": 1}, id="3.11 custom field"),
        pytest.param(
            "name",
            "Acme",
            "contact,sales_account,deal",
            {"contact": 0, "sales_account": 1, "deal": 1},
            id="3.11 one pair per entity",
        ),
        pytest.param("email", "b@example.com", "contact", {"contact": 0}, id="3.11 none"),
    ],
)
def test_a_lookup_answers_one_pair_per_entity(
    crm: httpx.Client, field: str, value: str, entities: str, found: dict[str, int]
) -> None:
    new_field(crm, "contacts", label="Key", type="text")
    made(
        crm, "contacts", email="a@example.com", mobile_number="555", external_id="x1",
        custom_field={"cf_key": "K1"},
    )  # fmt: skip
    made(crm, "sales_accounts", name="Acme")
    made(crm, "deals", name="Acme", amount=1)
    query = {"q": value, "f": field, "entities": entities}
    answer = crm.get("/lookup", params=query).json()
    assert list(answer) == [f"{name}s" for name in entities.split(",")]
    for name, count in found.items():
        assert list(answer[f"{name}s"]) == [f"{name}s"]
        assert len(answer[f"{name}s"][f"{name}s"]) == count


def _rule(attribute: str, value: Any, operator: str = "is_in") -> Json:
    return {"attribute": attribute, "operator": operator, "value": value}


def _filtered(crm: httpx.Client, entity: str, *rules: Json, **query: Any) -> Json:
    answer = crm.post(
        f"/filtered_search/{entity}", json={"filter_rule": list(rules)}, params=query
    )
    assert answer.status_code == 200, answer.text
    page: Json = answer.json()
    return page


@pytest.mark.parametrize(
    ("entity", "rule", "found"),
    [
        pytest.param(
            "contact", _rule("contact_email.email", "first@example.com"), "contacts",
            id="3.11 contact by e-mail",
        ),
        pytest.param(
            "sales_account", _rule("name", ["Acme", "Nobody"]), "sales_accounts",
            id="3.11 account by names",
        ),
        pytest.param("deal", _rule("name", "Deal of New"), "deals", id="3.11 deal"),
    ],
)  # fmt: skip
def test_a_filtered_search_answers_partial_records_and_a_total(
    house: House, entity: str, rule: Json, found: str
) -> None:
    page = _filtered(house.client, entity, rule)
    assert list(page) == [found, "meta"]
    assert page["meta"] == {"total": 1}
    (record,) = page[found]
    assert (record["id"], record["partial"]) == (house.first(found), True)


@pytest.mark.parametrize(
    "way", [pytest.param("asc", id="3.11 asc"), pytest.param("desc", id="3.11 desc")]
)
def test_a_filtered_search_is_paged_and_sorted(house: House, way: str) -> None:
    emails = [f"person{at}@example.com" for at in range(5)]
    pages = [
        _filtered(
            house.client, "contact", _rule("contact_email.email", emails),
            per_page=2, page=page, sort="id", sort_type=way,
        )
        for page in (1, 2, 3, 4)
    ]  # fmt: skip
    assert {page["meta"]["total"] for page in pages} == {5}
    assert [len(page["contacts"]) for page in pages] == [2, 2, 1, 0]
    ids = [item["id"] for page in pages for item in page["contacts"]]
    assert ids == sorted(ids, reverse=way == "desc")
    assert len(set(ids)) == 5


# reference 3.11: is_after is the other operator seen in working clients
@pytest.mark.parametrize("attribute", ["created_at", "updated_at"])
def test_is_after_finds_what_came_later(account: Account, attribute: str) -> None:
    now = [1_700_000_000.0]
    with account(clock=lambda: now[0]) as crm:
        made(crm, "contacts", email="a@example.com")
        now[0] += 60
        between = "2023-11-14T22:13:50+00:00"  # half a minute after the first
        later = made(crm, "contacts", email="b@example.com")["id"]
        page = _filtered(crm, "contact", _rule(attribute, between, "is_after"))
        assert [item["id"] for item in page["contacts"]] == [later]
        both = [
            _rule(attribute, "2020-01-01", "is_after"),
            _rule("contact_email.email", "a@example.com"),
        ]
        assert _filtered(crm, "contact", *both)["meta"]["total"] == 1
        assert _filtered(crm, "contact", both[0])["meta"]["total"] == 2
        assert _filtered(crm, "contact", _rule(attribute, "2030-01-01", "is_after"))[
            "contacts"
        ] == []  # fmt: skip


@pytest.mark.parametrize(
    "rules",
    [
        pytest.param([], id="3.11 no rules"),
        pytest.param(["a"], id="3.11 rule is no mapping"),
        pytest.param([_rule("name", "A", "is")], id="3.11 unproven operator"),
        pytest.param([_rule("name", "A", "contains")], id="3.11 another operator"),
        pytest.param([_rule("no_such_field", "A")], id="3.11 unknown attribute"),
        pytest.param([_rule("created_at", "soon", "is_after")], id="3.11 no time"),
        pytest.param([_rule("name", "2024-01-01", "is_after")], id="3.11 not of times"),
    ],
)
def test_a_filtered_search_of_another_form_is_refused(
    house: House, rules: list[Any]
) -> None:
    answer = house.client.post("/filtered_search/contact", json={"filter_rule": rules})
    assert messages(answer) == ["Invalid or missing attributes"]


def test_a_search_for_an_unknown_entity_is_not_found(house: House) -> None:
    body = {"filter_rule": [_rule("name", "A")]}
    for entity in ("user", "lead", "contacts"):
        answer = house.client.post(f"/filtered_search/{entity}", json=body)
        assert answer.status_code == 404


# reference 3.11
@pytest.mark.parametrize("binned", [False, True])
def test_all_three_lag_behind_writes_and_never_show_the_bin(
    account: Account, binned: bool
) -> None:
    now = [1_700_000_000.0]
    with account(clock=lambda: now[0], search_delay_seconds=5.0) as crm:
        contact = made(crm, "contacts", email="a@example.com", last_name="Late")["id"]
        assert _everywhere(crm) == [0, 0, 0]
        now[0] += 6
        assert _everywhere(crm) == [1, 1, 1]
        if binned:
            crm.request("DELETE", f"/contacts/{contact}", json=True)
        assert _everywhere(crm) == [0 if binned else 1] * 3


def _everywhere(crm: httpx.Client) -> list[int]:
    query = {"q": "a@example.com", "f": "email", "entities": "contact"}
    return [
        len(crm.get("/search", params={"q": "late", "include": "contact"}).json()),
        len(crm.get("/lookup", params=query).json()["contacts"]["contacts"]),
        len(_filtered(crm, "contact", _rule("contact_email.email", "a@example.com"))[
            "contacts"
        ]),
    ]  # fmt: skip
