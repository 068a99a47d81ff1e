"""The team of a record: users beside its owner, each in a role."""

from __future__ import annotations

from typing import Any

from kartra_freshsales.sandbox import items
from kartra_freshsales.sandbox.calls import Answer, Call
from kartra_freshsales.sandbox.entries import Entry
from kartra_freshsales.sandbox.modules import MODULES
from kartra_freshsales.sandbox.records import live
from kartra_freshsales.sandbox.refusal import bad
from kartra_freshsales.sandbox.rendering import one
from kartra_freshsales.sandbox.values import as_id
from kartra_freshsales.sandbox.world import World


def manage(call: Call) -> Answer:
    """``POST`` or ``PUT /M/:id/manage_team_members``: add, change and remove members."""
    module = MODULES[call.params["module"]]
    record = live(call.world, module, call.params["id"])
    asked = call.mapping().get("team_users")
    if not isinstance(asked, list) or not asked:
        raise bad("Invalid or missing attributes")
    team: dict[str, int] = dict(record.body.get("team", {}))
    for member in asked:
        user_id, designation_id = _member(call.world, member)
        if designation_id is None:
            team.pop(str(user_id), None)
        else:
            team[str(user_id)] = designation_id
    record.body["team"] = team
    record.body["team_user_ids"] = [int(user_id) for user_id in team] or None
    call.world.store.save(module.plural, record)
    return Answer(one(call.world, module, record, ()))


def _member(world: World, asked: Any) -> tuple[int, int | None]:
    """A user and their designation; null for one who leaves."""
    if not isinstance(asked, dict) or as_id(asked.get("user_id")) is None:
        raise bad("Invalid or missing attributes")
    if asked.get("_destroy"):
        return as_id(asked["user_id"]) or 0, None
    user_id = items.owner(world, asked["user_id"])
    listed = items.known(
        world, "designation_id", "designations", asked.get("designation_id")
    )
    if listed is None:
        raise bad("Designation can't be blank")
    return user_id, listed


def entries_of(plural: str) -> tuple[Entry, ...]:
    """The calls of one kind of record; sources name both verbs."""
    path, params = f"/{plural}/{{id:int}}/manage_team_members", {"module": plural}
    return tuple(Entry(method, path, manage, params) for method in ("POST", "PUT"))
