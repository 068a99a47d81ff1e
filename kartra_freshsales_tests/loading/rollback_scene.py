"""An account, a ledger, and a load made by hand: what rollback tests start from.

Records are written through the client and noted in the ledger as a load notes them, so
that these tests stand on the ledger's contract alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import polars as pl
from pydantic import SecretStr
from sqlalchemy import event

from kartra_freshsales.freshsales.budget import Unlimited
from kartra_freshsales.freshsales.client import FreshsalesClient
from kartra_freshsales.freshsales.exchange import Patience
from kartra_freshsales.freshsales.metadata import Metadata, read_metadata
from kartra_freshsales.freshsales.modules import RECORD_ENDPOINTS, Module
from kartra_freshsales.freshsales.records import INCLUDES, Json, flatten, to_write
from kartra_freshsales.ledger.records import Identity, IntentChange, NewIntent
from kartra_freshsales.ledger.states import IntentState, Operation, Origin
from kartra_freshsales.ledger.store import Destination, Ledger
from kartra_freshsales.ledger.text import digest
from kartra_freshsales.loading.items import before
from kartra_freshsales.loading.policy import Policy
from kartra_freshsales.loading.rollback import RollbackPlan, carry_out, plan_rollback
from kartra_freshsales.loading.snapshot import read_snapshot
from kartra_freshsales.sandbox.config import Faults
from kartra_freshsales.sandbox.server import SandboxProcess

BATCH = "spring"
QUICK = Policy(first_poll=0.01, longest_poll=0.05, job_patience=1.0, silent_patience=0.1)


@dataclass
class Scene:
    """One account with the ledger of the loads made into it, and a person at work there."""

    sandbox: SandboxProcess
    client: FreshsalesClient
    ledger: Ledger
    metadata: Metadata
    person: httpx.Client

    # What a load does

    def create(self, module: str, key: str, *, batch: str = BATCH, **flat: Any) -> int:
        """Create a record as a load does: intent, request, read back, identity."""
        endpoint = Module(module).endpoint
        intent = self._sent(Operation.CREATE, module, key, flat, None, batch)
        made = self.client.create(endpoint, to_write(endpoint, flat, lambda *_: None))
        number = int(str(made["id"]))
        self._confirmed(intent, module, key, number, flat, Origin.CREATED, batch)
        return number

    def change(
        self, module: str, key: str, number: int, *, batch: str = BATCH, **flat: Any
    ) -> None:
        """Update a record as a load does, its pre-image taken first."""
        endpoint = Module(module).endpoint
        stood = before(flat, self.flat(endpoint, number))
        intent = self._sent(Operation.UPDATE, module, key, flat, stood, batch)
        self.client.update(endpoint, number, to_write(endpoint, flat, lambda *_: None))
        self._confirmed(intent, module, key, number, flat, Origin.UPDATED, batch)

    def write_note(self, contact_key: str, contact: int, text: str) -> int:
        """Write a note on a contact as a load does."""
        payload: Json = {"description": text, "contact": contact}
        key = f"note:{contact_key}"
        intent = self._sent(Operation.CREATE_NOTE, "notes", key, payload, None, BATCH)
        made = self.client.create_note(
            {
                "description": text,
                "targetable_type": "Contact",
                "targetable_id": contact,
            }
        )
        number = int(str(made["id"]))
        seen: Json = {"id": number, "description": text}
        identity = Identity(
            "notes", key, number, Origin.CREATED, payload, seen, digest(payload), BATCH
        )
        self.ledger.put_identities([identity])
        self._mark(intent, IntentState.CONFIRMED, number)
        return number

    def rewrite_note(
        self, contact_key: str, note: int, text: str, earlier: str, batch: str
    ) -> None:
        """Change a note as a later load does."""
        payload: Json = {"description": text}
        stood: Json = {"description": earlier}
        intent = self._sent(
            Operation.UPDATE, "notes", f"note:{contact_key}", payload, stood, batch
        )
        self.client.update("notes", note, {"description": text})
        self._mark(intent, IntentState.CONFIRMED, note)

    def make_list(self, name: str) -> int:
        """Create a marketing list as a load does."""
        intent = self._sent(
            Operation.CREATE_LIST, "lists", name, {"name": name}, None, BATCH
        )
        number = self.client.create_list(name)
        self._mark(intent, IntentState.CONFIRMED, number)
        return number

    def join(self, name: str, list_id: int, ids: list[int], batch: str = BATCH) -> None:
        """Put contacts on a list as a load does."""
        already = sorted(self.members(list_id) & set(ids))
        payload: Json = {"list": name, "list_id": list_id, "ids": ids}
        intent = self._sent(
            Operation.ADD_MEMBER, "lists", name, payload, {"already": already}, batch
        )
        self.client.add_to_list(list_id, ids)
        members: Json = {"name": name, "members": ids}
        self.ledger.put_identities(
            [Identity("lists", name, list_id, Origin.CREATED, members, members, "", batch)]
        )
        self._mark(intent, IntentState.CONFIRMED, list_id)

    def _sent(  # noqa: PLR0917
        self,
        operation: Operation,
        module: str,
        key: str,
        payload: Json,
        pre_image: Json | None,
        batch: str,
    ) -> int:
        new = NewIntent(
            operation=operation,
            module=module,
            source_key=key,
            payload_digest=digest(payload),
            payload=payload,
            pre_image=pre_image,
            batch=batch,
        )
        (intent,) = self.ledger.plan_intents(f"load-{batch}", [new])
        self._mark(intent.id, IntentState.SENT)
        return intent.id

    def _mark(self, intent: int, state: IntentState, number: int | None = None) -> None:
        self.ledger.mark_intents([IntentChange(intent, state, None, number)])

    def _confirmed(  # noqa: PLR0917
        self,
        intent: int,
        module: str,
        key: str,
        number: int,
        flat: Json,
        origin: Origin,
        batch: str,
    ) -> None:
        seen = self.flat(Module(module).endpoint, number)
        self.ledger.put_identities(
            [Identity(module, key, number, origin, flat, seen, digest(flat), batch)]
        )
        self._mark(intent, IntentState.CONFIRMED, number)

    # What the tests look at

    def flat(self, endpoint: str, number: int) -> Json:
        """A record as it stands."""
        record, side = self.client.record(endpoint, number, INCLUDES[endpoint])
        return flatten(endpoint, record, dict(side))

    def members(self, list_id: int) -> set[int]:
        """Who is on a list."""
        page = self.client.list_members_page(list_id, 1, 100)
        return {int(str(item["id"])) for item in page.records}

    def snapshot(self) -> pl.DataFrame:
        """Everything that stands, without what every write changes."""
        return read_snapshot(self.client, self.metadata, "suite")

    def state(self) -> dict[tuple[str, int], Json]:
        """The snapshot as plain values, without times."""
        return {
            (row["module"], row["freshsales_id"]): {
                key: value
                for key, value in json.loads(row["record"]).items()
                if key != "updated_at"
            }
            for row in self.snapshot().iter_rows(named=True)
        }

    def history(self) -> dict[str, Any]:
        """The sandbox's own counts."""
        counts: dict[str, Any] = httpx.get(self.sandbox.history_url).json()
        return counts

    def writes(self) -> int:
        """Writes the sandbox has seen."""
        return int(self.history()["writes"])

    # Undo, and people

    def plan(self, **selection: Any) -> RollbackPlan:
        """Plan an undo."""
        return plan_rollback(
            self.ledger, self.client, self.metadata, policy=QUICK, **selection
        )

    def undo(self, plan: RollbackPlan, run: str = "undo-1", **more: Any) -> pl.DataFrame:
        """Carry an undo out."""
        return carry_out(
            plan,
            self.ledger,
            self.client,
            self.metadata,
            run=run,
            policy=QUICK,
            **more,
        )

    def person_makes(self, endpoint: str, **values: Any) -> int:
        """A person creates a record."""
        singular = endpoint.removesuffix("s")
        answer = self.person.post(f"/{endpoint}", json={singular: values})
        assert answer.status_code == 200, answer.text
        return int(answer.json()[singular]["id"])

    def person_sets(self, endpoint: str, number: int, **values: Any) -> None:
        """A person edits a record."""
        singular = endpoint.removesuffix("s")
        answer = self.person.put(f"/{endpoint}/{number}", json={singular: values})
        assert answer.status_code == 200, answer.text

    def person_deletes(self, endpoint: str, number: int) -> None:
        """A person deletes a record."""
        assert self.person.delete(f"/{endpoint}/{number}").status_code == 200

    def person_notes(self, target: str, number: int, text: str) -> int:
        """A person writes a note."""
        body = {"description": text, "targetable_type": target, "targetable_id": number}
        return int(self.person.post("/notes", json={"note": body}).json()["note"]["id"])


class Killed(BaseException):
    """The process is gone. Nothing may catch this."""


class Guillotine(httpx.BaseTransport):
    """Real HTTP until it falls: before a request leaves, after a write, or at a commit."""

    def __init__(self, kind: str) -> None:
        self._inner = httpx.HTTPTransport()
        self.kind = kind
        self.left: int | None = None

    def _falls(self) -> bool:
        if self.left is None:
            return False
        self.left -= 1
        return self.left < 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self.kind == "before_request" and self._falls():
            raise Killed
        response = self._inner.handle_request(request)
        if self.kind == "after_write" and request.method != "GET" and self._falls():
            response.read()
            raise Killed
        return response

    def at_commit(self, _connection: object) -> None:
        """Told by the ledger's database just before each commit."""
        if self.kind == "at_commit" and self._falls():
            raise Killed

    def close(self) -> None:
        self._inner.close()


@contextmanager
def staged(
    folder: Path,
    *,
    faults: Faults | None = None,
    transport: Guillotine | None = None,
    **values: Any,
) -> Iterator[Scene]:
    """A fresh account and ledger."""
    quick = Patience(attempts=3, first_wait=0.01, longest_wait=0.02, jitter=0.0)
    settings = {"requests_per_hour": 0, "faults": faults or Faults(), **values}
    with SandboxProcess(**settings) as sandbox:
        url = f"sqlite:///{folder / 'ledger.sqlite'}"
        with (
            Ledger.open(url, Destination(sandbox.base_url)) as ledger,
            FreshsalesClient(
                sandbox.base_url,
                SecretStr(sandbox.api_key),
                budget=Unlimited(),
                timeout=5.0,
                transport=transport,
                patience=quick,
            ) as client,
            httpx.Client(base_url=sandbox.base_url, headers=sandbox.headers) as person,
        ):
            metadata = read_metadata(client, RECORD_ENDPOINTS)
            if transport is not None:
                event.listen(ledger._engine, "commit", transport.at_commit)
            yield Scene(sandbox, client, ledger, metadata, person)


def outcomes(done: pl.DataFrame) -> dict[tuple[str, str], tuple[str, str | None]]:
    """(operation, source key) → (outcome, reason)."""
    return {
        (row["operation"], row["source_key"]): (row["outcome"], row["reason"])
        for row in done.iter_rows(named=True)
    }


def loaded(scene: Scene) -> dict[str, int]:
    """An account, two contacts, a deal, a note and a list, all created by a load."""
    ids = {"acme": scene.create("sales_accounts", "acme", name="Acme Ltd")}
    for name in ("ann", "bob"):
        key = f"{name}@example.com"
        ids[name] = scene.create(
            "contacts", key, email=key, last_name=name.title(), sales_account=ids["acme"]
        )
    ids["deal"] = scene.create(
        "deals",
        "txn:1",
        name="Sale 1",
        amount="12.50",
        sales_account=ids["acme"],
        contact=ids["ann"],
    )
    ids["note"] = scene.write_note("ann@example.com", ids["ann"], "Prefers e-mail.")
    ids["list"] = scene.make_list("Newsletter")
    scene.join("Newsletter", ids["list"], [ids["ann"], ids["bob"]])
    return ids


def spared(rows: pl.DataFrame) -> dict[str, str]:
    """Source key → reason of the rows that are left alone."""
    kept = rows.filter(pl.col("action") == "spare")
    return dict(kept.select("source_key", "reason").iter_rows())
