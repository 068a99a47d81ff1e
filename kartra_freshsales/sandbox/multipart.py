"""Taking a ``multipart/form-data`` body apart (RFC 7578), bytes kept as they came.

What the parts mean is the handler's business.
"""

from __future__ import annotations

from dataclasses import dataclass
from email.message import Message
from email.utils import collapse_rfc2231_value

from kartra_freshsales.sandbox.refusal import bad


@dataclass(frozen=True)
class Part:
    """One part of a form; ``filename`` is null for a plain value."""

    name: str
    filename: str | None
    content_type: str
    content: bytes

    @property
    def text(self) -> str:
        """A plain value as text."""
        return self.content.decode("utf-8", errors="replace").strip()


def parts_of(raw: bytes, content_type: str) -> dict[str, Part]:
    """The parts by name (the last of repeated names wins), or a 400."""
    header = Message()
    header["content-type"] = content_type
    boundary = header.get_param("boundary")
    if header.get_content_type() != "multipart/form-data" or not isinstance(boundary, str):
        raise bad("Invalid or missing attributes")
    pieces = (b"\r\n" + raw).split(b"\r\n--" + boundary.encode())
    if len(pieces) < 3 or not pieces[-1].startswith(b"--"):
        raise bad("Invalid or missing attributes")
    parts = [_part(piece) for piece in pieces[1:-1]]
    return {part.name: part for part in parts}


def _part(piece: bytes) -> Part:
    head, gap, content = piece.partition(b"\r\n\r\n")
    headers = Message()
    for line in head.decode("utf-8", errors="replace").split("\r\n"):
        key, colon, value = line.partition(":")
        if colon:
            headers[key.strip()] = value.strip()
    name = headers.get_param("name", header="content-disposition")
    if not gap or not isinstance(name, str):
        raise bad("Invalid or missing attributes")
    filename = headers.get_param("filename", header="content-disposition")
    return Part(
        name,
        None if filename is None else collapse_rfc2231_value(filename),
        headers.get_content_type(),
        content,
    )
