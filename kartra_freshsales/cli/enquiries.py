"""Answers to doctor and status, from account, ledger and left frames.

Not here: following single records (``trace_story``), reading all again (``verification``).
"""

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import polars as pl

from kartra_freshsales.cli.batch_steps import approvals_told, batch_steps
from kartra_freshsales.errors import NotConfirmed
from kartra_freshsales.freshsales.plan_facts import hourly_limit
from kartra_freshsales.freshsales.request_log import Line, Wanted, read_requests
from kartra_freshsales.ledger.budget import usable
from kartra_freshsales.loading.doctor import Expected, Use, examine
from kartra_freshsales.loading.findings import Finding
from kartra_freshsales.loading.probe import probe
from kartra_freshsales.loading.probe_records import ProbeRecords
from kartra_freshsales.reports.review import FILE as WORKBOOK

if TYPE_CHECKING:
    from kartra_freshsales.cli.journey import Journey


def status(journey: "Journey") -> dict[str, Any]:
    """How far each batch is, what stands in Freshsales, and what is still open."""
    with journey.destination.ledger() as ledger:
        live = ledger.identities().filter(pl.col("state") == "live")
        records = live.group_by("module").len().sort("module")
        open_intents, conflicts = len(ledger.unsettled()), ledger.conflicts().height
        batches, frames = journey.workspace.batches(), journey.workspace.data / "frames"
        steps = batch_steps(frames, batches, ledger, live)
        approvals = approvals_told(ledger, batches)
    summary = journey.workspace.reports / "summary.json"
    verdict = (
        json.loads(summary.read_text("utf-8"))["certificate"] if summary.exists() else None
    )
    return {
        "batches": steps,
        "approvals": approvals,
        "records": dict(records.iter_rows()),
        "open_intents": open_intents,
        "conflicts": conflicts,
        "certificate": verdict or "not yet",
        "review": review(journey),
    }


def review(journey: "Journey") -> dict[str, Any]:
    """The review workbook, and what waits for a decision as the last preparation saw it."""
    path = journey.workspace.reports / WORKBOOK
    if not (path.exists() and journey.path_of("review_workbook").exists()):
        return {"workbook": None, "open": []}
    waiting = journey.frame("review_workbook")
    shown = waiting.select("records", "what", "blocks", "sheet", "file", "do")
    return {"workbook": str(path), "open": shown.to_dicts()}


def doctor(journey: "Journey", *, probing: bool, yes: bool) -> list[Finding]:
    """Whether the account is ready, and with ``probing`` what only trying can tell.

    Raises:
        NotConfirmed: a probe writes, and nobody has said yes to that in production.
    """
    resource = journey.destination
    settings, mapping = resource.workspace.settings(), resource.workspace.mapping()
    target, owner = mapping.destination, mapping.owners.default_owner
    if probing and not (yes or target.rehearsal):
        raise NotConfirmed(
            "A probe creates a few records in this account and erases them again; "
            "workflows may see them.",
            remedy="Pause workflows on new records, then add --yes.",
        )
    allowed = usable(
        hourly_limit(settings.requests_per_hour, target.plan), settings.live_use_reserve
    )
    run = f"doctor-{uuid.uuid4().hex[:8]}"
    with resource.connect(run) as link:
        use = Use(link.ledger.recent_requests(), allowed)
        expected = Expected(target.edition, target.plan, owner, target.views, target.caps)
        looked = examine(link.client, expected, use)
        if not probing or looked.metadata is None:
            return looked.findings
        records = ProbeRecords(link.client, link.ledger, looked.metadata, run, target.views)
        tried = probe(records, edition=target.edition, default_owner=owner)
    return [*looked.findings, *tried]


def requests(
    journey: "Journey", wanted: Wanted, records: Iterable[Mapping[str, Any]] | None = None
) -> list[Line]:
    """Requests made by this workspace, oldest first.

    Args:
        journey: the workspace.
        wanted: which of them.
        records: only those that carried a write of one of these, as ``trace`` tells them.
    """
    if records is not None:
        wanted = replace(wanted, intents=_writes_of(journey, records))
    return list(read_requests(journey.workspace.data / "requests", wanted))


def _writes_of(journey: "Journey", records: Iterable[Mapping[str, Any]]) -> frozenset[int]:
    """Ids of every intent of some records; parts of a long note have keys of their own."""
    keys = {(record["module"], record["source_key"]) for record in records}
    with journey.destination.ledger() as ledger:
        intents = ledger.intents(modules=sorted({module for module, _ in keys}))
    return frozenset(
        intent.id
        for intent in intents
        if {
            (intent.module, intent.source_key),
            (intent.module, intent.source_key.rpartition("#")[0]),
        }
        & keys
    )
