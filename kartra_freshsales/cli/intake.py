"""Takes exports into the inbox: each is read first, and none is taken twice.

Not here: reading (``kartra``), what is shown of it (``files``).
"""

import hashlib
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kartra_freshsales.cli.failures import WrongUse
from kartra_freshsales.errors import BadExport, BadInput
from kartra_freshsales.kartra.front_door import (
    ExportRead,
    FileProblem,
    export_files,
    read_exports,
)
from kartra_freshsales.orchestration.partitions import checked_batch_key
from kartra_freshsales.settings import Workspace


@dataclass(frozen=True)
class Known:
    """A file that the inbox holds already; ``place`` is ``batch/file``."""

    file: str
    place: str


@dataclass(frozen=True)
class Taken:
    """What was copied into the batch, and what was there before."""

    reads: tuple[ExportRead, ...]
    already: tuple[Known, ...]


def new_batch(workspace: Workspace, wanted: str) -> str:
    """The key of a batch without files: ``wanted``, else the next free number.

    Raises:
        WrongUse: ``wanted`` cannot name a batch.
        BadInput: it has files already.
    """
    taken = set(workspace.batches())
    if not wanted:
        return next(
            key for number in range(1, 10**6) if (key := f"batch-{number:02d}") not in taken
        )
    try:
        checked_batch_key(wanted)
    except BadInput as error:
        raise WrongUse(error.what, remedy=error.remedy) from None
    if wanted in taken:
        raise BadInput(
            f"Batch {wanted!r} already has files.", remedy="Choose another --batch."
        )
    return wanted


def take_in(workspace: Workspace, batch: str, files: Sequence[Path]) -> Taken:
    """Read all files, then copy those the inbox lacks into ``inbox/<batch>/``.

    Raises:
        BadInput: a file cannot be used, or two have one name; nothing was copied.
    """
    reads: list[tuple[Path, tuple[ExportRead, ...]]] = []
    problems: list[BadExport] = []
    for path in files:
        try:
            read = read_exports(path, batch=batch)
        except BadExport as error:
            problems.append(error)
        else:
            reads.append((path, read.reads))
            problems += map(_refusal, read.problems)
    if problems:
        raise BadInput(
            f"{len(problems)} of {len(files)} file(s) cannot be used; none was copied.",
            remedy="\n".join(["", *(f"  {problem}" for problem in problems)]),
        )
    new, already = _apart(workspace, reads)
    names = Counter(path.name for path, _ in new)
    if names and max(names.values()) > 1:
        raise BadInput(
            f"Two different files are named {names.most_common(1)[0][0]}; none was copied.",
            remedy="Rename one of them.",
        )
    folder = workspace.inbox / batch
    for path, _ in new:
        folder.mkdir(parents=True, exist_ok=True)
        # Whoever looks meanwhile sees whole files only: dot files are no exports.
        partial = folder / f".{path.name}.partial"
        shutil.copy2(path, partial)
        partial.replace(folder / path.name)
    return Taken(tuple(read for _, parts in new for read in parts), tuple(already))


def _refusal(problem: FileProblem) -> BadExport:
    return BadExport(problem.what, file=problem.file, remedy=problem.remedy)


_Read = tuple[Path, tuple[ExportRead, ...]]


def _apart(workspace: Workspace, reads: Sequence[_Read]) -> tuple[list[_Read], list[Known]]:
    """Files that are new, and those whose bytes the inbox or this call holds already."""
    there = dict(_digests(workspace, {path.stat().st_size for path, _ in reads}))
    new: list[_Read] = []
    already: list[Known] = []
    for path, parts in reads:
        digest = _digest(path)
        place = there.get(digest)
        if place is not None:
            already.append(Known(path.name, place))
        else:
            there[digest] = f"{parts[0].facts.batch}/{path.name}"
            new.append((path, parts))
    return new, already


def _digests(workspace: Workspace, sizes: set[int]) -> Iterator[tuple[str, str]]:
    """Digest and ``batch/file`` of the files in the inbox that have one of the sizes."""
    for batch in workspace.batches():
        for path in export_files(workspace.inbox / batch):
            if path.stat().st_size in sizes:
                yield _digest(path), f"{batch}/{path.name}"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
