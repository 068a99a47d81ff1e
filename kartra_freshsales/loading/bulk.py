"""Sending records in groups: write down, send, wait for the jobs, read back, conclude.

Groups are sent in waves; their jobs are followed late and together. A record that left no
trace goes again in a smaller group, and at last alone (``singly``), where the destination
says what is wrong with it. Nothing is sent twice before it was looked for.
"""

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto

from kartra_freshsales.errors import DestinationError, Refused, UnknownOutcome
from kartra_freshsales.freshsales.records import Json
from kartra_freshsales.freshsales.request_log import carrying
from kartra_freshsales.ledger.records import Intent, Job
from kartra_freshsales.ledger.states import IntentState, JobState
from kartra_freshsales.loading import journal
from kartra_freshsales.loading.checks import Filling
from kartra_freshsales.loading.groups import Group, form_groups
from kartra_freshsales.loading.items import Item, Known
from kartra_freshsales.loading.jobs import has_ended, hinted_rows, status_of
from kartra_freshsales.loading.pages import KEYED
from kartra_freshsales.loading.readback import Sought, look
from kartra_freshsales.loading.results import Results
from kartra_freshsales.loading.session import Session

STUCK = (
    "Freshsales has not finished the bulk job; a deal sent again could stand there twice. "
    "Start the load again later: it looks first."
)
NO_ANSWER = "Freshsales gave no answer several times: start the load again later."


class Fate(Enum):
    """How a bulk call ended."""

    ACCEPTED = auto()
    REFUSED = auto()
    UNKNOWN = auto()


@dataclass
class Sending:
    """A group on its way. ``waiting`` are records not yet seen, by source key."""

    group: Group
    fate: Fate
    waiting: dict[str, tuple[Item, Intent]]
    job_id: str | None = None
    answered: bool = True
    ended: bool = False
    hinted: set[str] = field(default_factory=set)

    def end(self, hinted_rows: Iterable[int]) -> None:
        """The job has ended; some rows it says it refused."""
        items = self.group.items
        self.ended = True
        self.hinted = {items[at].source_key for at in hinted_rows if 0 <= at < len(items)}


@dataclass
class Delivery:
    """Delivers records of one module to one endpoint.

    ``mark`` is when anything last changed before the load; ``floor`` moves on with every
    look, since what is still missing can only appear later than that.
    """

    session: Session
    endpoint: str
    module: str
    results: Results
    known: Known
    filling: Filling
    mark: datetime | None
    floor: datetime | None = None
    sendings: list[Sending] = field(default_factory=list)
    lone: list[Item] = field(default_factory=list)

    def deliver(self, items: Sequence[Item]) -> list[Item]:
        """Send records in waves; answers those that have to go one by one."""
        self.floor = self._slackened(self.mark)
        size = self.session.group_size * self.session.policy.wave
        for start in range(0, len(items), size):
            wave = items[start : start + size]
            self.filling.fill(wave)
            groups = form_groups(self.endpoint, wave, self.session.group_size)
            while groups:
                self.sendings, unsent = self._send(groups)
                self._follow()
                groups = unsent + [g for s in self.sendings for g in self._again(s)]
            self.sendings = []
            alone = {item.at for item in self.lone}
            self.filling.empty(item for item in wave if item.at not in alone)
        return self.lone

    # Sending

    def _send(self, groups: Sequence[Group]) -> tuple[list[Sending], list[Group]]:
        """Send groups one after another; stop early if nobody answers any more."""
        sendings: list[Sending] = []
        for at, group in enumerate(groups):
            sendings.append(self._send_group(group))
            last = sendings[-self.session.policy.misses :]
            silent = all(sending.fate is Fate.UNKNOWN for sending in last)
            if silent and len(last) == self.session.policy.misses:
                return sendings, list(groups[at + 1 :])
        return sendings, []

    def _send_group(self, group: Group) -> Sending:
        name = uuid.uuid4().hex
        intents = journal.send_off(self.session, group.items, name)
        both = zip(group.items, intents, strict=True)
        pairs = {item.source_key: (item, intent) for item, intent in both}
        sending = Sending(group, Fate.ACCEPTED, pairs)
        try:
            with carrying(intents):
                sending.job_id = self.session.client.bulk_upsert(self.endpoint, group.rows)
        except Refused:
            journal.mark(self.session, intents, IntentState.FAILED, "group_refused")
            sending.fate = Fate.REFUSED
        except UnknownOutcome as error:
            journal.mark(self.session, intents, IntentState.UNKNOWN, "no_answer")
            sending.fate, sending.answered = Fate.UNKNOWN, error.status is not None
        except DestinationError:
            journal.mark(self.session, intents, IntentState.FAILED, "not_carried_out")
            raise
        else:
            run = self.session.run
            self.session.ledger.put_job(Job(sending.job_id, name, self.module, run))
        return sending

    # Waiting and reading back

    def _follow(self) -> None:
        """Wait for the last job, read back; then for others that owe us records."""
        accepted = [s for s in self.sendings if s.fate is Fate.ACCEPTED]
        if accepted:
            self._poll(accepted[-1])
        self._read_back()
        owing = [s for s in accepted if s.waiting and not s.ended]
        for sending in owing:
            if sending is not accepted[-1]:
                self._poll(sending)
        if owing:
            self._read_back()
        for sending in self.sendings:
            self._give_time(sending)
        over = [s.job_id for s in accepted if s.ended or not s.waiting]
        self.session.ledger.close_jobs([str(job_id) for job_id in over], JobState.DONE)

    def _poll(self, sending: Sending) -> None:
        """Follow a job to its end, or until everything it owes is there."""
        policy = self.session.policy
        started, next_look = policy.clock(), policy.early_look
        for _ in policy.tries(policy.job_patience):
            status = status_of(self.session, str(sending.job_id))
            if has_ended(status):
                sending.end(hinted_rows(status))
                return
            if policy.clock() - started >= next_look:
                next_look *= 2
                self._read_back()
            if not sending.waiting:
                return

    def _give_time(self, sending: Sending) -> None:
        """Where a second try could make a second record, give the first one time."""
        policy = self.session.policy
        patience = {
            Fate.REFUSED: 0.0,
            Fate.ACCEPTED: policy.view_lag if sending.ended else 0.0,
            Fate.UNKNOWN: policy.answered_patience
            if sending.answered
            else policy.silent_patience,
        }[sending.fate]
        open_keys = sending.waiting.keys() - sending.hinted
        if not patience or not open_keys or not self._risky(sending):
            return
        for _ in policy.tries(patience):
            self._read_back()
            if not sending.waiting:
                return

    def _read_back(self) -> None:
        """Look for everything that is still owed, and confirm what is there.

        Always for all groups at once: the floor may only move on past what nobody seeks.
        """
        owing = {
            key: sending
            for sending in self.sendings
            if sending.fate is not Fate.REFUSED
            for key in sending.waiting
        }
        pairs = {key: sending.waiting[key] for key, sending in owing.items()}
        sought = Sought.of(self.endpoint, (intent for _, intent in pairs.values()))
        sighting = look(self.session, self.endpoint, sought, self.floor)
        if sighting.newest is not None:
            self.floor = self._slackened(sighting.newest)
        seen = [
            (*pairs[key], record)
            for key, record in sighting.found.items()
            if journal.carried_out(pairs[key][1], record)
        ]
        size = self.session.group_size
        for start in range(0, len(seen), size):
            self.confirm(seen[start : start + size])
        for item, _, _ in seen:
            del owing[item.source_key].waiting[item.source_key]

    def confirm(self, seen: Sequence[tuple[Item, Intent, Json]]) -> None:
        """Close intents of records that were seen, and report them."""
        closed = [(intent, record | item.theirs) for item, intent, record in seen]
        existed = journal.confirm(self.session, closed, self.known, self.mark)
        self._report(seen, existed)

    def _report(
        self, seen: Sequence[tuple[Item, Intent, Json]], existed: Collection[str]
    ) -> None:
        for item, _, record in seen:
            stood = item.source_key in existed
            self.results.settle(
                item,
                "updated" if stood or not item.creates else "created",
                freshsales_id=int(str(record["id"])),
                reason=journal.EXISTED if stood else item.remark or item.reason,
                written=item.sent,
                seen=record,
            )
        self.results.tell()

    def _slackened(self, at: datetime | None) -> datetime | None:
        return at and at - timedelta(seconds=self.session.policy.slack)

    # Concluding

    def _risky(self, sending: Sending) -> bool:
        """Whether a record sent twice could stand there twice."""
        return self.endpoint not in KEYED and any(
            item.creates for item, _ in sending.waiting.values()
        )

    def _again(self, sending: Sending) -> list[Group]:
        """What to send again of a group, after everything that arrived was confirmed."""
        if not sending.waiting:
            return []
        waiting = sending.waiting
        if sending.fate is Fate.REFUSED:
            return self._split(sending.group)
        if sending.fate is Fate.ACCEPTED and not sending.ended:
            waiting = self._stuck(sending)
        intents = [intent for _, intent in waiting.values()]
        journal.mark(self.session, intents, IntentState.FAILED, journal.NO_TRACE)
        rest = self._part(sending.group, waiting)
        for item in rest.items:
            item.attempts += 1
        if sending.fate is Fate.UNKNOWN:
            return self._once_more(rest)
        return self._narrowed(rest, sending)

    def _stuck(self, sending: Sending) -> dict[str, tuple[Item, Intent]]:
        """The job never ended. Deals stay open; what has a key may go one by one."""
        hold = {
            key: pair
            for key, pair in sending.waiting.items()
            if pair[0].creates and self.endpoint not in KEYED
        }
        held = [intent for _, intent in hold.values()]
        journal.mark(self.session, held, IntentState.UNKNOWN, "job_stuck")
        for item, _ in hold.values():
            self.results.settle(item, "failed", reason="job_stuck", remedy=STUCK)
        if not hold:
            self.session.ledger.close_job(str(sending.job_id), JobState.GIVEN_UP)
        return {key: pair for key, pair in sending.waiting.items() if key not in hold}

    def _split(self, group: Group) -> list[Group]:
        """A refused group holds something the destination will not even look at."""
        if len(group.items) == 1:
            self.lone += group.items
            return []
        return group.halves()

    def _once_more(self, rest: Group) -> list[Group]:
        """No answer and no trace: the whole group goes again, a few times."""
        if rest.items and rest.items[0].attempts < self.session.policy.attempts:
            return [rest]
        for item in rest.items:
            self.results.settle(item, "failed", reason="no_answer", remedy=NO_ANSWER)
        return []

    def _narrowed(self, rest: Group, sending: Sending) -> list[Group]:
        """Lost rows go again in halves; refused and twice lost ones go alone."""
        poison = {
            item.source_key
            for item in rest.items
            if item.attempts > 1 or item.source_key in sending.hinted or not sending.ended
        }
        self.lone += [item for item in rest.items if item.source_key in poison]
        lost = [item for item in rest.items if item.source_key not in poison]
        if len(lost) <= self.session.policy.few:
            self.lone += lost
            return []
        return self._part(sending.group, [item.source_key for item in lost]).halves()

    @staticmethod
    def _part(group: Group, keys: Iterable[str]) -> Group:
        wanted = set(keys)
        kept = [
            (item, row)
            for item, row in zip(group.items, group.rows, strict=True)
            if item.source_key in wanted
        ]
        return Group([item for item, _ in kept], [row for _, row in kept])
