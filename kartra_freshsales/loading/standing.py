"""What stands in the destination right before a module is sent, as far as it matters.

A snapshot may be hours old. It is brought up to date by what changed since; where the
counts say that nobody but us created anything, one page is enough. Not here: what follows
from it (``checks``).
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from kartra_freshsales.errors import NotFound
from kartra_freshsales.freshsales.records import INCLUDES, Json, flatten
from kartra_freshsales.loading.items import Item
from kartra_freshsales.loading.pages import (
    KEYED,
    newest_first,
    newest_of,
    view_ids,
)
from kartra_freshsales.loading.session import Session
from kartra_freshsales.loading.snapshot import (
    as_snapshot,
    read_changed_since,
    read_snapshot,
)

_FEW_UPDATES = 25


@dataclass
class Standing:
    """Records that concern us, by id and by natural key.

    ``planned_on`` are records as the snapshot had them. All are kept as JSON text, since
    there may be as many as the plan has updates. ``mark`` is when anything was last changed
    before we began, by the destination's own clock.
    """

    by_id: dict[int, str] = field(default_factory=dict)
    by_key: dict[str, int] = field(default_factory=dict)
    planned_on: dict[int, str] = field(default_factory=dict)
    mark: datetime | None = None

    def add(self, found: pl.DataFrame) -> None:
        """Lay newer records, with a snapshot's columns, over older ones."""
        columns = found.select("freshsales_id", "natural_key", "record")
        for number, key, record in columns.iter_rows():
            self.by_id[number] = record
            if key is not None:
                self.by_key[key] = number

    def record(self, freshsales_id: int | None) -> Json | None:
        """A record as it stands now."""
        return _decoded(self.by_id.get(freshsales_id or 0))

    def named(self, key: str | None) -> Json | None:
        """The record with a natural key as it stands now."""
        return None if key is None else self.record(self.by_key.get(key))

    def as_planned_on(self, freshsales_id: int | None) -> Json | None:
        """A record as the plan knew it."""
        return _decoded(self.planned_on.get(freshsales_id or 0))


def _decoded(text: str | None) -> Json | None:
    return None if text is None else json.loads(text)


def read_standing(
    session: Session,
    endpoint: str,
    items: Sequence[Item],
    snapshot: pl.DataFrame | None,
    ours: Collection[int],
) -> Standing:
    """Read what is needed to send the given items safely.

    Args:
        session: the load.
        endpoint: where the items go.
        items: creates and updates.
        snapshot: the one that the plan was made on; without it the whole endpoint is read
            where people have records in it.
        ours: ids of everything the ledger knows to stand at this endpoint.
    """
    updates = {i.freshsales_id for i in items if i.freshsales_id is not None}
    keys = {key for i in items if i.creates and (key := i.natural_key(endpoint))}
    standing, total = _newest(session, endpoint)
    known = None if snapshot is None else snapshot.filter(pl.col("module") == endpoint)
    ids = set() if known is None else set(known["freshsales_id"].to_list())
    # Our deals are recognised by a name nobody else would give.
    foreign = endpoint in KEYED and total != len(ids | set(ours))
    if known is not None:
        matching = pl.col("freshsales_id").is_in(list(updates)) | pl.col(
            "natural_key"
        ).is_in(list(keys))
        standing.add(known.filter(matching))
        standing.planned_on = dict(standing.by_id)
        if updates or (keys and foreign):
            changed = read_changed_since(
                session.client,
                session.metadata,
                endpoint,
                _newest_text(known),
                view_names=session.view_names,
            )
            standing.add(changed)
    elif (keys and foreign) or len(updates) > _FEW_UPDATES:
        whole = read_snapshot(
            session.client,
            session.metadata,
            session.edition,
            endpoints=[endpoint],
            view_names=session.view_names,
        )
        standing.add(whole)
    else:
        standing.add(as_snapshot(endpoint, _singly(session, endpoint, sorted(updates))))
    return standing


def _newest(session: Session, endpoint: str) -> tuple[Standing, int]:
    """The time of the last change of all, and how many records there are."""
    times, total = [], 0
    views = view_ids(session.metadata, endpoint, session.view_names)
    for view_id in views.values():
        sheet = next(newest_first(session.client, endpoint, view_id, floor=None))
        total += len(sheet.records) if sheet.total is None else sheet.total
        times.append(newest_of(sheet.records))
    return Standing(mark=max((at for at in times if at is not None), default=None)), total


def _newest_text(known: pl.DataFrame) -> str:
    """The last change a snapshot knows, in the destination's words; empty if none."""
    if known.is_empty():
        return ""
    at = pl.col("updated_at").str.to_datetime("%+", time_zone="UTC", strict=False)
    newest = known.select("updated_at", at.alias("_at")).sort("_at", nulls_last=True)
    found = newest.filter(pl.col("_at").is_not_null()).tail(1)["updated_at"]
    return str(found.item()) if len(found) else ""


def _singly(session: Session, endpoint: str, ids: Iterable[int]) -> Iterable[Json]:
    for number in ids:
        try:
            record, side = session.client.record(endpoint, number, INCLUDES[endpoint])
        except NotFound:
            continue
        loads: Mapping[str, object] = side
        yield flatten(endpoint, record, dict(loads))
