"""What a plan costs: requests by kind and module, and hours of the account's budget (G6).

The formula follows the loader: a look at each view, groups of 100 sent in waves, two polls
and the read-back pages per wave; records without a bulk call one by one, read back a
hundred at a time; notes, activities and files one by one; lists by group of members. Not
here: spending (the ledger's budget).
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import polars as pl

from kartra_freshsales.freshsales.modules import SUITE, Module, bulk_endpoints
from kartra_freshsales.planning.deleted import CREATED_AGAIN
from kartra_freshsales.planning.plan import ERASES, UNIQUE_THERE

KINDS = ("write", "read", "poll")
WAVE = 50
"""Groups that are sent before the jobs are polled and the records read back."""

SHEET = 100
"""Records that are sent one by one before they are read back together."""

_POLLS_PER_WAVE = 2
_VIEWS = {"deals": 3, "subscriptions": 3}
"""Views that together show every deal; of the other records one view shows all."""

_ONE_BY_ONE = {"notes": (1, 0), "activities": (1, 0), "files": (1, 1)}
"""Writes and reads of each: an upload's answer does not tell what stands there."""

_RECORDS = ("sales_accounts", "contacts", "leads", "deals", "subscriptions")


@dataclass(frozen=True)
class Cost:
    """Requests of one plan.

    ``requests`` is module → kind → count; ``hours`` is the time the account's budget needs
    at least, 0 where there is no limit; ``bound`` is the least any loader could do with.
    """

    requests: Mapping[str, Mapping[str, int]]
    total: int
    hours: float
    bound: int

    def of_kind(self, kind: str) -> int:
        """Requests of one kind over all modules."""
        return sum(counts.get(kind, 0) for counts in self.requests.values())


def cost(
    plan: pl.DataFrame,
    *,
    requests_per_hour: int,
    reserve: float,
    existing: int = 0,
    group_size: int = 100,
    list_group_size: int = 500,
    edition: str = SUITE,
    bulk: Collection[str] | None = None,
) -> Cost:
    """Count the requests that carrying out a plan takes.

    Args:
        plan: a load plan.
        requests_per_hour: the account's limit; 0 for none.
        reserve: the share of it that is left to the account's users.
        existing: records of the destination that a snapshot still has to read.
        group_size: records per bulk call.
        list_group_size: members per call that puts contacts on a list.
        edition: ``suite`` or ``classic``.
        bulk: endpoints with a bulk call; those of the edition without.
    """
    writes = plan.filter(pl.col("operation").is_in(["create", "update"]))
    sent = dict(writes.group_by("module").len().iter_rows())
    together = bulk_endpoints(edition) if bulk is None else bulk
    grouped = {m for m in _RECORDS if Module(m).endpoint_in(edition) in together}
    requests = {
        module: (_bulk if module in grouped else _singly)(module, sent[module], group_size)
        for module in _RECORDS
        if sent.get(module)
    }
    for module, (writes_each, reads_each) in _ONE_BY_ONE.items():
        if count := sent.get(module):
            reads = reads_each * count + (module == "activities")  # the types, once
            requests[module] = {"write": writes_each * count, "read": reads, "poll": 0}
    lists = writes.filter(pl.col("module") == "lists")
    if lists.height:
        requests["lists"] = _lists(lists, list_group_size)
    if existing:
        requests["snapshot"] = {"write": 0, "read": _groups(existing, 100), "poll": 0}
    again = (pl.col("reason") == CREATED_AGAIN) & pl.col("module").is_in(UNIQUE_THERE)
    erasing = plan.filter((pl.col("reason") == ERASES) | again)
    erased = erasing.height
    if erased:
        # One call each: there is no bulk call that erases. The bin is read to find them.
        bins = erasing["module"].n_unique()
        read = bins + _groups(erased, 100)
        requests["recycle bin"] = {"write": erased, "read": read, "poll": 0}
    total = sum(sum(counts.values()) for counts in requests.values())
    pace = requests_per_hour * (1 - reserve)
    return Cost(
        requests=requests,
        total=total,
        hours=round(total / pace, 2) if pace else 0.0,
        bound=_bound(sent, requests, grouped),
    )


def _groups(count: int, size: int) -> int:
    return -(-count // size)


def _bulk(module: str, count: int, size: int) -> dict[str, int]:
    groups = _groups(count, size)
    return {
        "write": groups,
        "read": _VIEWS.get(module, 1) + _groups(count, 100),
        "poll": _POLLS_PER_WAVE * _groups(groups, WAVE),
    }


def _singly(module: str, count: int, _size: int) -> dict[str, int]:
    """A call each; the records are read back with their relations, a hundred a page."""
    read = _VIEWS.get(module, 1) + _groups(count, SHEET)
    return {"write": count, "read": read, "poll": 0}


def _lists(lists: pl.DataFrame, size: int) -> dict[str, int]:
    """Creating each new list, its members in groups, one look at the lists, read-back."""
    members = [len(json.loads(payload).get("members", [])) for payload in lists["payload"]]
    new = lists.filter(pl.col("operation") == "create")["source_key"].n_unique()
    return {
        "write": new + sum(_groups(count, size) for count in members),
        "read": 1 + sum(_groups(count, 100) for count in members),
        "poll": 0,
    }


def _bound(
    sent: Mapping[str, int],
    requests: Mapping[str, Mapping[str, int]],
    grouped: Collection[str],
) -> int:
    """Per module one write and one read per 100 and one poll per job; the rest as it is."""
    bulk = sum(3 * _groups(sent.get(module, 0), 100) for module in grouped)
    single = sum(
        sent.get(module, 0) + _groups(sent.get(module, 0), 100)
        for module in _RECORDS
        if module not in grouped
    )
    rest = (counts for module, counts in requests.items() if module not in _RECORDS)
    return bulk + single + sum(sum(counts.values()) for counts in rest)
