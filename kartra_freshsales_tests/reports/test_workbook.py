"""The review workbook as a file: what a spreadsheet is given, and what it may change."""

import csv
import io
import re
import string
import zipfile
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kartra_freshsales.kartra.unpacking import Limits
from kartra_freshsales.kartra.workbook import sheets_of
from kartra_freshsales.mapping.decisions.labels import Lists, Tags
from kartra_freshsales.mapping.model import Mapping as Decisions
from kartra_freshsales.mapping.word_tables import word_tables
from kartra_freshsales.reports.review import FILE, write_review
from kartra_freshsales.reports.review_sheets import (
    lists_sheet,
    owners_sheet,
    suppression_sheet,
    tags_sheet,
    users_sheet,
    words_sheet,
)
from kartra_freshsales.reports.workbook import (
    FINGERPRINT,
    MOST_ROWS,
    READ_ME,
    Choice,
    Sheet,
    write_workbook,
)
from kartra_freshsales.reports.workbook_texts import CUT, MOST_CHARACTERS

FORMULAS = ["=1+1", "+1", "-2+3", "@SUM(1)", "\t=1", "=HYPERLINK(1)", "<r>x</r>"]
HEADINGS = {"tag": "tag", "contacts": "contacts", "decision": "Decision"}


def sheet(frame: pl.DataFrame, **more: object) -> Sheet:
    """A sheet of tags with one column to decide in."""
    given: dict[str, object] = {
        "headings": {name: name for name in frame.columns},
        "verbatim": ("tag",),
        **more,
    }
    return Sheet("Tags", "Every tag.", "Decide.", frame, **given)  # type: ignore[arg-type]


def written(path: Path, *sheets: Sheet, most_rows: int = MOST_ROWS) -> Path:
    write_workbook(path, sheets, title="Review", fingerprint="f1", most_rows=most_rows)
    return path


def cells(path: Path) -> dict[str, list[list[str]]]:
    """Every sheet as rows of text, read by the reader that takes people's workbooks."""
    with zipfile.ZipFile(path) as archive:
        return {
            found.name: list(csv.reader(io.StringIO(found.content.decode())))
            for found in sheets_of(archive, path.name, Limits())
        }


def xml(path: Path, number: int) -> str:
    """The part of the sheet with a number, the first being the Read me."""
    with zipfile.ZipFile(path) as archive:
        return archive.read(f"xl/worksheets/sheet{number}.xml").decode()


def introduced(path: Path) -> dict[str, Mapping[str, str]]:
    """What the Read me says of each sheet, by its name."""
    rows = cells(path)[READ_ME]
    at = next(i for i, row in enumerate(rows) if row[0] == "Sheet")
    return {row[0]: dict(zip(rows[at], row, strict=True)) for row in rows[at + 1 :]}


def test_text_that_looks_like_a_formula_is_text_in_the_sheet(tmp_path: Path) -> None:
    # G14, G20
    frame = pl.DataFrame({"tag": FORMULAS, "decision": FORMULAS})
    choices = {"decision": Choice("Decide.")}
    path = written(tmp_path / "w.xlsx", sheet(frame, choices=choices))
    part = xml(path, 2)
    assert "<f>" not in part
    assert "<hyperlink" not in part
    kinds = re.findall(r'<c r="[AB]\d+"(?: s="\d+")? t="(\w+)"', part)
    assert kinds == ["inlineStr"] * 2 * (len(FORMULAS) + 1)
    assert [row[0].strip(" ") for row in cells(path)["Tags"][1:]] == FORMULAS


def test_text_stays_text_when_somebody_edits_its_cell(tmp_path: Path) -> None:
    # G14: the mark that Excel itself writes for a cell typed with an apostrophe
    path = written(tmp_path / "w.xlsx", sheet(pl.DataFrame({"tag": ["=1+1", "plain"]})))
    with zipfile.ZipFile(path) as archive:
        styles = archive.read("xl/styles.xml").decode()
    formats = styles.partition("<cellXfs")[2].split("<xf ")[1:]
    used = [int(n) for n in re.findall(r'<c r="A[23]" s="(\d+)"', xml(path, 2))]
    assert ['quotePrefix="1"' in formats[n] for n in used] == [True, False]


def test_the_same_frames_give_the_same_file(tmp_path: Path) -> None:
    frame = pl.DataFrame({"tag": ["a", "b"], "contacts": [1, 2]})
    one = written(tmp_path / "one.xlsx", sheet(frame))
    other = written(tmp_path / "other.xlsx", sheet(frame))
    assert one.read_bytes() == other.read_bytes()


def test_only_the_cells_to_decide_in_can_be_changed(tmp_path: Path) -> None:
    # G20
    frame = pl.DataFrame({"tag": ["a"], "contacts": [3], "decision": ["keep"]})
    made = sheet(
        frame,
        headings=HEADINGS,
        choices={"decision": Choice("Keep or drop.", ("keep", "drop"))},
    )
    path = written(tmp_path / "w.xlsx", made)
    with zipfile.ZipFile(path) as archive:
        styles = archive.read("xl/styles.xml").decode()
    formats = styles.partition("<cellXfs")[2].split("<xf ")[1:]
    found = dict(re.findall(r'<c r="([ABC]2)" s="(\d+)"', xml(path, 2)))
    free = {at for at, style in found.items() if 'locked="0"' in formats[int(style)]}
    assert free == {"C2"}
    part = xml(path, 2)
    assert '<sheetProtection sheet="1"' in part
    assert "password" not in part
    assert 'sqref="C2"' in part
    assert '<formula1>"keep,drop"</formula1>' in part
    assert 'state="frozen"' in part
    assert '<autoFilter ref="A1:C2"/>' in part


def test_options_may_differ_from_row_to_row_and_stand_on_another_sheet(
    tmp_path: Path,
) -> None:
    words = word_tables(Decisions(), {"Mail status": {"Odd": 4}})
    owners = pl.DataFrame(
        {"owner": ["left@example.com"], "contacts": [1], "deals": [2],
         "status": ["unmatched"], "remedy": ["Add the user."]}
    )  # fmt: skip
    path = written(
        tmp_path / "w.xlsx",
        words_sheet(words),
        owners_sheet(owners, Decisions()),
        users_sheet(["new@example.com", "also@example.com"]),
    )
    assert '"harmless,unsubscribed,reported_as_spam,bounced"' in xml(path, 2)
    assert "'Users'!$A$2:$A$3" in xml(path, 3)
    assert cells(path)["Users"][1:] == [["also@example.com"], ["new@example.com"]]
    (odd,) = [row for row in cells(path)["Value maps"] if row[1] == "Odd"]
    assert odd == ["Mail status", "Odd", "4", ""]


def test_what_does_not_fit_is_cut_with_a_mark_and_counted(tmp_path: Path) -> None:
    # Excel takes 1,048,576 rows, and 32,767 characters in a cell.
    long = ["x" * 40_000, "\N{GRINNING FACE}" * 20_000, "short"]
    path = written(tmp_path / "w.xlsx", sheet(pl.DataFrame({"tag": long})))
    shown = [row[0] for row in cells(path)["Tags"][1:]]
    assert [text.endswith(CUT) for text in shown] == [True, True, False]
    assert max(len(text.encode("utf-16-le")) // 2 for text in shown) <= MOST_CHARACTERS
    assert introduced(path)["Tags"]["Cells cut short"] == "2"
    numbers = pl.DataFrame({"n": range(10)})
    path = written(tmp_path / "w.xlsx", sheet(numbers, file="n.csv"), most_rows=6)
    assert [row[0] for row in cells(path)["Tags"]] == [
        "n", "0", "1", "2", "3", "… 6 more rows: see n.csv",
    ]  # fmt: skip
    told = introduced(path)["Tags"]
    assert (told["Rows"], told["Rows left out"]) == ("4", "6")


def test_addresses_are_masked_unless_the_column_must_name_somebody(tmp_path: Path) -> None:
    # G18
    frame = pl.DataFrame({"tag": ["ada@example.com"], "why": ["ask ada@example.com"]})
    path = written(tmp_path / "w.xlsx", sheet(frame))
    assert cells(path)["Tags"][1] == ["ada@example.com", "ask a***@e***"]


def test_numbers_stay_numbers_and_long_ones_keep_their_digits(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {"tag": ["a", "b"], "sum": [Decimal("12.50"), None], "id": [10**17 + 1, 2]}
    )
    path = written(tmp_path / "w.xlsx", sheet(frame))
    assert cells(path)["Tags"][1:] == [["a", "12.50", "100000000000000001"], ["b", "", "2"]]


def test_a_sheet_without_rows_is_a_heading_and_says_so(tmp_path: Path) -> None:
    nothing = pl.DataFrame(schema={"tag": pl.String, "decision": pl.String})
    choices = {"decision": Choice("Decide.", ("keep", "drop"))}
    path = written(tmp_path / "w.xlsx", sheet(nothing, choices=choices))
    assert cells(path)["Tags"] == [["tag", "decision"]]
    assert introduced(path)["Tags"]["Rows"] == "0"
    assert [FINGERPRINT, "f1"] in [row[:2] for row in cells(path)[READ_ME]]


NAMES = st.text(
    # Cells of CSV text cannot hold a lone carriage return, and our reader hands on CSV.
    st.sampled_from("=+-@_x0\n\t<>&'\" ")
    | st.characters(codec="utf-8", exclude_characters="\r"),
    min_size=1,
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(texts=st.lists(NAMES, min_size=1, max_size=8))
def test_whatever_a_tag_is_called_it_is_read_back_as_it_was(
    texts: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    # G20: decisions name tags, so that no sign of a name may be lost
    path = written(
        tmp_path_factory.mktemp("any") / "w.xlsx", sheet(pl.DataFrame({"tag": texts}))
    )
    with zipfile.ZipFile(path) as archive:
        found = sheets_of(archive, path.name, Limits())[1].content.decode()
    replaced = [re.sub("[\ufffe\uffff]", "\ufffd", text) for text in texts]
    rows = list(csv.reader(io.StringIO(found, newline="")))
    assert [row[0] for row in rows[1:]] == replaced


# --- the sheets ------------------------------------------------------------------------


def test_decisions_that_were_made_stand_in_the_cells_to_fill_in() -> None:
    # G20
    taxonomy = pl.DataFrame({"tag": ["VIP", "Old", "Webnar"], "contacts": [3, 2, 1]})
    made = tags_sheet(taxonomy, Tags(rename={"webnar": "Webinar"}, drop=("OLD",)))
    assert made.frame.select("tag", "decision", "new_name").rows() == [
        ("VIP", "keep", None), ("Old", "drop", None), ("Webnar", "rename", "Webinar"),
    ]  # fmt: skip
    owners = pl.DataFrame({"owner": ["left@example.com", "(no owner)"]})
    decided = Decisions.model_validate(
        {"owners": {"default_owner": "all@example.com",
                    "remap": {"left@example.com": "new@example.com"}}}
    )  # fmt: skip
    assert owners_sheet(owners, decided).frame["reassign_to"].to_list() == [
        "new@example.com", "all@example.com",
    ]  # fmt: skip
    flags = pl.DataFrame({"flag": ["bounced", "bounced"]})
    groups = suppression_sheet(flags, ["stale"]).frame
    moving = {word: (n, what) for word, _, _, n, what in groups.iter_rows()}
    assert moving["bounced"] == (2, "moves")
    assert moving["stale"] == (0, "left out")


def test_a_list_of_the_past_is_counted_with_the_list_itself() -> None:
    # S47, S50
    contacts = pl.DataFrame(
        {"lists": [["Bakers", "Cooks (past)"], ["Bakers (Inactive)"], [], ["Cooks"]]},
        schema={"lists": pl.List(pl.String)},
    )
    made = lists_sheet(contacts, Lists(drop=("cooks",))).frame
    assert made.select("list", "members", "past", "decision").rows() == [
        ("Bakers", 1, 1, "keep"), ("Cooks", 1, 1, "drop"),
    ]  # fmt: skip


def test_a_workbook_that_somebody_decided_in_is_never_written_over(tmp_path: Path) -> None:
    # G20
    path, made = tmp_path / FILE, [sheet(pl.DataFrame({"tag": [*string.ascii_lowercase]}))]
    assert write_review(path, made, Decisions()) is None
    first = path.read_bytes()
    assert write_review(path, made, Decisions()) is None
    path.write_bytes(b"edited")
    kept = write_review(path, made, Decisions())
    assert kept is not None
    assert (kept.read_bytes(), path.read_bytes()) == (b"edited", first)
    path.write_bytes(b"edited again")
    again = write_review(path, made, Decisions())
    assert again not in {None, kept}
