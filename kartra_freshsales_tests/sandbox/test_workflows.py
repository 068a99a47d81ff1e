"""Workflows fire on what the API writes, until an admin pauses them (reference 12.23)."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from kartra_freshsales_tests.sandbox.conftest import Account
from kartra_freshsales_tests.sandbox.scenario import bulk, control, made


def counts(crm: httpx.Client) -> dict[str, int]:
    """How often each workflow fired."""
    return {item["name"]: item["count"] for item in control(crm).workflows()}


def test_a_contact_created_by_the_api_would_be_sent_the_welcome_e_mail(
    crm: httpx.Client,
) -> None:
    contact = made(crm, "contacts", email="a@example.com")["id"]
    crm.put(f"/contacts/{contact}", json={"contact": {"city": "Oslo"}})
    made(crm, "sales_accounts", name="Company 1")
    [workflow] = control(crm).workflows()
    assert workflow["fired"] == [
        {"id": contact, "request": 1, "at": workflow["fired"][0]["at"]}
    ]
    described = {"name": "Welcome e-mail", "on": "contact.create", "action": "email"}
    assert described.items() <= workflow.items()


def test_bulk_jobs_fire_for_each_record_they_create_and_for_no_other(
    crm: httpx.Client,
) -> None:
    made(crm, "contacts", email="0@example.com")
    rows = [{"emails": f"{at}@example.com", "data": {}} for at in range(4)]
    bulk(crm, "contacts", [*rows, {"emails": "no address", "data": {}}])
    assert counts(crm) == {"Welcome e-mail": 4}


def test_a_paused_workflow_rests_until_it_is_resumed(crm: httpx.Client) -> None:
    control(crm).pause_workflows("Welcome e-mail")
    made(crm, "contacts", email="a@example.com")
    assert counts(crm) == {"Welcome e-mail": 0}
    assert not control(crm).workflows()[0]["active"]
    control(crm).resume_workflows()
    made(crm, "contacts", email="b@example.com")
    assert counts(crm) == {"Welcome e-mail": 1}


def test_a_seed_may_bring_workflows_of_its_own(account: Account, tmp_path: Path) -> None:
    seed = tmp_path / "seed.yaml"
    seed.write_text(
        "workflows:\n"
        "  - {name: Thank them, on: deal.create, action: sequence}\n"
        "  - {name: Tell us, on: deal.update, action: webhook}\n"
        "  - {name: Asleep, on: contact.create, action: email, active: false}\n",
        encoding="utf-8",
    )
    state = tmp_path / "state.sqlite"
    with account(seed_file=seed, state=state) as crm:
        made(crm, "contacts", email="a@example.com")
        deal = made(crm, "deals", name="D", amount=1)["id"]
        for _ in range(2):
            crm.put(f"/deals/{deal}", json={"deal": {"amount": 2}})
        crm.delete(f"/deals/{deal}")
        expected = {"Thank them": 1, "Tell us": 2, "Asleep": 0}
        assert counts(crm) == expected
        control(crm).pause_workflows("Tell us")
    with account(seed_file=seed, state=state) as crm:
        assert counts(crm) == expected
        active = {item["name"]: item["active"] for item in control(crm).workflows()}
        assert active == {"Thank them": True, "Tell us": False, "Asleep": False}


@pytest.mark.parametrize(
    "workflow",
    ["{name: A, on: contact.birthday, action: email}", "{on: deal.create, action: email}",
     "{name: A, on: deal.create, action: dance}", "{name: A, action: email}"],
)  # fmt: skip
def test_a_workflow_nobody_could_carry_out_is_refused(
    account: Account, tmp_path: Path, workflow: str
) -> None:
    seed = tmp_path / "seed.yaml"
    seed.write_text(f"workflows: [{workflow}]\n", encoding="utf-8")
    with pytest.raises(ValueError, match="a workflow needs"), account(seed_file=seed):
        pass
