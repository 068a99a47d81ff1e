"""Commands that look and change nothing: doctor, status, trace, verify."""

from pathlib import Path
from typing import Annotated, Any

import typer

from kartra_freshsales.cli.context import AsJson, WorkspaceDir, open_journey, screen_of
from kartra_freshsales.cli.output import ExitCode
from kartra_freshsales.cli.shown import ordered
from kartra_freshsales.errors import BadInput

app = typer.Typer()


@app.command()
def doctor(workspace: WorkspaceDir = Path(), as_json: AsJson = False) -> None:
    """Check settings, key, rights, edition, users and fields, and say what to fix.

    Example: kartra-freshsales doctor --workspace acme
    """
    from kartra_freshsales.loading.doctor import examine  # noqa: PLC0415 - only needed here

    screen = screen_of(as_json)
    with (
        open_journey(workspace, screen) as journey,
        screen.working("Asking the account"),
        journey.destination.connect() as link,
    ):
        target, owners = link.mapping.destination, link.mapping.owners
        findings = examine(
            link.client, edition=target.edition, default_owner=owners.default_owner
        )
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
    ],
    workspace: WorkspaceDir = Path(),
    as_json: AsJson = False,
) -> None:
    """Follow one record from its lines in the exports to Freshsales, or back.

    Example: kartra-freshsales trace 10023 --workspace acme
    """
    screen = screen_of(as_json)
    with open_journey(workspace, screen) as journey:
        found = journey.trace(key)
    if not found:
        raise BadInput(
            "No record of that key is known.",
            remedy="Give the e-mail, a Kartra transaction or subscription id, or a "
            "Freshsales id of a record that was planned or loaded here.",
        )
    for record in found:
        rows = [[name, value] for name, value in record.items() if name != "fields"]
        screen.table(f"{record['module']} {record['source_key']}", ["", ""], rows)
        screen.table(
            "Fields",
            ["field", "sent", "read back"],
            [[f["field"], f["sent"], f["seen"]] for f in record["fields"]],
        )
    screen.result({"records": found})


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
