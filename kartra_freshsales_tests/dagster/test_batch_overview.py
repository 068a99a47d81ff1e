"""What an operator finds for each batch in Dagster, and for all of them in the workbook."""

import csv
import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from dagster import AssetKey, DagsterInstance, ExecuteInProcessResult

from kartra_freshsales.kartra.unpacking import Limits
from kartra_freshsales.kartra.workbook import sheets_of
from kartra_freshsales.mapping.loading import load_mapping
from kartra_freshsales.orchestration.partitions import BATCHES
from kartra_freshsales.sandbox.server import SandboxProcess
from kartra_freshsales_tests.cli.scenario import DONE, FAILED, call
from kartra_freshsales_tests.dagster.stage import Stage

pytestmark = pytest.mark.filterwarnings(
    # Dagster 1.13.27 calls its own deprecated method where one resource holds another.
    "ignore:InitResourceContext.dagster_run is deprecated:DeprecationWarning"
)
HEAD = "id,first_name,email,company,date_joined,tags,lists,mail_status,owner\n"
NORTH, NOBODY = "owner-north@example.com", "left@example.com"
# Every way a row can go: merged, without an address, a test contact, left out by decision.
FIRST = f"""{HEAD}\
1,Ada,ada@example.com,North Bakery,2024-01-02 03:04:05,VIP,Bakers,,{NORTH}
2,Ada,ADA@example.com,,2024-01-02 03:04:05,vip,,,{NORTH}
3,Ben,,,2024-02-03 04:05:06,,,,{NORTH}
4,Test,test@kartra.com,,2024-02-03 04:05:06,,,,{NORTH}
5,Cleo,cleo@example.org,,2024-03-04 05:06:07,,,Spam,{NORTH}
6,Dan,dan@example.org,,2024-03-04 05:06:07,=1+1,,Bounced,{NOBODY}
7,Eve,info@example.org,,2024-03-04 05:06:07,,Bakers (past),Wobbly,{NOBODY}
"""
SECOND = f"""{HEAD}\
1,Ada,ada@example.com,North Bakery,2024-01-02 03:04:05,VIP,Bakers,,{NORTH}
8,Fay,fay@example.org,,2024-03-04 05:06:07,,,,{NORTH}
"""
SALES = """\
ID,Transaction_Type,Date,Product,Price_point,Buyer_Email,Amount (USD),Processor,lead_id
900001,Sale,2024-05-06 07:08:09,Bread Course,1,ada@example.com,120.50,Stripe,1
900002,Failed,2024-05-07 07:08:09,Bread Course,1,ada@example.com,120.50,Stripe,1
900003,Sale,2024-05-07 07:08:09,Bread Course,1,ada@example.com,"1"20.50",Str"ipe,1,,,,,,
"""


@dataclass
class Story:
    """Two batches, prepared; what was shown of each."""

    stage: Stage
    prepared: ExecuteInProcessResult
    seen: dict[str, ExecuteInProcessResult] = field(default_factory=dict)

    @property
    def rows(self) -> pl.DataFrame:
        found: pl.DataFrame = self.prepared.asset_value(AssetKey("source_rows"))
        return found

    def counts(self, batch: str) -> pl.DataFrame:
        found: pl.DataFrame = self.seen[batch].asset_value(AssetKey("batch_overview"))
        return found

    def shown(self, batch: str) -> Mapping[str, Any]:
        """The page of a batch: what stands beside its materialization."""
        return page(self.seen[batch], "batch_overview")

    @property
    def workbook(self) -> dict[str, list[list[str]]]:
        path = self.stage.root / "reports" / "review.xlsx"
        with zipfile.ZipFile(path) as archive:
            return {
                sheet.name: list(csv.reader(io.StringIO(sheet.content.decode())))
                for sheet in sheets_of(archive, path.name, Limits())
            }


def page(result: ExecuteInProcessResult, asset: str) -> Mapping[str, Any]:
    (made,) = result.asset_materializations_for_node(asset)
    return {name: value.value for name, value in made.metadata.items()}


def run(stage: Stage, job: str, batch: str) -> ExecuteInProcessResult:
    """Run a job of one batch."""
    return stage.definitions.resolve_job_def(job).execute_in_process(
        instance=stage.instance, partition_key=batch, raise_on_error=False
    )


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with (
        SandboxProcess(requests_per_hour=0) as server,
        DagsterInstance.ephemeral() as instance,
    ):
        stage = Stage.new(tmp_path_factory.mktemp("seen"), server, instance)
        stage.put("contacts_kartra.csv", FIRST)
        stage.put("report_all_transactions.csv", SALES)
        stage.put("../second/contacts_kartra.csv", SECOND)
        stage.decide("source.yaml", "suppress: []", "suppress: [spam]")
        instance.add_dynamic_partitions(BATCHES.name or "", ["first", "second"])
        for batch in ("first", "second"):
            assert run(stage, "extract", batch).success
        told = Story(stage, stage.prepare(by=""))
        for batch in ("first", "second"):
            told.seen[batch] = run(stage, "plan", batch)
        yield told


# G4, S85: what the page shows is what the ledger of rows says
@pytest.mark.parametrize("batch", ["first", "second"])
def test_the_numbers_of_a_batch_are_those_of_the_ledger_of_rows(
    story: Story, batch: str
) -> None:
    own = story.rows.filter(pl.col("_batch") == batch)
    for row in story.counts(batch).iter_rows(named=True):
        states = own.filter(pl.col("_kind") == row["kind"])["state"]
        assert row["rows_in"] == states.len()
        assert row["golden"] == (states == "loaded").sum()
        assert row["set_aside"] + row["unreadable"] == (states == "quarantined").sum()
        for state in ("merged", "excluded", "suppressed"):
            assert row[state] == (states == state).sum()
        assert row["adds_up"]


# G4
def test_every_way_a_row_can_go_is_counted_apart(story: Story) -> None:
    counts = story.counts("first")
    contacts, sales = (
        counts.filter(pl.col("kind") == kind).drop("batch").row(0)
        for kind in ("contacts", "transactions")
    )
    names = ("kind", "rows_in", "golden", "merged", "set_aside", "unreadable", "excluded",
             "suppressed", "adds_up")  # fmt: skip
    assert dict(zip(names, contacts, strict=True)) == {
        "kind": "contacts", "rows_in": 7, "golden": 2, "merged": 2, "set_aside": 1,
        "unreadable": 0, "excluded": 1, "suppressed": 1, "adds_up": True,
    }  # fmt: skip
    assert dict(zip(names, sales, strict=True)) == {
        "kind": "transactions", "rows_in": 3, "golden": 1, "merged": 0, "set_aside": 0,
        "unreadable": 1, "excluded": 1, "suppressed": 0, "adds_up": True,
    }  # fmt: skip


# G4, S86, S100: it is there although the journey waits for a person
def test_the_page_of_a_batch_says_what_to_decide_and_links_to_each_list(
    story: Story,
) -> None:
    assert not story.prepared.success
    shown = story.shown("first")
    assert "| contacts | 7 | 2 | 2 | 1 | 0 | 1 | 1 | yes |" in shown["rows"]
    open_ = shown["needs your decision"]
    assert "| 1 | owners without an active user in Freshsales | yes |" in open_
    assert "| 2 | contacts that may be left out | no |" in open_
    assert "| 2 | rows that could not be read or placed | no |" in open_
    links = {name: Path(path) for name, path in shown.items() if name.endswith("_csv")}
    assert links.keys() >= {
        "owner_queue_csv", "flagged_contacts_csv", "records_to_review_csv",
        "rows_not_moving_csv",
    }  # fmt: skip
    assert all(path.is_file() for path in links.values())
    assert Path(shown["workbook"]).is_file()
    assert (
        "contacts that may be left out" not in story.shown("second")["needs your decision"]
    )


# S100, G14
def test_rows_that_do_not_move_are_listed_batch_by_batch_with_file_and_line(
    story: Story,
) -> None:
    path = story.stage.root / "reports" / "batches" / "first" / "rows_not_moving.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    waiting = story.rows.filter(
        (pl.col("_batch") == "first") & ~pl.col("state").is_in(["loaded", "merged"])
    )
    assert [
        (row["file"], int(row["line"]), row["state"]) for row in rows
    ] == waiting.select("_file", "_row", "state").rows()
    assert all(row["reason"] and row["remedy"] for row in rows)
    assert "cleo@" not in path.read_text(encoding="utf-8")


# G20
def test_the_workbook_holds_every_batch_and_every_decision(story: Story) -> None:
    book = story.workbook
    assert list(book) == [
        "Read me", "Batches", "Mapping", "Value maps", "Tags", "Lists", "Owners",
        "Consent review", "Duplicates", "Suppression", "Flagged contacts",
        "Rows to review", "Rows not moving", "Totals", "Totals compared", "Users",
    ]  # fmt: skip
    batches = book["Batches"][1:]
    counted = story.rows.group_by("_batch", "_kind").len().sort("_batch", "_kind")
    assert [(row[0], row[1], int(row[2])) for row in batches] == counted.rows()
    assert ["=1+1", "1"] in [row[:2] for row in book["Tags"]]
    assert ["Bakers", "1", "1", "keep"] in [row[:4] for row in book["Lists"]]
    assert [NOBODY, "2"] in [row[:2] for row in book["Owners"]]
    assert ["Mail status", "Wobbly", "1"] in [row[:3] for row in book["Value maps"]]
    spam = next(row for row in book["Suppression"] if "spam" in row)
    assert spam[-1] == "left out"
    digest = load_mapping(story.stage.root / "mappings").digest()
    assert digest in [row[1] for row in book["Read me"]]


# G20: the page of the workbook itself, for whoever opens Dagster after all
def test_the_workbook_is_found_before_the_gates_with_all_batches_beside_it(
    story: Story,
) -> None:
    shown = page(story.prepared, "review_workbook")
    assert Path(shown["workbook"]).is_file()
    assert "| second | contacts | 2 | 2 | 0 |" in shown["batches"]
    assert "words that no table knows" in shown["needs your decision"]


def decide(book: Path, copy: Path, *, row: str, old: str, new: str) -> None:
    """A copy of the workbook with one cell changed, the one of a row that holds a text."""
    with zipfile.ZipFile(book) as given, zipfile.ZipFile(copy, "w") as made:
        for name in given.namelist():
            lines = given.read(name).decode().split("<row ")
            edited = [
                line.replace(f"<t>{old}</t>", f"<t>{new}</t>")
                if f"<t>{row}</t>" in line
                else line
                for line in lines
            ]
            made.writestr(name, "<row ".join(edited))


# G20: from the workbook of a preparation to a line of a decision file
def test_a_decision_in_a_copy_of_the_workbook_is_shown_first_and_then_written(
    story: Story, tmp_path: Path
) -> None:
    stage = story.stage.copy_to(tmp_path / "decided")
    tags = stage.root / "mappings" / "tags.yaml"
    before, copy = tags.read_text("utf-8"), tmp_path / "copy.xlsx"
    book = stage.root / "reports" / "review.xlsx"
    decide(book, copy, row="=1+1", old="keep", new="drop")
    command = ("review", "read", copy, "--workspace", stage.root)
    told = call(*command, "--json").facts
    assert [(c["sheet"], c["file"]) for c in told["changes"]] == [("Tags", "tags.yaml")]
    assert (told["applied"], tags.read_text("utf-8")) == (False, before)
    said = call(*command, "--apply")
    assert (said.code, "+  - =1+1" in said.err) == (DONE, True)
    assert tags.read_text("utf-8") == before.replace("drop: []", "drop:\n  - =1+1")
    said = call(*command, "--apply")
    assert (said.code, "somebody else decided" in said.err) == (FAILED, True)


# G18
def test_pages_and_events_name_nobody(story: Story) -> None:
    for result in (story.prepared, *story.seen.values()):
        for event in result.all_events:
            for word in ("ada@", "cleo@", NOBODY):
                assert word not in str(event).lower()
