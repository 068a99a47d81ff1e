"""Sending the undo: intents committed first, then the request, then what the answer says.

Only sending. Whether a write took effect is read afterwards (``rollback_settle``), which
records are meant is decided before (``rollback_judge``).
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from kartra_freshsales.errors import (
    Forbidden,
    NotFound,
    Refused,
    Unauthorised,
    UnknownOutcome,
)
from kartra_freshsales.freshsales.client import FreshsalesClient
from kartra_freshsales.freshsales.modules import RECORD_ENDPOINTS
from kartra_freshsales.freshsales.records import bulk_row, to_write
from kartra_freshsales.freshsales.request_log import carrying
from kartra_freshsales.ledger.records import Intent, IntentChange, Job, Json, NewIntent
from kartra_freshsales.ledger.states import IntentState, JobState, Operation
from kartra_freshsales.ledger.store import Ledger
from kartra_freshsales.ledger.text import digest
from kartra_freshsales.loading.jobs import has_ended
from kartra_freshsales.loading.policy import Policy
from kartra_freshsales.loading.rollback_model import UNDO_GROUP

T = TypeVar("T")

GROUP = 100
"""Records, or list members, in one request."""

_FROM_BIN = "Restore it from the recycle bin within 90 days."
_NO_WAY_BACK = "None: the record is erased. Its last state is the pre-image."
_WRITE_AGAIN = "Write the pre-image's values again."
_ADD_AGAIN = "Add the members to the list again."


@dataclass(frozen=True)
class Target:
    """One thing an undo acts on: which, what stands there now, what it takes back.

    ``restore`` are values to write; ``where`` says what a note hangs on, and which other
    identities (``with``: module, source key, id) end with the record; ``stays`` that other
    loads of ours still hold it afterwards.
    """

    module: str
    source_key: str
    freshsales_id: int
    batch: str
    undoes: tuple[int, ...] = ()
    now: Json = field(default_factory=dict)
    restore: Json = field(default_factory=dict)
    where: Json = field(default_factory=dict)
    stays: bool = False


@dataclass
class Sender:
    """Sends groups of undo writes for one run and follows the jobs they start.

    ``bulk`` are endpoints that take many records in one call.
    """

    ledger: Ledger
    client: FreshsalesClient
    run: str
    policy: Policy = field(default_factory=Policy)
    bulk: Collection[str] = RECORD_ENDPOINTS
    jobs: list[str] = field(default_factory=list)
    _groups: int = 0

    def destroy(self, endpoint: str, targets: Sequence[Target], *, hard: bool) -> None:
        """Delete up to a group of records: into the bin, or for good one by one."""
        new = [_deletion(target, hard=hard) for target in targets]
        if hard:
            self._singles(new, lambda i: self.client.forget(endpoint, _number(i)), endpoint)
        else:
            ids = [target.freshsales_id for target in targets]
            self._together(new, lambda: self.client.bulk_destroy(endpoint, ids), endpoint)

    def destroy_singly(self, endpoint: str, targets: Sequence[Target]) -> None:
        """Delete records one by one: one that cannot go does not hold up the others."""
        new = [_deletion(target, hard=False) for target in targets]
        self._singles(new, lambda i: self.client.delete(endpoint, _number(i)), endpoint)

    def restore(self, endpoint: str, targets: Sequence[Target]) -> None:
        """Write back the values of up to a group of records: in one bulk job, or each."""
        new = [_restoration(target) for target in targets]
        if endpoint not in self.bulk:
            self._restore_each(endpoint, targets, new)
            return
        rows = [
            bulk_row(endpoint, body_of(endpoint, t.restore, t.now), t.freshsales_id)
            for t in targets
        ]
        job: list[str] = []
        sent = self._together(
            new, lambda: job.append(self.client.bulk_upsert(endpoint, rows)), endpoint
        )
        for job_id in job:
            self.ledger.put_job(Job(job_id, sent[0].group, endpoint, self.run))
            self.jobs.append(job_id)

    def _restore_each(
        self, endpoint: str, targets: Sequence[Target], new: Sequence[NewIntent]
    ) -> None:
        bodies = {t.freshsales_id: body_of(endpoint, t.restore, t.now) for t in targets}

        def write(intent: Intent) -> None:
            self.client.update(endpoint, _number(intent), bodies[_number(intent)])

        self._singles(new, write, endpoint)

    def restore_singly(self, endpoint: str, targets: Sequence[Target]) -> None:
        """Write back field by field, so that one refused value holds up no other."""
        new = [
            _restoration(target, {key: value})
            for target in targets
            for key, value in target.restore.items()
        ]
        standing = {target.freshsales_id: target.now for target in targets}

        def write(intent: Intent) -> None:
            number, fields = _number(intent), intent.payload["fields"]
            values: Json = fields if isinstance(fields, dict) else {}
            body = body_of(endpoint, values, standing[number])
            self.client.update(endpoint, number, body)

        for some in in_groups(new):
            self._singles(some, write, endpoint)

    def delete_notes(self, targets: Sequence[Target]) -> None:
        """Delete notes; there is no bulk call for them."""
        new = [_deletion(target, hard=True) for target in targets]
        self._singles(new, lambda i: self.client.delete_note(_number(i)), "notes")

    def delete_activities(self, targets: Sequence[Target]) -> None:
        """Delete activities; there is no bulk call for them."""
        new = [_deletion(target, hard=True) for target in targets]

        def delete(intent: Intent) -> None:
            self.client.delete_activity(str(intent.payload["route"]), _number(intent))

        self._singles(new, delete, "activities")

    def rewrite_notes(self, targets: Sequence[Target]) -> None:
        """Write back the earlier text of notes."""
        new = [_restoration(target) for target in targets]

        def write(intent: Intent) -> None:
            fields = intent.payload["fields"]
            body: Json = dict(fields) if isinstance(fields, dict) else {}
            self.client.update("notes", _number(intent), body)

        self._singles(new, write, "notes")

    def remove_members(self, target: Target, ids: Sequence[int]) -> None:
        """Take up to a group of contacts off a list."""
        new = [_removal(target, ids, ())]
        number = target.freshsales_id
        self._together(
            new, lambda: self.client.remove_from_list(number, list(ids)), "lists"
        )

    def note_list_as_done(self, target: Target) -> None:
        """Say in the ledger that a list's writes are taken back; nothing is to be sent."""
        intents = self._planned([_removal(target, (), target.undoes)], "done")
        self._mark(intents, IntentState.SENT)
        self._mark(intents, IntentState.CONFIRMED, "nothing was left to send")

    def announce(self, targets: Sequence[Target]) -> None:
        """The same for records: nothing is to be sent, and reading will confirm it."""
        for some in in_groups([_restoration(replace(t, restore={})) for t in targets]):
            self._mark(self._planned(some, "done"), IntentState.SENT)

    def wait_for_jobs(self) -> None:
        """Poll the jobs started so far, together and ever later, up to a limit."""
        if not self.jobs:
            return
        self.policy.sleep(self.policy.first_poll)
        for _ in self.policy.tries(self.policy.job_patience):
            for job_id in [j for j in self.jobs if self._ended(j)]:
                self.ledger.close_job(job_id, JobState.DONE)
                self.jobs.remove(job_id)
            if not self.jobs:
                return
        for job_id in self.jobs:  # reading tells what it did
            self.ledger.close_job(job_id, JobState.GIVEN_UP)
        self.jobs.clear()

    def _ended(self, job_id: str) -> bool:
        try:
            return has_ended(self.client.job_status(job_id))
        except NotFound:  # a job that is not known any more has ended
            return True

    # One request, or one each, for intents committed together

    def _planned(self, new: Sequence[NewIntent], kind: str) -> list[Intent]:
        self._groups += 1
        group = f"{UNDO_GROUP}{self.run}:{kind}:{self._groups}"
        return self.ledger.plan_intents(
            self.run, [replace(item, group=group) for item in new]
        )

    def _mark(
        self, intents: Iterable[Intent], state: IntentState, detail: str | None = None
    ) -> None:
        self.ledger.mark_intents([IntentChange(i.id, state, detail) for i in intents])

    def _together(
        self, new: Sequence[NewIntent], request: Callable[[], object], kind: str
    ) -> list[Intent]:
        intents = self._planned(new, kind)
        self._mark(intents, IntentState.SENT)
        try:
            with carrying(intents):
                request()
        except UnknownOutcome:
            self._mark(intents, IntentState.UNKNOWN, "no answer")
        except (Refused, NotFound) as error:
            self._mark(intents, IntentState.FAILED, _word(error))
        except (Unauthorised, Forbidden) as error:
            self._mark(intents, IntentState.FAILED, _word(error))
            raise
        return intents

    def _singles(
        self, new: Sequence[NewIntent], request: Callable[[Intent], object], kind: str
    ) -> None:
        """One request each; an intent that was not reached is settled by reading."""
        intents = self._planned(new, kind)
        self._mark(intents, IntentState.SENT)
        for intent in intents:
            try:
                with carrying([intent]):
                    request(intent)
            except UnknownOutcome:
                self._mark([intent], IntentState.UNKNOWN, "no answer")
            except NotFound:
                continue  # gone already, which reading will confirm
            except Refused as error:
                self._mark([intent], IntentState.FAILED, _word(error))


def body_of(endpoint: str, fields: Mapping[str, object], now: Json) -> Json:
    """The body that writes back ``fields``; a deal's links as additions and removals."""
    plain = {key: value for key, value in fields.items() if key != "contact_ids"}
    body = to_write(endpoint, plain, lambda _module, _key: None)
    if "contact_ids" in fields:
        wanted, standing = _ids(fields["contact_ids"]), _ids(now.get("contact_ids"))
        body["contacts_added_list"] = [i for i in wanted if i not in standing]
        body["contacts_removed_list"] = [i for i in standing if i not in wanted]
    return body


def _ids(value: object) -> list[int]:
    return [int(str(item)) for item in value] if isinstance(value, list) else []


def in_groups(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """Slices as large as one request may be."""
    for start in range(0, len(items), GROUP):
        yield items[start : start + GROUP]


def _word(error: Exception) -> str:
    return type(error).__name__.casefold()


def _number(intent: Intent) -> int:
    return int(str(intent.payload.get("id") or intent.payload.get("list_id") or 0))


# Intents


def _intent(
    operation: Operation, target: Target, payload: Json, before: Json | None, back: str
) -> NewIntent:
    return NewIntent(
        operation=operation,
        module=target.module,
        source_key=target.source_key,
        payload_digest=digest(payload),
        payload=payload,
        pre_image=before,
        way_back=back,
        batch=target.batch,
    )


def _deletion(target: Target, *, hard: bool) -> NewIntent:
    payload: Json = {
        "id": target.freshsales_id,
        "undoes": list(target.undoes),
        "stays": target.stays,
        **target.where,
    }
    back = _NO_WAY_BACK if hard else _FROM_BIN
    return _intent(Operation.DELETE, target, payload, target.now, back)


def _restoration(target: Target, fields: Json | None = None) -> NewIntent:
    """Part of a record's fields takes back nothing yet: only the whole does."""
    chosen = target.restore if fields is None else fields
    payload: Json = {
        "id": target.freshsales_id,
        "fields": chosen,
        "undoes": list(target.undoes) if fields is None else [],
        "stays": target.stays,
        **target.where,
    }
    before: Json = {key: target.now.get(key) for key in chosen}
    return _intent(Operation.RESTORE, target, payload, before, _WRITE_AGAIN)


def _removal(target: Target, ids: Sequence[int], undoes: Sequence[int]) -> NewIntent:
    payload: Json = {
        "list_id": target.freshsales_id,
        "list": target.source_key,
        "ids": list(ids),
        "undoes": list(undoes),
    }
    return _intent(
        Operation.REMOVE_MEMBER, target, payload, {"members": list(ids)}, _ADD_AGAIN
    )
