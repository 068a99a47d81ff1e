"""Rules over totals: what was typed in from Kartra's screens, and what the files hold.

Not here: counting (``transforms.totals``), sums of what was loaded (``load_rules``).
"""

import polars as pl

from kartra_freshsales.orchestration.checks.verdicts import Frames, Verdict


def every_typed_total_agrees(frames: Frames) -> Verdict:
    """Each figure typed in is that of the files; names those that differ (S75)."""
    compared = frames["totals_compared"]
    apart = compared.filter(pl.col("difference") != 0)
    where = apart.select(
        pl.format(
            "{}: Kartra {}, files {}",
            "what",
            pl.col("kartra").cast(pl.String),
            pl.col("files").cast(pl.String),
        )
    )
    return Verdict(
        apart.height,
        {
            "figures typed in": compared.height,
            "figures that agree": compared.height - apart.height,
        },
        where.to_series().to_list(),
        "Export what is missing into a new batch, or correct mappings/totals.yaml. See "
        "reports/totals_by_month.csv for what the files hold.",
    )
