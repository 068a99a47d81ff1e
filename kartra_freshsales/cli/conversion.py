"""The command ``conversion``: what becomes of a lead's fields once it is converted.

Not here: the gate itself (``mapping.conversion``), the test conversion
(``loading.conversion_probe``).
"""

import re
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from kartra_freshsales.cli.context import AsJson, WorkspaceDir, open_journey, screen_of
from kartra_freshsales.cli.output import ExitCode
from kartra_freshsales.errors import BadInput, NotConfirmed

if TYPE_CHECKING:
    import polars as pl

    from kartra_freshsales.cli.journey import Journey
    from kartra_freshsales.freshsales.classic import ClassicClient
    from kartra_freshsales.freshsales.metadata import Metadata
    from kartra_freshsales.orchestration.destination import Connection

app = typer.Typer()


@app.command()
def conversion(
    workspace: WorkspaceDir = Path(),
    confirm: Annotated[
        str, typer.Option("--confirm", help="Name of who has set up the screen.")
    ] = "",
    probe: Annotated[
        bool, typer.Option("--probe", help="Convert one made-up lead, then erase it.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Let a probe write into a production account.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List where each custom field of a lead goes (Classic), and confirm that it is set up.

    Freshsales shows its conversion screen by no API: a person works through the list there
    and says so. Changed fields void it.

    Example: kartra-freshsales conversion --workspace acme --confirm "Sales lead"
    """
    screen = screen_of(as_json)
    with (
        open_journey(workspace, screen) as journey,
        screen.working("Reading the fields"),
    ):
        facts = looked_at(journey, probing=probe, yes=yes)
        if confirm.strip():
            facts |= {"confirmed": confirmed(journey, facts, confirm.strip())}
    rows = [
        [f["label"], f["type"], f"{f['module']}: {f['target_label']}", f["remedy"] or ""]
        for f in facts["fields"]
    ]
    screen.table("Lead conversion", ["lead field", "type", "goes to", "what to do"], rows)
    screen.say(f"Checklist: {facts['checklist']}")
    if probe:
        tried = [[f["label"], f["state"]] for f in facts["probe"]["fields"]]
        screen.table("Test conversion", ["lead field", "value"], tried)
    screen.result(facts)
    if probe and (facts["probe"]["lost"] or facts["probe"]["left"]):
        raise typer.Exit(int(ExitCode.FAILED))
    if facts["gaps"] or not facts["confirmed"]:
        raise typer.Exit(int(ExitCode.WAITING))


def looked_at(journey: "Journey", *, probing: bool, yes: bool) -> dict[str, Any]:
    """The fields as they stand now, whether the screen is confirmed, what a probe saw.

    Raises:
        BadInput: the workspace's edition has no leads to convert.
        NotConfirmed: a probe writes, and nobody has said yes to that in production.
    """
    from kartra_freshsales.freshsales.metadata import read_metadata  # noqa: PLC0415
    from kartra_freshsales.freshsales.modules import (  # noqa: PLC0415
        CLASSIC,
        record_endpoints,
    )
    from kartra_freshsales.mapping import conversion as rules  # noqa: PLC0415

    tried: dict[str, Any] = {}
    with journey.destination.connect(run := f"conversion-{uuid.uuid4().hex[:8]}") as link:
        target, decided = link.mapping.destination, link.mapping.conversion
        if target.edition != CLASSIC:
            raise BadInput(
                "The Suite converts no leads: a lead is a contact there.",
                remedy="This command is for 'edition: classic' in destination.yaml.",
            )
        if probing and not (yes or target.rehearsal):
            raise NotConfirmed(
                "A probe creates and converts one lead in this account and erases it; "
                "workflows may see it.",
                remedy="Pause workflows on new records, then add --yes.",
            )
        metadata = read_metadata(link.client, record_endpoints(target.edition))
        table = rules.conversion_map(metadata.fields, target.edition, decided)
        if probing:
            tried = {"probe": probed(link, metadata, table, run)}
    digest = rules.fields_digest(table)
    text = rules.checklist_markdown(table, decided)
    path = journey.destination.workspace.write_report(rules.CHECKLIST, text)
    return {
        "fields": table.to_dicts(),
        "gaps": table["problem"].drop_nulls().len(),
        "digest": digest,
        "checklist": str(path),
        "confirmed": bool(decided.confirmed_by) and decided.fields == digest,
        **tried,
    }


def probed(
    link: "Connection", metadata: "Metadata", table: "pl.DataFrame", run: str
) -> dict[str, Any]:
    """What a test conversion did to each field."""
    from kartra_freshsales.loading.conversion_probe import (  # noqa: PLC0415
        ConversionRecords,
        try_conversion,
    )

    views = link.mapping.destination.views
    records = ConversionRecords(link.client, link.ledger, metadata, run, views)
    tried = try_conversion(cast("ClassicClient", link.client), records, table)
    return {
        "fields": tried.fields.to_dicts(),
        "lost": tried.lost,
        "left": list(tried.left),
    }


def confirmed(journey: "Journey", facts: dict[str, Any], name: str) -> bool:
    """Write into ``mappings/conversion.yaml`` who has set up the screen, and for what.

    Raises:
        BadInput: a field has no place to go to yet, or the test conversion lost it.
    """
    if facts["gaps"]:
        first = next(row for row in facts["fields"] if row["problem"])
        raise BadInput(
            f"{facts['gaps']} lead field(s) have no place yet, first {first['label']!r}.",
            remedy=str(first["remedy"]),
        )
    if lost := facts.get("probe", {}).get("lost"):
        raise BadInput(
            f"The test conversion lost {len(lost)} field(s), first {lost[0]!r}.",
            remedy=f"Map them on the conversion screen; see {facts['checklist']}.",
        )
    path = journey.workspace.mappings / "conversion.yaml"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    quoted = "'" + name.replace("'", "''") + "'"
    said = {
        "confirmed_by": quoted,
        "confirmed_on": datetime.now(UTC).date().isoformat(),
        "fields": facts["digest"],
    }
    for key, value in said.items():
        line, pattern = f"{key}: {value}", rf"(?m)^{key}:.*$"
        if re.search(pattern, text):
            text = re.sub(pattern, line.replace("\\", r"\\"), text)
        else:
            text += f"{line}\n"
    path.write_text(text, encoding="utf-8")
    journey.destination.workspace.mapping()  # it must read as what was meant
    return True
