"""Every file of the corpus is read as its entry says, and nothing of it is lost."""

import re
from pathlib import Path

import pytest

from kartra_freshsales.errors import BadExport
from kartra_freshsales.kartra.front_door import (
    ExportRead,
    describe,
    exported_at,
    read_batch,
    read_export,
    read_exports,
)
from kartra_freshsales_tests.data import scenario
from kartra_freshsales_tests.data.make_ugly import FILES, FOLDER
from kartra_freshsales_tests.data.scenario import Expected
from kartra_freshsales_tests.data.traps import TRAPS
from kartra_freshsales_tests.kartra.accounting import account, is_hint_or_blank, letters

PARTS = [(file, part) for file, parts in scenario.CONTAINERS.items() for part in parts]


def confirm(read: ExportRead, expected: Expected) -> None:
    facts = read.facts
    assert facts.kind.value == expected.kind
    assert facts.encoding == expected.encoding
    assert facts.delimiter == expected.delimiter
    assert facts.reader == expected.reader, facts.reader_reason
    assert list(read.quarantine.select("_row", "reason").iter_rows()) == list(
        expected.quarantine
    )
    assert {name: read.rows[name].to_list() for name in expected.cells} == dict(
        expected.cells
    )
    unsaid = [w for w in facts.warnings if not any(e in w for e in expected.warnings)]
    assert (unsaid, len(facts.warnings)) == ([], len(expected.warnings))


def test_the_corpus_is_what_its_maker_writes() -> None:
    on_disk = {path.name: path for path in FOLDER.iterdir() if path.name[0] != "."}
    assert sorted(on_disk) == sorted(FILES)
    differing = [name for name, path in on_disk.items() if path.read_bytes() != FILES[name]]
    assert differing == []


def test_every_file_of_the_corpus_is_explained() -> None:
    explained = {*scenario.PLAIN_FILES, *scenario.CONTAINERS, *scenario.UNUSABLE}
    assert explained == set(FILES)
    assert sorted(TRAPS) == list(range(1, 26))  # reference 7


# G8, S10, S75, S76, reference 7
@pytest.mark.parametrize("name", scenario.PLAIN_FILES)
def test_a_file_is_read_as_its_entry_says(name: str) -> None:
    expected = scenario.PLAIN_FILES[name]
    read = read_export(FOLDER / name, batch="jan")
    confirm(read, expected)
    lines = read.rows["_row"].to_list()
    if name.startswith("trap_"):
        assert len(lines) == len(next(iter(expected.cells.values())))
    else:
        assert lines == list(expected.rows)


# G8, S74
@pytest.mark.parametrize(("file", "part"), PARTS)
def test_each_part_of_a_file_is_an_export_of_its_own(file: str, part: str) -> None:
    reads = {r.facts.file: r for r in read_exports(FOLDER / file, batch="jan").reads}
    assert set(reads) == {f"{file}/{each}" for each in scenario.CONTAINERS[file]}
    read = reads[f"{file}/{part}"]
    confirm(read, scenario.CONTAINERS[file][part])
    assert read.rows["_row"].to_list() == list(scenario.CONTAINERS[file][part].rows)
    assert set(read.rows["_file"]) <= {f"{file}/{part}"}
    assert read.facts.archive == file


# S75, G13
@pytest.mark.parametrize("file", scenario.CONTAINERS)
def test_parts_of_no_use_are_problems_and_stop_nothing(file: str) -> None:
    problems = read_exports(FOLDER / file, batch="jan").problems
    wanted = [scenario.PROBLEMS[file]] if file in scenario.PROBLEMS else []
    assert [problem.file for problem in problems] == [name for name, _ in wanted]
    for problem, (_, words) in zip(problems, wanted, strict=True):
        assert words in problem.what
        assert problem.remedy


# S75
@pytest.mark.parametrize("name", scenario.UNUSABLE)
def test_a_file_of_no_use_is_refused_with_its_reason_and_remedy(name: str) -> None:
    with pytest.raises(BadExport) as refused:
        read_exports(FOLDER / name, batch="jan")
    assert str(refused.value).startswith(name)
    assert scenario.UNUSABLE[name].words in str(refused.value)
    assert refused.value.remedy


# G4, G13: the whole corpus as one batch
def test_a_batch_of_all_of_them_reads_what_can_be_read() -> None:
    read = read_batch(FOLDER, batch="jan")
    parts = sum(map(len, scenario.CONTAINERS.values()))
    assert len(read.files) == len(scenario.PLAIN_FILES) + parts
    assert len(read.problems) == len(scenario.UNUSABLE) + len(scenario.PROBLEMS)
    rows = sum(frame.height for frame in read.frames.values())
    aside = sum(frame.height for frame in read.quarantine.values())
    assert rows == sum(facts.row_count for facts in read.files)
    assert aside == sum(facts.quarantined for facts in read.files)


def decoded(name: str) -> str:
    """The file as text by Python's own means."""
    content, encoding = FILES[name], scenario.PLAIN_FILES[name].encoding
    if name.endswith(".gz"):
        return content[15:-8].decode()  # the one stored block
    if encoding != "cp1252" and "+" not in encoding:
        return content.decode(encoding)
    lines = content.splitlines(keepends=True)
    return "".join(map(_line, lines))


def _line(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return "".join(bytes([b]).decode("cp1252", "ignore") or chr(b) for b in line)


# G4: rows, quarantine, header and blank lines are the whole file, character by character
@pytest.mark.parametrize("name", scenario.PLAIN_FILES)
def test_every_character_is_in_a_row_or_in_quarantine(name: str) -> None:
    read = read_export(FOLDER / name, batch="jan")
    raw = dict(read.quarantine.select("_row", "raw").iter_rows())
    cells = [column.name for column in read.columns]
    rows = {
        row: "".join(values) for *values, row in read.rows.select(*cells, "_row").rows()
    }
    header = "".join(column.original for column in read.columns)
    found = account(decoded(name), list(rows), list(raw), header)
    assert {row: letters(text) for row, text in found.rows.items()} == {
        row: letters(text) for row, text in rows.items()
    }
    assert {row: text.rstrip("\r\n") for row, text in found.quarantine.items()} == raw
    left = [line for line in found.unclaimed.values() if not is_hint_or_blank(line)]
    assert len(left) == 1, "one header, and nothing else, is neither row nor quarantine"
    assert letters(left[0]) == letters(header)


# G18: what is told of a file holds nothing from its rows
@pytest.mark.parametrize("name", FILES)
def test_what_is_told_of_a_file_holds_no_personal_data(name: str) -> None:
    try:
        read = read_exports(FOLDER / name, batch="jan")
    except BadExport as error:
        told = str(error)
    else:
        told = " ".join(str(describe(each)) for each in read.reads)
        told += " ".join(problem.what for problem in read.problems)
    assert not re.search(r"person\.\d|@example|192\.0\.2|XX000000000", told)


# G8: evidence and a margin
def test_confidence_is_the_margin_over_the_next_best() -> None:
    def sure(name: str) -> tuple[float, float]:
        facts = read_export(FOLDER / name, batch="jan").facts
        assert facts.evidence
        assert facts.encoding_evidence
        return facts.encoding_confidence, facts.confidence

    assert sure("crlf.csv") == (1.0, 1.0)
    assert sure("utf8_mark.csv")[0] == sure("utf16_mark.csv")[0] == 1.0
    assert sure("semicolon.csv")[0] == 0.5  # one accented letter
    assert 0.5 < sure("windows_1252.csv")[0] < 1
    assert sure("mac_roman.csv")[0] == sure("undefined_byte.csv")[0] == 0.0
    assert sure("ragged.csv")[1] < 1


# S76
def test_the_time_of_the_export_is_read_from_the_member_and_else_from_the_archive() -> None:
    name = "contacts_kartra_02-03-2026_69a59a35abcde"
    other = "all_01-01-2026_6955b900abcde.zip"
    assert exported_at(f"{other}/{name}.csv") == exported_at(f"{name}.csv")
    assert exported_at(f"{other}/contacts.csv") == exported_at(other)
    assert exported_at("renamed.zip/contacts.csv") is None


# S76: ids, and only ids
def test_first_and_last_key_are_ids_and_never_addresses() -> None:
    def keys(name: str) -> tuple[str, str]:
        facts = read_export(FOLDER / name, batch="jan").facts
        return facts.first_key, facts.last_key

    assert keys("cr_only.csv") == ("1", "2")
    assert keys("trap_19.csv") == ("10", "11")
    assert keys("trap_02.csv") == keys("header_only.csv") == ("", "")


# S74
def test_a_file_of_several_exports_is_not_taken_for_one() -> None:
    with pytest.raises(BadExport, match="holds 4 files or sheets"):
        read_export(FOLDER / "exports.zip", batch="jan")
    assert read_export(FOLDER / "one_column.xlsx", batch="jan").rows.height == 1


def test_a_missing_file_is_named() -> None:
    with pytest.raises(BadExport, match=r"nothing\.csv: cannot be read"):
        read_exports(Path("/nonexistent/nothing.csv"), batch="jan")
