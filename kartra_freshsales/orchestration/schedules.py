"""Schedules: failed partitions are run again once, and only once."""

from collections.abc import Iterator

from dagster import (
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
        newest: dict[str, tuple[str, DagsterRunStatus, bool]] = {}
        for run in context.instance.get_runs(RunsFilter(job_name=job.name), limit=1000):
            key = run.tags.get(_PARTITION_TAG)
            if key and key not in newest:
                newest[key] = (run.run_id, run.status, RERUN_TAG in run.tags)
        again = {
            key: run_id
            for key, (run_id, status, was_rerun) in sorted(newest.items())
            if status is DagsterRunStatus.FAILURE and not was_rerun
        }
        if not again:
            yield SkipReason("No batch's newest load failed for the first time.")
        for key, run_id in again.items():
            yield RunRequest(run_key=run_id, partition_key=key, tags={RERUN_TAG: run_id})

    return rerun_failed_partitions
