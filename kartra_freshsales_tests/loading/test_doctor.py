"""What the doctor sees in an account, good and bad, and what it advises."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import httpx
import pytest

from kartra_freshsales.freshsales.plan_facts import field_caps
from kartra_freshsales.loading.doctor import Expected, Use, examine
from kartra_freshsales.loading.findings import OK, PROBLEM, WARNING, Finding
from kartra_freshsales_tests.freshsales.scenario import client_for
from kartra_freshsales_tests.loading.doorman import doorman
from kartra_freshsales_tests.sandbox.conftest import (  # noqa: F401  fixtures
    Account,
    account,
    stage,
)

GROWTH = Expected("suite", "growth", "owner-north@example.com", caps=field_caps("growth"))
CLASSIC = Expected("classic", "garden", caps=field_caps("garden"))


def address_of(sandbox: httpx.Client) -> str:
    """Where a sandbox's API answers."""
    return str(sandbox.base_url).rstrip("/")


def looked(
    address: str, expected: Expected = GROWTH, use: Use | None = None
) -> list[Finding]:
    """What the doctor finds at an address."""
    with client_for(address) as client:
        return examine(client, expected, use).findings


def the(findings: list[Finding], what: str, state: str) -> Finding:
    """The one finding of that name and state."""
    [found] = [f for f in findings if f.what == what and f.state == state]
    return found


def troubles(findings: list[Finding]) -> set[str]:
    """Names of everything that is not as it should be."""
    return {f.what for f in findings if f.state != OK}


def make_field(sandbox: httpx.Client, module: str, **values: Any) -> None:
    """An admin makes a custom field."""
    form = sandbox.get(f"/settings/{module}/forms").json()["forms"][0]["id"]
    body = {"label": "Extra", "type": "text", **values}
    assert sandbox.post(f"/settings/{module}/forms/{form}/fields", json=body).is_success


def test_a_healthy_account_shows_no_trouble(account: Account) -> None:  # noqa: F811
    with account() as sandbox:
        found = looked(address_of(sandbox), use=Use(12, 800))
    assert troubles(found) == set()
    for what, words in {
        "Edition": "suite",
        "Rights": "every setting",
        "Plan": "looks like free or growth (no product catalogue, 1 pipeline(s)",
        "Active users": "4, and 1 without access",
        "Pipelines": "7 deal stages in 1 pipeline(s)",
        "Lifecycle stages": "3 with 9 statuses",
        "Views of deals": "Open Deals, Won Deals, Lost Deals",
        "Fields of contacts": "0 of them custom; the plan allows 150",
        "E-mail of contacts": "asked for in a live account",
        "Requests": "12 in the last hour by this ledger, of 800",
    }.items():
        assert words in the(found, what, OK).found


# reference 1: Suite answers under /crm/sales/api, Classic under /api
@pytest.mark.parametrize(
    ("edition", "given", "right", "expected"),
    [
        ("suite", "/api", "/crm/sales/api", GROWTH),
        ("suite", "/elsewhere", "/crm/sales/api", GROWTH),
        ("classic", "/crm/sales/api", "/api", CLASSIC),
        ("classic", "/crm/sales/api", "/api", GROWTH),
    ],
)
def test_an_address_of_the_other_edition_is_told_as_such(
    account: Account,  # noqa: F811
    edition: str,
    given: str,
    right: str,
    expected: Expected,
) -> None:
    with account(edition=edition) as sandbox:
        root = address_of(sandbox).removesuffix(right)
        [found] = looked(root + given, expected)
    assert found.state == PROBLEM
    assert f"{edition.title()} answers, under {right}" in found.found
    assert f"end in {right}" in found.remedy
    assert repr(edition) in found.remedy


# reference 6: a host name that is no bundle gives 404
def test_where_nothing_answers_under_any_address_the_host_is_doubted(
    account: Account,  # noqa: F811
) -> None:
    with account() as sandbox, doorman(address_of(sandbox)) as address:
        [found] = looked(address.removesuffix("/crm/sales/api") + "/x/crm/sales/api/y")
        assert "Suite answers" in found.found
    with account() as sandbox:
        root = address_of(sandbox).removesuffix("/crm/sales/api")
    # The stage now serves nothing that we know of.
    with account(edition="classic") as sandbox:
        assert "Classic answers" in looked(f"{root}/crm/sales/api")[0].found


def test_a_mapping_that_names_the_other_edition_is_told(
    account: Account,  # noqa: F811
) -> None:
    with account() as sandbox:
        found = looked(address_of(sandbox), replace(CLASSIC, views={"leads": ("9",)}))
    assert "has no Leads module" in the(found, "Edition", PROBLEM).found
    assert "one of Suite" in the(found, "Address", PROBLEM).found
    with account(edition="classic") as sandbox:
        found = looked(address_of(sandbox), GROWTH)
    assert "has a Leads module" in the(found, "Edition", PROBLEM).found


def test_a_classic_account_is_healthy_too(account: Account) -> None:  # noqa: F811
    with account(edition="classic") as sandbox:
        found = looked(address_of(sandbox), CLASSIC)
    assert troubles(found) == set()
    assert "nothing tells" in the(found, "Plan", OK).found
    assert the(found, "Views of leads", OK).found == "All Leads"


def test_a_key_that_is_not_accepted_is_the_only_finding(
    account: Account,  # noqa: F811
) -> None:
    with account(api_key="another") as sandbox:
        [found] = looked(address_of(sandbox))
    assert (found.what, found.state) == ("Address and key", PROBLEM)
    assert "key was not accepted" in found.found


# reference 1: a restricted user's key was refused owners while other selectors worked
@pytest.mark.parametrize(
    ("denied", "what", "state"),
    [
        ("/selector/owners", "Right to read owners", PROBLEM),
        ("/selector/deal_pipelines", "Right to read deal_pipelines", PROBLEM),
        ("/selector/currencies", "Right to read currencies", WARNING),
        ("/settings/deals/fields", "Right to read fields of deals", PROBLEM),
        ("/contacts/filters", "Right to read views of contacts", PROBLEM),
    ],
)
def test_a_right_that_is_missing_is_named(
    account: Account,  # noqa: F811
    denied: str,
    what: str,
    state: str,
) -> None:
    with account() as sandbox, doorman(address_of(sandbox), denies=[denied]) as address:
        found = looked(address)
    finding = the(found, what, state)
    assert "account admin" in finding.remedy
    assert ("its user is restricted" in finding.found) == (state == PROBLEM)
    assert the(found, "Edition", OK)


def test_a_key_that_may_read_nothing_is_one_finding(account: Account) -> None:  # noqa: F811
    with account() as sandbox, doorman(address_of(sandbox), denies=[""]) as address:
        [found] = looked(address)
    assert (found.what, found.state) == ("Rights", PROBLEM)
    assert "admin's key" in found.remedy


@pytest.mark.parametrize(
    ("plan", "said", "looks"),
    [
        ("growth", "pro", "free or growth (no product catalogue"),
        ("growth", "enterprise", "free or growth"),
        ("pro", "growth", "pro or enterprise ("),
        ("enterprise", "free", "pro or enterprise"),
    ],
)
def test_a_plan_that_the_account_does_not_look_like_is_doubted(
    account: Account,  # noqa: F811
    plan: str,
    said: str,
    looks: str,
) -> None:
    with account(plan=plan) as sandbox:
        found = looked(address_of(sandbox), replace(GROWTH, plan=said))
        finding = the(found, "Plan", WARNING)
        assert f"looks like {looks}" in finding.found
        assert f"the mapping says {said!r}" in finding.found
        assert "'plan'" in finding.remedy
        as_it_is = replace(GROWTH, plan=plan, caps=field_caps(plan))
        assert "Plan" not in troubles(looked(address_of(sandbox), as_it_is))


def test_custom_fields_show_that_it_is_no_free_plan(account: Account) -> None:  # noqa: F811
    with account() as sandbox:
        make_field(sandbox, "contacts")
        found = looked(address_of(sandbox), replace(GROWTH, plan="free"))
    assert "looks like growth (" in the(found, "Plan", WARNING).found


# reference 4: required flags are a setting of the account
def test_fields_that_a_load_must_fill_are_named_custom_or_not(
    account: Account,  # noqa: F811
) -> None:
    with account() as sandbox:
        make_field(sandbox, "contacts", label="Tax number", required=True)
        found = looked(address_of(sandbox))
    finding = the(found, "Required fields of contacts", WARNING)
    assert finding.found == "Tax number (custom)"
    assert "map a column" in finding.remedy
    assert troubles(found) == {"Required fields of contacts"}


# reference 5: custom fields per module and type
def test_where_there_is_no_room_for_a_field_the_type_is_named(
    account: Account,  # noqa: F811
) -> None:
    with account() as sandbox:
        make_field(sandbox, "deals")
        found = looked(address_of(sandbox), replace(GROWTH, caps={"total": 9, "text": 1}))
        none = looked(address_of(sandbox), replace(GROWTH, caps={"total": 0}))
    assert the(found, "Room for fields of deals", WARNING).found == "none left: text 1 of 1"
    assert "1 of them custom; the plan allows 9" in the(found, "Fields of deals", OK).found
    assert "total 1 of 0" in the(none, "Room for fields of deals", WARNING).found


# reference 3.3: a key sees the views that its user may see
@pytest.mark.parametrize(
    ("hidden", "what", "state", "words"),
    [
        (["All Contacts"], "Views of contacts", PROBLEM, "missing: All Contacts."),
        (["All Accounts"], "Views of sales_accounts", PROBLEM, "missing: All Accounts."),
        (["Lost Deals"], "Views of deals", PROBLEM, "missing: Lost Deals."),
    ],
)
def test_a_view_that_reading_needs_is_missed(
    account: Account,  # noqa: F811
    hidden: Collection[str],
    what: str,
    state: str,
    words: str,
) -> None:
    with account() as sandbox, doorman(address_of(sandbox), hides=hidden) as address:
        found = looked(address)
    assert words in the(found, what, state).found
    assert "rolled back" in the(found, what, state).found
    assert troubles(found) == {what}


def test_a_recycle_bin_out_of_sight_is_a_warning(account: Account) -> None:  # noqa: F811
    with account() as sandbox, doorman(address_of(sandbox), hides=["Recycle Bin"]) as at:
        found = looked(at)
    assert troubles(found) == {
        f"Views of {e}" for e in ("contacts", "sales_accounts", "deals")
    }
    assert "by id" in the(found, "Views of contacts", WARNING).found


def test_views_that_the_mapping_names_count(account: Account) -> None:  # noqa: F811
    named = replace(GROWTH, views={"contacts": ("My Contacts",)})
    with account() as sandbox, doorman(address_of(sandbox), hides=["All Contacts"]) as at:
        assert the(looked(at, named), "Views of contacts", OK).found == "My Contacts"
        absent = replace(GROWTH, views={"contacts": ("Nobody's",)})
        assert "Nobody's" in the(looked(at, absent), "Views of contacts", PROBLEM).found


def test_an_owner_who_is_no_active_user_is_told(account: Account) -> None:  # noqa: F811
    with account() as sandbox:
        found = looked(address_of(sandbox), replace(GROWTH, default_owner="x@example.com"))
    assert the(found, "Default owner", PROBLEM)


def test_the_doctor_writes_nothing(account: Account) -> None:  # noqa: F811
    with account() as sandbox:
        looked(address_of(sandbox))
        history = sandbox.control.history()  # type: ignore[attr-defined]
    assert history["writes"] == 0
    assert history["requests"] < 25
