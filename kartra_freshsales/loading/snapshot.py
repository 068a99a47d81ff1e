"""Everything that stands in the destination, as a frame: before a load, or since a time.

Not here: finding single records again (``readback``).
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import polars as pl

from kartra_freshsales.errors import IntegrityError
from kartra_freshsales.freshsales.client import FreshsalesClient
from kartra_freshsales.freshsales.metadata import Metadata
from kartra_freshsales.freshsales.modules import record_endpoints
from kartra_freshsales.freshsales.records import Json
from kartra_freshsales.loading.kept_pages import Kept, KeptPages, Row
from kartra_freshsales.loading.pages import (
    id_of,
    moment,
    natural_key,
    newest_first,
    sheets,
    view_ids,
)
from kartra_freshsales.loading.policy import Policy
from kartra_freshsales.loading.session import Progress, ViewNames, quiet

SCHEMA: dict[str, pl.DataType] = {
    "module": pl.String(),
    "freshsales_id": pl.Int64(),
    "natural_key": pl.String(),
    "record": pl.String(),
    "updated_at": pl.String(),
}
_LONG = timedelta(minutes=1)
_AT_ONCE = 5_000


def read_snapshot(
    client: FreshsalesClient,
    metadata: Metadata,
    edition: str,
    *,
    endpoints: Sequence[str] | None = None,
    progress: Progress | None = None,
    view_names: ViewNames | None = None,
    kept: KeptPages | None = None,
    policy: Policy | None = None,
) -> pl.DataFrame:
    """Read every record, 100 a page, by id, with the includes that show relation ids.

    Where that took long, what was changed meanwhile is read once more at the end.

    Args:
        client: the destination.
        metadata: its views.
        edition: ``classic`` has leads of its own.
        endpoints: which records; all the edition has without.
        progress: told after each page.
        view_names: views to use instead of the standard names.
        kept: where pages are kept until all is read; an interrupted reading goes on there.
        policy: clocks.

    Returns:
        ``module`` (endpoint), ``freshsales_id, natural_key, record`` (flat, JSON text)
        and ``updated_at``.

    Raises:
        BadInput: the key's user sees no view of all records.
        IntegrityError: twice the pages did not hold as many records as they announced.
    """
    policy = policy or Policy()
    parts = [_frame([])]
    for endpoint in record_endpoints(edition) if endpoints is None else endpoints:
        began = policy.now()
        readings = [
            _Reading(client, endpoint, view_id, progress or quiet, kept)
            for view_id in view_ids(metadata, endpoint, view_names).values()
        ]
        found = [reading.whole() for reading in readings]
        since = min(reading.began or began for reading in readings)
        if policy.now() - since > _LONG:
            floor = policy.before(since).isoformat()
            found.append(
                read_changed_since(client, metadata, endpoint, floor, view_names=view_names)
            )
        parts.append(_newest(pl.concat(found)))
    if kept is not None:
        kept.clear()
    return pl.concat(parts)


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
    return as_snapshot(endpoint, found.values())


def as_snapshot(endpoint: str, records: Iterable[Json]) -> pl.DataFrame:
    """Flat records with a snapshot's columns."""
    return _frame(_row(endpoint, record) for record in records)


@dataclass
class _Reading:
    """All records of one view, by id. ``began`` is when an interrupted one did."""

    client: FreshsalesClient
    endpoint: str
    view_id: int
    progress: Progress
    kept: KeptPages | None
    began: datetime | None = None
    ids: set[object] = field(default_factory=set)
    parts: list[pl.DataFrame] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    def whole(self) -> pl.DataFrame:
        """Pages shift while people work, so the count is checked."""
        left = self.kept.of(self.endpoint, self.view_id) if self.kept else None
        total: int | None = None
        for _attempt in range(2):
            total = self._read(left)
            if total is None or len(self.ids) == total:
                return pl.concat([*self.parts, _frame(self.rows)])
            self._forget()
            left = None
        raise IntegrityError(
            f"A view of {self.endpoint} announces {total} records but shows "
            f"{len(self.ids)}.",
            remedy="Somebody is changing many records just now: read it again later.",
        )

    def _read(self, left: Kept | None) -> int | None:
        """Read to the end, after what an interrupted reading left; the announced total."""
        self.began = left.began if left else None
        self.ids, self.parts, self.rows = set(), [], []
        for page in left.pages[:-1] if left else ():
            self._gather(page)
        first, total = len(left.pages) if left else 1, None
        pages = sheets(
            self.client,
            self.endpoint,
            self.view_id,
            sort="id",
            sort_type="asc",
            first=first,
        )
        for at, sheet in enumerate(pages):
            page = [_row(self.endpoint, record) for record in sheet.records]
            # Where records were deleted meanwhile, the last page shows others now.
            if at == 0 and left and not _begins_with(page, left.pages[-1]):
                self._forget()
                return self._read(None)
            self._gather(page)
            if self.kept and not (at == 0 and left):
                self.kept.add(self.endpoint, self.view_id, page)
            total = sheet.total
            self.progress(self.endpoint, len(self.ids), total or len(self.ids))
        return total

    def _gather(self, page: Sequence[Row]) -> None:
        self.ids.update(row[1] for row in page)
        self.rows.extend(page)
        if len(self.rows) >= _AT_ONCE:
            self.parts.append(_frame(self.rows))
            self.rows = []

    def _forget(self) -> None:
        if self.kept is not None:
            self.kept.forget(self.endpoint, self.view_id)


def _begins_with(page: Sequence[Row], earlier: Sequence[Row]) -> bool:
    return [row[1] for row in page[: len(earlier)]] == [row[1] for row in earlier]


def _newest(rows: pl.DataFrame) -> pl.DataFrame:
    """Of a record that was seen twice, as it was seen last."""
    return rows.unique("freshsales_id", keep="last", maintain_order=True)


def _row(endpoint: str, record: Json) -> Row:
    return (
        endpoint,
        id_of(record),
        natural_key(endpoint, record),
        json.dumps(record, ensure_ascii=False),
        record.get("updated_at"),
    )


def _frame(rows: Iterable[Row]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=SCHEMA, orient="row")
