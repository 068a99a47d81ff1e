"""Commands about proof: verify an account or a bundle, and write the bundle again."""

import shutil
from pathlib import Path
from typing import Annotated, Any

import typer

from kartra_freshsales.cli.context import AsJson, WorkspaceDir, open_journey, screen_of
from kartra_freshsales.cli.output import ExitCode, Screen
from kartra_freshsales.cli.shown import command, ordered
from kartra_freshsales.errors import BadInput

app = typer.Typer()

_SHOWN = 20
_COUNTS = ("records", "verified", "edited", "converted", "differing")


@app.command()
def verify(
    bundle: Annotated[
        Path | None,
        typer.Argument(help="An evidence .zip to check; the account without."),
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option("--key", help="The public_key.pem you know to be the signer's."),
    ] = None,
    workspace: WorkspaceDir = Path(),
    as_json: AsJson = False,
) -> None:
    """Read everything back again and compare it with what was loaded; or check a bundle.

    A bundle is checked from itself alone, without account or workspace: signature, files,
    the record of writes, source rows, sums, counts and the verdict. It says what does not
    hold and ends with code 1.

    Example: kartra-freshsales verify evidence-2026-03-01-4c1f0a9b27de.zip
    """
    screen = screen_of(as_json)
    passed = (
        _verify_account(workspace, screen)
        if bundle is None
        else _verify_bundle(bundle, key, screen)
    )
    if not passed:
        raise typer.Exit(int(ExitCode.FAILED))


def _verify_account(workspace: Path, screen: Screen) -> bool:
    with open_journey(workspace, screen) as journey:
        facts: dict[str, Any] = journey.verify()
    rows = [[m, *(c[name] for name in _COUNTS)] for m, c in ordered(facts["modules"])]
    screen.table("Freshsales against the ledger", ["module", *_COUNTS], rows)
    if facts["edits"]:
        edits = [[e["module"], str(e["freshsales_id"]), e["field"]] for e in facts["edits"]]
        screen.table("Edited by people since", ["module", "id", "field"], edits)
    if facts["differences"]:
        found = [
            [d["module"], str(d["freshsales_id"]), d["field"], d["cause"]]
            for d in facts["differences"]
        ]
        screen.table("Differing", ["module", "id", "field", "cause"], found[:_SHOWN])
        if len(found) > _SHOWN:
            screen.say(f"… and {len(found) - _SHOWN:,} more; see --json.")
    for module, number in facts["not_read"].items():
        screen.say(f"Not read again: {number:,} {module}, for no page shows them.")
    intact = facts["chain_intact"]
    screen.say(f"Ledger chain: {'intact' if intact else 'BROKEN'}")
    facts["passed"] = facts["passed"] and intact
    screen.result(facts)
    return bool(facts["passed"])


def _verify_bundle(bundle: Path, key: Path | None, screen: Screen) -> bool:
    from kartra_freshsales.reports.evidence_check import (  # noqa: PLC0415 - only here
        check_bundle,
        key_of,
    )

    checks = check_bundle(bundle, key)
    rows = [["holds" if c.holds else "DOES NOT HOLD", c.claim, c.fault] for c in checks]
    screen.table("Evidence", ["", "claim", "what is wrong"], rows)
    passed, last = all(check.holds for check in checks), checks[-1]
    facts: dict[str, Any] = {"checks": [vars(check) for check in checks], "passed": passed}
    if passed:
        facts["key"] = key_of(bundle)
        screen.say(f"Signed with the key {facts['key']}.")
        if key is None:
            screen.say(
                "Ask the signer for their public_key.pem and add --key: whoever makes a "
                "bundle anew can sign it with a key of their own."
            )
    else:
        screen.say(
            f"{last.claim}: it does not hold, {last.fault}. Nothing after it was checked. "
            "Get the bundle again from whoever made it, and do not rely on this one."
        )
    screen.verdict("Evidence", "holds" if passed else "does not hold", good=passed)
    screen.result(facts)
    return passed


@app.command()
def evidence(
    out: Annotated[
        Path | None, typer.Option(help="Where to put it; left in the workspace without.")
    ] = None,
    workspace: WorkspaceDir = Path(),
    as_json: AsJson = False,
) -> None:
    """Close the books over all batches again and write the signed evidence bundle.

    Sends nothing. The same state makes the same file. Check it with: verify FILE.zip

    Example: kartra-freshsales evidence --out evidence.zip --workspace acme
    """
    screen = screen_of(as_json)
    with open_journey(workspace, screen) as journey:
        if not journey.path_of("provisioned_fields").exists() or not any(
            journey.path_of("loaded_lists").with_suffix("").glob("*.parquet")
        ):
            raise BadInput(
                "Nothing was loaded here, so there is nothing to show.",
                remedy=f"Run: {command('migrate', '--workspace', workspace)}",
            )
        journey.run("certify")
        summary = journey.summary()
    written = Path(summary["reports"]["evidence.zip"])
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        written = Path(shutil.copyfile(written, out))
    passed = summary["certificate"] == "pass"
    screen.say(f"Evidence: {written}")
    screen.say(f"Check it: {command('verify', written)}")
    screen.verdict("Certificate", summary["certificate"], good=passed)
    screen.result({"evidence": str(written), "certificate": summary["certificate"]})
