"""What the exports cover, for the scope and for the run's own page: counts only.

Not here: counting (``transforms.batches``), the other sections (``scope_sections``).
"""

import polars as pl

from kartra_freshsales.reports.page import Section
from kartra_freshsales.reports.tables import Table, markdown_cell, table

_ROWS = 300
_FILES = {
    "kind": "kind",
    "batch": "batch",
    "file": "file",
    "rows": "rows",
    "keys": "different records",
    "only_here": "in no other file",
    "no_key": "without a key",
    "first": "first day",
    "last": "last day",
    "undated": "without a day",
    "exported_at": "exported (UTC)",
}
_PAIRS = {
    "kind": "kind",
    "batch": "batch",
    "other_batch": "other batch",
    "keys_in_both": "records in both",
    "share_of_smaller": "share of the smaller",
}
_DAYS = {
    "kind": "kind",
    "after": "last day before",
    "before": "first day after",
    "days": "days without a row",
}
_TEXT = (
    "Every batch adds to one set of records, in whatever order it came: what several files "
    "hold counts once. Records are told apart by e-mail, transaction id or subscription "
    "id; days are those of contacts joining, transactions and subscriptions starting."
)
_NO_GAP = "No stretch of days between the first and the last lacks transactions."


def manifest_table(manifest: pl.DataFrame) -> Table:
    """What each file brought, of ``batches.cover``."""
    return table(manifest, _FILES, caption="What each file brought", limit=_ROWS)


def overlaps_table(overlaps: pl.DataFrame) -> Table:
    """What batches have in common, of ``batches.cover``."""
    return table(
        overlaps,
        _PAIRS,
        caption="What two batches have in common",
        limit=_ROWS,
        empty="No two batches hold the same record.",
    )


def gaps_table(gaps: pl.DataFrame) -> Table:
    """Days that no transaction is from, of ``batches.cover``."""
    caption = "Look whether an export is missing"
    return table(gaps, _DAYS, caption=caption, limit=_ROWS, empty=_NO_GAP)


def cover_section(
    manifest: pl.DataFrame, overlaps: pl.DataFrame, gaps: pl.DataFrame
) -> Section:
    """What the exports cover and what they share (S74-S76, S111).

    Args:
        manifest: of ``batches.cover``, as the others.
        overlaps: pairs of batches that share records.
        gaps: days without any transaction.
    """
    return Section(
        "cover",
        "What the exports cover",
        _TEXT,
        tables=(manifest_table(manifest), overlaps_table(overlaps), gaps_table(gaps)),
    )


def markdown_of(shown: Table) -> str:
    """A table as Markdown, for the page that Dagster shows of a run."""
    if not shown.rows:
        return markdown_cell(shown.empty)
    rules = ["---:" if head.numeric else "---" for head in shown.headings]
    rows = [[markdown_cell(cell.text) for cell in row] for row in shown.rows]
    heads = [markdown_cell(head.text) for head in shown.headings]
    lines = [f"| {' | '.join(cells)} |" for cells in (heads, rules, *rows)]
    more = [f"\nAnd {shown.cut:,} more."] if shown.cut else []
    return "\n".join([*lines, *more])
