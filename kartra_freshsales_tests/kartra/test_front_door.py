"""Every record of a file becomes a row or is set aside with its line and reason."""

import csv
import io
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kartra_freshsales.errors import BadExport
from kartra_freshsales.kartra.front_door import (
    describe,
    exported_at,
    read_batch,
    read_export,
)
from kartra_freshsales.kartra.kinds import ExportKind
from kartra_freshsales.kartra.model import ExportRead
from kartra_freshsales_tests.kartra import scenario as s


def read(tmp_path: Path, content: str | bytes, name: str = "export.csv") -> ExportRead:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_export(path, batch="jan")


def reasons(found: ExportRead) -> list[tuple[int, str]]:
    return list(found.quarantine.select("_row", "reason").iter_rows())


def test_a_plain_export_is_read_by_the_fast_path_cell_by_cell(
    tmp_path: Path,
) -> None:  # S10
    found = read(tmp_path, s.PLAIN)
    assert (found.kind, found.facts.reader) == (ExportKind.CONTACTS, "fast")
    assert found.rows["notes"].to_list() == ["Calm, and kind", ""]
    assert found.rows["_row"].to_list() == [2, 3]
    assert found.rows["kartra_id"].to_list() == ["1", "2"]


@pytest.mark.parametrize("name", s.ENCODINGS)
def test_the_encoding_changes_nothing_but_the_bytes(
    tmp_path: Path, name: str
) -> None:  # G8
    found = read(tmp_path, s.ENCODINGS[name])
    assert found.rows["first_name"].to_list() == ["Ada", "Zoë"]
    assert found.quarantine.is_empty()


@pytest.mark.parametrize("delimiter", s.DELIMITERS)
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:  # G8
    found = read(tmp_path, s.DELIMITERS[delimiter])
    assert found.delimiter == delimiter
    assert found.rows["first_name"].to_list() == ["Ada"]


def test_the_kind_comes_from_the_headers_and_never_from_the_name(
    tmp_path: Path,
) -> None:  # S34, S39
    found = read(tmp_path, s.TRANSACTIONS, "contacts.csv")
    assert (found.kind, found.currency) == (ExportKind.TRANSACTIONS, "EUR")
    assert found.rows.select("amount", "_currency").row(0) == ("12.50", "EUR")
    assert read(tmp_path, s.SUBSCRIPTIONS, "c.csv").kind is ExportKind.SUBSCRIPTIONS


def test_a_cell_may_span_lines(tmp_path: Path) -> None:  # G8
    found = read(tmp_path, s.MULTI_LINE)
    assert found.rows["notes"][0] == 'first line\nsecond "quoted" line\n\nfourth'
    assert found.rows["_row"].to_list() == [2, 6]


def test_a_cell_far_down_may_span_lines_in_a_column_that_did_not_before(
    tmp_path: Path,
) -> None:  # G8
    plain = f"{s.ROW_2}\r\n" * 20_001
    found = read(
        tmp_path, f'{s.PLAIN}{plain}3,c@example.com,"C\r\nD",E,,,\r\n{s.ROW_2}\r\n'
    )
    assert found.facts.reader == "fast"
    assert found.rows["first_name"][-2] == "C\r\nD"
    assert found.rows["_row"].to_list()[-3:] == [20_004, 20_005, 20_007]


def test_ragged_rows_are_set_aside_and_the_rest_goes_on(tmp_path: Path) -> None:  # G8, G13
    found = read(tmp_path, s.RAGGED)
    assert found.rows["kartra_id"].to_list() == ["1", "4"]
    assert reasons(found) == [(3, "too_few_fields"), (4, "too_many_fields")]
    assert found.quarantine["raw"][0] == "2,ben@example.com,Ben"
    assert all(found.quarantine["remedy"])


def test_stray_quotation_marks_harm_only_their_own_row(tmp_path: Path) -> None:  # G8
    found = read(tmp_path, s.STRAY_QUOTE)
    assert found.rows["kartra_id"].to_list()[-2:] == ["2", "3"]
    assert found.rows.height + found.quarantine.height == 3


def test_a_header_in_the_middle_is_recognised(tmp_path: Path) -> None:  # S76
    found = read(tmp_path, s.REPEATED_HEADER)
    assert found.rows.height == 3
    assert reasons(found) == [(4, "repeated_header")]


def test_lines_above_the_header_are_set_aside(tmp_path: Path) -> None:  # G8
    found = read(tmp_path, s.WITH_TITLE)
    assert found.rows["_row"].to_list() == [4, 5]
    assert reasons(found) == [(1, "before_header")]


def test_doubled_and_nameless_columns_are_kept_under_names_of_their_own(
    tmp_path: Path,
) -> None:  # S52
    found = read(tmp_path, s.DUPLICATE_HEADERS)
    assert found.rows.select("phone", "phone_2", "unnamed_4", "Company_2").row(0) == (
        "2125550101", "2125550102", "kept", "Acme Ltd",
    )  # fmt: skip
    assert any("more than once" in warning for warning in found.warnings)


def test_untidy_headers_are_recognised(tmp_path: Path) -> None:  # S1
    found = read(tmp_path, s.UNTIDY_HEADERS)
    assert {"email", "first_name", "last_name", "score"} <= set(found.rows.columns)


def test_a_last_line_without_line_end_counts(tmp_path: Path) -> None:  # G8
    assert read(tmp_path, s.NO_NEWLINE_AT_END).rows.height == 2


@pytest.mark.parametrize("name", s.NOT_CSV)
def test_what_is_no_export_is_refused_with_file_and_remedy(
    tmp_path: Path, name: str
) -> None:  # S75
    with pytest.raises(BadExport) as refused:
        read(tmp_path, s.NOT_CSV[name], "odd.csv")
    assert "odd.csv" in str(refused.value)
    assert refused.value.remedy


def test_a_header_without_rows_is_no_error(tmp_path: Path) -> None:  # S75
    found = read(tmp_path, s.CONTACTS_HEADER + "\n")
    assert found.rows.is_empty()
    assert "no rows" in found.warnings[-1]


def test_a_bad_file_does_not_stop_its_batch(tmp_path: Path) -> None:  # G13
    (tmp_path / "good.csv").write_text(s.PLAIN, encoding="utf-8")
    (tmp_path / "bad.csv").write_text("fruit,colour\napple,red\n", encoding="utf-8")
    batch = read_batch(tmp_path, batch="jan")
    assert batch.frames[ExportKind.CONTACTS].height == 2
    assert [problem.file for problem in batch.problems] == ["bad.csv"]


def test_overlapping_files_of_one_kind_become_one_frame(tmp_path: Path) -> None:  # S74, S76
    (tmp_path / "a.csv").write_text(s.PLAIN, encoding="utf-8")
    (tmp_path / "b.csv").write_text(
        "email,Shoe size\ncla@example.com,38\n", encoding="utf-8"
    )
    frame = read_batch(tmp_path, batch="jan").frames[ExportKind.CONTACTS]
    assert frame["_file"].to_list() == ["a.csv", "a.csv", "b.csv"]
    assert frame["Shoe size"].to_list() == [None, None, "38"]


def test_the_time_of_the_export_is_read_from_the_name() -> None:  # S76
    moment = exported_at("contacts_kartra_02-03-2026_69a59a35abcde.csv")
    assert moment is not None
    assert moment.date().isoformat() == "2026-03-02"
    assert exported_at("renamed by hand.csv") is None


def test_facts_hold_headers_and_counts_but_no_values(tmp_path: Path) -> None:  # G18
    text = str(describe(read(tmp_path, s.PLAIN)))
    assert "ada@example.com" not in text
    assert "'rows': 2" in text


CELLS = st.text(
    st.characters(
        codec="utf-8", exclude_categories=["Cs", "Cc"], include_characters="\n\t"
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=6))
def test_what_was_written_properly_is_read_back_exactly(  # G8
    tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[str, str, str]]
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(["email", "first_name", "notes"])
    writer.writerows(cells)
    found = read(tmp_path_factory.mktemp("csv"), text.getvalue())
    assert found.rows.select("email", "first_name", "notes").rows() == cells
    assert found.quarantine.is_empty()


LINES = st.lists(
    st.text(st.sampled_from('ab@.,;"\n '), max_size=30), min_size=1, max_size=8
)


@settings(max_examples=60, deadline=None)
@given(LINES)
def test_no_line_of_a_broken_file_is_lost(  # G4, G8
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> None:
    marks = [f"m{number}m" for number in range(len(lines))]
    body = "".join(f"{mark}{line}\n" for mark, line in zip(marks, lines, strict=True))
    found = read(tmp_path_factory.mktemp("csv"), f"email,first_name,notes\n{body}")
    cells = found.rows.select(
        pl.concat_str(pl.col(pl.String), separator=" ", ignore_nulls=True)
    )
    kept = "\n".join([*cells.to_series(), *found.quarantine["raw"]])
    assert all(mark in kept for mark in marks)
