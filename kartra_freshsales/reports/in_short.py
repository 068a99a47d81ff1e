"""A migration in a few sentences: what moved, what did not, why, and what to do.

For a reader who opens nothing else. Not here: the tables behind it (``reconciliation``).
"""

from collections.abc import Iterator, Mapping

import polars as pl

from kartra_freshsales.reconcile.causes import KEPT, UNPROVEN
from kartra_freshsales.reconcile.conservation import STATES
from kartra_freshsales.reconcile.edits import EDITED
from kartra_freshsales.reports import reasons
from kartra_freshsales.reports.page import Section

_WORDS = {
    "sales_accounts": "accounts", "contacts": "contacts", "leads": "leads",
    "deals": "deals", "subscriptions": "subscriptions", "notes": "notes",
    "activities": "activities", "files": "files", "lists": "lists",
}  # fmt: skip
_FEW = 3


def in_short(
    modules: Mapping[str, Mapping[str, int]],
    equation: pl.DataFrame,
    causes: pl.DataFrame,
    *,
    sums: pl.DataFrame,
    orphans: pl.DataFrame,
    rows: pl.DataFrame | None,
) -> tuple[Section, Section]:
    """The two sections at the top: what happened, and what is left to do.

    Args:
        modules: module → counts, as for the report.
        equation: of ``conservation.equation``.
        causes: of ``causes.cause_counts``.
        sums: of ``sums.sums``.
        orphans: of ``links.orphans``.
        rows: terminal states of the source rows.
    """
    happened = (*_moved(modules), *_money(sums), *_not_moved(equation, rows))
    todo = tuple(_to_do(modules, equation, causes, orphans))
    return (
        Section("short", "In short", points=happened),
        Section(
            "todo",
            "What to do now",
            "" if todo else "Nothing is left to do but to look at the spot check.",
            points=(*todo, *_ALWAYS),
        ),
    )


_ALWAYS = (
    "Open spot_check.html and hold its records against Freshsales with your own eyes.",
    "Keep the signed evidence of reports/evidence/; 'verify' checks it at any time.",
)


def _moved(modules: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    there = {
        name: counts.get("planned", 0) - counts.get("refused", 0) - counts.get("failed", 0)
        for name, counts in modules.items()
    }
    listed = ", ".join(
        f"{number:,} {_WORDS.get(name, name)}" for name, number in there.items() if number
    )
    proven = sum(counts.get("verified", 0) for counts in modules.values())
    total = sum(there.values())
    whole = "all of them" if proven == total else f"{proven:,} of them"
    yield f"In Freshsales stand now: {listed or 'no records'}."
    if total:
        yield f"Every field of {whole} was read back and is as it was meant."


def _money(sums: pl.DataFrame) -> Iterator[str]:
    for row in sums.filter(by="currency").iter_rows(named=True):
        told = f"{row['amount_source']:,f} {row['currency']}"
        if row["equal"]:
            yield f"Money: {told} in {row['deals_source']:,} deals, the same on both sides."
        else:
            yield (
                f"Money: {told} in the exports, {row['amount_seen']:,f} in Freshsales. "
                "They do not agree."
            )


def _not_moved(equation: pl.DataFrame, rows: pl.DataFrame | None) -> Iterator[str]:
    counts = {state: int(equation.get_column(state).sum()) for state in STATES}
    listed = "; ".join(
        f"{number:,} {reasons.STATES[state]}" for state, number in counts.items() if number
    )
    total = int(equation.get_column("rows").sum())
    yield f"Of {total:,} rows in the exports: {listed or 'none'}."
    aside = {"excluded", "suppressed", "quarantined", "failed"}
    if rows is None or not sum(counts[state] for state in aside):
        return
    found = (
        rows.filter(pl.col("state").is_in(aside))
        .group_by("reason")
        .len("rows")
        .sort("rows", "reason", descending=[True, False])
    )
    told = " ".join(
        f"{number:,}: {reasons.reason_in_words(reason)}"
        for reason, number in found.head(_FEW).iter_rows()
    )
    more = f" And {found.height - _FEW} reasons more." if found.height > _FEW else ""
    yield f"Why rows did not move, most frequent first: {told}{more}"


def _to_do(
    modules: Mapping[str, Mapping[str, int]],
    equation: pl.DataFrame,
    causes: pl.DataFrame,
    orphans: pl.DataFrame,
) -> Iterator[str]:
    aside = int(equation.get_column("quarantined").sum())
    if aside:
        yield (
            f"{aside:,} rows are set aside: rows_not_loaded.csv names each with what to "
            "correct. Correct them, export again and migrate again; nothing is sent twice."
        )
    unwritten = sum(c.get("refused", 0) + c.get("failed", 0) for c in modules.values())
    if unwritten:
        yield (
            f"{unwritten:,} records were refused or failed: records_not_written.csv says "
            "why and what to do."
        )
    wrong = _fields(causes, UNPROVEN)
    if wrong:
        yield (
            f"{wrong:,} fields did not arrive as meant: differences.csv names each with "
            "its source row, both values and what to do."
        )
    if orphans.height:
        yield (
            f"{orphans.height:,} links or owners are not as sent: see “Links and owners” "
            "and correct them in Freshsales."
        )
    theirs = _fields(causes, (EDITED, KEPT))
    if theirs:
        yield (
            f"{theirs:,} fields hold what people put there themselves: nothing to do, "
            "unless the export is right. differences.csv lists them."
        )


def _fields(causes: pl.DataFrame, wanted: tuple[str, ...]) -> int:
    return int(causes.filter(pl.col("cause").is_in(wanted)).get_column("fields").sum())
