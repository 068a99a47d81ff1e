"""Calls about what hangs on records beside notes: activities and files.

Tasks, appointments and sales activities differ in their routes only by name. Not here:
notes and records (``client``), bodies (``loading``).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kartra_freshsales.errors import Forbidden, NotFound
from kartra_freshsales.freshsales.answers import (
    Json,
    Page,
    Records,
    items_of,
    page_of,
    record_of,
)
from kartra_freshsales.freshsales.exchange import Exchange, Form

ACTIVITY_RECORDS = {
    "tasks": "task",
    "appointments": "appointment",
    "sales_activities": "sales_activity",
}
"""Route → the key that wraps one record."""

_PER_PAGE = 100


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to send: where it lies, its name, and the record it is for.

    ``about`` is the record's type (``Contact``, ``Lead`` or ``Deal``) and id.
    """

    path: Path
    name: str
    about: tuple[str, int]
    shared: bool = False


class HungCalls:
    """The calls; a client gives them its line to the account."""

    _exchange: Exchange

    def create_activity(self, route: str, body: Json) -> Json:
        """Create a task, an appointment or a sales activity; answers it as it stands."""
        name = ACTIVITY_RECORDS[route]
        return self._exchange.ask(
            "write",
            "POST",
            "/{route}",
            ids={"route": route},
            body={name: body},
            read=lambda answer: _identified(record_of(answer, name)),
        )

    def activity(self, route: str, activity_id: int) -> Json:
        """One task, appointment or sales activity; deleted ones are ``NotFound``."""
        return self._exchange.ask(
            "read",
            "GET",
            "/{route}/{activity_id}",
            ids={"route": route, "activity_id": activity_id},
            read=lambda answer: record_of(answer, ACTIVITY_RECORDS[route]),
        )

    def delete_activity(self, route: str, activity_id: int) -> None:
        """Delete a task, an appointment or a sales activity."""
        self._exchange.ask(
            "write",
            "DELETE",
            "/{route}/{activity_id}",
            ids={"route": route, "activity_id": activity_id},
            body=True,
            read=lambda _answer: None,
        )

    def activities_of(self, route: str, endpoint: str, record_id: int) -> Iterator[Json]:
        """Tasks or appointments of a record; of sales activities all there are.

        There is no call that lists a record's sales activities.
        """
        if route == "sales_activities":
            yield from self._pages("/sales_activities", route, {})
            return
        try:
            yield from self._pages(
                "/{endpoint}/{record_id}/{route}",
                route,
                {"endpoint": endpoint, "record_id": record_id, "route": route},
            )
        except (Forbidden, NotFound):
            # Seen in links only: a record itself tells them as well (reference, 12.30).
            yield from self._exchange.ask(
                "read",
                "GET",
                "/{endpoint}/{record_id}",
                ids={"endpoint": endpoint, "record_id": record_id},
                query={"include": route},
                read=lambda body: _beside(body, route, endpoint),
            )

    def _pages(self, route: str, key: str, ids: dict[str, int | str]) -> Iterator[Json]:
        page, more = 1, True
        while more:
            answer = self._page(route, key, ids, page)
            yield from answer.records
            more, page = page < answer.total_pages and bool(answer.records), page + 1

    def _page(self, route: str, key: str, ids: dict[str, int | str], page: int) -> Page:
        return self._exchange.ask(
            "read",
            "GET",
            route,
            ids=ids,
            query={"page": page, "per_page": _PER_PAGE},
            read=lambda body: page_of(body, key, page, _PER_PAGE),
        )

    def upload(self, sent: Upload) -> int:
        """Upload a file; answers its id. It can never be deleted by the API.

        Raises:
            OSError: the file cannot be read.
        """
        fields = {
            "file_name": sent.name,
            "is_shared": "true" if sent.shared else "false",
            "targetable_type": sent.about[0],
            "targetable_id": str(sent.about[1]),
        }
        with sent.path.open("rb") as file:
            form = Form(fields, file, sent.path.stat().st_size)
            return self._exchange.ask(
                "write",
                "POST",
                "/documents",
                form=form,
                read=lambda answer: int(str(record_of(answer, "document")["id"])),
            )

    def documents_of(self, endpoint: str, record_id: int) -> Records:
        """Every file of a record."""
        return self._exchange.ask(
            "read",
            "GET",
            "/{endpoint}/{record_id}/document_associations",
            ids={"endpoint": endpoint, "record_id": record_id},
            read=lambda body: items_of(body, "documents"),
        )


def _identified(record: Json) -> Json:
    if "id" not in record:
        raise ValueError("no id")
    return record


def _beside(body: object, key: str, endpoint: str) -> Records:
    """A list beside a record, or inside it."""
    record = record_of(body, endpoint.removesuffix("s"))
    for place in (body, record):
        found = place.get(key) if isinstance(place, dict) else None
        if isinstance(found, list):
            return [item for item in found if isinstance(item, dict)]
    return []
