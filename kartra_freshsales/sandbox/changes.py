"""Every change of the account, noted by the database itself so that no writer can forget.

Triggers on every table add a line within the writer's own transaction: what is rolled back
leaves none. Who acts is told once for each call, job or person (``acting``). Lines keep the
values, which may be personal data; they are shown on request only. Judging them is
``checker``'s work, requests are noted by ``limits.History``.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

TABLES: Final = """
CREATE TABLE IF NOT EXISTS changes (
  id INTEGER PRIMARY KEY, at REAL NOT NULL, request INTEGER, actor TEXT NOT NULL,
  module TEXT NOT NULL, record INTEGER NOT NULL, action TEXT NOT NULL, other INTEGER,
  was TEXT, now TEXT, owner_was INTEGER, owner INTEGER);
"""
_ACTING = """
CREATE TEMP TABLE acting (at REAL NOT NULL, request INTEGER, actor TEXT NOT NULL);
INSERT INTO acting VALUES (0, NULL, 'api');
"""
_NOT_WATCHED: Final = frozenset(
    {"sqlite_sequence", "unique_value", "jobs", "history", "changes", "conversion"}
    | {"workflows", "firings"}
)
_LINKS: Final[Mapping[str, tuple[str, str, str, str, str]]] = {
    "account_link": ("{row}.module", "record_id", "account_id", "link", "unlink"),
    "deal_contact": ("'deals'", "deal_id", "contact_id", "link", "unlink"),
    "list_member": ("'contacts'", "contact_id", "list_id", "list_add", "list_remove"),
}
_TIMES: Final = frozenset({"id", "created_us", "updated_us"})
_INSERT = (
    "INSERT INTO changes (at, request, actor, module, record, action, other, was, now,"
    " owner_was, owner) SELECT a.at, a.request, a.actor, {values} FROM acting a"
)
_PAGE: Final = 1000


def watch(sql: sqlite3.Connection, record_modules: Sequence[str]) -> None:
    """Note from now on every change of every table there is."""
    sql.execute("PRAGMA temp_store=MEMORY")
    sql.executescript(_ACTING)
    tables = [
        row[0] for row in sql.execute("SELECT name FROM sqlite_master WHERE type='table'")
    ]
    for table in tables:
        if table in record_modules:
            _watch_records(sql, table)
        elif table in _LINKS:
            _watch_links(sql, table)
        elif table not in _NOT_WATCHED:
            _watch_items(sql, table)


def acting(sql: sqlite3.Connection, at: float, request: int | None, actor: str) -> None:
    """Say who changes things from here on: ``api``, ``person`` or ``job:<id>``."""
    sql.execute("UPDATE acting SET at=?, request=?, actor=?", (at, request, actor))


def _trigger(sql: sqlite3.Connection, table: str, event: str, values: str) -> None:
    insert = _INSERT.format(values=values)
    sql.execute(
        f"CREATE TEMP TRIGGER note_{table}_{event} AFTER {event} ON main.{table}"
        f" BEGIN {insert}; END"
    )


def _watch_records(sql: sqlite3.Connection, table: str) -> None:
    moved = (
        "CASE WHEN NEW.deleted > OLD.deleted THEN 'delete'"
        " WHEN NEW.deleted < OLD.deleted THEN 'restore' ELSE 'update' END"
    )
    same = "NEW.deleted = OLD.deleted"
    _trigger(
        sql,
        table,
        "INSERT",
        f"'{table}', NEW.id, 'create', NULL, NULL, NEW.body, NULL, NEW.owner_id",
    )
    _trigger(
        sql,
        table,
        "UPDATE",
        f"'{table}', NEW.id, {moved}, NULL, CASE WHEN {same} THEN OLD.body END,"
        f" CASE WHEN {same} THEN NEW.body END, OLD.owner_id, NEW.owner_id",
    )
    _trigger(
        sql,
        table,
        "DELETE",
        f"'{table}', OLD.id, 'forget', NULL, NULL, NULL, NULL, NULL",
    )


def _watch_links(sql: sqlite3.Connection, table: str) -> None:
    module, record, other, joined, parted = _LINKS[table]
    for event, row, action in (("INSERT", "NEW", joined), ("DELETE", "OLD", parted)):
        named = module.format(row=row)
        _trigger(
            sql,
            table,
            event,
            f"{named}, {row}.{record}, '{action}', {row}.{other}, NULL, NULL, NULL, NULL",
        )


def _watch_items(sql: sqlite3.Connection, table: str) -> None:
    """Notes, tasks, lists, fields and whatever else has an id of its own."""
    columns = {row[1]: row[2] for row in sql.execute(f"PRAGMA table_info({table})")}
    if "id" not in columns:
        return
    shown = [
        name for name, kind in columns.items() if name not in _TIMES and kind != "BLOB"
    ]

    def values(row: str) -> str:
        pairs = ", ".join(f"'{name}', {row}.{name}" for name in shown)
        return f"json_object({pairs})"

    def about(row: str) -> str:
        return f"{row}.record_id" if "record_id" in columns else "NULL"

    head = f"'{table}', {{row}}.id, '{{action}}', "
    _trigger(
        sql,
        table,
        "INSERT",
        head.format(row="NEW", action="create")
        + f"{about('NEW')}, NULL, {values('NEW')}, NULL, NULL",
    )
    _trigger(
        sql,
        table,
        "UPDATE",
        head.format(row="NEW", action="update")
        + f"{about('NEW')}, {values('OLD')}, {values('NEW')}, NULL, NULL",
    )
    _trigger(
        sql,
        table,
        "DELETE",
        head.format(row="OLD", action="delete") + f"{about('OLD')}, NULL, NULL, NULL, NULL",
    )


def lines(
    sql: sqlite3.Connection, *, after: int = 0, values: bool = False
) -> Iterator[dict[str, Any]]:
    """Every change in order, as plain values.

    ``number`` counts changes. ``request`` is the number of the request that asked for it (a
    job's: the call that handed the rows in; a person's: the last request before it).
    ``other`` is the account, contact or list of a link, and the record a note or a task is
    about. ``keys`` names what was set or changed; ``values`` adds ``now`` and ``was``.
    """
    last = after
    while True:
        rows = sql.execute(
            "SELECT id, at, request, actor, module, record, action, other, was, now,"
            " owner_was, owner FROM changes WHERE id > ? ORDER BY id LIMIT ?",
            (last, _PAGE),
        ).fetchall()
        for row in rows:
            yield _line(row, values=values)
        if len(rows) < _PAGE:
            return
        last = rows[-1][0]


def _line(row: Sequence[Any], *, values: bool) -> dict[str, Any]:
    number, at, request, actor, module, record, action, other, *stored = row
    was_text, now_text, owner_was, owner = stored
    was, now = _flat(was_text), _flat(now_text)
    if owner is not None and now_text is not None:
        was["owner_id"], now["owner_id"] = owner_was, owner
    keys = sorted(
        key for key in {*was, *now} if was.get(key) != now.get(key) and key != "updated_us"
    )
    if action == "update" and keys == ["tags"]:
        action = "tag"
    line = {
        "number": number,
        "at": at,
        "request": request,
        "actor": actor,
        "module": module,
        "id": record,
        "action": action,
        "other": other,
        "keys": keys,
    }
    if values:
        line["was"] = {key: was.get(key) for key in keys}
        line["now"] = {key: now.get(key) for key in keys}
    return line


def _flat(text: str | None) -> dict[str, Any]:
    """A stored body with its custom fields laid among its other keys."""
    if text is None:
        return {}
    body: dict[str, Any] = json.loads(text)
    inner = body.pop("body", None)
    if isinstance(inner, str) and inner.startswith("{"):
        body.update(json.loads(inner))
    custom = body.pop("custom_field", None) or {}
    return {**body, **custom}
