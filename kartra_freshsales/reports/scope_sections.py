"""Sections of the scope that show what was held against what: totals, and duplicates.

Not here: the page and its other sections (``scope``), measuring (``transforms``).
"""

import polars as pl

from kartra_freshsales.reports.page import Section
from kartra_freshsales.reports.tables import table
from kartra_freshsales.transforms.totals import by_type_and_currency

_NOTHING_TYPED = (
    "Nothing was typed in. Copy the figures of Kartra's screens into mappings/totals.yaml, "
    "and they are held against the files here."
)


def totals_section(
    totals: pl.DataFrame, compared: pl.DataFrame, joins: pl.DataFrame
) -> Section:
    """What the exports add up to, and whether Kartra's own screens say the same (S75).

    Args:
        totals: of ``totals.transaction_totals``.
        compared: of ``totals.compared``.
        joins: of ``totals.joins``.
    """
    apart = compared.filter(pl.col("difference") != 0).height
    said = (
        f"{compared.height - apart} of {compared.height} figures agree."
        if compared.height
        else _NOTHING_TYPED
    )
    return Section(
        "totals",
        "Totals of the exports",
        f"{said} By month and product: reports/totals_by_month.csv.",
        tables=(
            table(
                by_type_and_currency(totals),
                caption="Transactions by type; currencies are never added up",
            ),
            table(
                compared, caption="Kartra's screens beside the files", empty="None typed."
            ),
            table(joins, caption="How buyers and refunded sales were found"),
        ),
    )


def flags_section(flags: pl.DataFrame) -> Section:
    """Contacts worth a decision, by reason, with the word that leaves them out (S86, S99).

    Args:
        flags: of ``flags.flagged``.
    """
    counted = (
        flags.group_by("flag", "why", "decide")
        .agg(pl.len().cast(pl.Int64).alias("contacts"))
        .sort("contacts", "flag", descending=[True, False])
        .select("flag", "contacts", "why", "decide")
    )
    return Section(
        "flags",
        "Contacts to decide about",
        "All of them come along unless you decide otherwise. Their rows stand in "
        "reports/flagged_contacts.csv and in reports/review.xlsx, sheet Suppression.",
        tables=(table(counted, caption="Counted by the rule that the decision follows"),),
    )


def labels_section(changes: pl.DataFrame) -> Section:
    """Tags and lists that arrive under another name, or not at all (S45, S46, S50).

    Args:
        changes: of ``label_changes``.
    """
    reasons = (
        changes.group_by("kind", "reason")
        .agg(
            pl.len().cast(pl.Int64).alias("names"),
            pl.col("contacts").sum().alias("times carried"),
        )
        .sort("kind", "names", "reason", descending=[False, True, False])
    )
    return Section(
        "labels",
        "Tags and lists that change their name",
        "All others arrive as they are. Each name and what it becomes stands in "
        "reports/label_changes.csv; mappings/tags.yaml and lists.yaml decide it.",
        tables=(
            table(
                reasons,
                caption="Changed or left out, by reason",
                empty="Every tag and list keeps its name.",
            ),
        ),
    )


def duplicates_section(proposals: pl.DataFrame, conflicts: pl.DataFrame) -> Section:
    """Records that may be one, and fields on which exports of one contact disagree (S85).

    Args:
        proposals: of ``lookalikes`` and ``company_lookalikes``: counted by reason, the
            pairs stand in a file of their own.
        conflicts: ``contact_key, field`` of golden contacts.
    """
    apart = conflicts.group_by("field").agg(pl.len().cast(pl.Int64).alias("contacts"))
    reasons = (
        proposals.group_by("kind", pl.col("reason").str.split("; ").list.first())
        .agg(pl.len().cast(pl.Int64).alias("pairs"), pl.col("score").max())
        .sort("score", "kind", "reason", descending=[True, False, False])
        .select("kind", "reason", "pairs", "score")
    )
    return Section(
        "duplicates",
        "Possible duplicates",
        "Nothing is merged by itself. The pairs stand in reports/duplicate_proposals.csv; "
        "accept or reject them in mappings/duplicates.yaml. Where exports of one contact "
        "disagree, each field with its rows stands in reports/conflicting_fields.csv.",
        tables=(
            table(reasons, caption="Pairs that look alike, by their best reason"),
            table(
                apart.sort("contacts", "field", descending=[True, False]),
                caption="Fields on which exports disagree; the newest value was taken",
            ),
        ),
    )
