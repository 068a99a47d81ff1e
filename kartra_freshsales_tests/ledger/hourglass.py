"""A clock that several processes and a sandbox share, and that jumps instead of waiting.

It is this machine's time plus an offset in a file. Whoever has to wait moves the clock on,
here and in the sandbox, once no request is on its way: else a request would take an hour.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kartra_freshsales.sandbox.remote import SandboxControl


class Hourglass:
    """One process's hold of the shared clock; ``path`` is a file that exists."""

    def __init__(self, path: Path, control_url: str) -> None:
        self._file = os.open(path, os.O_RDWR)
        self._control = SandboxControl(control_url)

    def __call__(self) -> float:
        """The present, in seconds since the epoch."""
        return time.time() + self._offset()

    @contextmanager
    def standing(self) -> Iterator[None]:
        """No jump while requests made inside are on their way; waits inside may jump."""
        fcntl.flock(self._file, fcntl.LOCK_SH)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def sleep(self, seconds: float) -> None:
        """Be there at once, unless somebody else has brought us there already."""
        until = self() + seconds
        fcntl.flock(self._file, fcntl.LOCK_UN)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        ahead = until - self()
        if ahead > 0:
            self._control.advance(ahead)
            os.pwrite(self._file, f"{self._offset() + ahead:<32.6f}".encode(), 0)
        fcntl.flock(self._file, fcntl.LOCK_UN)
        fcntl.flock(self._file, fcntl.LOCK_SH)

    def _offset(self) -> float:
        return float(os.pread(self._file, 32, 0) or 0)
