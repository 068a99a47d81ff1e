"""What the destination's answers hold, read tolerantly: keys vary by call and by plan.

Records are left as the JSON they came as; ``records`` flattens them. A ``repr`` of these
shows counts only, since records hold personal data.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

Json = dict[str, object]
Records = list[Json]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a view or a list.

    ``total`` is ``None`` where the destination does not tell. ``total_pages`` is then the
    next page's number as long as pages come full, so that a loop over pages ends right.
    """

    records: Records = field(repr=False)
    side_loads: Mapping[str, Records] = field(repr=False)
    total: int | None
    total_pages: int


def page_of(body: object, key: str, page: int, per_page: int) -> Page:
    """Read a list answer whose records stand under ``key``, or else in the first list.

    Raises:
        ValueError: the body holds no list at all.
    """
    lists = lists_in(body)
    if not lists:
        raise ValueError("no list")
    found = key if key in lists else next(iter(lists))
    records = lists.pop(found)
    meta = cast("Json", body).get("meta")
    facts = meta if isinstance(meta, dict) else {}
    pages = _whole(facts.get("total_pages"))
    return Page(
        records=records,
        side_loads=lists,
        total=_whole(facts.get("total")),
        total_pages=page + (len(records) >= per_page) if pages is None else pages,
    )


def items_of(body: object, *keys: str) -> Records:
    """The items under the first of the keys that is there, or else in the first list.

    Raises:
        ValueError: the body holds no list at all.
    """
    lists = lists_in(body)
    for key in keys:
        if key in lists:
            return lists[key]
    if not lists:
        raise ValueError("no list")
    return next(iter(lists.values()))


def record_of(body: object, key: str) -> Json:
    """The record under ``key``; a body without that key is the record itself.

    Raises:
        ValueError: the body is no object.
    """
    if not isinstance(body, dict):
        raise ValueError("no object")  # noqa: TRY004  judged by content, not by type
    found = body.get(key)
    return found if isinstance(found, dict) else body


def lists_in(body: object) -> dict[str, Records]:
    """Every list of objects at the top of an answer, in its order."""
    if not isinstance(body, dict):
        return {}
    return {
        key: [item for item in value if isinstance(item, dict)]
        for key, value in body.items()
        if isinstance(value, list)
    }


def job_id_of(body: object) -> str:
    """The id in a bulk answer: the last part of its address, whatever host that names.

    Raises:
        ValueError: there is no address.
    """
    address = body.get("job_status_url") if isinstance(body, dict) else None
    found = urlsplit(str(address or "")).path.rstrip("/").rpartition("/")[2]
    if not found:
        raise ValueError("no job")
    return found


def messages_of(body: object) -> tuple[str, ...]:
    """The destination's words in an error answer. They may quote a record: never log."""
    if isinstance(body, str):
        return (body,) if body.strip() else ()
    if not isinstance(body, dict):
        return ()
    errors = body.get("errors", body)
    found = errors.get("message") if isinstance(errors, dict) else errors
    if isinstance(found, str):
        return (found,)
    if isinstance(found, list):
        return tuple(str(item) for item in found if item is not None)
    return ()


def _whole(value: object) -> int | None:
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() else None
    if isinstance(value, int | float) and math.isfinite(value):
        return int(value)
    return None
