"""Pages of the views that show every record, as flat records; newest first or by id.

Views are the only way to list records (reference, section 3.2), and their names may be
translated or missing. Not here: what is looked for (``readback``, ``snapshot``).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from kartra_freshsales.errors import BadInput
from kartra_freshsales.freshsales.client import FreshsalesClient
from kartra_freshsales.freshsales.metadata import Metadata
from kartra_freshsales.freshsales.records import INCLUDES, Json, flatten
from kartra_freshsales.loading.session import ViewNames

PER_PAGE = 100
_VIEWS: dict[str, tuple[tuple[str, ...], ...]] = {
    "sales_accounts": (("All Accounts",),),
    "contacts": (("All Contacts",),),
    "leads": (("All Leads",),),
    # Many accounts have no "All Deals" (reference, section 3.3).
    "deals": (("All Deals",), ("Open Deals", "Won Deals", "Lost Deals")),
}
KEYED = frozenset({"sales_accounts", "contacts", "leads"})
"""Endpoints whose upsert surely recognises a record: sending twice cannot make two."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page: flat records, the number of records in the view, whether more follow."""

    records: list[Json]
    total: int | None
    more: bool


def view_ids(
    metadata: Metadata, endpoint: str, view_names: ViewNames | None = None
) -> dict[str, int]:
    """Name → id of the views that together show every record of an endpoint.

    Raises:
        BadInput: the key's user sees no such views.
    """
    known = metadata.views.get(endpoint, {})
    folded = {name.casefold(): number for name, number in known.items()}
    given = (view_names or {}).get(endpoint)
    for names in (tuple(given),) if given else _VIEWS[endpoint]:
        ids = [_id_of(name, folded) for name in names]
        if None not in ids:
            return {str(n): i for n, i in zip(names, ids, strict=True) if i is not None}
    raise BadInput(
        f"No view shows every record of {endpoint}.",
        remedy=f"Let the key's user see the view {_VIEWS[endpoint][0][0]!r} in Freshsales, "
        "or name the views that show all records under 'views' in destination.yaml.",
    )


def _id_of(name: str | int, known: dict[str, int]) -> int | None:
    text = str(name).strip()
    return int(text) if text.isdigit() else known.get(text.casefold())


def sheets(
    client: FreshsalesClient,
    endpoint: str,
    view_id: int,
    *,
    sort: str,
    sort_type: str,
    first: int = 1,
) -> Iterator[Sheet]:
    """Pages of a view until its end, as that stands while reading."""
    page, more = first, True
    while more:
        answer = client.view_page(
            endpoint,
            view_id,
            page=page,
            per_page=PER_PAGE,
            sort=sort,
            sort_type=sort_type,
            include=INCLUDES[endpoint],
        )
        side = dict[str, object](answer.side_loads)
        found = [flatten(endpoint, record, side) for record in answer.records]
        more = bool(found) and page < answer.total_pages
        yield Sheet(found, answer.total, more)
        page += 1


def newest_first(
    client: FreshsalesClient, endpoint: str, view_id: int, *, floor: datetime | None
) -> Iterator[Sheet]:
    """Pages from the last changed record down to one changed before ``floor``."""
    pages = sheets(client, endpoint, view_id, sort="updated_at", sort_type="desc")
    for sheet in pages:
        yield sheet
        if sheet.records and older(sheet.records[-1], floor):
            return


def older(record: Json, floor: datetime | None, key: str = "updated_at") -> bool:
    """Whether a record surely was changed (or created) before a time."""
    at = moment(record.get(key))
    return floor is not None and at is not None and at < floor


def moment(value: object) -> datetime | None:
    """A time as the destination writes it; ``None`` where it cannot be told."""
    try:
        read = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return read if read.tzinfo is not None else None


def newest_of(records: Sequence[Json]) -> datetime | None:
    """When the last of some records was changed."""
    times = (moment(record.get("updated_at")) for record in records)
    return max((at for at in times if at is not None), default=None)


def id_of(record: Json) -> int:
    """A flat record's Freshsales id."""
    return int(str(record["id"]))


def natural_key(endpoint: str, record: Json) -> str | None:
    """What the destination recognises a record by.

    People by e-mail address and accounts by name, whatever the letter case; deals by their
    name as it is, since it holds the Kartra id.
    """
    value = record.get("email" if endpoint in {"contacts", "leads"} else "name")
    if not isinstance(value, str) or not value.strip():
        return None
    return value.strip() if endpoint == "deals" else value.strip().casefold()
