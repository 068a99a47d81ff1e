"""Commands that look and change nothing: doctor, status, trace."""

from pathlib import Path
from typing import Annotated

import typer

from kartra_freshsales.cli.context import AsJson, WorkspaceDir, open_journey, screen_of
from kartra_freshsales.cli.failures import WrongUse
from kartra_freshsales.cli.output import ExitCode
from kartra_freshsales.cli.shown import ordered, show_review
from kartra_freshsales.cli.traces import (
    moment_of,
    show_records,
    show_requests,
    show_rows,
)

app = typer.Typer()


@app.command()
def doctor(
    workspace: WorkspaceDir = Path(),
    probe: Annotated[
        bool,
        typer.Option("--probe", help="Try it with one record of each kind, and erase it."),
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Let a probe write into a production account.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check settings, key, rights, plan, users, views and fields, and say what to fix.

    Example: kartra-freshsales doctor --workspace acme
    """
    from kartra_freshsales.cli import enquiries  # noqa: PLC0415 - only needed here

    screen = screen_of(as_json)
    with (
        open_journey(workspace, screen) as journey,
        screen.working("Asking the account"),
    ):
        findings = enquiries.doctor(journey, probing=probe, yes=yes)
    rows = [[f.state, f.what, f.found, f.remedy] for f in findings]
    screen.table("Doctor", ["", "looked at", "found", "what to do"], rows)
    healthy = all(f.state != "problem" for f in findings)
    screen.result({"healthy": healthy, "findings": [vars(f) for f in findings]})
    if not healthy:
        raise typer.Exit(int(ExitCode.FAILED))


@app.command()
def status(workspace: WorkspaceDir = Path(), as_json: AsJson = False) -> None:
    """How far each batch is: planned, approved, loaded, reconciled; and open intents.

    Example: kartra-freshsales status --workspace acme
    """
    screen = screen_of(as_json)
    with open_journey(workspace, screen) as journey:
        facts = journey.status()
    steps = ("extracted", "planned", "approved", "loaded", "reconciled", "rolled_back")
    rows = [
        [batch, *("yes" if row[step] else "-" for step in steps)]
        for batch, row in facts["batches"].items()
    ]
    screen.table("Batches", ["batch", *(step.replace("_", " ") for step in steps)], rows)
    if facts["approvals"]:
        columns = ("of", "batch", "by", "at", "host", "run")
        given = [[str(a[name]) for name in columns] for a in facts["approvals"]]
        screen.table("Approved", columns, given)
    if facts["records"]:
        screen.table("In Freshsales", ["module", "records"], ordered(facts["records"]))
    else:
        screen.say("In Freshsales: no record of this workspace.")
    screen.say(
        f"Open intents: {facts['open_intents']}; conflicts: {facts['conflicts']}; "
        f"last certificate: {facts['certificate']}"
    )
    show_review(screen, facts["review"])
    screen.result(facts)


@app.command()
def trace(
    key: Annotated[
        str,
        typer.Argument(
            help="E-mail, Kartra id, company, Freshsales id, or batch/file.csv:12."
        ),
    ] = "",
    workspace: WorkspaceDir = Path(),
    with_requests: Annotated[
        bool, typer.Option("--requests", help="The requests that carried it, or all.")
    ] = False,
    route: Annotated[
        str, typer.Option(help="Part of a route, as in 'POST /contacts'.")
    ] = "",
    status: Annotated[str, typer.Option(help="A status or outcome: 429, refused.")] = "",
    since: Annotated[str, typer.Option(help="A time, or how long ago: 30m, 2h, 1d.")] = "",
    run: Annotated[str, typer.Option(help="Beginning of a run's id.")] = "",
    as_json: AsJson = False,
) -> None:
    """Follow one record from its lines in the exports to Freshsales, or back.

    Tells where each line ended and why, which line gave each field and by what rule it was
    changed, what was written when, and how it read back. Rows that became no record are
    found by their line, address or id as well.

    With --requests also what was sent for it and how that ended; without a key every
    request of this workspace, as far as --route, --status, --since and --run let it.

    Example: kartra-freshsales trace 10023 --requests --workspace acme
    """
    from kartra_freshsales.cli import enquiries  # noqa: PLC0415 - only needed here
    from kartra_freshsales.freshsales.request_log import Wanted  # noqa: PLC0415

    wanted = Wanted(since=moment_of(since), run=run, route=route, status=status)
    with_requests = with_requests or wanted != Wanted()
    if not (key or with_requests):
        raise WrongUse("Name a record, or ask for --requests.", remedy="See: trace --help")
    screen = screen_of(as_json)
    with open_journey(workspace, screen) as journey:
        found, rows = journey.trace(key) if key else ([], [])
        made = enquiries.requests(journey, wanted, found or None) if with_requests else []
    show_rows(screen, rows)
    show_records(screen, found)
    if with_requests:
        show_requests(screen, made)
    told = {"records": found, "rows": rows}
    screen.result(told | ({"requests": made} if with_requests else {}))
