"""What all commands share: the options every one has, and the screen they write to."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from kartra_freshsales.cli.output import Screen


@dataclass
class Shared:
    """Options that stand before the command."""

    debug: bool = False


SHARED = Shared()

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]
WorkspaceDir = Annotated[
    Path,
    typer.Option("--workspace", envvar="KF_WORKSPACE", help="Folder of the migration."),
]
Approver = Annotated[
    str,
    typer.Option("--approve", help="Name of the person who confirms each step on the way."),
]


def screen_of(as_json: bool) -> Screen:
    """The screen of this call."""
    return Screen(as_json=as_json, debug=SHARED.debug)
