"""Forming the groups that go out in one bulk call: by number and by size.

Not here: sending them (``bulk``).
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kartra_freshsales.freshsales.records import Json, bulk_row, to_write
from kartra_freshsales.loading.items import Item

LARGEST_BODY = 950_000
"""Bytes; no limit is published, so a call stays below 1 MB (reference, section 12.28)."""

_ENVELOPE = 64


@dataclass
class Group:
    """Records of one bulk call, as rows of its body."""

    items: list[Item]
    rows: list[Json]

    def halves(self) -> list["Group"]:
        """The same records in two calls."""
        middle = (len(self.items) + 1) // 2
        cuts = (slice(None, middle), slice(middle, None))
        return [Group(self.items[cut], self.rows[cut]) for cut in cuts]


def form_groups(endpoint: str, items: Iterable[Item], size: int) -> list[Group]:
    """Groups of at most ``size`` records and less than a megabyte of JSON."""
    return list(_formed(endpoint, items, size))


def _formed(endpoint: str, items: Iterable[Item], size: int) -> Iterator[Group]:
    group, weight = Group([], []), _ENVELOPE
    for item in items:
        row = bulk_row(endpoint, body_of(endpoint, item.sent), item.freshsales_id)
        heavy = len(json.dumps(row)) + 2
        if group.items and (len(group.items) >= size or weight + heavy > LARGEST_BODY):
            yield group
            group, weight = Group([], []), _ENVELOPE
        group.items.append(item)
        group.rows.append(row)
        weight += heavy
    if group.items:
        yield group


def body_of(endpoint: str, sent: Json) -> Json:
    """The body of a record whose links are ids already."""
    return to_write(endpoint, sent, lambda _module, _key: None)
