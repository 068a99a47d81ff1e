"""One migration of good and bad files: what screen, report and JSON tell of it."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from kartra_freshsales.sandbox.server import SandboxProcess
from kartra_freshsales.transforms.normalisations import RULES
from kartra_freshsales_tests.cli.scenario import (
    AWKWARD,
    BATCH,
    DONE,
    FAILED,
    OWNER,
    UNUSABLE,
    WAITING,
    WHO,
    Place,
    Said,
)

pytestmark = pytest.mark.xdist_group("cli-problems")
EVERY = {**{name: words for name, (_, words) in UNUSABLE.items()}} | {
    name: words for name, (_, words, _) in AWKWARD.items()
}
# Cleo once more, in an export that comes later by its name's order; one way of spelling
# her name stays, and a carriage of blanks goes.
AGAIN = f"id,first_name,email,company,owner\n3, Cleo  M. ,CLEO@example.org,,{OWNER}\n"
TRACED = (
    f"{BATCH}/contacts.csv:4", "again.csv:2", "euro.csv:4", f"{BATCH}/ragged.csv:3",
    "900001", "900002", "900004", "cleo@example.org", "North Bakery Inc.",
    "gone@example.com",
)  # fmt: skip


@dataclass
class Story:
    """A workspace with every kind of bad file, migrated, and asked about afterwards."""

    place: Place
    said: dict[str, Said] = field(default_factory=dict)

    @property
    def report(self) -> list[dict[str, str]]:
        """Rows of the report of problems."""
        path = self.place.root / "reports" / "problems.csv"
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    root = tmp_path_factory.mktemp("problems") / "acme [1]"
    with SandboxProcess(requests_per_hour=0) as sandbox:
        place = Place.new(root, sandbox)
        for name, (content, _) in UNUSABLE.items():
            place.put(name, content)
        for name, (content, _, _) in AWKWARD.items():
            place.put(name, content)
        place.put("again.csv", AGAIN)
        told = Story(place)
        told.said["plan"] = place.go_on("plan")
        told.said["migrate"] = place.go_on("migrate", "--json")
        for command in ("status", "verify", "doctor"):
            told.said[command] = place.call(command)
        told.said["trace"] = place.call("trace", "ADA@example.com")
        told.said["requests"] = place.call(
            "trace", "ADA@example.com", "--requests", "--json"
        )
        told.said["refused"] = place.call("trace", "--requests", "--route", "bulk_upsert")
        told.said["nobody"] = place.call("trace", "nobody@example.com")
        for key in TRACED:
            told.said[key] = place.call("trace", key, "--json")
        told.said["merged"] = place.call("trace", f"{BATCH}/again.csv:2")
        told.said["undo"] = place.call("rollback")
        yield told


# S75, S100, G4: the rest goes on
def test_good_files_are_loaded_beside_bad_ones(story: Story) -> None:
    said = story.said["migrate"]
    assert said.code == DONE, said.screen
    assert said.facts["certificate"] == "pass"
    assert said.facts["kinds"]["contacts"]["loaded"] > len(AWKWARD)
    assert "Problems (the rest goes on)" in story.said["plan"].out


# S75, S100
@pytest.mark.parametrize("name", EVERY)
def test_every_bad_file_is_told_on_the_screen_and_in_the_report(
    name: str, story: Story
) -> None:
    words = EVERY[name]
    screen = story.said["plan"].out.splitlines()
    assert any(f"{BATCH}/{name}" in line and words in line for line in screen)
    assert any(row["file"] == name and words in row["problem"] for row in story.report)


# S75
@pytest.mark.parametrize("name", AWKWARD)
def test_the_place_is_told(name: str, story: Story) -> None:
    place = AWKWARD[name][2]
    assert f"{BATCH}/{place}" in story.said["plan"].out


# S36, S100: rows that found no place among the others are told as well
def test_rows_that_could_not_be_placed_are_told_after_merging(story: Story) -> None:
    found = {row["problem"] for row in story.report if row["file"] == "euro.csv"}
    assert found >= {"no amount", "unknown type", "buyer not found"}
    assert "buyer not found" in story.said["plan"].out


def test_programs_are_told_the_same(story: Story) -> None:
    told = story.said["migrate"].facts["problems"]
    assert len(told) == len(story.report)
    assert {(p["file"], p["problem"]) for p in told} == {
        (row["file"], row["problem"]) for row in story.report
    }
    assert set(told[0]) == {
        "batch", "file", "line", "column", "problem", "rows", "remedy",
    }  # fmt: skip


# G18: places, counts and remedies; no values of rows
def test_no_problem_quotes_a_person(story: Story) -> None:
    text = (story.place.root / "reports" / "problems.csv").read_text(encoding="utf-8")
    assert "@" not in text
    assert "Perhaps" not in text


# S99, G17: two currencies, of which the account knows one
def test_what_the_account_would_refuse_is_told_before_the_load(story: Story) -> None:
    told = story.said["plan"].out.partition("What is not simply sent")[2]
    lines = told.partition("One of each kind")[0].splitlines()
    (line,) = (line for line in lines if line.startswith(BATCH))
    assert line.split()[1:5] == ["deals", "refuse", "currency_unknown", "1"]
    assert "Add the currency in Freshsales" in line


# G15: commands to copy, one per batch
def test_a_plan_is_told_with_the_command_that_approves_it(story: Story) -> None:
    said = story.said["plan"]
    assert said.code == DONE, said.screen
    cost = next(x for x in said.err.splitlines() if x.startswith(f"{BATCH}: "))
    assert cost.endswith(f"digest {cost[-64:]}")
    assert (
        f"  kartra-freshsales approve --workspace '{story.place.root}' --batch {BATCH} "
        f"--digest {cost[-64:]} --name 'Your name'"
    ) in said.err.splitlines()


def test_each_stage_is_told_before_and_timed_afterwards(story: Story) -> None:
    lines = story.said["migrate"].err.splitlines()
    for stage in (f"extract {BATCH}", "prepare", f"load {BATCH}", "certify"):
        began = lines.index(f"{stage} …")
        assert any(line.startswith(f"{stage}: ") for line in lines[began:])


def test_the_status_shows_how_far_it_is(story: Story) -> None:
    said = story.said["status"]
    assert said.code == DONE
    row = next(line for line in said.out.splitlines() if line.startswith(BATCH))
    assert row.split() == [BATCH, *["yes"] * 5, "-"]
    assert "last certificate: pass" in said.err


# G3
def test_a_look_again_finds_everything_in_place(story: Story) -> None:
    said = story.said["verify"]
    assert said.code == DONE, said.screen
    assert "Ledger chain: intact" in said.err
    assert said.out.index("sales_accounts") < said.out.index("contacts")


# G11
def test_a_trace_shows_lines_and_values(story: Story) -> None:
    said = story.said["trace"]
    assert said.code == DONE
    assert f"{BATCH}/contacts.csv:2" in said.out
    assert "first_name" in said.out
    nobody = story.said["nobody"]
    assert nobody.code == FAILED
    assert "nobody@example.com" not in nobody.screen
    assert "Looked for in the exports" in nobody.screen
    assert "batch/file.csv:12" in nobody.screen


# G4, G11: by line, with and without batch, by id of Kartra, and by address
@pytest.mark.parametrize(
    ("key", "row", "ended", "why"),
    [
        (f"{BATCH}/contacts.csv:4", "contacts.csv:4", "loaded", None),
        ("again.csv:2", "again.csv:2", "merged", "same_email"),
        ("euro.csv:4", "euro.csv:4", "quarantined", "unknown_type"),
        (f"{BATCH}/ragged.csv:3", "ragged.csv:3", "quarantined", "too_few_fields"),
        ("900001", "sales.csv:2", "loaded", None),
        ("900004", "euro.csv:4", "quarantined", "unknown_type"),
        ("gone@example.com", "euro.csv:5", "quarantined", "buyer_not_found"),
    ],
)
def test_a_trace_tells_where_a_row_ended_and_why(
    key: str, row: str, ended: str, why: str | None, story: Story
) -> None:
    said = story.said[key]
    assert said.code == DONE, said.screen
    told = {each["row"]: each for each in said.facts["rows"]}[f"{BATCH}/{row}"]
    assert (told["state"], told["reason"]) == (ended, why)
    assert (ended == "quarantined") == bool(told["remedy"])
    named = {record["source_key"] for record in said.facts["records"]}
    assert (told["record"] in named) == (ended != "quarantined")


# G11: which row gave a field, by what rule it was changed, and which row lost
def test_a_trace_tells_the_whole_way_of_each_field(story: Story) -> None:
    (record,) = story.said["cleo@example.org"].facts["records"]
    fields = {field["field"]: field for field in record["fields"]}
    created = fields["cf_kartra_created"]
    assert (created["from"], created["column"], created["original"]) == (
        f"{BATCH}/contacts.csv:4", "date_joined", "2024-03-04 05:06:07",
    )  # fmt: skip
    assert (created["sent"], created["rules"]) == ("2024-03-04", ["day_iso"])
    assert fields["last_name"]["rules"] == ["last_name_stand_in"]
    assert {field["verdict"].partition(" ")[0] for field in fields.values()} <= {
        "equal", "normalised",
    }  # fmt: skip
    assert fields["first_name"]["original"] == "Cleo"
    (lost,) = fields["first_name"]["others"]
    assert lost["row"] == f"{BATCH}/again.csv:2"
    assert "Cleo" in lost["value"]
    rules = {rule for field in fields.values() for rule in field["rules"]}
    assert {rule for rule in rules if not rule.startswith("by mappings/")} <= set(RULES)
    assert [write["operation"] for write in record["writes"]] == ["create"]
    assert "not taken" in story.said["merged"].out


# G11: from an account's name to the lines that name it
def test_a_trace_finds_a_company_under_another_spelling(story: Story) -> None:
    facts = story.said["North Bakery Inc."].facts
    assert [record["module"] for record in facts["records"]] == ["sales_accounts"]
    assert [row["row"] for row in facts["rows"]] == [f"{BATCH}/contacts.csv:2"]
    (name,) = (f for f in facts["records"][0]["fields"] if f["field"] == "name")
    assert (name["original"], name["seen"]) == ("North Bakery", "North Bakery")


# G11, G17: what was never loaded says so, with the reason of the plan
def test_a_trace_of_a_refused_record_tells_what_to_do(story: Story) -> None:
    refused = next(
        record
        for record in story.said["900002"].facts["records"]
        if record["source_key"] == "txn:900002"
    )
    assert (refused["how"], refused["writes"]) == ("never loaded", [])
    assert refused["planned"]["reason"] == "currency_unknown"
    assert "Add the currency" in refused["planned"]["remedy"]


def test_a_trace_shows_the_requests_that_carried_a_record(story: Story) -> None:
    said = story.said["requests"]
    assert said.code == DONE, said.screen
    [record] = [r for r in said.facts["records"] if r["module"] != "notes"][:1]
    assert record["source_key"] == "ada@example.com"
    made = said.facts["requests"]
    assert {line["kind"] for line in made} == {"write"}
    assert {line["status"] for line in made} == {200}
    assert any("/contacts" in line["route"] and "email" in line["fields"] for line in made)
    assert "Ada" not in str(made)


def test_requests_are_listed_by_their_route(story: Story) -> None:
    said = story.said["refused"]
    assert said.code == DONE, said.screen
    rows = [line for line in said.out.splitlines() if "POST /" in line]
    assert rows
    assert all("bulk_upsert" in row for row in rows)
    assert "@" not in said.out


# G20
def test_status_and_the_end_name_the_workbook_and_what_may_be_decided(story: Story) -> None:
    book = str(story.place.root / "reports" / "review.xlsx")
    status, review = story.said["status"], story.said["migrate"].facts["review"]
    assert Path(review["workbook"]) == Path(book)
    assert {point["what"] for point in review["open"]} >= {
        "rows that could not be read or placed"
    }
    assert "What you may decide" in status.out
    assert book in status.err


def test_fields_made_for_the_load_show_in_the_doctor(story: Story) -> None:
    said = story.said["doctor"]
    assert said.code == DONE, said.screen
    assert "of them custom" in said.out


# G2: without a name it stays a dry run
def test_an_undo_without_a_name_tells_the_command_that_carries_it_out(story: Story) -> None:
    said = story.said["undo"]
    assert said.code == WAITING
    assert "Nothing was changed" in said.err
    assert f"rollback --workspace '{story.place.root}' --approve 'Your name'" in said.err


# S75, G4: a certificate over nothing would be worth nothing
def test_where_no_row_can_be_read_it_stops(account: SandboxProcess, tmp_path: Path) -> None:
    place = Place.new(tmp_path, account)
    for name in ("contacts.csv", "sales.csv"):
        place.put(name, "a,b\n1,2\n")
    said = place.call("migrate", "--approve", WHO)
    assert said.code == FAILED
    assert "fits no Kartra export" in said.out
    assert "Not one row could be read" in said.err
    assert "prepare" not in said.err
