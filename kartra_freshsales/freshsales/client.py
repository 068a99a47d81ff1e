"""The calls we make to Freshsales, one method each: routes, envelopes, answers.

Bodies are JSON as the API takes them; ``records`` makes them. Not here: retrying and
limits (``exchange``), deciding what to send (``loading``).
"""

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self, cast

import httpx
from pydantic import SecretStr

from kartra_freshsales.errors import Forbidden, NotFound
from kartra_freshsales.freshsales.answers import (
    Json,
    Page,
    Records,
    items_of,
    job_id_of,
    lists_in,
    page_of,
    record_of,
)
from kartra_freshsales.freshsales.budget import Budget
from kartra_freshsales.freshsales.exchange import Exchange, Patience
from kartra_freshsales.freshsales.hung import HungCalls
from kartra_freshsales.freshsales.modules import singular
from kartra_freshsales.freshsales.request_log import RequestLog

PER_PAGE = 100
"""The most records a page holds (reference, section 3.2)."""

Include = str | Sequence[str] | None


class FreshsalesClient(HungCalls):
    """An account's API. Use it in a ``with``; every request asks the budget first.

    Raises:
        SettingsError: the address is none, or would send the key unencrypted.
    """

    def __init__(
        self,
        base_url: str,
        api_key: SecretStr,
        *,
        budget: Budget,
        timeout: float = 30.0,
        transport: httpx.BaseTransport | None = None,
        patience: Patience | None = None,
        log: RequestLog | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._exchange = Exchange(
            base_url,
            api_key,
            budget=budget,
            timeout=timeout,
            transport=transport,
            patience=patience or Patience(),
            log=log,
        )
        self._again: Callable[[str], FreshsalesClient] = lambda address: FreshsalesClient(
            address,
            api_key,
            budget=budget,
            timeout=timeout,
            transport=transport,
            patience=patience,
            log=log,
        )

    def elsewhere(self, base_url: str) -> "FreshsalesClient":
        """The same key and budget at another address, to find out who answers there."""
        return self._again(base_url)

    def answers(self, route: str) -> bool:
        """Whether the account has a read call and lets this key use it."""
        try:
            self._exchange.ask("read", "GET", route, read=lambda _answer: None)
        except (Forbidden, NotFound):
            return False
        return True

    def close(self) -> None:
        """Close its connections."""
        self._exchange.close()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    @property
    def counts(self) -> dict[str, int]:
        """Requests sent by kind (read, write, poll), resent ones included."""
        return self._exchange.counts

    # Settings

    def selector(self, name: str) -> Records:
        """Items of a settings list; ``owners`` answers under ``users``."""
        key = {"owners": "users"}.get(name, name)
        return self._items("/selector/{name}", key, name=name)

    def fields(self, endpoint: str) -> Records:
        """Fields of a module, custom ones included."""
        return self._items("/settings/{endpoint}/fields", "fields", endpoint=endpoint)

    def forms(self, endpoint: str) -> Records:
        """Forms of a module. Not documented for standard modules; may be ``NotFound``."""
        return self._items("/settings/{endpoint}/forms", "forms", endpoint=endpoint)

    def filters(self, endpoint: str) -> Records:
        """Saved views of a module that this key may see."""
        return self._items("/{endpoint}/filters", "filters", endpoint=endpoint)

    # Reading records

    def view_page(
        self,
        endpoint: str,
        view_id: int,
        *,
        page: int,
        per_page: int = PER_PAGE,
        sort: str = "id",
        sort_type: str = "asc",
        include: Include = None,
    ) -> Page:
        """One page of a saved view. Pages count from 1; one past the end is empty."""
        query: dict[str, str | int] = {
            "page": page, "per_page": per_page, "sort": sort, "sort_type": sort_type,
            **_include(include),
        }  # fmt: skip
        return self._exchange.ask(
            "read",
            "GET",
            "/{endpoint}/view/{view_id}",
            ids={"endpoint": endpoint, "view_id": view_id},
            query=query,
            read=lambda body: page_of(body, endpoint, page, per_page),
        )

    def record(
        self, endpoint: str, record_id: int, include: Include = None
    ) -> tuple[Json, dict[str, Records]]:
        """A record, and what was side-loaded next to it. Binned ones are ``NotFound``."""
        return self._exchange.ask(
            "read",
            "GET",
            "/{endpoint}/{record_id}",
            ids={"endpoint": endpoint, "record_id": record_id},
            query=_include(include),
            read=lambda body: (record_of(body, singular(endpoint)), lists_in(body)),
        )

    def notes_of(self, endpoint: str, record_id: int) -> Records:
        """Every note of a record; through the record itself where the call is missing."""
        found: Records = []
        page, more = 1, True
        while more:
            try:
                answer = self._notes_page(endpoint, record_id, page)
            except (Forbidden, NotFound):
                record, side = self.record(endpoint, record_id, "notes")
                return side.get("notes") or _lists_of(record, "notes")
            found += answer.records
            more, page = page < answer.total_pages and bool(answer.records), page + 1
        return found

    def _notes_page(self, endpoint: str, record_id: int, page: int) -> Page:
        return self._exchange.ask(
            "read",
            "GET",
            "/{endpoint}/{record_id}/notes",
            ids={"endpoint": endpoint, "record_id": record_id},
            query={"page": page, "per_page": PER_PAGE},
            read=lambda body: page_of(body, "notes", page, PER_PAGE),
        )

    def lists(self) -> Records:
        """Every marketing list."""
        found: Records = []
        page, more = 1, True
        while more:
            answer = self._lists_page(page)
            found += answer.records
            more, page = page < answer.total_pages and bool(answer.records), page + 1
        return found

    def _lists_page(self, page: int) -> Page:
        return self._exchange.ask(
            "read",
            "GET",
            "/lists",
            query={"page": page, "per_page": PER_PAGE},
            read=lambda body: page_of(body, "lists", page, PER_PAGE),
        )

    def list_members_page(self, list_id: int, page: int, per_page: int = PER_PAGE) -> Page:
        """One page of the contacts on a marketing list."""
        return self._exchange.ask(
            "read",
            "GET",
            "/contacts/lists/{list_id}",
            ids={"list_id": list_id},
            query={"page": page, "per_page": per_page, "sort": "id", "sort_type": "asc"},
            read=lambda body: page_of(body, "contacts", page, per_page),
        )

    def job_status(self, job_id: str) -> Json:
        """How a bulk job stands; counted as a poll."""
        return self._exchange.ask(
            "poll",
            "GET",
            "/job_statuses/{job_id}",
            ids={"job_id": job_id},
            read=lambda body: record_of(body, "job_status"),
        )

    # Writing records

    def bulk_upsert(self, endpoint: str, rows: Sequence[Json]) -> str:
        """Hand over up to 100 rows ``{identifier…, "data": {…}}``; answers the job's id."""
        return self._exchange.ask(
            "write",
            "POST",
            "/{endpoint}/bulk_upsert",
            ids={"endpoint": endpoint},
            body={endpoint: list(rows)},
            read=job_id_of,
        )

    def create(self, endpoint: str, body: Json) -> Json:
        """Create a record; answers it as it stands."""
        name = singular(endpoint)
        return self._exchange.ask(
            "write",
            "POST",
            "/{endpoint}",
            ids={"endpoint": endpoint},
            body={name: body},
            read=lambda answer: _with_id(record_of(answer, name)),
        )

    def update(self, endpoint: str, record_id: int, body: Json) -> Json:
        """Change the given keys of a record; answers it as it stands."""
        name = singular(endpoint)
        return self._exchange.ask(
            "write",
            "PUT",
            "/{endpoint}/{record_id}",
            ids={"endpoint": endpoint, "record_id": record_id},
            body={name: body},
            read=lambda answer: record_of(answer, name),
        )

    def delete(self, endpoint: str, record_id: int) -> None:
        """Put a record into the recycle bin, where it stays for 90 days."""
        self._delete("/{endpoint}/{record_id}", endpoint=endpoint, record_id=record_id)

    def forget(self, endpoint: str, record_id: int) -> None:
        """Erase a record for good."""
        self._delete(
            "/{endpoint}/{record_id}/forget", endpoint=endpoint, record_id=record_id
        )

    def bulk_destroy(self, endpoint: str, record_ids: Sequence[int]) -> None:
        """Put many records into the recycle bin; an account's contacts and deals stay."""
        body: Json = {"selected_ids": list(record_ids)}
        if endpoint == "sales_accounts":
            body["delete_associated_contacts_deals"] = False
        self._write("POST", "/{endpoint}/bulk_destroy", body, endpoint=endpoint)

    # Notes, lists, fields

    def create_note(self, body: Json) -> Json:
        """Create a note ``{description, targetable_type, targetable_id}``; answers it."""
        return self._exchange.ask(
            "write",
            "POST",
            "/notes",
            body={"note": body},
            read=lambda answer: _with_id(record_of(answer, "note")),
        )

    def delete_note(self, note_id: int) -> None:
        """Delete a note."""
        self._delete("/notes/{note_id}", note_id=note_id)

    def create_list(self, name: str) -> int:
        """Create a marketing list; answers its id. It can never be deleted."""
        return self._exchange.ask(
            "write",
            "POST",
            "/lists",
            body={"name": name},
            read=lambda answer: int(str(record_of(answer, "list")["id"])),
        )

    def rename_list(self, list_id: int, name: str) -> None:
        """Give a marketing list another name."""
        self._write("PUT", "/lists/{list_id}", {"name": name}, list_id=list_id)

    def add_to_list(self, list_id: int, contact_ids: Sequence[int]) -> None:
        """Put contacts on a marketing list; those on it already stay on it once."""
        body: Json = {"ids": list(contact_ids)}
        self._write("PUT", "/lists/{list_id}/add_contacts", body, list_id=list_id)

    def remove_from_list(self, list_id: int, contact_ids: Sequence[int]) -> None:
        """Take contacts off a marketing list."""
        body: Json = {"ids": list(contact_ids)}
        self._write("PUT", "/lists/{list_id}/remove_contacts", body, list_id=list_id)

    def create_field(self, entity: str, form_id: int, body: Json) -> Json:
        """Create a custom field on a form (documented for custom modules); answers it."""
        return self._exchange.ask(
            "write",
            "POST",
            "/settings/{entity}/forms/{form_id}/fields",
            ids={"entity": entity, "form_id": form_id},
            body=body,
            read=lambda answer: record_of(answer, "field"),
        )

    def _items(self, route: str, key: str, **ids: str) -> Records:
        return self._exchange.ask(
            "read", "GET", route, ids=ids, read=lambda body: items_of(body, key)
        )

    def _delete(self, route: str, **ids: int | str) -> None:
        # The API's own samples send a bare true as the body of a delete.
        self._exchange.ask(
            "write", "DELETE", route, ids=ids, body=True, read=lambda _answer: None
        )

    def _write(self, method: str, route: str, body: Json, **ids: int | str) -> None:
        self._exchange.ask(
            "write", method, route, ids=ids, body=body, read=lambda _answer: None
        )


def _include(include: Include) -> dict[str, str | int]:
    if not include:
        return {}
    return {"include": include if isinstance(include, str) else ",".join(include)}


def _with_id(record: Json) -> Json:
    """The record, if it says which one it is; without an id nothing can be undone."""
    if "id" not in record:
        raise ValueError("no id")
    return record


def _lists_of(record: Json, key: str) -> Records:
    found = record.get(key)
    return cast("Records", found) if isinstance(found, list) else []
