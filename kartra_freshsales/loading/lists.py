"""Loading marketing lists: made where they are missing, then their members, in groups.

A list cannot be deleted, and only those who were not on it before us may ever be taken
off it again. Members already there are not sent. Not here: contacts (``bulk``).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from kartra_freshsales.errors import DestinationError, Forbidden, NotFound, Refused
from kartra_freshsales.errors import UnknownOutcome as Unknown
from kartra_freshsales.freshsales.modules import Module
from kartra_freshsales.freshsales.records import Json
from kartra_freshsales.freshsales.request_log import carrying
from kartra_freshsales.ledger.records import Identity, Intent, IntentChange
from kartra_freshsales.ledger.states import IntentState, Operation, Origin
from kartra_freshsales.loading import journal
from kartra_freshsales.loading.bulk import NO_ANSWER
from kartra_freshsales.loading.items import Item, Known, items_of
from kartra_freshsales.loading.results import Results
from kartra_freshsales.loading.session import Session
from kartra_freshsales.loading.settle import never_left
from kartra_freshsales.loading.words import Verdict, verdict_of

LISTS = str(Module.LISTS)
_OURS = frozenset({Operation.CREATE_LIST, Operation.ADD_MEMBER})
_NOT_ALL = "Some members are not in Freshsales: see the rows of those contacts."

Ids = Mapping[tuple[str, str], int]
Members = dict[str, int]
"""Contact key → Freshsales id."""


@dataclass
class MarketingList:
    """A list of the account: its id, whether we made it, and whom we put on it."""

    name: str
    list_id: int
    origin: Origin
    members: Members = field(default_factory=dict)

    @classmethod
    def known(cls, known: Known, name: str) -> "MarketingList | None":
        """A list as the ledger remembers it."""
        own = known.live(name)
        if own is None:
            return None
        keys, ids = own.written.get("members"), own.seen.get("members")
        pairs = zip(_listed(keys), _listed(ids), strict=False)
        members = {str(key): int(str(number)) for key, number in pairs}
        return cls(name, own.freshsales_id, own.origin, members)

    def identity(self, batch: str, digest: str = "") -> Identity:
        """What the ledger keeps: members by contact key as written, by id as seen."""
        return Identity(
            module=LISTS,
            source_key=self.name,
            freshsales_id=self.list_id,
            origin=self.origin,
            written={"name": self.name, "members": list(self.members)},
            seen={"name": self.name, "members": list(self.members.values())},
            payload_hash=digest,
            batch=batch,
        )


class _NotDone(Exception):
    """A call about a list did not succeed, and why."""

    def __init__(self, outcome: str, verdict: Verdict) -> None:
        super().__init__(verdict.reason)
        self.outcome = outcome
        self.verdict = verdict


def load_lists(session: Session, results: Results, ids: Ids) -> None:
    """Load the lists of a plan; ``ids`` are those of every contact that stands there."""
    settle_lists(session)
    desk = _Desk(session, results, ids)
    for item in items_of(results.plan):
        desk.deliver(item)
        results.tell()


@dataclass
class _Desk:
    """Brings lists into being, one after another."""

    session: Session
    results: Results
    ids: Ids
    names: dict[str, int] | None = None

    def deliver(self, item: Item) -> None:
        """Make one list hold its members."""
        known = Known.read(self.session.ledger, LISTS, [item.source_key])
        standing = MarketingList.known(known, item.source_key)
        wanted, missing = self._wanted(item)
        if item.operation in {"refuse", "conflict"}:
            outcome = "refused" if item.operation == "refuse" else "conflict"
            self.results.settle(item, outcome, reason=item.reason, remedy=item.remedy)
            return
        done = standing is not None and _holds(standing, wanted)
        if standing is not None and (done or item.operation == "skip"):
            self._report(item, "skipped", standing, wanted, missing)
            return
        try:
            self._bring_about(item, standing, wanted, missing)
        except _NotDone as error:
            self.results.settle(
                item,
                error.outcome,
                reason=error.verdict.reason,
                remedy=error.verdict.remedy,
            )

    def _wanted(self, item: Item) -> tuple[Members, int]:
        """Members that stand there, and how many do not."""
        keys = [str(key) for key in _listed(item.record.get("members"))]
        found: Members = {}
        for key in keys:
            number = self.ids.get((str(Module.CONTACTS), key)) or self.ids.get(
                (str(Module.LEADS), key)
            )
            if number is not None:
                found[key] = number
        return found, len(set(keys)) - len(found)

    def _bring_about(
        self, item: Item, standing: MarketingList | None, wanted: Members, missing: int
    ) -> None:
        new = standing is None
        target = standing or self._find_or_make(item)
        to_add = {k: n for k, n in wanted.items() if target.members.get(k) != n}
        if target.origin is not Origin.CREATED and to_add:
            there = members_of(self.session, target.list_id)
            already = {k: n for k, n in to_add.items() if n in there}
            self._remember(target, already)
            to_add = {k: n for k, n in to_add.items() if k not in already}
        keys = list(to_add)
        for start in range(0, len(keys), self.session.list_group_size):
            group = keys[start : start + self.session.list_group_size]
            self._add(target, {key: to_add[key] for key in group})
        self._remember(target, {}, item.digest)
        present = members_of(self.session, target.list_id, set(wanted.values()))
        outcome = "created" if new and target.origin is Origin.CREATED else "updated"
        self._report(item, outcome, target, wanted, missing, present=present)

    def _find_or_make(self, item: Item) -> MarketingList:
        """A list of this name that stands there, else a new one."""
        name = str(item.record.get("name") or item.source_key)
        found = self._by_name(name)
        if found is None:
            return self._make(item, name)
        was = Known.read(self.session.ledger, LISTS, [item.source_key])
        earlier = was.get(item.source_key)
        ours = earlier is not None and earlier.freshsales_id == found
        origin = earlier.origin if earlier is not None and ours else Origin.ADOPTED
        target = MarketingList(item.source_key, found, origin)
        self._remember(target, {})
        return target

    def _by_name(self, name: str) -> int | None:
        if self.names is None:
            self.names = list_names(self.session)
        return self.names.get(name.strip().casefold())

    def _make(self, item: Item, name: str) -> MarketingList:
        for _ in range(self.session.policy.attempts):
            intent = self._plan(Operation.CREATE_LIST, item.source_key, {"name": name})
            number = self._called(
                intent,
                lambda: self.session.client.create_list(name),
                lambda: list_names(self.session).get(name.strip().casefold()),
            )
            if number is not None:
                target = MarketingList(item.source_key, number, Origin.CREATED)
                self._remember(target, {})
                self._confirm(intent, number)
                self.names = {**(self.names or {}), name.strip().casefold(): number}
                return target
        raise _NotDone("failed", Verdict("no_answer", NO_ANSWER))

    def _add(self, target: MarketingList, members: Members) -> None:
        ids = list(members.values())
        payload: Json = {
            "list": target.name,
            "list_id": target.list_id,
            "ids": ids,
            "keys": list(members),
        }
        for _ in range(self.session.policy.attempts):
            intent = self._plan(Operation.ADD_MEMBER, target.name, payload)

            def call() -> int:
                self.session.client.add_to_list(target.list_id, ids)
                return target.list_id

            def arrived() -> int | None:
                there = members_of(self.session, target.list_id)
                return target.list_id if there & set(ids) else None

            if self._called(intent, call, arrived) is not None:
                self._remember(target, members)
                self._confirm(intent, target.list_id)
                return
        raise _NotDone("failed", Verdict("no_answer", NO_ANSWER))

    def _called(
        self, intent: Intent, call: Callable[[], int], look: Callable[[], int | None]
    ) -> int | None:
        """Make a call and, where it is not answered, look; ``None`` if it left no trace."""
        try:
            with carrying([intent]):
                return call()
        except Unknown as error:
            journal.mark(self.session, [intent], IntentState.UNKNOWN, "no_answer")
            for _ in self.session.policy.tries(self.session.policy.after(error.status)):
                found = look()
                if found is not None:
                    return found
            journal.mark(self.session, [intent], IntentState.FAILED, journal.NO_TRACE)
            return None
        except (Refused, NotFound, Forbidden) as error:
            verdict = verdict_of(error)
            journal.mark(self.session, [intent], IntentState.FAILED, verdict.reason)
            raise _NotDone("refused", verdict) from None
        except DestinationError:
            journal.mark(self.session, [intent], IntentState.FAILED, "not_carried_out")
            raise

    def _plan(self, operation: Operation, name: str, payload: Json) -> Intent:
        before: Json | None = None
        if operation is Operation.ADD_MEMBER:
            before = {"already": []}  # those who were on it are not sent at all
        new = journal.new_intent(
            self.session, operation, LISTS, name, payload, pre_image=before
        )
        [intent] = self.session.ledger.plan_intents(self.session.run, [new])
        journal.mark(self.session, [intent], IntentState.SENT)
        return intent

    def _confirm(self, intent: Intent, number: int) -> None:
        self.session.ledger.mark_intents(
            [IntentChange(intent.id, IntentState.CONFIRMED, None, number)]
        )

    def _remember(self, target: MarketingList, members: Members, digest: str = "") -> None:
        target.members.update(members)
        self.session.ledger.put_identities([target.identity(self.session.batch, digest)])

    def _report(
        self,
        item: Item,
        outcome: str,
        target: MarketingList,
        wanted: Members,
        missing: int,
        *,
        present: Collection[int] | None = None,
    ) -> None:
        ids = list(wanted.values())
        there = set(target.members.values() if present is None else present)
        self.results.settle(
            item,
            outcome,
            freshsales_id=target.list_id,
            reason=f"{missing}_members_not_loaded" if missing else item.reason,
            remedy=_NOT_ALL if missing else item.remedy,
            written={"name": item.record.get("name", target.name), "members": ids},
            seen={"name": target.name, "members": [n for n in ids if n in there]},
        )


def _holds(target: MarketingList, wanted: Members) -> bool:
    return all(target.members.get(key) == number for key, number in wanted.items())


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else []


def list_names(session: Session) -> dict[str, int]:
    """Name, case-folded → id of every list of the account."""
    return {
        str(item.get("name", "")).strip().casefold(): int(str(item["id"]))
        for item in session.client.lists()
    }


def members_of(
    session: Session, list_id: int, wanted: Collection[int] | None = None
) -> set[int]:
    """Ids on a list; with ``wanted`` only until all of those were met."""
    found: set[int] = set()
    page, more = 1, True
    while more:
        answer = session.client.list_members_page(list_id, page)
        found |= {int(str(record["id"])) for record in answer.records}
        met = wanted is not None and found.issuperset(wanted)
        more = bool(answer.records) and page < answer.total_pages and not met
        page += 1
    return found


def settle_lists(session: Session) -> None:
    """Find out what became of lists and members that an earlier run left open."""
    open_calls = session.ledger.left_open([LISTS])
    left = never_left(session, (i for i in open_calls if i.operation in _OURS))
    for intent in left:
        if intent.operation is Operation.CREATE_LIST:
            number = _made_in_time(session, intent)
            target = number and MarketingList(intent.source_key, number, Origin.CREATED)
        else:
            target = _joined(session, intent)
        if not target:
            journal.mark(session, [intent], IntentState.FAILED, journal.NO_TRACE)
            continue
        session.ledger.put_identities([target.identity(intent.batch)])
        change = IntentChange(intent.id, IntentState.CONFIRMED, None, target.list_id)
        session.ledger.mark_intents([change])


def _made_in_time(session: Session, intent: Intent) -> int | None:
    """The list of an open call, which may still have been on its way."""
    policy, name = session.policy, str(intent.payload["name"]).strip().casefold()
    age = (policy.now() - intent.changed_at).total_seconds()
    for _ in policy.tries(max(0.0, policy.silent_patience - age)):
        number = list_names(session).get(name)
        if number is not None:
            return number
    return None


def _joined(session: Session, intent: Intent) -> MarketingList | None:
    """The list with the members of an open call, if they are on it."""
    known = Known.read(session.ledger, LISTS, [intent.source_key])
    target = MarketingList.known(known, intent.source_key)
    if target is None:
        return None
    there = members_of(session, target.list_id)
    keys = [str(key) for key in _listed(intent.payload.get("keys"))]
    ids = [int(str(number)) for number in _listed(intent.payload.get("ids"))]
    came = {k: n for k, n in zip(keys, ids, strict=True) if n in there}
    target.members.update(came)
    return target if came else None
