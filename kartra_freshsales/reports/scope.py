"""The migration scope: what is there, what moves, what does not, how long it takes (S92).

Everything is passed in; a part that is missing is left out or said to be missing. Not here:
measuring (``transforms.audit``, ``tag_taxonomy``, ``gaps``, ``grading``).
"""

from collections.abc import Mapping, Sequence

import polars as pl

from kartra_freshsales.reports import notes
from kartra_freshsales.reports.charts import bars
from kartra_freshsales.reports.page import Fact, Page, Report, Section, Verdict, render
from kartra_freshsales.reports.tables import Table, table
from kartra_freshsales.transforms.audit import value_of
from kartra_freshsales.transforms.export_columns import custom_columns
from kartra_freshsales.transforms.gaps import no_behavioural_tags
from kartra_freshsales.transforms.grading import Grading

_TONES = {"A": "good", "B": "calm", "C": "warn", "D": "bad"}
_COUNTS = {"name": "what", "value": "number", "note": "note"}
_DRIFT = {
    "kind": "kind",
    "column": "column",
    "files": "files that have it",
    "proposed": "may be",
    "reason": "because it is",
    "remedy": "what to do",
}
_ROWS = 300
_CHARTED = 15
_LINES = 12

_OTHER_COUNTS: tuple[tuple[str, str], ...] = (
    ("worth a look", "Contacts worth a look before they move"),
    ("people and companies", "People and companies"),
    ("timeline", "Large account"),
)
_CONSENT_COUNTS: tuple[tuple[str, str], ...] = (
    ("consent", "How consent was read"),
    ("GDPR status", "Kartra's GDPR status, word for word"),
    ("mail status", "Kartra's mail status, word for word"),
)


def _verdict(grades: Grading | None, contacts: int) -> Verdict:
    size = f"{contacts:,} contacts after cleaning."
    if grades is None:
        return Verdict("calm", "Scope", size)
    return Verdict(
        _TONES[grades.overall],
        f"{grades.overall} · {grades.name}",
        f"{size} Estimated calendar time: {grades.timeline}.",
        (
            *grades.flags,
            *(f"Longer because of: {each}." for each in grades.timeline_reasons),
        ),
    )


def _facts(
    audit: pl.DataFrame, taxonomy: pl.DataFrame, custom: int, records: Mapping[str, int]
) -> tuple[Fact, ...]:
    area = "raw and clean"
    behavioural = int(taxonomy.get_column("behavioural").sum())
    return (
        Fact("Rows in the exports", f"{value_of(audit, area, 'rows in the exports'):,}"),
        Fact("Contacts, clean", f"{value_of(audit, area, 'contacts after cleaning'):,}"),
        Fact("Tags", f"{taxonomy.height:,}", f"{behavioural:,} speak of behaviour"),
        Fact("Custom fields", f"{custom:,}"),
        *(
            Fact(name.capitalize(), f"{number:,}")
            for name, number in records.items()
            if name != "contacts"
        ),
    )


def _records(audit: pl.DataFrame, review: pl.DataFrame | None) -> Section:
    tables = [
        table(
            audit.filter(area="raw and clean"),
            _COUNTS,
            caption="Contacts: raw against clean",
        )
    ]
    tables += [
        table(audit.filter(area=area), _COUNTS, caption=caption)
        for area, caption in _OTHER_COUNTS
    ]
    if review is not None:
        listed = _by_file(review)
        tables.append(
            table(listed, caption="Rows to review before the import", limit=_ROWS)
        )
    return Section(
        "records",
        "Records",
        "Bounced and inactive contacts are counted in. Whether they move is your decision: "
        "name it in mappings/ and it is applied exactly.",
        tables=tuple(tables),
    )


def _by_file(review: pl.DataFrame) -> pl.DataFrame:
    """One row per problem and file, with the first lines it stands on."""
    lines = pl.col("row").sort().head(_LINES).cast(pl.String).str.join(", ")
    return (
        review.group_by("problem", "batch", "file")
        .agg(
            pl.len().cast(pl.Int64).alias("rows"),
            (lines + pl.when(pl.len() > _LINES).then(pl.lit(" …")).otherwise(pl.lit("")))
            .first()
            .alias("lines"),
            pl.col("remedy").first(),
        )
        .sort("problem", "batch", "file")
    )


def _consent(audit: pl.DataFrame) -> Section:
    return Section(
        "consent",
        "Consent",
        notes.CONSENT_NOTICE,
        tables=tuple(
            table(
                audit.filter(area=area), {"name": "word", "value": "contacts"}, caption=text
            )
            for area, text in _CONSENT_COUNTS
        ),
    )


def _tags(taxonomy: pl.DataFrame) -> Section:
    text = (
        "Kartra exports no behaviour. Tags that read like the trace of an event are "
        "marked: they are all that is left of it. Nothing is merged or dropped unasked."
    )
    if no_behavioural_tags(taxonomy):
        text += " " + notes.NO_BEHAVIOUR
    top = taxonomy.head(_CHARTED).with_columns(
        pl.when("behavioural")
        .then(pl.lit("behaviour"))
        .otherwise(pl.lit("other"))
        .alias("reads as")
    )
    headings = {name: name for name in ("tag", "contacts", "event", "evidence", "proposal")}
    return Section(
        "tags",
        "Tags",
        text,
        chart=bars(
            top,
            label="tag",
            value="contacts",
            title=f"Contacts per tag, the {top.height} most used tags",
            series="reads as",
            colours=(("behaviour", "warn"), ("other", "calm")),
        ),
        tables=(table(taxonomy, headings, caption="Tag taxonomy", limit=_ROWS),),
    )


def _fields(
    export_columns: pl.DataFrame | None,
    custom_fields: pl.DataFrame | None,
    coverage: pl.DataFrame | None,
    objects: pl.DataFrame | None,
) -> Section:
    tables = []
    if objects is not None:
        tables.append(table(objects, caption="Objects"))
    if custom_fields is not None:
        tables.append(table(custom_fields, caption="Custom fields", limit=_ROWS))
    elif export_columns is not None:
        about = ("known", "batches", "proposed", "reason", "remedy")
        shown = custom_columns(export_columns).drop(about, strict=False)
        tables.append(table(shown, caption="Custom fields", limit=_ROWS))
    if coverage is not None:
        tables.append(table(coverage, caption="Field map", limit=_ROWS))
    if export_columns is not None:
        tables.append(_drift(export_columns))
    return Section(
        "fields",
        "Fields and map",
        "Every column of every export is mapped, derived, or dropped by an explicit rule. "
        "The map is typical until the rehearsal has confirmed it.",
        tables=tuple(tables),
    )


def _drift(export_columns: pl.DataFrame) -> Table:
    return table(
        export_columns.filter("drift"),
        _DRIFT,
        caption="Columns that changed between exports",
        empty="Every file has every column.",
    )


def _gaps(gaps: pl.DataFrame) -> Section:
    headings = {
        "area": "area",
        "what": "what stays behind",
        "quantified": "touches",
        "unit": "counted",
        "kept": "what is kept",
        "what_to_do": "what to do",
    }
    return Section(
        "gaps",
        "Known gaps",
        "Said before anything moves, so that nobody is surprised afterwards.",
        tables=(table(gaps, headings, caption="What the exports do not hold"),),
    )


def _time(grades: Grading | None, machine_time: pl.DataFrame | None) -> Section:
    points: tuple[str, ...] = (notes.EXTRACTION,)
    tables = []
    if grades is not None:
        points = (f"Estimate: {grades.timeline}.", *points)
        letters = {"grade": _TONES}
        tables.append(table(grades.grades, caption="Complexity", tones=letters))
    if machine_time is not None:
        headings = {
            "plan": "plan",
            "requests_per_hour": "requests per hour",
            "requests": "requests",
            "hours": "hours",
        }
        caption = "Machine time of the load, with a fifth of the hour left to your people"
        tables.append(table(machine_time, headings, caption=caption))
    return Section("time", "Complexity and time", points=points, tables=tuple(tables))


def _people(owners: pl.DataFrame | None) -> Section:
    text = (
        "Each owner needs an active Freshsales user, or a named stand-in, before the load."
    )
    if owners is None:
        return Section("owners", "Owners", text)
    listed = table(
        owners,
        caption="Owners named in the exports",
        verbatim=owners.columns,
        empty="The exports name no owner; the default owner from mappings/ is used.",
    )
    return Section("owners", "Owners", text, tables=(listed,))


def _plan(plan: str) -> Section:
    named = (f"Planned for: {plan}.",) if plan else ()
    return Section("plan", "Your Freshsales plan", points=(*named, *notes.PLAN_NOTES))


def _money(spend: pl.DataFrame) -> Section:
    listed = table(spend, caption="Estimated lifetime spend, by currency")
    return Section("spend", "Lifetime spend", notes.LIFETIME_NOTICE, tables=(listed,))


def scope_report(
    *,
    audit: pl.DataFrame,
    taxonomy: pl.DataFrame,
    gaps: pl.DataFrame,
    records: Mapping[str, int] | None = None,
    export_columns: pl.DataFrame | None = None,
    custom_fields: pl.DataFrame | None = None,
    coverage: pl.DataFrame | None = None,
    objects: pl.DataFrame | None = None,
    owners: pl.DataFrame | None = None,
    review: pl.DataFrame | None = None,
    spend: pl.DataFrame | None = None,
    grades: Grading | None = None,
    machine_time: pl.DataFrame | None = None,
    plan: str = "",
    subtitle: str = "",
    more: Sequence[Section] = (),
) -> Report:
    """The written scope of a migration.

    Args:
        audit: of ``audit.contact_audit``.
        taxonomy: of ``tag_taxonomy.tag_taxonomy``.
        gaps: of ``gaps.gaps``.
        records: golden records by name (contacts, accounts, transactions, subscriptions).
        export_columns: of ``export_columns.export_columns``.
        custom_fields: the fields to be created; the columns Kartra does not know otherwise.
        coverage: of ``mapping.coverage``, any columns.
        objects: source object, target, transformations, lookups, dependencies; any columns.
        owners: owners named in the exports, shown unmasked: users must be made for them.
        review: of ``audit.records_to_review``.
        spend: of ``audit.lifetime_estimate``.
        grades: of ``grading.grading``.
        machine_time: of ``grading.machine_time``.
        plan: name of the Freshsales plan.
        subtitle: account and date, as the caller wants them named.
        more: further sections, shown before the plan.
    """
    contacts = value_of(audit, "raw and clean", "contacts after cleaning")
    fields = custom_fields
    if fields is None and export_columns is not None:
        fields = custom_columns(export_columns)
    page = Page(
        title="Migration scope",
        subtitle=subtitle or "What moves from Kartra to Freshsales, and what does not.",
        verdict=_verdict(grades, contacts),
        facts=_facts(
            audit, taxonomy, 0 if fields is None else fields.height, records or {}
        ),
        sections=(
            _records(audit, review),
            _consent(audit),
            _tags(taxonomy),
            _fields(export_columns, custom_fields, coverage, objects),
            _gaps(gaps),
            _time(grades, machine_time),
            _people(owners),
            *(() if spend is None else (_money(spend),)),
            *more,
            _plan(plan),
            Section("before", "Before you start", points=notes.PRECONDITIONS),
        ),
    )
    return render(page)
