"""One batch's plan as the assets see it: made, its conflicts noted, its queue written.

Not here: the rules of a plan (``planning``), what an approval binds to (``approval``).
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from kartra_freshsales.errors import BadInput, NotConfirmed
from kartra_freshsales.freshsales.metadata import Metadata
from kartra_freshsales.freshsales.modules import Module
from kartra_freshsales.freshsales.plan_facts import plan_facts
from kartra_freshsales.ledger.records import Conflict
from kartra_freshsales.ledger.store import Ledger
from kartra_freshsales.mapping.model import Mapping, sha256_of
from kartra_freshsales.orchestration.resources import WorkspaceResource
from kartra_freshsales.planning.matching import LIVE
from kartra_freshsales.planning.plan import make_plan
from kartra_freshsales.planning.refusals import predicted_refusals
from kartra_freshsales.planning.retry import retried
from kartra_freshsales.planning.sample import representative
from kartra_freshsales.planning.storage import room_in_bytes, storage_refusals
from kartra_freshsales.reports.tables import csv_text

CONFLICTS_REPORT, LEFT_REPORT = "conflicts.csv", "left_the_source.csv"
SAMPLE, EVERY_BATCH = "sample", "all"
"""Kind and subject of the sign-off of a representative sample."""
_NOT_IN_PAYLOADS = ("conversion", "totals", "conflicts", "thresholds")


@dataclass(frozen=True)
class Basis:
    """What a plan is made from.

    ``deleted`` are records of ours that the snapshot missed, ``left`` those that have left
    the source.
    """

    intended: pl.DataFrame
    snapshot: pl.DataFrame
    deleted: pl.DataFrame
    left: pl.DataFrame


def plan_batch(
    basis: Basis,
    batch: str,
    mapping: Mapping,
    metadata: Metadata,
    ledger: Ledger,
    *,
    run: str,
    sample: bool = False,
) -> pl.DataFrame:
    """Make a batch's plan, of the sample's records only or of all, and note conflicts."""
    edition = mapping.destination.edition
    wanted = basis.intended
    if sample:
        wanted = representative(wanted, size=mapping.destination.sample_size).records
    plan, conflicts = make_plan(
        wanted,
        ledger.identities(),
        basis.snapshot,
        batch=batch,
        refusals=_refusals(wanted, mapping, metadata, ledger),
        edition=edition,
        missing=basis.deleted,
        said=mapping.conflicts,
        left=basis.left,
    )
    found = [Conflict(**row, run=run) for row in conflicts.iter_rows(named=True)]
    # Only what stands in the queue already can be over: a plan may have millions of rows.
    queued = ledger.conflicts().join(plan, on=("module", "source_key"), how="semi")
    ledger.put_conflicts(found, set(queued.select("module", "source_key").iter_rows()))
    return plan


def _refusals(
    wanted: pl.DataFrame, mapping: Mapping, metadata: Metadata, ledger: Ledger
) -> pl.DataFrame:
    """What Freshsales would refuse, and files for which it has no room."""
    edition = mapping.destination.edition
    predicted = predicted_refusals(wanted, metadata, edition=edition)
    files = [str(Module.FILES)]
    if not wanted["module"].is_in(files).any():
        return predicted
    room = room_in_bytes(
        plan_facts(mapping.destination.plan).storage_gb_per_user,
        sum(user.is_active for user in metadata.users),
        mapping.attachments.storage_gb,
    )
    beyond = storage_refusals(wanted, ledger.identities(files), room)
    return pl.concat([predicted, beyond])


def retry_file(workspace: WorkspaceResource, batch: str) -> Path:
    """Where the selection of a retry is kept: keys of records stay out of run config."""
    return workspace.workspace.data / "retries" / f"{batch}.parquet"


def only_retried(
    plan: pl.DataFrame, workspace: WorkspaceResource, batch: str
) -> pl.DataFrame:
    """The plan with all that is not in the batch's selection held back.

    Raises:
        BadInput: no selection was made.
    """
    path = retry_file(workspace, batch)
    if not path.exists():
        raise BadInput(
            f"Nothing was selected for a retry of batch {batch}.",
            remedy="Run: kartra-freshsales migrate --retry CLASS",
        )
    with path.open("rb") as file:
        return retried(plan, pl.read_parquet(file))


def write_conflicts(ledger: Ledger, workspace: WorkspaceResource) -> str:
    """Write the queue of open conflicts for a person to decide; answers its path.

    Keys stand in full, since a decision has to name them; values are masked.
    """
    queue = ledger.conflicts().drop("run")
    known = ledger.identity_ids() if queue.height else {}
    keys = queue.select("module", "source_key").iter_rows()
    ids = pl.Series("freshsales_id", [known.get(key) for key in keys], dtype=pl.Int64)
    queue = queue.with_columns(ids)
    text = csv_text(queue, verbatim=("source_key",))
    return str(workspace.write_report(CONFLICTS_REPORT, text))


def sample_digest(mapping: Mapping, account: str) -> str:
    """What a sign-off of a sample is for: an account, and all that shapes a payload.

    Later exports and decisions about single conflicts do not void it; another map does.
    """
    shaping = mapping.model_dump(
        mode="json",
        by_alias=True,
        exclude={
            **dict.fromkeys(_NOT_IN_PAYLOADS, True),
            "source": {"complete", "withdrawn"},
        },
    )
    return hashlib.sha256(f"{sha256_of(shaping)} {account}".encode()).hexdigest()


def require_sample(ledger: Ledger, mapping: Mapping, account: str) -> None:
    """Raise ``NotConfirmed`` where a sample has to be signed off first (S103, S107)."""
    target = mapping.destination
    if target.rehearsal or not target.sample_first:
        return
    given = ledger.approval(SAMPLE, EVERY_BATCH)
    if given is None or given.digest != sample_digest(mapping, account):
        changed = "" if given is None else " The map has changed since the last sign-off."
        raise NotConfirmed(
            f"Nobody has signed off a representative sample of this migration.{changed}",
            remedy="Run 'migrate --sample', look at its records in Freshsales, then sign "
            "off with 'approve --sample'. Or set sample_first: false in "
            "mappings/destination.yaml.",
        )


def sample_standing(
    intended: pl.DataFrame, identities: pl.DataFrame, size: int
) -> pl.DataFrame:
    """``module, chosen, standing``: how much of the sample stands in Freshsales."""
    chosen = representative(intended, size=size).records
    live = identities.filter(pl.col("state") == LIVE).select("module", "source_key")
    there = chosen.join(
        live.with_columns(pl.lit(value=True).alias("_live")),
        on=("module", "source_key"),
        how="left",
    )
    return (
        there.group_by("module")
        .agg(
            pl.len().cast(pl.Int64).alias("chosen"),
            pl.col("_live").fill_null(value=False).sum().cast(pl.Int64).alias("standing"),
        )
        .sort("module")
    )
