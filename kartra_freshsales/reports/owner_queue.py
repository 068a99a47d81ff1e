"""The queue of owners nobody in Freshsales answers to (S63, S102).

Owners are the account's own staff and must be named to be provisioned, so their addresses
are not masked here. Not here: matching (``mapping.owners``).
"""

import polars as pl

from kartra_freshsales.reports.page import Page, Section, Verdict, render
from kartra_freshsales.reports.tables import csv_text, table


def owner_queue_csv(queue: pl.DataFrame) -> str:
    """The queue for a spreadsheet; a heading row even where nobody waits."""
    return csv_text(queue, verbatim=queue.columns)


def owner_queue_markdown(queue: pl.DataFrame) -> str:
    """The queue with what to do about it."""
    waiting = queue.height
    verdict = (
        Verdict(
            "warn", f"{waiting} waiting", "Nothing is loaded while an owner is unmatched."
        )
        if waiting
        else Verdict("good", "Empty", "Every owner has an active user in Freshsales.")
    )
    listed = table(queue, caption="Owners without an active user", verbatim=queue.columns)
    page = Page(
        title="Owner queue",
        subtitle="Owners in Kartra's exports without an active Freshsales user.",
        verdict=verdict,
        sections=(
            Section(
                "queue",
                "Queue",
                points=(
                    "Add or reactivate the user in Freshsales, or",
                    "name a stand-in under 'remap' in mappings/owners.yaml, then rerun.",
                ),
                tables=(listed,),
            ),
        ),
    )
    return render(page).markdown
