"""Judging a load afterwards by what the control port exports: requests and changes.

Pure functions over the two lists of lines (``/history.jsonl`` and ``/changes.jsonl``), each
line a mapping. They know nothing of the sandbox's state and take no one's word for it. Only
what the lines decide is reported; each function says what they cannot decide.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

Line = Mapping[str, Any]
Key = tuple[str, str]

_READS: Final = frozenset({"GET", "HEAD"})
_READS_BY_POST: Final = ("/filtered_search/",)
_SETTINGS: Final = ("/selector", "/settings", "/job_statuses")


@dataclass(frozen=True)
class Duplicate:
    """Live records that were created with one natural key."""

    module: str
    ids: tuple[int, ...]


@dataclass(frozen=True)
class LostUpdate:
    """Keys of a record that a client wrote over a person's change without having seen it.

    ``change`` and ``persons`` are the numbers of the two lines.
    """

    module: str
    id: int
    keys: tuple[str, ...]
    change: int
    persons: int


@dataclass(frozen=True)
class Overrun:
    """More counted requests in a window than the limit; ``number`` is the last of them."""

    number: int
    count: int
    limit: int


def natural_key(module: str, values: Line) -> str | None:
    """What people know a record by.

    E-mail addresses of contacts and leads and names of accounts whatever the letter case, a
    deal's name as it is, a note's text together with the record it is about.
    """
    if module in {"contacts", "leads"}:
        emails = values.get("emails") or []
        first = next((item["value"] for item in emails if item.get("is_primary")), None)
        return str(first).strip().casefold() if first else None
    if module == "sales_accounts":
        return str(values.get("name") or "").strip().casefold() or None
    if module == "deals":
        return str(values.get("name") or "").strip() or None
    if module == "notes":
        return f"{values.get('module')} {values.get('record_id')} {values['description']}"
    return None


def duplicates(
    changes: Iterable[Line],
    key_of: Callable[[str, Line], str | None] = natural_key,
) -> list[Duplicate]:
    """Natural keys under which more than one record stands at the end.

    Args:
        changes: lines with values (``?values=1``), from the beginning on.
        key_of: the natural key of a module's values; ``None`` where there is none.
    """
    values: dict[tuple[str, int], dict[str, Any]] = {}
    live: set[tuple[str, int]] = set()
    for line in changes:
        record = (line["module"], line["id"])
        if line["action"] in {"create", "restore"}:
            live.add(record)
        elif line["action"] in {"delete", "forget"}:
            live.discard(record)
        values.setdefault(record, {}).update(line["now"])
    holders: dict[Key, list[int]] = {}
    for module, record_id in sorted(live):
        key = key_of(module, values[module, record_id])
        if key is not None:
            holders.setdefault((module, key), []).append(record_id)
    return [
        Duplicate(module, tuple(ids))
        for (module, _), ids in holders.items()
        if len(ids) > 1
    ]


def lost_updates(requests: Sequence[Line], changes: Iterable[Line]) -> list[LostUpdate]:
    """Changes by API that overwrote what a person had changed unseen by that client.

    Reported when a client's write changes a key that a person changed before, and the
    client got no answer in between that could have shown it the record: one to a call on
    the record itself or to an upsert, or any list, view or search, since a line does not
    say what a page held: who read some other page has the benefit of the doubt. Clients
    are told apart by their ``User-Agent`` alone. A write that leaves a key as it was is
    none, and a bulk job counts as written when its rows were handed in.
    """
    clients = {line["number"]: line["client"] for line in requests}
    answered: dict[Any, list[Line]] = {}
    for line in requests:
        if line["status"] < 300:
            answered.setdefault(line["client"], []).append(line)
    persons: dict[tuple[str, int], dict[str, Line]] = {}
    found = []
    for line in changes:
        record = (line["module"], line["id"])
        if line["action"] not in {"update", "tag"}:
            continue
        theirs = persons.setdefault(record, {})
        if line["actor"] == "person":
            theirs.update(dict.fromkeys(line["keys"], line))
            continue
        answers = answered.get(clients.get(line["request"]), [])
        for number, keys in _unseen(line, theirs, answers).items():
            found.append(LostUpdate(*record, tuple(keys), line["number"], number))
    return found


def _unseen(
    line: Line, theirs: dict[str, Line], answers: Sequence[Line]
) -> dict[int, list[str]]:
    """Keys that a write took from a person unseen, by the number of the person's line."""
    lost: dict[int, list[str]] = {}
    record = (line["module"], line["id"])
    for key in line["keys"]:
        persons = theirs.pop(key, None)
        if persons is None:
            continue
        between = (persons["request"], line["request"])
        if not any(_could_show(answer, record, between) for answer in answers):
            lost.setdefault(persons["number"], []).append(key)
    return lost


def _could_show(
    answer: Line, record: tuple[str, int], between: tuple[int | None, int | None]
) -> bool:
    """Whether an answer between two requests may have held a record."""
    after, before = between
    if not (after or 0) < answer["number"] < (before or 0):
        return False
    module, record_id = record
    route = answer["route"]
    if route == f"/{module}/:id":
        return bool(answer["path"].rstrip("/").endswith(f"/{record_id}"))
    if _writes(answer):
        return bool(route == f"/{module}/upsert")
    return not route.startswith(_SETTINGS) and not route.endswith("/filters")


def overruns(requests: Iterable[Line], limit: int, seconds: float) -> list[Overrun]:
    """Requests by which more than ``limit`` counted ones lie in a sliding window.

    Refused requests (429) are no part of it: they do not count against an account.
    """
    window: deque[float] = deque()
    found = []
    for line in requests:
        if not line["counted"]:
            continue
        window.append(line["at"])
        while window[0] <= line["at"] - seconds:
            window.popleft()
        if len(window) > limit:
            found.append(Overrun(line["number"], len(window), limit))
    return found


def writes_before(requests: Iterable[Line], moment: float) -> list[Line]:
    """Requests that could change something and came before a moment, say an approval.

    Whether a request did change something does not matter: it was not to be sent.
    ``moment`` is in seconds since the epoch, by the account's clock.
    """
    return [line for line in requests if _writes(line) and line["at"] < moment]


def _writes(line: Line) -> bool:
    by_post = line["route"].startswith(_READS_BY_POST)
    return line["method"] not in _READS and not by_post
