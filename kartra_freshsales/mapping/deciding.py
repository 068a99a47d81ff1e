"""Writes changed decisions into ``mappings/``: all of them, or none.

Every changed file is read as decisions before the first one is replaced. Not here: what to
change (``review_changes``), changing a line (``yaml_edits``).
"""

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kartra_freshsales.errors import BadInput, IntegrityError, MappingError
from kartra_freshsales.mapping.loading import load_mapping
from kartra_freshsales.mapping.review_changes import Change

Texts = dict[str, str]


@dataclass(frozen=True)
class Revision:
    """The decision files that change: how each reads now, and how it will read."""

    folder: Path
    before: Texts
    after: Texts

    def write(self) -> None:
        """Replace the files, all of them or none.

        Raises:
            BadInput: somebody has changed one of them meanwhile.
        """
        for name in self.after:
            if _read(self.folder / name) != self.before[name]:
                raise BadInput(
                    "Somebody has changed this file meanwhile; nothing was written.",
                    file=name,
                    remedy="Run the same command again, and see what it would change.",
                )
        self.folder.mkdir(parents=True, exist_ok=True)
        new = {name: _beside(self.folder / name, text) for name, text in self.after.items()}
        done: list[str] = []
        try:
            for name, half_written in new.items():
                half_written.replace(self.folder / name)
                done.append(name)
        except OSError:
            for name in done:
                _beside(self.folder / name, self.before[name]).replace(self.folder / name)
            raise


def revision(folder: Path, changes: Sequence[Change]) -> Revision:
    """The decision files as they will read; only those that change.

    Args:
        folder: ``mappings/`` of the workspace.
        changes: in order.

    Raises:
        BadInput: a change that makes no map; names the cell it comes from.
    """
    before = {change.file: _read(folder / change.file) for change in changes}
    after = dict(before)
    for change in changes:
        after[change.file] = _edited(change, after[change.file])
    if after != before and (fault := _fault(folder, after)) is not None:
        raise _blamed(folder, before, changes, fault)
    changed = {name: text for name, text in after.items() if text != before[name]}
    return Revision(folder, before, changed)


def _read(path: Path) -> str:
    """A file with plain line ends; nothing where there is none."""
    return path.read_text("utf-8-sig") if path.exists() else ""


def _beside(path: Path, text: str) -> Path:
    """The new text in a file beside the old one, with the line ends of the old one."""
    crlf = path.exists() and b"\r\n" in path.read_bytes()
    half_written = path.with_name(f".{path.name}.new")
    with half_written.open("w", encoding="utf-8", newline="\r\n" if crlf else "\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return half_written


def _edited(change: Change, text: str) -> str:
    try:
        return change.edit(text)
    except (IntegrityError, LookupError, ValueError, StopIteration, AttributeError):
        raise change.answer.refused(
            next(iter(change.answer.new)),
            f"{change.file} has a layout in which this cannot be changed.",
            "Write this decision into the file by hand, and empty the cell.",
        ) from None


def _fault(folder: Path, texts: Texts) -> MappingError | None:
    """What is wrong with the decisions, were the files to read so."""
    with tempfile.TemporaryDirectory() as made:
        trial = Path(made)
        for path in _decisions(folder):
            shutil.copy(path, trial / path.name)
        for name, text in texts.items():
            (trial / name).write_text(text, encoding="utf-8")
        try:
            load_mapping(trial)
        except MappingError as error:
            return error
    return None


def _decisions(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from sorted(folder.glob("*.yaml"))


def _blamed(
    folder: Path, before: Texts, changes: Sequence[Change], fault: MappingError
) -> BadInput:
    """The first change after which the decisions are no map any more."""
    texts = dict(before)
    for change in changes:
        texts[change.file] = _edited(change, texts[change.file])
        if (found := _fault(folder, texts)) is not None:
            return change.answer.refused(
                next(iter(change.answer.new)),
                f"This would not do in {change.file}: {found.what}",
                found.remedy,
            )
    return fault
