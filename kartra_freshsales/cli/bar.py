"""The progress bar of a load: records settled, and when all of it ends. Silent when piped.

The end is the account's request budget's word: a pace measured of late would say nothing
about a load that waits for the next hour most of the time.
"""

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.progress import Progress as RichProgress
from rich.text import Text

from kartra_freshsales.orchestration.progress import Progress, span


class _Left(ProgressColumn):
    """Requests and time left of the whole load; the time goes on while it waits."""

    def render(self, task: Task) -> Text:
        """Nothing where nobody has said it."""
        if task.fields["ahead"] is None:
            return Text("")
        requests, ends = task.fields["ahead"]
        left = span(max(0.0, ends - time.monotonic()))
        return Text(f"{requests:,} requests, {left} left in all")


class Bar(Progress):
    """One line per module, shown only on a terminal; use it in a ``with``."""

    def __init__(self, console: Console) -> None:
        self._shown = RichProgress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            _Left(),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}
        self._ahead: tuple[int, float] | None = None

    def __enter__(self) -> Self:
        """Nothing is shown before the first record."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the terminal as it was, also where a load broke off."""
        self._shown.stop()

    def __call__(self, module: str, done: int, total: int) -> None:
        """Move the module's bar; the display ends with the last record."""
        if self._shown.disable:
            return
        if module not in self._tasks:
            self._shown.start()
            self._tasks[module] = self._shown.add_task(
                module, total=total, ahead=self._ahead
            )
        self._shown.update(self._tasks[module], completed=done, total=total, refresh=True)
        if done >= total:
            self._shown.remove_task(self._tasks.pop(module))
            if not self._tasks:
                self._shown.stop()

    def expect(self, module: str, requests: int, seconds: float) -> None:
        """Show what the load still takes beside the module's bar."""
        self._ahead = requests, time.monotonic() + seconds
        if module in self._tasks:
            self._shown.update(self._tasks[module], ahead=self._ahead)
