"""Files that are no text at all, or text of another sort: named for what they are.

What does not belong here: archives and workbooks that are opened (``sources``), and text
whose headers fit no export (``export``).
"""

import re

from kartra_freshsales.errors import BadExport

_CONTROL_SHARE_OF_BINARY = 0.05
_BLANKS = frozenset(b"\t\r\n\f\v")
_MARKS_AND_BLANKS = b"\xef\xbb\xbf\xff\xfe \t\r\n\x00"

_WORKBOOK = "Open it and save the sheet as CSV UTF-8, or better export it again as CSV."
_MAGIC = (
    (b"PK\x03\x04", "is a packed file inside a packed file.", "Unpack it first."),
    (
        b"\xd0\xcf\x11\xe0",
        "is an old Excel workbook, or one with a password; not a CSV file.",
        _WORKBOOK,
    ),
    (b"%PDF", "is a PDF, not a CSV file.", "Export it again as CSV."),
    (b"\x89PNG", "is a picture, not a CSV file.", "Export it again as CSV."),
    (b"\xff\xd8\xff", "is a picture, not a CSV file.", "Export it again as CSV."),
    (b"Rar!", "is a RAR archive, not a CSV file.", "Unpack it and bring the CSV files."),
    (b"7z\xbc\xaf", "is a 7z archive, not a CSV file.", "Unpack it and bring the files."),
)
_PAGES = (
    b"<!doctype", b"<html", b"<?xml", b"<table", b"<head", b"<body", b"<script", b"<div",
    b"<!--",
)  # fmt: skip
_JSON = re.compile(rb'^(?:\{\s*["}]|\[\s*[\[{"\]]|\{"|\[\s*$)')


def refuse_what_is_no_text(name: str, head: bytes) -> None:
    """Look at the start of a file.

    Raises:
        BadExport: it is empty, a known binary format, a web page, JSON, or full of control
            characters.
    """
    if not head.strip(_MARKS_AND_BLANKS):
        raise BadExport("is empty.", file=name, remedy="Export it again.")
    for magic, what, remedy in _MAGIC:
        if head.startswith(magic):
            raise BadExport(what, file=name, remedy=remedy)
    start = head[:4096].replace(b"\x00", b"").lstrip(_MARKS_AND_BLANKS).lower()
    if start.startswith(_PAGES):
        raise BadExport(
            "is a web page saved under the name of a CSV file.",
            file=name,
            remedy="Sign in to Kartra, export again and save the download itself.",
        )
    if _JSON.match(start):
        raise BadExport(
            "is JSON saved under the name of a CSV file.",
            file=name,
            remedy="Export again from Kartra's own pages, which give CSV.",
        )
    controls = sum(
        head.count(bytes([code])) for code in range(1, 32) if code not in _BLANKS
    )
    if controls > len(head) * _CONTROL_SHARE_OF_BINARY:
        raise BadExport(
            "is a binary file, not a CSV file.",
            file=name,
            remedy="Export it again as CSV.",
        )
