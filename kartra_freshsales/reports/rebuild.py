"""The rebuild inventory: what somebody has to set up again in Freshsales (S110).

Names come from the exports where they hold any. Not here: gaps in the data (``gaps``).
"""

import polars as pl

from kartra_freshsales.reports.page import Fact, Page, Report, Section, Verdict, render
from kartra_freshsales.reports.tables import table

SCHEMA: dict[str, pl.DataType] = {
    "what": pl.String(),
    "name": pl.String(),
    "contacts": pl.Int64(),
    "evidence": pl.String(),
    "what_to_do": pl.String(),
}

_LISTS: tuple[tuple[str, str, str, str], ...] = (
    (
        "sequence",
        "sequences",
        "named in the contacts' exports",
        "Rebuild its e-mails and delays as a sales sequence; enrol people by list.",
    ),
    (
        "membership",
        "memberships",
        "named in the contacts' exports",
        "Grant access in the new member area to the contacts that carry it.",
    ),
)
_EVENT_SOURCES = {
    "form": ("form", "Rebuild the form and let it set this tag or fill a field."),
    "webinar": ("webinar", "Connect the webinar tool and let it set this tag."),
    "survey": ("survey", "Rebuild the survey; decide which field holds an answer."),
    "quiz": ("survey", "Rebuild the quiz; decide which field holds its result."),
    "call": ("calendar", "Set up the booking calendar."),
}
_AUTOMATION = (
    "automation",
    "Find the rule in Kartra that sets it; rebuild it as a workflow.",
)
_UNNAMED: tuple[tuple[str, str], ...] = (
    ("automation", "Go through Kartra's automations by hand; exports name none."),
    ("form", "Go through Kartra's forms and pages by hand; exports name none."),
    ("workflow", "Decide which of Freshsales' workflows replace what ran in Kartra."),
)


def _named(contacts: pl.DataFrame) -> pl.DataFrame:
    parts = [pl.DataFrame(schema=SCHEMA)]
    for what, column, evidence, to_do in _LISTS:
        if column not in contacts.columns:
            continue
        parts.append(
            contacts.select(
                "contact_key", pl.col(column).cast(pl.List(pl.String)).alias("name")
            )
            .explode("name")
            .drop_nulls("name")
            .group_by("name")
            .agg(pl.col("contact_key").n_unique().cast(pl.Int64).alias("contacts"))
            .select(
                pl.lit(what).alias("what"),
                "name",
                "contacts",
                pl.lit(evidence).alias("evidence"),
                pl.lit(to_do).alias("what_to_do"),
            )
            .sort("contacts", "name", descending=[True, False])
        )
    return pl.concat(parts)


def _traced(taxonomy: pl.DataFrame) -> pl.DataFrame:
    rows = []
    for tag, number, event in (
        taxonomy.filter("behavioural").select("tag", "contacts", "event").iter_rows()
    ):
        what, to_do = _EVENT_SOURCES.get(event, _AUTOMATION)
        rows.append(
            (what, tag, number, f"its tag reads as {event.replace('_', ' ')}", to_do)
        )
    return pl.DataFrame(rows, schema=SCHEMA, orient="row").sort(
        "what", "contacts", "name", descending=[False, True, False]
    )


def _unnamed() -> pl.DataFrame:
    rows = [(what, None, None, "not exported", to_do) for what, to_do in _UNNAMED]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def inventory(contacts: pl.DataFrame, taxonomy: pl.DataFrame) -> pl.DataFrame:
    """``what, name, contacts, evidence, what_to_do``: one row per thing to rebuild.

    Args:
        contacts: golden contacts; ``sequences`` and ``memberships`` are read.
        taxonomy: of ``tag_taxonomy``; behavioural tags point at what once set them.
    """
    return pl.concat([_named(contacts), _traced(taxonomy), _unnamed()])


def rebuild_inventory(contacts: pl.DataFrame, taxonomy: pl.DataFrame) -> Report:
    """The inventory as a page; ``table`` holds ``inventory``."""
    found = inventory(contacts, taxonomy)
    kinds = found.get_column("what").unique(maintain_order=True).to_list()
    headings = {
        "name": "name or tag",
        "contacts": "contacts",
        "evidence": "how we know",
        "what_to_do": "what to do",
    }
    page = Page(
        title="Rebuild inventory",
        subtitle="Sequences, memberships, automations and forms do not move by themselves.",
        verdict=Verdict(
            "calm",
            "To rebuild",
            "The migration created none of these; take them one by one.",
        ),
        facts=tuple(
            Fact(f"{kind.capitalize()}s", f"{number:,}")
            for kind in kinds
            if (number := found.filter(what=kind).get_column("name").drop_nulls().len())
        ),
        sections=tuple(
            Section(
                kind,
                f"{kind.capitalize()}s",
                tables=(table(found.filter(what=kind), headings, caption=f"{kind}s"),),
            )
            for kind in kinds
        ),
    )
    return render(page, found)
