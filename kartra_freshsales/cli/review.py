"""Commands of the review workbook: take over what people decided in a copy of it."""

import difflib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kartra_freshsales.cli.context import AsJson, WorkspaceDir, open_journey, screen_of
from kartra_freshsales.cli.output import Screen
from kartra_freshsales.errors import BadInput

if TYPE_CHECKING:
    import polars as pl

    from kartra_freshsales.cli.journey import Journey
    from kartra_freshsales.mapping.deciding import Revision
    from kartra_freshsales.mapping.review_changes import Change

app = typer.Typer(no_args_is_help=True, help="The review workbook (reports/review.xlsx).")
_FRAMES = (
    "source_rows", "mapping_coverage", "mapping_proposal", "tag_taxonomy", "owner_map",
    "duplicate_proposals", "flagged_contacts", "records_to_review", "transaction_totals",
    "totals_compared",
)  # fmt: skip


@app.callback()
def review() -> None:
    """The review workbook (reports/review.xlsx), and decisions made in a copy of it."""


@app.command()
def read(
    file: Annotated[Path, typer.Argument(help="The copy that was decided in.")],
    workspace: WorkspaceDir = Path(),
    apply: Annotated[
        bool, typer.Option("--apply", help="Write the decisions into mappings/.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show what a decided copy of the workbook changes in mappings/; --apply writes it.

    All of it is taken over, or nothing. Comments in the files stay as they are.

    Example: kartra-freshsales review read decided.xlsx --workspace acme --apply
    """
    screen = screen_of(as_json)
    if not file.is_file():
        raise BadInput(f"There is no file {file}.", remedy="Name the saved workbook.")
    with open_journey(workspace, screen) as journey:
        changes, revision = _read(journey, file)
    if apply:
        revision.write()
    _show(screen, changes, revision, applied=apply)


def _read(journey: "Journey", file: Path) -> "tuple[list[Change], Revision]":
    """What the copy changes, judged against the last preparation and the files now."""
    from kartra_freshsales.mapping.deciding import revision  # noqa: PLC0415
    from kartra_freshsales.mapping.loading import load_mapping  # noqa: PLC0415
    from kartra_freshsales.mapping.review_changes import changes  # noqa: PLC0415
    from kartra_freshsales.orchestration.frames import metadata_from  # noqa: PLC0415
    from kartra_freshsales.reports import review as book  # noqa: PLC0415
    from kartra_freshsales.reports.review_reading import read_answers  # noqa: PLC0415

    decided = load_mapping(journey.workspace.mappings)
    frames = {name: journey.frame(name) for name in _FRAMES} | {
        "contacts": _people(journey)
    }
    frames["word_tables"] = book.words_of(frames, decided)
    users = book.active(metadata_from(journey.frame("freshsales_metadata")).users)
    sheets = [
        sheet for sheet in book.review_sheets(frames, decided, users) if sheet.choices
    ]
    answers = read_answers(file, sheets, decided.digest())
    found = changes(answers, decided, users)
    return found, revision(journey.workspace.mappings, found)


def _people(journey: "Journey") -> "pl.DataFrame":
    """The few columns of contacts that the workbook counts."""
    from kartra_freshsales.orchestration.io_manager import (  # noqa: PLC0415
        REVIEWED_COLUMNS,
    )

    return journey.frame("contacts", columns=REVIEWED_COLUMNS)


def _show(
    screen: Screen, changes: "list[Change]", revision: "Revision", *, applied: bool
) -> None:
    rows = [[c.answer.sheet, c.answer.row, c.what, c.file] for c in changes]
    if rows:
        screen.table("Decisions", ["sheet", "row", "decision", "file"], rows)
    else:
        screen.say("Nothing in it differs from what is decided already.")
    for name, text in revision.after.items():
        lines = difflib.unified_diff(
            revision.before[name].splitlines(),
            text.splitlines(),
            name,
            name,
            lineterm="",
            n=1,
        )
        for line in lines:
            screen.say(line)
    if rows and applied:
        screen.say("Written. Run plan again: a new workbook shows the decisions.")
    elif rows:
        screen.say("Nothing was written. To take it over, add --apply.")
    told: list[dict[str, Any]] = [
        {"sheet": c.answer.sheet, "row": c.answer.row, "decision": c.what, "file": c.file}
        for c in changes
    ]
    screen.result({"changes": told, "files": sorted(revision.after), "applied": applied})
