"""What one run of the fault campaign is made of, drawn from its seed.

The same seed gives the same workload, the same faults and the same moments of death. Plain
values only. Not here: carrying a draw out (``campaign``), judging it (``campaign_judge``).
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from kartra_freshsales_tests.loading.scenario import LOST, NEW, OWNER, WON, Json

MOMENTS = (
    "before_request",
    "during_request",
    "after_answer",
    "before_commit",
    "after_commit",
    "at_time",
)
JAN, FEB = "jan", "feb"
STAGES = (WON, WON, LOST, NEW)
POISON = 900
"""From this number on contacts have an address that Freshsales refuses."""

INTENDED: dict[str, pl.DataType] = {
    "module": pl.String(),
    "source_key": pl.String(),
    "batch": pl.String(),
    "payload": pl.String(),
    "sources": pl.List(pl.String()),
    "problem": pl.String(),
    "remedy": pl.String(),
}


@dataclass(frozen=True)
class Kill:
    """A process dies at the ``at``-th moment of a kind, or after ``at`` milliseconds."""

    moment: str
    at: int


@dataclass(frozen=True)
class Stage:
    """What happens while a batch is loaded, or undone."""

    kills: tuple[Kill, ...]
    faults: tuple[Json, ...]
    trouble: tuple[float, ...]
    """For each process in turn: seconds until the database fails it, 0 for never."""
    late: tuple[int, ...]
    """Writes of each process that the network holds back: it carries them out later, when
    nobody waits for an answer any more."""


@dataclass(frozen=True)
class Draw:
    """One run. Counts are of records; ``feb`` are those that a second batch adds."""

    seed: int
    database: str
    sizes: Mapping[str, int]
    feb: Mapping[str, int]
    changed: float
    standing: tuple[int, int]
    poison: int
    stages: Mapping[str, Stage]
    undo: str
    requests_in_window: int
    group_size: int
    job_seconds: float
    again: bool

    @property
    def batches(self) -> tuple[str, ...]:
        """The batches in their order."""
        return (JAN, FEB) if self.feb else (JAN,)

    @property
    def hangs(self) -> bool:
        """Whether answers come later than a client waits."""
        stages = self.stages.values()
        return any(rule["kind"] == "hang_after_write" for s in stages for rule in s.faults)


# What may go wrong. Each ends, so that a load that goes on trying is sure to get through.

_RULES: tuple[Json, ...] = (
    {"kind": "burst_429", "retry_after": 0.02, "length": 2},
    {"kind": "burst_429", "retry_after": None},
    {"kind": "hidden_429"},
    {"kind": "error_before_write"},
    {"kind": "error_after_write"},
    {"kind": "error_on_read"},
    {"kind": "bad_gateway"},
    {"kind": "unavailable", "retry_after": 0.02},
    {"kind": "drop_before_write"},
    {"kind": "drop_after_write"},
    {"kind": "drop_on_read"},
    {"kind": "hang_after_write", "seconds": 1.1, "at_most": 1},
    {"kind": "slow_answer", "seconds": 0.03},
    {"kind": "truncated_body"},
    {"kind": "cut_json"},
    {"kind": "job_loses_row"},
    {"kind": "job_never_finishes"},
    {"kind": "job_takes_long", "seconds": 0.2},
    {"kind": "job_takes_long", "seconds": 2000.0},
)


def draw(seed: int, ledger: str = "both") -> Draw:
    """The run of a seed. With ``both`` one run in five keeps its ledger in PostgreSQL."""
    dice = random.Random(seed)
    postgres = dice.random() < 0.2
    database = ("sqlite", "postgres")[postgres] if ledger == "both" else ledger
    sizes = _sizes(dice, 1)
    feb = _sizes(dice, 3) if dice.random() < 0.4 else {}
    undo = dice.choice(("", "", "all", FEB if feb else "all"))
    named = [JAN, *([FEB] if feb else []), *(["undo"] if undo else [])]
    return Draw(
        seed=seed,
        database=database,
        sizes=sizes,
        feb=feb,
        changed=dice.choice((0.0, 0.3, 1.0)),
        standing=(dice.randint(0, 2), dice.randint(0, 4)),
        poison=int(dice.random() < 0.15),
        stages={name: _stage(dice) for name in named},
        undo=undo,
        requests_in_window=dice.choice((0, 0, 0, 60)),
        group_size=dice.choice((4, 8, 100)),
        job_seconds=dice.choice((0.0, 0.0, 0.05)),
        again=dice.random() < 0.25,
    )


def _sizes(dice: random.Random, part: int) -> dict[str, int]:
    contacts = dice.randint(3, 18) // part
    return {
        "sales_accounts": dice.randint(1, 5) // part,
        "contacts": contacts,
        "deals": dice.randint(0, 20) // part,
        "subscriptions": dice.randint(0, 4) // part,
        "notes": min(contacts, dice.randint(0, 4) // part),
        "activities": min(contacts, dice.randint(0, 3) // part),
        "lists": dice.randint(0, 2) // part,
    }


def _stage(dice: random.Random) -> Stage:
    kills = tuple(_kill(dice) for _ in range(dice.choice((0, 1, 1, 2, 3, 5))))
    rules = dice.sample(_RULES, dice.choice((0, 1, 1, 2, 3)))
    trouble = tuple(
        round(dice.uniform(0.02, 0.4), 3) if dice.random() < 0.5 else 0.0 for _ in range(3)
    )
    late = tuple(sorted(dice.sample(range(1, 11), 3))) if dice.random() < 0.4 else ()
    return Stage(
        kills, tuple(_armed(dice, rule) for rule in rules),
        trouble if dice.random() < 0.2 else (), late,
    )  # fmt: skip


def _kill(dice: random.Random) -> Kill:
    moment = dice.choice(MOMENTS)
    # Small numbers fall into settling, which comes first; large ones into the load.
    most = {"at_time": 500, "before_commit": 30, "after_commit": 30}.get(moment, 25)
    return Kill(moment, dice.randint(1, dice.choice((most // 4, most))))


def _armed(dice: random.Random, rule: Json) -> Json:
    some = {"probability": dice.choice((0.1, 0.3, 1.0)), "at_most": dice.randint(1, 5)}
    return {**some, **rule}


# The workload


def intended(drawn: Draw, upto: str) -> pl.DataFrame:
    """Everything that is meant once the exports up to a batch are there."""
    rows = _rows(drawn, JAN, {}, drawn.sizes)
    if upto == FEB:
        dice = random.Random(drawn.seed + 1)
        changed = {k: r for k, r in rows.items() if dice.random() < drawn.changed}
        rows |= {key: _changed(row) for key, row in changed.items()}
        rows |= _rows(drawn, FEB, drawn.sizes, drawn.feb)
    return pl.DataFrame(list(rows.values()), schema=INTENDED, orient="row")


def _rows(
    drawn: Draw, batch: str, start: Mapping[str, int], count: Mapping[str, int]
) -> dict[tuple[str, str], Json]:
    def numbers(module: str) -> range:
        first = start.get(module, 0)
        return range(first, first + count[module])

    accounts = start.get("sales_accounts", 0) + count["sales_accounts"]
    contacts = start.get("contacts", 0) + count["contacts"]
    made = [
        *(_account(n, drawn, batch) for n in numbers("sales_accounts")),
        *(_contact(n, drawn, batch, accounts) for n in numbers("contacts")),
        *(_deal(n, batch, contacts) for n in numbers("deals")),
        *(_subscription(n, batch, contacts) for n in numbers("subscriptions")),
        *(_note(n, batch) for n in numbers("notes")),
        *(_activity(n, batch) for n in numbers("activities")),
        *(_list(n, batch, contacts) for n in numbers("lists")),
    ]
    if batch == JAN:
        made += [_contact(POISON + n, drawn, batch, 0) for n in range(drawn.poison)]
    return {(str(row["module"]), str(row["source_key"])): row for row in made}


def _row(module: str, key: str, batch: str, payload: Json) -> Json:
    return {
        "module": module,
        "source_key": key,
        "batch": batch,
        "payload": json.dumps(payload, ensure_ascii=False),
        "sources": [f"{batch}/export.csv:{key}"],
    }


def email_of(number: int) -> str:
    """The address of a contact; people type capitals."""
    return "not an address" if number >= POISON else f"Person.{number:04d}@example.com"


def _account(number: int, drawn: Draw, batch: str) -> Json:
    payload: Json = {"name": f"Company {number:04d}", "website": f"c{number}.example.com"}
    if number >= drawn.standing[0]:
        payload["owner_id"] = OWNER
    return _row("sales_accounts", f"company {number:04d}", batch, payload)


def _contact(number: int, drawn: Draw, batch: str, accounts: int) -> Json:
    payload: Json = {
        "email": email_of(number),
        "last_name": f"Person {number:04d}",
        "city": f"City {number % 7}",
        "tags": ["kartra", f"group-{number % 3}"],
    }
    if number >= drawn.standing[1]:
        payload["owner_id"] = OWNER
    if accounts and number % 3:
        payload["sales_account"] = f"company {number % accounts:04d}"
    return _row("contacts", key_of(number), batch, payload)


def key_of(number: int) -> str:
    """The source key of a contact."""
    return f"person.{number:04d}@example.com"


def _deal(number: int, batch: str, contacts: int) -> Json:
    stage = STAGES[number % 4]
    payload: Json = {
        "name": f"Course – Kartra {number:05d}",
        "amount": f"{number}.50",
        "deal_stage_id": stage,
        "owner_id": OWNER,
        "contact": key_of(number % contacts),
    }
    if stage != NEW:
        payload["closed_date"] = f"2026-0{1 + number % 3}-15"
    return _row("deals", f"txn:{number}", batch, payload)


def _subscription(number: int, batch: str, contacts: int) -> Json:
    payload: Json = {
        "name": f"Plan – Kartra subscription {number:05d}",
        "amount": f"{number + 9}.00",
        "deal_stage_id": NEW,
        "owner_id": OWNER,
        "contact": key_of(number % contacts),
    }
    return _row("subscriptions", f"sub:{number}", batch, payload)


def _note(number: int, batch: str) -> Json:
    payload: Json = {"description": f"Said hello {number}.", "contact": key_of(number)}
    return _row("notes", f"note:{key_of(number)}", batch, payload)


def _activity(number: int, batch: str) -> Json:
    payload: Json = {
        "record": ("tasks", "appointments", "sales_activities")[number % 3],
        "title": f"Talk {number}",
        "start": f"2021-03-0{1 + number % 9}T15:15:00Z",
        "end": f"2021-03-0{1 + number % 9}T15:20:00Z",
        "text": f"Said {number}.",
        "contact": key_of(number),
    }
    if payload["record"] == "tasks":
        del payload["end"]
    elif payload["record"] == "sales_activities":
        payload["type"] = "Phone"
    return _row("activities", f"activity:{number}", batch, payload)


def _list(number: int, batch: str, contacts: int) -> Json:
    members = [key_of(n) for n in range(number % 2, contacts, number + 2)]
    name = f"Kartra: list {number}"
    return _row("lists", name, batch, {"name": name, "members": members})


_CHANGES: Mapping[str, Mapping[str, Any]] = {
    "sales_accounts": {"website": "new.example.com"},
    "contacts": {"city": "Bergen", "job_title": "Buyer"},
    "deals": {"amount": "77.25"},
    "subscriptions": {"amount": "88.75"},
    "notes": {"description": "Said goodbye."},
    "activities": {},
    "lists": {},
}


def _changed(row: Json) -> Json:
    """The record as the second export has it; its batch owns it from then on."""
    payload = json.loads(row["payload"]) | _CHANGES[row["module"]]
    if row["module"] == "contacts":
        payload["tags"] = [*payload["tags"], "feb"]
    elif row["module"] == "lists":
        payload["members"] = sorted({*payload["members"], key_of(0), key_of(1)})
    text = json.dumps(payload, ensure_ascii=False)
    return {**row, "batch": FEB, "payload": text}
