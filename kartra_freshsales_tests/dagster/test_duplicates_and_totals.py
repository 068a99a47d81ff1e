"""Decisions on duplicates and typed totals, through the whole preparation and back."""

import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from dagster import AssetKey, DagsterInstance, ExecuteInProcessResult

from kartra_freshsales.sandbox.server import SandboxProcess
from kartra_freshsales_tests.dagster.stage import Stage

pytestmark = pytest.mark.filterwarnings(
    # Dagster 1.13.27 calls its own deprecated method where one resource holds another.
    "ignore:InitResourceContext.dagster_run is deprecated:DeprecationWarning"
)
# Ben is Ada under another address of one mailbox; his purchase names only his own id.
CONTACTS = """\
id,first_name,email,company,date_joined,tags,owner
1,Ada,a.da@gmail.com,North Bakery,2024-01-02 03:04:05,Customer,owner-north@example.com
2,Ada,ada+shop@gmail.com,,2024-02-03 04:05:06,Trial,owner-north@example.com
3,,info@example.org,North Bakerry,2024-03-04 05:06:07,,owner-north@example.com
"""
SALES = """\
ID,Transaction_Type,Date,Product,Price_point,Buyer_Email,Amount (USD),Processor,lead_id
900001,Sale,2024-05-06 07:08:09,Bread Course,1,ada+shop@gmail.com,120.50,Stripe,2
900002,Failed,2024-05-07 07:08:09,Bread Course,1,ada+shop@gmail.com,120.50,Stripe,2
"""
MERGE = "[{contact: ada+shop@gmail.com, into: a.da@gmail.com, why: one mailbox}]"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A workspace of three contacts, extracted."""
    with (
        SandboxProcess(requests_per_hour=0) as server,
        DagsterInstance.ephemeral() as instance,
    ):
        made = Stage.new(tmp_path_factory.mktemp("alike"), server, instance)
        made.put("contacts_kartra.csv", CONTACTS)
        made.put("report_all_transactions.csv", SALES)
        assert made.run("extract").success
        yield made


def frame(result: ExecuteInProcessResult, name: str) -> pl.DataFrame:
    """What an asset made in a run."""
    found: pl.DataFrame | pl.LazyFrame = result.asset_value(AssetKey(name))
    return found.lazy().collect()


def report(stage: Stage, name: str) -> str:
    return (stage.root / "reports" / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def prepared(stage: Stage) -> ExecuteInProcessResult:
    """The first preparation, with figures of Kartra's screens typed in."""
    stage.decide("totals.yaml", "contacts: null", "contacts: 5")
    stage.decide(
        "totals.yaml", "\ntransactions: []", "\ntransactions: [{type: Failed, count: 1}]"
    )
    result = stage.prepare()
    assert result.success
    return result


def test_proposals_name_the_addresses_that_a_decision_needs(
    stage: Stage, prepared: ExecuteInProcessResult
) -> None:
    # S85 S100
    found = frame(prepared, "duplicate_proposals")
    assert found.select("kind", "reason").rows() == [
        ("contact", "one mailbox, same name"),
        ("account", "one letter differs"),
    ]
    text = report(stage, "duplicate_proposals.csv")
    assert "into: 'a.da@gmail.com'" in text or "into: 'ada+shop@gmail.com'" in text
    assert "may be a duplicate" in report(stage, "records_to_review.csv")


def test_other_reports_and_every_event_name_nobody(
    stage: Stage, prepared: ExecuteInProcessResult
) -> None:
    # G18
    names = (
        "migration_scope.md", "flagged_contacts.csv", "records_to_review.csv",
        "conflicting_fields.csv", "label_changes.csv",
    )  # fmt: skip
    for name in names:
        assert "gmail" not in report(stage, name), name
    for event in prepared.all_events:
        assert "a.da@" not in str(event)
        assert "ada+shop@" not in str(event)


def test_a_total_that_differs_warns_and_lets_the_run_go_on(
    stage: Stage, prepared: ExecuteInProcessResult
) -> None:
    # S75
    (check,) = [
        each
        for each in prepared.get_asset_check_evaluations()
        if each.check_name == "every_typed_total_agrees"
    ]
    assert not check.passed
    assert "contacts: Kartra 5.00, files 3.00" in str(check.metadata["where"].value)
    assert check.metadata["figures that agree"].value == 1
    scope = report(stage, "migration_scope.md")
    assert "1 of 2 figures agree." in scope
    assert "Possible duplicates" in scope


def test_the_scope_names_the_word_that_leaves_a_group_out(
    stage: Stage, prepared: ExecuteInProcessResult
) -> None:
    # S86 S99
    scope = report(stage, "migration_scope.md")
    assert "Contacts to decide about" in scope
    assert re.search(r"role \| 1 \|.*suppress: .*role", scope)


def test_an_accepted_merge_is_applied_and_deleting_its_line_undoes_it(
    stage: Stage, prepared: ExecuteInProcessResult, tmp_path: Path
) -> None:
    # S11 S36 G4 G15
    decided = stage.copy_to(tmp_path / "decided")
    decided.decide("duplicates.yaml", "\nmerge: []", f"\nmerge: {MERGE}")
    result = decided.prepare()
    assert result.success
    people = frame(result, "contacts")
    assert sorted(people["contact_key"]) == ["a.da@gmail.com", "info@example.org"]
    (deal,) = frame(result, "transactions").iter_rows(named=True)
    assert (deal["contact_key"], deal["join_rung"]) == ("a.da@gmail.com", "lead_id")
    states = frame(result, "source_rows").filter(pl.col("_kind") == "contacts")
    assert sorted(states["reason"].drop_nulls()) == ["merged_by_decision"]
    assert frame(result, "duplicate_proposals")["kind"].to_list() == ["account"]
    before, after = (
        frame(each, "confirmed_mapping").filter(pl.col("kind") == "decisions")
        for each in (prepared, result)
    )
    assert before["digest"].item() != after["digest"].item()

    decided.decide("duplicates.yaml", f"\nmerge: {MERGE}", "\nmerge: []")
    again = decided.prepare()
    assert frame(again, "contacts").equals(frame(prepared, "contacts"))
