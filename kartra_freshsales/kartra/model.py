"""What reading an export yields: frozen records, no behaviour beyond summaries.

What does not belong here: how any of it is found out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from itertools import chain
from pathlib import Path

import polars as pl

from kartra_freshsales.kartra.columns import ColumnName
from kartra_freshsales.kartra.kinds import ExportKind

QUARANTINE_SCHEMA: Mapping[str, type[pl.DataType]] = {
    "_batch": pl.String,
    "_file": pl.String,
    "_row": pl.Int64,
    "reason": pl.String,
    "remedy": pl.String,
    "raw": pl.String,
}


class Reason(StrEnum):
    """Why a record of a file could not become a row."""

    TOO_MANY_FIELDS = "too_many_fields"
    TOO_FEW_FIELDS = "too_few_fields"
    STRAY_QUOTE = "stray_quote"
    NUL_BYTE = "nul_byte"
    REPEATED_HEADER = "repeated_header"
    BEFORE_HEADER = "before_header"
    AFTER_DATA = "after_data"
    OTHER_HEADER = "other_header"
    MANGLED_KEY = "mangled_key"


HARMLESS = (Reason.REPEATED_HEADER, Reason.BEFORE_HEADER, Reason.AFTER_DATA)
"""Reasons that cost no data."""

REMEDIES: Mapping[Reason, str] = {
    Reason.TOO_MANY_FIELDS: "Quote the cell that holds a delimiter, or export again.",
    Reason.TOO_FEW_FIELDS: "Complete the row in the file, or export again.",
    Reason.STRAY_QUOTE: "Close or double the quotation mark on this line, or export again.",
    Reason.NUL_BYTE: "Export again: the line holds a NUL, which no text export contains.",
    Reason.REPEATED_HEADER: "Nothing to do: the header line stands in the file twice.",
    Reason.BEFORE_HEADER: "Nothing to do if the line is a title; else export again.",
    Reason.AFTER_DATA: "Nothing to do: the line is a total or a note below the data.",
    Reason.OTHER_HEADER: (
        "From the line that holds another header on, the columns are others: put what "
        "follows it into a file of its own, or export again."
    ),
    Reason.MANGLED_KEY: (
        "A spreadsheet rounded an id of this row, which would join it to a wrong record: "
        "export again and do not open the file in a spreadsheet in between."
    ),
}


@dataclass(frozen=True)
class Rejected:
    """One record set aside: its first physical line, why, and its text as it stood."""

    row: int
    reason: Reason
    raw: str


@dataclass(frozen=True)
class Dialect:
    """How a file's cells are laid out, with the evidence for it.

    ``header_index`` counts records that are not blank, from 0; ``declared`` says that the
    first line was a ``sep=`` hint; ``escaped`` that quotation marks inside cells follow a
    backslash. ``confidence`` is the margin, 0 to 1, by which the next best layout loses.
    """

    delimiter: str
    quote: str
    header: tuple[str, ...]
    header_index: int
    kind: ExportKind
    evidence: str
    skip_initial_space: bool = False
    declared: bool = False
    escaped: bool = False
    confidence: float = 1.0


@dataclass(frozen=True)
class Table:
    """Cells of a stretch of a file as text, before columns are named.

    ``rows`` has the columns ``c0…cN`` and ``_row`` (Int64, physical line of the record);
    ``multi_line`` names the columns in which a cell may hold a line feed. ``text`` is the
    stretch as it stands in the file, ``first_line`` where it begins. ``lacks`` names the
    signs (``structure.SIGNS``) that are known to stand nowhere in it.
    """

    rows: pl.DataFrame
    rejected: tuple[Rejected, ...]
    multi_line: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    text: str | bytes = field(default="", repr=False)
    first_line: int = 1
    lacks: frozenset[str] = frozenset()


def joined(tables: Iterable[Table]) -> Table:
    """Stretches that follow one another as one."""
    parts = list(tables)
    columns = dict.fromkeys(name for part in parts for name in part.multi_line)
    return Table(
        pl.concat(part.rows for part in parts),
        tuple(chain.from_iterable(part.rejected for part in parts)),
        tuple(columns),
        tuple(chain.from_iterable(part.warnings for part in parts)),
        text=_text(parts),
        first_line=parts[0].first_line,
        lacks=frozenset.intersection(*(part.lacks for part in parts)),
    )


def _text(parts: Sequence[Table]) -> str:
    texts = (part.text for part in parts)
    return "".join(each if isinstance(each, str) else each.decode() for each in texts)


def multi_line_columns(frame: pl.DataFrame) -> tuple[str, ...]:
    """The text columns in which some cell holds a line feed."""
    held = frame.select(pl.col(pl.String).str.contains("\n", literal=True).any())
    return tuple(name for name in held.columns if held[name].item())


@dataclass(frozen=True)
class ExportFacts:
    """What is known of one export without its rows; safe to log and to show.

    ``file`` is ``archive.zip/member.csv`` or ``book.xlsx/Sheet`` for a part of a file, and
    ``archive`` then the file on disk; ``sha256`` and ``size`` are those of the part's own
    bytes. Confidences run from 0 to 1. ``first_key`` and ``last_key`` are the ids of the
    first and last row, empty where rows carry none.
    """

    file: str
    batch: str
    kind: ExportKind
    encoding: str
    delimiter: str
    quote: str
    currency: str | None
    columns: tuple[ColumnName, ...]
    row_count: int
    quarantined: int
    quarantine_reasons: Mapping[str, int]
    warnings: tuple[str, ...]
    sha256: str
    size: int
    exported_at: datetime | None
    reader: str
    reader_reason: str
    evidence: str
    confidence: float = 1.0
    escaped: bool = False
    encoding_evidence: str = ""
    encoding_confidence: float = 1.0
    first_key: str = ""
    last_key: str = ""
    archive: str = ""


@dataclass(frozen=True)
class ExportRead:
    """One export file, read. Every data record is in ``rows`` or in ``quarantine``.

    ``rows``: all String, canonical names or original headers, then ``_currency`` (not for
    contacts), ``_batch``, ``_file``, ``_row`` (Int64) and ``_exported_at`` (Datetime, UTC).
    ``quarantine``: see ``QUARANTINE_SCHEMA``. ``stored`` is the Parquet file that holds the
    rows just so, if they were not kept in memory.
    """

    facts: ExportFacts
    lazy_rows: pl.LazyFrame = field(repr=False)
    quarantine: pl.DataFrame = field(repr=False)
    stored: Path | None = None

    @cached_property
    def rows(self) -> pl.DataFrame:
        """All rows, in memory."""
        return self.lazy_rows.collect()

    @property
    def kind(self) -> ExportKind:
        """Which export it is."""
        return self.facts.kind

    @property
    def encoding(self) -> str:
        """How the bytes were decoded."""
        return self.facts.encoding

    @property
    def delimiter(self) -> str:
        """What stands between cells."""
        return self.facts.delimiter

    @property
    def quote(self) -> str:
        """What encloses cells that need it."""
        return self.facts.quote

    @property
    def currency(self) -> str | None:
        """The code in the header of the amount column."""
        return self.facts.currency

    @property
    def columns(self) -> tuple[ColumnName, ...]:
        """The columns in the order of the file."""
        return self.facts.columns

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person should know, without any value from a row."""
        return self.facts.warnings

    @property
    def sha256(self) -> str:
        """Digest of the export's bytes: the file's, or its part's inside an archive."""
        return self.facts.sha256

    @property
    def size(self) -> int:
        """How many bytes ``sha256`` is of."""
        return self.facts.size


@dataclass(frozen=True)
class FileProblem:
    """A file of a batch that could not be used, and what to do about it."""

    file: str
    kind: ExportKind
    what: str
    remedy: str


@dataclass(frozen=True)
class FileRead:
    """One file on disk, read: its exports, and parts of it that could not be used."""

    reads: tuple[ExportRead, ...]
    problems: tuple[FileProblem, ...] = ()


@dataclass(frozen=True)
class BatchRead:
    """One batch folder, read. A bad file is a problem and does not stop the others."""

    frames: Mapping[ExportKind, pl.DataFrame] = field(default_factory=dict)
    quarantine: Mapping[ExportKind, pl.DataFrame] = field(default_factory=dict)
    files: tuple[ExportFacts, ...] = ()
    problems: tuple[FileProblem, ...] = ()


@dataclass(frozen=True)
class StoredBatch:
    """One batch folder, read into Parquet files: as ``BatchRead``, with rows on disk.

    ``rows`` names a file for each kind that was found, ``counts`` how many rows it has.
    """

    rows: Mapping[ExportKind, Path] = field(default_factory=dict)
    counts: Mapping[ExportKind, int] = field(default_factory=dict)
    quarantine: Mapping[ExportKind, pl.DataFrame] = field(default_factory=dict)
    files: tuple[ExportFacts, ...] = ()
    problems: tuple[FileProblem, ...] = ()

    def scan(self, kind: ExportKind) -> pl.LazyFrame | None:
        """The rows of one kind, read when they are needed."""
        return pl.scan_parquet(self.rows[kind]) if kind in self.rows else None
