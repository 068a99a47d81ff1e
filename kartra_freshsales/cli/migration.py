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
from kartra_freshsales.cli.failures import WrongUse
from kartra_freshsales.cli.output import ExitCode
from kartra_freshsales.cli.shown import (
    approval,
    command,
    show_impact,
    show_plans,
    show_rollback,
    show_summary,
)
from kartra_freshsales.cli.targets import Target

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
    impact: Annotated[
        bool,
        typer.Option("--impact", help="Only what the changed map does to loaded records."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Dry run: read, clean, map and compare with Freshsales; nothing is loaded.

    With --impact nothing is read anew or confirmed: it shows which loaded records the
    mappings as they stand now would change, field by field, and at what cost.

    Example: kartra-freshsales plan --workspace acme --json
    """
    from kartra_freshsales.cli.impact import impact_of  # noqa: PLC0415

    screen = screen_of(as_json)
    with open_journey(workspace, screen) as journey:
        batches = journey.batches(batch or ())
        journey.require_basics()
        if impact:
            facts = impact_of(journey, batches)
            show_impact(screen, facts)
            screen.result(facts)
            return
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
    batch: Annotated[str, typer.Option("--batch", help="Whose plan.")] = "",
    sample: Annotated[
        bool,
        typer.Option(
            "--sample", help="Sign off the sample that 'migrate --sample' loaded."
        ),
    ] = False,
    workspace: WorkspaceDir = Path(),
    as_json: AsJson = False,
) -> None:
    """Approve one batch's plan by its digest. Anything that changes the plan voids it.

    With --sample: sign off the loaded sample, which the load of production waits for.

    Example: kartra-freshsales approve --batch 2026-03 --digest 5f3c9a… --name "Sales lead"
    """
    if sample is bool(batch):
        raise WrongUse("Name a --batch, or --sample.", remedy="See: approve --help")
    from kartra_freshsales.cli.sampling import sign_off  # noqa: PLC0415

    screen = screen_of(as_json)
    with open_journey(workspace, screen) as journey:
        if sample:
            sign_off(journey, name, digest)
        else:
            journey.approve(batch, name, digest)
    screen.say("Sample signed off." if sample else f"Plan of {batch} approved.")
    about = "sample" if sample else "batch"
    screen.result({about: batch or True, "digest": digest, "approved_by": name})


@app.command()
def migrate(
    workspace: WorkspaceDir = Path(),
    batch: OnlyBatch = None,
    approve: Approver = "",
    create_fields: CreateFields = False,
    sample: Annotated[
        bool,
        typer.Option("--sample", help="Only a representative sample, to be signed off."),
    ] = False,
    retry: Annotated[
        str,
        typer.Option(help="Only what failed or was refused for this reason, once mended."),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Go through the whole journey; stop where a person is needed (exit code 3).

    Run again, it sends only what is missing or has changed. With --sample it loads a few
    records that show every field, choice and stage; sign them off with 'approve --sample'.

    Example: kartra-freshsales migrate --workspace acme --approve "Sales lead" --json
    """
    from kartra_freshsales.cli.sampling import rehearse_sample  # noqa: PLC0415

    screen = screen_of(as_json)
    person = Person(approve, create_fields=create_fields)
    with open_journey(workspace, screen) as journey:
        if sample:
            good = rehearse_sample(journey, person, batch or ())
            raise typer.Exit(int(ExitCode.DONE if good else ExitCode.FAILED))
        summary = journey.migrate(person, batch or (), retry=retry)
    show_summary(screen, summary)
    screen.result(summary)
    if summary["certificate"] != "pass":
        raise typer.Exit(int(ExitCode.FAILED))


@app.command()
def rollback(
    workspace: WorkspaceDir = Path(),
    batch: OnlyBatch = None,
    module: Annotated[str, typer.Option(help="Only this module, such as deals.")] = "",
    run: Annotated[str, typer.Option("--run", help="Only what this run wrote.")] = "",
    record: Annotated[
        list[str] | None,
        typer.Option(help="Only this record, by e-mail or id, with what hangs on it."),
    ] = None,
    left_source: Annotated[
        bool, typer.Option("--left-source", help="Only what has left the source.")
    ] = False,
    include_touched: Annotated[
        bool,
        typer.Option(help="With --record: even what people changed in it since."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be undone.")
    ] = False,
    approve: Approver = "",
    as_json: AsJson = False,
) -> None:
    """Take loads back out of Freshsales: delete what was created, restore what changed.

    Everything, or a batch, module, run or record; what people changed since is spared and
    listed. Without --approve it is a dry run.

    Example: kartra-freshsales rollback --workspace acme --approve "Sales lead"
    """
    from kartra_freshsales.cli.rollbacks import roll_back  # noqa: PLC0415

    screen = screen_of(as_json)
    target = Target(module, run, tuple(record or ()), left_source, include_touched)
    with open_journey(workspace, screen) as journey:
        result = roll_back(journey, batch or (), "" if dry_run else approve, target)
    show_rollback(screen, result)
    screen.result(result)
    if result["state"] == "planned" and not dry_run:
        batches = [word for key in batch or () for word in ("--batch", key)]
        words = ["--workspace", str(workspace), *batches, *target.words()]
        again = command("rollback", *words, "--approve", "Your name")
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
