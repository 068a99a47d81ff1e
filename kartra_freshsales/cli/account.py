"""Commands that look and change nothing: doctor, status, trace, verify."""

from pathlib import Path
from typing import Annotated, Any

import typer

from kartra_freshsales.cli.context import AsJson, WorkspaceDir, open_journey, screen_of
from kartra_freshsales.cli.failures import WrongUse
from kartra_freshsales.cli.output import ExitCode
from kartra_freshsales.cli.shown import ordered
from kartra_freshsales.cli.traces import moment_of, show_records, show_requests
from kartra_freshsales.errors import BadInput

app = typer.Typer()

_UNKNOWN_KEY = "No record of that key is known."
_KEYS = (
    "Give the e-mail, a Kartra transaction or subscription id, or a Freshsales id of a "
    "record that was planned or loaded here."
)


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
    steps = ("extracted", "planned", "approved", "loaded", "reconciled")
    rows = [
        [batch, *("yes" if row[step] else "-" for step in steps)]
        for batch, row in facts["batches"].items()
    ]
    screen.table("Batches", ["batch", *steps], rows)
    if facts["records"]:
        screen.table("In Freshsales", ["module", "records"], ordered(facts["records"]))
    else:
        screen.say("In Freshsales: no record of this workspace.")
    screen.say(
        f"Open intents: {facts['open_intents']}; conflicts: {facts['conflicts']}; "
        f"last certificate: {facts['certificate']}"
    )
    screen.result(facts)


@app.command()
def trace(
    key: Annotated[
        str,
        typer.Argument(help="E-mail, transaction or subscription id, or Freshsales id."),
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
        found = journey.trace(key) if key else []
        if key and not found:
            raise BadInput(_UNKNOWN_KEY, remedy=_KEYS)
        made = enquiries.requests(journey, wanted, found or None) if with_requests else []
    show_records(screen, found)
    if with_requests:
        show_requests(screen, made)
    screen.result({"records": found} | ({"requests": made} if with_requests else {}))


@app.command()
def verify(workspace: WorkspaceDir = Path(), as_json: AsJson = False) -> None:
    """Read everything back again and compare it with what was loaded; check the ledger.

    Example: kartra-freshsales verify --workspace acme
    """
    screen = screen_of(as_json)
    with open_journey(workspace, screen) as journey:
        facts: dict[str, Any] = journey.verify()
    rows = [
        [m, c["records"], c["verified"], c["edited"], c["differing"]]
        for m, c in ordered(facts["modules"])
    ]
    screen.table("Freshsales against the ledger", ["module", "records", "verified",
                 "edited", "differing"], rows)  # fmt: skip
    if facts["edits"]:
        edits = [[e["module"], str(e["freshsales_id"]), e["field"]] for e in facts["edits"]]
        screen.table("Edited by people since", ["module", "id", "field"], edits)
    screen.say(f"Ledger chain: {'intact' if facts['chain_intact'] else 'BROKEN'}")
    screen.result(facts)
    if not facts["passed"]:
        raise typer.Exit(int(ExitCode.FAILED))
