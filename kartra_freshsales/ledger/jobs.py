"""Bulk jobs we have started and how far we have followed them."""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select, update

from kartra_freshsales.ledger import upsert
from kartra_freshsales.ledger.records import Job
from kartra_freshsales.ledger.states import JobState
from kartra_freshsales.ledger.tables import bulk_job


def put(connection: Connection, destination_id: int, job: Job, now_us: int) -> None:
    """Write a job, or its new state and number of polls."""
    row = {
        "destination_id": destination_id,
        "job_id": job.job_id,
        "group_key": job.group,
        "module": str(job.module),
        "run": job.run,
        "state": str(job.state),
        "polls": job.polls,
        "opened_us": now_us,
    }
    upsert.put(connection, bulk_job, [row], keep=frozenset({"opened_us"}))


def still_open(
    connection: Connection, destination_id: int, module: str | None
) -> list[Job]:
    """Jobs nobody has seen the end of, oldest first."""
    query = (
        select(bulk_job)
        .where(bulk_job.c.destination_id == destination_id)
        .where(bulk_job.c.state == str(JobState.OPEN))
        .order_by(bulk_job.c.opened_us, bulk_job.c.job_id)
    )
    if module is not None:
        query = query.where(bulk_job.c.module == str(module))
    return [
        Job(row.job_id, row.group_key, row.module, row.run, JobState(row.state), row.polls)
        for row in connection.execute(query)
    ]


def close(
    connection: Connection, destination_id: int, job_ids: Sequence[str], state: JobState
) -> None:
    """Set the state that jobs ended in."""
    if not job_ids:
        return
    connection.execute(
        update(bulk_job)
        .where(bulk_job.c.destination_id == destination_id)
        .where(bulk_job.c.job_id == bindparam("which"))
        .values(state=str(state)),
        [{"which": job_id} for job_id in job_ids],
    )
