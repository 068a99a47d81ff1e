"""Pages of a snapshot kept on disk while it is read, so that a stop costs none of them.

They hold people's data: readable by their owner only, and gone once the snapshot is whole.
Not here: reading them from Freshsales (``snapshot``).
"""

import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

Row = tuple[object, ...]

GOOD_FOR = timedelta(hours=24)
"""After that reading from the start is safer than trusting what was read."""


@dataclass(frozen=True)
class Kept:
    """Pages of one view in order, and when reading them began."""

    began: datetime
    pages: list[list[Row]]


class KeptPages:
    """A folder with a file for each view: a line that says when, then a line per page."""

    def __init__(
        self, folder: Path, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._folder = folder
        self._now = now

    def of(self, endpoint: str, view_id: int) -> Kept | None:
        """What an interrupted reading left; nothing where that is too old or unreadable."""
        path = self._path(endpoint, view_id)
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return None
        read = [page for line in lines if (page := _whole(line)) is not None]
        began = datetime.fromisoformat(str(read[0])) if read else None
        if began is None or self._now() - began > GOOD_FOR or len(read) < len(lines):
            self.forget(endpoint, view_id)
            return None
        pages = [[tuple(row) for row in page] for page in read[1:]]
        return Kept(began, pages) if pages else None

    def add(self, endpoint: str, view_id: int, rows: Sequence[Row]) -> None:
        """Keep one page more."""
        path = self._path(endpoint, view_id)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        text = json.dumps(rows) + "\n"
        if not path.exists():
            text = json.dumps(self._now().isoformat()) + "\n" + text
        number = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(number, "a", encoding="utf-8") as file:
            file.write(text)

    def forget(self, endpoint: str, view_id: int) -> None:
        """Read this view from its start next time."""
        self._path(endpoint, view_id).unlink(missing_ok=True)

    def clear(self) -> None:
        """The snapshot is whole: nothing of it is needed here."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _path(self, endpoint: str, view_id: int) -> Path:
        return self._folder / f"{endpoint}-{view_id}.jsonl"


def _whole(line: str) -> Any:
    """A line's content; nothing where a stop tore it."""
    try:
        return json.loads(line)
    except ValueError:
        return None
