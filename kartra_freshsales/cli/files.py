"""Commands around files: init, ingest, inspect, sample. None touches Freshsales."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kartra_freshsales.cli.context import AsJson, WorkspaceDir, screen_of
from kartra_freshsales.cli.failures import WrongUse
from kartra_freshsales.cli.output import ExitCode, Screen
from kartra_freshsales.cli.shown import command
from kartra_freshsales.errors import BadInput

if TYPE_CHECKING:
    import polars as pl

    from kartra_freshsales.kartra.model import ExportFacts, ExportRead, FileProblem

# Polars and what leans on it are imported where a command needs them: --help needs none.
app = typer.Typer()


@app.command()
def init(
    directory: Annotated[Path, typer.Argument(help="Folder to lay out; may exist.")],
    as_json: AsJson = False,
) -> None:
    """Lay out a workspace: mappings/, inbox/, .env.example. Existing files are kept.

    Example: kartra-freshsales init acme
    """
    from kartra_freshsales.cli.workspace_files import lay_out  # noqa: PLC0415

    screen = screen_of(as_json)
    written = [str(path.relative_to(directory.resolve())) for path in lay_out(directory)]
    if written:
        screen.table("Written", ["file"], [[name] for name in written])
    else:
        screen.say("Nothing was missing.")
    screen.say(
        f"Next: copy {directory}/.env.example to {directory}/.env and fill it in,\n"
        f"put the CSV files of each export into {directory}/inbox/<batch>/, then run:\n"
        f"  {command('doctor', '--workspace', directory)}\n"
        f"  {command('migrate', '--workspace', directory)}"
    )
    screen.result({"workspace": str(directory.resolve()), "written": written})


@app.command()
def ingest(
    files: Annotated[list[Path], typer.Argument(help="CSV files as Kartra named them.")],
    workspace: WorkspaceDir = Path(),
    batch: Annotated[
        str, typer.Option(help="Batch key; the next free 'batch-NN' without.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Check exports and copy them into a new batch of the inbox: all of them, or none.

    A file that lies in the inbox already, under whatever name, is not copied again.

    Example: kartra-freshsales ingest ~/Downloads/contacts_kartra_*.csv --workspace acme
    """
    from kartra_freshsales.cli.intake import new_batch, take_in  # noqa: PLC0415
    from kartra_freshsales.kartra.front_door import describe  # noqa: PLC0415
    from kartra_freshsales.settings import Workspace  # noqa: PLC0415

    screen, target = screen_of(as_json), Workspace(workspace)
    _require_there(files)
    key = new_batch(target, batch)
    with screen.working(f"Reading {len(files)} file(s)"):
        taken = take_in(target, key, files)
    for known in taken.already:
        screen.warn(f"{known.file} lies in the inbox already, as {known.place}; left out.")
    if taken.reads:
        _show_files(screen, f"Batch {key}", taken.reads)
        screen.say(f"Next: {command('migrate', '--workspace', workspace)}")
    else:
        screen.say("Nothing new.")
    screen.result(
        {
            "batch": key if taken.reads else None,
            "files": [describe(read) for read in taken.reads],
            "already": [{"file": k.file, "as": k.place} for k in taken.already],
        }
    )


@app.command()
def inspect(
    file: Annotated[
        Path, typer.Argument(help="A CSV, .gz, ZIP or .xlsx file, or a batch folder.")
    ],
    out: Annotated[Path | None, typer.Option(help="Write the rows as Parquet.")] = None,
    quarantine: Annotated[
        Path | None, typer.Option(help="Write what could not be read as Parquet.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what a file is: kind, encoding, dialect, columns, rows, quarantined, warnings.

    The files of a folder, a ZIP or a workbook are listed; exit code 1 if one of them
    cannot be used.

    Example: kartra-freshsales inspect export.csv --json --out rows.parquet
    """
    screen = screen_of(as_json)
    if file.is_dir():
        if out or quarantine:
            raise WrongUse(
                "--out and --quarantine take one file.", remedy="Name a file, not a folder."
            )
        _inspect_folder(screen, file)
        return
    from kartra_freshsales.kartra.front_door import describe, read_exports  # noqa: PLC0415

    _require_there([file])
    parts = read_exports(file, batch="inspect")
    if len(parts.reads) > 1 or parts.problems:
        if out or quarantine:
            raise WrongUse(
                f"{file.name} holds several files or sheets.",
                remedy="Unpack it and name one of them for --out and --quarantine.",
            )
        for part in parts.reads:
            screen.table(part.facts.file, ["", "found"], _facts_of(part))
        _tell_several(screen, parts.reads, parts.problems)
        return
    read = parts.reads[0]
    for frame, path in ((read.rows, out), (read.quarantine, quarantine)):
        if path is not None:
            _write(frame, path)
    screen.table(read.facts.file, ["", "found"], _facts_of(read))
    screen.result(dict(describe(read)))


def _require_there(files: Sequence[Path]) -> None:
    missing = [str(path) for path in files if not path.exists()]
    if missing:
        raise BadInput(
            f"There is no file {missing[0]}.", remedy="Check its name and folder."
        )


def _facts_of(read: "ExportRead") -> list[list[str]]:
    facts = read.facts
    reasons = ", ".join(f"{n:,} {r}" for r, n in facts.quarantine_reasons.items())
    known = [c.name for c in facts.columns if c.known]
    keys = f"{facts.first_key} … {facts.last_key}" if facts.first_key else "no ids"
    moment = facts.exported_at
    rows = [
        ["kind", facts.kind.value],
        ["encoding", _sure(facts.encoding, facts.encoding_confidence)],
        ["", facts.encoding_evidence],
        ["delimiter", _sure(repr(facts.delimiter), facts.confidence)],
        ["", facts.evidence],
        ["reader", f"{facts.reader}: {facts.reader_reason}"],
        ["rows", f"{facts.row_count:,}"],
        ["first … last", keys],
        ["quarantined", f"{facts.quarantined:,}" + (f" ({reasons})" if reasons else "")],
        ["columns", ", ".join(known)],
        ["custom columns", ", ".join(c.name for c in facts.columns if not c.known)],
        [
            "exported",
            f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment else "not told by its name",
        ],
        ["SHA-256", facts.sha256],
    ]
    return [*rows, *(["warning", warning] for warning in facts.warnings)]


def _sure(what: str, confidence: float) -> str:
    return f"{what} (confidence {confidence:.2f})"


def _inspect_folder(screen: Screen, folder: Path) -> None:
    from kartra_freshsales.kartra.front_door import read_batch  # noqa: PLC0415

    read = read_batch(folder, batch="inspect")
    if not (read.files or read.problems):
        raise BadInput(f"There are no files in {folder}.", remedy="Name a batch folder.")
    _show_files(screen, str(folder), read.files)
    _tell_several(screen, read.files, read.problems)


def _tell_several(
    screen: Screen,
    files: "Sequence[ExportRead | ExportFacts]",
    problems_of: "Sequence[FileProblem]",
) -> None:
    """Problems and the facts of several files; exit code 1 if there are problems."""
    from kartra_freshsales.kartra.front_door import describe  # noqa: PLC0415

    if problems_of:
        rows = [[p.file, p.what, p.remedy] for p in problems_of]
        screen.table("Problems", ["file", "what", "do"], rows)
    problems = [f"{p.file}: {p.what} {p.remedy}" for p in problems_of]
    screen.result({"files": [describe(f) for f in files], "problems": problems})
    if problems:
        screen.say(f"{len(problems)} file(s) cannot be used.")
        raise typer.Exit(int(ExitCode.FAILED))


def _show_files(screen: Screen, title: str, files: Any) -> None:
    """Files with their counts, and what a person should know of each."""
    facts = [getattr(each, "facts", each) for each in files]
    rows = [[f.file, f.kind.value, f.row_count, f.quarantined] for f in facts]
    screen.table(title, ["file", "kind", "rows", "quarantined"], rows)
    for each in facts:
        for warning in each.warnings:
            screen.warn(f"{each.file}: {warning}")


def _write(frame: "pl.DataFrame", path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        frame.write_parquet(file)


@app.command()
def sample(
    out: Annotated[Path, typer.Option(help="Folder for the batches and truth.json.")],
    contacts: Annotated[int, typer.Option(min=10, help="How many people.")] = 500,
    batches: Annotated[int, typer.Option(min=1, max=99, help="How many exports.")] = 3,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same files.")] = 7,
    as_json: AsJson = False,
) -> None:
    """Write realistic Kartra exports of made-up people, and truth.json with what is right.

    Example: kartra-freshsales sample --out acme/inbox --contacts 10000 --batches 4
    """
    from kartra_freshsales.sample import generate  # noqa: PLC0415

    screen = screen_of(as_json)
    try:
        with screen.working(f"Writing exports of {contacts:,} people to {out}"):
            truth = generate(out, contacts=contacts, batches=batches, seed=seed)
    except (ValueError, FileExistsError) as error:
        raise BadInput(
            f"{error}.", remedy="Choose other figures or another --out."
        ) from None
    screen.say(f"Written: {batches} batch(es) and {out / 'truth.json'}")
    screen.result(dict(truth))
