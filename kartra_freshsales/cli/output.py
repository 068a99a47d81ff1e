"""What a command shows: tables for people, one JSON object for programs, exit codes for both."""

import json
import sys
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import IntEnum
from typing import Any

from rich.console import Console
from rich.table import Table

from kartra_freshsales.errors import KartraFreshsalesError, SettingsError, WaitingForPerson


class ExitCode(IntEnum):
    """How a command ended."""

    DONE = 0
    FAILED = 1
    WRONG_USE = 2
    WAITING = 3


class Screen:
    """Standard output for results, standard error for everything that happens on the way."""

    def __init__(self, *, as_json: bool, debug: bool = False) -> None:
        self.as_json = as_json
        self.debug = debug
        self.out = Console(highlight=False, soft_wrap=not sys.stdout.isatty())
        self.err = Console(stderr=True, highlight=False)

    @contextmanager
    def working(self, what: str) -> Iterator[None]:
        """Say what is being done, and when it is done how long it took."""
        began = time.monotonic()
        yield
        self.err.print(f"[dim]{what}: {time.monotonic() - began:.1f} s[/]")

    def say(self, text: str) -> None:
        """A line of progress, never part of the result."""
        self.err.print(text)

    def table(
        self, title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]
    ) -> None:
        """A table on standard output, numbers to the right; nothing with ``--json``."""
        if self.as_json:
            return
        table = Table(title=title, title_justify="left", title_style="bold")
        for position, column in enumerate(columns):
            numeric = bool(rows) and all(isinstance(row[position], int) for row in rows)
            table.add_column(column, justify="right" if numeric else "left")
        for row in rows:
            table.add_row(
                *(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row)
            )
        self.out.print(table)

    def result(self, value: Mapping[str, Any]) -> None:
        """The one JSON object of ``--json``."""
        if self.as_json:
            sys.stdout.write(json.dumps(value, indent=2, default=str) + "\n")

    def problem(self, error: KartraFreshsalesError) -> ExitCode:
        """Show an error and return the exit code it stands for."""
        if self.debug:
            traceback.print_exception(error)
        waiting = isinstance(error, WaitingForPerson)
        if self.as_json:
            self.result({"waiting_for" if waiting else "error": str(error)})
        label = "[yellow]waiting for you[/]" if waiting else "[red]error[/]"
        self.err.print(f"{label}: ", end="")
        self.err.print(str(error), markup=False)
        if waiting:
            return ExitCode.WAITING
        return ExitCode.WRONG_USE if isinstance(error, SettingsError) else ExitCode.FAILED
