"""Cells of any size and any text survive; what unpacks without end is refused."""

import csv
import gzip
import io
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest

from kartra_freshsales.errors import BadExport
from kartra_freshsales.kartra.front_door import read_export, read_exports
from kartra_freshsales.kartra.sources import sources_of
from kartra_freshsales.kartra.unpacking import Limits
from kartra_freshsales_tests.data.make_ugly import PLAIN, zipped
from kartra_freshsales_tests.data.scenario import NAUGHTY

LARGE = 1024 * 1024
TITLE = "A title that makes the file go the slow way\n"


def written(cells: Iterable[str]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["email", "first_name", "notes"])
    writer.writerows([f"person.{n}@example.com", "Person", c] for n, c in enumerate(cells))
    return text.getvalue()


# G8
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("above", ["", TITLE])
def test_naughty_strings_survive_byte_for_byte(
    tmp_path: Path, above: str, encoding: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes((above + written(NAUGHTY.values())).encode(encoding))
    read = read_export(path, batch="jan")
    assert dict(zip(NAUGHTY, read.rows["notes"], strict=True)) == NAUGHTY
    assert read.quarantine.height == bool(above)


# G8
@pytest.mark.parametrize("above", ["", TITLE])
def test_cells_of_megabytes_survive(tmp_path: Path, above: str) -> None:
    cells = [
        "é" * LARGE,
        'a "b", c; ' * (LARGE // 10),
        "line\n" * 5_000,
        "x" * 5 * LARGE,
        "small",
    ]
    path = tmp_path / "a.csv"
    path.write_text(above + written(cells), encoding="utf-8", newline="")
    read = read_export(path, batch="jan")
    assert read.rows["notes"].to_list() == cells
    assert read.facts.reader == ("tolerant" if above else "fast")


def packed(name: str, content: bytes) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return into.getvalue()


BOMB = bytes(24 * LARGE)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("bomb.zip", packed("a.csv", BOMB)),
        ("bomb.csv.gz", gzip.compress(BOMB)),
        ("bomb.xlsx", packed("xl/workbook.xml", BOMB)),
        ("hidden.zip", zipped({"a.csv.gz": gzip.compress(BOMB)})),
        ("book.zip", zipped({"book.xlsx": packed("xl/workbook.xml", BOMB)})),
    ],
)
def test_what_unpacks_to_a_thousand_times_its_size_is_refused(
    tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadExport, match="unpacks to more than 250 times its size"):
        read_exports(tmp_path / name, batch="jan")


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(unpacked=100), "unpacks to more than"),
        (Limits(members=1), "holds 2 files"),
    ],
)
def test_limits_on_size_and_number_hold(tmp_path: Path, limits: Limits, words: str) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(zipped({"a.csv": PLAIN.encode(), "b.csv": PLAIN.encode()}))
    with pytest.raises(BadExport, match=words):
        sources_of(path, limits)
    assert len(sources_of(path).found) == 2


def test_a_repetitive_export_may_be_packed_well(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    text = PLAIN + "3,person.3@example.com,Person,3,,,\n" * 300_000
    path.write_bytes(gzip.compress(text.encode()))
    assert path.stat().st_size * 90 < len(text)
    assert read_export(path, batch="jan").rows.height == 300_002


def test_a_member_that_was_damaged_is_a_problem_of_its_own(tmp_path: Path) -> None:
    content = zipped({"a.csv": PLAIN.encode(), "b.csv": PLAIN.encode()})
    path = tmp_path / "a.zip"
    path.write_bytes(content.replace(b"Person", b"Parson", 1))
    read = read_exports(path, batch="jan")
    assert [each.facts.file for each in read.reads] == ["a.zip/b.csv"]
    assert [each.file for each in read.problems] == ["a.zip/a.csv"]
