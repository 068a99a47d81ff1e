"""Rules over what the exports cover: whether one of them may be missing.

Not here: counting (``transforms.batches``), typed totals (``total_rules``).
"""

import polars as pl

from kartra_freshsales.orchestration.checks.verdicts import Frames, Verdict


def exports_leave_no_gap(frames: Frames) -> Verdict:
    """No stretch of days lacks transactions; a quiet season looks the same (S75, S111)."""
    gaps = frames["export_gaps"]
    where = gaps.sort("days", descending=True).select(
        pl.format("{}: no row for {} days after {}", "kind", "days", "after")
    )
    return Verdict(
        gaps.height,
        {
            "gaps": gaps.height,
            "days in gaps": int(gaps["days"].sum()),
            "days in the longest": max([0, *gaps["days"]]),
        },
        where.to_series().to_list(),
        "Look whether an export is missing. If so, export these days from Kartra into a "
        "new batch, then run extract and prepare. If nothing was sold, nothing is to do.",
    )
