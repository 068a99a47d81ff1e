"""The headless commands. Each drives the assets of the UI; none holds migration logic.

Typer, rich and our own errors are all that is imported before a command is known.
"""

import signal
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from kartra_freshsales import __version__
from kartra_freshsales.cli import (
    account,
    conversion,
    evidence,
    files,
    migration,
    review,
    servers,
)
from kartra_freshsales.cli.context import SHARED, screen_of
from kartra_freshsales.cli.failures import explained
from kartra_freshsales.cli.output import ExitCode
from kartra_freshsales.errors import KartraFreshsalesError

NAME = "kartra-freshsales"
_INTERRUPTED = 128 + signal.SIGINT
"""What Typer answers to Ctrl-C."""

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    add_completion=False,
    pretty_exceptions_enable=False,  # it prints local variables: frames full of people
)


def _print_version(value: bool) -> None:
    if value:
        typer.echo(f"{NAME} {__version__}")
        raise typer.Exit


@app.callback()
def root(
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an error.")
    ] = False,
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Show the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Move a business from Kartra to Freshsales: proven field by field, and reversible.

    Exit codes: 0 done, 1 failed, 2 wrong use, 3 waiting for a person.

    Example: kartra-freshsales demo
    """
    SHARED.debug = debug


for part in (
    files.app, migration.app, account.app, evidence.app, conversion.app, servers.app,
):  # fmt: skip
    app.registered_commands += part.registered_commands
app.add_typer(review.app, name="review")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command; every error ends as a message, not as a traceback.

    Args:
        arguments: words after the command's name; those of this process without.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    if arguments is None:
        # A supervisor or a container that stops us asks as politely as Ctrl-C does.
        signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    SHARED.debug = False
    try:
        code = app(words, prog_name=NAME, standalone_mode=False)
    except Exception as error:  # noqa: BLE001 - the last stop before the person
        sys.exit(_told(explained(error), as_json="--json" in words))
    if code == _INTERRUPTED:
        code = _told(interrupted(), as_json="--json" in words)
    sys.exit(code if isinstance(code, int) else int(ExitCode.DONE))


def interrupted() -> KartraFreshsalesError:
    """Ctrl-C or SIGTERM in the middle of something."""
    return KartraFreshsalesError(
        "Stopped.", remedy="Run the same command again: it goes on where it stopped."
    )


def _told(error: KartraFreshsalesError, *, as_json: bool) -> int:
    return int(screen_of(as_json).problem(error))
