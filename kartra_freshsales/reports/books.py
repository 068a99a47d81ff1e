"""Closing the books: the comparison of one batch, and the account of all of them.

Puts ``reconcile`` and the reports together. Not here: reading frames, writing files.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from kartra_freshsales.freshsales.metadata import Metadata
from kartra_freshsales.ledger.chain_record import ChainRecord
from kartra_freshsales.mapping.model import Mapping as Decisions
from kartra_freshsales.mapping.payloads import absorbed_subscriptions
from kartra_freshsales.reconcile.adopted import compare_unsent
from kartra_freshsales.reconcile.causes import cause_counts, with_causes
from kartra_freshsales.reconcile.certificate import Thresholds
from kartra_freshsales.reconcile.compare import compare_records, verdict_counts
from kartra_freshsales.reconcile.conservation import carried_by_deals
from kartra_freshsales.reconcile.open_records import (
    KEYS,
    as_they_stand,
    open_records,
    still_meant,
)
from kartra_freshsales.reconcile.reckoning import (
    Reckoning,
    module_counts,
    one_result_each,
    reckon,
    sent_and_seen,
    summary,
)
from kartra_freshsales.reconcile.spot_sample import side_by_side, spot_sample
from kartra_freshsales.reconcile.sums import Names
from kartra_freshsales.reports.differences import (
    explained,
    not_written,
    where_rows_ended,
)
from kartra_freshsales.reports.evidence import (
    CERTIFICATE,
    PUBLIC_KEY,
    SIGNATURE,
    Ground,
    seal,
)
from kartra_freshsales.reports.page import Report
from kartra_freshsales.reports.phase import phase_report
from kartra_freshsales.reports.reconciliation import reconciliation_report
from kartra_freshsales.reports.signing import Signer
from kartra_freshsales.reports.tables import csv_text


def compare_batch(
    what: str,
    batch: str,
    results: pl.DataFrame,
    snapshot: pl.DataFrame,
    identities: pl.DataFrame,
    *,
    plan: pl.DataFrame,
) -> tuple[pl.DataFrame, str]:
    """Compare one loaded module of a batch, with causes, and write its phase report.

    Args:
        what: the module in plain words.
        batch: key of the batch.
        results: load results.
        snapshot: the destination before the load, for records that were not written.
        identities: the ledger's, to resolve links and to know what an earlier load saw.
        plan: the batch's load plan, for what it means and nobody sent.
    """
    sent, seen = sent_and_seen(results, snapshot)
    written = with_causes(
        compare_records(sent, seen, references=identities),
        identities.select("module", "source_key", "seen"),
    )
    compared = pl.concat([written, compare_unsent(results, plan, snapshot, identities)])
    places = results.select(*KEYS, "role").unique(("module", "source_key"), keep="first")
    placed = compared.join(
        places, on=("module", "source_key"), how="left", maintain_order="left"
    )
    return placed, phase_report(what, batch, results, compared)


def one_comparison_each(comparison: pl.DataFrame, results: pl.DataFrame) -> pl.DataFrame:
    """The fields of each record once: as the batch that owns it compared them.

    Args:
        comparison: of ``compare_batch``, of all batches.
        results: load results that count; other records are left out.
    """
    record, own = ["module", "source_key"], pl.col("role") == "own"
    kept = comparison.join(results, on=KEYS, how="semi", maintain_order="left")
    kept = kept.filter(own | ~own.any().over(record))
    # A list is compared once per batch: each has members of its own.
    return kept.unique([*KEYS, "field"], keep="first", maintain_order=True)


@dataclass(frozen=True)
class Books:
    """The closed books: the verdict, its measures, and every text that belongs to them.

    ``files`` may be handed on; ``own_files`` hold values of records and stay here;
    ``drawn`` is of ``spot_sample``.
    """

    reckoning: Reckoning
    report: Report
    files: Mapping[str, str]
    own_files: Mapping[str, str]
    ground: Ground
    drawn: pl.DataFrame

    @property
    def sample(self) -> pl.DataFrame:
        """The records of the spot check, one row per field, of ``side_by_side``."""
        return side_by_side(self.drawn, self.reckoning.results, self.reckoning.comparison)

    def sealed(self, signer: Signer, folder: Path) -> dict[str, str]:
        """Sign the certificate and seal the evidence below ``folder``; paths by name."""
        made = seal(self.reckoning, self.ground, self.drawn, signer, folder)
        beside = {name: str(folder / name) for name in (CERTIFICATE, SIGNATURE, PUBLIC_KEY)}
        return {**beside, "evidence.zip": str(made.bundle)}

    @property
    def measures(self) -> pl.DataFrame:
        """``measure, module, required, measured, passed``."""
        return pl.DataFrame(
            [
                (m.name, m.module, m.threshold, m.measured, m.passed)
                for m in self.reckoning.certificate.measured
            ],
            schema={
                "measure": pl.String,
                "module": pl.String,
                "required": pl.String,
                "measured": pl.String,
                "passed": pl.Boolean,
            },
            orient="row",
        )


def names_of(metadata: Metadata) -> Names:
    """Words for the stage, currency and user ids of the account."""
    stages = {str(s.id): s.name for pipe in metadata.pipelines for s in pipe.stages}
    currencies = {str(c.id): c.currency_code for c in metadata.currencies}
    owners = {str(u.id): u.display_name or str(u.id) for u in metadata.users}
    return Names(stages, currencies, owners)


def golden_deals(transactions: pl.DataFrame, subscriptions: pl.DataFrame) -> pl.DataFrame:
    """``deal_key, currency, amount, closed_date`` of all deals the exports hold."""
    sales = transactions.select(
        "deal_key", "currency", "amount", pl.col("date").alias("closed_date")
    )
    recurring = subscriptions.select(
        "deal_key",
        "currency",
        pl.col("next_payment_amount").fill_null(0).alias("amount"),
        pl.lit(None, pl.Date).alias("closed_date"),
    )
    return pl.concat([sales, recurring], how="vertical_relaxed")


def close_books(
    decisions: Decisions,
    *,
    results: pl.DataFrame,
    comparison: pl.DataFrame,
    intended: pl.DataFrame,
    plans: pl.DataFrame,
    snapshot: pl.DataFrame,
    row_states: pl.DataFrame,
    transactions: pl.DataFrame,
    subscriptions: pl.DataFrame,
    metadata: Metadata,
    identities: pl.DataFrame,
    requests: Mapping[str, int],
    target: str,
    account: str,
    record: ChainRecord,
) -> Books:
    """Reckon all batches and write the certificate, the reports and the review files.

    Args:
        decisions: thresholds, and whether this is a rehearsal.
        results: load results of all batches.
        comparison: field comparisons of all batches, of ``compare_batch``.
        intended: ``module, source_key, batch`` of every intended record.
        plans: ``module, source_key, batch, operation, planned_in`` of all load plans.
        snapshot: the destination before the load.
        row_states: the ledger of source rows.
        transactions: golden transactions.
        subscriptions: golden subscriptions.
        metadata: words for ids.
        identities: the ledger's.
        requests: all requests so far, by kind.
        target: address of the account.
        account: key of the account in the ledger.
        record: the ledger's append-only record.
    """
    counted = as_they_stand(still_meant(results, intended), identities)
    each = one_result_each(counted)
    standing = counted.filter(pl.col("outcome") != "failed")
    comparison = one_comparison_each(comparison, standing)
    _, seen = sent_and_seen(each, snapshot)
    reckoning = reckon(
        results=each,
        comparison=comparison,
        seen=seen,
        references=identities,
        row_states=carried_by_deals(
            row_states, absorbed_subscriptions(transactions, subscriptions, decisions)
        ),
        deals=golden_deals(transactions, subscriptions),
        names=names_of(metadata),
        thresholds=Thresholds.model_validate(decisions.thresholds.model_dump()),
        still_open=open_records(intended, plans, counted, comparison),
    )
    drawn = spot_sample(
        reckoning.results, reckoning.comparison, seed=str(record.ends["intent_head"])
    )
    report = reconciliation_report(
        reckoning.certificate,
        equation=reckoning.equation,
        modules=module_counts(reckoning),
        verdict_counts=verdict_counts(reckoning.comparison),
        cause_counts=cause_counts(reckoning.comparison),
        sums=reckoning.sums,
        orphans=reckoning.orphans,
        comparison=reckoning.comparison,
        results=reckoning.results,
        rows=reckoning.rows,
        requests=requests,
        target=target,
        rehearsal=decisions.destination.rehearsal,
        batches=row_states["_batch"].unique().sort().to_list(),
        drawn=drawn,
    )
    files = _files(reckoning, report)
    ground = Ground(
        account=account,
        rehearsal=decisions.destination.rehearsal,
        mapping_digest=decisions.digest(),
        plans=plans,
        record=record,
        reports=files,
    )
    return Books(reckoning, report, files, _own_files(reckoning), ground, drawn)


def _files(reckoning: Reckoning, report: Report) -> dict[str, str]:
    review = reckoning.rows.filter(~pl.col("state").is_in(["loaded", "merged"]))
    return {
        "reconciliation_report.html": report.html,
        "reconciliation_report.md": report.markdown,
        "rows_not_loaded.csv": csv_text(review.drop("record_key")),
        "rows_by_reason.csv": csv_text(where_rows_ended(reckoning.rows)),
        "records_not_written.csv": csv_text(not_written(reckoning.results)),
    }


def _own_files(reckoning: Reckoning) -> dict[str, str]:
    found, values = explained(reckoning.comparison), ("sent", "read back")
    same = pl.col("cause") == "normalised"
    return {
        "differences.csv": csv_text(found.filter(~same), verbatim=values),
        "differences_in_form.csv": csv_text(found.filter(same), verbatim=values),
    }


def summary_text(books: Books, reports: Mapping[str, str]) -> str:
    """The summary a program reads, as JSON."""
    return json.dumps(summary(books.reckoning, reports), indent=2, default=str)
