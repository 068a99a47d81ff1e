"""The small report of one module of one batch, right after its load (S109).

Not here: the whole migration (``reconciliation``).
"""

import polars as pl

from kartra_freshsales.reconcile.causes import UNPROVEN, cause_counts
from kartra_freshsales.reports.differences import differences, not_written
from kartra_freshsales.reports.page import Fact, Page, Section, Verdict, render
from kartra_freshsales.reports.tables import table

_ROWS = 50
_ROLES = {
    "own": "of this batch",
    "parent": "needed here, counted with the batch they belong to",
}
"""With the first kind only, the phases add up to the reconciliation report."""


def _verdict(results: pl.DataFrame, comparison: pl.DataFrame) -> Verdict:
    missing = not_written(results).height
    differing = comparison.filter(pl.col("cause").is_in(UNPROVEN)).height
    if missing or differing:
        sentence = f"{missing:,} records were not written, {differing:,} fields differ."
        return Verdict("bad", "Look here", sentence)
    return Verdict("good", "Agrees", f"All {results.height:,} records are as sent.")


def phase_report(
    module: str, batch: str, results: pl.DataFrame, comparison: pl.DataFrame
) -> str:
    """Row counts and differences of one phase, as Markdown.

    Args:
        module: what was loaded.
        batch: key of the batch.
        results: load results of the module and batch.
        comparison: of ``compare_records`` with causes, for the same records.
    """
    whose = pl.col("role").replace_strict(_ROLES, default=pl.col("role")).alias("whose")
    outcomes = results.group_by(whose, "outcome").len("records").sort("whose", "outcome")
    fields = table(cause_counts(comparison), caption="Fields by cause")
    page = Page(
        title=f"{module}, batch {batch}",
        subtitle="What this phase planned, sent and read back.",
        verdict=_verdict(results, comparison),
        facts=(
            Fact("Records", f"{results.height:,}"),
            Fact("Fields", f"{comparison.height:,}"),
        ),
        sections=(
            Section(
                "counts",
                "Row counts",
                tables=(table(outcomes, caption="Records by outcome"), fields),
            ),
            Section(
                "open",
                "Open points",
                tables=(
                    table(not_written(results), caption="Not written", limit=_ROWS),
                    table(differences(comparison), caption="Differences", limit=_ROWS),
                ),
            ),
        ),
    )
    return render(page).markdown
