"""Finding out what became of writes that an earlier run left open.

Comes before anything is sent. Planned intents never left; of the others the destination is
read. Not here: what a load does next (``loader``), undoing (``rollback_settle``).
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta

import polars as pl

from kartra_freshsales.freshsales.modules import CLASSIC, Module
from kartra_freshsales.freshsales.records import Json
from kartra_freshsales.ledger.records import Intent, Job
from kartra_freshsales.ledger.states import (
    IdentityState,
    IntentState,
    JobState,
    Operation,
)
from kartra_freshsales.loading import journal
from kartra_freshsales.loading.items import Item, Known
from kartra_freshsales.loading.jobs import has_ended, status_of
from kartra_freshsales.loading.pages import KEYED, moment
from kartra_freshsales.loading.readback import Sought, look
from kartra_freshsales.loading.results import Results
from kartra_freshsales.loading.session import Session

_RECORDS = frozenset({Operation.CREATE, Operation.UPDATE})


def never_left(session: Session, intents: Iterable[Intent]) -> list[Intent]:
    """Close planned intents, since ``sent`` is noted first; answers the others."""
    open_ones = list(intents)
    planned = [i for i in open_ones if i.state is IntentState.PLANNED]
    journal.mark(session, planned, IntentState.FAILED, "never_left")
    return [i for i in open_ones if i.state is not IntentState.PLANNED]


def settle_records(session: Session, module: str) -> frozenset[str]:
    """Settle creates and updates of a module.

    Returns:
        Source keys that must not be sent yet, because their bulk job is still running.
    """
    left = never_left(session, _ours(session.ledger.left_open([module])))
    erased = [i for i in left if i.operation is Operation.DELETE]
    # Erasing is done again where it is still needed; twice is as good as once.
    journal.mark(session, erased, IntentState.FAILED, "tried_again")
    left = [i for i in left if i.operation is not Operation.DELETE]
    if not left:
        return frozenset()
    return _Settlement(session, module, left).conclude()


def _ours(intents: Iterable[Intent]) -> Iterable[Intent]:
    """Writes of a load; those of a rollback name what they undo."""
    return (
        i
        for i in intents
        if i.operation in _RECORDS
        or (i.operation is Operation.DELETE and "undoes" not in i.payload)
    )


class _Settlement:
    """Open writes of one module, fewer with every look."""

    def __init__(self, session: Session, module: str, intents: Sequence[Intent]) -> None:
        self.session = session
        self.module = module
        self.endpoint = session.endpoint(module)
        self.open = {intent.id: intent for intent in intents}
        keys = {intent.source_key for intent in intents}
        self.known = Known.read(session.ledger, module, keys)
        self.floor = session.policy.before(min(i.planned_at for i in intents))

    def conclude(self) -> frozenset[str]:
        """Follow the jobs, read, and decide about each write."""
        jobs = {job.group: job for job in self.session.ledger.left_jobs(self.module)}
        running = {job.group for job in jobs.values() if not self._ended(job)}
        self._look()
        self._give_time(jobs.keys())
        held = [i for i in self.open.values() if self._risky(i) and self._runs(i, running)]
        gone = [i for i in self.open.values() if i not in held]
        journal.mark(self.session, gone, IntentState.FAILED, journal.NO_TRACE)
        sent = [i for i in held if i.state is IntentState.SENT]
        journal.mark(self.session, sent, IntentState.UNKNOWN, "job_stuck")
        groups = {intent.group for intent in held}
        for job in jobs.values():
            if job.group not in groups:
                state = JobState.GIVEN_UP if job.group in running else JobState.DONE
                self.session.ledger.close_job(job.job_id, state)
        return frozenset(intent.source_key for intent in held)

    def _ended(self, job: Job) -> bool:
        """Poll a job to its end, or until nothing of it is owed any more."""
        policy = self.session.policy
        started, next_look = policy.clock(), policy.early_look
        for _ in policy.tries(policy.job_patience):
            if not any(i.group == job.group for i in self.open.values()):
                return True
            if has_ended(status_of(self.session, job.job_id)):
                return True
            if policy.clock() - started >= next_look:
                next_look *= 2
                self._look()
        return False

    def _look(self) -> None:
        """Read since the first open write and confirm what is there."""
        newest = {i.source_key: i for i in self.open.values()}
        sought = Sought.of(self.endpoint, newest.values())
        found = look(self.session, self.endpoint, sought, self.floor).found
        seen = [
            (newest[key], record)
            for key, record in found.items()
            if journal.carried_out(newest[key], record)
        ]
        if not seen:
            return
        journal.confirm(self.session, seen, self.known, self.floor)
        for intent, _ in seen:
            del self.open[intent.id]

    def _give_time(self, followed: Collection[str]) -> None:
        """A group that was on its way when the run ended may still arrive."""
        policy = self.session.policy

        def doubtful() -> list[Intent]:
            created = (i for i in self.open.values() if i.operation is Operation.CREATE)
            return [intent for intent in created if intent.group not in followed]

        if not doubtful():
            return
        age = policy.now() - max(intent.changed_at for intent in doubtful())
        for _ in policy.tries(max(0.0, policy.silent_patience - age.total_seconds())):
            self._look()
            if not doubtful():
                return

    def _risky(self, intent: Intent) -> bool:
        return self.endpoint not in KEYED and intent.operation is Operation.CREATE

    def _runs(self, intent: Intent, running: set[str]) -> bool:
        lifetime = timedelta(seconds=self.session.policy.job_lifetime)
        young = self.session.policy.now() - intent.planned_at < lifetime
        return intent.group in running and young


def retire_converted(
    session: Session, plan: pl.DataFrame, snapshot: pl.DataFrame | None
) -> None:
    """Leads of ours that people converted stand no longer: they are contacts now.

    Args:
        session: the load; only Classic converts leads.
        plan: rows of contacts.
        snapshot: the destination as the plan was made on.
    """
    if session.edition != CLASSIC or snapshot is None:
        return
    leads = str(Module.LEADS)
    there = set(snapshot.filter(pl.col("module") == leads)["freshsales_id"])
    ours = session.ledger.identity_ids([leads])
    going = plan.filter(pl.col("operation") != "refuse")["source_key"]
    keys = [(leads, key) for key in going]
    gone = [key for key in keys if key in ours and ours[key] not in there]
    session.ledger.mark_identities(gone, IdentityState.LOST)


def late_arrivals(
    session: Session, module: str, items: Sequence[Item], known: Known, results: Results
) -> list[Item]:
    """Creates that left no trace may have arrived after all: look before sending.

    However long ago they were sent: somebody may start again after days.

    Returns:
        The items that are still to be sent.
    """
    endpoint, lost = session.endpoint(module), without_trace(session, module)
    doubtful = {i.source_key: i for i in items if i.creates and i.source_key in lost}
    if not doubtful:
        return list(items)
    first = min(lost[key][0].planned_at for key in doubtful)
    last = [lost[key][-1] for key in doubtful]
    floor = session.policy.before(first)
    found = look(session, endpoint, Sought.of(endpoint, last), floor).found
    came = [
        (doubtful[key], record)
        for key, record in found.items()
        if _made_by(session, lost[key], record)
    ]
    for item, record in came:
        item.sent = lost[item.source_key][-1].payload
        results.settle(
            item,
            "created",
            freshsales_id=int(str(record["id"])),
            written=item.sent,
            seen=record,
        )
    if came:
        journal.claim(session, came, known)
    arrived = {item.source_key for item, _ in came}
    return [item for item in items if item.source_key not in arrived]


def without_trace(
    session: Session, module: str, operation: Operation = Operation.CREATE
) -> dict[str, list[Intent]]:
    """Creates that left no trace, by source key; not where one was refused since."""
    found: dict[str, list[Intent]] = {}
    for intent in session.ledger.intents(modules=[module], states={IntentState.FAILED}):
        if intent.operation is not operation or not intent.payload:
            continue
        if intent.detail == journal.NO_TRACE:
            found.setdefault(intent.source_key, []).append(intent)
        else:
            found.pop(intent.source_key, None)
    return found


def _made_by(session: Session, tries: Sequence[Intent], record: Json) -> bool:
    """Whether a record came into being while one of these creates could make it."""
    policy, at = session.policy, moment(record.get("created_at"))
    if at is None:
        return True
    latest = timedelta(seconds=policy.job_lifetime + policy.skew)
    return any(policy.before(i.planned_at) <= at <= i.changed_at + latest for i in tries)
