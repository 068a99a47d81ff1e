"""The dry run of an undo: exactly what would go, what would be restored, what is spared.

Reads the destination, writes nothing there. Not here: folding the ledger
(``rollback_scope``), judging one record (``rollback_judge``), sending (``rollback_steps``).
"""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

import polars as pl

from kartra_freshsales.errors import BadInput, IntegrityError
from kartra_freshsales.freshsales.client import FreshsalesClient
from kartra_freshsales.freshsales.metadata import Metadata
from kartra_freshsales.freshsales.modules import Module
from kartra_freshsales.ledger.records import Intent
from kartra_freshsales.ledger.states import UNSETTLED
from kartra_freshsales.ledger.store import Ledger
from kartra_freshsales.loading.activities import settle_activities
from kartra_freshsales.loading.files import settle_files
from kartra_freshsales.loading.lists import settle_lists
from kartra_freshsales.loading.notes import settle_notes
from kartra_freshsales.loading.policy import Policy
from kartra_freshsales.loading.probe_records import PROBE
from kartra_freshsales.loading.rollback_model import Selection, undoing
from kartra_freshsales.loading.rollback_reading import Reader
from kartra_freshsales.loading.rollback_rows import SCHEMA, cannot_undo, counts, requests
from kartra_freshsales.loading.rollback_scope import gather
from kartra_freshsales.loading.rollback_settle import Settler
from kartra_freshsales.loading.rollback_survey import Survey
from kartra_freshsales.loading.session import Session, ViewNames
from kartra_freshsales.loading.settle import settle_records

_HARD, _TOUCHED = "forget", "include touched"


@dataclass(frozen=True)
class RollbackPlan:
    """What a person approves.

    ``rows`` has the columns of ``SCHEMA``: one row per record, note and list; a record of
    which some fields are spared has a second row that lists them. ``pre_image`` holds the
    values to write back, or the members to take off. ``undoes`` are ledger intents.
    ``hard`` erases what we created, so that its e-mail addresses are free again.
    ``touched`` takes back even what people changed since.
    """

    rows: pl.DataFrame
    digest: str
    counts: Mapping[str, int] = field(default_factory=dict)
    cannot_undo: tuple[str, ...] = ()
    requests: int = 0
    edition: str = "suite"
    hard: bool = False
    touched: bool = False


def rollback_digest(
    rows: pl.DataFrame, *, hard: bool = False, touched: bool = False
) -> str:
    """SHA-256 over the rows, whatever their order: another set is another digest."""
    lines = sorted(
        json.dumps(row, sort_keys=True, ensure_ascii=True)
        for row in rows.select(SCHEMA.keys()).iter_rows(named=True)
    )
    said = [word for word, so in ((_HARD, hard), (_TOUCHED, touched)) if so]
    text = "\n".join(lines + said)
    return hashlib.sha256(text.encode()).hexdigest()


def plan_rollback(
    ledger: Ledger,
    client: FreshsalesClient,
    metadata: Metadata,
    *,
    edition: str = "suite",
    batch: str | None = None,
    run: str | None = None,
    module: Module | str | None = None,
    keys: Collection[str] | None = None,
    hard: bool = False,
    touched: bool = False,
    view_names: ViewNames | None = None,
    policy: Policy | None = None,
) -> RollbackPlan:
    """Plan the undo of all loads, or of a batch, a run, a module or single records.

    Args:
        ledger: what we did.
        client: the destination; it is only read.
        metadata: its views.
        edition: ``suite`` or ``classic``.
        batch: only writes of this batch.
        run: only writes of this run.
        module: only this module.
        keys: only these source keys, their notes and list memberships.
        hard: erase instead of the recycle bin. There is no way back from that.
        touched: take back what people changed since as well; only for named records.
        view_names: views to use instead of the standard names.
        policy: patience with what a killed load left open.

    Raises:
        IntegrityError: a bulk job of the selection is still running.
        BatchBusy: another process is at work in this account.
        BadInput: the key's user sees no view of all records; ``touched`` without ``keys``.
    """
    if touched and keys is None:
        raise BadInput(
            "What people changed is taken back for single records only.",
            remedy="Name each record with --record.",
        )
    selection = Selection(
        batch=batch,
        run=run,
        module=None if module is None else str(Module(module)),
        keys=None if keys is None else frozenset(keys),
    )
    reader = Reader(client, metadata, view_names)
    with ledger.hold(run=run or ""):
        settle_load(ledger, reader, edition, policy or Policy(), selection.covers)
        Settler(ledger, reader, edition).settle_all()
    scope = gather(ledger, edition, selection)
    survey = Survey(reader, scope, touched=touched)
    rows = pl.DataFrame(
        sorted(survey.rows(), key=lambda row: (row["module"], row["source_key"])),
        schema=SCHEMA,
        orient="row",
    )
    return RollbackPlan(
        rows=rows,
        digest=rollback_digest(rows, hard=hard, touched=touched),
        counts=counts(rows),
        cannot_undo=tuple(cannot_undo(rows, scope, hard=hard, edition=edition)),
        requests=requests(rows, survey.readings, hard=hard, edition=edition),
        edition=edition,
        hard=hard,
        touched=touched,
    )


def settle_load(
    ledger: Ledger,
    reader: Reader,
    edition: str,
    policy: Policy,
    meant: Callable[[Intent], bool],
) -> None:
    """Find out what became of a load's own open writes, by reading; nothing is sent.

    Raises:
        IntegrityError: a bulk job of that load is still running.
    """
    waiting = _open_loads(ledger, meant)
    if waiting:
        session = Session(
            client=reader.client,
            ledger=ledger,
            metadata=reader.metadata,
            run="",
            batch="",
            edition=edition,
            policy=policy,
            view_names=reader.view_names or {},
        )
        for module in sorted({str(intent.module) for intent in waiting}):
            settle = _SETTLE.get(module)
            if settle is None:
                settle_records(session, module)
            else:
                settle(session)
    still_open = len(_open_loads(ledger, meant))
    if still_open:
        raise IntegrityError(
            f"{still_open} writes of this load have no known outcome yet.",
            remedy="Start the load again once: it reads what became of them, then undo.",
        )


_SETTLE: Mapping[str, Callable[[Session], None]] = {
    str(Module.NOTES): settle_notes,
    str(Module.ACTIVITIES): settle_activities,
    str(Module.FILES): settle_files,
    str(Module.LISTS): settle_lists,
}


def _open_loads(ledger: Ledger, meant: Callable[[Intent], bool]) -> list[Intent]:
    return [
        intent
        for intent in ledger.unsettled()
        if intent.state in UNSETTLED
        and not undoing(intent)
        and intent.module != PROBE
        and meant(intent)
    ]
