"""The proof of a rollback: what was taken back, spared, and stands there now (S3).

Not here: planning or carrying it out (``loading.rollback``), whose plan and proof are read.
"""

from typing import Protocol

import polars as pl

from kartra_freshsales.reports.page import Fact, Page, Report, Section, Verdict, render
from kartra_freshsales.reports.tables import Table, table

_ROWS = 300
_SPARED = "spare"
_PROOF_COLUMNS = {
    "module": "module",
    "freshsales_id": "freshsales id",
    "field": "field",
    "operation": "step",
    "reason": "why",
}
"""Columns of a proof that hold no value of a record."""


class Planned(Protocol):
    """What is read of a rollback plan."""

    @property
    def rows(self) -> pl.DataFrame:
        """``module, freshsales_id, fields, action, reason`` and more."""

    @property
    def digest(self) -> str:
        """What was approved."""

    @property
    def requests(self) -> int:
        """How many requests were announced."""

    @property
    def cannot_undo(self) -> tuple[str, ...]:
        """Sentences on what stays whatever is done."""


class Proven(Protocol):
    """What is read of a rollback's proof."""

    @property
    def passed(self) -> bool:
        """Whether everything touched stands as it stood before the load."""

    @property
    def checked(self) -> int:
        """How many values and records were compared."""

    @property
    def differences(self) -> pl.DataFrame:
        """``module, freshsales_id, field`` and values, which are not shown."""

    @property
    def spared(self) -> pl.DataFrame:
        """``module, freshsales_id, operation, reason`` of what was left to people."""


def _counts(frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
    by = ["module", *columns]
    return frame.group_by(by).agg(pl.len().cast(pl.Int64).alias("steps")).sort(by)


def _proof_tables(proof: Proven) -> tuple[Table, ...]:
    """What differs and what was spared: which field of which record, never a value."""
    return tuple(
        table(
            frame.with_columns(pl.col("freshsales_id").cast(pl.String)),
            _PROOF_COLUMNS,
            caption=caption,
            limit=_ROWS,
        )
        for caption, frame in (("Differences", proof.differences), ("Spared", proof.spared))
    )


def _verdict(done: pl.DataFrame, proof: Proven) -> Verdict:
    if proof.passed:
        return Verdict(
            "good",
            "Proven",
            "Everything the load touched was read back and stands as it did before, except "
            "what people have changed since, which was spared.",
        )
    failed = done.filter(pl.col("outcome") == "failed").height
    return Verdict(
        "bad",
        "Not proven",
        "Something does not stand as it did before the load.",
        (f"{failed:,} steps failed; run the rollback again, it goes on where it stopped.",),
    )


def _spared(plan: Planned) -> pl.DataFrame:
    return plan.rows.filter(action=_SPARED).select(
        "module",
        pl.col("freshsales_id").cast(pl.String).alias("freshsales id"),
        "operation",
        "fields",
        "reason",
    )


def rollback_report(plan: Planned, done: pl.DataFrame, proof: Proven) -> Report:
    """The report of one rollback.

    Args:
        plan: what was approved.
        done: the plan's rows with ``outcome``.
        proof: of reading everything back; frames it carries are shown.
    """
    page = Page(
        title="Rollback",
        subtitle="What the load had written, taken back out of Freshsales.",
        verdict=_verdict(done, proof),
        facts=(
            Fact("Planned", f"{plan.rows.height:,}"),
            Fact("Carried out", f"{done.height:,}"),
            Fact("Compared", f"{proof.checked:,}"),
            Fact("Requests announced", f"{plan.requests:,}"),
        ),
        sections=(
            Section(
                "steps",
                "Steps",
                tables=(
                    table(
                        _counts(plan.rows, "operation", "action"),
                        caption="Planned, by action",
                    ),
                    table(_counts(done, "outcome"), caption="Carried out, by outcome"),
                ),
            ),
            Section(
                "spared",
                "Spared",
                "Touched by people since the load, or gone already; left as they are.",
                tables=(table(_spared(plan), caption="Left alone", limit=_ROWS),),
            ),
            Section(
                "remains",
                "What cannot be undone by API",
                points=plan.cannot_undo or ("Nothing remains.",),
            ),
            Section("proof", "Proof", tables=_proof_tables(proof)),
        ),
        footer=(f"Digest of the plan: {plan.digest}",),
    )
    return render(page, done)
