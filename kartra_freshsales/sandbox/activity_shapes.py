"""How tasks, appointments and sales activities are shown, in recorded key order.

Shapes only: what is required of them and how they change lives with each kind.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from kartra_freshsales.sandbox import items
from kartra_freshsales.sandbox.items import Item, Json
from kartra_freshsales.sandbox.modules import MODULES
from kartra_freshsales.sandbox.state import Record
from kartra_freshsales.sandbox.world import World

TARGETS: Final = ("sales_accounts", "deals", "contacts", "leads")
"""Side-loaded targets, in the order the real API sends them after the users."""
_CHECK_IN: Final = (
    "checkedout_latitude",
    "checkedout_longitude",
    "checkedout_location",
    "checkedout_at",
    "checkedin_duration",
)


def task(world: World, item: Item) -> Json:
    """A task; ``user_ids`` and ``targetable`` come with their includes only."""
    body = item.body
    return {
        "id": item.id,
        "status": item.done,
        "title": body["title"],
        "description": body.get("description"),
        "created_at": world.shown_time(item.created_us),
        "updated_at": world.shown_time(item.updated_us),
        "owner_id": body["owner_id"],
        "due_date": items.shown_moment(world, item.at_us),
        "completed_date": items.shown_moment(world, item.until_us),
        "creater_id": world.seed.admin_id,
        "updater_id": world.seed.admin_id,
        "outcome_id": body.get("outcome_id"),
        "task_type_id": body.get("task_type_id"),
        "targetables": item.targetables,
    }


def appointment(world: World, item: Item) -> Json:
    """An appointment as it stands in lists."""
    body = item.body
    return {
        "id": item.id,
        "time_zone": body["time_zone"],
        "title": body["title"],
        "description": body.get("description"),
        "location": body.get("location"),
        "is_allday": body.get("is_allday", False),
        "outcome_id": body.get("outcome_id"),
        "from_date": items.shown_moment(world, item.at_us),
        "end_date": items.shown_moment(world, item.until_us),
        "created_at": world.shown_time(item.created_us),
        "updated_at": world.shown_time(item.updated_us),
        "provider": "freshsales",
        "creater_id": world.seed.admin_id,
        "latitude": None,
        "longitude": None,
        "checkedin_at": None,
        "can_checkin_checkout": True,
        **dict.fromkeys(_CHECK_IN),
        "can_checkin": True,
        "conference_id": None,
        "targetables": item.targetables,
    }


def sales_activity(world: World, item: Item) -> Json:
    """A sales activity."""
    body = item.body
    start, end = (items.shown_moment(world, us) for us in (item.at_us, item.until_us))
    return {
        "id": item.id,
        "title": body["title"],
        "start_date": start,
        "end_date": end,
        "sales_activity_type_id": body["sales_activity_type_id"],
        "created_at": world.shown_time(item.created_us),
        "updated_at": world.shown_time(item.updated_us),
        "notes": body.get("notes"),
        "owner_id": body["owner_id"],
        "sales_activity_outcome_id": body.get("sales_activity_outcome_id"),
        "remote_id": None,
        "import_id": None,
        "creater_id": world.seed.admin_id,
        "updater_id": world.seed.admin_id,
        "conversation_time": end,
        "targetable_id": item.record_id,
        "targetable_type": MODULES[item.module].target,
        "latitude": None,
        "longitude": None,
        "location": None,
        "checkedin_at": None,
        "conversation_id": None,
        **dict.fromkeys(_CHECK_IN),
        "custom_field": world.fields.shown(
            "sales_activities", body.get("custom_field", {})
        ),
        "completed_date": None,
        "status": False,
        "targetables": item.targetables,
    }


SHAPES: Final = {
    "tasks": task,
    "appointments": appointment,
    "sales_activities": sales_activity,
}


def about_records(world: World, table: str, plural: str, ids: Iterable[int]) -> list[Json]:
    """What records bring along with ``include=tasks`` and the like, newest first."""
    return [
        SHAPES[table](world, item) for item in items.of_record(world, table, plural, ids)
    ]


def add_targets(
    world: World, found: list[Item], shown: list[Json], side: dict[str, list[Json]]
) -> None:
    """Name each row's target on it and bring the targets along."""
    for item, one in zip(found, shown, strict=True):
        if not item.module:
            one["targetable"] = None
            continue
        module = MODULES[item.module]
        one["targetable"] = {"type": module.singular, "id": item.record_id}
        record = world.store.get(item.module, item.record_id)
        standing = side.setdefault(item.module, [])
        if record is not None and all(other["id"] != record.id for other in standing):
            standing.append(_target(module.plural, record))


def _target(plural: str, record: Record) -> Json:
    if plural == "sales_accounts":
        return {"id": record.id, "avatar": None, "name": record.name}
    body = record.body
    if plural == "deals":
        return {
            "id": record.id,
            "avatar": None,
            "name": record.name,
            "deal_pipeline_id": body.get("deal_pipeline_id"),
        }
    emails: list[dict[str, Any]] = body.get("emails", [])
    email = next((entry["value"] for entry in emails if entry["is_primary"]), None)
    return {
        "id": record.id,
        "avatar": None,
        "display_name": record.name or email,
        "first_name": body.get("first_name"),
        "last_name": body.get("last_name"),
        "email": email,
        "work_number": body.get("work_number"),
        "mobile_number": body.get("mobile_number"),
    }
