"""The files beside an attachments manifest: is each there, how large, with which digest.

Every file is read once, in pieces. Not here: how large a file may be, whose it is
(``transforms``), sending it (``loading``).
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import polars as pl

FOUND, MISSING, OUTSIDE, EMPTY = "found", "missing", "outside", "empty"
"""What became of a path: a file, nothing, a way out of the folder, or no bytes."""


@dataclass(frozen=True)
class Attached:
    """A file as it lies on disk; ``size`` in bytes, both facts only where it is found."""

    state: str
    sha256: str | None = None
    size: int | None = None


def slashes(path: str) -> str:
    """A path as written on any system, with forward slashes."""
    return path.strip().replace("\\", "/")


def file_at(folder: Path, path: str) -> Path | None:
    """The place that a manifest's path names, or ``None`` where it leaves the folder.

    Links are followed first: one that leads out of the folder is a way out like ``..``.
    """
    inside = folder.resolve()
    try:
        place = (inside / slashes(path)).resolve()
    except (OSError, ValueError):
        return None
    return place if place.is_relative_to(inside) and place != inside else None


def look_at(folder: Path, path: str) -> Attached:
    """Find out about one file of a batch."""
    place = file_at(folder, path)
    if place is None:
        return Attached(OUTSIDE)
    try:
        with place.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = place.stat().st_size
    except OSError:
        return Attached(MISSING)
    return Attached(FOUND, digest, size) if size else Attached(EMPTY)


def named_in(manifests: Iterable[pl.DataFrame]) -> frozenset[str]:
    """Names of files directly in the batch folder that manifests speak of."""
    paths = [path for rows in manifests for path in rows["path"].drop_nulls()]
    places = [PurePosixPath(slashes(path)) for path in paths]
    return frozenset(place.name for place in places if len(place.parts) == 1)


def with_files(rows: pl.DataFrame, folder: Path) -> pl.DataFrame:
    """The rows with ``file_state``, ``file_sha256`` and ``file_size``, as text."""
    paths = rows["path"].fill_null("").str.strip_chars()
    known = {path: look_at(folder, path) for path in paths.unique()}
    found = [known[path] for path in paths]
    sizes = [None if each.size is None else str(each.size) for each in found]
    return rows.with_columns(
        pl.Series("file_state", [each.state for each in found], pl.String),
        pl.Series("file_sha256", [each.sha256 for each in found], pl.String),
        pl.Series("file_size", sizes, pl.String),
    )
