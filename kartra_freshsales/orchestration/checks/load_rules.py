"""Rules of the last stages: the plan, what the load did, what was read back, the undo.

Not here: keys (``key_rules``), shapes (``shape_rules``), gates (the assets' own bodies).
"""

import polars as pl

from kartra_freshsales.orchestration.checks.verdicts import (
    SHOWN,
    Frames,
    Rule,
    Verdict,
    counts_of,
    places,
)
from kartra_freshsales.schemas.load_plan import OPERATIONS
from kartra_freshsales.schemas.load_results import OUTCOMES

UNDONE = ("done", "spared", "already_gone", "failed")
ARRIVED = ("equal", "normalised", "edited_since")
CAUSES = (
    *ARRIVED, "destination_rewrite", "truncated", "record_missing", "field_missing",
    "wrong",
)  # fmt: skip


def nothing_is_refused(frames: Frames) -> Verdict:
    """No record of the plan would be refused by the destination (G17)."""
    return _planned(
        frames,
        "refuse",
        "These records stay behind; each one's remedy stands in load_plan. Correct the "
        "source or the map and plan again, or approve the plan without them.",
    )


def no_conflicts(frames: Frames) -> Verdict:
    """People changed nothing there that the source wants otherwise (G5)."""
    return _planned(
        frames,
        "conflict",
        "What people changed in Freshsales is kept. Decide there which value is right; the "
        "fields stand in the ledger's conflicts.",
    )


def _planned(frames: Frames, operation: str, remedy: str) -> Verdict:
    plan = frames["load_plan"]
    found = plan.filter(pl.col("operation") == operation)
    reasons = {f"because {word}": n for word, n in counts_of(found, "reason").items()}
    counts = {"records": plan.height, **counts_of(plan, "operation", OPERATIONS), **reasons}
    return Verdict(found.height, counts, places(found), remedy)


def nothing_failed(asset: str) -> Rule:
    """Every record of the module was sent, or was not to be sent."""

    def rule(frames: Frames) -> Verdict:
        rows = frames[asset]
        failed = rows.filter(pl.col("outcome") == "failed")
        reasons = {f"because {word}": n for word, n in counts_of(failed, "reason").items()}
        return Verdict(
            failed.height,
            {**counts_of(rows, "outcome", OUTCOMES), **reasons},
            places(failed),
            f"Each record's remedy stands in {asset}. Correct them and load this batch "
            "again: only what is missing is sent.",
        )

    return rule


def every_planned_record_has_an_outcome(asset: str, module: str) -> Rule:
    """One result for each record of the plan, and none besides."""
    key = ["source_key", "role"]

    def rule(frames: Frames) -> Verdict:
        rows, plan = frames[asset], frames["load_plan"].filter(module=module)
        settled = rows.filter(pl.col("outcome").is_in(OUTCOMES))
        without = plan.join(settled, on=key, how="anti")
        unplanned = rows.join(plan, on=key, how="anti")
        repeated = rows.height - rows.select(key).n_unique()
        counts = {
            "planned": plan.height,
            "without an outcome": without.height,
            "not in the plan": unplanned.height,
            "more than once": repeated,
        }
        return Verdict(
            without.height + unplanned.height + repeated,
            counts,
            places(unplanned),
            "Load this batch again: it settles what was sent, then sends what is missing.",
        )

    return rule


def every_field_arrived(asset: str) -> Rule:
    """Every field that was sent was read back as it was meant (S16, G3)."""

    def rule(frames: Frames) -> Verdict:
        fields = frames[asset]
        wrong = fields.filter(~pl.col("cause").is_in(ARRIVED))
        by_field = wrong.group_by("field").len().sort("len", "field", descending=True)
        return Verdict(
            wrong.height,
            {
                "fields": fields.height,
                "records that differ": wrong["source_key"].n_unique(),
                **counts_of(fields, "cause", CAUSES),
                **{f"field {name}": n for name, n in by_field.head(SHOWN).iter_rows()},
            },
            places(wrong),
            "The batch's report in reports/batches/ shows each difference with its cause. "
            "Load the batch again for what is missing; ask who changed what else differs.",
        )

    return rule


def certificate_passes(frames: Frames) -> Verdict:
    """Every threshold that was written down is met (S8)."""
    measures = frames["certificate"]
    failed = measures.filter(~pl.col("passed").fill_null(value=False))
    where = failed.select(
        pl.format("{} ({}): {}, {}", "measure", "module", "measured", "required")
    )
    nothing = int(measures.is_empty())
    return Verdict(
        failed.height + nothing,
        {"measures": measures.height, "passed": measures.height - failed.height},
        where.to_series().head(SHOWN).to_list(),
        "reports/reconciliation_report.html says where each row ended, and why fields "
        "differ. Correct the causes, load the batches again, then certify again.",
    )


def rollback_is_proven(frames: Frames) -> Verdict:
    """What was taken back was read back, and nothing of it still stands (S3, G2)."""
    rows = frames["rolled_back"]
    unproven = rows.filter(~pl.col("proven").fill_null(value=False))
    return Verdict(
        unproven.height,
        counts_of(rows, "outcome", UNDONE),
        remedy="reports/rollback-<batch>.html lists what still differs. Plan the rollback "
        "again and approve it: it takes back what is left.",
    )
