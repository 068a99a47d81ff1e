"""The headless commands. Each drives the same assets as the UI."""

import typer

from kartra_freshsales import __version__

app = typer.Typer(no_args_is_help=True, help=__doc__)


@app.callback()
def root() -> None:
    """Move a business from Kartra to Freshsales."""


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def main() -> None:
    """Entry point."""
    app()
