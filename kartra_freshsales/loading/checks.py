"""What a planned record still needs, seen against the ledger and what stands there now.

The plan was approved on what stood there then. Nothing here sends anything; everything
that is not sent gets its outcome here. Not here: sending (``bulk``, ``singly``).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kartra_freshsales.freshsales.comparison import is_blank, same
from kartra_freshsales.freshsales.records import READ_ONLY, Json, unresolved
from kartra_freshsales.ledger.records import Identity
from kartra_freshsales.ledger.states import Origin
from kartra_freshsales.loading.items import LINKS, Item, Known, KnownRecord, before, holds
from kartra_freshsales.loading.pages import natural_key
from kartra_freshsales.loading.results import Results
from kartra_freshsales.loading.session import Session
from kartra_freshsales.loading.standing import Standing
from kartra_freshsales.planning.deleted import CREATED_AGAIN, DELETED

Ids = Mapping[tuple[str, str], int]

_PARENT = "Its account or contact is not in Freshsales: see that record's own row first."
_OUTDATED = "The record was written since under another plan: plan again."
_EXISTS = "A record with this e-mail address or name appeared since the plan: plan again."
_CHANGED = "Somebody changed these fields since the plan was made: plan again."
_GONE = "It is no longer shown by Freshsales: restore it there, or plan again."
_OWNER = "Give the record an owner: map its owner or a default owner."
_TWICE = "Another record of this plan has the same e-mail address or name: merge them."


def sort_out(
    session: Session, items: Iterable[Item], known: Known, results: Results
) -> list[Item]:
    """Settle rows that the plan or the ledger has decided; answer those to be sent."""
    going: list[Item] = []
    adopted: list[Identity] = []
    for item in items:
        own = known.live(item.source_key)
        if item.operation in {"skip", "conflict"}:
            if own is None and item.freshsales_id is not None:
                adopted.append(_adopted(session, item))
            _pass_through(item, own, results)
        elif item.operation == "refuse":
            results.settle(item, "refused", reason=item.reason, remedy=item.remedy)
        elif item.creates and own is not None and not _again(item, own):
            _written_before(item, own, results)
        elif not item.creates and _target(item, own) is None:
            results.settle(item, "conflict", reason="plan_outdated", remedy=_OUTDATED)
        else:
            item.freshsales_id = None if item.creates else _target(item, own)
            going.append(item)
    session.ledger.put_identities(adopted)
    return going


def _adopted(session: Session, item: Item) -> Identity:
    """It stood there before us: its children need its id, and nothing was written."""
    return Identity(
        item.module,
        item.source_key,
        item.freshsales_id or 0,
        Origin.ADOPTED,
        batch=session.batch,
    )


def _pass_through(item: Item, own: KnownRecord | None, results: Results) -> None:
    results.settle(
        item,
        "skipped" if item.operation == "skip" else "conflict",
        freshsales_id=own.freshsales_id if own else item.freshsales_id,
        reason=item.reason,
        remedy=item.remedy,
        written=own.written if own else None,
        seen=own.seen if own else None,
    )


def _written_before(item: Item, own: KnownRecord, results: Results) -> None:
    """Created by an earlier run, or with another batch that needed it as a parent."""
    equal = own.payload_hash == item.digest or item.role == "parent"
    results.settle(
        item,
        "skipped" if equal else "conflict",
        freshsales_id=own.freshsales_id,
        reason=None if equal else "plan_outdated",
        remedy=None if equal else _OUTDATED,
        written=own.written,
        seen=own.seen,
    )


def _again(item: Item, own: KnownRecord) -> bool:
    """A person decided to make what people deleted anew, and that is still to be done."""
    return item.reason == CREATED_AGAIN and item.freshsales_id == own.freshsales_id


def _target(item: Item, own: KnownRecord | None) -> int | None:
    """The record to update; none where plan and ledger name different ones."""
    if item.creates or own is None:
        return item.freshsales_id
    return own.freshsales_id if item.freshsales_id in {None, own.freshsales_id} else None


@dataclass(frozen=True)
class Filling:
    """Fills in what creates send shortly before they go, and takes it out afterwards."""

    ids: Ids

    def fill(self, items: Iterable[Item]) -> None:
        """Links as ids; updates were filled in when they were compared."""
        for item in items:
            if item.creates and not item.sent:
                item.sent = _linked(item.record, self.ids)

    @staticmethod
    def empty(items: Iterable[Item]) -> None:
        """Let go of what was sent and stood there."""
        for item in items:
            item.sent, item.pre_image, item.theirs = {}, None, {}


def link(endpoint: str, items: Iterable[Item], ids: Ids, results: Results) -> list[Item]:
    """Fill in what updates send; without its parent a record does not go (S18).

    A new contact or deal without an owner does not go either (S64). What creates send is
    filled in when they go.
    """

    def resolve(module: str, source_key: str) -> int | None:
        return ids.get((module, source_key))

    going: list[Item] = []
    for item in items:
        wanted = item.record
        if not item.creates:
            wanted = {key: wanted[key] for key in item.fields if key in wanted}
        if unresolved(endpoint, wanted, resolve):
            results.settle(item, "refused", reason="parent_not_loaded", remedy=_PARENT)
            continue
        ownerless = item.creates and is_blank(wanted.get("owner_id"))
        if ownerless and endpoint != "sales_accounts":
            results.settle(item, "refused", reason="owner_missing", remedy=_OWNER)
            continue
        if item.creates:
            item.key = natural_key(endpoint, wanted)
        else:
            item.sent = _linked(wanted, ids)
        going.append(item)
    return going


def _linked(record: Json, ids: Ids) -> Json:
    """A record with ids for its links; each of them has one."""
    sent = dict(record)
    for key in LINKS.keys() & record.keys():
        sent[key] = _resolved(key, record[key], ids)
    return sent


def _resolved(key: str, value: object, ids: Ids) -> object:
    if isinstance(value, int):
        return value
    modules = ("sales_accounts",) if key == "sales_account" else ("contacts", "leads")
    found = (ids.get((module, str(value))) for module in modules)
    return next(number for number in found if number is not None)


def against_standing(
    endpoint: str,
    items: Iterable[Item],
    standing: Standing,
    known: Known,
    results: Results,
) -> tuple[list[Item], list[tuple[Item, Json]]]:
    """Compare with what stands there now.

    Returns:
        Items to send, updates with their pre-image, and updates that need no sending
        because everything stands there already, each with its record.
    """
    going: list[Item] = []
    done: list[tuple[Item, Json]] = []
    keys: set[str] = set()
    for item in items:
        if item.creates:
            key = item.natural_key(endpoint)
            if (there := standing.named(key)) is not None:
                _conflict(item, results, "exists_at_destination", _EXISTS, there)
            elif key is not None and key in keys:
                results.settle(item, "refused", reason="duplicate_key", remedy=_TWICE)
            else:
                keys.add(key or "")
                going.append(item)
            continue
        now = standing.record(item.freshsales_id)
        if now is None:
            _conflict(item, results, DELETED, _GONE)
        elif _stands(item, now, known.live(item.source_key)):
            done.append((item, now))
        elif _changed_since(item, standing.as_planned_on(item.freshsales_id), now):
            _conflict(item, results, "changed_since_plan", _CHANGED, now)
        else:
            item.pre_image = before(item.sent, now)
            item.theirs = _theirs(item, known.live(item.source_key), now)
            going.append(item)
    return going, done


def _theirs(item: Item, own: KnownRecord | None, now: Json) -> Json:
    """Fields that we do not write now and that changed since we last looked."""
    written = {LINKS.get(key, key) for key in item.sent}
    return {
        key: value
        for key, value in (own.seen if own else {}).items()
        if key in now
        and key not in READ_ONLY
        and key not in written
        and not same(key, value, now[key]).equal
    }


def _conflict(
    item: Item, results: Results, reason: str, remedy: str, there: Json | None = None
) -> None:
    number = item.freshsales_id if there is None else int(str(there["id"]))
    results.settle(
        item, "conflict", freshsales_id=number, reason=reason, remedy=remedy, seen=there
    )


def _stands(item: Item, now: Json, own: KnownRecord | None) -> bool:
    """Everything is there; or we sent just this and nobody touched it since.

    The second case is a value that the destination rewrites: sending it again and again
    would never end.
    """
    if all(holds(key, value, now) for key, value in item.sent.items()):
        return True
    if own is None or own.payload_hash != item.digest:
        return False
    return not _differing(item, own.seen, now)


def _changed_since(item: Item, planned_on: Json | None, now: Json) -> bool:
    return planned_on is not None and bool(_differing(item, planned_on, now))


def _differing(item: Item, then: Json, now: Json) -> list[str]:
    """Fields about to be written that no longer stand as they stood."""
    return [
        key
        for key, value in item.sent.items()
        if not holds(key, value, now)
        and before({key: None}, then) != before({key: None}, now)
    ]
