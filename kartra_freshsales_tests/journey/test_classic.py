"""The journey on Freshsales Classic: leads of their own, and conversions that lose nothing.

One workspace, one story; the account is judged through plain HTTP against the figures of
the sample's own answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

import httpx
import pytest

from kartra_freshsales_tests.journey.commands import Ran
from kartra_freshsales_tests.journey.crm import Record, Standing, tally
from kartra_freshsales_tests.journey.scene import WHO, Scene, new_scene

pytestmark = pytest.mark.timeout(2400)

CONTACTS = 50
BUDGET, RECURRING = "Budget in words", "Kartra subscription"
COMPANY = "Converted Company"


@dataclass
class Story:
    """What was done one after another, and what stood in the account after it."""

    scene: Scene
    ran: dict[str, Ran] = field(default_factory=dict)
    stood: dict[str, Standing] = field(default_factory=dict)
    labels: dict[str, dict[str, str]] = field(default_factory=dict)
    requests: dict[str, int] = field(default_factory=dict)
    lead: Record = field(default_factory=dict)
    contact: Record = field(default_factory=dict)

    @property
    def loaded(self) -> Standing:
        """The account after the load."""
        return self.stood["load"]


def give_field(scene: Scene, endpoint: str, label: str) -> None:
    """What an admin does who adds a text field to a form."""
    form = scene.crm.get(f"/settings/{endpoint}/forms")["forms"][0]["id"]
    answer = scene.crm.http.post(
        f"/settings/{endpoint}/forms/{form}/fields", json={"label": label, "type": "text"}
    )
    assert answer.status_code == 200, answer.text


def map_fields(scene: Scene) -> None:
    """What an admin does on the conversion screen, by the checklist."""
    leads, contacts = (scene.crm.labels(name) for name in ("leads", "contacts"))
    mapping = {name: {"contact": contacts[label]} for label, name in leads.items()}
    answer = httpx.put(f"{scene.control_url}/conversion", json=mapping)
    assert answer.status_code == 200, answer.text


def convert(story: Story) -> None:
    """A rep converts the lead of which most is known."""
    crm = story.scene.crm
    leads = story.loaded.records["leads"].values()
    noted = [lead for lead in leads if lead["id"] in story.loaded.notes] or list(leads)
    story.lead = max(noted, key=lambda lead: len(filled(lead)))
    answer = crm.http.post(
        f"/leads/{story.lead['id']}/convert",
        json={"lead": {"last_name": story.lead["last_name"], "company": {"name": COMPANY}}},
    )
    assert answer.status_code == 200, answer.text
    number = answer.json()["contact"]["id"]
    story.contact = crm.get(f"/contacts/{number}", include="owner")["contact"]


def filled(record: Record) -> Record:
    """Custom fields that hold something."""
    return {k: v for k, v in record["custom_field"].items() if v not in (None, "", [])}


def live_through_it(scene: Scene, story: Story) -> None:
    """From an account without our fields to a converted lead, and back."""
    crm, ran, stood = scene.crm, story.ran, story.stood
    scene.decide("destination.yaml", "edition: suite", "edition: classic")
    scene.decide("destination.yaml", "plan: growth", "plan: garden")
    give_field(scene, "leads", BUDGET)
    ran["gap"] = scene.migrate()
    stood["gap"] = crm.standing()
    give_field(scene, "contacts", BUDGET)
    map_fields(scene)
    ran["confirmed"] = scene.run(
        "conversion", "--probe", "--yes", "--confirm", WHO, "--json"
    )
    stood["probed"] = crm.standing()
    before = crm.history()["requests"]
    ran["load"] = scene.migrate()
    story.requests = {"all": crm.history()["requests"] - before}
    stood["load"] = crm.standing()
    story.labels = {name: crm.labels(name) for name in ("contacts", "leads", "deals")}
    ran["again"] = scene.migrate()
    convert(story)
    stood["converted"] = crm.standing()
    ran["verify converted"] = scene.run("verify", "--json")
    ran["after conversion"] = scene.migrate()
    stood["after conversion"] = crm.standing()
    ran["rollback"] = scene.run("rollback", "--approve", WHO, "--json")
    stood["rollback"] = crm.standing()


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    root = tmp_path_factory.mktemp("classic") / "workspace"
    with new_scene(root, sample=CONTACTS, edition="classic") as scene:
        lived = Story(scene)
        live_through_it(scene, lived)
        yield lived


# S83: before any record is sent
def test_a_lead_field_without_a_place_blocks_and_is_named(story: Story) -> None:
    ran = story.ran["gap"]
    assert ran.code == 3
    assert BUDGET in ran.screen
    assert not any(story.stood["gap"].counts.values())
    checklist = story.scene.root / "reports" / "conversion_checklist.md"
    assert BUDGET in checklist.read_text(encoding="utf-8")


# S82, S106
def test_a_test_conversion_carries_every_field_and_leaves_nothing(story: Story) -> None:
    told = story.ran["confirmed"].facts["probe"]
    assert (told["lost"], told["left"]) == ([], [])
    assert {row["state"] for row in told["fields"]} == {"arrived"}
    assert not any(story.stood["probed"].counts.values())


# S82, S96, S106
def test_the_conversion_is_confirmed_for_exactly_these_fields(story: Story) -> None:
    told = story.ran["confirmed"].facts
    assert (story.ran["confirmed"].code, told["gaps"]) == (0, 0)
    assert {row["lead_field"] for row in told["fields"]} == set(
        story.labels["leads"].values()
    )
    said = (story.scene.root / "mappings" / "conversion.yaml").read_text(encoding="utf-8")
    assert told["digest"] in said
    assert WHO in said


# S8, S23, S24, S104: counts of all modules, leads and contacts told apart
def test_every_record_arrives_in_its_own_module(story: Story) -> None:
    ran, wanted = story.ran["load"], story.scene.truth["modules"]
    assert ran.code == 0, ran.screen[-2000:]
    assert ran.facts["certificate"] == "pass"
    assert story.loaded.counts == {
        "sales_accounts": wanted["sales_accounts"],
        "contacts": wanted["contacts"],
        "leads": wanted["leads"],
        "deals": wanted["deals"] + wanted["subscriptions"],
        "notes": wanted["notes"],
        "lists": 0,
        "members": 0,
    }


# S23, S26
def test_who_neither_paid_nor_works_for_a_company_is_a_lead(story: Story) -> None:
    deals = story.loaded.records["deals"].values()
    buyers = {who for deal in deals for who in deal["contact_ids"]}
    contacts = story.loaded.records["contacts"]
    assert buyers <= set(contacts)
    for number, person in contacts.items():
        assert number in buyers or person["sales_accounts"]
        assert "lifecycle_stage_id" not in person
    assert all(lead["lead_stage_id"] for lead in story.loaded.records["leads"].values())


# S14, S88
def test_the_amounts_of_the_deals_add_up(story: Story) -> None:
    deals = story.loaded.records["deals"].values()
    paid = [Decimal(deal["amount"]) for deal in deals if RECURRING not in deal["name"]]
    assert f"{sum(paid):.2f}" == story.scene.truth["deal_amount"]["USD"]


# S49: Classic has no marketing lists
def test_list_memberships_stand_in_a_field(story: Story) -> None:
    found: list[str] = []
    for endpoint in ("contacts", "leads"):
        name = story.labels[endpoint]["Kartra lists"]
        for person in story.loaded.records[endpoint].values():
            value = person["custom_field"][name] or []
            found += value if isinstance(value, list) else value.split(";")
    assert tally(found) == story.scene.truth["list_members"]


# S12, S45
def test_tags_stand_on_contacts_and_leads(story: Story) -> None:
    people = [
        person
        for endpoint in ("contacts", "leads")
        for person in story.loaded.records[endpoint].values()
    ]
    assert tally(tag for p in people for tag in p["tags"]) == story.scene.truth["tags"]


# G6: accounts and deals take a request each here
def test_the_plan_announced_the_requests_of_the_load(story: Story) -> None:
    told = story.ran["load"].facts["requests"]
    modules = story.scene.truth["modules"]
    single = sum(modules[m] for m in ("sales_accounts", "deals", "subscriptions", "notes"))
    assert told["write"] == single + 2
    assert sum(told.values()) == story.requests["all"]


# G5
def test_a_second_migrate_writes_nothing(story: Story) -> None:
    again = story.ran["again"]
    assert (again.code, again.writes) == (0, 0), again.screen[-2000:]
    assert again.facts["certificate"] == "pass"


# S84: every value of every custom field stands on the contact
def test_a_conversion_by_a_rep_loses_nothing(story: Story) -> None:
    names = {
        name: story.labels["contacts"][label]
        for label, name in story.labels["leads"].items()
    }
    wanted = {names[name]: value for name, value in filled(story.lead).items()}
    assert wanted
    assert filled(story.contact) == wanted
    for key in ("email", "first_name", "last_name", "city", "owner_id"):
        assert story.contact[key] == story.lead[key]
    notes = story.stood["converted"].notes
    assert notes.get(story.contact["id"]) == story.loaded.notes.get(story.lead["id"])


# G3, S84: the lead stands no longer because it is a contact now
def test_a_converted_lead_is_recognised_when_everything_is_read_again(story: Story) -> None:
    told = story.ran["verify converted"].facts
    assert told["passed"], told["differences"]
    leads, wanted = told["modules"]["leads"], story.scene.truth["modules"]["leads"]
    assert (leads["converted"], leads["differing"]) == (1, 0)
    assert leads["records"] == wanted == leads["verified"] + 1


# S28, S84, G5: found by address; the tags that a conversion drops are given back
def test_who_was_converted_is_a_contact_from_then_on(story: Story) -> None:
    ran, now = story.ran["after conversion"], story.stood["after conversion"]
    assert ran.code == 0, ran.screen[-2000:]
    assert ran.facts["certificate"] == "pass"
    assert story.lead["id"] not in now.records["leads"]
    assert now.counts["leads"] == story.loaded.counts["leads"] - 1
    assert now.counts["contacts"] == story.loaded.counts["contacts"] + 1
    contact = now.records["contacts"][story.contact["id"]]
    assert sorted(contact["tags"]) == sorted(story.lead["tags"])
    assert filled(contact) == filled(story.contact)
    assert ran.writes <= 1


# G2: what the rep made stays, everything else goes
def test_the_rollback_is_proven_and_spares_what_was_converted(story: Story) -> None:
    ran, left = story.ran["rollback"], story.stood["rollback"]
    assert ran.code == 0, ran.screen[-2000:]
    assert ran.facts["state"] == "done"
    assert set(left.records["contacts"]) == {story.contact["id"]}
    assert {a["name"] for a in left.records["sales_accounts"].values()} == {COMPANY}
    assert left.counts["leads"] == left.counts["deals"] == 0
    assert left.counts["notes"] == 0
    converted = story.stood["converted"].bare("contacts")[story.contact["id"]]
    without_note = converted | {"recent_note": None}  # the note was ours
    assert left.bare("contacts")[story.contact["id"]] == without_note
