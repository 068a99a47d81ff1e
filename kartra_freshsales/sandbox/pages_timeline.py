"""What happened to a record, latest first, for the page that shows it.

Put together from what hangs on the record (notes, tasks, meetings, calls, files) and from
the noted changes. Values of changes are not shown, only the names of what changed.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from kartra_freshsales.sandbox import items
from kartra_freshsales.sandbox.modules import MODULES, Module
from kartra_freshsales.sandbox.pages_words import brief, moment, readable
from kartra_freshsales.sandbox.state import Record
from kartra_freshsales.sandbox.world import World

MOST: Final = 100
"""Steps of one record that are shown."""
_LOOKED_AT: Final = 300_000
"""The last changes of the account that are searched; they have no index by record."""
_KINDS: Final = {
    "tasks": "Task",
    "appointments": "Appointment",
    "sales_activities": "Sales activity",
    "phone_calls": "Phone call",
    "documents": "File",
    "document_links": "Link",
}
_DEEDS: Final = {
    "delete": "Moved to the recycle bin",
    "restore": "Taken out of the recycle bin",
    "update": "Changed",
    "link": "Linked",
    "unlink": "Unlinked",
    "list_add": "Added to a list",
    "list_remove": "Taken off a list",
}


@dataclass(frozen=True)
class Step:
    """One thing that happened; ``who`` says by what way it came about."""

    at_us: int
    at: str
    title: str
    text: str = ""
    who: str = ""


@dataclass(frozen=True)
class Timeline:
    """The latest steps, and how many more there are."""

    steps: list[Step]
    more: int
    whole: bool


def timeline(world: World, module: Module, record: Record) -> Timeline:
    """Everything the store knows about a record, latest first."""
    first = _first_looked_at(world)
    steps = [
        *_notes(world, module, record.id),
        *_items(world, module, record.id),
        *_changes(world, module, record, first),
    ]
    if not any(step.title == "Created" for step in steps):
        steps.append(_step(world, record.created_us, "Created"))
    steps.sort(key=lambda step: step.at_us, reverse=True)
    return Timeline(steps[:MOST], max(0, len(steps) - MOST), whole=first == 0)


def _step(world: World, at_us: int, title: str, text: str = "", who: str = "") -> Step:
    return Step(at_us, moment(world, at_us), title, text, who)


def _notes(world: World, module: Module, record_id: int) -> Iterator[Step]:
    rows = world.store.sql.execute(
        "SELECT created_us, updated_us, description FROM notes"
        " WHERE record_id=? AND module=? ORDER BY id DESC LIMIT ?",
        (record_id, module.plural, MOST),
    )
    for created_us, updated_us, text in rows:
        edited = "" if updated_us == created_us else f"edited {moment(world, updated_us)}"
        yield _step(world, created_us, "Note", readable(text), edited)


def _items(world: World, module: Module, record_id: int) -> Iterator[Step]:
    for table, kind in _KINDS.items():
        for item in items.of_record(world, table, module.plural, [record_id]):
            yield _step(
                world, item.created_us, kind, _told(world, table, item), _state(table, item)
            )


def _told(world: World, table: str, item: items.Item) -> str:
    body = item.body
    name = body.get("title") or body.get("name") or body.get("note") or ""
    address = body.get("url") or ""
    when = moment(world, item.at_us) if item.at_us is not None else ""
    if when and item.until_us is not None and table != "tasks":
        when = f"{when} to {moment(world, item.until_us)}"
    about = body.get("description") or body.get("notes") or ""
    parts = dict.fromkeys((name, address, f"When: {when}" if when else "", about))
    return "\n".join(readable(part) for part in parts if part)


def _state(table: str, item: items.Item) -> str:
    if table == "tasks":
        return "done" if item.done else "open"
    if table == "phone_calls":
        return "incoming" if item.body.get("call_direction") else "outgoing"
    return ""


def _first_looked_at(world: World) -> int:
    last = world.store.sql.execute("SELECT COALESCE(MAX(id), 0) FROM changes").fetchone()
    return max(0, int(last[0]) - _LOOKED_AT)


def _changes(world: World, module: Module, record: Record, first: int) -> Iterator[Step]:
    rows = world.store.sql.execute(
        "SELECT at, request, actor, action, other, was, now, owner_was, owner FROM changes"
        " WHERE id > ? AND record = ? AND module = ? ORDER BY id DESC LIMIT ?",
        (first, record.id, module.plural, 2 * MOST),
    ).fetchall()
    # A write that names the accounts a record has already sets its links anew.
    links = Counter((row[1], row[4]) for row in rows if row[3] in {"link", "unlink"})
    for at, request, actor, action, other, was, now, owner_was, owner in rows:
        if action in {"link", "unlink"} and links[request, other] > 1:
            continue
        who = _who(actor, request)
        if action == "create":
            yield _step(world, record.created_us, "Created", who=who)
            continue
        keys = _keys(was, now)
        if now is not None and owner != owner_was:
            keys.append("owner_id")
        text = ", ".join(keys) if keys else _other(world, module, action, other)
        at_us = max(int(at * 1_000_000), record.created_us + 1)  # told before it was made
        yield _step(world, at_us, _DEEDS.get(action, action), text, who)


def _who(actor: str, request: int | None) -> str:
    kind = actor.partition(":")[0]
    told = {"api": "through the API", "person": "by a person", "job": "by a bulk job"}
    by = told.get(kind, actor)
    return f"{by}, request {request:,}" if request and kind != "person" else by


def _keys(was: str | None, now: str | None) -> list[str]:
    """Names of what differs between two stored bodies."""
    before, after = _flat(was), _flat(now)
    return sorted(
        key
        for key in {*before, *after}
        if before.get(key) != after.get(key) and not key.endswith("_us")
    )


def _flat(text: str | None) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(text) if text else {}
    return {**body, **(body.pop("custom_field", None) or {})}


def _other(world: World, module: Module, action: str, other: int | None) -> str:
    """What a record was linked to, or the list it was put on, by name."""
    if other is None:
        return ""
    if action.startswith("list"):
        row = world.store.sql.execute(
            "SELECT name FROM lists WHERE id=?", (other,)
        ).fetchone()
        return brief(row[0]) if row else str(other)
    for name in ("sales_accounts", "contacts"):
        found = world.store.get(name, other) if name != module.plural else None
        if found is not None:
            return f"{MODULES[name].word} {brief(found.name)}"
    return str(other)
