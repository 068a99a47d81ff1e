"""What a command shows: tables for people, one JSON object for programs, exit codes."""

import io
import json
import sys
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import IntEnum
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from kartra_freshsales.cli.failures import WrongUse
from kartra_freshsales.errors import KartraFreshsalesError, SettingsError, WaitingForPerson

_PIPED_WIDTH = 400
"""Wide enough that nothing is wrapped where a program reads along."""


class ExitCode(IntEnum):
    """How a command ended."""

    DONE = 0
    FAILED = 1
    WRONG_USE = 2
    WAITING = 3


class Screen:
    """Standard output for results, standard error for everything that happens on the way.

    Every text is shown as it is: brackets in a file name are no markup. Lines are never
    broken by us, so that commands and paths can be copied.
    """

    def __init__(self, *, as_json: bool, debug: bool = False) -> None:
        self.as_json = as_json
        self.debug = debug
        self.out = _console(sys.stdout)
        self.err = _console(sys.stderr)

    @contextmanager
    def working(self, what: str) -> Iterator[None]:
        """Say what is being done before it begins, and how long it took afterwards."""
        self.say(f"{what} …", style="dim")
        began = time.monotonic()
        yield
        self.say(f"{what}: {time.monotonic() - began:.1f} s", style="dim")

    def say(self, text: str, *, style: str = "") -> None:
        """A line of progress, never part of the result."""
        self.err.print(Text(text, style=style), soft_wrap=True)

    def warn(self, text: str) -> None:
        """A line about something that does not stop the work."""
        self.err.print(Text.assemble(("warning", "yellow"), f": {text}"), soft_wrap=True)

    def table(
        self, title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]
    ) -> None:
        """A table on standard output, numbers to the right; nothing with ``--json``."""
        if self.as_json:
            return
        table = Table(
            box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0),
        )  # fmt: skip
        for position, column in enumerate(columns):
            numeric = bool(rows) and all(isinstance(row[position], int) for row in rows)
            table.add_column(
                Text(column), justify="right" if numeric else "left", overflow="fold"
            )
        for row in rows:
            table.add_row(*(Text(_cell(cell)) for cell in row))
        self.out.print(Text(title, style="bold"), soft_wrap=True)
        self.out.print(table)
        self.out.print()

    def verdict(self, label: str, word: str, *, good: bool) -> None:
        """The line that a person looks for first; nothing with ``--json``."""
        if not self.as_json:
            style = "bold green" if good else "bold red"
            self.out.print(Text.assemble(f"{label}: ", (word, style)), soft_wrap=True)

    def result(self, value: Mapping[str, Any]) -> None:
        """The one JSON object of ``--json``."""
        if self.as_json:
            sys.stdout.write(json.dumps(value, indent=2, default=str) + "\n")
            sys.stdout.flush()

    def problem(self, error: KartraFreshsalesError) -> ExitCode:
        """Show an error and return the exit code it stands for."""
        if self.debug:
            traceback.print_exception(error)
        if isinstance(error, WrongUse) and not error.what:
            return ExitCode.WRONG_USE
        waiting = isinstance(error, WaitingForPerson)
        self.result({"waiting_for" if waiting else "error": str(error)})
        label = ("waiting for you", "yellow") if waiting else ("error", "red")
        self.err.print(Text.assemble(label, f": {error}"), soft_wrap=True)
        if waiting:
            return ExitCode.WAITING
        wrong = isinstance(error, SettingsError | WrongUse)
        return ExitCode.WRONG_USE if wrong else ExitCode.FAILED


def _console(stream: Any) -> Console:
    if isinstance(stream, io.TextIOWrapper):
        # A file name may hold bytes that are no text, and a terminal may know few letters.
        stream.reconfigure(errors="backslashreplace")
    width = None if stream.isatty() else _PIPED_WIDTH
    return Console(file=stream, width=width, highlight=False, emoji=False)


def _cell(value: Any) -> str:
    return f"{value:,}" if type(value) is int else str(value)
