"""The gap inventory as a page of its own: acknowledged before anything moves (S15, S81)."""

import polars as pl

from kartra_freshsales.reports.page import Page, Report, Section, Verdict, render
from kartra_freshsales.reports.tables import table

_HEADINGS = {
    "area": "area",
    "what": "what stays behind",
    "quantified": "touches",
    "unit": "counted",
    "kept": "what is kept",
    "what_to_do": "what to do",
}
_BEHAVIOUR = "behavioural history"


def _objects(gaps: pl.DataFrame) -> Section:
    return Section(
        "objects",
        "What the exports do not hold",
        tables=(
            table(gaps.filter(pl.col("area") != _BEHAVIOUR), _HEADINGS, caption="By area"),
        ),
    )


def _behaviour(gaps: pl.DataFrame) -> Section:
    headings = {name: text for name, text in _HEADINGS.items() if name != "area"}
    rows = gaps.filter(area=_BEHAVIOUR)
    return Section(
        "behaviour",
        "Behavioural history, event by event",
        "Kartra exports no behaviour. An event is known only where a tag speaks of it.",
        tables=(table(rows, headings, caption="By kind of event"),),
    )


def gaps_report(gaps: pl.DataFrame) -> Report:
    """Render ``transforms.gaps.gaps``; the Markdown is ``data_gaps.md``."""
    page = Page(
        title="Data gaps",
        subtitle="What does not move from Kartra to Freshsales, and what to do about it.",
        verdict=Verdict(
            "warn",
            f"{gaps.height} gaps",
            "Read them before you confirm the map: nothing is loaded until you have.",
        ),
        sections=(_objects(gaps), _behaviour(gaps)),
    )
    return render(page, gaps)
