"""Commands of the journey: plan, approve, migrate, status, rollback, demo. Thin by rule."""

import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from kartra_freshsales.cli.bar import Bar
from kartra_freshsales.cli.context import Approver, AsJson, WorkspaceDir, screen_of
from kartra_freshsales.cli.demo import run_demo
from kartra_freshsales.cli.journey import Journey, Person
from kartra_freshsales.cli.output import ExitCode, Screen
from kartra_freshsales.settings import Workspace

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
    with Journey(Workspace(workspace), screen) as journey:
        batches = journey.batches(batch or ())
        journey.extract(batches)
        journey.prepare(Person(approve, create_fields=create_fields))
        plans = journey.plan(batches)
        reports = journey.reports()
    show_plans(screen, plans)
    screen.result({"plans": plans, "reports": reports})


@app.command()
def approve(
    name: Annotated[str, typer.Option("--name", help="Who approves.")],
    digest: Annotated[str, typer.Option(help="Digest of the plan, as 'plan' printed it.")],
    batch: Annotated[str, typer.Option("--batch", help="Whose plan.")],
    workspace: WorkspaceDir = Path(),
    as_json: AsJson = False,
) -> None:
    """Approve one batch's plan by its digest. Anything that changes the plan voids it.

    Example: kartra-freshsales approve --batch 2026-03 --digest 5f3c… --name "Sales lead"
    """
    screen = screen_of(as_json)
    with Journey(Workspace(workspace), screen) as journey:
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
    with Journey(Workspace(workspace), screen, Bar(screen.err)) as journey:
        summary = journey.migrate(person, batch or (), show=show_plans)
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
    with Journey(Workspace(workspace), screen, Bar(screen.err)) as journey:
        result = journey.roll_back(batch or (), "" if dry_run else approve)
    rows = [
        [k, v["delete"], v["restore"], v["spared"]] for k, v in result["modules"].items()
    ]
    screen.table("Rollback", ["module", "delete", "restore", "spared"], rows)
    for sentence in result["cannot_undo"]:
        screen.say(f"Not undone: {sentence}")
    screen.result(result)
    if result["state"] == "planned" and not dry_run:
        screen.say("Nothing was changed. Run it with --approve NAME to carry this out.")
        raise typer.Exit(int(ExitCode.WAITING))
    if result["state"] == "failed":
        raise typer.Exit(int(ExitCode.FAILED))


@app.command()
def demo(
    contacts: Annotated[int, typer.Option(min=20)] = 500,
    directory: Annotated[
        Path | None, typer.Option(help="Where to keep it; a new temporary folder without.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Migrate made-up contacts into a stand-in Freshsales, all stages, in a minute or two.

    Example: kartra-freshsales demo --directory demo
    """
    root = directory or Path(tempfile.mkdtemp(prefix="kartra-freshsales-demo-"))
    screen = screen_of(as_json)
    summary = run_demo(root, contacts, screen, show=show_plans)
    show_summary(screen, summary)
    screen.result(summary)
    if summary["certificate"] != "pass":
        raise typer.Exit(int(ExitCode.FAILED))


def show_plans(screen: Screen, plans: dict[str, dict[str, Any]]) -> None:
    """One line per batch and module: what would happen."""
    operations = ("create", "update", "skip", "conflict", "refuse")
    rows = [
        [batch, module, *(counts.get(operation, 0) for operation in operations)]
        for batch, plan in plans.items()
        for module, counts in plan["modules"].items()
    ]
    screen.table("Load plan", ["batch", "module", *operations], rows)
    for batch, plan in plans.items():
        screen.say(
            f"{batch}: {plan['requests']:,} requests, about {plan['hours']} h of the "
            f"account's budget; digest {plan['digest']}"
        )


def show_summary(screen: Screen, summary: dict[str, Any]) -> None:
    """The reconciliation as a person wants to see it first."""
    states = ("rows", "loaded", "merged", "excluded", "suppressed", "quarantined", "failed")
    screen.table(
        "Where every source row ended",
        ["export", *states],
        [[kind, *(c.get(s, 0) for s in states)] for kind, c in summary["kinds"].items()],
    )
    outcomes = ("planned", "created", "updated", "skipped", "refused", "failed", "verified")
    screen.table(
        "What stands in Freshsales, read back",
        ["module", *outcomes],
        [[m, *(c.get(o, 0) for o in outcomes)] for m, c in summary["modules"].items()],
    )
    requests = summary["requests"]
    screen.say(
        f"Requests: {requests['read']} reads, {requests['write']} writes, "
        f"{requests['poll']} polls"
    )
    for name, path in summary["reports"].items():
        screen.say(f"{name}: {path}")
    colour = "green" if summary["certificate"] == "pass" else "red"
    if not screen.as_json:
        screen.out.print(f"Certificate: [bold {colour}]{summary['certificate']}[/]")
    for reason in summary.get("reasons", []):
        screen.say(f"- {reason}")
