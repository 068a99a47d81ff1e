"""One batch folder: every file in it read, or named as a problem.

What does not belong here: reading one file (``export``), anything about other batches.
"""

from collections import defaultdict
from pathlib import Path

import polars as pl

from kartra_freshsales.errors import BadExport
from kartra_freshsales.kartra.files import read_exports
from kartra_freshsales.kartra.kinds import ExportKind
from kartra_freshsales.kartra.model import BatchRead, ExportRead, FileProblem

MANIFESTS = frozenset({"activities.csv", "attachments.csv"})
"""Files of a batch that are ours to define and no exports."""

_NO_EXPORTS = frozenset({".yaml", ".yml", ".json", ".md"})


def export_files(folder: Path) -> list[Path]:
    """The files of a batch folder that should be exports, by name."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_file()
        and not path.name.startswith((".", "~$"))
        and path.name not in MANIFESTS
        and path.suffix.lower() not in _NO_EXPORTS
    )


def read_batch(folder: Path, *, batch: str) -> BatchRead:
    """Read all exports of a batch, in the order of their names.

    Args:
        folder: the batch folder; folders inside it are not entered.
        batch: key of the batch, kept as provenance.
    """
    reads: list[ExportRead] = []
    problems: list[FileProblem] = []
    for path in export_files(folder):
        try:
            read_file = read_exports(path, batch=batch)
            reads += read_file.reads
            problems += read_file.problems
        except BadExport as error:
            problem = FileProblem(
                error.file or path.name, ExportKind.UNKNOWN, error.what, error.remedy
            )
            problems.append(problem)
    rows: dict[ExportKind, list[pl.DataFrame]] = defaultdict(list)
    quarantine: dict[ExportKind, list[pl.DataFrame]] = defaultdict(list)
    for read in reads:
        rows[read.kind].append(read.rows)
        quarantine[read.kind].append(read.quarantine)
    return BatchRead(
        frames={kind: pl.concat(each, how="diagonal") for kind, each in rows.items()},
        quarantine={kind: pl.concat(each) for kind, each in quarantine.items()},
        files=tuple(read.facts for read in reads),
        problems=tuple(problems),
    )
