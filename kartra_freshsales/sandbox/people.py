"""What people do in the account's web app: edits of records, users, fields and choices.

No call of the API leads here; the control port does, and faults that strike midway. Nothing
of it counts against the request limit. Every change is noted as a person's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from kartra_freshsales.sandbox import records
from kartra_freshsales.sandbox.custom_values import custom_field
from kartra_freshsales.sandbox.fault_settings import Fault
from kartra_freshsales.sandbox.modules import MODULES, Module
from kartra_freshsales.sandbox.refusal import bad, missing
from kartra_freshsales.sandbox.values import as_id
from kartra_freshsales.sandbox.world import World

What = Mapping[str, Any]
Done = dict[str, Any]


def edit(world: World, what: What) -> Done:
    """Change a record: ``module``, ``data``, and ``id`` or else the one changed last."""
    module, record_id = _meant(world, what)
    data = what.get("data")
    if not isinstance(data, dict):
        raise bad("give data, the keys to change")
    record = records.live(world, module, record_id)
    records.update(world, module, record, data)
    return _named(module, record_id)


def delete(world: World, what: What) -> Done:
    """Put a record into the recycle bin: ``module`` and ``id``."""
    module, record_id = _meant(world, what)
    records.put_in_bin(world, module, records.live(world, module, record_id))
    return _named(module, record_id)


def restore(world: World, what: What) -> Done:
    """Take a record out of the recycle bin: ``module`` and ``id``."""
    module, record_id = _meant(world, what)
    records.restore(world, module, record_id)
    return _named(module, record_id)


def deactivate_user(world: World, what: What) -> Done:
    """Deactivate a user, named by ``id`` or ``email``; records keep their owner."""
    wanted_id, email = as_id(what.get("id")), str(what.get("email") or "").casefold()
    for user in world.seed.lists["users"]:
        if user["id"] == wanted_id or (email and user["email"].casefold() == email):
            user["is_active"] = False
            return {"id": user["id"], "is_active": False}
    raise missing("user")


def remove_field(world: World, what: What) -> Done:
    """Delete a custom field: ``module`` and ``name``. Its values are shown no more."""
    module, name = str(what.get("module")), str(what.get("name"))
    if world.fields.custom.get(module, {}).pop(name, None) is None:
        raise missing("field")
    world.store.sql.execute(
        "DELETE FROM custom_fields WHERE module=? AND name=?", (module, name)
    )
    return {"module": module, "name": name}


def rename_choice(world: World, what: What) -> Done:
    """Rename a choice of a custom field: ``module``, ``name``, ``old`` and ``new``.

    What stands in records keeps the old word; a write with it is refused from now on.
    """
    module, name = str(what.get("module")), str(what.get("name"))
    field = world.fields.custom.get(module, {}).get(name)
    if field is None:
        raise missing("field")
    matching = [item for item in field.item["choices"] if item["value"] == what.get("old")]
    if not matching or not str(what.get("new") or "").strip():
        raise bad("give old, a choice of the field, and new, another word")
    matching[0]["value"] = str(what["new"]).strip()
    world.fields.custom[module][name] = custom_field(field.item)
    world.store.sql.execute(
        "UPDATE custom_fields SET body=? WHERE module=? AND name=?",
        (json.dumps(field.item), module, name),
    )
    return {"module": module, "name": name}


_EVENTS: Final[Mapping[str, Callable[[World, What], Done]]] = {
    "record_edited": edit,
    "owner_deactivated": deactivate_user,
    "field_removed": remove_field,
    "choice_renamed": rename_choice,
}


def happen(world: World, event: Fault, last_request: int) -> None:
    """Let a person do what an event says, between two requests.

    Raises:
        Refusal: there is nothing (any more) to do it to.
    """
    act(world, _EVENTS[event.kind], event.what, last_request)


def act(
    world: World, deed: Callable[[World, What], Done], what: What, last_request: int
) -> Done:
    """Let a person do something, wholly or not at all; noted after the last request.

    Raises:
        Refusal: it cannot be done.
    """
    world.store.acting("person", world.clock(), last_request)
    with world.store.transaction():
        return deed(world, what)


def _meant(world: World, what: What) -> tuple[Module, int]:
    plural = str(what.get("module"))
    if plural not in world.edition.modules:
        raise bad(f"give module, one of {', '.join(world.edition.modules)}")
    if what.get("id") is not None:
        return MODULES[plural], as_id(what["id"]) or 0
    last = world.store.select(plural, "deleted = 0", (), "ORDER BY updated_us DESC LIMIT 1")
    if not last:
        raise missing(MODULES[plural].word)
    return MODULES[plural], last[0].id


def _named(module: Module, record_id: int) -> Done:
    return {"module": module.plural, "id": record_id}
