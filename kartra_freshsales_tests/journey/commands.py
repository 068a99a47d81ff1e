"""Runs the real commands in processes of their own, as a person at a terminal would.

Not here: what they did to the destination (``crm``), the story of a workspace (``scene``).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

_ENTRY = "from kartra_freshsales.cli import main; main()"
_OURS = ("KF_", "FRESHSALES_", "DAGSTER_")
_PATIENCE = 900


@dataclass(frozen=True)
class Ran:
    """How one command ended and what it said; ``writes`` is what the sandbox saw of it."""

    code: int
    out: str
    err: str
    writes: int = 0

    @property
    def facts(self) -> dict[str, Any]:
        """The one JSON object on standard output."""
        told: dict[str, Any] = json.loads(self.out)
        return told

    @property
    def screen(self) -> str:
        """All a person saw, on one line: the screen breaks lines where they are full."""
        return " ".join((self.out + " " + self.err).split())


def kartra_freshsales(*words: str) -> Ran:
    """Run ``kartra-freshsales`` with these words; the environment names no account."""
    plain = {k: v for k, v in os.environ.items() if not k.startswith(_OURS)}
    done = subprocess.run(
        [sys.executable, "-c", _ENTRY, *words],
        env={**plain, "NO_COLOR": "1", "COLUMNS": "240"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=_PATIENCE,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)
