"""What a path holds: one export, the files of an archive, or the sheets of a workbook.

What does not belong here: encodings (``encoding``), cells of a workbook (``workbook``).
"""

import hashlib
import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from kartra_freshsales.errors import BadExport
from kartra_freshsales.kartra.kinds import ExportKind
from kartra_freshsales.kartra.model import FileProblem
from kartra_freshsales.kartra.unpacking import (
    DEFAULT,
    Limits,
    is_gzip,
    is_zip,
    members_of,
    opened_zip,
    ungzipped,
    unzipped,
)
from kartra_freshsales.kartra.workbook import MAIN_PART, sheets_of

_HEAD = 64
_NEVER_EXPORTS = frozenset(
    {
        ".yaml", ".yml", ".json", ".md", ".pdf", ".jpg", ".jpeg", ".png", ".gif", ".webp",
        ".svg", ".html", ".htm", ".doc", ".docx", ".mp3", ".mp4", ".mov", ".url", ".lnk",
    }
)  # fmt: skip
_JUNK_FOLDERS = frozenset({"__MACOSX"})
_JUNK_FILES = frozenset({"thumbs.db", "desktop.ini"})
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True)
class Source:
    """One thing to read as an export.

    ``name`` is what people see (``archive.zip/member.csv``), ``path`` the file on disk.
    ``content`` is None where the bytes are those on disk. ``archive`` is the name of the
    file on disk if this is a part of it, ``book`` that of the workbook if it is a sheet.
    ``notes`` are warnings; ``lines``: see ``Text``.
    """

    name: str
    path: Path
    content: bytes | None = field(default=None, repr=False)
    archive: str = ""
    book: str = ""
    notes: tuple[str, ...] = ()
    lines: Sequence[int] | None = field(default=None, repr=False)

    def head(self, size: int) -> bytes:
        """The first bytes."""
        if self.content is not None:
            return self.content[:size]
        with self.path.open("rb") as stream:
            return stream.read(size)

    def data(self) -> bytes:
        """All bytes."""
        return self.content if self.content is not None else self.path.read_bytes()

    def size(self) -> int:
        """Bytes of the file on disk, or of the part of it that this is."""
        if self.content is not None and self.archive:
            return len(self.content)
        return self.path.stat().st_size

    def digest(self) -> str:
        """SHA-256 of the bytes that ``size`` counts."""
        if self.content is not None and self.archive:
            return hashlib.sha256(self.content).hexdigest()
        with self.path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()


@dataclass
class Sources:
    """What was found in one file on disk, parts of no use, and the names of workbooks."""

    found: list[Source] = field(default_factory=list)
    problems: list[FileProblem] = field(default_factory=list)
    books: list[str] = field(default_factory=list)

    @property
    def is_one_file(self) -> bool:
        """Whether there is nothing but the file itself, plain or compressed."""
        return len(self.found) == 1 and not self.found[0].archive and not self.problems

    def problem(self, name: str, error: BadExport) -> None:
        """Remember what is wrong with a part."""
        self.problems.append(
            FileProblem(name, ExportKind.UNKNOWN, error.what, error.remedy)
        )


def sources_of(path: Path, limits: Limits = DEFAULT) -> Sources:
    """What a file on disk holds.

    Folders inside an archive are entered; what macOS and Windows add of their own and
    files of other sorts by their names are left out. An archive in an archive is not
    opened.

    Raises:
        BadExport: unreadable, damaged, with a password, or beyond the limits.
    """
    found = Sources()
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError as error:
        raise BadExport(
            f"cannot be read ({type(error).__name__}).",
            file=path.name,
            remedy="Check that the file is complete and readable.",
        ) from None
    if is_gzip(head):
        with path.open("rb") as stream:
            content = ungzipped(path.name, stream, path.stat().st_size, limits)
        found.found.append(Source(path.name, path, content))
    elif is_zip(head):
        with opened_zip(path, path.name) as archive:
            _open(archive, Source(path.name, path), found, limits)
    else:
        found.found.append(Source(path.name, path))
    return found


def _open(archive: zipfile.ZipFile, outer: Source, found: Sources, limits: Limits) -> None:
    members = members_of(archive, outer.name, limits)
    if any(each.filename == MAIN_PART for each in members):
        _add_sheets(archive, outer, found, limits)
        return
    _refuse_other_documents(outer.name, members)
    taken: set[str] = set()
    for member in members:
        name = f"{outer.name}/{_UNPRINTABLE.sub('?', member.filename)}"
        if _is_junk(member.filename):
            continue
        if name in taken:
            found.problem(name, BadExport("stands in it twice.", remedy="Rename one."))
            continue
        taken.add(name)
        try:
            _add_member(unzipped(archive, member, name, limits), name, outer, found, limits)
        except BadExport as error:
            found.problem(name, error)


def _add_member(
    content: bytes, name: str, outer: Source, found: Sources, limits: Limits
) -> None:
    if is_gzip(content):
        content = ungzipped(name, io.BytesIO(content), len(content), limits)
    source = Source(name, outer.path, content, outer.path.name)
    if is_zip(content):
        with opened_zip(io.BytesIO(content), name) as inner:
            if MAIN_PART not in inner.namelist():
                raise BadExport("is an archive inside an archive.", remedy="Unpack it.")
            members_of(inner, name, limits)
            _add_sheets(inner, source, found, limits)
        return
    found.found.append(source)


def _add_sheets(
    archive: zipfile.ZipFile, outer: Source, found: Sources, limits: Limits
) -> None:
    found.books.append(outer.name)
    for sheet in sheets_of(archive, outer.name, limits):
        name = f"{outer.name}/{_UNPRINTABLE.sub('?', sheet.name)}"
        source = Source(
            name,
            outer.path,
            sheet.content,
            archive=outer.path.name,
            book=outer.name,
            notes=sheet.notes,
            lines=sheet.rows,
        )
        found.found.append(source)


def _is_junk(member: str) -> bool:
    path = PurePosixPath(member.replace("\\", "/"))
    return (
        not _JUNK_FOLDERS.isdisjoint(path.parts)
        or path.name.startswith((".", "~$"))
        or path.name.lower() in _JUNK_FILES
        or path.suffix.lower() in _NEVER_EXPORTS
    )


def _refuse_other_documents(name: str, members: Sequence[zipfile.ZipInfo]) -> None:
    names = {each.filename for each in members}
    if "[Content_Types].xml" in names or "mimetype" in names:
        raise BadExport(
            "is an office document that is no .xlsx workbook.",
            file=name,
            remedy="Save the sheet as CSV UTF-8, or better export it again as CSV.",
        )
    if all(_is_junk(each) for each in names):
        raise BadExport(
            "holds no file that could be an export.",
            file=name,
            remedy="Pack the CSV files, or bring them as they are.",
        )
