"""An export from somewhere else: odd columns, semicolons, an old Windows encoding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from kartra_freshsales_tests.journey.commands import Ran
from kartra_freshsales_tests.journey.crm import Record, Standing
from kartra_freshsales_tests.journey.private import (
    files_with,
    private_patterns,
    texts_with,
)
from kartra_freshsales_tests.journey.scene import Scene, new_scene

pytestmark = pytest.mark.timeout(1200)

SHOE, COLOUR = "Shoe size", "Favourite colour"
PEOPLE = (
    ("zoë@example.com".replace("ë", "e"), "Zoë", "Müller", "42,5", "Crème – “off”"),
    ("bjorn@example.net", "Bjørn", "Ångström", "", "Grün; oder Blau"),
    ("anne@example.org", "Anne", "O'Neill", "38", ""),
)
"""One row per person: accents, curly quotes, a separator inside a cell, and blanks."""
HEADER = ("Email Address", "First", "Last", SHOE, COLOUR)


def export() -> str:
    rows = [
        ";".join(f'"{cell}"' if ";" in cell else cell for cell in row) for row in PEOPLE
    ]
    return "\r\n".join([";".join(HEADER), *rows, ""])


@dataclass
class Story:
    scene: Scene
    migrate: Ran
    stood: Standing
    labels: dict[str, str]

    def person(self, email: str) -> Record:
        return self.stood.by("contacts", "email")[email]

    def custom(self, email: str, label: str) -> Any:
        return self.person(email)["custom_field"][self.labels[label]]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with new_scene(tmp_path_factory.mktemp("foreign") / "workspace") as scene:
        scene.put("2019_old_list", "Kunden (final).csv", export(), encoding="cp1252")
        ran = scene.migrate()
        yield Story(scene, ran, scene.crm.standing(), scene.crm.labels("contacts"))


# S10, S67, G8
def test_it_is_migrated_without_a_word_of_explanation(story: Story) -> None:
    assert story.migrate.code == 0, story.migrate.screen[-2000:]
    told = story.migrate.facts
    assert told["certificate"] == "pass"
    assert told["kinds"]["contacts"]["rows"] == told["kinds"]["contacts"]["loaded"] == 3
    assert set(story.stood.by("contacts", "email")) == {person[0] for person in PEOPLE}


# S52, S56: labels are exactly the headers
def test_unknown_columns_become_fields_with_exactly_their_headers(story: Story) -> None:
    assert {SHOE, COLOUR} <= set(story.labels)


# S16, G8
def test_every_value_arrives_as_it_was_written(story: Story) -> None:
    for email, first, last, shoe, colour in PEOPLE:
        person = story.person(email)
        assert (person["first_name"], person["last_name"]) == (first, last)
        assert (story.custom(email, SHOE) or "") == shoe
        assert (story.custom(email, COLOUR) or "") == colour


# S60: an export without consent gives nobody's
def test_nobody_is_subscribed_by_an_export_without_consent(story: Story) -> None:
    people = story.stood.records["contacts"].values()
    assert {person["subscription_status"] for person in people} == {2}


# S64
def test_an_export_without_owners_goes_to_the_account_s_admin(story: Story) -> None:
    people = story.stood.records["contacts"].values()
    users = story.scene.crm.names("owners")
    assert {users[person["owner_id"]] for person in people} == {"admin@example.com"}


# S65, S75, S79: what the file lacks is said
def test_the_gaps_of_the_export_are_written_down(story: Story) -> None:
    gaps = (story.scene.root / "reports" / "data_gaps.md").read_text(encoding="utf-8")
    assert len(gaps.splitlines()) > 5


# G18
def test_no_address_name_or_key_stands_in_logs_events_or_on_the_screen(
    story: Story,
) -> None:
    key = str(story.scene.crm.http.headers["Authorization"]).partition("token=")[2]
    assert len(key) > 10
    pattern = private_patterns(key, "Müller", "Ångström", "Crème")
    assert files_with(pattern, story.scene.root / "data" / "dagster") == []
    assert texts_with(pattern, [story.migrate.out, story.migrate.err]) == []
    reports = story.scene.root / "reports"
    assert files_with(private_patterns(key), reports) == files_with(
        private_patterns(), reports
    )
