"""One export from its bytes to named columns: puts the parts of this room together.

What does not belong here: how any part does its work; what a path holds (``files``).
"""

import re
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import PurePosixPath

import polars as pl

from kartra_freshsales.errors import BadExport
from kartra_freshsales.kartra.columns import (
    CURRENCY,
    ColumnName,
    canonical_columns,
    column_warnings,
    file_currency,
)
from kartra_freshsales.kartra.damage import KEYS, damage_in
from kartra_freshsales.kartra.dialect import sniff
from kartra_freshsales.kartra.encoding import Text, open_text
from kartra_freshsales.kartra.kinds import ExportKind, is_contacts_without_email
from kartra_freshsales.kartra.model import (
    QUARANTINE_SCHEMA,
    REMEDIES,
    Dialect,
    ExportFacts,
    ExportRead,
    Reason,
    Rejected,
    Table,
)
from kartra_freshsales.kartra.paths import read_table
from kartra_freshsales.kartra.sections import apart, set_aside
from kartra_freshsales.kartra.sources import Source
from kartra_freshsales.kartra.suspicions import suspicions

_STAMP = re.compile(r"_(?P<seconds>[0-9a-f]{8})[0-9a-f]{5}(?![0-9a-z])", re.IGNORECASE)
_SANE_YEARS = range(2015, 2036)
_SAFE_KEY = re.compile(r"[\w\-]{1,40}", re.ASCII)
_JOINS = {
    ExportKind.TRANSACTIONS: ("buyer_email", "lead_id"),
    ExportKind.SUBSCRIPTIONS: ("buyer_email", "lead_id"),
}
_Columns = Sequence[tuple[str, ColumnName]]


class NoExport(BadExport):
    """Text that could be read, and whose headers fit no Kartra export."""


def exported_at(file_name: str) -> datetime | None:
    """The moment of the export, in UTC, from the 13 hexadecimal digits Kartra appends.

    The first eight are Unix seconds. None where the name was changed by hand. A file
    inside an archive has its own name, and the archive's where that tells nothing.
    """
    for part in reversed(PurePosixPath(file_name).parts):
        for match in _STAMP.finditer(part):
            moment = datetime.fromtimestamp(int(match["seconds"], 16), tz=UTC)
            if moment.year in _SANE_YEARS:
                return moment
    return None


def read_source(source: Source, batch: str) -> ExportRead:
    """Read one export losslessly.

    Clean files take the fast path; anything else is read record by record. Cells are left
    as they are: no trimming, no nulls.

    Raises:
        BadExport: unreadable, empty, no CSV, no Kartra export, or without e-mail column.
    """
    text = open_text(source)
    dialect = sniff(text.sample(), complete=text.is_small)
    _refuse_unusable_headers(source.name, dialect)
    with ThreadPoolExecutor(max_workers=1) as aside:
        sha256 = aside.submit(source.digest)
        text, table, reader, reason = read_table(text, dialect)
    table = apart(table, dialect, text)
    columns, dropped = _without_empty_nameless(
        canonical_columns(dialect.kind, dialect.header), table.rows
    )
    table, damaged = _without_mangled(table, columns, dialect.kind, text)
    table = _with_rows_of_sheet(table, text)
    named = tuple(column for _, column in columns)
    warnings = [*text.warnings, *table.warnings, *suspicions(table, dialect), *dropped]
    warnings += [*column_warnings(dialect.kind, named), *damaged]
    if table.rows.is_empty():
        warnings.append("The file has a header and no rows.")
    first, last = _keys(table.rows, columns, dialect.kind)
    facts = ExportFacts(
        file=source.name,
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
        size=source.size(),
        exported_at=exported_at(source.name),
        reader=reader,
        reader_reason=reason,
        evidence=dialect.evidence,
        confidence=dialect.confidence,
        escaped=dialect.escaped,
        encoding_evidence=text.certainty.evidence,
        encoding_confidence=text.certainty.confidence,
        first_key=first,
        last_key=last,
        archive=source.archive,
    )
    rows = _named(table.rows, columns, facts)
    return ExportRead(facts, rows, _quarantine(table.rejected, facts))


def _refuse_unusable_headers(name: str, dialect: Dialect) -> None:
    headers = dialect.header
    if dialect.kind is ExportKind.UNKNOWN:
        if is_contacts_without_email(headers):
            raise BadExport(
                "looks like a contacts export but has no e-mail column.",
                file=name,
                remedy="Export again with the column 'email', which identifies a contact.",
            )
        raise NoExport(
            f"fits no Kartra export: none of the first lines, read as {len(headers)} "
            "column(s), is a header of contacts, transactions or subscriptions.",
            file=name,
            remedy="Export again with the header row, or take the file out of the batch.",
        )
    needed = _JOINS.get(dialect.kind, ())
    names = {column.name for column in canonical_columns(dialect.kind, headers)}
    if needed and names.isdisjoint(needed):
        raise BadExport(
            f"has neither of the columns {' and '.join(needed)}.",
            file=name,
            remedy="Export again with the buyer's e-mail; without it nobody can be found.",
        )


def _without_mangled(
    table: Table, columns: _Columns, kind: ExportKind, text: Text
) -> tuple[Table, tuple[str, ...]]:
    """The table without rows that have a damaged key, and what was damaged."""
    names = [(cell, column.name) for cell, column in columns]
    damage = damage_in(table.rows, names, kind)
    reasons = dict.fromkeys(damage.mangled, Reason.MANGLED_KEY)
    return set_aside(table, reasons, text), damage.warnings


def _with_rows_of_sheet(table: Table, text: Text) -> Table:
    """Rows of a sheet under its own numbers instead of the lines we wrote it in."""
    if text.lines is None:
        return table
    lines = text.lines
    rejected = tuple(replace(each, row=lines[each.row - 1]) for each in table.rejected)
    numbers = pl.Series("_row", lines, dtype=pl.Int64).gather(table.rows["_row"] - 1)
    return replace(table, rows=table.rows.with_columns(numbers), rejected=rejected)


def _keys(rows: pl.DataFrame, columns: _Columns, kind: ExportKind) -> tuple[str, str]:
    """The ids of the first and the last row; an address is never shown."""
    own = KEYS.get(kind, ("kartra_id",))[0]
    cell = next((cell for cell, column in columns if column.name == own), None)
    if cell is None or rows.is_empty():
        return "", ""
    first, last = (str(rows[cell][at]).strip() for at in (0, -1))
    return _safe(first), _safe(last)


def _safe(key: str) -> str:
    return key if _SAFE_KEY.fullmatch(key) else ""


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


def _named(rows: pl.DataFrame, columns: _Columns, facts: ExportFacts) -> pl.DataFrame:
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
