"""One batch folder: every file in it read, or named as a problem.

What does not belong here: reading one file (``export``), anything about other batches.
"""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from kartra_freshsales.errors import BadExport
from kartra_freshsales.kartra.attached import named_in, with_files
from kartra_freshsales.kartra.files import read_exports
from kartra_freshsales.kartra.keeping import InFolder, Keep, in_memory, write_parquet
from kartra_freshsales.kartra.kinds import ExportKind
from kartra_freshsales.kartra.model import (
    BatchRead,
    ExportRead,
    FileProblem,
    StoredBatch,
)

_NO_EXPORTS = frozenset({".yaml", ".yml", ".json", ".md"})


_BOTH = "is named as an attachment and was read as an export as well."
_APART = "Put attachments into a folder inside the batch folder, and correct their paths."


def export_files(folder: Path) -> list[Path]:
    """The files of a batch folder that should be exports, by name."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_file()
        and not path.name.startswith((".", "~$"))
        and path.suffix.lower() not in _NO_EXPORTS
    )


def read_batch(folder: Path, *, batch: str) -> BatchRead:
    """Read all exports of a batch, in the order of their names, into memory.

    Args:
        folder: the batch folder; folders inside it are not entered.
        batch: key of the batch, kept as provenance. Files that an attachments manifest
            names need not be exports; what is known of them stands beside their paths.
    """
    reads, problems = _all_of(folder, batch, in_memory)
    frames = {kind: _joined(each).collect() for kind, each in _by_kind(reads).items()}
    if ExportKind.ATTACHMENTS in frames:
        frames[ExportKind.ATTACHMENTS] = with_files(frames[ExportKind.ATTACHMENTS], folder)
    return BatchRead(
        frames=frames,
        quarantine=_quarantine(reads),
        files=tuple(read.facts for read in reads),
        problems=problems,
    )


def store_batch(folder: Path, *, batch: str, into: Path) -> StoredBatch:
    """Read all exports of a batch into Parquet files, never holding all rows of a file.

    Args:
        folder: as for ``read_batch``, as is what is read.
        batch: key of the batch.
        into: a folder that is there; ``<kind>.parquet`` is written in it, and exports
            while they are read.
    """
    reads, problems = _all_of(folder, batch, InFolder(into))
    rows: dict[ExportKind, Path] = {}
    for kind, each in _by_kind(reads).items():
        rows[kind] = into / f"{kind}.parquet"
        if kind is ExportKind.ATTACHMENTS:
            with_files(_joined(each).collect(), folder).write_parquet(rows[kind])
        elif len(each) == 1 and each[0].stored:
            each[0].stored.rename(rows[kind])
        else:
            write_parquet(_joined(each), rows[kind])
    counts = {
        kind: sum(r.facts.row_count for r in of) for kind, of in _by_kind(reads).items()
    }
    return StoredBatch(
        rows=rows,
        counts=counts,
        quarantine=_quarantine(reads),
        files=tuple(read.facts for read in reads),
        problems=problems,
    )


def _all_of(
    folder: Path, batch: str, keep: Keep
) -> tuple[list[ExportRead], tuple[FileProblem, ...]]:
    reads: list[ExportRead] = []
    problems: list[FileProblem] = []
    for path in export_files(folder):
        try:
            read_file = read_exports(path, batch=batch, keep=keep)
            reads += read_file.reads
            problems += read_file.problems
        except BadExport as error:
            problem = FileProblem(
                error.file or path.name, ExportKind.UNKNOWN, error.what, error.remedy
            )
            problems.append(problem)
    attached = named_in(read.rows for read in reads if read.kind is ExportKind.ATTACHMENTS)
    problems = [problem for problem in problems if problem.file not in attached]
    problems += [
        FileProblem(read.facts.file, read.kind, _BOTH, _APART)
        for read in reads
        if read.facts.file in attached
    ]
    return reads, tuple(problems)


def _by_kind(reads: Sequence[ExportRead]) -> dict[ExportKind, list[ExportRead]]:
    found: dict[ExportKind, list[ExportRead]] = defaultdict(list)
    for read in reads:
        found[read.kind].append(read)
    return found


def _joined(reads: Sequence[ExportRead]) -> pl.LazyFrame:
    return pl.concat((read.lazy_rows for read in reads), how="diagonal")


def _quarantine(reads: Sequence[ExportRead]) -> dict[ExportKind, pl.DataFrame]:
    return {
        kind: pl.concat(read.quarantine for read in of)
        for kind, of in _by_kind(reads).items()
    }
