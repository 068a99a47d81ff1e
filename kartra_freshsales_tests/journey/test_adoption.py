"""An account that people already work in: adopted, added to, and given back as it was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from kartra_freshsales_tests.journey import exports as e
from kartra_freshsales_tests.journey.commands import Ran
from kartra_freshsales_tests.journey.crm import Record, Standing
from kartra_freshsales_tests.journey.scene import WHO, Scene, new_scene

pytestmark = pytest.mark.timeout(1200)

UNSUBSCRIBED, SUBSCRIBED, NOT_SUBSCRIBED = 0, 1, 2
OWN_CITY, OWN_NAME, OWN_SITE = "Harbour Town", "Adelaide", "https://bakery.example.com"
OLD_TAG, LIST = "Regular", "Bakers"


@dataclass
class Story:
    """The account before, after the load, and after the undo."""

    ids: dict[str, int]
    before: Standing
    loaded: Standing
    after: Standing
    migrate: Ran
    again: Ran
    rollback: Ran
    root: Path

    def now(self, email: str) -> Record:
        """A contact as the load left it."""
        return self.loaded.by("contacts", "email")[email]


def fill_in(scene: Scene) -> dict[str, int]:
    """What people had put into the account before anybody thought of a migration."""
    crm = scene.crm
    bakery = crm.create("sales_accounts", name=e.BAKERY.upper(), website=OWN_SITE)
    ada = crm.create(
        "contacts",
        email=e.ADA.upper(),
        first_name=OWN_NAME,
        last_name="Archer",
        city=OWN_CITY,
        tags=[OLD_TAG],
        subscription_status=UNSUBSCRIBED,
    )
    ben = crm.create(
        "contacts", email=e.BEN, last_name="B.", subscription_status=NOT_SUBSCRIBED
    )
    cleo = crm.create(
        "contacts", email=e.CLEO, last_name="C.", subscription_status=SUBSCRIBED
    )
    dora = crm.create("contacts", email=e.DORA, last_name="Dyer", city="Nowhere Near")
    deal = crm.create(
        "deals", name="A deal of our own", amount="10", contacts_added_list=[dora]
    )
    answer = crm.http.post("/lists", json={"name": LIST})
    number = answer.json()["list"]["id"]
    crm.http.put(f"/lists/{number}/add_contacts", json={"ids": [dora, ada]})
    about = {"targetable_type": "Contact", "targetable_id": ada, "description": "Likes rye"}
    assert crm.http.post("/notes", json={"note": about}).status_code == 200
    return {
        "bakery": bakery, "ada": ada, "ben": ben, "cleo": cleo, "dora": dora, "deal": deal,
    }  # fmt: skip


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with new_scene(tmp_path_factory.mktemp("adoption") / "workspace") as scene:
        scene.put("first", "contacts.csv", e.contacts(*e.PEOPLE.values()))
        scene.put("first", "transactions.csv", e.transactions(e.SALE))
        ids, before = fill_in(scene), scene.crm.standing()
        migrate = scene.migrate()
        loaded = scene.crm.standing()
        again = scene.migrate()
        rollback = scene.run("rollback", "--approve", WHO, "--json")
        after = scene.crm.standing()
        yield Story(ids, before, loaded, after, migrate, again, rollback, scene.root)


# S8, S16
def test_the_migration_passes_on_an_account_in_use(story: Story) -> None:
    assert story.migrate.code == 0, story.migrate.screen[-2000:]
    modules = story.migrate.facts["modules"]
    assert modules["contacts"]["created"] == modules["sales_accounts"]["created"] == 0
    assert modules["deals"]["created"] == 1


# S11, S32: matched by address and by name, whatever the letter case
def test_records_that_stand_there_are_adopted(story: Story) -> None:
    contacts, accounts = (story.loaded.records[m] for m in ("contacts", "sales_accounts"))
    assert set(contacts) == set(story.before.records["contacts"])
    assert set(accounts) == {story.ids["bakery"]}
    ada = contacts[story.ids["ada"]]
    assert [link["id"] for link in ada["sales_accounts"]] == [story.ids["bakery"]]


# G5
def test_only_blanks_are_filled(story: Story) -> None:
    ada = story.loaded.records["contacts"][story.ids["ada"]]
    assert (ada["city"], ada["first_name"]) == (OWN_CITY, OWN_NAME)
    assert (ada["address"], ada["country"]) == ("1 Mill Lane", "United States")
    bakery = story.loaded.records["sales_accounts"][story.ids["bakery"]]
    assert (bakery["name"], bakery["website"]) == (e.BAKERY.upper(), OWN_SITE)


# S16, S8: compared all the same, and counted apart from what we sent
def test_fields_left_to_people_are_reported(story: Story) -> None:
    said = json.loads((story.root / "reports" / "certificate.json").read_text("utf-8"))
    kept = {m["module"]: int(m["measured"]) for m in said["measured"]
            if m["name"] == "fields left as people had them"}  # fmt: skip
    table = pl.read_csv(story.root / "reports" / "differences.csv", infer_schema=False)
    found = table.filter(cause="kept")
    assert kept == dict(found.group_by("module").len().iter_rows())
    ada = found.filter(pl.col("freshsales id") == str(story.ids["ada"]))
    assert {"city", "first_name"} <= set(ada["field"])
    assert set(ada["source file"]) == {"first/contacts.csv"}


# S12, G5
def test_tags_and_lists_are_united(story: Story) -> None:
    ada = story.loaded.records["contacts"][story.ids["ada"]]
    assert sorted(ada["tags"]) == ["Customer", "Newsletter", OLD_TAG]
    assert story.loaded.members == {
        LIST: {story.ids["ada"], story.ids["ben"], story.ids["dora"]}
    }


# S60, G10
def test_consent_is_never_raised(story: Story) -> None:
    people = story.loaded.records["contacts"]
    assert people[story.ids["ada"]]["subscription_status"] == UNSUBSCRIBED
    assert people[story.ids["ben"]]["subscription_status"] == NOT_SUBSCRIBED


# G10
def test_a_refusal_in_the_exports_reaches_the_account(story: Story) -> None:
    cleo = story.loaded.records["contacts"][story.ids["cleo"]]
    assert cleo["subscription_status"] == UNSUBSCRIBED


def test_what_the_exports_do_not_name_is_not_touched(story: Story) -> None:  # G5
    for endpoint, name in (("contacts", "dora"), ("deals", "deal")):
        number = story.ids[name]
        assert story.loaded.bare(endpoint)[number] == story.before.bare(endpoint)[number]


def test_a_second_migrate_writes_nothing(story: Story) -> None:  # G5
    assert (story.again.code, story.again.writes) == (0, 0), story.again.screen[-2000:]


# G2: field by field, tags, links, lists and consent
def test_the_rollback_gives_the_account_back_as_it_was(story: Story) -> None:
    assert story.rollback.code == 0, story.rollback.screen[-2000:]
    assert story.rollback.facts["state"] == "done"
    for endpoint in story.before.records:
        assert story.after.bare(endpoint) == story.before.bare(endpoint)
    assert story.after.notes == story.before.notes
    assert story.after.members == story.before.members
