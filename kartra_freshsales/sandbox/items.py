"""Rows of the tables beside the records: tasks, meetings, calls, files, products.

Reading and writing rows and what their handlers share: targets, owners, paging. What each
kind demands and how it is shown lives with the kind.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from kartra_freshsales.sandbox.calls import Call
from kartra_freshsales.sandbox.modules import BY_TARGET, MODULES, Module
from kartra_freshsales.sandbox.records import live
from kartra_freshsales.sandbox.refusal import bad, missing
from kartra_freshsales.sandbox.state import marks
from kartra_freshsales.sandbox.values import as_id, label_of
from kartra_freshsales.sandbox.world import World

Json = dict[str, Any]

_COLUMNS: Final = (
    "id, module, record_id, created_us, updated_us, at_us, until_us, done, body"
)
_SINGULAR: Final = {"sales_activities": "sales_activity"}


@dataclass
class Item:
    """A row: what it hangs on (``module`` empty: nothing), its times, and what was sent."""

    id: int
    module: str
    record_id: int
    created_us: int
    updated_us: int
    at_us: int | None
    until_us: int | None
    done: int
    body: Json

    @property
    def targetables(self) -> list[Json]:
        """What the row is about, as the API shows it."""
        if not self.module:
            return []
        return [{"id": self.record_id, "type": MODULES[self.module].target}]


def new(module: Module | None = None, record_id: int = 0) -> Item:
    """A row not yet stored, about a record or about nothing."""
    return Item(0, module.plural if module else "", record_id, 0, 0, None, None, 0, {})


def insert(world: World, table: str, item: Item) -> Item:
    """Store a new row and give it an id and its times."""
    item.created_us = item.updated_us = world.store.tick()
    cursor = world.store.sql.execute(
        f"INSERT INTO {table} (module, record_id, created_us, updated_us, at_us, until_us,"
        " done, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            item.module,
            item.record_id,
            item.created_us,
            item.updated_us,
            item.at_us,
            item.until_us,
            item.done,
            json.dumps(item.body),
        ),
    )
    item.id = int(cursor.lastrowid or 0)
    return item


def save(world: World, table: str, item: Item) -> Item:
    """Write a changed row back with a new ``updated_us``."""
    item.updated_us = world.store.tick()
    world.store.sql.execute(
        f"UPDATE {table} SET module=?, record_id=?, updated_us=?, at_us=?, until_us=?,"
        " done=?, body=? WHERE id=?",
        (
            item.module,
            item.record_id,
            item.updated_us,
            item.at_us,
            item.until_us,
            item.done,
            json.dumps(item.body),
            item.id,
        ),
    )
    return item


def select(
    world: World, table: str, where: str = "1", args: Sequence[Any] = (), tail: str = ""
) -> list[Item]:
    """Rows matching a clause of ours; ``tail`` orders and limits."""
    rows = world.store.sql.execute(
        f"SELECT {_COLUMNS} FROM {table} WHERE {where} {tail}", tuple(args)
    )
    return [_to_item(row) for row in rows]


def _to_item(row: Sequence[Any]) -> Item:
    item_id, module, record_id, created_us, updated_us, at_us, until_us, done, body = row
    return Item(
        item_id, module, record_id, created_us, updated_us, at_us, until_us, done,
        json.loads(body),
    )  # fmt: skip


def get(world: World, table: str, item_id: int) -> Item:
    """The row with that id, or a 404."""
    found = select(world, table, "id = ?", (item_id,))
    if not found:
        raise missing(singular_of(table).replace("_", " "))
    return found[0]


def of_record(world: World, table: str, plural: str, ids: Iterable[int]) -> list[Item]:
    """The rows about some records, newest first."""
    wanted = list(ids)
    where = f"record_id IN ({marks(wanted)}) AND module = ?"
    return select(world, table, where, (*wanted, plural), "ORDER BY id DESC")


def remove(world: World, table: str, item_id: int) -> None:
    """Delete a row for good, or answer 404."""
    get(world, table, item_id)
    world.store.sql.execute(f"DELETE FROM {table} WHERE id = ?", (item_id,))


def page(
    call: Call, table: str, where: str, args: Sequence[Any], order: str
) -> tuple[list[Item], int]:
    """One page of the rows matching a clause, and how many match in all."""
    number, per_page = call.paging
    total = call.world.store.sql.execute(
        f"SELECT COUNT(*) FROM {table} WHERE {where}", tuple(args)
    ).fetchone()[0]
    limits = (*args, per_page, (number - 1) * per_page)
    tail = f"ORDER BY {order} LIMIT ? OFFSET ?"
    return select(call.world, table, where, limits, tail), int(total)


def singular_of(table: str) -> str:
    """The word a table's rows are wrapped in."""
    return _SINGULAR.get(table, table.removesuffix("s"))


def sent(call: Call, singular: str) -> Json:
    """The body of a write; unwrapped ones only where the account is lenient."""
    wrapped = isinstance(call.body, dict) and isinstance(call.body.get(singular), dict)
    if call.world.config.switches.strict_wrapping and not wrapped:
        raise bad("Invalid or missing attributes")
    return call.mapping(singular)


def target(world: World, body: Json) -> tuple[Module, int] | None:
    """The live record ``targetable_type`` and ``targetable_id`` name, if they do."""
    if body.get("targetable_type") is None and body.get("targetable_id") is None:
        return None
    return required_target(world, body)


def required_target(world: World, body: Json) -> tuple[Module, int]:
    """The same where a target must be named."""
    module = BY_TARGET.get(str(body.get("targetable_type")))
    found = as_id(body.get("targetable_id"))
    if module is None or module.plural not in world.edition.modules or found is None:
        raise bad("Invalid or missing attributes")
    return module, live(world, module, found).id


def live_record(call: Call) -> None:
    """Answer 404 unless the record in the path is live."""
    live(call.world, MODULES[call.params["module"]], call.params["id"])


def owner(world: World, value: Any) -> int:
    """The id of an active user; the account's admin when none is named."""
    if value is None:
        return world.seed.admin_id
    found = world.seed.by_id["users"].get(as_id(value) or 0)
    if found is None or not found["is_active"]:
        raise bad("Invalid owner provided.")
    return int(found["id"])


def known(world: World, key: str, listing: str, value: Any) -> int | None:
    """An id that stands in a settings list; null when blank."""
    if value in (None, ""):
        return None
    found = as_id(value)
    if found is None or found not in world.seed.by_id[listing]:
        raise bad(f"{label_of(key)} doesn't exist")
    return found


def required_text(key: str, value: str | None) -> str:
    """A text that may not be blank."""
    if value is None:
        raise bad(f"{label_of(key)} can't be blank")
    return value


def as_moment(world: World, value: Any) -> int | None:
    """A point in time in microseconds; null when unreadable (the API swallows it).

    Taken are ISO 8601 and what JavaScript's ``Date.toString`` gives; without an offset the
    account's zone is meant.
    """
    if not isinstance(value, str):
        return None
    found = _iso(value.strip()) or _javascript(value.strip())
    if found is None or not 1000 < found.year < 9999:
        return None
    moment = found if found.tzinfo else found.replace(tzinfo=world.zone)
    return int(moment.timestamp()) * 1_000_000


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _javascript(text: str) -> datetime | None:
    plain = text.partition(" (")[0].replace("GMT", "").strip()
    for form in ("%a %b %d %Y %H:%M:%S %z", "%a %b %d %Y %H:%M:%S"):
        try:
            return datetime.strptime(plain, form)  # noqa: DTZ007
        except ValueError:
            continue
    return None


def required_moment(world: World, key: str, value: Any) -> int:
    """A point in time that may not be blank; an unreadable one counts as blank."""
    found = as_moment(world, value)
    if found is None:
        raise bad(f"{label_of(key)} can't be blank")
    return found


def shown_moment(world: World, microseconds: int | None) -> str | None:
    """A point in time a client gave, to the second and with the account's offset."""
    if microseconds is None:
        return None
    moment = datetime.fromtimestamp(microseconds / 1_000_000, UTC).astimezone(world.zone)
    return moment.isoformat(timespec="seconds")


def users_of(world: World, ids: Iterable[int | None]) -> list[Json]:
    """The users among some ids, each once."""
    users = world.seed.by_id["users"]
    return [users[found] for found in dict.fromkeys(ids) if found in users]


def selected_ids(call: Call, key: str = "selected_ids") -> list[int]:
    """The ids of a bulk call's body."""
    ids = call.mapping().get(key)
    if not isinstance(ids, list) or not ids:
        raise bad("Invalid or missing attributes")
    return [found for value in ids if (found := as_id(value)) is not None]
