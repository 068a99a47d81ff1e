"""A workspace and its destination, and the commands run on them one after another."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kartra_freshsales.sandbox.server import SandboxProcess
from kartra_freshsales_tests.journey.commands import Ran, kartra_freshsales
from kartra_freshsales_tests.journey.crm import Crm

WHO = "Sales Lead"
SETTINGS = """\
FRESHSALES_BASE_URL={base_url}
FRESHSALES_API_KEY={api_key}
KF_REQUESTS_PER_HOUR=0
KF_REQUESTS_PER_MINUTE=0
"""


@dataclass(frozen=True)
class Scene:
    """One workspace that points at one account."""

    root: Path
    crm: Crm
    control_url: str = ""

    @property
    def truth(self) -> dict[str, Any]:
        """What a perfect migration of the sample ends with."""
        told: dict[str, Any] = json.loads((self.root / "inbox" / "truth.json").read_text())
        return told

    def run(self, command: str, *words: str) -> Ran:
        """Run a command on the workspace and count what it wrote to the account."""
        before = self.crm.writes()
        ran = kartra_freshsales(command, *words, "--workspace", str(self.root))
        return dataclasses.replace(ran, writes=self.crm.writes() - before)

    def migrate(self, *words: str) -> Ran:
        """The whole journey, confirmed on the way by one person."""
        return self.run("migrate", "--approve", WHO, "--create-fields", "--json", *words)

    def put(self, batch: str, name: str, text: str, *, encoding: str = "utf-8") -> None:
        """Drop a file into a batch's folder."""
        path = self.root / "inbox" / batch / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode(encoding))

    def decide(self, file: str, old: str, new: str) -> None:
        """Change a line of a decision file."""
        path = self.root / "mappings" / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{file} has no {old!r}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def reports(self) -> set[str]:
        """Names of the reports that a person finds."""
        return {path.name for path in (self.root / "reports").iterdir() if path.is_file()}


@contextmanager
def new_scene(
    root: Path, *, sample: int = 0, batches: int = 1, edition: str = "suite"
) -> Iterator[Scene]:
    """A fresh workspace beside a fresh account, with a sample of so many people or none."""
    assert kartra_freshsales("init", str(root)).code == 0
    if sample:
        made = kartra_freshsales(
            "sample", "--out", str(root / "inbox"), "--contacts", str(sample),
            "--batches", str(batches),
        )  # fmt: skip
        assert made.code == 0, made.err
    with SandboxProcess(requests_per_hour=0, edition=edition) as sandbox:
        (root / ".env").write_text(
            SETTINGS.format(base_url=sandbox.base_url, api_key=sandbox.api_key)
        )
        with Crm(sandbox.base_url, sandbox.api_key, sandbox.history_url, edition) as crm:
            scene = Scene(root, crm, sandbox.control_url)
            # Samples have a story of their own.
            scene.decide("destination.yaml", "sample_first: true", "sample_first: false")
            yield scene
