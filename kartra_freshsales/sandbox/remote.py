"""A client of the control port, for tests and scripts that bring things about.

It knows the routes of ``control`` and nothing of the account's state.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any, Final

Json = dict[str, Any]

_OPENER: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class ControlRefused(RuntimeError):
    """The control port did not do what was asked; ``status`` says how it answered."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class SandboxControl:
    """One sandbox, by the address of its control port."""

    def __init__(self, url: str) -> None:
        """Talk to ``http://127.0.0.1:<control port>``."""
        self.url = url.rstrip("/")

    def history(self, *, full: bool = False) -> Json:
        """Counts of all requests; each of them too when ``full``."""
        return self.ask("GET", f"/history{'?full=1' if full else ''}")

    def requests(self, after: int = 0) -> list[Json]:
        """Every request after the given number, in order."""
        return list(self._lines(f"/history.jsonl?after={after}"))

    def changes(self, after: int = 0, *, values: bool = False) -> list[Json]:
        """Every change after the given number, in order; with what was written or not."""
        return list(self._lines(f"/changes.jsonl?after={after}&values={int(values)}"))

    def faults(self, *, merge: bool = False, **values: Any) -> Json:
        """Replace the faults (or lay some over them); none given: nothing goes wrong."""
        return self.ask("PUT", f"/faults{'?merge=1' if merge else ''}", values)

    def advance(self, seconds: float) -> Json:
        """Let time pass at once."""
        return self.ask("POST", "/clock", {"advance_seconds": seconds})

    def clock(self) -> Json:
        """The account's present."""
        return self.ask("GET", "/clock")

    def edit(self, module: str, record_id: int | None = None, **data: Any) -> Json:
        """A person changes a record; without an id the one that was changed last."""
        return self.ask(
            "POST", "/people/edit", {"module": module, "id": record_id, "data": data}
        )

    def delete(self, module: str, record_id: int) -> Json:
        """A person puts a record into the recycle bin."""
        return self.ask("POST", "/people/delete", {"module": module, "id": record_id})

    def restore(self, module: str, record_id: int) -> Json:
        """A person takes a record out of the recycle bin."""
        return self.ask("POST", "/people/restore", {"module": module, "id": record_id})

    def deactivate_user(self, **who: Any) -> Json:
        """An admin deactivates a user, named by ``id`` or ``email``."""
        return self.ask("POST", "/users/deactivate", who)

    def remove_field(self, module: str, name: str) -> Json:
        """An admin deletes a custom field."""
        return self.ask("POST", "/fields/remove", {"module": module, "name": name})

    def rename_choice(self, module: str, name: str, old: str, new: str) -> Json:
        """An admin renames a choice of a custom field."""
        what = {"module": module, "name": name, "old": old, "new": new}
        return self.ask("POST", "/fields/rename_choice", what)

    def revoke_key(self) -> None:
        """The API key stops opening the account."""
        self.ask("POST", "/key/revoke", {})

    def new_key(self, key: str) -> None:
        """Another API key opens the account from now on."""
        self.ask("PUT", "/key", {"key": key})

    def workflows(self) -> list[Json]:
        """The account's workflows and how often each fired."""
        found: list[Json] = self.ask("GET", "/workflows")["workflows"]
        return found

    def pause_workflows(self, name: str | None = None) -> None:
        """An admin pauses a workflow, or all of them."""
        self.ask("POST", "/workflows/pause", {"name": name})

    def resume_workflows(self, name: str | None = None) -> None:
        """An admin lets a workflow, or all of them, fire again."""
        self.ask("POST", "/workflows/resume", {"name": name})

    def conversion(self) -> Json:
        """Where custom fields of leads go when a lead is converted (Classic)."""
        return self.ask("GET", "/conversion")

    def set_conversion(self, mapping: Json) -> Json:
        """An admin maps custom fields of leads to those of contacts, accounts and deals."""
        return self.ask("PUT", "/conversion", mapping)

    def ask(self, method: str, path: str, body: Json | None = None) -> Json:
        """Send any request of the control port and read its answer."""
        with self._open(method, path, body) as answer:
            found: Json = json.loads(answer.read())
            return found

    def _lines(self, path: str) -> Iterator[Json]:
        with self._open("GET", path, None) as answer:
            for line in answer:
                yield json.loads(line)

    def _open(self, method: str, path: str, body: Json | None) -> Any:
        request = urllib.request.Request(  # noqa: S310  the loopback
            f"{self.url}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
            method=method,
        )
        try:
            return _OPENER.open(request, timeout=30)
        except urllib.error.HTTPError as error:
            with error:
                told = json.loads(error.read())
            raise ControlRefused(error.code, told["error"]) from None
