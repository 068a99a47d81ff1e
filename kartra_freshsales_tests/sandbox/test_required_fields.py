"""Fields a tenant made required, and the switches that make an account strict."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from kartra_freshsales.sandbox.config import STRICT, Switches
from kartra_freshsales.sandbox.server import parse
from kartra_freshsales_tests.sandbox.conftest import Account
from kartra_freshsales_tests.sandbox.scenario import bulk, got, made, messages, new_field

Demanding = Callable[..., AbstractContextManager[httpx.Client]]

WHOLE: dict[str, dict[str, Any]] = {
    "contacts": {"email": "a@example.com", "last_name": "A", "job_title": "Buyer"},
    "sales_accounts": {"name": "Acme", "city": "Oslo"},
    "deals": {"name": "D", "amount": 1, "expected_close": "2026-03-01"},
    "leads": {"email": "a@example.com", "job_title": "Buyer"},
}


@pytest.fixture
def demanding(account: Account, tmp_path: Path) -> Demanding:
    """Start a sandbox whose tenant made fields required, by module."""

    def served(required: dict[str, list[str]], **values: Any) -> Any:
        seed = tmp_path / "seed.yaml"
        fields = values.pop("custom_fields", {})
        told = {"required_fields": required, "custom_fields": fields}
        seed.write_text(yaml.safe_dump(told), encoding="utf-8")
        return account(seed_file=seed, **values)

    return served


# reference 4: required flags are a tenant setting
@pytest.mark.parametrize(
    ("edition", "module", "name", "label"),
    [
        ("suite", "contacts", "job_title", "Job title"),
        ("suite", "contacts", "last_name", "Last name"),
        ("suite", "sales_accounts", "city", "City"),
        ("suite", "deals", "expected_close", "Expected close"),
        ("classic", "leads", "job_title", "Job title"),
        ("classic", "contacts", "job_title", "Job title"),
    ],
)
def test_a_built_in_field_made_required_is_demanded_and_shown_so(
    demanding: Demanding, edition: str, module: str, name: str, label: str
) -> None:
    whole, singular = WHOLE[module], module.removesuffix("s")
    with demanding({module: [name]}, edition=edition) as client:
        fields = client.get(f"/settings/{module}/fields").json()["fields"]
        assert next(item for item in fields if item["name"] == name)["required"] is True
        for blank in ({}, {name: None}, {name: ""}):
            sent = {key: value for key, value in whole.items() if key != name} | blank
            answer = client.post(f"/{module}", json={singular: sent})
            assert answer.status_code == 400
            assert messages(answer) == [f"Need to fill this {label}"]
        record = made(client, module, **whole)
        path = f"/{module}/{record['id']}"
        cleared = client.put(path, json={singular: {name: None}})
        assert (cleared.status_code, messages(cleared)) == (
            400, [f"Need to fill this {label}"],
        )  # fmt: skip
        assert got(client, module, record["id"])[name] == whole[name]
        assert client.put(path, json={singular: {"tags": ["a"]}}).status_code == 200


def test_a_date_nobody_can_read_counts_as_left_blank(demanding: Demanding) -> None:
    with demanding({"deals": ["expected_close"]}) as client:
        body = {"name": "D", "amount": 1, "expected_close": "soon"}
        assert client.post("/deals", json={"deal": body}).status_code == 400


@pytest.mark.parametrize("kind", ["text", "number", "dropdown", "date"])
def test_a_required_custom_field_is_demanded_and_cannot_be_cleared(
    crm: httpx.Client, kind: str
) -> None:
    value = {"text": "x", "number": 5, "dropdown": "Red", "date": "2024-02-29"}[kind]
    before = made(crm, "contacts", email="before@example.com")
    asked = {"label": "Kartra Id", "type": kind, "choices": ["Red"], "required": True}
    assert new_field(crm, "contacts", **asked).json()["field"]["required"] is True
    blanks: tuple[dict[str, Any], ...] = (
        {}, {"custom_field": {}}, {"custom_field": {"cf_kartra_id": ""}},
    )  # fmt: skip
    for sent in blanks:
        body = {"contact": {"email": "a@example.com", **sent}}
        answer = crm.post("/contacts", json=body)
        assert messages(answer) == ["Need to fill this Kartra Id"]
    values = {"cf_kartra_id": value}
    contact = made(crm, "contacts", email="a@example.com", custom_field=values)
    path = f"/contacts/{contact['id']}"
    answer = crm.put(path, json={"contact": {"custom_field": {"cf_kartra_id": None}}})
    assert messages(answer) == ["Need to fill this Kartra Id"]
    # what stood before the field was made required may be changed elsewhere
    old = f"/contacts/{before['id']}"
    assert crm.put(old, json={"contact": {"city": "Oslo"}}).status_code == 200


def test_a_seed_may_bring_custom_fields_and_make_them_required(
    demanding: Demanding,
) -> None:
    with demanding(
        {"leads": ["cf_source_id"]},
        edition="classic",
        custom_fields={"leads": [{"label": "Source id", "type": "text", "unique": True}]},
        switches=Switches(field_creation=False),
    ) as client:
        answer = client.post("/leads", json={"lead": {"email": "a@example.com"}})
        assert messages(answer) == ["Need to fill this Source id"]
        made(client, "leads", email="a@example.com", custom_field={"cf_source_id": "1"})
        body = {"email": "b@example.com", "custom_field": {"cf_source_id": "1"}}
        answer = client.post("/leads", json={"lead": body})
        assert messages(answer) == ["Source has already been taken"]


def test_links_can_be_required(demanding: Demanding) -> None:
    with demanding({"contacts": ["sales_accounts"], "deals": ["sales_account_id"]}) as crm:
        account = made(crm, "sales_accounts", name="Acme")
        answer = crm.post("/contacts", json={"contact": {"email": "a@example.com"}})
        assert messages(answer) == ["Need to fill this Sales accounts"]
        linked = {"sales_accounts": [{"id": account["id"], "is_primary": True}]}
        contact = made(crm, "contacts", email="a@example.com", **linked)
        path = f"/contacts/{contact['id']}"
        assert crm.put(path, json={"contact": {"city": "Oslo"}}).status_code == 200
        empty = crm.put(path, json={"contact": {"sales_accounts": []}})
        assert empty.status_code == 400
        answer = crm.post("/deals", json={"deal": {"name": "D", "amount": 1}})
        assert messages(answer) == ["Need to fill this Sales account"]
        made(crm, "deals", name="D", amount=1, sales_account={"name": "Acme"})


def test_rows_of_a_job_are_held_to_the_same_rule(demanding: Demanding) -> None:
    with demanding({"contacts": ["job_title"]}) as client:
        rows = [
            {"emails": "a@example.com", "data": {"job_title": "Buyer"}},
            {"emails": "b@example.com", "data": {"last_name": "B"}},
        ]
        data = bulk(client, "contacts", rows)["data"]
        assert data["success"] == 1
        assert data["failed"][0]["errors"] == ["Need to fill this Job title"]


@pytest.mark.parametrize(
    ("required", "words"),
    [({"contacts": ["colour"]}, "no field colour"), ({"leads": ["city"]}, "no module")],
)
def test_a_seed_that_demands_what_is_not_there_is_refused(
    demanding: Demanding, required: dict[str, list[str]], words: str
) -> None:
    with pytest.raises(ValueError, match=words), demanding(required):
        pass


def test_a_seed_with_a_field_that_cannot_be_is_refused(demanding: Demanding) -> None:
    for field in ({"label": "A", "type": "colour"}, {"type": "text"}):
        with (
            pytest.raises(ValueError, match="custom_fields: contacts"),
            demanding({}, custom_fields={"contacts": [field]}),
        ):
            pass


# reference 11, 4
def test_strict_turns_on_what_was_seen_in_demanding_tenants(account: Account) -> None:
    strict = parse(["--strict"]).switches
    assert [getattr(strict, name) for name in STRICT] == [True] * 4
    assert parse(["--strict", "--switch", "email_required=false"]).switches == Switches(
        strict_wrapping=True, deal_needs_account=True, email_required=False
    )
    with account(switches=strict) as crm:
        contact = made(crm, "contacts", email="a@example.com")
        unknown = {"contact": {"custom_field": {"cf_x": 1}}}
        for method, path, body in (
            ("POST", "/contacts", {"contact": {"last_name": "A"}}),
            ("POST", "/deals", {"deal": {"name": "D", "amount": 1}}),
            ("PUT", f"/contacts/{contact['id']}", unknown),
            (
                "POST", "/notes",
                {
                    "description": "a", "targetable_type": "Contact",
                    "targetable_id": contact["id"],
                },
            ),
            ("POST", "/tasks", {"title": "a", "due_date": "2026-03-01T10:00:00Z"}),
        ):  # fmt: skip
            assert crm.request(method, path, json=body).status_code == 400, path


def test_switches_of_words_and_files_are_read_from_the_command_line(
    tmp_path: Path,
) -> None:
    file = tmp_path / "conversion.yaml"
    config = parse(
        [
            "--edition", "classic", "--conversion", str(file),
            "--switch", "language=nl", "--switch", "lists_on=pro",
            "--switch", "convert_needs_company=false",
        ]
    )  # fmt: skip
    assert config.conversion_file == file
    assert config.switches == Switches(
        language="nl", lists_on="pro", convert_needs_company=False
    )
