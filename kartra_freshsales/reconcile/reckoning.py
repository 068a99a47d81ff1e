"""The whole account of a migration: one value that every report and summary reads from.

Not here: comparing records (``compare``), rendering, files.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from kartra_freshsales.reconcile.causes import KEPT
from kartra_freshsales.reconcile.certificate import Certificate, Thresholds, certificate
from kartra_freshsales.reconcile.compare import EQUAL, NORMALISED
from kartra_freshsales.reconcile.conservation import (
    DELETED_THERE,
    STATES,
    equation,
    terminal_states,
)
from kartra_freshsales.reconcile.edits import EDITED, before_edits
from kartra_freshsales.reconcile.links import orphans
from kartra_freshsales.reconcile.open_records import SCHEMA
from kartra_freshsales.reconcile.sums import DEAL_MODULES, Names, sums

OUTCOMES: tuple[str, ...] = (
    "created", "updated", "skipped", "refused", "failed", "conflict",
)  # fmt: skip
"""From the strongest to the weakest: what is said of a record met in several plans."""

_HELD_UP: tuple[str, ...] = ("refused", "failed", "conflict")


def _there() -> pl.Expr:
    """Whether a record stands there: refused, failed and deleted ones do not."""
    deleted = (pl.col("outcome") == "conflict") & pl.col("reason").eq_missing(DELETED_THERE)
    return ~pl.col("outcome").is_in(["refused", "failed"]) & ~deleted


@dataclass(frozen=True)
class Reckoning:
    """Everything the certificate rests on."""

    certificate: Certificate
    results: pl.DataFrame
    comparison: pl.DataFrame
    rows: pl.DataFrame
    equation: pl.DataFrame
    sums: pl.DataFrame
    orphans: pl.DataFrame
    still_open: pl.DataFrame


def one_result_each(results: pl.DataFrame) -> pl.DataFrame:
    """One row per record: a record that several batches refer to counts once.

    What the batch that owns it reports counts; a batch that needed it before may have made
    it, and then the owner skipped it. Nothing that failed for its owner is hidden by what
    another batch, or an earlier load, reports. Several batches may own a list: the worst
    they report counts.
    """
    rank = pl.col("outcome").replace_strict(
        {outcome: at for at, outcome in enumerate(OUTCOMES)}, return_dtype=pl.Int8
    )
    keys, own = ["module", "source_key"], pl.col("role") == "own"
    failing = own & pl.col("outcome").is_in(_HELD_UP)
    worst_first = pl.when(failing).then(-rank).otherwise(0)
    chosen = results.sort(~own, worst_first, maintain_order=True).unique(
        keys, keep="first", maintain_order=True
    )
    strongest = results.sort(rank).unique(keys, keep="first", maintain_order=True)
    joined = chosen.join(
        strongest.select(*keys, pl.col("outcome").alias("_strongest")),
        on=keys,
        how="left",
        maintain_order="left",
    )
    return joined.with_columns(
        pl.when(failing).then("outcome").otherwise("_strongest").alias("outcome")
    ).drop("_strongest")


def sent_and_seen(
    results: pl.DataFrame, snapshot: pl.DataFrame | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What should stand there and what was read, for records that arrived.

    Args:
        results: load results.
        snapshot: the destination as it stood before the run. A record that was not written
            now is judged by it rather than by what an earlier run remembers.

    Returns:
        ``module, source_key, written, sources`` and ``module, source_key, freshsales_id,
        seen``.
    """
    there = results.filter(_there() & pl.col("written").is_not_null())
    if snapshot is not None and snapshot.height:
        now = snapshot.select(
            "freshsales_id",
            pl.col("record").alias("_now"),
            _moment(pl.col("updated_at")).alias("_at"),
        ).unique("freshsales_id")
        seen_at = _moment(pl.col("seen").str.json_path_match("$.updated_at"))
        # A load that was run again on the snapshot of its first run has read later since.
        older = (pl.col("_at") < seen_at).fill_null(value=False)
        untouched = pl.col("outcome").is_in(["skipped", "conflict"]) & ~older
        there = there.join(now, on="freshsales_id", how="left", maintain_order="left")
        there = there.with_columns(
            pl.when(untouched)
            .then(pl.coalesce("_now", "seen"))
            .otherwise("seen")
            .alias("seen")
        )
    return (
        there.select("module", "source_key", "written", "sources"),
        there.select("module", "source_key", "freshsales_id", "seen"),
    )


def _moment(text: pl.Expr) -> pl.Expr:
    return text.str.to_datetime("%+", time_unit="us", time_zone="UTC", strict=False)


def reckon(
    *,
    results: pl.DataFrame,
    comparison: pl.DataFrame,
    seen: pl.DataFrame,
    references: pl.DataFrame,
    row_states: pl.DataFrame,
    deals: pl.DataFrame,
    names: Names,
    thresholds: Thresholds,
    still_open: pl.DataFrame | None = None,
) -> Reckoning:
    """Close the books of all batches.

    Args:
        results: load results, one row per record.
        comparison: ``compare_records`` with causes, over the same records.
        seen: ``module, source_key, freshsales_id, seen``.
        references: ``module, source_key, freshsales_id`` of every record we know.
        row_states: the ledger of source rows before the load.
        deals: golden transactions and subscriptions (``deal_key, currency, amount,
            closed_date``); those that did not arrive are left out of the sums.
        names: words for stage and currency ids.
        thresholds: what is required.
        still_open: of ``open_records``; without it only source rows are counted.
    """
    there = results.filter(_there())
    written = there.select("module", "source_key", "written", "sources")
    if thresholds.accept_edits_since:
        seen = before_edits(seen, written, comparison, references)
    balance = equation(row_states, results, complete=True)
    is_deal = pl.col("module").is_in(DEAL_MODULES)
    money = sums(
        deals.join(
            there.filter(is_deal).select(pl.col("source_key").alias("deal_key")),
            on="deal_key",
            how="semi",
        ),
        seen.filter(is_deal),
        sent=_whole(written.filter(is_deal), references),
        names=names,
    )
    broken = orphans(written, seen, references=references)
    return Reckoning(
        certificate(comparison, money, broken, balance, thresholds, still_open=still_open),
        results,
        comparison,
        terminal_states(row_states, results, complete=True),
        balance,
        money,
        broken,
        pl.DataFrame(schema=SCHEMA) if still_open is None else still_open,
    )


def _whole(written: pl.DataFrame, references: pl.DataFrame) -> pl.DataFrame:
    """What was sent of each record, earlier loads included: an update is only a part."""
    if "written" not in references.columns:
        return written
    known = references.select("module", "source_key", pl.col("written").alias("_all"))
    joined = written.join(
        known, on=("module", "source_key"), how="left", maintain_order="left"
    )
    kept = pl.col("_all").is_not_null() & (pl.col("_all") != "")
    return joined.with_columns(
        pl.when(kept).then("_all").otherwise("written").alias("written")
    ).drop("_all")


def verified_records(comparison: pl.DataFrame) -> pl.DataFrame:
    """``module, verified``: records of which every field arrived or is people's own."""
    arrived = pl.col("verdict").is_in([EQUAL, NORMALISED])
    if "cause" in comparison.columns:
        arrived |= pl.col("cause").is_in([EDITED, KEPT])
    return (
        comparison.group_by("module", "source_key")
        .agg(arrived.all().alias("whole"))
        .group_by("module")
        .agg(pl.col("whole").sum().cast(pl.Int64).alias("verified"))
        .sort("module")
    )


def module_counts(reckoning: Reckoning) -> dict[str, dict[str, int]]:
    """``planned, created, updated, skipped, refused, failed, verified`` of each module."""
    verified = dict(verified_records(reckoning.comparison).iter_rows())
    tables: dict[str, dict[str, int]] = {}
    for module, group in reckoning.results.group_by("module", maintain_order=True):
        name = str(module[0])
        counts = dict(group.group_by("outcome").len().iter_rows())
        tables[name] = {
            "planned": group.height,
            **{outcome: int(counts.get(outcome, 0)) for outcome in OUTCOMES},
            "verified": int(verified.get(name, 0)),
        }
    return tables


def kind_counts(reckoning: Reckoning) -> dict[str, dict[str, int]]:
    """``rows`` and the six states of each export kind, over all batches."""
    table = (
        reckoning.equation.group_by("kind").agg(pl.col("rows", *STATES).sum()).sort("kind")
    )
    return {
        row["kind"]: {name: int(row[name]) for name in ("rows", *STATES)}
        for row in table.iter_rows(named=True)
    }


def summary(reckoning: Reckoning, reports: Mapping[str, str]) -> dict[str, object]:
    """The figures a program wants, in the form the commands print."""
    return {
        "modules": module_counts(reckoning),
        "kinds": kind_counts(reckoning),
        "certificate": "pass" if reckoning.certificate.passed else "fail",
        "reasons": list(reckoning.certificate.reasons),
        "digest": reckoning.certificate.digest,
        "reports": dict(reports),
    }
