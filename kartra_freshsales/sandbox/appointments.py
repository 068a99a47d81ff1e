"""Appointments: create, read, list past and upcoming ones, delete."""

from __future__ import annotations

from typing import Any, Final

from kartra_freshsales.sandbox import activity_shapes, items
from kartra_freshsales.sandbox.calls import Answer, Call
from kartra_freshsales.sandbox.entries import Entry
from kartra_freshsales.sandbox.items import Item, Json
from kartra_freshsales.sandbox.modules import CONTACTS
from kartra_freshsales.sandbox.rails_zones import RAILS_ZONES, rails_name
from kartra_freshsales.sandbox.records import live
from kartra_freshsales.sandbox.refusal import bad
from kartra_freshsales.sandbox.rendering import parse_includes
from kartra_freshsales.sandbox.state import FIRST_IDS
from kartra_freshsales.sandbox.values import as_checkbox, as_id, as_text
from kartra_freshsales.sandbox.world import World

_TABLE: Final = "appointments"
_LONGEST: Final = 65_535
_LATEST: Final = "at_us DESC, id DESC"
_USER: Final = "FdMultitenant::User"
_FIRST_ATTENDEE: Final = 418_000_000_000
_FILTERS: Final = {"past": "until_us < ?", "upcoming": "until_us >= ?"}


def create(call: Call) -> Answer:
    """``POST /appointments``: title, start and end are required."""
    sent = items.sent(call, "appointment")
    about = items.target(call.world, sent)
    item = items.new(*about) if about else items.new()
    blank = {"title": None, "from_date": None, "end_date": None, "time_zone": None}
    _fill(call.world, item, {**blank, **sent})
    items.insert(call.world, _TABLE, item)
    return Answer(_whole(call, item), 201)


def read(call: Call) -> Answer:
    """``GET /appointments/:id``."""
    return Answer(_whole(call, items.get(call.world, _TABLE, call.params["id"])))


def update(call: Call) -> Answer:
    """``PUT /appointments/:id``: only the keys sent change."""
    item = items.get(call.world, _TABLE, call.params["id"])
    sent = items.sent(call, "appointment")
    about = items.target(call.world, sent)
    if about is not None:
        item.module, item.record_id = about[0].plural, about[1]
    _fill(call.world, item, sent)
    return Answer(_whole(call, items.save(call.world, _TABLE, item)))


def delete(call: Call) -> Answer:
    """``DELETE /appointments/:id``."""
    items.remove(call.world, _TABLE, call.params["id"])
    return Answer({"success": "200"})


def listing(call: Call) -> Answer:
    """``GET /appointments?filter=``: past or upcoming ones, else all."""
    word = call.query.get("filter", "").strip().lower()
    if word and word not in _FILTERS:
        raise bad("Invalid or missing attributes")
    args = (call.world.now_us(),) if word else ()
    return _listed(call, _FILTERS.get(word, "1"), args)


def of_record(call: Call) -> Answer:
    """``GET /M/:id/appointments``: the appointments about one record."""
    items.live_record(call)
    about = (call.params["module"], call.params["id"])
    return _listed(call, "module = ? AND record_id = ?", about)


def _listed(call: Call, where: str, args: tuple[Any, ...]) -> Answer:
    found, total = items.page(call, _TABLE, where, args, _LATEST)
    side, shown = _with_sides(call, found)
    if "appointment_attendees" in _asked(call):
        attendees = [one for item in found for one in _shown_attendees(item)]
        side = {**side, "appointment_attendees": attendees}
    return Answer({**side, "appointments": shown, "meta": {"total": total}})


def _asked(call: Call) -> set[str]:
    return set(parse_includes(call.query.get("include")))


def _with_sides(call: Call, found: list[Item]) -> tuple[Json, list[Json]]:
    shown = [activity_shapes.appointment(call.world, item) for item in found]
    side: dict[str, list[Json]] = {}
    if "targetable" in _asked(call):
        activity_shapes.add_targets(call.world, found, shown, side)
    if _asked(call) & {"creater", "owner", "updater"}:
        side["users"] = items.users_of(call.world, [one["creater_id"] for one in shown])
    order = ("users", *activity_shapes.TARGETS)
    return {key: side[key] for key in order if key in side}, shown


def _whole(call: Call, item: Item) -> Json:
    """The answer of a single read or write: attendees first, the appointment last."""
    side, shown = _with_sides(call, [item])
    attendees = _shown_attendees(item)
    return {
        **side,
        "appointment_attendees": attendees,
        "conferences": [],
        "notes": [],
        "appointment": {
            **shown[0],
            "appointment_attendee_ids": [one["id"] for one in attendees],
            "note_id": None,
        },
    }


def _shown_attendees(item: Item) -> list[Json]:
    first = _FIRST_ATTENDEE + (item.id - FIRST_IDS[_TABLE]) * 1000
    return [{"id": first + at, **one} for at, one in enumerate(item.body["attendees"])]


def _fill(world: World, item: Item, sent: Json) -> None:
    body = item.body
    if "title" in sent:
        body["title"] = items.required_text("title", as_text("title", sent["title"]))
    if "from_date" in sent:
        item.at_us = items.required_moment(world, "from_date", sent["from_date"])
    if "end_date" in sent:
        item.until_us = items.required_moment(world, "end_date", sent["end_date"])
    if "time_zone" in sent:
        body["time_zone"] = _zone(world, sent["time_zone"])
    for key, longest in (("description", _LONGEST), ("location", 255)):
        if key in sent:
            body[key] = as_text(key, sent[key], longest)
    if "is_allday" in sent:
        body["is_allday"] = bool(as_checkbox("is_allday", sent["is_allday"]))
    if "outcome_id" in sent:
        listing_name = "sales_activity_outcomes"
        body["outcome_id"] = items.known(
            world, "outcome_id", listing_name, sent["outcome_id"]
        )
    _attendees(world, body, sent.get("appointment_attendees_attributes"))


def _zone(world: World, value: Any) -> str:
    """A Rails zone name; the account's own when none is named."""
    if value in (None, ""):
        return rails_name(world.config.zone)
    if value not in RAILS_ZONES:
        raise bad("Not a supported time zone")
    return str(value)


def _attendees(world: World, body: Json, attributes: Any) -> None:
    standing: list[Json] = body.setdefault("attendees", [])
    if attributes is None:
        return
    if not isinstance(attributes, list):
        raise bad("Invalid or missing attributes")
    for entry in attributes:
        kind, found = _attendee(world, entry)
        one = {"attendee_type": kind, "attendee_id": found}
        if one not in standing:
            standing.append(one)


def _attendee(world: World, entry: Any) -> tuple[str, int]:
    if not isinstance(entry, dict):
        raise bad("Invalid or missing attributes")
    kind, found = entry.get("attendee_type"), as_id(entry.get("attendee_id"))
    if kind == _USER and found in world.seed.by_id["users"]:
        return _USER, int(found or 0)
    if kind == CONTACTS.target and found is not None:
        return CONTACTS.target, live(world, CONTACTS, found).id
    raise bad("Invalid or missing attributes")


ENTRIES: Final = (
    Entry("POST", "/appointments", create),
    Entry("GET", "/appointments", listing),
    Entry("GET", "/appointments/{id:int}", read),
    Entry("PUT", "/appointments/{id:int}", update),
    Entry("DELETE", "/appointments/{id:int}", delete),
)
