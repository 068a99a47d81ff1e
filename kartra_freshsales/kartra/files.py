"""All exports of one file on disk: itself, the files of a ZIP, the sheets of a workbook.

What does not belong here: unpacking (``sources``), reading one export (``export``), folders
(``batch``).
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from kartra_freshsales.errors import BadExport
from kartra_freshsales.kartra.export import NoExport, read_source
from kartra_freshsales.kartra.keeping import Keep, in_memory
from kartra_freshsales.kartra.kinds import ExportKind
from kartra_freshsales.kartra.model import ExportRead, FileProblem, FileRead
from kartra_freshsales.kartra.sources import Source, sources_of

_NAMED = 3


def read_exports(path: Path, *, batch: str, keep: Keep = in_memory) -> FileRead:
    """Read all exports a file holds.

    Sheets that are no export are named in a warning of those that are. Any other part that
    is of no use is a problem and does not stop the rest.

    Args:
        path: a file as downloaded, possibly re-saved, possibly packed.
        batch: key of the batch it belongs to, kept as provenance.
        keep: where the rows go.

    Raises:
        BadExport: no export could be read, and why.
    """
    sources = sources_of(path)
    if sources.is_one_file:
        return FileRead((read_source(sources.found[0], batch, keep),))
    reads: list[ExportRead] = []
    problems = list(sources.problems)
    idle: list[Source] = []
    for source in sources.found:
        try:
            reads.append(read_source(source, batch, keep))
        except NoExport as error:
            if source.book:
                idle.append(source)
            else:
                problems.append(_problem(source.name, error))
        except BadExport as error:
            problems.append(_problem(source.name, error))
    for book in sources.books:
        if not any(name.startswith(f"{book}/") for name in _names(reads, problems)):
            problems.append(_without_export(book, idle))
    if not reads:
        raise _nothing(path, problems)
    return FileRead(tuple(_noted(read, idle) for read in reads), tuple(problems))


def read_export(path: Path, *, batch: str) -> ExportRead:
    """Read a file that holds one export; arguments as for ``read_exports``.

    Raises:
        BadExport: unreadable, empty, no CSV, no Kartra export, without e-mail column, or
            more than one export.
    """
    read = read_exports(path, batch=batch)
    if len(read.reads) > 1 or read.problems:
        count = len(_names(read.reads, read.problems))
        raise BadExport(
            f"holds {count} files or sheets.",
            file=path.name,
            remedy="Unpack it, or bring each as a CSV file of its own.",
        )
    return read.reads[0]


def _names(reads: Sequence[ExportRead], problems: Sequence[FileProblem]) -> list[str]:
    return [each.facts.file for each in reads] + [each.file for each in problems]


def _problem(name: str, error: BadExport) -> FileProblem:
    return FileProblem(name, ExportKind.UNKNOWN, error.what, error.remedy)


def _titles(book: str, idle: Sequence[Source]) -> str:
    titles = [each.name.removeprefix(f"{book}/") for each in idle if each.book == book]
    return ", ".join(map(repr, titles))


def _without_export(book: str, idle: Sequence[Source]) -> FileProblem:
    titles = _titles(book, idle)
    what = f"has no sheet that is an export: {titles}." if titles else "has empty sheets."
    return FileProblem(
        book, ExportKind.UNKNOWN, what, "Export it again as CSV, with the header row."
    )


def _noted(read: ExportRead, idle: Sequence[Source]) -> ExportRead:
    """The export with a warning about sheets of its workbook that are none."""
    facts = read.facts
    books = {each.book for each in idle if facts.file.startswith(f"{each.book}/")}
    notes = [f"Left out: sheet {_titles(book, idle)} is no export." for book in books]
    return replace(read, facts=replace(facts, warnings=(*facts.warnings, *notes)))


def _nothing(path: Path, problems: Sequence[FileProblem]) -> BadExport:
    """Why a file is of no use: its only fault, or the first of those of its parts."""
    if len(problems) == 1:
        only = problems[0]
        return BadExport(only.what, file=only.file, remedy=only.remedy)
    named = " ".join(f"{each.file}: {each.what}" for each in problems[:_NAMED])
    return BadExport(
        f"holds no export. {named}".strip(),
        file=path.name,
        remedy="Bring the CSV files as Kartra gave them.",
    )
