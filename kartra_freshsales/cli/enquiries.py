"""Answers to doctor, status, trace and verify, from account, ledger and left frames."""

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import polars as pl

from kartra_freshsales.errors import NotConfirmed
from kartra_freshsales.freshsales.comparison import is_blank, same
from kartra_freshsales.freshsales.plan_facts import hourly_limit
from kartra_freshsales.freshsales.request_log import Line, Wanted, read_requests
from kartra_freshsales.ledger.budget import usable
from kartra_freshsales.loading.doctor import Expected, Use, examine
from kartra_freshsales.loading.findings import Finding
from kartra_freshsales.loading.probe import probe
from kartra_freshsales.loading.probe_records import ProbeRecords
from kartra_freshsales.loading.snapshot import read_snapshot
from kartra_freshsales.reconcile.causes import with_causes
from kartra_freshsales.reconcile.compare import EQUAL, NORMALISED, compare_records
from kartra_freshsales.reconcile.edits import EDITED
from kartra_freshsales.reconcile.references import REFERENCES, read_ids

if TYPE_CHECKING:
    from kartra_freshsales.cli.journey import Journey

_STEPS = {
    "extracted": "raw_contacts",
    "planned": "load_plan",
    "approved": "load_approval",
    "loaded": "loaded_lists",
    "reconciled": "lists_reconciliation",
}


def status(journey: "Journey") -> dict[str, Any]:
    """How far each batch is, what stands in Freshsales, and what is still open."""
    with journey.destination.ledger() as ledger:
        live = ledger.identities().filter(pl.col("state") == "live")
        records = live.group_by("module").len().sort("module")
        open_intents, conflicts = len(ledger.unsettled()), ledger.conflicts().height
    summary = journey.workspace.reports / "summary.json"
    verdict = (
        json.loads(summary.read_text("utf-8"))["certificate"] if summary.exists() else None
    )
    frames = journey.workspace.data / "frames"
    return {
        "batches": {
            batch: {
                step: (frames / asset / f"{batch}.parquet").exists()
                for step, asset in _STEPS.items()
            }
            for batch in journey.workspace.batches()
        },
        "records": dict(records.iter_rows()),
        "open_intents": open_intents,
        "conflicts": conflicts,
        "certificate": verdict or "not yet",
    }


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


def trace(journey: "Journey", key: str) -> list[dict[str, Any]]:
    """Every record that ``key`` names, with its source lines and each field's way."""
    wanted = key.strip().casefold()
    keys = [wanted, f"txn:{key.strip()}", f"sub:{key.strip()}", f"note:{wanted}"]
    with journey.destination.ledger() as ledger:
        known = ledger.identities()
    number = int(wanted) if wanted.isdigit() else -1
    named = pl.col("source_key").str.to_lowercase().is_in([k.lower() for k in keys])
    found = known.filter(named | (pl.col("freshsales_id") == number))
    intended = journey.frame("intended_records").select(
        "module", "source_key", "batch", "sources"
    )
    rows = found.drop("batch").join(
        intended, on=["module", "source_key"], how="left", maintain_order="left"
    )
    return [_record(row) for row in rows.iter_rows(named=True)]


def _record(row: dict[str, Any]) -> dict[str, Any]:
    written, seen = (json.loads(row[name] or "{}") for name in ("written", "seen"))
    lines = ", ".join(row["sources"] or [])
    return {
        "module": row["module"],
        "source_key": row["source_key"],
        "freshsales_id": row["freshsales_id"],
        "how": row["origin"],
        "state": row["state"],
        "batch": row["batch"],
        "exports": lines,
        "fields": [
            {"field": name, "from": lines, "sent": value, "seen": _seen(seen, name)}
            for name, value in sorted(written.items())
            if not is_blank(value)
        ],
    }


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


def _seen(record: dict[str, Any], name: str) -> Any:
    """A field as it was read back; links are answered as lists of ids."""
    if name not in REFERENCES:
        return record.get(name)
    found = sorted(read_ids(REFERENCES[name], record))
    return found[0] if len(found) == 1 else found or None


def verify(journey: "Journey") -> dict[str, Any]:
    """Read every record again and compare it with what the ledger says was written.

    A field that arrived as sent and was changed since is listed under ``edits``; its record
    counts as edited, and as differing only where something else is wrong with it.
    """
    metadata = journey.destination.settings_in(journey.frame("provisioned_fields"))
    with journey.destination.connect() as link:
        target = link.mapping.destination
        snapshot = read_snapshot(
            link.client, metadata, target.edition, view_names=target.views
        )
        live = link.ledger.identities().filter(pl.col("state") == "live")
        chain = link.ledger.verify_chain()
    records = live.filter(~pl.col("module").is_in(["notes", "lists"]))
    now = snapshot.select("freshsales_id", pl.col("record").alias("now"))
    read = records.join(now, on="freshsales_id", how="left", maintain_order="left")
    compared = with_causes(
        compare_records(
            read.select("module", "source_key", "written"),
            read.select(
                "module", "source_key", "freshsales_id", pl.col("now").alias("seen")
            ),
            references=live,
            judge=same,
        ),
        records.select("module", "source_key", "seen"),
    )
    totals = dict(records.group_by("module").len().sort("module").iter_rows())
    modules = _verdicts(compared, totals)
    edits = compared.filter(pl.col("cause") == EDITED).sort("module", "freshsales_id")
    sound = all(not facts["differing"] for facts in modules.values())
    return {
        "modules": modules,
        "edits": edits.select("module", "freshsales_id", "field").to_dicts(),
        "chain_intact": chain.intact,
        "passed": sound and chain.intact,
    }


def _verdicts(
    compared: pl.DataFrame, totals: Mapping[str, int]
) -> dict[str, dict[str, int]]:
    """Records of each module: as sent, edited by people and else as sent, or differing."""
    cause = pl.col("cause")
    each = compared.group_by("module", "source_key").agg(
        (~cause.is_in([EQUAL, NORMALISED, EDITED])).any().alias("wrong"),
        (cause == EDITED).any().alias("edited"),
    )
    counts = each.group_by("module").agg(
        (~pl.col("wrong") & ~pl.col("edited")).sum().alias("verified"),
        (~pl.col("wrong") & pl.col("edited")).sum().alias("edited"),
    )
    found = {row.pop("module"): row for row in counts.iter_rows(named=True)}
    return {
        module: {
            "records": total,
            **(sound := found.get(module, {"verified": 0, "edited": 0})),
            "differing": total - sum(sound.values()),
        }
        for module, total in totals.items()
    }
