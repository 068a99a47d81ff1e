"""The factory: rules as checks of real runs, each partition's result by itself."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from dagster import (
    AssetCheckEvaluation,
    AssetCheckSeverity,
    AssetExecutionContext,
    AssetKey,
    DagsterInstance,
    Definitions,
    asset,
    in_process_executor,
)
from upath import UPath

from kartra_freshsales.orchestration.checks.factories import (
    Check,
    checks_of,
    error,
    results,
    warn,
)
from kartra_freshsales.orchestration.checks.verdicts import Frames, Verdict
from kartra_freshsales.orchestration.io_manager import ParquetIOManager
from kartra_freshsales.orchestration.partitions import BATCHES

REMEDY = "Do this next."


def no_bad_rows(frames: Frames) -> Verdict:
    bad = frames["records"].filter(pl.col("bad"))
    return Verdict(bad.height, {"rows": frames["records"].height}, ["b/f.csv:2"], REMEDY)


def sees_keys_only(frames: Frames) -> Verdict:
    return Verdict(0, {"columns beside": frames["wide"].width})


def check_named(name: str, rule: Any = no_bad_rows) -> Check:
    return Check(name, f"{name} holds.", rule)


@asset(partitions_def=BATCHES)
def records(context: AssetExecutionContext) -> pl.DataFrame:
    return pl.DataFrame({"_row": [2], "bad": [context.partition_key == "bad"]})


@asset(partitions_def=BATCHES)
def child(records: pl.DataFrame) -> pl.DataFrame:
    return records


@asset(partitions_def=BATCHES)
def wide(context: AssetExecutionContext) -> pl.DataFrame:
    return pl.DataFrame({"_row": [2], "phone": ["+1"], "at": [context.partition_key]})


@asset
def all_records(records: pl.DataFrame) -> pl.DataFrame:
    return records


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as made:
        made.add_dynamic_partitions("extraction_batch", ["good", "bad"])
        yield made


def run(
    folder: Path, instance: DagsterInstance, batch: str | None, *checks: Check, **more: Any
) -> tuple[bool, list[AssetCheckEvaluation], set[str]]:
    """Run the assets with these checks: success, what the checks said, what was made."""
    made = checks_of("records", *checks, partitions_def=BATCHES, **more)
    base = UPath(folder)
    result = (
        Definitions(
            [records, child, wide],
            asset_checks=[made],
            resources={
                "io_manager": ParquetIOManager(base),
                "identifying_columns": ParquetIOManager(base, ["_row", "deal_key"]),
            },
            executor=in_process_executor,
        )
        .resolve_implicit_global_asset_job_def()
        .execute_in_process(instance=instance, partition_key=batch, raise_on_error=False)
    )
    there = {
        event.asset_key.to_user_string()
        for event in result.get_asset_materialization_events()
        if event.asset_key
    }
    return result.success, list(result.get_asset_check_evaluations()), there


def test_a_failing_blocking_check_stops_the_run_below_its_asset(
    tmp_path: Path, instance: DagsterInstance
) -> None:
    success, said, made = run(tmp_path, instance, "bad", check_named("rows_are_good"))
    assert not success
    assert made == {"records", "wide"}
    assert [(one.passed, one.severity) for one in said] == [
        (False, AssetCheckSeverity.ERROR)
    ]


@pytest.mark.parametrize(
    ("kind", "severity"),
    [(warn, AssetCheckSeverity.WARN), (error, AssetCheckSeverity.ERROR)],
)
def test_warnings_and_errors_that_do_not_block_let_the_run_go_on(
    kind: Any, severity: AssetCheckSeverity, tmp_path: Path, instance: DagsterInstance
) -> None:
    check = kind("rows_are_good", "Rows are good.", no_bad_rows)
    success, (said,), made = run(tmp_path, instance, "bad", check)
    assert success
    assert "child" in made
    assert (said.passed, said.severity) == (False, severity)


def test_a_failure_says_how_many_where_and_what_to_do(
    tmp_path: Path, instance: DagsterInstance
) -> None:
    _, (said,), _ = run(tmp_path, instance, "bad", check_named("rows_are_good"))
    shown = {name: value.value for name, value in said.metadata.items()}
    assert shown == {"failures": 1, "rows": 1, "where": "b/f.csv:2", "what to do": REMEDY}
    assert said.description == REMEDY


def test_a_rule_that_found_nothing_still_reports_0(
    tmp_path: Path, instance: DagsterInstance
) -> None:
    _, (said,), _ = run(tmp_path, instance, "good", check_named("rows_are_good"))
    assert said.passed
    assert said.metadata["failures"].value == 0


def test_each_partition_keeps_its_own_result(
    tmp_path: Path, instance: DagsterInstance
) -> None:
    said = {
        batch: run(tmp_path, instance, batch, check_named("rows_are_good"))[1][0]
        for batch in ("bad", "good")
    }
    assert {batch: one.partition for batch, one in said.items()} == {
        "bad": "bad",
        "good": "good",
    }
    assert not said["bad"].passed
    assert said["good"].passed


def test_frames_beside_are_read_with_their_identifying_columns_only(
    tmp_path: Path, instance: DagsterInstance
) -> None:
    check = check_named("narrow", sees_keys_only)
    _, (said,), _ = run(tmp_path, instance, "good", check, beside=("wide",))
    assert said.metadata["columns beside"].value == 1


def test_a_check_over_all_batches_sees_all_of_them(
    tmp_path: Path, instance: DagsterInstance
) -> None:
    def rows_of(frames: Frames) -> Verdict:
        return Verdict(0, {name: frame.height for name, frame in frames.items()})

    checks = checks_of("all_records", check_named("whole", rows_of), beside=("records",))
    base = UPath(tmp_path)
    made = Definitions(
        [records, all_records],
        asset_checks=[checks],
        resources={
            "io_manager": ParquetIOManager(base),
            "identifying_columns": ParquetIOManager(base, ["_row"]),
        },
        executor=in_process_executor,
    ).resolve_implicit_global_asset_job_def()
    for batch in ("good", "bad"):
        made.execute_in_process(
            instance=instance, partition_key=batch, asset_selection=[AssetKey("records")]
        )
    result = made.execute_in_process(
        instance=instance,
        asset_selection=[AssetKey("all_records")],
    )
    (said,) = result.get_asset_check_evaluations()
    assert said.partition is None
    assert said.metadata["records"].value == 2
    assert said.metadata["all_records"].value == 2


def test_after_a_failed_schema_the_other_rules_are_not_judged() -> None:
    def broken(frames: Frames) -> Verdict:
        return Verdict(1, remedy=REMEDY)

    def needs_the_shape(frames: Frames) -> Verdict:
        return Verdict(frames["records"]["no such column"].len())

    checks = [check_named("schema", broken), check_named("other", needs_the_shape)]
    said = list(results("records", checks, {"records": pl.DataFrame()}))
    assert [one.passed for one in said] == [False, False]
    assert "Not judged" in (said[1].description or "")
