"""Notes on records. A note is read through its parent only; ``GET /notes/:id`` is 404."""

from __future__ import annotations

from typing import Any, Final

from kartra_freshsales.sandbox.calls import Answer, Call, page_meta
from kartra_freshsales.sandbox.modules import BY_TARGET, MODULES, Module
from kartra_freshsales.sandbox.records import live
from kartra_freshsales.sandbox.refusal import bad, missing
from kartra_freshsales.sandbox.rendering import NOTE_COLUMNS, notes_of, shown_note
from kartra_freshsales.sandbox.values import as_id, as_text

_LONGEST: Final = 65_535


def create(call: Call) -> Answer:
    """``POST /notes``: text and what it is about are required."""
    sent = _sent(call)
    description = as_text("description", sent.get("description"), _LONGEST)
    if description is None:
        raise bad("Description can't be blank")
    module = BY_TARGET.get(str(sent.get("targetable_type")))
    target_id = as_id(sent.get("targetable_id"))
    if module is None or module.plural not in call.world.edition.modules:
        raise bad("Invalid or missing attributes")
    if target_id is None:
        raise bad("Invalid or missing attributes")
    live(call.world, module, target_id)
    now = call.world.store.tick()
    cursor = call.world.store.sql.execute(
        "INSERT INTO notes (module, record_id, created_us, updated_us, description)"
        " VALUES (?, ?, ?, ?, ?)",
        (module.plural, target_id, now, now, description),
    )
    return Answer(_shown(call, int(cursor.lastrowid or 0)))


def update(call: Call) -> Answer:
    """``PUT /notes/:id``: only the text can change."""
    note_id = call.params["id"]
    shown = _shown(call, note_id)
    sent = _sent(call)
    description = as_text(
        "description", sent.get("description", shown["note"]["description"]), _LONGEST
    )
    if description is None:
        raise bad("Description can't be blank")
    call.world.store.sql.execute(
        "UPDATE notes SET description=?, updated_us=? WHERE id=?",
        (description, call.world.store.tick(), note_id),
    )
    return Answer(_shown(call, note_id))


def delete(call: Call) -> Answer:
    """``DELETE /notes/:id``."""
    cursor = call.world.store.sql.execute(
        "DELETE FROM notes WHERE id=?", (call.params["id"],)
    )
    if not cursor.rowcount:
        raise missing("note")
    return Answer({"success": "200"})


def of_record(call: Call) -> Answer:
    """``GET /M/:id/notes``: the notes of a record, newest first."""
    module: Module = MODULES[call.params["module"]]
    record = live(call.world, module, call.params["id"])
    notes = notes_of(call.world, module, record.id)
    page, per_page = call.paging
    start = (page - 1) * per_page
    return Answer(
        {"notes": notes[start : start + per_page], "meta": page_meta(len(notes), per_page)}
    )


def _sent(call: Call) -> dict[str, Any]:
    wrapped = isinstance(call.body, dict) and isinstance(call.body.get("note"), dict)
    if call.world.config.switches.strict_wrapping and not wrapped:
        raise bad("Invalid or missing attributes")
    return call.mapping("note")


def _shown(call: Call, note_id: int) -> dict[str, Any]:
    row = call.world.store.sql.execute(
        f"SELECT {NOTE_COLUMNS} FROM notes WHERE id=?", (note_id,)
    ).fetchone()
    if row is None:
        raise missing("note")
    return {"note": shown_note(call.world, row)}
