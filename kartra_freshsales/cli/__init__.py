"""The headless commands. Each drives the assets of the UI; none holds migration logic."""

import sys
from typing import Annotated

import typer

from kartra_freshsales import __version__
from kartra_freshsales.cli import account, files, migration
from kartra_freshsales.cli.context import SHARED, screen_of
from kartra_freshsales.errors import IntegrityError, KartraFreshsalesError

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    add_completion=False,
    pretty_exceptions_enable=False,  # it prints local variables: frames full of people
)


def _print_version(value: bool) -> None:
    if value:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def root(
    debug: Annotated[bool, typer.Option(help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Move a business from Kartra to Freshsales: proven field by field, and reversible."""
    SHARED.debug = debug


for part in (files.app, migration.app, account.app):
    app.registered_commands += part.registered_commands


def main() -> None:
    """Run one command; every expected error ends as a message, not as a traceback."""
    try:
        app()
    except KartraFreshsalesError as error:
        sys.exit(int(screen_of("--json" in sys.argv).problem(error)))
    except Exception as error:  # noqa: BLE001 - the last stop before the person
        problem = IntegrityError(
            f"Something unforeseen happened ({type(error).__name__}).",
            remedy="Run it again with --debug before the command to see where.",
        )
        problem.__cause__ = error
        sys.exit(int(screen_of("--json" in sys.argv).problem(problem)))
