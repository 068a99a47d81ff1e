"""Decisions that people made in a copy of the review workbook, taken over or refused."""

import dataclasses
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from kartra_freshsales.errors import BadInput
from kartra_freshsales.mapping.coverage import coverage
from kartra_freshsales.mapping.deciding import Revision, revision
from kartra_freshsales.mapping.defaults import write_defaults
from kartra_freshsales.mapping.loading import load_mapping
from kartra_freshsales.mapping.model import Mapping as Decisions
from kartra_freshsales.mapping.proposals import proposals
from kartra_freshsales.mapping.review_changes import changes
from kartra_freshsales.mapping.word_tables import word_tables
from kartra_freshsales.reports import review_sheets as sheets
from kartra_freshsales.reports.review_reading import read_answers
from kartra_freshsales.reports.workbook import Sheet, write_workbook
from kartra_freshsales.transforms.proposal_rows import PROPOSALS

BAKERS = ("Bakers", "decision")
USERS = ["new@example.com", "all@example.com"]
Decided = Mapping[tuple[str, str], str]
"""What a person writes: (what names the row, column) → text."""


@dataclasses.dataclass
class Desk:
    """A workspace's decisions, and a person with a copy of the workbook."""

    root: Path

    @property
    def mappings(self) -> Path:
        return self.root / "mappings"

    @property
    def decided(self) -> Decisions:
        """The decisions as they stand."""
        return _parsed(self.mappings, tuple(sorted(self.texts().items())))

    @property
    def sheets(self) -> list[Sheet]:
        """The sheets to decide in, as the decisions stand."""
        decided = self.decided
        tags = pl.DataFrame({"tag": ["VIP", "=1+1", "Webnar"], "contacts": [3, 2, 1],
                             "behavioural": False, "event": "", "similar_to": "",
                             "proposal": ""})  # fmt: skip
        contacts = pl.DataFrame({"lists": [["Bakers"], ["Cooks (past)"]]})
        owners = pl.DataFrame(
            {"owner": ["left@example.com", "(no owner)"], "contacts": 1, "deals": 1,
             "status": "unmatched", "remedy": ""}
        )  # fmt: skip
        columns = pl.DataFrame({"kind": "contacts", "column": ["score", "Budget"]})
        pairs = pl.DataFrame(
            [("contact", 0.9, "one mailbox", "a@example.com", "b@example.com", "", "", ""),
             ("account", 0.8, "one letter", "North Bakery", "North Bakerry", "", "", "")],
            schema=PROPOSALS, orient="row",
        )  # fmt: skip
        flags = pl.DataFrame({"flag": ["bounced"]})
        found = {"Mail status": {"Wobbly": 2}, "GDPR status": {"me@example.com": 1}}
        return [
            sheets.mapping_sheet(
                coverage({"contacts": ["score", "Budget"]}, decided),
                proposals(columns, decided),
            ),
            sheets.words_sheet(word_tables(decided, found)),
            sheets.tags_sheet(tags, decided.tags),
            sheets.lists_sheet(contacts, decided.lists),
            sheets.owners_sheet(owners, decided),
            sheets.duplicates_sheet(pairs),
            sheets.suppression_sheet(flags, decided.source.suppress),
        ]

    def copy(self, name: str = "copy", /, **decided: Decided) -> Path:
        """A copy of the workbook in which a person wrote; sheets by their first word."""
        edited = [
            _edited(sheet, decided.get(sheet.name.partition(" ")[0].lower(), {}))
            for sheet in self.sheets
        ]
        path = self.root / f"{name}.xlsx"
        digest = self.decided.digest()
        write_workbook(path, edited, title="Review", fingerprint=digest)
        return path

    def read(self, path: Path) -> Revision:
        """What a copy would change now."""
        answers = read_answers(path, self.sheets, self.decided.digest())
        return revision(self.mappings, changes(answers, self.decided, USERS))

    def texts(self) -> dict[str, str]:
        return {path.name: path.read_text("utf-8") for path in self.mappings.iterdir()}


@cache
def _parsed(folder: Path, _texts: tuple[tuple[str, str], ...]) -> Decisions:
    """Parsed once for as long as the files read the same."""
    return load_mapping(folder)


def _edited(sheet: Sheet, decided: Decided) -> Sheet:
    """The sheet as a person leaves it, sorted the other way round at that."""
    rows = sheet.frame.to_dicts()
    for (name, column), text in decided.items():
        (row,) = [row for row in rows if name in {str(row[key]) for key in sheet.keys}]
        assert column in row
        row[column] = text
    frame = pl.DataFrame(rows[::-1], schema=sheet.frame.schema)
    return dataclasses.replace(sheet, frame=frame)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path)
    list(write_defaults(made.mappings))
    return made


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk at which every decision is refused, so that tests can share it."""
    made = Desk(tmp_path_factory.mktemp("desk"))
    list(write_defaults(made.mappings))
    return made


def test_a_copy_in_which_nobody_decided_changes_nothing(desk: Desk) -> None:
    assert desk.read(desk.copy()).after == {}


def test_decisions_of_every_sheet_become_lines_of_the_files(desk: Desk) -> None:
    # G20
    comments = [line for text in desk.texts().values() for line in text.splitlines()
                if line.lstrip().startswith("#")]  # fmt: skip
    copy = desk.copy(
        mapping={("score", "change_to"): "drop: nobody reads it"},
        value={("Wobbly", "means"): "bounced", ("accepted", "means"): "unknown"},
        tags={("=1+1", "decision"): "drop", ("Webnar", "decision"): "rename",
              ("Webnar", "new_name"): "Webinar"},
        lists={("Cooks", "decision"): "drop"},
        owners={("left@example.com", "reassign_to"): "New@example.com",
                ("(no owner)", "reassign_to"): "all@example.com"},
        duplicates={("a@example.com", "choice"): "merge",
                    ("North Bakery", "choice"): "different"},
        suppression={("bounced", "decision"): "left out"},
    )  # fmt: skip
    desk.read(copy).write()
    decided = load_mapping(desk.mappings)
    assert decided.fields.contacts["score"].drop == "nobody reads it"
    consent = decided.source.consent
    assert (consent.mail["wobbly"], consent.statuses["accepted"]) == ("bounced", "unknown")
    assert consent.mail["spam"] == "reported_as_spam"
    assert (decided.tags.drop, decided.tags.rename) == (("=1+1",), {"Webnar": "Webinar"})
    assert decided.lists.drop == ("Cooks",)
    assert decided.owners.remap == {"left@example.com": "new@example.com"}
    assert decided.owners.default_owner == "all@example.com"
    (merge,) = decided.duplicates.merge
    assert (merge.contact, merge.into) == ("b@example.com", "a@example.com")
    assert decided.duplicates.different_accounts == (("North Bakery", "North Bakerry"),)
    assert decided.source.suppress == ("bounced",)
    kept = [line for text in desk.texts().values() for line in text.splitlines()
            if line.lstrip().startswith("#")]  # fmt: skip
    assert kept == comments


def test_a_decision_can_be_taken_back_in_the_next_workbook(desk: Desk) -> None:
    before = desk.texts()
    first = desk.copy(
        tags={("VIP", "decision"): "drop"},
        owners={("left@example.com", "reassign_to"): "new@example.com"},
        suppression={("stale", "decision"): "left out"},
    )
    desk.read(first).write()
    back = desk.copy(
        tags={("VIP", "decision"): "keep"},
        owners={("left@example.com", "reassign_to"): ""},
        suppression={("stale", "decision"): "moves"},
    )
    desk.read(back).write()
    assert desk.texts() == before


REFUSALS: dict[str, tuple[str, tuple[str, str], str, str]] = {
    "no word of the list": ("tags", ("VIP", "decision"), "maybe", "Choose keep"),
    "no new name": ("tags", ("VIP", "decision"), "rename", "new name is missing"),
    "a name too many": ("tags", ("VIP", "new_name"), "Gold", "Choose rename"),
    "no user": ("owners", ("(no owner)", "reassign_to"), "x@example.com", "add the user"),
    "no meaning": ("value", ("Wobbly", "means"), "fine", "Choose harmless"),
    "a masked word": ("value", ("me@example.com", "means"), "accepted", "by hand"),
    "no target": ("mapping", ("score", "change_to"), "somewhere", "Write drop:"),
    "own field": ("mapping", ("Budget", "change_to"), "drop: no", "'unknown'"),
    "no such key": ("mapping", ("score", "change_to"), "field: nowhere", "keys are"),
    "taken target": ("mapping", ("score", "change_to"), "field: city", "already goes"),
    "no decision": ("duplicates", ("a@example.com", "choice"), "yes", "merge or different"),
    "no group": ("suppression", ("stale", "decision"), "", "Choose moves"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_refusal_names_sheet_row_column_and_remedy_and_nothing_is_written(
    untouched: Desk, case: str
) -> None:
    # G20
    sheet, cell, text, remedy = REFUSALS[case]
    before = untouched.texts()
    copy = untouched.copy("copy", **{sheet: {cell: text}}, lists={BAKERS: "drop"})
    with pytest.raises(BadInput) as refused:
        untouched.read(copy)
    assert remedy in str(refused.value)
    assert (refused.value.file or "").lower().startswith(f"sheet {sheet}")
    assert refused.value.row is not None
    assert refused.value.row > 1
    assert refused.value.column
    assert refused.value.remedy
    assert untouched.texts() == before


def test_the_second_of_two_people_is_told_that_somebody_else_decided(desk: Desk) -> None:
    # G20
    mine = desk.copy("mine", tags={("VIP", "decision"): "drop"})
    yours = desk.copy("yours", lists={BAKERS: "drop"})
    desk.read(mine).write()
    with pytest.raises(BadInput, match="somebody else decided"):
        desk.read(yours)
    assert load_mapping(desk.mappings).lists.drop == ()


def test_a_file_that_changes_between_looking_and_writing_stops_all_of_it(
    desk: Desk,
) -> None:
    found = desk.read(desk.copy(tags={("VIP", "decision"): "drop"}, lists={BAKERS: "drop"}))
    tags = desk.mappings / "tags.yaml"
    tags.write_text(tags.read_text("utf-8") + "# mine\n", encoding="utf-8")
    before = desk.texts()
    with pytest.raises(BadInput, match="meanwhile"):
        found.write()
    assert desk.texts() == before


def test_a_row_that_is_none_of_the_review_is_refused(desk: Desk) -> None:
    copy = desk.copy(tags={("VIP", "tag"): "Another"})
    with pytest.raises(BadInput, match="not one of the review") as refused:
        desk.read(copy)
    assert (refused.value.file, refused.value.row) == ("sheet Tags", 4)


def test_what_is_no_review_workbook_is_refused(desk: Desk, tmp_path: Path) -> None:
    text = tmp_path / "review.csv"
    text.write_text("a,b\n", encoding="utf-8")
    with pytest.raises(BadInput, match="Save it as"):
        desk.read(text)
    other = tmp_path / "other.xlsx"
    write_workbook(other, [], title="Another")
    with pytest.raises(BadInput):
        desk.read(other)


def test_line_ends_of_another_system_are_kept(desk: Desk) -> None:
    tags = desk.mappings / "tags.yaml"
    tags.write_bytes(tags.read_bytes().replace(b"\n", b"\r\n"))
    desk.read(desk.copy(tags={("VIP", "decision"): "drop"})).write()
    written = tags.read_bytes()
    assert written.count(b"\n") == written.count(b"\r\n")
    assert b"  - VIP\r\n" in written
