"""Facts about Dagster's runs, partitions and settings that the project leans on."""

import importlib.metadata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetSelection,
    Config,
    DagsterInstance,
    Definitions,
    DynamicPartitionsDefinition,
    InputContext,
    IOManager,
    OutputContext,
    asset,
    define_asset_job,
    in_process_executor,
    materialize,
)

ROOT = Path(__file__).resolve().parents[2]
BATCHES = DynamicPartitionsDefinition(name="batch")


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as made:
        made.add_dynamic_partitions("batch", ["two", "one"])
        yield made


class Noted(IOManager):
    """Remembers for which partitions an input was asked."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def handle_output(self, context: OutputContext, obj: object) -> None:
        """Keep nothing."""

    def load_input(self, context: InputContext) -> list[str]:
        """Tell which partitions an input stands for."""
        keys = list(context.asset_partition_keys) if context.has_asset_partitions else []
        self.asked.append(keys)
        return keys


@asset(partitions_def=BATCHES)
def part(context: AssetExecutionContext) -> str:
    return str(context.partition_key)


@asset
def whole(part: list[str]) -> int:
    return len(part)


@asset(partitions_def=BATCHES)
def part_again(part: list[str]) -> int:
    return len(part)


def test_versions_are_the_ones_these_facts_were_tried_with() -> None:
    assert importlib.metadata.version("dagster") == "1.13.27"
    assert importlib.metadata.version("dagster-webserver") == "1.13.27"
    assert importlib.metadata.version("dagster-postgres") == "0.29.27"


def test_a_job_in_process_runs_one_dynamic_partition(instance: DagsterInstance) -> None:
    job = define_asset_job("extract", [part], executor_def=in_process_executor)
    made = Definitions([part], jobs=[job]).resolve_job_def("extract")
    result = made.execute_in_process(instance=instance, partition_key="one")
    assert result.output_for_node("part") == "one"
    assert result.dagster_run.tags["dagster/partition"] == "one"
    assert instance.get_materialized_partitions(AssetKey("part")) == {"one"}


def test_a_partition_nobody_registered_is_refused(instance: DagsterInstance) -> None:
    job = define_asset_job("extract", [part], executor_def=in_process_executor)
    made = Definitions([part], jobs=[job]).resolve_job_def("extract")
    with pytest.raises(Exception, match="three"):
        made.execute_in_process(instance=instance, partition_key="three")


# S74: an asset over all batches is given every partition, a batch's asset its own.
@pytest.mark.parametrize(
    ("below", "key", "asked"), [(whole, None, ["two", "one"]), (part_again, "one", ["one"])]
)
def test_an_asset_over_all_batches_is_given_every_partition_of_its_parent(
    below: Any, key: str | None, asked: list[str], instance: DagsterInstance
) -> None:
    manager = Noted()
    materialize(
        [part, below],
        selection=[below],
        instance=instance,
        partition_key=key,
        resources={"io_manager": manager},
    )
    assert manager.asked == [asked]


def test_a_jobs_partitions_follow_from_its_assets_and_need_no_saying() -> None:
    job = define_asset_job("extract", AssetSelection.assets("part"))
    made = Definitions([part], jobs=[job]).resolve_job_def("extract")
    assert made.partitions_def == BATCHES
    with pytest.warns(DeprecationWarning, match="partitions_def"):
        define_asset_job("extract", [part], partitions_def=BATCHES)


def test_run_config_of_an_asset_stands_under_ops_even_for_multi_partition_runs(
    instance: DagsterInstance,
) -> None:
    class Who(Config):
        name: str

    @asset(partitions_def=BATCHES)
    def signed(config: Who) -> str:
        return config.name

    result = materialize(
        [signed],
        instance=instance,
        partition_key="one",
        run_config={"ops": {"signed": {"config": {"name": "somebody"}}}},
    )
    assert result.output_for_node("signed") == "somebody"


def test_an_exception_of_ours_is_the_cause_of_the_failed_step() -> None:
    @asset
    def failing() -> None:
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError, match="gone"):
        materialize([failing])


# No module with assets, checks, config or resources postpones annotations.
def test_modules_that_dagster_reads_do_not_postpone_annotations() -> None:
    package = ROOT / "kartra_freshsales"
    read_by_dagster = [
        package / "definitions.py",
        *(package / "assets").rglob("*.py"),
        *(package / "orchestration").rglob("*.py"),
    ]
    for path in read_by_dagster:
        assert "from __future__ import annotations" not in path.read_text("utf-8"), path


def test_postponed_annotations_break_an_assets_config() -> None:
    code = (
        "from __future__ import annotations\n"
        "def build():\n"
        "    from dagster import Config, asset\n"
        "    class Who(Config):\n"
        "        name: str\n"
        "    @asset\n"
        "    def signed(config: Who) -> None: ...\n"
        "    return signed\n"
    )
    space: dict[str, Any] = {}
    exec(compile(code, "postponed", "exec"), space)
    with pytest.raises(Exception, match=r"Who|config"):
        materialize([space["build"]()], run_config={"ops": {"signed": {"config": {}}}})


def settings_of(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


# S107, G6: the repository's own settings, read by a real instance
def test_the_repositorys_dagster_yaml_is_taken_and_runs_without_any_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dagster.yaml").write_text((ROOT / "dagster.yaml").read_text("utf-8"))
    monkeypatch.chdir(tmp_path)
    with DagsterInstance.from_config(str(tmp_path)) as made:
        made.add_dynamic_partitions("batch", ["one"])
        assert made.run_retries_enabled
        assert made.run_retries_max_retries == 1
        assert not made.run_retries_retry_on_asset_or_op_failure
        assert made.run_monitoring_settings["free_slots_after_run_end_seconds"] == 300
        assert not made.telemetry_enabled
        assert materialize([part], instance=made, partition_key="one").success
    assert (tmp_path / "data" / "dagster" / "storage").is_dir()


def test_the_container_settings_keep_the_same_policies() -> None:
    embedded = settings_of(ROOT / "dagster.yaml")
    containers = settings_of(ROOT / "docker" / "dagster.yaml")
    for policy in ("run_retries", "concurrency", "run_monitoring", "telemetry"):
        assert containers[policy] == embedded[policy]
