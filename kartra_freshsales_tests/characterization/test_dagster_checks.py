"""Facts about Dagster's asset checks that gates and checks lean on."""

import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from dagster import (
    AssetCheckKey,
    AssetCheckResult,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetIn,
    AssetKey,
    AssetMaterialization,
    AutomationCondition,
    BetaWarning,
    DagsterInstance,
    Definitions,
    DynamicPartitionsDefinition,
    ExecuteInProcessResult,
    PreviewWarning,
    asset,
    asset_check,
    evaluate_automation_conditions,
    in_process_executor,
    multi_asset_check,
)
from dagster._core.event_api import PartitionKeyFilter

BATCHES = DynamicPartitionsDefinition(name="batch")


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as made:
        made.add_dynamic_partitions("batch", ["one", "two"])
        yield made


@asset
def parent() -> int:
    return 1


@asset
def child(parent: int) -> int:
    return parent


@asset_check(asset=parent, blocking=True)
def never() -> AssetCheckResult:
    return AssetCheckResult(passed=False)


GUARDED = Definitions([parent, child], asset_checks=[never], executor=in_process_executor)


def run(
    definitions: Definitions, instance: DagsterInstance, *names: str, **more: Any
) -> ExecuteInProcessResult:
    return definitions.resolve_implicit_global_asset_job_def().execute_in_process(
        instance=instance,
        asset_selection=[AssetKey(name) for name in names] or None,
        raise_on_error=False,
        **more,
    )


# The reason why every gate stands in the body of the assets behind it. S17, G15
def test_a_blocking_check_stops_only_its_own_run(instance: DagsterInstance) -> None:
    together = run(GUARDED, instance, "parent", "child")
    assert not together.success
    assert not together.asset_materializations_for_node("child")
    alone = run(GUARDED, instance, "child")
    assert alone.success
    assert alone.asset_materializations_for_node("child")


# The reason why an approval is a frame that a body reads, not an event. G15
def test_anybody_may_report_a_materialization_that_no_body_made(
    instance: DagsterInstance,
) -> None:
    instance.report_runless_asset_event(AssetMaterialization("parent"))
    assert instance.get_latest_materialization_event(AssetKey("parent")) is not None


def partitioned(**by_batch: bool) -> Definitions:
    @asset(partitions_def=BATCHES)
    def rows(context: AssetExecutionContext) -> str:
        return str(context.partition_key)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PreviewWarning)
        spec = AssetCheckSpec("good", asset="rows", partitions_def=BATCHES)

    @multi_asset_check(specs=[spec], ins={"rows": AssetIn("rows")})
    def check_rows(rows: str) -> Iterator[AssetCheckResult]:
        yield AssetCheckResult(asset_key="rows", check_name="good", passed=by_batch[rows])

    return Definitions([rows], asset_checks=[check_rows], executor=in_process_executor)


def test_a_partitioned_check_keeps_a_result_for_each_partition(
    instance: DagsterInstance,
) -> None:
    definitions = partitioned(one=False, two=True)
    said = {
        batch: run(definitions, instance, partition_key=batch).get_asset_check_evaluations()
        for batch in ("one", "two")
    }
    assert {batch: one.passed for batch, (one,) in said.items()} == {
        "one": False,
        "two": True,
    }
    key = AssetCheckKey(AssetKey("rows"), "good")
    for batch, passed in (("one", False), ("two", True)):
        (record,) = instance.event_log_storage.get_asset_check_execution_history(
            key, limit=5, partition_filter=PartitionKeyFilter(key=batch)
        )
        assert record.evaluation is not None
        assert record.evaluation.passed is passed


def test_partitioned_checks_are_marked_preview() -> None:
    with pytest.warns(PreviewWarning):
        AssetCheckSpec("good", asset="rows", partitions_def=BATCHES)


def test_one_step_may_judge_several_checks_of_which_one_blocks(
    instance: DagsterInstance,
) -> None:
    @multi_asset_check(
        specs=[
            AssetCheckSpec("warns", asset="parent"),
            AssetCheckSpec("blocks", asset="parent", blocking=True),
        ],
        ins={"parent": AssetIn("parent")},
    )
    def judge(**frames: int) -> Iterator[AssetCheckResult]:
        assert frames == {"parent": 1}
        yield AssetCheckResult(asset_key="parent", check_name="warns", passed=False)
        yield AssetCheckResult(asset_key="parent", check_name="blocks", passed=False)

    result = run(Definitions([parent, child], asset_checks=[judge]), instance)
    assert not result.success
    assert len(result.get_asset_check_evaluations()) == 2
    assert not result.asset_materializations_for_node("child")


# The reason why nothing below the golden records is automated.
def test_eager_requests_a_child_whose_parents_blocking_check_failed() -> None:
    def requested(condition: AutomationCondition[Any]) -> int:
        @asset(name="child", automation_condition=condition)
        def automated(parent: int) -> int:
            return parent

        definitions = Definitions([parent, automated], asset_checks=[never])
        with DagsterInstance.ephemeral() as fresh, warnings.catch_warnings():
            warnings.simplefilter("ignore", BetaWarning)
            before = evaluate_automation_conditions(defs=definitions, instance=fresh)
            run(definitions, fresh, "parent")
            after = evaluate_automation_conditions(
                defs=definitions, instance=fresh, cursor=before.cursor
            )
            return after.total_requested

    eager = AutomationCondition.eager()
    passed = AutomationCondition.all_deps_blocking_checks_passed()
    assert requested(eager) == 1
    assert requested(eager & passed) == 0
