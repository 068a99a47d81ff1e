"""A later export: only what changed is written, and a refund finds its old sale."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from kartra_freshsales_tests.journey import exports as e
from kartra_freshsales_tests.journey.commands import Ran
from kartra_freshsales_tests.journey.crm import Standing
from kartra_freshsales_tests.journey.scene import WHO, Scene, new_scene

pytestmark = pytest.mark.timeout(1200)

NEW_ADDRESS = "9 Quay Street"
CHANGED = {**e.PEOPLE[e.BEN], "address": NEW_ADDRESS}
NEW = {
    **e.PEOPLE[e.CLEO], "id": "4", "first_name": "Dora", "last_name": "Dyer",
    "email": e.DORA,
}  # fmt: skip
REFUND = {
    **e.SALE, "ID": "900009", "Transaction_Type": "Refund", "Date": "2024-07-08 09:10:11",
    "Processor_transaction_id": e.SALE["Processor_transaction_id"],
}  # fmt: skip


@dataclass
class Story:
    scene: Scene
    first: Ran
    before: Standing
    delta: Ran
    after: Standing
    again: Ran
    rollback: Ran
    restored: Standing
    routes: dict[str, int]
    stages: dict[int, str]
    labels: dict[str, str]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with new_scene(tmp_path_factory.mktemp("delta") / "workspace") as scene:
        scene.put("batch-03", "contacts.csv", e.contacts(*e.PEOPLE.values()))
        sales = (e.SALE, e.OTHER_SALE)
        scene.put("batch-03", "transactions.csv", e.transactions(*sales))
        first, before = scene.migrate(), scene.crm.standing()
        earlier = scene.crm.history()["writes_by_route"]
        scene.put("batch-04", "contacts.csv", e.contacts(e.PEOPLE[e.ADA], CHANGED, NEW))
        scene.put("batch-04", "transactions.csv", e.transactions(REFUND))
        delta, after = scene.migrate(), scene.crm.standing()
        later = scene.crm.history()["writes_by_route"]
        again = scene.migrate()
        rollback = scene.run("rollback", "--batch", "batch-04", "--approve", WHO, "--json")
        yield Story(
            scene=scene,
            first=first,
            before=before,
            delta=delta,
            after=after,
            again=again,
            rollback=rollback,
            restored=scene.crm.standing(),
            routes={
                route: made
                for route, count in later.items()
                if (made := count - earlier.get(route, 0))
            },
            stages=scene.crm.names("deal_stages"),
            labels=scene.crm.labels("deals"),
        )


def test_both_loads_pass(story: Story) -> None:  # S8, S74, S76
    for ran in (story.first, story.delta):
        assert ran.code == 0, ran.screen[-2000:]
        assert ran.facts["certificate"] == "pass"


# G5, S74
def test_only_the_changed_and_the_new_contact_are_written(story: Story) -> None:
    before, after = story.before.bare("contacts"), story.after.bare("contacts")
    written = {after[n]["email"] for n in after if after[n] != before.get(n)}
    # Ada's deal is lost now, which her own figures show.
    assert written - {e.ADA} == {e.BEN, e.DORA}
    assert story.after.by("contacts", "email")[e.BEN]["address"] == NEW_ADDRESS
    unchanged = story.before.by("contacts", "email")[e.ADA]["id"]
    stamps = [
        s.records["contacts"][unchanged]["updated_at"] for s in (story.before, story.after)
    ]
    assert stamps[0] == stamps[1]


# S88, G5
def test_a_refund_changes_exactly_the_deal_it_undoes(story: Story) -> None:
    before, after = (s.by("deals", "name") for s in (story.before, story.after))
    assert before.keys() == after.keys()
    changed = [
        name for name in after if after[name]["updated_at"] != before[name]["updated_at"]
    ]
    (name,) = changed
    assert e.SALE["ID"] in name
    deal = after[name]
    assert story.stages[deal["deal_stage_id"]] == "Lost"
    custom = {label: deal["custom_field"][key] for label, key in story.labels.items()}
    assert custom["Refund status"] == "Full refund"
    assert custom["Refund date"] == "2024-07-08"
    assert float(custom["Refunded amount"]) == 120.5
    assert deal["amount"] == before[name]["amount"]


# G5, G6
def test_the_summary_counts_the_difference(story: Story) -> None:
    told = story.delta.facts
    assert told["requests"]["write"] == story.delta.writes == sum(story.routes.values())
    people = [told["modules"][module] for module in ("contacts", "leads")]
    assert sum(counts["created"] for counts in people) == 1
    assert sum(counts["updated"] for counts in people) == 1
    assert told["modules"]["deals"]["updated"] == 1
    assert told["modules"]["deals"]["created"] == 0


def test_the_delta_itself_is_sent_once(story: Story) -> None:  # G5
    assert (story.again.code, story.again.writes) == (0, 0), story.again.screen[-2000:]


# G2: one batch alone, and with it what its refund did to a deal of an earlier batch
def test_the_later_batch_can_be_taken_back_alone(story: Story) -> None:
    assert story.rollback.code == 0, story.rollback.screen[-2000:]
    assert story.rollback.facts["state"] == "done"
    for endpoint in ("sales_accounts", "contacts", "deals"):
        assert story.restored.bare(endpoint) == story.before.bare(endpoint)
    assert story.restored.members == story.before.members
