"""What the parts of an undo share while it is carried out: tools, and outcome per row.

No logic of its own beyond looking things up in what it holds.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import polars as pl

from kartra_freshsales.freshsales.modules import Module
from kartra_freshsales.ledger.records import Json
from kartra_freshsales.ledger.store import Ledger
from kartra_freshsales.loading.rollback_judge import DELETED
from kartra_freshsales.loading.rollback_model import NoteUndo, RecordUndo
from kartra_freshsales.loading.rollback_settle import Settler
from kartra_freshsales.loading.rollback_steps import Sender, Target
from kartra_freshsales.loading.rollback_survey import Survey

Progress = Callable[[str, int, int], object]

DONE, SPARED, FAILED, ALREADY_GONE = "done", "spared", "failed", "already_gone"
NO_EFFECT = "no_effect_after_three_attempts"
PARTLY = "partly_edited_since"
ATTEMPTS = 3

RESULT_SCHEMA: dict[str, pl.DataType] = {
    "module": pl.String(),
    "source_key": pl.String(),
    "freshsales_id": pl.Int64(),
    "operation": pl.String(),
    "outcome": pl.String(),
    "reason": pl.String(),
    "batch": pl.String(),
}

Key = tuple[str, str, str, int]
"""Operation, module, source key and id: what a row of a plan is about."""


@dataclass
class Book:
    """Rows that were approved for undoing, and what became of each."""

    rows: dict[Key, Json]
    progress: Progress | None = None
    outcomes: dict[Key, tuple[str, str | None]] = field(default_factory=dict)

    def note(self, key: Key, outcome: str, reason: str | None = None) -> None:
        """Say what became of a row; the first word counts."""
        self.outcomes.setdefault(key, (outcome, reason))

    def open(self, operation: str) -> dict[Key, Json]:
        """Rows of an operation nothing is known of yet."""
        return {
            key: row
            for key, row in self.rows.items()
            if key[0] == operation and key not in self.outcomes
        }

    def tell(self, module: str, done: int, total: int) -> None:
        """Report progress."""
        if self.progress is not None:
            self.progress(module, done, total)

    def results(self, plan: pl.DataFrame) -> pl.DataFrame:
        """One row per row of the plan, with the columns of ``RESULT_SCHEMA``."""
        made: list[Json] = []
        for row in plan.iter_rows(named=True):
            if row["action"] == "undo":
                outcome, reason = self.outcomes.get(key_of(row), (FAILED, NO_EFFECT))
            else:
                gone = row["reason"] == DELETED
                outcome, reason = (ALREADY_GONE if gone else SPARED), row["reason"]
            facts = {name: row.get(name) for name in RESULT_SCHEMA}
            made.append(facts | {"outcome": outcome, "reason": reason})
        return pl.DataFrame(made, schema=RESULT_SCHEMA, orient="row")


@dataclass(frozen=True)
class Work:
    """One execution of a plan."""

    ledger: Ledger
    survey: Survey
    settler: Settler
    sender: Sender
    book: Book
    hard: bool


def key_of(row: Json) -> Key:
    """What a row is about."""
    number = int(str(row["freshsales_id"]))
    return str(row["operation"]), str(row["module"]), str(row["source_key"]), number


def note_key(undo: NoteUndo) -> Key:
    """The key of a note's row."""
    operation = "restore" if undo.before is not None else "delete_note"
    return operation, str(Module.NOTES), undo.source_key, undo.note_id


def record_key(undo: RecordUndo) -> Key:
    """The key of a record's row."""
    operation = "delete" if undo.created else "restore"
    return operation, undo.module, undo.source_key, undo.freshsales_id


def target_key(target: Target, operation: str) -> Key:
    """The key of the row a target was made from."""
    return operation, target.module, target.source_key, target.freshsales_id


def ids_in(value: object) -> list[int]:
    """A list of ids, or none where nothing stands."""
    return [int(str(item)) for item in value] if isinstance(value, list) else []
