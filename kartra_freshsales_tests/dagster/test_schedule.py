"""Failed loads are run again once; never twice, and never those a person stopped."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import (
    AssetExecutionContext,
    Config,
    DagsterInstance,
    DagsterRunStatus,
    Definitions,
    RunsFilter,
    asset,
    build_schedule_context,
    define_asset_job,
)

from kartra_freshsales.orchestration.partitions import BATCHES
from kartra_freshsales.orchestration.schedules import (
    RERUN_TAG,
    failed_for_the_first_time,
    failed_partitions_schedule,
)


class Weather(Config):
    good: bool = True


@asset(partitions_def=BATCHES)
def loaded(context: AssetExecutionContext, config: Weather) -> None:
    if not config.good:
        raise ConnectionError(context.partition_key)


LOAD = define_asset_job("load", [loaded])
OTHER = define_asset_job("rehearse", [loaded])
SCHEDULE = failed_partitions_schedule(LOAD)
DEFINITIONS = Definitions([loaded], jobs=[LOAD, OTHER], schedules=[SCHEDULE])


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as made:
        made.add_dynamic_partitions("extraction_batch", ["a", "b"])
        yield made


def run(
    instance: DagsterInstance,
    batch: str,
    *,
    good: bool,
    tags: dict[str, str] | None = None,
    job: str = "load",
) -> str:
    result = DEFINITIONS.resolve_job_def(job).execute_in_process(
        instance=instance,
        partition_key=batch,
        tags=tags or {},
        run_config={"ops": {"loaded": {"config": {"good": good}}}},
        raise_on_error=False,
    )
    assert result.success is good
    return result.run_id


def again(instance: DagsterInstance) -> dict[str, str]:
    return failed_for_the_first_time(instance.get_runs(RunsFilter(job_name="load")))


# Fixed by the user: scheduled rerun of failed partitions. S98, G13
def test_the_schedule_requests_the_failed_batch_again_under_the_failed_runs_key(
    tmp_path: Path,
) -> None:
    # A schedule opens its instance by reference, which an ephemeral one has not.
    with DagsterInstance.local_temp(str(tmp_path)) as instance:
        instance.add_dynamic_partitions("extraction_batch", ["a"])
        context = build_schedule_context(
            instance=instance, repository_def=DEFINITIONS.get_repository_def()
        )
        assert "newest load failed" in (SCHEDULE.evaluate_tick(context).skip_message or "")
        failed = run(instance, "a", good=False)
        (request,) = SCHEDULE.evaluate_tick(context).run_requests or []
    assert request.partition_key == "a"
    assert request.run_key == failed
    assert request.tags[RERUN_TAG] == failed


# S98
def test_of_two_batches_only_the_failed_one_is_run_again(instance: DagsterInstance) -> None:
    failed = run(instance, "a", good=False)
    run(instance, "b", good=True)
    assert again(instance) == {"a": failed}


def test_a_rerun_that_fails_too_is_left_to_a_person(instance: DagsterInstance) -> None:
    first = run(instance, "a", good=False)
    run(instance, "a", good=False, tags={RERUN_TAG: first})
    assert again(instance) == {}


def test_a_batch_that_went_well_afterwards_is_left_alone(instance: DagsterInstance) -> None:
    run(instance, "a", good=False)
    run(instance, "a", good=True)
    assert again(instance) == {}


def test_a_new_failure_of_a_persons_own_run_is_run_again_once(
    instance: DagsterInstance,
) -> None:
    first = run(instance, "a", good=False)
    run(instance, "a", good=False, tags={RERUN_TAG: first})
    second = run(instance, "a", good=False)
    assert again(instance) == {"a": second}


def test_failures_of_other_jobs_are_not_its_business(instance: DagsterInstance) -> None:
    run(instance, "a", good=False, job="rehearse")
    assert again(instance) == {}


def test_a_load_that_a_person_stopped_is_left_alone(instance: DagsterInstance) -> None:
    run_id = run(instance, "a", good=False)
    stopped = [
        found._replace(status=DagsterRunStatus.CANCELED)
        for found in instance.get_runs()
        if found.run_id == run_id
    ]
    assert failed_for_the_first_time(stopped) == {}
