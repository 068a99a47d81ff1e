"""Tasks: create, read, list by filter, mark as done, delete."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from kartra_freshsales.sandbox import activity_shapes, items
from kartra_freshsales.sandbox.calls import Answer, Call
from kartra_freshsales.sandbox.entries import Entry
from kartra_freshsales.sandbox.items import Item, Json
from kartra_freshsales.sandbox.refusal import Refusal, bad
from kartra_freshsales.sandbox.rendering import parse_includes
from kartra_freshsales.sandbox.values import as_id, as_text
from kartra_freshsales.sandbox.world import World

_TABLE: Final = "tasks"
_LONGEST: Final = 65_535
_NEWEST: Final = "at_us DESC, id DESC"
_DONE: Final = {0: 0, 1: 1, "0": 0, "1": 1}
_SIDES: Final = ("users", *activity_shapes.TARGETS)

Clause = tuple[str, tuple[Any, ...]]


def create(call: Call) -> Answer:
    """``POST /tasks``: title and due date are required, the target is not."""
    sent = items.sent(call, "task")
    about = items.target(call.world, sent)
    item = items.new(*about) if about else items.new()
    _fill(call.world, item, {"owner_id": None, "title": None, "due_date": None, **sent})
    items.insert(call.world, _TABLE, item)
    return Answer({"task": activity_shapes.task(call.world, item)}, 201)


def read(call: Call) -> Answer:
    """``GET /tasks/:id``."""
    item = items.get(call.world, _TABLE, call.params["id"])
    side, tasks = _with_sides(call.world, [item], call.query.get("include"))
    return Answer({**side, "task": tasks[0]})


def update(call: Call) -> Answer:
    """``PUT /tasks/:id``: only the keys sent change; ``status`` 1 marks it as done."""
    item = items.get(call.world, _TABLE, call.params["id"])
    sent = items.sent(call, "task")
    about = items.target(call.world, sent)
    if about is not None:
        item.module, item.record_id = about[0].plural, about[1]
    _fill(call.world, item, sent)
    items.save(call.world, _TABLE, item)
    return Answer({"task": activity_shapes.task(call.world, item)})


def delete(call: Call) -> Answer:
    """``DELETE /tasks/:id``."""
    items.remove(call.world, _TABLE, call.params["id"])
    return Answer({"success": "200"})


def listing(call: Call) -> Answer:
    """``GET /tasks?filter=``: open ones unless another filter is asked for."""
    if call.query.get("page") == "0" and call.query.get("per_page") == "0":
        raise Refusal(500, payload={"error_code": 500})  # a known trap
    word = call.query.get("filter", "open").strip().lower().replace("_", " ")
    if word not in FILTERS:
        raise bad("Invalid or missing attributes")
    where, args = FILTERS[word](call.world)
    found, total = items.page(call, _TABLE, where, args, _NEWEST)
    side, tasks = _with_sides(call.world, found, call.query.get("include"))
    return Answer({**side, "tasks": tasks, "meta": {"total": total}})


def of_record(call: Call) -> Answer:
    """``GET /M/:id/tasks``: the tasks about one record."""
    where, args = "module = ? AND record_id = ?", (call.params["module"], call.params["id"])
    items.live_record(call)
    found, total = items.page(call, _TABLE, where, args, _NEWEST)
    side, tasks = _with_sides(call.world, found, call.query.get("include"))
    return Answer({**side, "tasks": tasks, "meta": {"total": total}})


def _with_sides(
    world: World, found: list[Item], include: str | None
) -> tuple[Json, list[Json]]:
    """Tasks as shown, and the arrays their includes bring along."""
    names = set(parse_includes(include))
    tasks = [activity_shapes.task(world, item) for item in found]
    side: dict[str, list[Json]] = {}
    people: list[int | None] = []
    for name in ("owner", "creater", "updater"):
        if name in names:
            people += [task[f"{name}_id"] for task in tasks]
    if "users" in names:
        for item, task in zip(found, tasks, strict=True):
            task["user_ids"] = item.body["user_ids"]
            people += task["user_ids"]
    if "targetable" in names:
        activity_shapes.add_targets(world, found, tasks, side)
    if names & {"owner", "creater", "updater", "users"}:
        side["users"] = items.users_of(world, people)
    return {key: side[key] for key in _SIDES if key in side}, tasks


def _fill(world: World, item: Item, sent: Json) -> None:
    body = item.body
    if "title" in sent:
        body["title"] = items.required_text("title", as_text("title", sent["title"]))
    if "due_date" in sent:
        item.at_us = items.required_moment(world, "due_date", sent["due_date"])
    if "description" in sent:
        body["description"] = as_text("description", sent["description"], _LONGEST)
    if "owner_id" in sent:
        body["owner_id"] = items.owner(world, sent["owner_id"])
    for key, listing_name in (
        ("task_type_id", "sales_activity_entity_types"),
        ("outcome_id", "sales_activity_outcomes"),
    ):
        if key in sent:
            body[key] = items.known(world, key, listing_name, sent[key])
    _people(world, body, sent.get("task_users_attributes"))
    if "status" in sent:
        _mark(world, item, sent["status"])


def _mark(world: World, item: Item, status: Any) -> None:
    if not isinstance(status, (int, str)) or status not in _DONE:
        raise bad("Invalid or missing attributes")
    done = _DONE[status]
    if done != item.done:
        item.until_us = world.now_us() if done else None
    item.done = done


def _people(world: World, body: Json, attributes: Any) -> None:
    user_ids: list[int] = body.setdefault("user_ids", [])
    if attributes is None:
        return
    if not isinstance(attributes, list):
        raise bad("Invalid or missing attributes")
    for entry in attributes:
        found = as_id(entry.get("user_id")) if isinstance(entry, dict) else None
        if found not in world.seed.by_id["users"]:
            raise bad("User doesn't exist")
        if found is not None and found not in user_ids:
            user_ids.append(found)


def _days_ahead(days: int) -> Callable[[World], Clause]:
    def clause(world: World) -> Clause:
        day = datetime.fromisoformat(world.today()) + timedelta(days=days)
        start, end = (
            int(moment.replace(tzinfo=world.zone).timestamp() * 1_000_000)
            for moment in (day, day + timedelta(days=1))
        )
        return "done = 0 AND at_us >= ? AND at_us < ?", (start, end)

    return clause


FILTERS: Final[dict[str, Callable[[World], Clause]]] = {
    "open": lambda _world: ("done = 0", ()),
    "due today": _days_ahead(0),
    "due tomorrow": _days_ahead(1),
    "overdue": lambda world: ("done = 0 AND at_us < ?", (world.now_us(),)),
    "completed": lambda _world: ("done = 1", ()),
}

ENTRIES: Final = (
    Entry("POST", "/tasks", create),
    Entry("GET", "/tasks", listing),
    Entry("GET", "/tasks/{id:int}", read),
    Entry("PUT", "/tasks/{id:int}", update),
    Entry("DELETE", "/tasks/{id:int}", delete),
)
