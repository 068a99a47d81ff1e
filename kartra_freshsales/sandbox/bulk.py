"""Bulk upsert and its jobs: rows are taken in at once and applied when the job is due.

How a job words its state and lays out failed rows is not public. Both live in
``JOB_LAYOUTS`` alone, to be replaced after a look at a live account.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from kartra_freshsales.sandbox import records
from kartra_freshsales.sandbox.calls import Answer, Call
from kartra_freshsales.sandbox.messages import said
from kartra_freshsales.sandbox.modules import MODULES, Module
from kartra_freshsales.sandbox.refusal import Refusal, bad, missing
from kartra_freshsales.sandbox.world import World

MOST_ROWS: Final = 100

Outcome = dict[str, Any]


@dataclass(frozen=True)
class JobLayout:
    """The words of a job's states and the form of its ``data``."""

    running: str
    finished: str
    whole: float
    data: Callable[[list[Outcome]], Any]


JOB_LAYOUTS: Final[Mapping[str, JobLayout]] = {
    "rows": JobLayout(
        running="in_progress",
        finished="completed",
        whole=1.0,
        data=lambda rows: {
            "total": len(rows),
            "success": sum("errors" not in row for row in rows),
            "failed": [row for row in rows if "errors" in row],
        },
    ),
    "counts": JobLayout(
        running="processing",
        finished="success",
        whole=100,
        data=lambda rows: {
            "success_count": sum("errors" not in row for row in rows),
            "failure_count": sum("errors" in row for row in rows),
        },
    ),
    "silent": JobLayout(
        running="queued", finished="done", whole=100, data=lambda _rows: None
    ),
}


def bulk_upsert(call: Call) -> Answer:
    """``POST /M/bulk_upsert``: take in at most 100 rows and answer where the job stands."""
    module, world = MODULES[call.params["module"]], call.world
    everywhere = world.config.switches.classic_bulk_everywhere
    if module.plural not in world.edition.bulk and not everywhere:
        raise missing("page")
    rows = call.mapping().get(module.plural)
    if not isinstance(rows, list) or not rows:
        raise bad("Invalid or missing attributes")
    if len(rows) > MOST_ROWS:
        raise bad(f"A maximum of {MOST_ROWS} records can be upserted at once.")
    if not all(isinstance(row, dict) and isinstance(row.get("data"), dict) for row in rows):
        raise bad("Invalid or missing attributes")
    kept = [None if call.faults.loses_row() else row for row in rows]
    now = world.now_us()
    cursor = world.store.sql.execute(
        "INSERT INTO jobs (module, created_us, due_us, stuck, rows, request)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            module.plural,
            now,
            now + int((world.config.job_seconds + call.faults.job_delay()) * 1_000_000),
            int(call.faults.job_sticks()),
            json.dumps(kept),
            call.number_of_request,
        ),
    )
    job_id = int(cursor.lastrowid or 0)
    return Answer(
        {
            "message": "Your request is being processed.",
            "job_status_url": f"{call.base}/job_statuses/{job_id}",
        }
    )


def job_status(call: Call) -> Answer:
    """``GET /job_statuses/:id``: in progress on the first polls, later finished."""
    world, job_id = call.world, call.params["id"]
    row = world.store.sql.execute(
        "SELECT module, created_us, polls, stuck, applied_us, outcome FROM jobs WHERE id=?",
        (job_id,),
    ).fetchone()
    if row is None:
        raise missing("job")
    module, created_us, polls, stuck, applied_us, outcome = row
    world.store.sql.execute("UPDATE jobs SET polls = polls + 1 WHERE id=?", (job_id,))
    done = applied_us is not None and polls >= world.config.job_polls and not stuck
    layout = JOB_LAYOUTS[world.config.switches.job_layout]
    return Answer(
        {
            "job_type_name": f"bulk_upsert_{module}",
            "created_at": world.shown_time(created_us),
            "status": layout.finished if done else layout.running,
            "status_updated_at": world.shown_time(applied_us if done else created_us),
            "progress": layout.whole if done else 0,
            "data": layout.data(json.loads(outcome)) if done else None,
        }
    )


def run_due_jobs(world: World) -> None:
    """Apply the rows of every job that is due, in the order the jobs came."""
    # Every request asks; left to choose, SQLite reads through all jobs there ever were.
    due = world.store.sql.execute(
        "SELECT id, module, rows, request FROM jobs INDEXED BY jobs_open"
        " WHERE applied_us IS NULL AND due_us <= ? ORDER BY id",
        (world.now_us(),),
    ).fetchall()
    for job_id, plural, rows, request in due:
        world.store.acting(f"job:{job_id}", world.clock(), request)
        with world.store.transaction():
            module = MODULES[plural]
            outcome = [
                _apply(world, module, at, row) for at, row in enumerate(json.loads(rows))
            ]
            world.store.sql.execute(
                "UPDATE jobs SET applied_us=?, outcome=?, rows='' WHERE id=?",
                (world.now_us(), json.dumps(outcome, separators=(",", ":")), job_id),
            )


def _apply(world: World, module: Module, at: int, row: dict[str, Any] | None) -> Outcome:
    if row is None:  # a fault lost the row; the job does not notice
        return {"index": at}
    identifier = {key: value for key, value in row.items() if key != "data"}
    if "id" in identifier:
        identifier = {"id": identifier["id"]}
    try:
        with world.store.transaction():
            record, created = records.upsert(world, module, identifier, row["data"])
    except Refusal as refusal:
        language = world.config.switches.language
        errors = [said(language, words) for words in refusal.messages]
        return {"index": at, "identifier": identifier, "errors": errors}
    return {"index": at, "id": record.id, "created": created}
