"""The small parts: words of refusals, groups, jobs' ends, snapshots."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kartra_freshsales.errors import Forbidden, NotFound, Refused
from kartra_freshsales.loading.groups import LARGEST_BODY, form_groups
from kartra_freshsales.loading.items import items_of
from kartra_freshsales.loading.jobs import has_ended, hinted_rows
from kartra_freshsales.loading.policy import Policy
from kartra_freshsales.loading.snapshot import SCHEMA, read_changed_since
from kartra_freshsales.loading.words import REMEDIES, verdict_of
from kartra_freshsales_tests.loading.scenario import (
    Look,
    Opened,
    contact,
    plan,
    small_load,
)

KEYS = ("email", "name", "last_name", "mobile_number", "website", "deal_stage_id",
        "owner_id", "amount", "cf_level")  # fmt: skip


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("someone@example.com already exists.", "duplicate:email"),
        ("Email is not unique", "duplicate:email"),
        ("MobileNumber is not unique", "not_unique:mobile_number"),
        ("invalid email address", "invalid_email:email"),
        ("Need to fill this Email", "required:email"),
        ("Name can't be empty", "required:name"),
        ("Name has already been taken", "duplicate:name"),
        ("website is not in required format", "invalid:website"),
        ("Last name is not in required length", "too_long:last_name"),
        ("Deal stage doesn't exist", "invalid_stage:deal_stage_id"),
        ("Invalid owner provided.", "invalid_owner:owner_id"),
        ("Contact doesn't exist", "missing_reference"),
        ("Dit veld klopt niet", "refused"),
    ],
)
def test_a_refusal_is_classed_by_its_words_without_quoting_them(
    words: str, reason: str
) -> None:
    # G13
    verdict = verdict_of(Refused("x", status=400, messages=[words]), KEYS)
    assert verdict.reason == reason
    assert verdict.remedy == REMEDIES[verdict.error_class]
    assert "@" not in verdict.reason + verdict.remedy


def test_status_codes_decide_before_words() -> None:
    assert verdict_of(NotFound("x", messages=["already exists"])).reason == "not_found"
    assert verdict_of(Forbidden("x", messages=["already exists"])).reason == "forbidden"


@settings(max_examples=40, deadline=None)
@given(
    sizes=st.lists(st.sampled_from([1, 50, 200_000, 400_000]), max_size=30),
    most=st.integers(1, 7),
)
def test_groups_hold_every_record_once_and_stay_small(sizes: list[int], most: int) -> None:
    rows = [contact(n, last_name="x" * size) for n, size in enumerate(sizes)]
    items = list(items_of(plan(*rows)))
    for item in items:
        item.sent = item.record
    groups = form_groups("contacts", items, most)
    assert [item.at for group in groups for item in group.items] == list(range(len(items)))
    for group in groups:
        assert 1 <= len(group.items) <= most
        assert len(json.dumps({"contacts": group.rows})) < LARGEST_BODY + 64
        halves = [item for half in group.halves() for item in half.items]
        assert halves == group.items


@pytest.mark.parametrize(
    "word", ["completed", "Success", "done", "failed", "Partial Success"]
)
def test_known_words_end_a_job(word: str) -> None:
    assert has_ended({"status": word})


@pytest.mark.parametrize("word", ["in_progress", "queued", "Wird bearbeitet", "", None])
def test_any_other_word_means_that_it_runs(word: str | None) -> None:
    assert not has_ended({"status": word})


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        ({"failed": [{"index": 3, "errors": ["x"]}]}, {3}),
        ([{"index": 1, "error": "x"}, {"index": 2}], {1}),
        ({"success_count": 4, "failure_count": 1}, set()),
        (None, set()),
        ("all well", set()),
    ],
)
def test_a_jobs_data_is_read_as_far_as_it_tells_anything(data: Any, rows: set[int]) -> None:
    assert hinted_rows({"data": data}) == rows


def test_patience_looks_at_once_and_once_more_at_its_end() -> None:
    now = [0.0]
    policy = Policy(clock=lambda: now[0], sleep=lambda s: now.__setitem__(0, now[0] + s))
    assert len(list(policy.tries(0.0))) == 1
    times = [now[0] for _ in policy.tries(5.0)]
    assert times[0] == 0.0
    assert now[0] == pytest.approx(5.0)
    assert len(times) > 3


def test_a_snapshot_holds_every_record_once_with_its_links(crm: Opened) -> None:
    here = crm()
    here.load(small_load(3, 120, 230, 0))
    snapshot = here.snapshot()
    assert dict(snapshot.schema) == SCHEMA
    counts = dict(snapshot.group_by("module").len().iter_rows())
    assert counts == {"sales_accounts": 3, "contacts": 120, "deals": 230}
    assert snapshot["freshsales_id"].n_unique() == snapshot.height
    first = snapshot.filter(natural_key="person.0000@example.com").row(0, named=True)
    record = json.loads(first["record"])
    assert record["email"] == "Person.0000@example.com"
    assert len(record["sales_account_ids"]) == 1
    deals = snapshot.filter(module="deals")["record"].map_elements(
        lambda text: len(json.loads(text)["contact_ids"])
    )
    assert set(deals) == {1}


def test_what_changed_since_is_read_newest_first_and_no_further(crm: Opened) -> None:
    here = crm()
    here.load(plan(*(contact(n) for n in range(250))))
    newest = max(here.snapshot()["updated_at"])
    number = here.ledger.identity_ids(["contacts"])["contacts", "person.0007@example.com"]
    with Look(here.server) as look:
        look.put(f"/contacts/{number}", {"contact": {"city": "Oslo"}})
    before = here.client.counts["read"]
    changed = read_changed_since(here.client, here.metadata, "contacts", newest)
    assert here.client.counts["read"] == before + 1
    assert number in changed["freshsales_id"].to_list()
    assert read_changed_since(here.client, here.metadata, "contacts", "").height == 250
