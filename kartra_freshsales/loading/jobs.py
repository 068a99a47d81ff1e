"""Following bulk jobs to their end, and reading what little they tell.

The words of a job's state are not public and its counts are not to be trusted: an end is
recognised by a few known words, everything else is decided by reading records back.
Not here: sending, reading back.
"""

from collections.abc import Iterator

from kartra_freshsales.errors import NotFound
from kartra_freshsales.freshsales.records import Json
from kartra_freshsales.loading.session import Session

_ENDED = frozenset({
    "completed", "complete", "success", "successful", "succeeded", "done", "finished",
    "failed", "failure", "error", "partially_completed", "partial_success",
})  # fmt: skip


def status_of(session: Session, job_id: str) -> Json:
    """A job's last word; one that is not known any more has ended."""
    try:
        return session.client.job_status(job_id)
    except NotFound:
        return {"status": "done"}


def has_ended(status: Json) -> bool:
    """Whether the state's word is one of an end."""
    word = str(status.get("status", "")).strip().casefold()
    return word.replace(" ", "_").replace("-", "_") in _ENDED


def hinted_rows(status: Json) -> set[int]:
    """Numbers of rows that the job says it refused; a hint, never a proof."""
    return {
        number
        for row in _rows(status.get("data"))
        if (row.get("errors") or row.get("error"))
        and isinstance(number := row.get("index"), int)
    }


def _rows(data: object) -> Iterator[Json]:
    if isinstance(data, list):
        yield from (item for item in data if isinstance(item, dict))
    elif isinstance(data, dict):
        for value in data.values():
            yield from _rows(value) if isinstance(value, list) else ()
