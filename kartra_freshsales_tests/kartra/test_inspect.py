"""What a person is told of a file before anything is done with it."""

import shutil
from pathlib import Path

import pytest

from kartra_freshsales_tests.cli.scenario import DONE, FAILED, WRONG_USE, call
from kartra_freshsales_tests.data.make_ugly import FOLDER


def told(name: str) -> str:
    said = call("inspect", FOLDER / name)
    assert said.code == DONE
    return " ".join(said.out.split())


# G8, S10
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("windows_1252.csv", ["cp1252 (confidence 0.67)", "make sense where they stand"]),
        ("semicolon.csv", ["';' (confidence 1.00)", "semicolon: 2 of 3 headers known"]),
        ("crlf.csv", ["fast: both counts", "1 … 2", "SHA-256", "not told by its name"]),
        ("preamble.csv", ["tolerant: lines stand before the header", "2 before_header"]),
        ("rounded_ids.csv", ["2 mangled_key", "Column 'id': 1 cell(s)", "Export again"]),
        ("headers_twice_and_none.csv", ["custom columns phone_2, unnamed_4, Company_2"]),
        ("trap_02.csv", ["no ids"]),
    ],
)
def test_inspect_tells_what_it_found_and_why(name: str, words: list[str]) -> None:
    text = told(name)
    assert [each for each in words if each not in text] == []


# S76
def test_inspect_tells_when_a_file_was_exported(tmp_path: Path) -> None:
    path = tmp_path / "contacts_kartra_02-03-2026_69a59a35abcde.csv"
    shutil.copy(FOLDER / "crlf.csv", path)
    assert "2026-03-02" in call("inspect", path).out


# S74, S75
def test_inspect_lists_the_parts_of_an_archive_and_fails_for_one_of_no_use(
    tmp_path: Path,
) -> None:
    said = call("inspect", FOLDER / "exports.zip", "--json")
    assert said.code == FAILED
    assert [each["kind"] for each in said.facts["files"]] == [
        "contacts", "transactions", "transactions",
    ]  # fmt: skip
    assert said.facts["problems"][0].startswith("exports.zip/sales/fruit.csv: fits no")
    book = call("inspect", FOLDER / "two_sheets.xlsx", "--json")
    assert book.code == DONE
    assert len(book.facts["files"]) == 2
    out = call("inspect", FOLDER / "two_sheets.xlsx", "--out", tmp_path / "rows.parquet")
    assert out.code == WRONG_USE


# S74, S76: an archive is copied as it is, and once
def test_an_archive_is_taken_in_whole_and_not_twice(tmp_path: Path) -> None:
    root = tmp_path / "acme"
    assert call("init", root).code == DONE
    book = FOLDER / "two_sheets.xlsx"
    first = call("ingest", book, "--workspace", root, "--json")
    assert first.code == DONE
    assert len(first.facts["files"]) == 2
    copied = list((root / "inbox" / "batch-01").iterdir())
    assert [path.name for path in copied] == [book.name]
    assert copied[0].read_bytes() == book.read_bytes()
    again = call("ingest", book, "--workspace", root, "--json")
    assert again.facts["already"] == [{"file": book.name, "as": f"batch-01/{book.name}"}]
    refused = call("ingest", FOLDER / "exports.zip", "--workspace", root, "--json")
    assert refused.code == FAILED
    assert "fruit.csv" in refused.facts["error"]
