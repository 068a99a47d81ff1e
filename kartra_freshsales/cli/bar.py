"""The progress bar of a load: records settled, pace, time left. Silent when piped."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as RichProgress

from kartra_freshsales.orchestration.progress import Progress


class Bar(Progress):
    """One line per module, shown only on a terminal; use it in a ``with``."""

    def __init__(self, console: Console) -> None:
        self._shown = RichProgress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}

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
            self._tasks[module] = self._shown.add_task(module, total=total)
        self._shown.update(self._tasks[module], completed=done, total=total, refresh=True)
        if done >= total:
            self._shown.remove_task(self._tasks.pop(module))
            if not self._tasks:
                self._shown.stop()
