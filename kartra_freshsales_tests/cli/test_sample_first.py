"""Production waits for a signed-off sample; then the load takes over what that loaded.

One workspace, one account, one story: sample, sign-off, load, preview, undo, status.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from kartra_freshsales.sandbox.server import SandboxProcess
from kartra_freshsales_tests.cli.scenario import (
    BATCH,
    DONE,
    OWNER,
    WAITING,
    WHO,
    Place,
    Said,
)

PEOPLE, SAMPLE = 60, 20
BUYER = "person.0@example.com"
_HEADER = "id,first_name,email,date_joined,tags,gdpr_status,owner\n"
_SALES = """\
ID,Transaction_Type,Date,Product,Price_point,Buyer_Email,Amount (USD),Processor,lead_id
900001,Sale,2024-05-06 07:08:09,Bread Course,1,person.0@example.com,120.50,Stripe,1
"""


def _contacts() -> str:
    rows = (
        f"{at + 1},Person {at},person.{at}@example.com,2024-01-02 03:04:05,"
        f"{'Trial' if at % 2 else 'Customer'},Accepted,{OWNER}\n"
        for at in range(PEOPLE)
    )
    return _HEADER + "".join(rows)


@dataclass
class Story:
    refused: Said
    sampled: Said
    unsigned: Said
    signed: Said
    full: Said
    preview: Said
    record: Said
    undone: Said
    status: Said


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with SandboxProcess(requests_per_hour=0) as sandbox:
        place = Place.new(tmp_path_factory.mktemp("sample"), sandbox)
        place.put("contacts.csv", _contacts())
        place.put("sales.csv", _SALES)
        place.decide("destination.yaml", "sample_first: false", "sample_first: true")
        place.decide("destination.yaml", "sample_size: 200", f"sample_size: {SAMPLE}")
        refused = place.go_on("migrate", "--json")
        sampled = place.go_on("migrate", "--sample", "--json")
        sign = ("approve", "--sample", "--name", WHO, "--digest")
        unsigned = place.call(*sign, "0" * 64)
        signed = place.call(*sign, sampled.facts["digest"])
        full = place.go_on("migrate", "--json")
        place.decide("tags.yaml", "rename: {}", "rename: {Trial: Trying}")
        preview = place.call("plan", "--impact", "--json")
        record = place.call("rollback", "--record", BUYER, "--dry-run", "--json")
        undone = place.call("rollback", "--approve", WHO, "--json")
        yield Story(
            refused=refused,
            sampled=sampled,
            unsigned=unsigned,
            signed=signed,
            full=full,
            preview=preview,
            record=record,
            undone=undone,
            status=place.call("status", "--json"),
        )


# S103, S107
def test_production_is_blocked_until_a_sample_is_signed_off(story: Story) -> None:
    assert story.refused.code == WAITING
    assert "migrate --sample" in story.refused.screen
    assert story.sampled.code == DONE, story.sampled.screen
    assert story.unsigned.code == WAITING
    assert story.signed.code == DONE, story.signed.screen


# S103, G16: a few records with their parents, all of them there and read back
def test_the_sample_is_small_whole_and_read_back(story: Story) -> None:
    facts = story.sampled.facts
    assert facts["passed"]
    modules = facts["modules"].values()
    assert all(row["chosen"] == row["standing"] > 0 for row in modules)
    assert sum(row["chosen"] for row in modules) <= SAMPLE
    assert "deals" in facts["modules"]


# G16: adopted, not reloaded
def test_the_load_takes_over_what_the_sample_loaded(story: Story) -> None:
    assert story.full.code == DONE, story.full.screen[-2000:]
    assert story.full.facts["certificate"] == "pass"
    sample = story.sampled.facts["modules"]
    told = story.full.facts["modules"]
    for module in ("contacts", "leads", "deals"):
        there = sample.get(module, {"standing": 0})["standing"]
        assert told[module]["skipped"] == there
        assert told[module]["created"] == told[module]["planned"] - there
    people = ("contacts", "leads")
    assert sum(told[module]["planned"] for module in people) == PEOPLE


# G15: what a changed map would do, before anybody confirms it
def test_a_changed_map_shows_which_loaded_records_it_changes(story: Story) -> None:
    assert story.preview.code == DONE, story.preview.screen
    facts = story.preview.facts
    changed = {row["field"]: row["records"] for row in facts["fields"]}
    assert changed == {"tags": PEOPLE // 2}
    assert facts["requests"] > 0
    assert not any(counts["create"] for counts in facts["modules"].values())


# G2: a single record goes with what hangs on it; nobody's address is in the run's config
def test_a_single_record_is_taken_back_with_what_hangs_on_it(story: Story) -> None:
    assert story.record.code == DONE, story.record.screen
    modules = story.record.facts["modules"]
    assert {module: counts["delete"] for module, counts in modules.items()} == {
        "contacts": 1,
        "deals": 1,
    }


# S3, G15
def test_a_status_tells_who_approved_and_what_was_taken_back(story: Story) -> None:
    assert story.undone.code == DONE, story.undone.screen
    facts = story.status.facts
    assert facts["batches"][BATCH]["rolled_back"]
    assert not facts["batches"][BATCH]["loaded"]
    approvals = {each["of"]: each for each in facts["approvals"]}
    assert approvals.keys() == {"plan", "sample", "rollback"}
    for each in approvals.values():
        assert each["by"] == WHO
        assert each["host"]
        assert each["run"]
