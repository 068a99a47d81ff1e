"""Each fault the sandbox knows, and the state and the words a load ends with under it.

Judged from outside, by what the server noted of every request and change. Mixtures of
faults are ``test_fault_campaign``'s matter.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

import pytest

from kartra_freshsales.errors import RateLimited, Unauthorised
from kartra_freshsales.sandbox.checker import duplicates, lost_updates
from kartra_freshsales.sandbox.fault_settings import WHEN
from kartra_freshsales.sandbox.server import SandboxProcess
from kartra_freshsales_tests.loading.scenario import (
    OWNER,
    Account,
    Json,
    Look,
    contact,
    one,
    opened,
    plan,
    row,
    small_load,
)
from kartra_freshsales_tests.loading.scenario import deal as a_deal

SIZES = (2, 8, 10, 2)
WHOLE = {"sales_accounts": 2, "contacts": 8, "deals": 10, "notes": 2, "lists": 2}
BULK = "bulk_upsert"
WRITES = ["POST /contacts", "POST /sales_accounts", "POST /deals", "/notes", "/lists"]


class Open(Protocol):
    def __call__(self, **values: Any) -> Account: ...


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Open]:
    """Open an account; nothing goes wrong before the load begins."""
    with ExitStack() as stack:

        def start(timeout: float = 5.0, **values: Any) -> Account:
            server = stack.enter_context(SandboxProcess(requests_per_hour=0, **values))
            ledger = tmp_path / "ledger.sqlite"
            return stack.enter_context(opened(server, ledger, timeout=timeout))

        yield start


def begin(account: Account, *rules: Json) -> None:
    """Let things go wrong from now on."""
    account.server.control.faults(rules=list(rules))


def struck(account: Account) -> dict[str, int]:
    """How often each fault struck."""
    found: dict[str, int] = account.history()["faults"]
    return found


def is_whole(account: Account) -> None:
    """Everything of ``small_load(*SIZES)`` stands there once and nothing is open."""
    with Look(account.server) as look:
        state = look.state()
    found = {
        name.replace("accounts", "sales_accounts"): len(v) for name, v in state.items()
    }
    assert found == WHOLE
    assert duplicates(account.server.control.changes(values=True)) == []
    assert account.ledger.unsettled() == []


PASSING: dict[str, list[Json]] = {
    "429 with seconds": [{"kind": "burst_429", "retry_after": 0.05, "probability": 0.3}],
    "429 with a date": [
        {"kind": "burst_429", "retry_after": 0, "retry_after_form": "date", "at_most": 1}
    ],
    "429 without a word": [{"kind": "burst_429", "probability": 0.3, "length": 2}],
    "429 hidden in a 400": [{"kind": "hidden_429", "probability": 0.3}],
    "500 before a write": [{"kind": "error_before_write", "probability": 0.3}],
    "500 after a write": [{"kind": "error_after_write", "probability": 0.3}],
    "500 after every write": [{"kind": "error_after_write"}],
    "500 on a read": [{"kind": "error_on_read", "probability": 0.3}],
    "502": [{"kind": "bad_gateway", "probability": 0.3}],
    "503": [{"kind": "unavailable", "probability": 0.3}],
    "503 with seconds": [{"kind": "unavailable", "retry_after": 0.05, "probability": 0.3}],
    "cut before a write": [{"kind": "drop_before_write", "probability": 0.3}],
    "cut after a write": [{"kind": "drop_after_write", "probability": 0.3}],
    "cut on a read": [{"kind": "drop_on_read", "probability": 0.3}],
    "slow": [{"kind": "slow_answer", "seconds": 0.1, "probability": 0.3}],
    "truncated": [{"kind": "truncated_body", "probability": 0.3}],
    "half a document": [{"kind": "cut_json", "probability": 0.3}],
    "jobs that lose rows": [{"kind": "job_loses_row", "probability": 0.2}],
    "jobs without an end": [{"kind": "job_never_finishes"}],
    "jobs that take long": [{"kind": "job_takes_long", "seconds": 0.2}],
}


# G1 S20
@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_that_passes_leaves_a_whole_load(fault: str, here: Open) -> None:
    account = here()
    begin(account, *({"at_most": 12, **rule} for rule in PASSING[fault]))
    results = account.load(small_load(*SIZES), group_size=4)
    assert {name: result.counts for name, result in results.items()} == {
        name: {"created": count} for name, count in WHOLE.items()
    }
    assert struck(account) or fault.startswith("jobs")
    begin(account)
    is_whole(account)


def test_answers_that_come_too_late_are_looked_for_and_not_sent_again(here: Open) -> None:
    # G1
    account = here(timeout=0.4)
    begin(account, {"kind": "hang_after_write", "seconds": 0.8, "at_most": 3})
    results = account.load(small_load(*SIZES), group_size=4)
    assert {name: result.counts for name, result in results.items()} == {
        name: {"created": count} for name, count in WHOLE.items()
    }
    assert struck(account) == {"hang_after_write": 3}
    is_whole(account)


@pytest.mark.parametrize("kind", ["error_before_write", "bad_gateway", "unavailable"])
def test_a_server_that_never_recovers_leaves_nothing_and_says_start_again(
    kind: str, here: Open
) -> None:
    # G1
    account = here()
    begin(account, {"kind": kind, "routes": WRITES})
    result = account.load(plan(*(contact(n) for n in range(12))))["contacts"]
    assert result.counts == {"failed": 12}
    assert set(result.rows["remedy"]) == {
        "Freshsales gave no answer several times: start the load again later."
    }
    assert account.server.control.changes() == []
    begin(account)
    account.load(small_load(*SIZES))
    is_whole(account)


def test_a_limit_that_never_ends_stops_the_load_and_names_the_hour(here: Open) -> None:
    # G6
    account = here()
    begin(account, {"kind": "burst_429", "routes": [BULK], "retry_after": 0})
    with pytest.raises(RateLimited, match="Wait for the next hour"):
        account.load(small_load(*SIZES))
    assert account.server.control.changes() == []
    begin(account)
    account.load(small_load(*SIZES))
    is_whole(account)


def test_a_key_revoked_midway_stops_the_load_which_goes_on_with_a_new_one(
    here: Open, tmp_path: Path
) -> None:
    # G1 S20
    account = here()
    begin(account, {"kind": "key_revoked", "at_request": 3, "routes": ["contacts/bulk"]})
    with pytest.raises(Unauthorised, match="FRESHSALES_API_KEY"):
        account.load(small_load(*SIZES), group_size=4)
    assert struck(account) == {"key_revoked": 1}
    refused = account.history()["statuses"]["401"]
    assert refused == 1
    account.server.control.new_key(account.server.api_key)
    with opened(account.server, tmp_path / "ledger.sqlite") as again:
        again.load(small_load(*SIZES), group_size=4)
        is_whole(again)


def test_deals_of_a_job_that_is_late_by_an_hour_wait_for_it(here: Open) -> None:
    # G1
    account = here()
    begin(account, {"kind": "job_takes_long", "seconds": 3000, "at_most": 1})
    planned = plan(*(a_deal(n) for n in range(6)))
    result = account.load(planned)["deals"]
    assert result.counts == {"failed": 6}
    assert "Start the load again later" in result.rows["remedy"][0]
    account.server.control.advance(3001)
    assert account.load(planned)["deals"].counts == {"skipped": 6}
    assert account.history()["writes"] == 1
    assert duplicates(account.server.control.changes(values=True)) == []


def test_an_owner_deactivated_midway_is_named_and_the_others_arrive(here: Open) -> None:
    # G13 S64
    account = here()
    begin(account, {"kind": "owner_deactivated", "at_request": 3, "routes": [BULK],
                    "what": {"id": OWNER}})  # fmt: skip
    other = {"owner_id": OWNER + 1}
    planned = plan(*(contact(n, **(other if n % 2 else {})) for n in range(12)))
    result = account.load(planned, group_size=4)["contacts"]
    assert result.counts == {"created": 8, "refused": 4}
    refused = result.rows.filter(outcome="refused")
    assert set(refused["reason"]) == {"invalid_owner:owner_id"}
    assert set(refused["remedy"]) == {"Map the owner to an active Freshsales user."}
    with Look(account.server) as look:
        assert len(look.all("contacts")) == 8
    assert account.ledger.unsettled() == []


def with_field(account: Account, **field: Any) -> None:
    """Let contacts have a custom field."""
    with Look(account.server) as look:
        form = look.get("/settings/contacts/forms")["forms"][0]["id"]
        look.post(f"/settings/contacts/forms/{form}/fields", {"field": field})


@pytest.mark.parametrize(
    "event",
    [
        {"kind": "field_removed", "what": {"module": "contacts", "name": "cf_size"}},
        {"kind": "choice_renamed",
         "what": {"module": "contacts", "name": "cf_size", "old": "S", "new": "XS"}},
    ],
    ids=["removed", "renamed"],
)  # fmt: skip
def test_a_field_or_choice_changed_midway_is_named_and_the_others_arrive(
    event: Json, here: Open
) -> None:
    # G13 G17
    account = here()
    with_field(account, label="Size", type="dropdown", choices=["S", "L"])
    begin(account, {**event, "at_request": 3, "routes": [BULK]})
    sized: Json = {"cf_size": "S"}
    planned = plan(*(contact(n, **(sized if n % 2 else {})) for n in range(12)))
    result = account.load(planned, group_size=4)["contacts"]
    assert result.counts == {"created": 8, "refused": 4}
    refused = result.rows.filter(outcome="refused")
    assert set(refused["reason"]) == {"custom_field:cf_size"}
    assert "whether this field and this choice still exist" in refused["remedy"][0]
    with Look(account.server) as look:
        assert len(look.all("contacts")) == 8
    assert account.ledger.unsettled() == []


def planned_update(account: Account) -> tuple[Json, Json]:
    """A contact of somebody else's, and the row of a plan that changes its city."""
    with Look(account.server) as look:
        body = {"email": "old@example.com", "last_name": "Old", "city": "Oslo"}
        record = look.post("/contacts", {"contact": body})["contact"]
    payload = {"email": "old@example.com", "city": "Bergen"}
    changed = row("contacts", "old@example.com", payload, operation="update",
                  freshsales_id=record["id"], fields=["city"])  # fmt: skip
    return record, changed


def test_a_record_edited_after_the_plan_is_left_as_the_person_left_it(here: Open) -> None:
    # G5
    account = here()
    _, changed = planned_update(account)
    snapshot = account.snapshot()
    what = {"module": "contacts", "data": {"city": "Theirs"}}
    begin(account, {"kind": "record_edited", "at_request": 1, "what": what})
    result = account.load(plan(changed), snapshot=snapshot)["contacts"]
    found = one(result, "old@example.com")
    assert (found["outcome"], found["reason"]) == ("conflict", "changed_since_plan")
    assert found["remedy"] == (
        "Somebody changed these fields since the plan was made: plan again."
    )
    with Look(account.server) as look:
        assert look.all("contacts")[0]["city"] == "Theirs"
    assert account.history()["writes"] == 1


def test_what_a_person_edits_while_the_write_is_on_its_way_stays(here: Open) -> None:
    # G2 G5
    account = here()
    record, changed = planned_update(account)
    snapshot = account.snapshot()
    begin(account, {"kind": "record_edited", "at_request": 1, "routes": [BULK],
                    "what": {"module": "contacts", "id": record["id"],
                             "data": {"job_title": "Theirs"}}})  # fmt: skip
    result = account.load(plan(changed), snapshot=snapshot)["contacts"]
    assert result.counts == {"updated": 1}
    assert struck(account) == {"record_edited": 1}
    with Look(account.server) as look:
        [now] = look.all("contacts")
    assert (now["city"], now["job_title"]) == ("Bergen", "Theirs")
    intent = account.ledger.intents()[-1]
    assert intent.pre_image == {"city": "Oslo"}
    control = account.server.control
    assert lost_updates(control.requests(), control.changes()) == []
    [written] = account.ledger.identities(["contacts"])["written"]
    assert json.loads(written) == {"city": "Bergen"}


def test_every_fault_the_sandbox_knows_has_its_test_here() -> None:
    passing = {rule["kind"] for rules in PASSING.values() for rule in rules}
    others = {"hang_after_write", "key_revoked", "owner_deactivated", "field_removed",
              "choice_renamed", "record_edited"}  # fmt: skip
    assert passing | others == set(WHEN)
    assert not passing & others
