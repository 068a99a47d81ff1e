"""Where the journey waits for a person, one gate after another, and what opens each.

Nothing is approved on the way here: every gate is met as an operator meets it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from kartra_freshsales_tests.journey import exports as e
from kartra_freshsales_tests.journey.commands import Ran
from kartra_freshsales_tests.journey.crm import Standing
from kartra_freshsales_tests.journey.private import private_patterns, texts_with
from kartra_freshsales_tests.journey.scene import WHO, Scene, new_scene

pytestmark = pytest.mark.timeout(1200)

DONE, FAILED, WAITING = 0, 1, 3
BATCH = "first"


@dataclass
class Story:
    """What each step answered, and which reports lay there after it."""

    scene: Scene
    ran: dict[str, Ran] = field(default_factory=dict)
    reports: dict[str, set[str]] = field(default_factory=dict)
    queue: list[dict[str, str]] = field(default_factory=list)
    checklist: str = ""
    digests: dict[str, str] = field(default_factory=dict)
    stood: Standing = field(default_factory=Standing)

    def step(self, name: str, command: str, *words: str) -> Ran:
        self.ran[name] = self.scene.run(command, *words, "--json")
        self.reports[name] = self.scene.reports()
        return self.ran[name]

    def plan(self, name: str) -> str:
        """The digest of the batch's plan as ``plan`` shows it now."""
        facts = self.step(name, "plan", "--approve", WHO).facts
        self.digests[name] = str(facts["plans"][BATCH]["digest"])
        return self.digests[name]

    def approve(self, name: str, digest: str) -> None:
        self.step(name, "approve", "--batch", BATCH, "--digest", digest, "--name", WHO)


def live_through_it(story: Story) -> None:
    scene, reports = story.scene, story.scene.root / "reports"
    story.step("nothing confirmed", "migrate")
    story.step("confirmed", "migrate", "--approve", WHO)
    with (reports / "owner_queue.csv").open(encoding="utf-8-sig", newline="") as file:
        story.queue = list(csv.DictReader(file))
    scene.decide("owners.yaml", "remap: {}", f"remap: {{{e.STRANGER}: {e.SOUTH}}}")
    story.step("owners settled", "migrate", "--approve", WHO)
    story.checklist = (reports / "field_checklist.md").read_text(encoding="utf-8")
    story.step("fields allowed", "migrate", "--create-fields")
    first = story.plan("planned")
    story.approve("wrong digest", "0" * len(first))
    story.approve("approved", first)
    scene.decide("tags.yaml", "rename: {}", "rename: {Newsletter: Reader}")
    story.step("map changed after approval", "migrate")
    second = story.plan("planned again")
    story.step("plan changed after approval", "migrate")
    story.approve("stale digest", first)
    story.approve("approved again", second)
    story.step("done", "migrate")
    story.stood = scene.crm.standing()


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with new_scene(tmp_path_factory.mktemp("waiting") / "workspace") as scene:
        people = [dict(person) for person in e.PEOPLE.values()]
        people[2]["owner"] = e.STRANGER
        scene.put(BATCH, "contacts.csv", e.contacts(*people))
        scene.put(BATCH, "transactions.csv", e.transactions(e.SALE))
        told = Story(scene)
        live_through_it(told)
        yield told


def waits(ran: Ran) -> str:
    """What a command says it waits for; it must have written nothing."""
    assert (ran.code, ran.writes) == (WAITING, 0), ran.screen[-2000:]
    return str(ran.facts["waiting_for"])


# S9, S15, S17, S102: scope, gaps and owners are listed before anything is confirmed
def test_first_it_waits_for_the_map_with_the_scope_already_written(story: Story) -> None:
    said = waits(story.ran["nothing confirmed"])
    assert "mapping" in said
    assert "migration_scope.html" in said
    assert story.reports["nothing confirmed"] >= {
        "migration_scope.html", "migration_scope.md", "data_gaps.md", "tag_taxonomy.csv",
        "mapping_proposal.csv", "owner_queue.csv",
    }  # fmt: skip


# S62, S63, S101
def test_then_it_waits_for_the_owner_nobody_answers_to(story: Story) -> None:
    assert "owner_queue.csv" in waits(story.ran["confirmed"])
    assert [row for row in story.queue if e.STRANGER in row.values()]
    assert len(story.queue) == 1


# S13, S56, S93, S97
def test_then_it_waits_for_the_fields_with_a_checklist(story: Story) -> None:
    assert "field_checklist.md" in waits(story.ran["owners settled"])
    for label in ("Kartra ID", "GDPR status", "Kartra transaction ID", "Refund status"):
        assert (label in story.checklist) == (label != "Refund status")


# S17, S56: fields are created where it is allowed, records are not
def test_then_it_waits_for_the_plan_with_nothing_but_fields_created(story: Story) -> None:
    ran = story.ran["fields allowed"]
    assert ran.code == WAITING, ran.screen[-2000:]
    assert story.digests["planned"] in ran.facts["waiting_for"]
    assert ran.writes > 0
    routes = story.scene.crm.history()["writes_by_route"]
    fields = sum(n for route, n in routes.items() if "/settings/" in route)
    assert fields == ran.writes


# G15
def test_a_wrong_digest_is_refused_and_the_right_one_named(story: Story) -> None:
    assert story.digests["planned"] in waits(story.ran["wrong digest"])


# G15, S17: a changed map has to be confirmed again, whatever was approved under it
def test_a_map_changed_after_the_approval_stops_the_load(story: Story) -> None:
    assert story.ran["approved"].code == DONE
    assert "mapping" in waits(story.ran["map changed after approval"])


# G15: confirming the new map is no approval of the new plan
def test_a_changed_map_voids_the_approval_of_the_plan(story: Story) -> None:
    assert story.digests["planned again"] != story.digests["planned"]
    said = waits(story.ran["plan changed after approval"])
    assert story.digests["planned again"] in said
    assert story.digests["planned again"] in waits(story.ran["stale digest"])


# S8, S12
def test_with_all_gates_open_it_loads_what_was_approved(story: Story) -> None:
    assert story.ran["approved again"].code == DONE
    done = story.ran["done"]
    assert done.code == DONE, done.screen[-2000:]
    assert done.facts["certificate"] == "pass"
    people = story.stood.by("contacts", "email")
    assert set(people) == set(e.PEOPLE)
    assert sorted(people[e.ADA]["tags"]) == ["Customer", "Reader"]
    users = story.scene.crm.names("owners")
    assert users[people[e.CLEO]["owner_id"]] == e.SOUTH


# G18: what a gate says is counts and file names
def test_no_gate_names_a_person_of_the_exports(story: Story) -> None:
    pattern = private_patterns("Archer", "120.5")
    said = [text for ran in story.ran.values() for text in (ran.out, ran.err)]
    assert texts_with(pattern, said) == []
