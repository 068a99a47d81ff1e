"""Sales activities and call logs; tasks and appointments have files of their own."""

from __future__ import annotations

from typing import Any, Final

from kartra_freshsales.sandbox import activity_shapes, appointments, items, tasks
from kartra_freshsales.sandbox.calls import Answer, Call, page_meta
from kartra_freshsales.sandbox.entries import Entry
from kartra_freshsales.sandbox.items import Item, Json
from kartra_freshsales.sandbox.modules import MODULES, Module
from kartra_freshsales.sandbox.refusal import bad, missing
from kartra_freshsales.sandbox.values import as_text, label_of
from kartra_freshsales.sandbox.world import World

_TABLE: Final = "sales_activities"
_CALLS: Final = "phone_calls"
_LONGEST: Final = 65_535
_REQUIRED: Final = ("title", "start_date", "end_date", "sales_activity_type_id")


def create(call: Call) -> Answer:
    """``POST /sales_activities``: title, both dates, type and target are required."""
    sent = items.sent(call, "sales_activity")
    item = items.new(*items.required_target(call.world, sent))
    _fill(call.world, item, {**dict.fromkeys((*_REQUIRED, "owner_id")), **sent})
    items.insert(call.world, _TABLE, item)
    return _shown(call, item)


def read(call: Call) -> Answer:
    """``GET /sales_activities/:id``."""
    return _shown(call, items.get(call.world, _TABLE, call.params["id"]))


def update(call: Call) -> Answer:
    """``PUT /sales_activities/:id``: only the keys sent change."""
    item = items.get(call.world, _TABLE, call.params["id"])
    sent = items.sent(call, "sales_activity")
    about = items.target(call.world, sent)
    if about is not None:
        item.module, item.record_id = about[0].plural, about[1]
    _fill(call.world, item, sent)
    return _shown(call, items.save(call.world, _TABLE, item))


def delete(call: Call) -> Answer:
    """``DELETE /sales_activities/:id``."""
    items.remove(call.world, _TABLE, call.params["id"])
    return Answer({"success": "200"})


def listing(call: Call) -> Answer:
    """``GET /sales_activities``: all of them, in the order they came."""
    found, total = items.page(call, _TABLE, "1", (), "id")
    shown = [activity_shapes.sales_activity(call.world, item) for item in found]
    return Answer({_TABLE: shown, "meta": page_meta(total, call.paging[1])})


def _shown(call: Call, item: Item) -> Answer:
    return Answer({"sales_activity": activity_shapes.sales_activity(call.world, item)})


def _fill(world: World, item: Item, sent: Json) -> None:
    body = item.body
    if "title" in sent:
        body["title"] = items.required_text("title", as_text("title", sent["title"]))
    if "start_date" in sent:
        item.at_us = items.required_moment(world, "start_date", sent["start_date"])
    if "end_date" in sent:
        item.until_us = items.required_moment(world, "end_date", sent["end_date"])
    if "owner_id" in sent:
        body["owner_id"] = items.owner(world, sent["owner_id"])
    if "notes" in sent:
        body["notes"] = as_text("notes", sent["notes"], _LONGEST)
    custom = world.fields.clean(_TABLE, sent.get("custom_field"))
    if custom:
        body["custom_field"] = body.get("custom_field", {}) | custom
    _type_and_outcome(world, body, sent)


def _type_and_outcome(world: World, body: Json, sent: Json) -> None:
    """The type must stand, and the outcome must be one of that type's."""
    key = "sales_activity_type_id"
    if key in sent:
        found = items.known(world, key, "sales_activity_types", sent[key])
        if found is None:
            raise bad(f"{label_of(key)} can't be blank")
        body[key] = found
    outcome_key = "sales_activity_outcome_id"
    if outcome_key in sent:
        body[outcome_key] = items.known(
            world, outcome_key, "sales_activity_outcomes", sent[outcome_key]
        )
    outcome = body.get(outcome_key)
    if outcome is not None:
        of_type = world.seed.by_id["sales_activity_outcomes"][outcome][key]
        if of_type != body[key]:
            raise bad(f"{label_of(outcome_key)} doesn't exist")


def log_call(call: Call) -> Answer:
    """``POST /phone_calls``: a call written down by hand, with a note or without."""
    sent = items.sent(call, "phone_call")
    if not isinstance(sent.get("call_direction"), bool):
        raise bad("Invalid or missing attributes")
    module, record_id = _called(call.world, sent)
    item = items.new(module, record_id)
    note = sent.get("note")
    if note is not None and not isinstance(note, dict):
        raise bad("Invalid or missing attributes")
    item.body = {
        "call_direction": sent["call_direction"],
        "note": as_text("note", (note or {}).get("description"), _LONGEST),
    }
    item.at_us = call.world.now_us()
    items.insert(call.world, _CALLS, item)
    return Answer(_shown_call(call.world, item), 201)


def read_call(call: Call) -> Answer:
    """``GET /phone_calls/:id``: only where the account's switch allows it under the API."""
    _behind_the_switch(call)
    item = items.get(call.world, _CALLS, call.params["id"])
    return Answer(_shown_call(call.world, item))


def delete_call(call: Call) -> Answer:
    """``DELETE /phone_calls/:id``: likewise."""
    _behind_the_switch(call)
    items.remove(call.world, _CALLS, call.params["id"])
    return Answer({"success": "200"})


def _behind_the_switch(call: Call) -> None:
    if not call.world.config.switches.phone_call_by_id:
        raise missing("page")


def _called(world: World, sent: Json) -> tuple[Module, int]:
    """The record called; its type may be written ``contact`` as well as ``Contact``."""
    nested = sent.get("targetable")
    record_id = sent.get("targetable_id")
    if record_id is None and isinstance(nested, dict):
        record_id = nested.get("id")
    kind: Any = sent.get("targetable_type")
    by_singular = {module.singular: module.target for module in MODULES.values()}
    about = {"targetable_type": by_singular.get(kind, kind), "targetable_id": record_id}
    return items.required_target(world, about)


def _shown_call(world: World, item: Item) -> Json:
    notes = []
    if item.body["note"] is not None:
        notes.append(
            {
                "id": item.id + 8_000_000_000,
                "description": item.body["note"],
                "created_at": world.shown_time(item.created_us),
                "updated_at": world.shown_time(item.updated_us),
                "creater_id": world.seed.admin_id,
                "targetables": item.targetables,
            }
        )
    shown = {
        "id": item.id,
        "call_direction": item.body["call_direction"],
        "is_manual": True,
        "status": None,
        "call_duration": None,
        "recording": None,
        "recording_duration": None,
        "conversation_time": items.shown_moment(world, item.at_us),
        "cost": None,
        "phone_number_id": None,
        "phone_caller_id": None,
        "note_id": notes[0]["id"] if notes else None,
        "created_at": world.shown_time(item.created_us),
        "updated_at": world.shown_time(item.updated_us),
        "targetables": item.targetables,
    }
    users = items.users_of(world, [world.seed.admin_id])
    return {_CALLS: [shown], "notes": notes, "users": users}


ENTRIES: Final = (
    *tasks.ENTRIES,
    *appointments.ENTRIES,
    Entry("POST", "/sales_activities", create),
    Entry("GET", "/sales_activities", listing),
    Entry("GET", "/sales_activities/{id:int}", read),
    Entry("PUT", "/sales_activities/{id:int}", update),
    Entry("DELETE", "/sales_activities/{id:int}", delete),
    Entry("POST", "/phone_calls", log_call),
    Entry("GET", "/phone_calls/{id:int}", read_call),
    Entry("DELETE", "/phone_calls/{id:int}", delete_call),
)
