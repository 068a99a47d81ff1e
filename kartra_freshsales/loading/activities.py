"""Loading activities: calls and e-mails as sales activities, meetings, tasks (S19).

An activity that was loaded is history and is not written again. A sales activity's type is
looked up by its name, once per load. Not here: sending and settling (``children``).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC

from kartra_freshsales.freshsales.comparison import same
from kartra_freshsales.freshsales.modules import Module
from kartra_freshsales.freshsales.records import Json
from kartra_freshsales.ledger.states import Operation
from kartra_freshsales.loading.checks import sort_out
from kartra_freshsales.loading.children import (
    ON,
    TARGETS,
    Ids,
    deliver,
    no_parent,
    place_of,
    settle,
    with_parent,
)
from kartra_freshsales.loading.items import Item, Known, items_of
from kartra_freshsales.loading.pages import moment
from kartra_freshsales.loading.results import Results
from kartra_freshsales.loading.session import Session

ACTIVITIES = str(Module.ACTIVITIES)
_EVERY = 25
_NO_TYPE = (
    "Freshsales has no sales activity type of this name: name one that stands there under "
    "'targets' in activities.yaml, then plan again."
)


@dataclass(frozen=True)
class _Route:
    """Where the parts of an activity stand in one kind of record."""

    start: str
    text: str
    end: str = ""


_ROUTES = {
    "tasks": _Route("due_date", "description"),
    "appointments": _Route("from_date", "description", "end_date"),
    "sales_activities": _Route("start_date", "notes", "end_date"),
}


def load_activities(session: Session, results: Results, ids: Ids) -> None:
    """Load the activities of a plan; ``ids`` are of every contact and lead there."""
    kind = Activity(session)
    settle(session, kind)
    known = Known.read(session.ledger, ACTIVITIES, results.plan["source_key"].to_list())
    going = sort_out(session, items_of(results.plan), known, results)
    for at, item in enumerate(going, start=1):
        _deliver(kind, item, results, ids)
        if at % _EVERY == 0:
            results.tell()
    results.tell()


def settle_activities(session: Session) -> None:
    """Find out what became of activities an earlier run left open."""
    settle(session, Activity(session))


def _deliver(kind: "Activity", item: Item, results: Results, ids: Ids) -> None:
    session = kind.session
    payload = with_parent(session, item.record, ids)
    if payload is None:
        no_parent(item, results)
    elif "type" in payload and kind.type_id(str(payload["type"])) is None:
        results.settle(item, "refused", reason="unknown_activity_type", remedy=_NO_TYPE)
    else:
        deliver(session, kind, item, payload, results)


class Activity:
    """Activities as ``children`` needs them."""

    module = ACTIVITIES
    operation = Operation.CREATE

    def __init__(self, session: Session) -> None:
        self.session = session
        self._types: dict[str, int] | None = None

    def type_id(self, name: str) -> int | None:
        """The id of a sales activity type, however its name is spelled."""
        if self._types is None:
            self._types = {
                str(item.get("name", "")).strip().casefold(): int(str(item["id"]))
                for item in self.session.client.selector("sales_activity_types")
            }
        return self._types.get(name.strip().casefold())

    def send(self, payload: Json) -> Json:
        """Create the record; its own answer is what was read of it."""
        record, (endpoint, number) = str(payload["record"]), place_of(payload)
        route = _ROUTES[record]
        body: Json = {
            "title": payload["title"],
            route.start: payload["start"],
            route.text: payload["text"],
            "targetable_type": TARGETS[endpoint],
            "targetable_id": number,
        }
        if route.end:
            body[route.end] = payload["end"]
        if "owner_id" in payload:
            body["owner_id"] = payload["owner_id"]
        if payload.get("done"):
            body["status"] = 1
        if "type" in payload:
            body["sales_activity_type_id"] = self.type_id(str(payload["type"]))
        return self.session.client.create_activity(record, body)

    def standing(self, payload: Json) -> Iterable[Json]:
        """Records of the same kind on the same contact; of sales activities all."""
        endpoint, number = place_of(payload)
        return self.session.client.activities_of(str(payload["record"]), endpoint, number)

    def is_it(self, payload: Json, record: Json) -> bool:
        """Whether it is about the same record, at the same time, in the same words."""
        _, number = place_of(payload)
        seen = self.seen(payload, record)
        linked = seen["contact_ids"]
        told = ("title", "start", "text")
        return (isinstance(linked, list) and number in linked) and all(
            same(key, payload[key], seen[key]).equal for key in told
        )

    def written(self, payload: Json) -> Json:
        """Everything but where the contact lives."""
        return {key: value for key, value in payload.items() if key != ON}

    def seen(self, payload: Json, record: Json) -> Json:
        """The record in the payload's form, with its type by name."""
        found = flat(str(payload["record"]), record)
        if "type" in payload:
            found["type"] = self._type_of(record, str(payload["type"]))
        return found

    def read_back(self, payload: Json, record: Json) -> Json:  # noqa: ARG002
        """The answer to the call is the whole record."""
        return record

    def _type_of(self, record: Json, meant: str) -> object:
        number = record.get("sales_activity_type_id")
        return meant if number == self.type_id(meant) else number


def flat(record: str, answered: Json) -> Json:
    """What stands there, in the form of a payload, times in UTC.

    Args:
        record: the route, such as ``tasks``.
        answered: the record as the destination shows it.
    """
    route = _ROUTES[record]
    kept = {key: answered.get(key) for key in ("id", "created_at", "updated_at")}
    found: Json = {
        **kept,
        "record": record,
        "title": answered.get("title"),
        "start": _utc(answered.get(route.start)),
        "text": answered.get(route.text),
        "contact_ids": _linked(answered),
    }
    if route.end:
        found["end"] = _utc(answered.get(route.end))
    if "owner_id" in answered:
        found["owner_id"] = answered["owner_id"]
    if record == "tasks":
        found["done"] = bool(answered.get("status"))
    return found


def _utc(value: object) -> object:
    """A time as payloads write it; what is no time stays as it is."""
    at = moment(value)
    return value if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _linked(record: Json) -> list[int]:
    targets = record.get("targetables")
    items = targets if isinstance(targets, list) else []
    found = [int(str(t["id"])) for t in items if isinstance(t, dict) and "id" in t]
    one = record.get("targetable_id")
    return found or ([int(str(one))] if one is not None else [])
