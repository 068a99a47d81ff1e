"""The sandbox's memory: SQLite tables, one connection, no rules of the API.

Records are JSON bodies holding only what was written, beside the columns views sort and
filter by. Times are whole microseconds since the epoch (UTC), strictly increasing, so that
two records never share one and sorting by ``updated_at`` is stable.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kartra_freshsales.sandbox import changes, workflows
from kartra_freshsales.sandbox.deep_pages import DeepPages

FIRST_IDS: Final = {
    "leads": 401_000_000_000,
    "contacts": 402_000_000_000,
    "sales_accounts": 403_000_000_000,
    "deals": 404_000_000_000,
    "notes": 405_000_000_000,
    "jobs": 406_000_000_000,
    "tasks": 408_000_000_000,
    "appointments": 409_000_000_000,
    "sales_activities": 410_000_000_000,
    "phone_calls": 411_000_000_000,
    "documents": 412_000_000_000,
    "document_links": 413_000_000_000,
    "document_associations": 414_000_000_000,
    "products": 415_000_000_000,
    "cpq_documents": 416_000_000_000,
    "product_lines": 417_000_000_000,
    "lists": 72_000_000_000,
    "custom_fields": 73_000_100_000,
}

_RECORD_TABLE = """
CREATE TABLE IF NOT EXISTS {module} (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, created_us INTEGER NOT NULL,
  updated_us INTEGER NOT NULL, deleted INTEGER NOT NULL DEFAULT 0, owner_id INTEGER,
  kind INTEGER NOT NULL DEFAULT 0, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS {module}_all_updated ON {module} (deleted, updated_us);
CREATE INDEX IF NOT EXISTS {module}_all_ids ON {module} (deleted);
CREATE INDEX IF NOT EXISTS {module}_all_created ON {module} (deleted, created_us);
"""
_INDEXES_BY_KIND = """
CREATE INDEX IF NOT EXISTS deals_updated ON deals (deleted, kind, updated_us);
CREATE INDEX IF NOT EXISTS deals_ids ON deals (deleted, kind);
CREATE INDEX IF NOT EXISTS deals_created ON deals (deleted, kind, created_us);
"""

_ITEM_TABLE = """
CREATE TABLE IF NOT EXISTS {table} (
  id INTEGER PRIMARY KEY AUTOINCREMENT, module TEXT NOT NULL, record_id INTEGER NOT NULL,
  created_us INTEGER NOT NULL, updated_us INTEGER NOT NULL, at_us INTEGER,
  until_us INTEGER, done INTEGER NOT NULL DEFAULT 0, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS {table}_record ON {table} (record_id, module);
"""

PARENT: Final = "json_extract(body, '$.parent_sales_account_id')"

_OTHER_TABLES = f"""
CREATE INDEX IF NOT EXISTS sales_accounts_parent ON sales_accounts ({PARENT})
  WHERE {PARENT} IS NOT NULL;
CREATE TABLE IF NOT EXISTS unique_value (
  module TEXT NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL,
  record_id INTEGER NOT NULL, PRIMARY KEY (module, field, value)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS unique_value_record ON unique_value (record_id);
CREATE TABLE IF NOT EXISTS account_link (
  module TEXT NOT NULL, record_id INTEGER NOT NULL, account_id INTEGER NOT NULL,
  is_primary INTEGER NOT NULL, PRIMARY KEY (module, record_id, account_id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS account_link_account ON account_link (account_id, module);
CREATE TABLE IF NOT EXISTS deal_contact (
  deal_id INTEGER NOT NULL, contact_id INTEGER NOT NULL,
  PRIMARY KEY (deal_id, contact_id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS deal_contact_contact ON deal_contact (contact_id);
CREATE TABLE IF NOT EXISTS notes (
  id INTEGER PRIMARY KEY AUTOINCREMENT, module TEXT NOT NULL, record_id INTEGER NOT NULL,
  created_us INTEGER NOT NULL, updated_us INTEGER NOT NULL, description TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS notes_record ON notes (record_id, module);
CREATE TABLE IF NOT EXISTS lists (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, created_us INTEGER NOT NULL,
  updated_us INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS list_member (
  list_id INTEGER NOT NULL, contact_id INTEGER NOT NULL,
  PRIMARY KEY (list_id, contact_id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS list_member_contact ON list_member (contact_id);
CREATE TABLE IF NOT EXISTS custom_fields (
  id INTEGER PRIMARY KEY AUTOINCREMENT, module TEXT NOT NULL, name TEXT NOT NULL,
  body TEXT NOT NULL, UNIQUE (module, name));
CREATE TABLE IF NOT EXISTS conversion (
  lead_field TEXT NOT NULL, target TEXT NOT NULL, field TEXT NOT NULL,
  PRIMARY KEY (lead_field, target)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS jobs (
  id INTEGER PRIMARY KEY AUTOINCREMENT, module TEXT NOT NULL, created_us INTEGER NOT NULL,
  request INTEGER,
  due_us INTEGER NOT NULL, polls INTEGER NOT NULL DEFAULT 0,
  stuck INTEGER NOT NULL DEFAULT 0, applied_us INTEGER, rows TEXT NOT NULL, outcome TEXT);
CREATE INDEX IF NOT EXISTS jobs_open ON jobs (due_us) WHERE applied_us IS NULL;
CREATE TABLE IF NOT EXISTS history (
  id INTEGER PRIMARY KEY, at REAL NOT NULL, method TEXT NOT NULL, route TEXT NOT NULL,
  path TEXT NOT NULL, status INTEGER NOT NULL, counted INTEGER NOT NULL, fault TEXT,
  seconds REAL NOT NULL, client TEXT);
"""

RECORD_MODULES: Final = ("contacts", "sales_accounts", "deals", "leads")
HANGING_TABLES: Final = (
    "tasks",
    "appointments",
    "sales_activities",
    "phone_calls",
    "documents",
    "document_links",
    "document_associations",
    "product_lines",
)
"""What hangs on a record beside its notes and goes when the record is forgotten."""
ITEM_TABLES: Final = (*HANGING_TABLES, "products", "cpq_documents")
COLUMNS: Final = "id, name, created_us, updated_us, deleted, owner_id, kind, body"


@dataclass
class Record:
    """A stored contact, account, deal or lead; ``body`` holds written keys only."""

    id: int
    name: str
    created_us: int
    updated_us: int
    deleted: int
    owner_id: int | None
    kind: int
    body: dict[str, Any]


def to_record(row: Sequence[Any]) -> Record:
    """Turn a row of ``COLUMNS`` into a record."""
    record_id, name, created_us, updated_us, deleted, owner_id, kind, body = row
    return Record(
        record_id, name, created_us, updated_us, deleted, owner_id, kind, json.loads(body)
    )


def _to_text(body: dict[str, Any]) -> str:
    """A body as it is stored: without the spaces, for it is kept twice (``changes``)."""
    return json.dumps(body, separators=(",", ":"))


def marks(values: Sequence[Any]) -> str:
    """As many question marks as there are values."""
    return ",".join("?" * len(values))


def in_ids(ids: Sequence[int]) -> tuple[str, Sequence[int]]:
    """The clause for records with these ids, and its arguments."""
    return f"id IN ({marks(ids)})", ids


class Store:
    """One SQLite connection with the sandbox's tables."""

    def __init__(
        self, path: Path | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        """Open (and create where missing) the state at ``path``, or in memory."""
        self.clock = clock
        self.sql = sqlite3.connect(
            ":memory:" if path is None else str(path),
            isolation_level=None,
            check_same_thread=False,
        )
        self.sql.execute("PRAGMA journal_mode=WAL")
        self.sql.execute("PRAGMA synchronous=OFF")
        self.sql.execute("PRAGMA cache_size=-65536")
        for module in RECORD_MODULES:
            self.sql.executescript(_RECORD_TABLE.format(module=module))
        self.sql.executescript(_INDEXES_BY_KIND)  # others have one kind only
        for table in ITEM_TABLES:
            self.sql.executescript(_ITEM_TABLE.format(table=table))
        self.sql.executescript(_OTHER_TABLES + changes.TABLES + workflows.TABLES)
        self._add_column("history", "client", "TEXT")
        self._add_column("jobs", "request", "INTEGER")
        for table, first in FIRST_IDS.items():
            self.sql.execute(
                "INSERT INTO sqlite_sequence (name, seq) SELECT ?, ? WHERE NOT EXISTS"
                " (SELECT 1 FROM sqlite_sequence WHERE name = ?)",
                (table, first, table),
            )
        self._last_us: int = max(
            map(self._latest, (*RECORD_MODULES, "notes", "lists", *ITEM_TABLES))
        )
        changes.watch(self.sql, RECORD_MODULES)
        workflows.watch(self.sql, RECORD_MODULES)
        self._versions = dict.fromkeys(RECORD_MODULES, 0)
        self._counts: dict[tuple[str, str, tuple[Any, ...]], tuple[int, int]] = {}
        self.pages = DeepPages(self.sql)

    def _add_column(self, table: str, name: str, kind: str) -> None:
        """Give a state written by an earlier version what it lacks."""
        columns = {row[1] for row in self.sql.execute(f"PRAGMA table_info({table})")}
        if name not in columns:
            self.sql.execute(f"ALTER TABLE {table} ADD COLUMN {name} {kind}")

    def acting(self, actor: str, at: float, request: int | None) -> None:
        """Say who changes things from here on; ``request`` is the number of the call."""
        changes.acting(self.sql, at, request, actor)

    def _latest(self, table: str) -> int:
        row = self.sql.execute(
            f"SELECT COALESCE(MAX(updated_us), 0) FROM {table}"
        ).fetchone()
        return int(row[0])

    def close(self) -> None:
        """Close the connection; a file keeps everything."""
        self.sql.close()

    def tick(self) -> int:
        """The present in microseconds, later than every tick before it."""
        self._last_us = max(self._last_us + 1, int(self.clock() * 1_000_000))
        return self._last_us

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside happens or nothing does; may be nested."""
        name = "nested" if self.sql.in_transaction else ""
        self.sql.execute("SAVEPOINT nested" if name else "BEGIN")
        try:
            yield
        except BaseException:
            self._forget_counts()
            if name:
                self.sql.execute("ROLLBACK TO nested")
                self.sql.execute("RELEASE nested")
            else:
                self.sql.execute("ROLLBACK")
            raise
        self.sql.execute("RELEASE nested" if name else "COMMIT")

    def _forget_counts(self) -> None:
        for module in RECORD_MODULES:
            self._versions[module] += 1

    # records

    def insert(
        self, module: str, name: str, owner_id: int | None, kind: int, body: dict[str, Any]
    ) -> Record:
        """Store a new record and give it an id and its times."""
        now = self.tick()
        cursor = self.sql.execute(
            f"INSERT INTO {module} (name, created_us, updated_us, owner_id, kind, body)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (name, now, now, owner_id, kind, _to_text(body)),
        )
        self._versions[module] += 1
        return Record(int(cursor.lastrowid or 0), name, now, now, 0, owner_id, kind, body)

    def save(self, module: str, record: Record) -> None:
        """Write a changed record back with a new ``updated_us``."""
        record.updated_us = self.tick()
        self.sql.execute(
            f"UPDATE {module} SET name=?, updated_us=?, deleted=?, owner_id=?, kind=?,"
            " body=? WHERE id=?",
            (
                record.name,
                record.updated_us,
                record.deleted,
                record.owner_id,
                record.kind,
                _to_text(record.body),
                record.id,
            ),
        )
        self._versions[module] += 1

    def get(self, module: str, record_id: int) -> Record | None:
        """The record with that id, binned or not."""
        row = self.sql.execute(
            f"SELECT {COLUMNS} FROM {module} WHERE id = ?", (record_id,)
        ).fetchone()
        return None if row is None else to_record(row)

    def many(self, module: str, ids: Iterable[int]) -> dict[int, Record]:
        """The live records among ``ids``, by id."""
        wanted = list(dict.fromkeys(ids))
        rows = self.sql.execute(
            f"SELECT {COLUMNS} FROM {module} WHERE deleted = 0 AND id IN ({marks(wanted)})",
            wanted,
        )
        return {row[0]: to_record(row) for row in rows}

    def select(
        self, module: str, where: str, args: Sequence[Any], tail: str = ""
    ) -> list[Record]:
        """Records matching a clause of ours; ``tail`` orders and limits."""
        rows = self.sql.execute(
            f"SELECT {COLUMNS} FROM {module} WHERE {where} {tail}", tuple(args)
        )
        return [to_record(row) for row in rows]

    def count(self, module: str, where: str, args: Sequence[Any]) -> int:
        """How many records match; remembered until the module changes."""
        key = (module, where, tuple(args))
        version = self._versions[module]
        known = self._counts.get(key)
        if known is not None and known[0] == version:
            return known[1]
        row = self.sql.execute(f"SELECT COUNT(*) FROM {module} WHERE {where}", tuple(args))
        found = int(row.fetchone()[0])
        if len(self._counts) > 500:
            self._counts.clear()
        self._counts[key] = (version, found)
        return found

    def version(self, module: str) -> int:
        """A number that grows whenever a record of the module may have changed."""
        return self._versions[module]

    def erase(self, module: str, record_id: int) -> None:
        """Remove a record and all that hangs on it, for good."""
        for statement in (
            f"DELETE FROM {module} WHERE id = ?",
            "DELETE FROM unique_value WHERE record_id = ?",
            "DELETE FROM account_link WHERE record_id = ?",
            "DELETE FROM account_link WHERE account_id = ?",
            "DELETE FROM deal_contact WHERE deal_id = ?",
            "DELETE FROM deal_contact WHERE contact_id = ?",
            "DELETE FROM list_member WHERE contact_id = ?",
            "DELETE FROM notes WHERE record_id = ?",
            *(f"DELETE FROM {table} WHERE record_id = ?" for table in HANGING_TABLES),
        ):
            self.sql.execute(statement, (record_id,))
        self.orphan(record_id)
        self._versions[module] += 1

    def orphan(self, account_id: int) -> None:
        """Let no account have this one as its parent."""
        self.sql.execute(
            "UPDATE sales_accounts SET body ="
            f" json_remove(body, '$.parent_sales_account_id') WHERE {PARENT} = ?",
            (account_id,),
        )

    def hand_over(self, module: str, record_id: int, other: str, other_id: int) -> None:
        """Let everything written about one record be about another."""
        for table in ("notes", *HANGING_TABLES):
            self.sql.execute(
                f"UPDATE {table} SET module=?, record_id=? WHERE module=? AND record_id=?",
                (other, other_id, module, record_id),
            )

    # unique values

    def holder(self, module: str, field: str, value: str) -> int | None:
        """Id of the record holding a unique value, whatever its letter case."""
        row = self.sql.execute(
            "SELECT record_id FROM unique_value WHERE module=? AND field=? AND value=?",
            (module, field, value.strip().casefold()),
        ).fetchone()
        return None if row is None else int(row[0])

    def claim(self, module: str, field: str, values: Iterable[str], record_id: int) -> None:
        """Let a record hold exactly these values of a unique field."""
        self.sql.execute(
            "DELETE FROM unique_value WHERE record_id=? AND module=? AND field=?",
            (record_id, module, field),
        )
        self.sql.executemany(
            "INSERT OR IGNORE INTO unique_value VALUES (?, ?, ?, ?)",
            [(module, field, value.strip().casefold(), record_id) for value in values],
        )
