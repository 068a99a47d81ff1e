"""The assets that compare batches, and their check, on a small workspace of two batches."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from dagster import (
    AssetCheckSeverity,
    AssetKey,
    AssetSelection,
    DagsterInstance,
    Definitions,
    ExecuteInProcessResult,
    define_asset_job,
)

from kartra_freshsales.cli.workspace_files import lay_out
from kartra_freshsales.definitions import build_definitions
from kartra_freshsales.orchestration.partitions import BATCHES

RAW = AssetSelection.groups("extract")
COMPARED = AssetSelection.assets(
    "batch_manifest", "batch_overlaps", "export_gaps", "export_columns"
)
FILES = {
    "first/contacts.csv": "id,first_name,email,phone\n1,Ada,ada@example.com,1\n"
    "2,Ben,ben@example.com,2\n",
    "second/contacts.csv": "id,first_name,email,Phone numbr\n1,Ada,ADA@example.com,1\n",
    "first/sales.csv": "ID,Transaction_Type,Date,Product,Amount (USD),lead_id\n"
    "1,Sale,2026-01-31 10:00:00,Course,9,1\n",
    "second/sales.csv": "ID,Transaction_Type,Date,Product,Amount (USD),lead_id\n"
    "2,Sale,2026-03-01 10:00:00,Course,9,1\n",
}


def materialize(
    definitions: Definitions,
    instance: DagsterInstance,
    what: AssetSelection,
    batch: str = "",
) -> ExecuteInProcessResult:
    """Materialize assets and run their checks."""
    chosen = define_asset_job("chosen", what)
    made = Definitions.merge(definitions, Definitions(jobs=[chosen]))
    return made.resolve_job_def("chosen").execute_in_process(
        instance=instance, partition_key=batch or None
    )


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExecuteInProcessResult]:
    root = tmp_path_factory.mktemp("batches")
    lay_out(root)
    for place, text in FILES.items():
        path: Path = root / "inbox" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    definitions = build_definitions(root)
    with DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(BATCHES.name or "", ["first", "second"])
        for batch in ("first", "second"):
            materialize(definitions, instance, RAW, batch)
        yield materialize(definitions, instance, COMPARED)
    shutil.rmtree(root)


def frame(result: ExecuteInProcessResult, name: str) -> pl.DataFrame:
    found: pl.DataFrame = result.asset_value(AssetKey(name))
    return found


def test_batches_are_listed_and_compared_across_partitions(
    compared: ExecuteInProcessResult,
) -> None:
    # S74 S76
    manifest = frame(compared, "batch_manifest")
    assert manifest.select("batch", "file", "rows", "only_here").rows() == [
        ("first", "contacts.csv", 2, 1),
        ("second", "contacts.csv", 1, 0),
        ("first", "sales.csv", 1, 1),
        ("second", "sales.csv", 1, 1),
    ]
    overlaps = frame(compared, "batch_overlaps")
    assert overlaps.rows() == [("contacts", "first", "second", 1, 1.0)]


def test_a_missing_month_warns_and_lets_the_run_go_on(
    compared: ExecuteInProcessResult,
) -> None:
    # S75 S111
    assert compared.success
    (check,) = compared.get_asset_check_evaluations()
    assert check.check_name == "exports_leave_no_gap"
    assert (check.passed, check.blocking) == (False, False)
    assert check.severity is AssetCheckSeverity.WARN
    assert "28 days after 2026-01-31" in str(check.metadata["where"].value)


def test_a_changed_header_is_proposed_across_batches(
    compared: ExecuteInProcessResult,
) -> None:
    # S75
    renamed = frame(compared, "export_columns").drop_nulls("proposed")
    assert renamed.select("column", "proposed").rows() == [("Phone numbr", "phone")]


def test_the_run_shows_the_counts_as_tables_and_names_nobody(
    compared: ExecuteInProcessResult,
) -> None:
    # G18
    made = {
        each.asset_key.to_user_string(): each.metadata
        for each in compared.asset_materializations_for_node("compare_batches")
    }
    assert "| first | second | 1 | 1 |" in str(made["batch_overlaps"]["counts"].value)
    assert "| contacts.csv | 2 | 2 | 1 |" in str(made["batch_manifest"]["counts"].value)
    for event in compared.all_events:
        assert "ada@" not in str(event).lower()
