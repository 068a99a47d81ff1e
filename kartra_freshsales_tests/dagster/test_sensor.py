"""The inbox: a complete folder becomes a batch, once for each state it is in."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import (
    AssetExecutionContext,
    DagsterInstance,
    RunRequest,
    SensorResult,
    SkipReason,
    asset,
    build_sensor_context,
    define_asset_job,
)

from kartra_freshsales.orchestration.partitions import BATCHES
from kartra_freshsales.orchestration.resources import WorkspaceResource
from kartra_freshsales.orchestration.sensors import folder_of, inbox_sensor

HEADER = "Email,First Name\n"
LATER = 10.0


@asset(partitions_def=BATCHES)
def raw(context: AssetExecutionContext) -> None:
    context.log.info(context.partition_key)


SENSOR = inbox_sensor(define_asset_job("extract", [raw]), quiet=0.0)


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as made:
        yield made


def put(root: Path, batch: str, name: str = "contacts.csv", text: str = HEADER) -> Path:
    path = root / "inbox" / batch / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def look(
    root: Path, instance: DagsterInstance, cursor: str | None = None
) -> SensorResult | SkipReason:
    context = build_sensor_context(
        instance=instance,
        cursor=cursor,
        resources={"workspace": WorkspaceResource(root=str(root))},
    )
    answer = SENSOR(context)
    assert isinstance(answer, SensorResult | SkipReason)
    return answer


def started(answer: SensorResult | SkipReason) -> list[RunRequest]:
    assert isinstance(answer, SensorResult)
    return list(answer.run_requests or [])


def reason(answer: SensorResult | SkipReason) -> str:
    assert isinstance(answer, SkipReason)
    return answer.skip_message or ""


# S74, S98
def test_each_complete_folder_becomes_a_partition_and_is_extracted(
    tmp_path: Path, instance: DagsterInstance
) -> None:
    put(tmp_path, "2026-01")
    put(tmp_path, "2026-02")
    answer = look(tmp_path, instance)
    assert [run.partition_key for run in started(answer)] == ["2026-01", "2026-02"]
    assert isinstance(answer, SensorResult)
    (added,) = answer.dynamic_partitions_requests or []
    assert added.partition_keys == ["2026-01", "2026-02"]
    assert added.partitions_def_name == "extraction_batch"


# S74
def test_a_folder_that_has_been_extracted_is_left_alone(
    tmp_path: Path, instance: DagsterInstance
) -> None:
    put(tmp_path, "first")
    answer = look(tmp_path, instance)
    assert isinstance(answer, SensorResult)
    assert "No batch folder" in reason(look(tmp_path, instance, answer.cursor))


# S74
def test_a_file_added_later_runs_the_batch_again_under_another_run_key(
    tmp_path: Path, instance: DagsterInstance
) -> None:
    put(tmp_path, "first")
    before = look(tmp_path, instance)
    put(tmp_path, "first", "transactions.csv")
    assert isinstance(before, SensorResult)
    after = look(tmp_path, instance, before.cursor)
    keys = [started(answer)[0].run_key for answer in (before, after)]
    assert len(set(keys)) == 2


def test_a_lost_cursor_asks_for_the_same_run_key_and_so_for_no_second_run(
    tmp_path: Path, instance: DagsterInstance
) -> None:
    put(tmp_path, "first")
    first, again = look(tmp_path, instance), look(tmp_path, instance)
    assert started(first)[0].run_key == started(again)[0].run_key


def test_the_cursor_remembers_batches_that_were_run_before(
    tmp_path: Path, instance: DagsterInstance
) -> None:
    put(tmp_path, "first")
    before = look(tmp_path, instance)
    put(tmp_path, "second")
    assert isinstance(before, SensorResult)
    after = look(tmp_path, instance, before.cursor)
    assert [run.partition_key for run in started(after)] == ["second"]
    assert isinstance(after, SensorResult)
    assert set(json.loads(after.cursor or "")) == {"first", "second"}


# S78, S111
@pytest.mark.parametrize("name", ["March 2026", "März", "-lead", "a" * 64, "X"])
def test_a_folder_that_cannot_name_a_batch_is_told_with_the_remedy(
    name: str, tmp_path: Path, instance: DagsterInstance
) -> None:
    put(tmp_path, name)
    told = reason(look(tmp_path, instance))
    assert "cannot name a batch" in told
    assert "Rename the folder" in told


def test_a_badly_named_folder_does_not_hold_up_the_others(
    tmp_path: Path, instance: DagsterInstance
) -> None:
    put(tmp_path, "Bad Name")
    put(tmp_path, "good")
    assert [run.partition_key for run in started(look(tmp_path, instance))] == ["good"]


@pytest.mark.parametrize("name", ["contacts.csv.part", "x.crdownload", "Y.TMP"])
def test_a_half_copied_file_makes_the_folder_wait(
    name: str, tmp_path: Path, instance: DagsterInstance
) -> None:
    put(tmp_path, "first")
    put(tmp_path, "first", name)
    assert "Still being copied: first" in reason(look(tmp_path, instance))


def test_a_folder_is_whole_only_after_some_quiet_seconds(tmp_path: Path) -> None:
    folder = put(tmp_path, "first").parent
    now = time.time()
    assert not folder_of(folder, now=now).complete
    assert folder_of(folder, now=now + LATER).complete


def test_a_copy_that_keeps_old_times_counts_from_its_arrival(tmp_path: Path) -> None:
    path = put(tmp_path, "first")
    os.utime(path, (1_000_000_000, 1_000_000_000))
    assert not folder_of(path.parent, now=time.time()).complete


def test_an_empty_inbox_or_none_at_all_starts_nothing(
    tmp_path: Path, instance: DagsterInstance
) -> None:
    assert "No batch folder" in reason(look(tmp_path, instance))
    (tmp_path / "inbox" / "empty").mkdir(parents=True)
    assert "No batch folder" in reason(look(tmp_path, instance))
