"""What commands share: common options, the screen, and the way into a workspace."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kartra_freshsales.cli.output import Screen
from kartra_freshsales.errors import BadInput

if TYPE_CHECKING:
    from stamina.instrumentation import RetryDetails, RetryHook

    from kartra_freshsales.cli.journey import Journey


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


@dataclass(frozen=True)
class Person:
    """Who confirms on the way (nobody if empty), and what may be done in their name."""

    name: str = ""
    create_fields: bool = False


def screen_of(as_json: bool) -> Screen:
    """The screen of this call."""
    return Screen(as_json=as_json, debug=SHARED.debug)


def _teller(screen: Screen) -> "RetryHook":
    """Says that a request is sent again; the library would say so on standard output."""

    def told(details: "RetryDetails") -> None:
        what = getattr(details.caused_by, "what", type(details.caused_by).__name__)
        screen.warn(f"{what} Trying again in {max(1, round(details.wait_for))} s.")

    return told


@contextmanager
def open_journey(workspace: Path, screen: Screen) -> Iterator["Journey"]:
    """One workspace, ready to be driven; a bar shows how far a load is.

    The graph and its libraries are imported here and not before: ``--help`` needs none.

    Raises:
        BadInput: there is no such folder.
    """
    import stamina  # noqa: PLC0415

    from kartra_freshsales.cli.bar import Bar  # noqa: PLC0415
    from kartra_freshsales.cli.journey import Journey  # noqa: PLC0415
    from kartra_freshsales.settings import Workspace  # noqa: PLC0415

    if not workspace.is_dir():
        raise BadInput(
            f"There is no workspace at {workspace}.",
            remedy=f"Lay one out with: kartra-freshsales init {workspace}",
        )
    stamina.instrumentation.set_on_retry_hooks([_teller(screen)])
    try:
        with Bar(screen.err) as bar, Journey(Workspace(workspace), screen, bar) as journey:
            yield journey
    finally:
        stamina.instrumentation.set_on_retry_hooks(None)
