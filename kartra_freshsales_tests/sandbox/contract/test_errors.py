"""Each error status and each wording (reference 6)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from kartra_freshsales.sandbox.config import Faults
from kartra_freshsales_tests.sandbox.conftest import Account
from kartra_freshsales_tests.sandbox.contract.conftest import House
from kartra_freshsales_tests.sandbox.scenario import made, messages, view_id

_JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        pytest.param("POST", "/contacts", 400, id="6 400 validation"),
        pytest.param("GET", "/contacts", 403, id="6 403 bare list"),
        pytest.param("GET", "/deals/view/1", 403, id="6 403 unknown view"),
        pytest.param("GET", "/leads/filters", 403, id="6 403 module not there"),
        pytest.param("GET", "/contacts/402999999999", 404, id="6 404 unknown id"),
        pytest.param("PUT", "/deals/404999999999", 404, id="6 404 unknown id to write"),
        pytest.param("GET", "/nothing/at/all", 404, id="6 404 unknown route"),
        pytest.param("GET", f"/contacts/{10**30}", 404, id="6 404 id beyond all sizes"),
        pytest.param("PATCH", "/contacts/402999999999", 404, id="6 404 unknown verb"),
        pytest.param("POST", "/settings/contacts/fields", 404, id="7.4 404 fields"),
    ],
)
def test_an_error_has_its_code_twice_and_a_list_of_messages(
    house: House, method: str, path: str, status: int
) -> None:
    body: dict[str, Any] | None = {} if method in {"POST", "PUT"} else None
    answer = house.client.request(method, path, json=body)
    assert answer.status_code == status
    assert list(answer.json()) == ["errors"]
    assert list(answer.json()["errors"]) == ["code", "message"]
    texts = messages(answer)
    assert texts
    assert all(isinstance(text, str) and text for text in texts)
    assert answer.headers["content-type"].startswith("application/json")


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("", id="6 401 no key"),
        pytest.param("Token token=wrong", id="6 401 wrong key"),
        pytest.param("Bearer {key}", id="1 another scheme"),
        pytest.param("Token {key}", id="1 no token="),
    ],
)
def test_a_missing_or_wrong_key_is_answered_with_the_login_body(
    house: House, header: str
) -> None:
    key = house.client.headers["Authorization"].rpartition("=")[2]
    for path in ("/selector/owners", "/nothing"):
        headers = {"Authorization": header.format(key=key)}
        answer = house.client.get(path, headers=headers)
        assert answer.status_code == 401
        assert answer.json() == {"login": "failed", "message": None}


# reference 1: the header's usual form
def test_the_key_is_taken_as_every_client_sends_it(house: House) -> None:
    key = house.client.headers["Authorization"].rpartition("=")[2]
    headers = {"Authorization": f"Token token={key}", **_JSON}
    assert house.client.get("/selector/owners", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("body", "wording"),
    [
        pytest.param(b"{", "invalid or missing attributes", id="6 malformed JSON"),
        pytest.param(b'{"email": "a@example.com"', "invalid or missing", id="6 cut JSON"),
        pytest.param(b"\xff\xfe", "invalid or missing attributes", id="6 no text at all"),
        pytest.param(b'{"email": "x"}', "invalid email address", id="6 e-mail"),
        pytest.param(b"{}", "need to fill this email", id="6 no e-mail"),
        pytest.param(
            b'{"email": "b@example.com", "contact_status_id": 1}',
            "invalid contact status provided.", id="6 status",
        ),
        pytest.param(
            b'{"email": "b@example.com", "lifecycle_stage_id": 1}',
            "invalid lifecycle stage provided.", id="6 stage",
        ),
        pytest.param(
            b'{"email": "b@example.com", "first_name": {"a": 1}}',
            "invalid or missing attributes", id="6 attributes",
        ),
        pytest.param(
            b'{"email": "First@example.com"}', "first@example.com already exists.",
            id="6 duplicate contact",
        ),
    ],
)  # fmt: skip
def test_a_bad_contact_is_refused_in_these_words(
    house: House, body: bytes, wording: str
) -> None:
    answer = house.client.post("/contacts", content=body, headers=_JSON)
    assert answer.status_code == 400
    assert wording in messages(answer)[0].lower()


@pytest.mark.parametrize(
    ("path", "body", "wording"),
    [
        pytest.param("/sales_accounts", {}, "Name can't be empty", id="6 account name"),
        pytest.param(
            "/sales_accounts", {"name": "ACME"}, "Name has already been taken",
            id="6 account taken",
        ),
        pytest.param(
            "/sales_accounts", {"name": "B", "website": "b"},
            "website is not in required format", id="6 website",
        ),
        pytest.param("/deals", {"amount": 1}, "Deal name can't be empty", id="6 deal name"),
        pytest.param(
            "/deals", {"name": "D", "amount": 1, "deal_stage_id": 1},
            "Deal stage doesn't exist", id="6 deal stage",
        ),
    ],
)  # fmt: skip
def test_a_bad_account_or_deal_is_refused_in_these_words(
    house: House, path: str, body: dict[str, Any], wording: str
) -> None:
    answer = house.client.post(path, json=body)
    assert (answer.status_code, messages(answer)) == (400, [wording])


@pytest.mark.parametrize(
    ("path", "word"),
    [
        pytest.param("/contacts/402999999999", "contact", id="6 404 contact"),
        pytest.param("/sales_accounts/403999999999", "account", id="6 404 account"),
        pytest.param("/deals/404999999999", "deal", id="6 404 deal"),
        pytest.param("/job_statuses/406999999999", "job", id="6 404 job"),
    ],
)
def test_a_404_says_that_the_record_is_not_in_the_crm(
    house: House, path: str, word: str
) -> None:
    (text,) = messages(house.client.get(path))
    assert word in text
    assert "CRM" in text


# reference 6: the shape of a 429 is unknown, a text is all that is sure
def test_too_many_requests_are_answered_429_with_a_text(account: Account) -> None:
    with account(requests_per_hour=1) as crm:
        assert crm.get("/selector/owners").status_code == 200
        answer = crm.get("/selector/owners")
        assert answer.status_code == 429
        assert "too many requests" in answer.text.lower()
        assert int(answer.headers["Retry-After"]) > 0


# reference 5
def test_a_throttle_may_hide_in_a_400(account: Account) -> None:
    with account(faults=Faults(hidden_429=1.0, at_most=1)) as crm:
        assert "response_code :: 429" in messages(crm.get("/selector/owners"))[0]


# reference 6 and 8
def test_a_500_has_a_code_and_nothing_else(account: Account) -> None:
    with account(faults=Faults(error_before_write=1.0, at_most=1)) as crm:
        answer = crm.post("/contacts", json={"email": "a@example.com"})
        assert (answer.status_code, answer.json()) == (500, {"error_code": 500})


# reference 6: 409 was never seen
def test_no_duplicate_is_a_409(crm: httpx.Client) -> None:
    made(crm, "contacts", email="a@example.com", external_id="x")
    made(crm, "sales_accounts", name="Acme")
    for path, body in (
        ("/contacts", {"email": "a@example.com"}),
        ("/contacts", {"email": "b@example.com", "external_id": "x"}),
        ("/sales_accounts", {"name": "Acme"}),
    ):
        assert crm.post(path, json=body).status_code == 400


# no section says which; the account must go on either way
def test_half_of_a_character_does_no_harm(crm: httpx.Client) -> None:
    body = b'{"email": "a@example.com", "city": "\\ud800"}'
    assert crm.post("/contacts", content=body, headers=_JSON).status_code in {200, 400}
    number = view_id(crm, "contacts", "All Contacts")
    assert crm.get(f"/contacts/view/{number}").status_code == 200
    assert crm.get("/search", params={"q": "a@example.com"}).status_code == 200
