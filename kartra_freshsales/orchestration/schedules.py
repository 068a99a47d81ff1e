"""Schedules: failed partitions are run again once, and only once."""

from collections.abc import Iterable, Iterator

from dagster import (
    DagsterRun,
    DagsterRunStatus,
    DefaultScheduleStatus,
    RunRequest,
    RunsFilter,
    ScheduleDefinition,
    ScheduleEvaluationContext,
    SkipReason,
    schedule,
)
from dagster._core.definitions.unresolved_asset_job_definition import (
    UnresolvedAssetJobDefinition,
)

RERUN_TAG = "kartra_freshsales/rerun_of"
_PARTITION_TAG = "dagster/partition"
_LOOK_BACK = 1000
"""Runs that are looked at; a batch whose last load lies further back is left alone."""


def failed_for_the_first_time(runs: Iterable[DagsterRun]) -> dict[str, str]:
    """Partition → id of its newest run, where that failed and was no rerun.

    A run that a person stopped is no failure, and one under way may yet succeed.

    Args:
        runs: of one job, the newest first.
    """
    newest: dict[str, DagsterRun] = {}
    for run in runs:
        if key := run.tags.get(_PARTITION_TAG):
            newest.setdefault(key, run)
    return {
        key: run.run_id
        for key, run in sorted(newest.items())
        if run.status is DagsterRunStatus.FAILURE and RERUN_TAG not in run.tags
    }


def failed_partitions_schedule(job: UnresolvedAssetJobDefinition) -> ScheduleDefinition:
    """Run ``job`` again for each partition whose newest run failed, unless it was a rerun.

    A rerun sends only what is missing: the loader settles what the failed run left open
    before it sends anything. The approval given for the plan still has to match.
    """

    @schedule(
        name="rerun_failed_partitions",
        job=job,
        cron_schedule="*/30 * * * *",
        default_status=DefaultScheduleStatus.STOPPED,
        description="Runs the load of each failed batch again, once.",
    )
    def rerun_failed_partitions(
        context: ScheduleEvaluationContext,
    ) -> Iterator[RunRequest | SkipReason]:
        runs = context.instance.get_runs(RunsFilter(job_name=job.name), limit=_LOOK_BACK)
        again = failed_for_the_first_time(runs)
        if not again:
            yield SkipReason("No batch's newest load failed for the first time.")
        for key, run_id in again.items():
            yield RunRequest(run_key=run_id, partition_key=key, tags={RERUN_TAG: run_id})

    return rerun_failed_partitions
