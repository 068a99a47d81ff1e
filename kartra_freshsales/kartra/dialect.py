"""Finding out how a file's cells are laid out, from a sample and with evidence.

The strongest evidence is ours alone: a delimiter under which one of the first records reads
as the header of a Kartra export. Next comes how many sampled records are as wide as it.
What does not belong here: reading the whole file.
"""

import csv
import io
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from kartra_freshsales.kartra.escapes import plain, without_escapes
from kartra_freshsales.kartra.headers import visible
from kartra_freshsales.kartra.kinds import ExportKind, known_names, recognise
from kartra_freshsales.kartra.model import Dialect

_DELIMITERS = (",", ";", "\t", "|")
_SAMPLED_RECORDS = 200
_HEADER_WITHIN = 10
_DECLARED = re.compile(r'^"?sep=(?P<delimiter>[,;|\t])"?\r?\n', re.IGNORECASE)
_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}


@dataclass(frozen=True)
class _Tried:
    """One layout and how it fits; ``support`` from 0 to 1 weighs kind, width and marks."""

    rank: tuple[bool, int, float, bool, int]
    support: float
    dialect: Dialect

    @property
    def whole(self) -> tuple[bool, float]:
        """Whether every quotation mark is in place, and the share of records in order."""
        return self.rank[3], self.rank[2]


def sniff(sample: str, *, complete: bool = False) -> Dialect:
    """The best-supported dialect of a text sample.

    Args:
        sample: the start of the file, decoded, line ends untouched.
        complete: whether it is the whole file, so that no record is cut off.
    """
    declared = _DECLARED.match(sample)
    body = sample[declared.end() :] if declared else sample
    delimiters = (declared["delimiter"],) if declared else _DELIMITERS
    read = _Sample(body, complete)
    bare = Dialect("", _quote(body), (), 0, ExportKind.UNKNOWN, "", declared=bool(declared))
    tried = [_try(read, replace(bare, delimiter=delimiter)) for delimiter in delimiters]
    best = max(tried, key=lambda each: each.rank)
    rivals = [each.support for each in tried if each is not best]
    margin = max(best.support - max(rivals, default=0.0), 0.0)
    doubled, escaped = _votes(read, best.dialect)
    if escaped:
        other = _try(read, replace(best.dialect, escaped=True))
        # Votes of single lines count where the whole tells nothing.
        if (*other.whole, escaped) > (*best.whole, doubled):
            best = other
    if doubled or escaped:
        margin = min(margin, abs(doubled - escaped) / (doubled + escaped))
    return replace(best.dialect, confidence=round(margin, 2))


@dataclass(frozen=True)
class _Sample:
    text: str
    complete: bool


def _quote(body: str) -> str:
    first = next((line for line in body.splitlines() if line.strip()), "")
    single = first.startswith("'") and first.rstrip().endswith("'") and '"' not in first
    return "'" if single else '"'


def _cells(body: str, dialect: Dialect, *, strict: bool = False) -> Iterator[list[str]]:
    """Records of a sample; ``csv.Error`` where marks are misplaced and it is strict."""
    csv.field_size_limit(sys.maxsize)
    text = without_escapes(body, dialect.quote) if dialect.escaped else body
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=dialect.delimiter,
        quotechar=dialect.quote,
        skipinitialspace=dialect.skip_initial_space,
        strict=strict,
    )
    for record in reader:
        yield plain(record, dialect.quote) if dialect.escaped else record


def _votes(sample: _Sample, dialect: Dialect) -> tuple[int, int]:
    """Lines that fit the header only with doubled, and only with escaped marks."""
    votes = [0, 0]
    sign = f"\\{dialect.quote}"
    lines = [line for line in sample.text.splitlines() if sign in line]
    for line in lines[:_SAMPLED_RECORDS]:
        fits = [_fits(line, replace(dialect, escaped=escaped)) for escaped in (False, True)]
        votes = [
            count + (fit and fits != [True, True])
            for count, fit in zip(votes, fits, strict=True)
        ]
    return votes[0], votes[1]


def _fits(line: str, dialect: Dialect) -> bool:
    try:
        records = list(_cells(line, dialect, strict=True))
    except csv.Error:
        return False
    return [len(record) for record in records] == [len(dialect.header)]


def _records(sample: _Sample, dialect: Dialect) -> list[list[str]]:
    found = list(islice(_cells(sample.text, dialect), _SAMPLED_RECORDS))
    cut = not sample.complete and len(found) < _SAMPLED_RECORDS
    records = [record for record in found if any(cell.strip() for cell in record)]
    # The sample may end inside the last record.
    return records[:-1] if cut and len(records) > 2 else records  # noqa: PLR2004


def _is_well_quoted(sample: _Sample, dialect: Dialect) -> bool:
    try:
        for _ in islice(_cells(sample.text, dialect, strict=True), _SAMPLED_RECORDS):
            pass
    except csv.Error as error:
        return not sample.complete and "unexpected end" in str(error)
    return True


def _try(sample: _Sample, bare: Dialect) -> _Tried:
    delimiter, quote = bare.delimiter, bare.quote
    # ``a, "b, c"``: a blank before the quotation mark, and never a mark right after.
    blank = re.search(f"{re.escape(delimiter)} {quote}(?!{quote})", sample.text)
    skip = blank is not None and f"{delimiter}{quote}" not in sample.text
    layout = replace(bare, skip_initial_space=skip)
    records = _records(sample, layout)
    index, kind, known = _header(records)
    header = tuple(visible(cell) for cell in records[index]) if records else ()
    below = records[index + 1 :]
    agreeing = sum(len(record) == len(header) for record in below)
    share = agreeing / len(below) if below else 0.0
    well_quoted = _is_well_quoted(sample, layout)
    marks = ", quotation marks after backslashes" if bare.escaped else ""
    evidence = (
        f"{_NAMES[delimiter]}{marks}: {known} of {len(header)} headers known, "
        f"{agreeing} of {len(below)} sampled records as wide as the header"
    )
    width = len(header)
    wide = width > 1
    recognised = kind is not ExportKind.UNKNOWN
    support = 0.6 * recognised + 0.3 * share * wide + 0.1 * well_quoted * wide
    dialect = replace(
        layout, header=header, header_index=index, kind=kind, evidence=evidence
    )
    rank = (recognised, known, share if wide else 0.0, well_quoted, width)
    return _Tried(rank, support, dialect)


def _header(records: list[list[str]]) -> tuple[int, ExportKind, int]:
    best = (0, ExportKind.UNKNOWN, 0)
    for index, record in enumerate(records[:_HEADER_WITHIN]):
        kind = recognise(record)
        judged = kind if kind is not ExportKind.UNKNOWN else ExportKind.CONTACTS
        known = len(known_names(judged, record))
        if (kind is not ExportKind.UNKNOWN, known) > (
            best[1] is not ExportKind.UNKNOWN,
            best[2],
        ):
            best = (index, kind, known)
    return best
