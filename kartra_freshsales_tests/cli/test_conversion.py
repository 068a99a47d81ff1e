"""The command ``conversion``: only Classic has one, and a person answers for it."""

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
import yaml

from kartra_freshsales.sandbox.server import SandboxProcess
from kartra_freshsales_tests.cli.scenario import DONE, FAILED, WAITING, Place


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A workspace for an account of Classic without custom fields."""
    with SandboxProcess(edition="classic", requests_per_hour=0) as sandbox:
        made = Place.new(tmp_path_factory.mktemp("conversion") / "work", sandbox)
        made.decide("destination.yaml", "edition: suite", "edition: classic")
        made.decide("destination.yaml", "plan: growth", "plan: garden")
        yield made


def give_field(place: Place, endpoint: str) -> None:
    """What an admin does who adds a text field to a form."""
    settings = dict(
        line.split("=", 1) for line in (place.root / ".env").read_text().splitlines()
    )
    address = f"{settings['FRESHSALES_BASE_URL']}/settings/{endpoint}/forms"
    key = {"Authorization": f"Token token={settings['FRESHSALES_API_KEY']}"}
    form = httpx.get(address, headers=key).json()["forms"][0]["id"]
    body = {"label": "Budget", "type": "text"}
    answer = httpx.post(f"{address}/{form}/fields", json=body, headers=key)
    assert answer.status_code == 200, answer.text


def test_the_suite_has_no_conversion(tmp_path_factory: pytest.TempPathFactory) -> None:
    place = Place.new(tmp_path_factory.mktemp("suite"))
    place.point_at("http://127.0.0.1:9/crm/sales/api", "key")
    said = place.call("conversion")
    assert said.code == FAILED
    assert "a lead is a contact there" in said.screen


# S106: a name, a day and the fields, and every comment is kept
def test_a_confirmation_is_written_beside_its_explanation(place: Place) -> None:
    assert place.call("conversion", "--json").code == WAITING
    path = place.root / "mappings" / "conversion.yaml"
    before = path.read_text(encoding="utf-8")
    said = place.call("conversion", "--confirm", "Somebody's \\1 Name", "--json")
    assert (said.code, said.facts["confirmed"]) == (DONE, True)
    text = path.read_text(encoding="utf-8")
    told = yaml.safe_load(text)
    assert told["confirmed_by"] == "Somebody's \\1 Name"
    assert told["confirmed_on"] == datetime.now(UTC).date()
    assert told["fields"] == said.facts["digest"]
    kept = [line for line in before.splitlines() if line.startswith("#")]
    assert kept == [line for line in text.splitlines() if line.startswith("#")]
    assert place.call("conversion", "--json").code == DONE


# S106: it writes, so production asks
def test_a_probe_of_a_production_account_needs_a_yes(place: Place) -> None:
    said = place.call("conversion", "--probe", "--json")
    assert said.code == WAITING
    assert "--yes" in said.screen
    said = place.call("conversion", "--probe", "--yes", "--json")
    assert said.facts["probe"] == {"fields": [], "lost": [], "left": []}


# S83, S106: the last of the module, for it gives the account a field
def test_nobody_can_confirm_a_conversion_that_loses_a_field(place: Place) -> None:
    give_field(place, "leads")
    said = place.call("conversion", "--confirm", "Somebody", "--json")
    assert said.code == FAILED
    assert "'Budget'" in said.screen
    give_field(place, "contacts")  # there, but not mapped on the screen
    words = ("--probe", "--yes", "--confirm", "Somebody", "--json")
    said = place.call("conversion", *words)
    assert said.code == FAILED
    assert "test conversion lost 1 field(s), first 'Budget'" in said.screen
    assert place.call("conversion", "--json").code == WAITING
