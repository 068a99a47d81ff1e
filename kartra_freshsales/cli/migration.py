"""Commands of the journey: plan, approve, migrate, rollback, demo. Thin by rule."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from kartra_freshsales.cli.context import (
    Approver,
    AsJson,
    Person,
    WorkspaceDir,
    open_journey,
    screen_of,
)
from kartra_freshsales.cli.output import ExitCode
from kartra_freshsales.cli.shown import (
    approval,
    command,
    show_plans,
    show_rollback,
    show_summary,
)

app = typer.Typer()

OnlyBatch = Annotated[list[str] | None, typer.Option("--batch", help="Only this batch.")]
CreateFields = Annotated[
    bool, typer.Option("--create-fields", help="Create missing custom fields by API.")
]


@app.command()
def plan(
    workspace: WorkspaceDir = Path(),
    batch: OnlyBatch = None,
    approve: Approver = "",
    create_fields: CreateFields = False,
    as_json: AsJson = False,
) -> None:
    """Dry run: read, clean, map and compare with Freshsales; nothing is loaded.

    Example: kartra-freshsales plan --workspace acme --json
    """
    screen = screen_of(as_json)
    with open_journey(workspace, screen) as journey:
        batches = journey.batches(batch or ())
        journey.require_basics()
        journey.extract(batches)
        journey.prepare(Person(approve, create_fields=create_fields))
        plans = journey.plan(batches)
        reports, problems = journey.reports(), journey.faults.to_dicts()
    show_plans(screen, plans)
    screen.say("Next: read the plan, then approve it, each batch by its digest:")
    for key, facts in plans.items():
        screen.say(f"  {approval(workspace, key, facts['digest'])}")
    screen.result({"plans": plans, "reports": reports, "problems": problems})


@app.command()
def approve(
    name: Annotated[str, typer.Option("--name", help="Who approves.")],
    digest: Annotated[str, typer.Option(help="Digest of the plan, as 'plan' printed it.")],
    batch: Annotated[str, typer.Option("--batch", help="Whose plan.")],
    workspace: WorkspaceDir = Path(),
    as_json: AsJson = False,
) -> None:
    """Approve one batch's plan by its digest. Anything that changes the plan voids it.

    Example: kartra-freshsales approve --batch 2026-03 --digest 5f3c9a… --name "Sales lead"
    """
    screen = screen_of(as_json)
    with open_journey(workspace, screen) as journey:
        journey.approve(batch, name, digest)
    screen.say(f"Plan of {batch} approved.")
    screen.result({"batch": batch, "digest": digest, "approved_by": name})


@app.command()
def migrate(
    workspace: WorkspaceDir = Path(),
    batch: OnlyBatch = None,
    approve: Approver = "",
    create_fields: CreateFields = False,
    as_json: AsJson = False,
) -> None:
    """Go through the whole journey; stop where a person is needed (exit code 3).

    Run again, it sends only what is missing or has changed.

    Example: kartra-freshsales migrate --workspace acme --approve "Sales lead" --json
    """
    screen = screen_of(as_json)
    person = Person(approve, create_fields=create_fields)
    with open_journey(workspace, screen) as journey:
        summary = journey.migrate(person, batch or ())
    show_summary(screen, summary)
    screen.result(summary)
    if summary["certificate"] != "pass":
        raise typer.Exit(int(ExitCode.FAILED))


@app.command()
def rollback(
    workspace: WorkspaceDir = Path(),
    batch: OnlyBatch = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be undone.")
    ] = False,
    approve: Approver = "",
    as_json: AsJson = False,
) -> None:
    """Take batches back out of Freshsales: delete what was created, restore what changed.

    What people changed since is spared and listed. Without --approve it is a dry run.

    Example: kartra-freshsales rollback --workspace acme --approve "Sales lead"
    """
    screen = screen_of(as_json)
    with open_journey(workspace, screen) as journey:
        result = journey.roll_back(batch or (), "" if dry_run else approve)
    show_rollback(screen, result)
    screen.result(result)
    if result["state"] == "planned" and not dry_run:
        again = command("rollback", "--workspace", workspace, "--approve", "Your name")
        screen.say(f"Nothing was changed. To carry this out: {again}")
        raise typer.Exit(int(ExitCode.WAITING))
    if result["state"] == "failed":
        raise typer.Exit(int(ExitCode.FAILED))


@app.command()
def demo(
    contacts: Annotated[int, typer.Option(min=20, help="How many people.")] = 500,
    directory: Annotated[
        Path | None, typer.Option(help="Where to keep it; a new temporary folder without.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Migrate made-up contacts into a stand-in Freshsales, all stages, in a minute or two.

    Example: kartra-freshsales demo --directory demo
    """
    from kartra_freshsales.cli.demo import run_demo, try_next  # noqa: PLC0415

    root = directory or Path(tempfile.mkdtemp(prefix="kartra-freshsales-demo-"))
    screen = screen_of(as_json)
    summary, port = run_demo(root, contacts, screen)
    show_summary(screen, summary)
    screen.say(f"Reports: {root / 'reports'}")
    screen.say(try_next(root, port))
    screen.result(summary)
    if summary["certificate"] != "pass":
        raise typer.Exit(int(ExitCode.FAILED))
