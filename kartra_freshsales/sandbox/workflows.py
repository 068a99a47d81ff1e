"""Workflows of the account, which creates and updates by API set off.

Whether the real account does so is not public; the safest reading is that it does, and that
an admin has to pause them for a load (reference, section 12.23). What a workflow would do
(an e-mail, a web-hook, a sequence) is not done here, only that it fired is kept.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

ACTIONS: Final = ("email", "webhook", "sequence")
DEFAULTS: Final = (
    {"name": "Welcome e-mail", "on": "contact.create", "action": "email", "active": True},
)
TABLES: Final = """
CREATE TABLE IF NOT EXISTS workflows (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, event TEXT NOT NULL,
  action TEXT NOT NULL, active INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS firings (
  id INTEGER PRIMARY KEY, workflow INTEGER NOT NULL, record INTEGER NOT NULL,
  request INTEGER, at REAL NOT NULL);
"""
_FIRE = (
    "INSERT INTO firings (workflow, record, request, at) SELECT w.id, NEW.id, a.request,"
    " a.at FROM workflows w CROSS JOIN acting a WHERE w.event = '{event}' AND w.active"
)
_MOST_SHOWN: Final = 1000


def watch(sql: sqlite3.Connection, record_modules: Sequence[str]) -> None:
    """Let the workflows of the store fire from now on; ``acting`` must be there."""
    for module in record_modules:
        singular = module.removesuffix("s")
        for verb, when in (
            ("create", "INSERT ON main.{module}"),
            ("update", "UPDATE ON main.{module} WHEN NEW.deleted = OLD.deleted"),
        ):
            fire = _FIRE.format(event=f"{singular}.{verb}")
            sql.execute(
                f"CREATE TEMP TRIGGER fire_{module}_{verb} AFTER"
                f" {when.format(module=module)} BEGIN {fire}; END"
            )


def set_up(
    sql: sqlite3.Connection,
    asked: Iterable[Mapping[str, Any]] | None,
    record_modules: Sequence[str],
) -> None:
    """Give a fresh account its workflows; one that has some keeps them as they stand.

    Raises:
        ValueError: a workflow is not described as it should be.
    """
    rows = [
        _checked(item, record_modules) for item in (DEFAULTS if asked is None else asked)
    ]
    if sql.execute("SELECT 1 FROM workflows").fetchone() is None:
        sql.executemany(
            "INSERT INTO workflows (name, event, action, active) VALUES (?, ?, ?, ?)", rows
        )


def _checked(
    item: Mapping[str, Any], record_modules: Sequence[str]
) -> tuple[str, str, str, int]:
    events = {
        f"{module.removesuffix('s')}.{verb}"
        for module in record_modules
        for verb in ("create", "update")
    }
    # YAML reads a bare "on" as true.
    event = str(item.get("on", item.get(True)))  # type: ignore[call-overload]
    name, action = str(item.get("name") or "").strip(), str(item.get("action"))
    if not name or event not in events or action not in ACTIONS:
        raise ValueError(
            f"a workflow needs a name, 'on' (one of {sorted(events)}) and an action"
            f" (one of {sorted(ACTIONS)})"
        )
    return name, event, action, int(bool(item.get("active", True)))


def listing(sql: sqlite3.Connection) -> list[dict[str, Any]]:
    """Each workflow with how often it fired, and its last firings, newest first."""
    shown = []
    for number, name, event, action, active in sql.execute(
        "SELECT id, name, event, action, active FROM workflows ORDER BY id"
    ).fetchall():
        count = sql.execute(
            "SELECT COUNT(*) FROM firings WHERE workflow=?", (number,)
        ).fetchone()[0]
        last = sql.execute(
            "SELECT record, request, at FROM firings WHERE workflow=? ORDER BY id DESC"
            " LIMIT ?",
            (number, _MOST_SHOWN),
        )
        shown.append(
            {
                "name": name,
                "on": event,
                "action": action,
                "active": bool(active),
                "count": count,
                "fired": [{"id": row[0], "request": row[1], "at": row[2]} for row in last],
            }
        )
    return shown


def set_active(sql: sqlite3.Connection, name: str | None, *, active: bool) -> None:
    """Pause or resume one workflow, or all of them.

    Raises:
        LookupError: none has that name.
    """
    cursor = sql.execute(
        "UPDATE workflows SET active=? WHERE ? IS NULL OR name=?", (int(active), name, name)
    )
    if name is not None and not cursor.rowcount:
        raise LookupError("no workflow has that name")
