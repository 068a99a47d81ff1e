"""Frames on disk: whole or not at all, one file a batch, several batches as one frame."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from dagster import (
    AssetExecutionContext,
    AssetsDefinition,
    DagsterInstance,
    ExecuteInProcessResult,
    asset,
    materialize,
)
from upath import UPath

from kartra_freshsales.errors import BadInput
from kartra_freshsales.orchestration.io_manager import (
    IDENTIFYING_COLUMNS,
    FramesIOManager,
    ParquetIOManager,
)
from kartra_freshsales.orchestration.partitions import BATCHES
from kartra_freshsales.orchestration.resources import WorkspaceResource


@asset(partitions_def=BATCHES)
def raw(context: AssetExecutionContext) -> pl.DataFrame:
    columns = {"_batch": [context.partition_key], "email": ["somebody@example.com"]}
    if context.partition_key == "two":
        columns["Shoe size"] = ["44"]
    return pl.DataFrame(columns)


@asset
def united(raw: pl.DataFrame) -> pl.DataFrame:
    return raw


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as made:
        made.add_dynamic_partitions("extraction_batch", ["two", "one", "never_made"])
        yield made


def make(
    folder: Path,
    instance: DagsterInstance,
    *assets: AssetsDefinition,
    batch: str | None = None,
    columns: tuple[str, ...] = (),
    select: AssetsDefinition | None = None,
) -> ExecuteInProcessResult:
    return materialize(
        list(assets),
        instance=instance,
        partition_key=batch,
        selection=[select] if select else None,
        resources={"io_manager": ParquetIOManager(UPath(folder), columns)},
        raise_on_error=False,
    )


# S74, S76
def test_all_batches_come_as_one_frame_in_order_of_their_keys_with_all_columns(
    tmp_path: Path, instance: DagsterInstance
) -> None:
    for batch in ("two", "one"):
        make(tmp_path, instance, raw, batch=batch)
    make(tmp_path, instance, raw, united, select=united)
    frame = pl.read_parquet(tmp_path / "united.parquet")
    assert frame["_batch"].to_list() == ["one", "two"]
    assert frame["Shoe size"].to_list() == [None, "44"]


# S74, G5: what a withdrawn batch brought counts for nothing, and its frames stay
def test_a_withdrawn_batch_is_in_no_frame_over_all_batches(
    tmp_path: Path, instance: DagsterInstance
) -> None:
    frames = tmp_path / "frames"
    for batch in ("two", "one"):
        make(frames, instance, raw, batch=batch)
    manager = ParquetIOManager(UPath(frames), withdrawn=lambda known: {"two"} & set(known))
    materialize(
        [raw, united],
        instance=instance,
        selection=[united],
        resources={"io_manager": manager},
    )
    assert pl.read_parquet(frames / "united.parquet")["_batch"].to_list() == ["one"]
    assert (frames / "raw" / "two.parquet").exists()


# S74: taken back by decision or by taking the folder away; an empty inbox says nothing
def test_a_batch_is_withdrawn_by_decision_or_without_its_folder(tmp_path: Path) -> None:
    workspace, known = WorkspaceResource(root=str(tmp_path)), ["one", "two", "three"]
    assert workspace.withdrawn(known) == set()
    for batch in ("one", "two"):
        (tmp_path / "inbox" / batch).mkdir(parents=True)
        (tmp_path / "inbox" / batch / "contacts.csv").touch()
    assert workspace.withdrawn(known) == {"three"}
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "source.yaml").write_text("withdrawn: [two]\n")
    assert workspace.withdrawn(known) == {"two", "three"}


# G1
def test_a_run_that_fails_leaves_the_last_good_frame_and_no_half_one(
    tmp_path: Path, instance: DagsterInstance
) -> None:
    @asset(name="raw", partitions_def=BATCHES)
    def failing(context: AssetExecutionContext) -> pl.DataFrame:
        raise ConnectionError

    @asset(name="raw", partitions_def=BATCHES)
    def no_frame(context: AssetExecutionContext) -> list[int]:
        return [1]

    @asset(name="raw", partitions_def=BATCHES)
    def unwritable(context: AssetExecutionContext) -> pl.DataFrame:
        return pl.DataFrame({"thing": pl.Series([object()], dtype=pl.Object)})

    assert make(tmp_path, instance, raw, batch="one").success
    before = (tmp_path / "raw" / "one.parquet").read_bytes()
    for worse in (failing, no_frame, unwritable):
        assert not make(tmp_path, instance, worse, batch="one").success
    assert (tmp_path / "raw" / "one.parquet").read_bytes() == before
    assert [path.name for path in (tmp_path / "raw").iterdir()] == ["one.parquet"]


def test_a_frame_that_was_never_made_is_asked_for_by_name(
    tmp_path: Path, instance: DagsterInstance
) -> None:
    result = make(tmp_path, instance, raw, united, select=united)
    failure = result.failure_data_for_node("united")
    assert failure is not None
    assert "raw has not been materialized yet. Materialize raw" in str(failure.error)
    assert BadInput.__name__ in str(failure.error)


def test_only_the_columns_asked_for_are_read_and_lacking_ones_are_no_fault(
    tmp_path: Path, instance: DagsterInstance
) -> None:
    make(tmp_path, instance, raw, batch="one")
    make(
        tmp_path,
        instance,
        raw,
        united,
        select=united,
        columns=("_batch", "deal_key"),
    )
    assert pl.read_parquet(tmp_path / "united.parquet").columns == ["_batch"]


# G18
def test_identifying_columns_hold_no_name_phone_or_address() -> None:
    personal = {"email", "first_name", "last_name", "phone", "address", "notes", "payload"}
    assert not personal & set(IDENTIFYING_COLUMNS)


# G19
@pytest.mark.parametrize("base_url", ["", "memory://bucket/frames"])
def test_the_place_is_the_workspace_or_any_url(base_url: str, tmp_path: Path) -> None:
    manager = FramesIOManager(
        workspace=WorkspaceResource(root=str(tmp_path)), base_url=base_url
    ).create_io_manager(None)
    base = str(manager._base_path)
    assert base == (base_url or str(tmp_path.resolve() / "data" / "frames"))
