"""Everything that stands in the destination, as a frame: before a load, or since a time.

Not here: finding single records again (``readback``).
"""

import json
from collections.abc import Iterable, Sequence

import polars as pl

from kartra_freshsales.errors import IntegrityError
from kartra_freshsales.freshsales.client import FreshsalesClient
from kartra_freshsales.freshsales.metadata import Metadata
from kartra_freshsales.freshsales.modules import record_endpoints
from kartra_freshsales.freshsales.records import Json
from kartra_freshsales.loading.pages import (
    id_of,
    moment,
    natural_key,
    newest_first,
    sheets,
    view_ids,
)
from kartra_freshsales.loading.session import Progress, ViewNames, quiet

SCHEMA: dict[str, pl.DataType] = {
    "module": pl.String(),
    "freshsales_id": pl.Int64(),
    "natural_key": pl.String(),
    "record": pl.String(),
    "updated_at": pl.String(),
}


def read_snapshot(
    client: FreshsalesClient,
    metadata: Metadata,
    edition: str,
    *,
    endpoints: Sequence[str] | None = None,
    progress: Progress | None = None,
    view_names: ViewNames | None = None,
) -> pl.DataFrame:
    """Read every record, 100 a page, by id, with the includes that show relation ids.

    Args:
        client: the destination.
        metadata: its views.
        edition: ``classic`` has leads of its own.
        endpoints: which records; all the edition has without.
        progress: told after each page.
        view_names: views to use instead of the standard names.

    Returns:
        ``module`` (endpoint), ``freshsales_id, natural_key, record`` (flat, JSON text)
        and ``updated_at``.

    Raises:
        BadInput: the key's user sees no view of all records.
        IntegrityError: twice the pages did not hold as many records as they announced.
    """
    rows: list[tuple[object, ...]] = []
    for endpoint in record_endpoints(edition) if endpoints is None else endpoints:
        views = view_ids(metadata, endpoint, view_names)
        found: dict[int, Json] = {}
        for view_id in views.values():
            found.update(_whole_view(client, endpoint, view_id, progress or quiet))
        rows += [_row(endpoint, record) for record in found.values()]
    return _frame(rows)


def read_changed_since(
    client: FreshsalesClient,
    metadata: Metadata,
    endpoint: str,
    since: str,
    *,
    view_names: ViewNames | None = None,
) -> pl.DataFrame:
    """Read what was changed at or after a time, newest first, with a snapshot's columns.

    Args:
        client: the destination.
        metadata: its views.
        endpoint: which records.
        since: a time as the destination writes it; empty reads everything.
        view_names: views to use instead of the standard names.
    """
    floor = moment(since)
    found: dict[int, Json] = {}
    for view_id in view_ids(metadata, endpoint, view_names).values():
        for sheet in newest_first(client, endpoint, view_id, floor=floor):
            for record in sheet.records:
                found.setdefault(id_of(record), record)
    return _frame(_row(endpoint, record) for record in found.values())


def _whole_view(
    client: FreshsalesClient, endpoint: str, view_id: int, progress: Progress
) -> dict[int, Json]:
    """All records of a view. Pages shift while people work, so the count is checked."""
    found: dict[int, Json] = {}
    total: int | None = None
    for _attempt in range(2):
        found = {}
        for sheet in sheets(client, endpoint, view_id, sort="id", sort_type="asc"):
            found.update({id_of(record): record for record in sheet.records})
            total = sheet.total
            progress(endpoint, len(found), total or len(found))
        if total is None or len(found) == total:
            return found
    raise IntegrityError(
        f"A view of {endpoint} announces {total} records but shows {len(found)}.",
        remedy="Somebody is changing many records just now: read it again later.",
    )


def _row(endpoint: str, record: Json) -> tuple[object, ...]:
    return (
        endpoint,
        id_of(record),
        natural_key(endpoint, record),
        json.dumps(record, ensure_ascii=False),
        record.get("updated_at"),
    )


def _frame(rows: Iterable[tuple[object, ...]]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=SCHEMA, orient="row")
