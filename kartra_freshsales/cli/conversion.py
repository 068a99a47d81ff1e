"""The command ``conversion``: what becomes of a lead's fields once it is converted.

Not here: the gate itself (``mapping.conversion``), test conversions (``loading.probe``).
"""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kartra_freshsales.cli.context import AsJson, WorkspaceDir, open_journey, screen_of
from kartra_freshsales.cli.output import ExitCode
from kartra_freshsales.errors import BadInput

if TYPE_CHECKING:
    from kartra_freshsales.cli.journey import Journey

app = typer.Typer()


@app.command()
def conversion(
    workspace: WorkspaceDir = Path(),
    confirm: Annotated[
        str, typer.Option("--confirm", help="Name of who has set up the screen.")
    ] = "",
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
        facts = looked_at(journey)
        if confirm.strip():
            facts |= {"confirmed": confirmed(journey, facts, confirm.strip())}
    rows = [
        [f["label"], f["type"], f"{f['module']}: {f['target_label']}", f["remedy"] or ""]
        for f in facts["fields"]
    ]
    screen.table("Lead conversion", ["lead field", "type", "goes to", "what to do"], rows)
    screen.say(f"Checklist: {facts['checklist']}")
    screen.result(facts)
    if facts["gaps"] or not facts["confirmed"]:
        raise typer.Exit(int(ExitCode.WAITING))


def looked_at(journey: "Journey") -> dict[str, Any]:
    """The fields as they stand now, and whether the screen is confirmed for them.

    Raises:
        BadInput: the workspace's edition has no leads to convert.
    """
    from kartra_freshsales.freshsales.metadata import read_metadata  # noqa: PLC0415
    from kartra_freshsales.freshsales.modules import (  # noqa: PLC0415
        CLASSIC,
        record_endpoints,
    )
    from kartra_freshsales.mapping import conversion as rules  # noqa: PLC0415

    with journey.destination.connect() as link:
        target, decided = link.mapping.destination, link.mapping.conversion
        if target.edition != CLASSIC:
            raise BadInput(
                "The Suite converts no leads: a lead is a contact there.",
                remedy="This command is for 'edition: classic' in destination.yaml.",
            )
        metadata = read_metadata(link.client, record_endpoints(target.edition))
    table = rules.conversion_map(metadata.fields, target.edition, decided)
    digest = rules.fields_digest(table)
    text = rules.checklist_markdown(table, decided)
    path = journey.destination.workspace.write_report(rules.CHECKLIST, text)
    return {
        "fields": table.to_dicts(),
        "gaps": table["problem"].drop_nulls().len(),
        "digest": digest,
        "checklist": str(path),
        "confirmed": bool(decided.confirmed_by) and decided.fields == digest,
    }


def confirmed(journey: "Journey", facts: dict[str, Any], name: str) -> bool:
    """Write into ``mappings/conversion.yaml`` who has set up the screen, and for what.

    Raises:
        BadInput: a field has no place to go to yet.
    """
    if facts["gaps"]:
        first = next(row for row in facts["fields"] if row["problem"])
        raise BadInput(
            f"{facts['gaps']} lead field(s) have no place yet, first {first['label']!r}.",
            remedy=str(first["remedy"]),
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
