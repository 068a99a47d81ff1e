"""One file from its path to named columns: puts the parts of this room together.

What does not belong here: how any part does its work; batches (``batch``).
"""

import re
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from kartra_freshsales.errors import BadExport
from kartra_freshsales.kartra.columns import (
    CURRENCY,
    ColumnName,
    canonical_columns,
    column_warnings,
    file_currency,
)
from kartra_freshsales.kartra.dialect import sniff
from kartra_freshsales.kartra.encoding import Text, digest, open_text, verified
from kartra_freshsales.kartra.fast import confirmed, parse, why_not
from kartra_freshsales.kartra.kinds import ExportKind, is_contacts_without_email
from kartra_freshsales.kartra.model import (
    QUARANTINE_SCHEMA,
    REMEDIES,
    Dialect,
    ExportFacts,
    ExportRead,
    Rejected,
    Table,
)
from kartra_freshsales.kartra.structure import measure
from kartra_freshsales.kartra.tolerant import read_tolerantly

_STAMP = re.compile(r"_(?P<seconds>[0-9a-f]{8})[0-9a-f]{5}(?![0-9a-z])", re.IGNORECASE)
_SANE_YEARS = range(2015, 2036)
_JOINS = {
    ExportKind.TRANSACTIONS: ("buyer_email", "lead_id"),
    ExportKind.SUBSCRIPTIONS: ("buyer_email", "lead_id"),
}


def exported_at(file_name: str) -> datetime | None:
    """The moment of the export, in UTC, from the 13 hexadecimal digits Kartra appends.

    The first eight are Unix seconds. None where the name was changed by hand.
    """
    for match in _STAMP.finditer(file_name):
        moment = datetime.fromtimestamp(int(match["seconds"], 16), tz=UTC)
        if moment.year in _SANE_YEARS:
            return moment
    return None


def read_export(path: Path, *, batch: str) -> ExportRead:
    """Read one export file losslessly.

    Clean files take the fast path; anything else is read record by record. Cells are left
    as they are: no trimming, no nulls.

    Args:
        path: a CSV file as downloaded, possibly re-saved, possibly gzipped.
        batch: key of the batch it belongs to, kept as provenance.

    Raises:
        BadExport: unreadable, empty, no CSV, no Kartra export, or without e-mail column.
    """
    text = open_text(path)
    dialect = sniff(text.sample())
    _refuse_unusable_headers(path, dialect)
    with ThreadPoolExecutor(max_workers=1) as aside:
        sha256 = aside.submit(digest, path)
        text, table, reader, reason = _read_table(text, dialect)
    columns, dropped = _without_empty_nameless(
        canonical_columns(dialect.kind, dialect.header), table.rows
    )
    named = tuple(column for _, column in columns)
    warnings = [*text.warnings, *table.warnings, *_suspicions(table, dialect), *dropped]
    warnings += column_warnings(dialect.kind, named)
    if table.rows.is_empty():
        warnings.append("The file has a header and no rows.")
    facts = ExportFacts(
        file=path.name,
        batch=batch,
        kind=dialect.kind,
        encoding=text.encoding,
        delimiter=dialect.delimiter,
        quote=dialect.quote,
        currency=file_currency(named),
        columns=named,
        row_count=table.rows.height,
        quarantined=len(table.rejected),
        quarantine_reasons=dict(Counter(each.reason.value for each in table.rejected)),
        warnings=tuple(warnings),
        sha256=sha256.result(),
        size=path.stat().st_size,
        exported_at=exported_at(path.name),
        reader=reader,
        reader_reason=reason,
        evidence=dialect.evidence,
    )
    rows = _named(table.rows, columns, facts)
    return ExportRead(facts, rows, _quarantine(table.rejected, facts))


def _refuse_unusable_headers(path: Path, dialect: Dialect) -> None:
    headers = dialect.header
    if dialect.kind is ExportKind.UNKNOWN:
        if is_contacts_without_email(headers):
            raise BadExport(
                "looks like a contacts export but has no e-mail column.",
                file=path.name,
                remedy="Export again with the column 'email', which identifies a contact.",
            )
        raise BadExport(
            f"fits no Kartra export: none of the first lines, read as {len(headers)} "
            "column(s), is a header of contacts, transactions or subscriptions.",
            file=path.name,
            remedy="Export again with the header row, or take the file out of the batch.",
        )
    needed = _JOINS.get(dialect.kind, ())
    names = {column.name for column in canonical_columns(dialect.kind, headers)}
    if needed and names.isdisjoint(needed):
        raise BadExport(
            f"has neither of the columns {' and '.join(needed)}.",
            file=path.name,
            remedy="Export again with the buyer's e-mail; without it nobody can be found.",
        )


def _read_table(text: Text, dialect: Dialect) -> tuple[Text, Table, str, str]:
    """The cells, with the text they came from, which path read them and why that one."""
    table, obstacle = _try_fast(text, dialect)
    if table is None:
        # Not being UTF-8 in a later part is one of the reasons why the fast path refuses.
        checked = verified(text)
        if checked is not text:
            text = checked
            table, obstacle = _try_fast(text, dialect)
    if table is not None:
        return text, table, "fast", "both counts of records, delimiters and lines agree"
    with text.open_lines() as lines:
        return text, read_tolerantly(lines, dialect), "tolerant", obstacle


def _try_fast(text: Text, dialect: Dialect) -> tuple[Table | None, str]:
    """Parse and count at the same time; the parser leaves Python free to count."""
    with ThreadPoolExecutor(max_workers=1) as aside:
        parsing = aside.submit(parse, text, dialect)
        structure = measure(text.chunks(), dialect.delimiter, dialect.quote)
        frame = parsing.result()
    obstacle = why_not(dialect, structure)
    if obstacle is not None:
        return None, obstacle
    table = confirmed(frame, dialect, structure) if frame is not None else None
    return table, "the parser's records differ from the structural count"


def _suspicions(table: Table, dialect: Dialect) -> list[str]:
    """Cells that may have swallowed records: right by the rules, wrong to the eye."""
    found: list[int] = []
    needed = len(dialect.header) - 1
    for name in table.multi_line:
        cell = pl.col(name)
        lines = (
            table.rows.select("_row", cell)
            .filter(cell.str.contains("\n", literal=True))
            .with_columns(cell.str.split("\n"))
            .explode(name)
        )
        like = cell.str.count_matches(dialect.delimiter, literal=True) >= needed
        found += lines.filter(like)["_row"].unique().to_list()
    if not found:
        return []
    note = (
        f"{len(found)} cell(s) span lines that look like records of their own, the first "
        f"in the record of line {min(found)}; look for a quotation mark left open."
    )
    return [note]


def _without_empty_nameless(
    columns: Sequence[ColumnName], rows: pl.DataFrame
) -> tuple[list[tuple[str, ColumnName]], list[str]]:
    """Drop columns without header and without any value, as a trailing delimiter makes."""
    kept, dropped = [], 0
    for position, column in enumerate(columns):
        cell = f"c{position}"
        if not column.original and not rows[cell].str.strip_chars().ne("").any():
            dropped += 1
        else:
            kept.append((cell, column))
    note = f"{dropped} column(s) with neither header nor values were left out."
    return kept, [note] if dropped else []


def _named(
    rows: pl.DataFrame, columns: Sequence[tuple[str, ColumnName]], facts: ExportFacts
) -> pl.DataFrame:
    added = {"_batch": pl.lit(facts.batch), "_file": pl.lit(facts.file)}
    if facts.kind is not ExportKind.CONTACTS:
        added = {CURRENCY: pl.lit(facts.currency, dtype=pl.String), **added}
    return rows.select(
        *(pl.col(cell).alias(column.name) for cell, column in columns),
        *(value.alias(name) for name, value in added.items()),
        pl.col("_row"),
        pl.lit(facts.exported_at, dtype=pl.Datetime("us", "UTC")).alias("_exported_at"),
    )


def _quarantine(rejected: Sequence[Rejected], facts: ExportFacts) -> pl.DataFrame:
    origin = (facts.batch, facts.file)
    records = [
        (*origin, each.row, each.reason.value, REMEDIES[each.reason], each.raw)
        for each in rejected
    ]
    return pl.DataFrame(records, schema=dict(QUARANTINE_SCHEMA), orient="row")
