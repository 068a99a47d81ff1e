"""Finding out how a file's cells are laid out, from a sample and with evidence.

The strongest evidence is ours alone: a delimiter under which one of the first records reads
as the header of a Kartra export. Next comes how many sampled records are as wide as it.
What does not belong here: reading the whole file.
"""

import csv
import io
import re
from itertools import islice

from kartra_freshsales.kartra.headers import visible
from kartra_freshsales.kartra.kinds import ExportKind, known_names, recognise
from kartra_freshsales.kartra.model import Dialect

_DELIMITERS = (",", ";", "\t", "|")
_SAMPLED_RECORDS = 200
_HEADER_WITHIN = 10
_DECLARED = re.compile(r'^"?sep=(?P<delimiter>[,;|\t])"?\r?\n', re.IGNORECASE)
_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}


def sniff(sample: str) -> Dialect:
    """The best-supported dialect of a text sample.

    Args:
        sample: the start of the file, decoded, line ends untouched.
    """
    declared = _DECLARED.match(sample)
    body = sample[declared.end() :] if declared else sample
    delimiters = (declared["delimiter"],) if declared else _DELIMITERS
    quote = _quote(body)
    tried = [
        _try(body, delimiter, quote, declared=declared is not None)
        for delimiter in delimiters
    ]
    return max(tried, key=lambda pair: pair[0])[1]


def _quote(body: str) -> str:
    first = next((line for line in body.splitlines() if line.strip()), "")
    single = first.startswith("'") and first.rstrip().endswith("'") and '"' not in first
    return "'" if single else '"'


def _records(body: str, delimiter: str, quote: str, *, skip: bool) -> list[list[str]]:
    reader = csv.reader(
        io.StringIO(body, newline=""),
        delimiter=delimiter,
        quotechar=quote,
        skipinitialspace=skip,
    )
    try:
        found = list(islice(reader, _SAMPLED_RECORDS))
    except csv.Error:  # a cell longer than the sample; what came before is not kept
        found = list(csv.reader(body.splitlines()[:1], delimiter=delimiter))
    records = [record for record in found if any(cell.strip() for cell in record)]
    # The sample may end inside the last record.
    return records[:-1] if len(records) > 2 else records  # noqa: PLR2004


def _try(
    body: str, delimiter: str, quote: str, *, declared: bool
) -> tuple[tuple[bool, int, float, int], Dialect]:
    # ``a, "b, c"``: a blank before the quotation mark, and never a mark right after.
    skip = f"{delimiter} {quote}" in body and f"{delimiter}{quote}" not in body
    records = _records(body, delimiter, quote, skip=skip)
    index, kind, known = _header(records)
    header = tuple(visible(cell) for cell in records[index]) if records else ()
    below = records[index + 1 :]
    agreeing = sum(len(record) == len(header) for record in below)
    share = agreeing / len(below) if below else 0.0
    evidence = (
        f"{_NAMES[delimiter]}: {known} of {len(header)} headers known, "
        f"{agreeing} of {len(below)} sampled records as wide as the header"
    )
    dialect = Dialect(
        delimiter, quote, header, index, kind, evidence, skip, declared=declared
    )
    width = len(header)
    score = (kind is not ExportKind.UNKNOWN, known, share if width > 1 else 0.0, width)
    return score, dialect


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
