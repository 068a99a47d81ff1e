"""One export from its bytes to named columns: puts the parts of this room together.

What does not belong here: how any part does its work; what a path holds (``files``).
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import PurePosixPath

import polars as pl

from kartra_freshsales.errors import BadExport
from kartra_freshsales.kartra.columns import (
    canonical_columns,
    column_warnings,
    file_currency,
)
from kartra_freshsales.kartra.dialect import sniff
from kartra_freshsales.kartra.encoding import Text, open_text
from kartra_freshsales.kartra.keeping import Keep, Kept, in_memory
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
from kartra_freshsales.kartra.passage import Passage
from kartra_freshsales.kartra.paths import read_with
from kartra_freshsales.kartra.sources import Source

_STAMP = re.compile(r"_(?P<seconds>[0-9a-f]{8})[0-9a-f]{5}(?![0-9a-z])", re.IGNORECASE)
_SANE_YEARS = range(2015, 2036)
_SAFE_KEY = re.compile(r"[\w\-]{1,40}", re.ASCII)
_JOINS = {
    ExportKind.TRANSACTIONS: ("buyer_email", "lead_id"),
    ExportKind.SUBSCRIPTIONS: ("buyer_email", "lead_id"),
}


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


def read_source(source: Source, batch: str, keep: Keep = in_memory) -> ExportRead:
    """Read one export losslessly.

    Clean files take the fast path; anything else is read record by record. Cells are left
    as they are: no trimming, no nulls.

    Raises:
        BadExport: unreadable, empty, no CSV, no Kartra export, or without e-mail column.
    """
    text = open_text(source)
    dialect = sniff(text.sample(), complete=text.is_small)
    _refuse_unusable_headers(source.name, dialect)
    moment = exported_at(source.name)

    def pass_through(text: Text, tables: Iterator[Table]) -> tuple[Passage, Kept]:
        passage = Passage(dialect, (batch, source.name), moment, text.lines)
        return passage, keep(passage.schema, passage.rows(tables))

    with ThreadPoolExecutor(max_workers=1) as aside:
        sha256 = aside.submit(source.digest)
        text, (passage, kept), reader, reason = read_with(text, dialect, pass_through)
    columns = tuple(passage.kept_columns)
    first, last = passage.keys
    facts = ExportFacts(
        file=source.name,
        batch=batch,
        kind=dialect.kind,
        encoding=text.encoding,
        delimiter=dialect.delimiter,
        quote=dialect.quote,
        currency=file_currency(columns),
        columns=columns,
        row_count=passage.row_count,
        quarantined=len(passage.rejected),
        quarantine_reasons=dict(Counter(each.reason.value for each in passage.rejected)),
        warnings=tuple(_warnings(text, passage)),
        sha256=sha256.result(),
        size=source.size(),
        exported_at=moment,
        reader=reader,
        reader_reason=reason,
        evidence=dialect.evidence,
        confidence=dialect.confidence,
        escaped=dialect.escaped,
        encoding_evidence=text.certainty.evidence,
        encoding_confidence=text.certainty.confidence,
        first_key=_safe(first),
        last_key=_safe(last),
        archive=source.archive,
    )
    quarantine = _quarantine(passage.rejected, facts)
    idle = [column.name for column in passage.columns if column not in columns]
    if idle:
        return ExportRead(facts, kept.rows.drop(idle), quarantine)
    return ExportRead(facts, kept.rows, quarantine, kept.stored)


def _warnings(text: Text, passage: Passage) -> Iterator[str]:
    """What a person should know, in the order in which it was found out."""
    columns = passage.kept_columns
    yield from text.warnings
    yield from passage.warnings
    if dropped := len(passage.columns) - len(columns):
        yield f"{dropped} column(s) with neither header nor values were left out."
    yield from column_warnings(passage.kind, columns)
    yield from passage.damage()
    if not passage.row_count:
        yield "The file has a header and no rows."


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
            "column(s), is a header of contacts, transactions or subscriptions, nor of "
            "activities or attachments.",
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


def _safe(key: str) -> str:
    return key if _SAFE_KEY.fullmatch(key) else ""


def _quarantine(rejected: Sequence[Rejected], facts: ExportFacts) -> pl.DataFrame:
    origin = (facts.batch, facts.file)
    records = [
        (*origin, each.row, each.reason.value, REMEDIES[each.reason], each.raw)
        for each in rejected
    ]
    return pl.DataFrame(records, schema=dict(QUARANTINE_SCHEMA), orient="row")
