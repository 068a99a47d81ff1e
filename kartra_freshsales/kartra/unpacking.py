"""Unpacking with limits: a packed file may be large, but not larger than it may claim.

What does not belong here: what the unpacked bytes are (``sources``, ``encoding``).
"""

import gzip
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from kartra_freshsales.errors import BadExport

_BLOCK = 1024 * 1024
_ENCRYPTED = 0x1
_FAULTS = (
    zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError, ValueError,
    RuntimeError, OverflowError,
)  # fmt: skip
"""What the standard library raises, depending on where a packed file is damaged."""
_INCOMPLETE = "Check that the file is complete and readable."
_TOO_LARGE = "If you trust it, unpack it yourself and bring the CSV files."


@dataclass(frozen=True)
class Limits:
    """What unpacking may cost. Sizes in bytes.

    ``ratio``: how often larger than packed, from ``ratio_from`` on. Exports shrink to a
    tenth, rows all alike to a hundredth; a bomb, to a thousandth.
    """

    unpacked: int = 2 * 1024**3
    ratio: int = 250
    ratio_from: int = 16 * 1024**2
    members: int = 2_000


DEFAULT = Limits()


def is_gzip(head: bytes) -> bool:
    """Whether bytes start as gzip does."""
    return head.startswith(b"\x1f\x8b")


def is_zip(head: bytes) -> bool:
    """Whether bytes start as a ZIP archive does, an empty one included."""
    return head.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def ungzipped(name: str, stream: IO[bytes], packed: int, limits: Limits) -> bytes:
    """The content of a gzip file of ``packed`` bytes.

    Raises:
        BadExport: damaged, or it grows beyond the limits.
    """
    with gzip.GzipFile(fileobj=stream) as opened:
        return _read(name, opened, packed, limits)


def members_of(
    archive: zipfile.ZipFile, name: str, limits: Limits
) -> list[zipfile.ZipInfo]:
    """The files of an archive, by their paths; what it says of their sizes is checked.

    Raises:
        BadExport: one has a password, there are too many, or they claim too much.
    """
    members = [each for each in archive.infolist() if not each.is_dir()]
    if any(each.flag_bits & _ENCRYPTED for each in members):
        raise BadExport(
            "has a password.", file=name, remedy="Unpack it and bring the files themselves."
        )
    if len(members) > limits.members:
        raise BadExport(
            f"holds {len(members):,} files.", file=name, remedy="Bring the exports alone."
        )
    _check(
        name,
        sum(each.file_size for each in members),
        sum(each.compress_size for each in members),
        limits,
    )
    for each in members:
        _check(name, each.file_size, each.compress_size, limits)
    return sorted(members, key=lambda each: each.filename)


def unzipped(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, limits: Limits
) -> bytes:
    """The content of one member; ``name`` is how it is called in messages.

    Raises:
        BadExport: damaged, packed in an unknown way, or larger than it says.
    """
    try:
        with archive.open(member) as opened:
            return _read(name, opened, member.compress_size, limits)
    except _FAULTS as error:
        raise _damaged(name, error) from None


def opened_zip(source: Path | IO[bytes], name: str) -> zipfile.ZipFile:
    """A ZIP archive.

    Raises:
        BadExport: its directory of members is missing or damaged.
    """
    try:
        return zipfile.ZipFile(source)
    except _FAULTS as error:
        raise _damaged(name, error) from None


def _read(
    name: str, opened: IO[bytes] | gzip.GzipFile, packed: int, limits: Limits
) -> bytes:
    try:
        return b"".join(_blocks(name, opened, packed, limits))
    except _FAULTS as error:
        raise _damaged(name, error) from None


def _blocks(
    name: str, opened: IO[bytes] | gzip.GzipFile, packed: int, limits: Limits
) -> Iterator[bytes]:
    size = 0
    while block := opened.read(_BLOCK):
        size += len(block)
        _check(name, size, packed, limits)
        yield block


def _check(name: str, size: int, packed: int, limits: Limits) -> None:
    if size > limits.unpacked:
        raise BadExport(
            f"unpacks to more than {limits.unpacked / 1024**3:g} GiB.",
            file=name,
            remedy=_TOO_LARGE,
        )
    if size > limits.ratio_from and size > packed * limits.ratio:
        raise BadExport(
            f"unpacks to more than {limits.ratio} times its size, as no export does.",
            file=name,
            remedy=_TOO_LARGE,
        )


def _damaged(name: str, error: Exception) -> BadExport:
    return BadExport(
        f"cannot be read ({type(error).__name__}).", file=name, remedy=_INCOMPLETE
    )
