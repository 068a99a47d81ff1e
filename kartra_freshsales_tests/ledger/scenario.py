"""Short words for ledger tests: a destination, invented records, a clock that is told."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from kartra_freshsales.ledger.records import Identity, Intent, IntentChange, Json, NewIntent
from kartra_freshsales.ledger.states import IntentState, Operation, Origin
from kartra_freshsales.ledger.store import Destination, Ledger

ROOT = Path(__file__).resolve().parents[2]
HERE = Destination("https://acme.myfreshworks.com/crm/sales/api")
ELSEWHERE = Destination("https://other.myfreshworks.com/crm/sales/api")


class Clock:
    """Seconds that pass only when somebody sleeps."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.now = now
        self.naps: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += seconds


def new(key: str = "mia@example.com", **values: object) -> NewIntent:
    """An intent to create a contact."""
    plain: dict[str, object] = {
        "operation": Operation.CREATE,
        "module": "contacts",
        "source_key": key,
        "payload_digest": "d" * 64,
        "payload": {"email": key, "last_name": "Mørk"},
        "way_back": "delete",
        "group": "g1",
        "batch": "2024-01",
    }
    return NewIntent(**(plain | values))  # type: ignore[arg-type]


def several(count: int, **values: object) -> list[NewIntent]:
    """Intents for as many people."""
    return [new(f"p{at}@example.com", **values) for at in range(count)]


def to(intents: Sequence[Intent], state: IntentState) -> list[IntentChange]:
    """The same step for all of them."""
    return [IntentChange(intent.id, state) for intent in intents]


def identity(key: str = "mia@example.com", number: int = 1, **values: object) -> Identity:
    """A contact of ours."""
    documents: dict[str, Json] = {"written": {"email": key}, "seen": {"email": key}}
    plain: dict[str, object] = {"origin": Origin.CREATED, **documents, **values}
    return Identity("contacts", key, number, **plain)  # type: ignore[arg-type]


def settled(ledger: Ledger, count: int = 3, **values: object) -> list[Intent]:
    """Intents that went all the way."""
    made = ledger.plan_intents("run-1", several(count, **values))
    ledger.mark_intents(to(made, IntentState.SENT))
    ledger.mark_intents(
        [
            IntentChange(i.id, IntentState.CONFIRMED, "as sent", 1000 + at)
            for at, i in enumerate(made)
        ]
    )
    return ledger.intents()


def worker(*arguments: object) -> subprocess.Popen[str]:
    """Another process at work on the ledger (see ``worker``)."""
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "kartra_freshsales_tests.ledger.worker",
            *map(str, arguments),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def finish(processes: Sequence[subprocess.Popen[str]]) -> list[str]:
    """Wait for processes that must succeed; answers what they printed."""
    printed = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes)
    return printed
