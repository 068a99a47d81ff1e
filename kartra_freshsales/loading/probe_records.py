"""Records that a probe makes and takes away again, each write under an intent of its own.

An earlier probe that was killed is cleaned up first, from the ledger. Not here: what is
tried on them (``probe``).
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from kartra_freshsales.errors import DestinationError, NotFound, UnknownOutcome
from kartra_freshsales.freshsales.client import FreshsalesClient
from kartra_freshsales.freshsales.metadata import Metadata
from kartra_freshsales.freshsales.records import INCLUDES, Json, flatten, to_write
from kartra_freshsales.freshsales.request_log import carrying
from kartra_freshsales.ledger.records import Intent, IntentChange, NewIntent
from kartra_freshsales.ledger.states import IntentState, Operation
from kartra_freshsales.ledger.store import Ledger
from kartra_freshsales.ledger.text import digest
from kartra_freshsales.loading.pages import id_of, natural_key, newest_first, view_ids
from kartra_freshsales.loading.session import ViewNames

T = TypeVar("T")

PROBE = "probe"
"""The module under which the ledger keeps these writes; no load or rollback takes them."""

SETTLED_BY_LOOKING = "left_no_trace"
_ATTEMPTS = 3
_PAGES = 3
_WAYS_BACK = {
    Operation.CREATE: "Delete the record this creates; the next probe does so, too.",
    Operation.UPDATE: "Delete the record: a probe made it.",
    Operation.DELETE: "None is needed: a probe made the record.",
}


@dataclass(frozen=True, slots=True)
class Made:
    """A record that stands in the account because a probe made it."""

    endpoint: str
    number: int

    def __str__(self) -> str:
        """As a person looks for it."""
        return f"{self.endpoint} {self.number}"


@dataclass
class ProbeRecords:
    """Everything one probe writes. ``made`` are records that still have to go."""

    client: FreshsalesClient
    ledger: Ledger
    metadata: Metadata
    run: str
    views: ViewNames = field(default_factory=dict)
    made: list[Made] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)
    count: int = 0

    def create(self, endpoint: str, flat: Json) -> Made:
        """Create a record; it is remembered before anything else is done.

        Raises:
            Refused, Forbidden, NotFound: the account does not take it.
            UnknownOutcome: nobody said so, and it cannot be found.
        """
        intent = self._plan(Operation.CREATE, endpoint, {"body": flat})
        try:
            with carrying([intent]):
                body = to_write(endpoint, flat, lambda _module, _key: None)
                number = id_of(self.client.create(endpoint, body))
        except UnknownOutcome:
            self._mark(intent, IntentState.UNKNOWN, "no_answer")
            if not self._settle(intent):
                self.doubtful.append(
                    f"{endpoint}: {flat.get('name', flat.get('last_name'))}"
                )
                raise
        except DestinationError as error:
            self._mark(intent, IntentState.FAILED, type(error).__name__)
            raise
        else:
            self._stands(intent, endpoint, number)
        return self.made[-1]

    def change(self, made: Made, flat: Json) -> None:
        """Write some fields of a record.

        Raises:
            Refused, Forbidden, NotFound: the account does not take them.
        """
        body = to_write(made.endpoint, flat, lambda _module, _key: None)
        payload: Json = {"id": made.number, "body": flat}
        self._write(
            Operation.UPDATE,
            made.endpoint,
            payload,
            lambda: self.client.update(made.endpoint, made.number, body),
        )

    def read(self, made: Made) -> Json:
        """The record as it stands, flat, with the includes that show its relations."""
        record, side = self.client.record(
            made.endpoint, made.number, INCLUDES[made.endpoint]
        )
        return flatten(made.endpoint, record, dict[str, object](side))

    def remove_all(self) -> list[Made]:
        """Erase what was made, the last first; answers what could not be erased."""
        left = [made for made in reversed(self.made) if not self._removed(made)]
        self.made = left
        return left

    def sweep(self) -> int:
        """Take up what earlier probes left behind; answers how many records that is."""
        intents = self.ledger.intents(modules=[PROBE])
        gone = {
            int(str(i.payload["id"]))
            for i in intents
            if i.operation is Operation.DELETE
            and i.state is IntentState.CONFIRMED
            and i.payload.get("forget")
        }
        for intent in intents:
            if intent.state is IntentState.PLANNED:
                self._mark(intent, IntentState.FAILED, "never_left")
            elif intent.state in {IntentState.SENT, IntentState.UNKNOWN}:
                self._settle(intent)
            elif (
                intent.operation is Operation.CREATE
                and intent.freshsales_id is not None
                and intent.freshsales_id not in gone
            ):
                endpoint = str(intent.payload["endpoint"])
                self.made.append(Made(endpoint, intent.freshsales_id))
        return len(self.made)

    def _removed(self, made: Made) -> bool:
        """Into the bin, then out of it for good; true once it cannot be read any more."""
        endpoint, number = made.endpoint, made.number
        delete: Json = {"id": number}
        forget: Json = {"id": number, "forget": True}
        try:
            self._again(endpoint, delete, lambda: self.client.delete(endpoint, number))
            self._again(endpoint, forget, lambda: self.client.forget(endpoint, number))
            self.client.record(endpoint, number)
        except NotFound:
            return True
        except DestinationError:
            return False
        return False

    def _again(self, endpoint: str, payload: Json, call: Callable[[], object]) -> None:
        """Deleting twice is as good as once, so an unknown outcome is tried again."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                self._write(Operation.DELETE, endpoint, payload, call)
            except UnknownOutcome:
                if attempt == _ATTEMPTS:
                    raise
            except NotFound:
                return
            else:
                return

    def _write(
        self, operation: Operation, endpoint: str, payload: Json, call: Callable[[], T]
    ) -> T:
        intent = self._plan(operation, endpoint, payload)
        number = int(str(payload["id"]))
        try:
            with carrying([intent]):
                answer = call()
        except UnknownOutcome:
            self._mark(intent, IntentState.UNKNOWN, "no_answer")
            self._mark(intent, IntentState.FAILED, "tried_again_or_read")
            raise
        except NotFound:
            done = operation is Operation.DELETE
            state = IntentState.CONFIRMED if done else IntentState.FAILED
            self._mark(intent, state, "gone_already", number)
            raise
        except DestinationError as error:
            self._mark(intent, IntentState.FAILED, type(error).__name__)
            raise
        self._mark(intent, IntentState.CONFIRMED, None, number)
        return answer

    def _plan(self, operation: Operation, endpoint: str, payload: Json) -> Intent:
        whole: Json = {"endpoint": endpoint, **payload}
        self.count += 1
        [intent] = self.ledger.plan_intents(
            self.run,
            [
                NewIntent(
                    operation,
                    PROBE,
                    f"{endpoint}:{self.count}",
                    digest(whole),
                    whole,
                    way_back=_WAYS_BACK[operation],
                    group=f"{PROBE}:{uuid.uuid4().hex}",
                )
            ],
        )
        self._mark(intent, IntentState.SENT)
        return intent

    def _mark(
        self,
        intent: Intent,
        state: IntentState,
        detail: str | None = None,
        number: int | None = None,
    ) -> None:
        self.ledger.mark_intents([IntentChange(intent.id, state, detail, number)])

    def _stands(self, intent: Intent, endpoint: str, number: int) -> None:
        self.made.append(Made(endpoint, number))
        self._mark(intent, IntentState.CONFIRMED, None, number)

    def _settle(self, intent: Intent) -> bool:
        """Look whether a create came through after all; other writes need no looking."""
        endpoint, body = str(intent.payload["endpoint"]), intent.payload.get("body")
        creates = intent.operation is Operation.CREATE and isinstance(body, dict)
        number = self._found(endpoint, body) if creates and isinstance(body, dict) else None
        if number is None:
            self._mark(intent, IntentState.FAILED, SETTLED_BY_LOOKING)
            return False
        self._stands(intent, endpoint, number)
        return True

    def _found(self, endpoint: str, flat: Json) -> int | None:
        """A record by its name, which only this probe has given, among the newest."""
        wanted = (natural_key(endpoint, flat), flat.get("last_name"))
        for view_id in view_ids(self.metadata, endpoint, self.views).values():
            pages = newest_first(self.client, endpoint, view_id, floor=None)
            for sheet, _ in zip(pages, range(_PAGES), strict=False):
                for record in sheet.records:
                    same_name = flat.get("last_name") == record.get("last_name")
                    key = natural_key(endpoint, record)
                    if (key and key == wanted[0]) or (wanted[1] and same_name):
                        return id_of(record)
        return None
