"""Marketing lists and their members. There is no way to delete a list."""

from __future__ import annotations

from typing import Any

from kartra_freshsales.sandbox.calls import Answer, Call, page_meta
from kartra_freshsales.sandbox.refusal import bad, missing
from kartra_freshsales.sandbox.values import as_id, as_text
from kartra_freshsales.sandbox.world import World


def listing(call: Call) -> Answer:
    """``GET /lists``: a page of lists."""
    page, per_page = call.paging
    sql = call.world.store.sql
    total = sql.execute("SELECT COUNT(*) FROM lists").fetchone()[0]
    rows = sql.execute(
        "SELECT id, name FROM lists ORDER BY id LIMIT ? OFFSET ?",
        (per_page, (page - 1) * per_page),
    )
    return Answer(
        {
            "lists": [{"id": row[0], "name": row[1]} for row in rows],
            "meta": page_meta(total, per_page),
        }
    )


def create(call: Call) -> Answer:
    """``POST /lists`` with a bare ``{"name": ...}``."""
    name = _name(call)
    now = call.world.store.tick()
    cursor = call.world.store.sql.execute(
        "INSERT INTO lists (name, created_us, updated_us) VALUES (?, ?, ?)",
        (name, now, now),
    )
    return Answer(_shown(call.world, int(cursor.lastrowid or 0)))


def rename(call: Call) -> Answer:
    """``PUT /lists/:id``."""
    list_id = _known(call, call.params["id"])
    call.world.store.sql.execute(
        "UPDATE lists SET name=?, updated_us=? WHERE id=?",
        (_name(call, list_id), call.world.store.tick(), list_id),
    )
    return Answer(_shown(call.world, list_id))


def add_contacts(call: Call) -> Answer:
    """``PUT /lists/:id/add_contacts`` with ``{"ids": [...]}``."""
    list_id, ids = _known(call, call.params["id"]), _contact_ids(call)
    call.world.store.sql.executemany(
        "INSERT OR IGNORE INTO list_member VALUES (?, ?)", [(list_id, item) for item in ids]
    )
    return Answer({"message": f"{len(ids)} contacts updated."})


def remove_contacts(call: Call) -> Answer:
    """``PUT /lists/:id/remove_contacts`` with ids, or ``{"all": true}``."""
    list_id = _known(call, call.params["id"])
    sql = call.world.store.sql
    if call.mapping().get("all") is True:
        sql.execute("DELETE FROM list_member WHERE list_id=?", (list_id,))
        return Answer({"message": "Updating now. It may take some time."})
    ids = _contact_ids(call)
    sql.executemany(
        "DELETE FROM list_member WHERE list_id=? AND contact_id=?",
        [(list_id, item) for item in ids],
    )
    return Answer({"message": f"{len(ids)} contacts updated."})


def move_contacts(call: Call) -> Answer:
    """``PUT /lists/:id/move_contacts`` with ids (or all) and ``from_list_id``."""
    list_id = _known(call, call.params["id"])
    source = _known(call, as_id(call.mapping().get("from_list_id")) or 0)
    sql = call.world.store.sql
    whole = call.mapping().get("all") is True
    ids = (
        [row[0] for row in sql.execute(
            "SELECT contact_id FROM list_member WHERE list_id=?", (source,)
        )]
        if whole
        else _contact_ids(call)
    )  # fmt: skip
    sql.executemany(
        "DELETE FROM list_member WHERE list_id=? AND contact_id=?",
        [(source, item) for item in ids],
    )
    sql.executemany(
        "INSERT OR IGNORE INTO list_member VALUES (?, ?)", [(list_id, item) for item in ids]
    )
    text = (
        "Updating now. It may take some time." if whole else f"{len(ids)} contacts updated."
    )
    return Answer({"message": text})


def _name(call: Call, own_id: int | None = None) -> str:
    name = as_text("name", call.mapping("list").get("name"))
    if name is None:
        raise bad("Name can't be empty")
    standing = call.world.store.sql.execute(
        "SELECT id FROM lists WHERE name = ? COLLATE NOCASE", (name,)
    ).fetchone()
    if standing is not None and standing[0] != own_id:
        raise bad("Name has already been taken")
    return name


def _known(call: Call, list_id: int) -> int:
    row = call.world.store.sql.execute(
        "SELECT 1 FROM lists WHERE id=?", (list_id,)
    ).fetchone()
    if row is None:
        raise missing("list")
    return list_id


def _shown(world: World, list_id: int) -> dict[str, Any]:
    row = world.store.sql.execute(
        "SELECT id, name, created_us, updated_us FROM lists WHERE id=?", (list_id,)
    ).fetchone()
    return {
        "list": {
            "id": row[0],
            "name": row[1],
            "created_at": world.shown_time(row[2]),
            "updated_at": world.shown_time(row[3]),
        }
    }


def _contact_ids(call: Call) -> list[int]:
    ids = call.mapping().get("ids")
    if not isinstance(ids, list) or not ids:
        raise bad("Invalid or missing attributes")
    asked = [found for value in ids if (found := as_id(value)) is not None]
    standing = call.world.store.many("contacts", asked)
    return list(standing)
