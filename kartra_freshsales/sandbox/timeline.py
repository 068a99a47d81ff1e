"""What is read through a record: its activities, tasks, appointments, files and links.

Also the record's own pages the reference has seen in ``links`` only: they answer 404 under
the API, so that a client which trusts them finds out.
"""

from __future__ import annotations

from typing import Final

from kartra_freshsales.sandbox import appointments, documents, tasks
from kartra_freshsales.sandbox.calls import PER_PAGE, Answer, Call
from kartra_freshsales.sandbox.entries import Entry
from kartra_freshsales.sandbox.items import Json
from kartra_freshsales.sandbox.modules import CONTACTS, Module
from kartra_freshsales.sandbox.records import live
from kartra_freshsales.sandbox.refusal import missing
from kartra_freshsales.sandbox.world import World

_MOST: Final = 100
_HAPPENINGS: Final = {
    "notes": "Note",
    "tasks": "Task",
    "appointments": "Appointment",
    "sales_activities": "SalesActivity",
    "phone_calls": "PhoneCall",
    "documents": "Document",
    "document_links": "DocumentLink",
}
"""Tables whose rows are steps in a record's timeline, and what such a step is called."""
_PAGES_ONLY: Final = (
    "conversations/all",
    "timeline_feeds",
    "reminders",
    "duplicates",
    "connections",
)


def activities(call: Call) -> Answer:
    """``GET /contacts/:id/activities``: what happened to a contact, latest first."""
    record = live(call.world, CONTACTS, call.params["id"])
    limit = max(1, min(_MOST, call.number("limit", PER_PAGE)))
    steps = _steps(call.world, CONTACTS, record.id)
    steps.append((record.created_us, CONTACTS.target, record.id))
    steps.sort(reverse=True)
    shown = [_shown(call.world, record.id, record.name, step) for step in steps[:limit]]
    meta = {"has_next": len(steps) > limit, "has_previous": False}
    return Answer({"activities": shown, "meta": meta})


def _steps(world: World, module: Module, record_id: int) -> list[tuple[int, str, int]]:
    return [
        (created_us, kind, item_id)
        for table, kind in _HAPPENINGS.items()
        for item_id, created_us in world.store.sql.execute(
            f"SELECT id, created_us FROM {table} WHERE record_id = ? AND module = ?",
            (record_id, module.plural),
        )
    ]


def _shown(world: World, record_id: int, name: str, step: tuple[int, str, int]) -> Json:
    created_us, kind, item_id = step
    return {
        "id": str(item_id),
        "action_data": {},
        "created_at": world.shown_time(created_us),
        "automation": None,
        "group": None,
        "targetable_id": record_id,
        "targetable_name": name,
        "targetable_type": CONTACTS.target,
        "composite_id": f"{kind}_{item_id}",
        "action_type": f"{kind.upper()}_CREATE",
        "user_activity": True,
        "actionable_id": item_id,
        "actionable_type": kind,
    }


def page_only(call: Call) -> Answer:
    """A route of the web app that nobody has seen under the API."""
    raise missing("page")


def entries_of(plural: str) -> tuple[Entry, ...]:
    """The calls that read one kind of record's tasks, appointments, files and links."""
    base, params = f"/{plural}/{{id:int}}", {"module": plural}
    return (
        Entry("GET", f"{base}/tasks", tasks.of_record, params),
        Entry("GET", f"{base}/appointments", appointments.of_record, params),
        *documents.entries_of(plural),
    )


_TAGS: Final[tuple[tuple[str, str], ...]] = (
    ("GET", "/settings/tags"),
    ("POST", "/settings/tags"),
    ("PUT", "/settings/tags/{id:int}"),
    ("DELETE", "/settings/tags/{id:int}"),
)
ENTRIES: Final[tuple[Entry, ...]] = (
    Entry("GET", "/contacts/{id:int}/activities", activities),
    Entry("GET", "/contacts/{id:int}/activities.json", activities),
    *(Entry("GET", f"/contacts/{{id:int}}/{page}", page_only) for page in _PAGES_ONLY),
    *(Entry(method, path, page_only) for method, path in _TAGS),
)
