"""Commands around files: init, ingest, inspect, sample, sandbox. None loads anything."""

import shutil
from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from kartra_freshsales.cli.context import AsJson, WorkspaceDir, screen_of
from kartra_freshsales.cli.workspace_files import lay_out
from kartra_freshsales.errors import BadExport, BadInput
from kartra_freshsales.kartra.front_door import describe, read_batch, read_export
from kartra_freshsales.orchestration.partitions import checked_batch_key
from kartra_freshsales.settings import Workspace

app = typer.Typer()


@app.command()
def init(
    directory: Annotated[Path, typer.Argument(help="Folder to lay out; may exist.")],
    as_json: AsJson = False,
) -> None:
    """Lay out a workspace: mappings/, inbox/, .env.example. Existing files are kept.

    Example: kartra-freshsales init acme-migration
    """
    screen = screen_of(as_json)
    written = [str(path.relative_to(directory.resolve())) for path in lay_out(directory)]
    screen.table("Written", ["file"], [[name] for name in written])
    if not as_json:
        screen.say(
            "Next: copy .env.example to .env and fill it in, then put each export into "
            "inbox/<batch>/ and run: kartra-freshsales migrate --workspace "
            f"{directory}"
        )
    screen.result({"workspace": str(directory.resolve()), "written": written})


@app.command()
def ingest(
    files: Annotated[list[Path], typer.Argument(help="CSV files as Kartra named them.")],
    workspace: WorkspaceDir = Path(),
    batch: Annotated[
        str, typer.Option(help="Batch key; made from the newest export without.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Copy exports into a new batch of the inbox, after checking that each can be read.

    Example: kartra-freshsales ingest ~/Downloads/contacts_kartra_*.csv --workspace acme
    """
    screen = screen_of(as_json)
    target = Workspace(workspace)
    key = checked_batch_key(batch or _next_batch(target))
    folder = target.inbox / key
    if folder.exists() and any(folder.iterdir()):
        raise BadInput(
            f"Batch {key!r} already has files.", remedy="Choose another --batch."
        )
    reads = [read_export(path, batch=key) for path in files]
    folder.mkdir(parents=True, exist_ok=True)
    for path in files:
        shutil.copy2(path, folder / path.name)
    rows = [
        [r.facts.file, r.kind.value, r.facts.row_count, r.facts.quarantined] for r in reads
    ]
    screen.table(f"Batch {key}", ["file", "kind", "rows", "quarantined"], rows)
    screen.result({"batch": key, "files": [describe(read) for read in reads]})


def _next_batch(workspace: Workspace) -> str:
    taken = set(workspace.batches())
    return next(
        key for number in range(1, 10**6) if (key := f"batch-{number:02d}") not in taken
    )


@app.command()
def inspect(
    file: Annotated[Path, typer.Argument(help="One CSV file, or a batch folder.")],
    out: Annotated[Path | None, typer.Option(help="Write the rows as Parquet.")] = None,
    quarantine: Annotated[
        Path | None, typer.Option(help="Write what could not be read as Parquet.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what a file is: kind, encoding, dialect, columns, rows, quarantined.

    Example: kartra-freshsales inspect export.csv --json --out rows.parquet
    """
    screen = screen_of(as_json)
    if file.is_dir():
        _inspect_folder(file, as_json=as_json)
        return
    read = read_export(file, batch="inspect")
    for frame, path in ((read.rows, out), (read.quarantine, quarantine)):
        if path is not None:
            _write(frame, path)
    facts = read.facts
    screen.table(
        facts.file,
        ["", "found"],
        [
            ["kind", facts.kind.value],
            ["encoding", facts.encoding],
            ["delimiter", repr(facts.delimiter)],
            ["reader", f"{facts.reader}: {facts.reader_reason}"],
            ["rows", f"{facts.row_count:,}"],
            [
                "quarantined",
                f"{facts.quarantined:,} {dict(facts.quarantine_reasons) or ''}",
            ],
            ["columns", ", ".join(c.name for c in facts.columns)],
            *(["warning", warning] for warning in facts.warnings),
        ],
    )
    screen.result(dict(describe(read)))


def _inspect_folder(folder: Path, *, as_json: bool) -> None:
    screen = screen_of(as_json)
    read = read_batch(folder, batch="inspect")
    rows = [[f.file, f.kind.value, f.row_count, f.quarantined] for f in read.files]
    screen.table(str(folder), ["file", "kind", "rows", "quarantined"], rows)
    problems = [f"{p.file}: {p.what} {p.remedy}" for p in read.problems]
    for problem in problems:
        screen.say(problem)
    screen.result({"files": [describe(f) for f in read.files], "problems": problems})
    if problems:
        raise typer.Exit(1)


def _write(frame: pl.DataFrame, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        frame.write_parquet(path)
    except OSError as error:
        raise BadExport(
            f"{path} cannot be written ({error.strerror}).", remedy="Name another file."
        ) from None


@app.command()
def sample(
    out: Annotated[Path, typer.Option(help="Folder for the batches and truth.json.")],
    contacts: Annotated[int, typer.Option(min=10, help="How many people.")] = 500,
    batches: Annotated[int, typer.Option(min=1, max=99)] = 3,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same files.")] = 7,
    as_json: AsJson = False,
) -> None:
    """Write realistic Kartra exports of made-up people, and truth.json with what is right.

    Example: kartra-freshsales sample --out acme/inbox --contacts 10000 --batches 4
    """
    from kartra_freshsales.sample import generate  # noqa: PLC0415 - not needed elsewhere

    try:
        truth = generate(out, contacts=contacts, batches=batches, seed=seed)
    except (ValueError, FileExistsError) as error:
        raise BadInput(
            f"{error}.", remedy="Choose other figures or another --out."
        ) from None
    screen = screen_of(as_json)
    screen.say(f"Written to {out}: {batches} batches and truth.json.")
    screen.result(dict(truth))


@app.command()
def sandbox(
    port: Annotated[int, typer.Option(help="0 picks a free one.")] = 8765,
    edition: Annotated[str, typer.Option(help="suite")] = "suite",
    plan: Annotated[str, typer.Option(help="free, growth, pro or enterprise")] = "growth",
    requests_per_hour: Annotated[
        str | None,
        typer.Option(help="A number, or 'unlimited'; the plan's figure without."),
    ] = None,
    state: Annotated[Path | None, typer.Option(help="SQLite file; memory without.")] = None,
    api_key: Annotated[str | None, typer.Option(help="Made up without.")] = None,
    port_file: Annotated[Path | None, typer.Option(help="Where to write the port.")] = None,
    faults: Annotated[Path | None, typer.Option(help="YAML file of faults.")] = None,
) -> None:
    """Serve a stand-in for Freshsales on the loopback, over real HTTP, until Ctrl-C.

    Example: kartra-freshsales sandbox --port 8765 --api-key rehearsal --state sandbox.db
    """
    from kartra_freshsales.sandbox import server  # noqa: PLC0415 - a server, not a library

    try:
        config = server.main_options(
            port=port,
            edition=edition,
            plan=plan,
            requests_per_hour=requests_per_hour,
            state=state,
            api_key=api_key,
            port_file=port_file,
            faults=faults,
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    server.serve(config)
