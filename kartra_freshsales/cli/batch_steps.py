"""How far each batch is, who approved it, and whether it was taken back since.

Not here: what else ``status`` tells (``enquiries``).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from kartra_freshsales.ledger.records import Approval
from kartra_freshsales.ledger.store import Ledger
from kartra_freshsales.orchestration.planned import EVERY_BATCH, SAMPLE
from kartra_freshsales.orchestration.undo import UNDONE

_STEPS = {
    "extracted": "raw_contacts",
    "planned": "load_plan",
    "approved": "load_approval",
    "loaded": "loaded_lists",
    "reconciled": "lists_reconciliation",
}
_AFTER_A_LOAD = ("approved", "loaded", "reconciled")


def batch_steps(
    frames: Path, batches: Sequence[str], ledger: Ledger, live: pl.DataFrame
) -> dict[str, dict[str, bool]]:
    """Batch → step → whether it is done and still holds.

    A batch is ``rolled_back`` once an undo of it was approved after its load and nothing
    of it stands any more; then it is neither approved nor loaded.

    Args:
        frames: where the assets' frames are.
        batches: their keys.
        ledger: knows what was approved when.
        live: identities of what stands in Freshsales.
    """
    standing = set(live["batch"])
    found = {}
    for batch in batches:
        steps = {
            step: (frames / asset / f"{batch}.parquet").exists()
            for step, asset in _STEPS.items()
        }
        loaded, undone = ledger.approval("plan", batch), ledger.approval(UNDONE, batch)
        back = undone is not None and (loaded is None or undone.at >= loaded.at)
        gone = back and batch not in standing
        steps |= dict.fromkeys(_AFTER_A_LOAD, False) if gone else {}
        found[batch] = steps | {"rolled_back": gone}
    return found


def approvals_told(ledger: Ledger, batches: Sequence[str]) -> list[dict[str, Any]]:
    """Who approved what, when, on which machine and in which run; the newest of each."""
    asked = [("plan", batch) for batch in batches] + [(SAMPLE, EVERY_BATCH)]
    asked += [(UNDONE, batch) for batch in batches]
    given = (ledger.approval(kind, subject) for kind, subject in asked)
    return [_told(each) for each in given if each is not None]


def _told(given: Approval) -> dict[str, Any]:
    return {
        "of": given.kind,
        "batch": given.subject,
        "by": given.approved_by,
        "at": given.at.isoformat(timespec="seconds"),
        "host": given.host,
        "run": given.run,
        "digest": given.digest,
    }
