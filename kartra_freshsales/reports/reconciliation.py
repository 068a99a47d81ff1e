"""The reconciliation report: did everything arrive, and if not, which row and why (S104).

No value of a record is shown: a difference names module, field, cause and source line. Not
here: measuring (``reconcile``); the same numbers come in and go out.
"""

from collections.abc import Mapping, Sequence

import polars as pl

from kartra_freshsales.reconcile.causes import CAUSES
from kartra_freshsales.reconcile.certificate import Certificate
from kartra_freshsales.reconcile.conservation import STATES
from kartra_freshsales.reconcile.links import problem_counts
from kartra_freshsales.reconcile.spot_sample import error_bound
from kartra_freshsales.reconcile.sums import differing_measures
from kartra_freshsales.reports import notes
from kartra_freshsales.reports.charts import bars
from kartra_freshsales.reports.differences import (
    differences,
    named_rules,
    not_written,
    where_rows_ended,
)
from kartra_freshsales.reports.in_short import in_short
from kartra_freshsales.reports.page import Fact, Page, Report, Section, Verdict, render
from kartra_freshsales.reports.tables import Table, table

_YES_NO = {"yes": "good", "no": "bad"}
_ROWS = 300
_STATE_COLOURS = tuple(
    zip(STATES, ("good", "calm", "muted", "dark", "warn", "bad"), strict=True)
)
_MODULES = {
    "module": "module",
    "planned": "records",
    "created": "created",
    "updated": "updated",
    "skipped": "unchanged",
    "refused": "refused",
    "failed": "failed",
    "conflict": "left to people",
    "verified": "proven whole",
}
_SUMS = {
    "currency": "currency",
    "group": "group",
    "deals_source": "deals",
    "amount_source": "amount",
    "least_source": "smallest",
    "most_source": "largest",
    "first_source": "first date",
    "last_source": "last date",
    "read": "read back",
    "equal": "equal",
}
_SAME = "the same"
_ENDED = {
    "export": "export",
    "what became of it": "what became of it",
    "why": "why",
    "rows": "rows",
    "what to do": "what to do",
}


def _verdict(certificate: Certificate, *, rehearsal: bool | None) -> Verdict:
    where = {True: " This was a rehearsal.", False: " This was production.", None: ""}
    if certificate.passed:
        sentence = (
            "Everything that was to arrive was read back and agrees with the exports."
        )
        return Verdict("good", "Passed", sentence + where[rehearsal])
    sentence = "Something does not agree. Each reason is listed; the tables name the rows."
    return Verdict("bad", "Failed", sentence + where[rehearsal], certificate.reasons)


def _module_frame(modules: Mapping[str, Mapping[str, int]]) -> pl.DataFrame:
    schema = {name: pl.String() if name == "module" else pl.Int64() for name in _MODULES}
    rows = [
        {"module": name, **{key: counts.get(key, 0) for key in schema if key != "module"}}
        for name, counts in modules.items()
    ]
    return pl.DataFrame(rows, schema=schema)


def _facts(
    equation: pl.DataFrame, modules: pl.DataFrame, requests: Mapping[str, int]
) -> tuple[Fact, ...]:
    failed = int(equation.get_column("failed").sum()) if equation.height else 0
    return (
        Fact("Source rows", f"{int(equation.get_column('rows').sum()):,}"),
        Fact("Records", f"{int(modules.get_column('planned').sum()):,}"),
        Fact("Proven whole", f"{int(modules.get_column('verified').sum()):,}"),
        Fact("Rows failed", f"{failed:,}"),
        *(
            (Fact("Requests", f"{sum(requests.values()):,}", _spoken(requests)),)
            if requests
            else ()
        ),
    )


def _spoken(requests: Mapping[str, int]) -> str:
    return ", ".join(f"{number:,} {kind}" for kind, number in requests.items())


def _thresholds(certificate: Certificate) -> Section:
    rows = pl.DataFrame(
        [vars(measure) for measure in certificate.measured],
        schema={
            "name": pl.String,
            "module": pl.String,
            "threshold": pl.String,
            "measured": pl.String,
            "passed": pl.Boolean,
        },
    )
    headings = {
        "name": "what",
        **{n: n for n in ("module", "threshold", "measured", "passed")},
    }
    listed = table(
        rows, headings, caption="Required and measured", tones={"passed": _YES_NO}
    )
    text = "Written down before the load, measured after it; together they are the verdict."
    return Section("thresholds", "What was required", text, tables=(listed,))


def _rows(equation: pl.DataFrame, rows: pl.DataFrame | None) -> Section:
    segments = (
        equation.group_by("kind")
        .agg(pl.col(STATES).sum())
        .sort("kind")
        .unpivot(STATES, index="kind", variable_name="state", value_name="rows")
    )
    tables = [
        table(
            equation,
            caption="Rows by export and batch",
            tones={"balanced": _YES_NO, "failed": {}},
        )
    ]
    if rows is not None:
        caption = "Why rows did not become records of their own"
        ended = where_rows_ended(rows).drop("state", "reason")
        tables.append(table(ended, _ENDED, caption=caption, limit=_ROWS))
    return Section(
        "rows",
        "Where every source row ended",
        "Each line of each file is in exactly one state, and they add up to all lines.",
        chart=bars(
            segments,
            label="kind",
            value="rows",
            title="Source rows by export and state",
            series="state",
            colours=_STATE_COLOURS,
        ),
        tables=tuple(tables),
    )


def _modules(modules: pl.DataFrame, results: pl.DataFrame | None) -> Section:
    tables = [table(modules, _MODULES, caption="Records by module")]
    if results is not None:
        found = not_written(results)
        tables.append(table(found, caption="Records that were not written", limit=_ROWS))
    text = "“Proven whole” counts records of which every field sent was read back as meant."
    return Section("modules", "What stands in Freshsales", text, tables=tuple(tables))


def _fields(
    verdicts: pl.DataFrame, causes: pl.DataFrame, comparison: pl.DataFrame | None
) -> Section:
    meaning = pl.col("cause").replace_strict(CAUSES, default="").alias("meaning")
    tables = [
        table(
            verdicts,
            {
                "module": "module",
                "verdict": "verdict",
                "normalisation": "rule",
                "fields": "fields",
            },
            caption="Fields compared, with the named rule where the form differs",
        ),
        table(causes.with_columns(meaning), caption="Fields by cause"),
        table(named_rules(), caption="Every rule by which a value may change its form"),
    ]
    if comparison is not None:
        tables.append(
            table(
                differences(comparison),
                caption="Differences",
                limit=_ROWS,
                empty="No field differs.",
            )
        )
    return Section(
        "fields",
        "Field by field",
        "Every field that was sent was read back and compared; none is left unreported.",
        tables=tuple(tables),
    )


def _money(sums: pl.DataFrame) -> Section:
    names = {
        "currency": "By currency",
        "stage": "By stage",
        "owner": "By owner",
        "month": "By month",
    }
    read = [differing_measures(row) or _SAME for row in sums.iter_rows(named=True)]
    told = sums.with_columns(pl.Series("read", read, pl.String))
    tables = tuple(
        table(told.filter(by=by), _SUMS, caption=caption, tones={"equal": _YES_NO})
        for by, caption in names.items()
    )
    text = (
        "The columns show the exports' side. “Read back” says whether Freshsales holds "
        "the same; if not, what differs, exports first. Currencies are never converted "
        "or added to each other."
    )
    return Section("money", "Money and dates", text, tables=tables)


def _links(orphans: pl.DataFrame) -> Section:
    text = "Accounts, contacts and owners as linked in Freshsales, against what was sent."
    none = "Every link and every owner is as sent."
    rows = orphans.select(
        "module", pl.col("sources").list.first().alias("source row"), "problem"
    )
    tables = (
        table(problem_counts(orphans), caption="Broken links by problem", empty=none),
        *((table(rows, caption="Broken links", limit=_ROWS),) if orphans.height else ()),
    )
    return Section("links", "Links and owners", text, tables=tables)


def _spot(drawn: pl.DataFrame | None) -> Section:
    tables: tuple[Table, ...] = ()
    text = notes.SPOT_CHECK
    if drawn is not None:
        rows = drawn.select(
            "module",
            # As text: an id is looked up, not counted.
            pl.col("freshsales_id").cast(pl.String).alias("freshsales id"),
            pl.col("source_row").alias("source row"),
            pl.col("drawn_for").alias("drawn for"),
            "fields",
            "agree",
        )
        tables = (table(rows, caption="Records to look up"),)
        text = (
            f"spot_check.html shows these {drawn.height} records side by side. Without an "
            f"error they bound the error rate below {error_bound(drawn.height):.0f} % "
            "(with 95 % confidence) and no more; this report rests on reading every record "
            "back."
        )
    return Section("spot", "Spot check", text, tables=tables)


def _proof() -> Section:
    return Section("proof", "How to check this report", notes.PROOF)


def reconciliation_report(
    certificate: Certificate,
    *,
    equation: pl.DataFrame,
    modules: Mapping[str, Mapping[str, int]],
    verdict_counts: pl.DataFrame,
    cause_counts: pl.DataFrame,
    sums: pl.DataFrame,
    orphans: pl.DataFrame,
    comparison: pl.DataFrame | None = None,
    results: pl.DataFrame | None = None,
    rows: pl.DataFrame | None = None,
    requests: Mapping[str, int] | None = None,
    target: str = "",
    rehearsal: bool | None = None,
    batches: Sequence[str] = (),
    subtitle: str = "",
    drawn: pl.DataFrame | None = None,
) -> Report:
    """The report of one migration as it stands.

    Args:
        certificate: the verdict and what it rests on.
        equation: of ``conservation.equation``.
        modules: module → ``planned, created, updated, skipped, refused, failed, conflict,
            verified``.
        verdict_counts: of ``compare.verdict_counts``.
        cause_counts: of ``causes.cause_counts``.
        sums: of ``sums.sums``.
        orphans: of ``links.orphans``.
        comparison: of ``compare_records`` with causes, for differences.
        results: load results, for records that were not written.
        rows: terminal states of the source rows, for the reasons.
        requests: requests by kind.
        target: address of the account; the scheme is left out.
        rehearsal: whether the target is a sandbox; None where unknown.
        batches: keys of the batches.
        subtitle: account and date, as the caller wants them named.
        drawn: of ``spot_sample``.
    """
    host = target.rpartition("://")[2].rstrip("/")
    kind = {True: "Sandbox (rehearsal)", False: "Production", None: "Target"}[rehearsal]
    per_module = _module_frame(modules)
    named = (
        f"{kind}: {host}." if host else "",
        f"Batches: {', '.join(batches)}." if batches else "",
    )
    page = Page(
        title="Reconciliation",
        subtitle=" ".join(filter(None, (subtitle, *named)))
        or "Source against destination.",
        verdict=_verdict(certificate, rehearsal=rehearsal),
        facts=_facts(equation, per_module, requests or {}),
        sections=(
            *in_short(
                modules, equation, cause_counts, sums=sums, orphans=orphans, rows=rows
            ),
            _modules(per_module, results),
            _rows(equation, rows),
            _money(sums),
            _links(orphans),
            _fields(verdict_counts, cause_counts, comparison),
            _thresholds(certificate),
            _spot(drawn),
            _proof(),
            Section("quiet", "E-mails and automations", notes.QUIET_LOAD),
        ),
        footer=(f"Digest of thresholds and measures: {certificate.digest}",),
    )
    return render(page)
