"""Any bytes, any dialect, any damage: no crash, no lost line, no row lost beside damage."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hypothesis import assume, event, example, given, settings
from hypothesis import strategies as st

from kartra_freshsales.errors import BadExport
from kartra_freshsales.kartra.dialect import sniff
from kartra_freshsales.kartra.encoding import open_text
from kartra_freshsales.kartra.front_door import FileRead, read_export, read_exports
from kartra_freshsales.kartra.paths import read_table
from kartra_freshsales.kartra.sources import sources_of
from kartra_freshsales.kartra.tolerant import read_tolerantly
from kartra_freshsales_tests.data.make_ugly import FILES

HEADER = ("email", "first_name", "notes")
Row = tuple[str, str, str]


def read_bytes(content: bytes, name: str = "a.csv") -> FileRead:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        return read_exports(path, batch="jan")


# G8
@settings(max_examples=120, deadline=None)
@given(
    st.binary(max_size=2_000), st.sampled_from([b"", b"email,tags\n", b"\xff\xfe", b"PK"])
)
def test_any_bytes_are_read_or_refused(content: bytes, before: bytes) -> None:
    try:
        found = read_bytes(before + content)
    except BadExport:
        event("refused")
    else:
        event("read")
        assert found.reads


# G8: archives and workbooks with bytes changed
@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(
        ["exports.zip", "two_sheets.xlsx", "packed.csv.gz", "book_in_archive.zip"]
    ),
    st.lists(st.tuples(st.integers(0, 8_000), st.integers(0, 255)), min_size=1, max_size=6),
    st.integers(0, 200),
)
@example("book_in_archive.zip", [(5919, 1)], 19)  # a member before the file's start
def test_damaged_archives_are_read_in_part_or_refused(
    name: str, changes: Sequence[tuple[int, int]], cut: int
) -> None:
    content = bytearray(FILES[name])
    for at, byte in changes:
        content[at % len(content)] = byte
    try:
        found = read_bytes(bytes(content[: len(content) - cut]), name)
    except BadExport:
        event("refused")
    else:
        event("read")
        assert found.reads


# G4: raw bytes below a header; each line has a mark that must be found again
@settings(max_examples=150, deadline=None)
@given(st.lists(st.binary(max_size=40), min_size=1, max_size=12))
@example([b"\xe9", b"\xc3\xa9", b"\x00", b'"', b'"', b"\r", b"\xff,\xfe,"])
def test_no_line_of_raw_bytes_is_lost(lines: list[bytes]) -> None:
    body = b"".join(b"<%d>%s\n" % (at, line) for at, line in enumerate(lines))
    try:
        (read,) = read_bytes(b"email,first_name,notes\n" + body).reads
    except BadExport:
        event("refused")
        return
    cells = [cell for row in read.rows.select(HEADER).rows() for cell in row]
    kept = "\n".join([*cells, *read.quarantine["raw"]])
    assert all(f"<{at}>" in kept for at in range(len(lines)))


@dataclass(frozen=True)
class Written:
    """A way to write records. Python's own writer leaves some line ends unquoted."""

    delimiter: str
    all_quoted: bool
    end: str
    encoding: str
    escaped: bool

    def text(self, rows: Sequence[Sequence[str]]) -> str:
        return "".join(self.delimiter.join(map(self._cell, row)) + self.end for row in rows)

    def _cell(self, value: str) -> str:
        special = (self.delimiter, '"', "\r", "\n")
        if not self.all_quoted and not any(each in value for each in special):
            return value
        if self.escaped:
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return '"' + value.replace('"', '""') + '"'


DELIMITERS = st.sampled_from(",;\t|")
ENDS = st.sampled_from(["\n", "\r\n", "\r"])
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"])
# Outside quoted cells a backslash before a mark may as well be a backslash.
ESCAPED = st.builds(Written, DELIMITERS, st.just(True), ENDS, ENCODINGS, st.just(True))
DOUBLED = st.builds(Written, DELIMITERS, st.booleans(), ENDS, ENCODINGS, st.just(False))
IN_UTF8 = st.builds(
    Written, DELIMITERS, st.booleans(), ENDS, st.just("utf-8"), st.just(False)
)
WAYS = DOUBLED | ESCAPED
SPECIAL = st.text(st.sampled_from("ab \",;\t|\n\r\\'=#é€"), max_size=12)
ANY = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
CELLS = SPECIAL | ANY
# A mark after a backslash is what tells one way to escape from the other.
EVIDENCE: Row = ("person.0@example.com", "Person", 'said "yes", then left')


def people(cells: Sequence[tuple[str, str]]) -> list[Row]:
    named = [(f"person.{n}@example.com", a, b) for n, (a, b) in enumerate(cells, start=1)]
    return [EVIDENCE, *named]


def encoded(text: str, encoding: str) -> bytes:
    if encoding == "cp1252":
        text = text.encode("cp1252", "ignore").decode("cp1252")
    return text.encode(encoding)


def looks_like_text(content: bytes) -> bool:
    """Whether it has few enough control characters not to be refused as binary."""
    controls = sum(byte < 32 and byte not in b"\t\r\n\f\v\x00" for byte in content)
    return controls <= len(content) * 0.05


PAIRS = st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6)


# G8
@settings(max_examples=150, deadline=None)
@given(PAIRS, WAYS)
# The first line of the last cell fits the header if the mark is taken for doubled.
@example([("", '"\r')], Written(",", True, "\n", "utf-8", escaped=True))
# Both readings have all marks in place; one of them leaves a record of one cell.
@example([("", '\\"\r;')], Written(",", False, "\n", "utf-8", escaped=False))
def test_what_was_written_properly_is_read_exactly(
    cells: list[tuple[str, str]], way: Written
) -> None:
    def survives(cell: str) -> bool:
        plain = cell.isprintable() or cell.isascii()
        return plain or way.encoding != "cp1252"

    rows = [
        tuple(encoded(c, way.encoding).decode(way.encoding) for c in row)
        for row in people(cells)
    ]
    assume(all(map(survives, [cell for row in rows for cell in row])))
    content = encoded(way.text([HEADER, *rows]), way.encoding)
    assume(looks_like_text(content))
    if way.encoding == "cp1252":
        # Bytes that happen to be UTF-8 as well are read as that: nobody could tell.
        assume(content.isascii() or not _is_utf8(content))
    (read,) = read_bytes(content).reads
    assert read.rows.select(HEADER).rows() == rows
    assert read.quarantine.is_empty()


def _is_utf8(content: bytes) -> bool:
    """Whether any of the lines beyond ASCII could be UTF-8."""

    def could(line: bytes) -> bool:
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            return False
        return not line.isascii()

    return any(map(could, content.splitlines()))


# G8: the two ways agree wherever the fast one dares
@settings(max_examples=150, deadline=None)
@given(PAIRS, WAYS, st.booleans())
def test_fast_and_tolerant_reading_agree(
    cells: list[tuple[str, str]], way: Written, ended: bool
) -> None:
    text = way.text([HEADER, *people(cells)])
    text = text if ended else text.removesuffix(way.end)
    assume(looks_like_text(text.encode()))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_bytes(text.encode())
        opened = open_text(sources_of(path).found[0])
        dialect = sniff(opened.sample(), complete=True)
        opened, table, reader, why = read_table(opened, dialect)
        event(reader)
        assert why
        with opened.open_lines() as lines:
            slowly = read_tolerantly(lines, dialect)
    assert table.rows.rows() == slowly.rows.rows()
    assert table.rejected == slowly.rejected


DAMAGES = {
    "too few fields": "broken",
    "too many fields": "broken{d}a{d}b{d}c{d}d",
    "a mark inside": 'broken{d}6" pipe{d}x',
    "text after a mark": 'broken{d}"a" b{d}x',
    "a NUL": "broken{d}a\x00b{d}x",
}


# G4, G13
@settings(max_examples=100, deadline=None)
@given(PAIRS, IN_UTF8, st.sampled_from(sorted(DAMAGES)), st.integers(0, 6))
# The record below spans lines, none of which looks like a record.
@example(
    [("", ""), (";\r", "")],
    Written(",", False, "\n", "utf-8", escaped=False),
    "text after a mark",
    2,
)
# Read as an escaped mark, the cell would swallow the broken line.
@example(
    [("", '\\"')],
    Written(",", False, "\n", "utf-8", escaped=False),
    "too few fields",
    2,
)
def test_damage_costs_no_other_row(
    cells: list[tuple[str, str]], way: Written, damage: str, at: int
) -> None:
    rows = people(cells)
    at = min(at, len(rows))
    broken = DAMAGES[damage].format(d=way.delimiter)
    text = way.text([HEADER, *rows[:at]]) + broken + way.end + way.text(rows[at:])
    content = text.encode()
    assume(looks_like_text(content))
    (read,) = read_bytes(content).reads
    found = read.rows.select(HEADER).rows()
    assert [row for row in found if row[0] != "broken"] == rows
    set_aside = read.quarantine["raw"].to_list()
    assert [row for row in found if row[0] == "broken"] or set_aside == [broken]


WORDS = st.lists(
    st.tuples(st.text("abc é", max_size=8), st.text("abc é", max_size=8)),
    min_size=1,
    max_size=6,
)


# G4, G13: a mark that is never closed
@settings(max_examples=100, deadline=None)
@given(WORDS, st.booleans(), st.integers(0, 6))
def test_an_open_mark_costs_no_other_row(
    cells: list[tuple[str, str]], all_quoted: bool, at: int
) -> None:
    way = Written(",", all_quoted, "\n", "utf-8", escaped=False)
    rows = people(cells)[1:]
    at = min(at, len(rows))
    text = way.text([HEADER, *rows[:at]]) + 'broken,"open,x\n' + way.text(rows[at:])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_text(text, encoding="utf-8", newline="")
        read = read_export(path, batch="jan")
    found = read.rows.select(HEADER).rows()
    assert [row for row in found if row[0] != "broken"] == rows
    assert read.rows.height + read.quarantine.height == len(rows) + 1
