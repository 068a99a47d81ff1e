"""The demonstration: made-up exports, a stand-in Freshsales, the real journey."""

from pathlib import Path
from typing import Any

from kartra_freshsales.cli.context import Person, open_journey
from kartra_freshsales.cli.output import Screen
from kartra_freshsales.cli.shown import command
from kartra_freshsales.cli.workspace_files import lay_out
from kartra_freshsales.errors import BadInput
from kartra_freshsales.sample import generate
from kartra_freshsales.sandbox.config import SandboxConfig
from kartra_freshsales.sandbox.server import SandboxProcess

_KEY, _STATE = "demo", "sandbox.db"


def run_demo(root: Path, contacts: int, screen: Screen) -> tuple[dict[str, Any], int]:
    """Make a workspace below ``root`` and migrate it.

    Returns:
        The journey's summary, and the port of the stand-in, which the workspace names.
    """
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise BadInput(f"{root} is not empty.", remedy="Name a new --directory.")
    lay_out(root)
    _rehearse(root / "mappings" / "destination.yaml")
    with screen.working(f"Writing exports of {contacts:,} made-up people to {root}/inbox"):
        generate(root / "inbox", contacts=contacts, batches=3)
    config = SandboxConfig(api_key=_KEY, requests_per_hour=0, state=root / _STATE)
    with SandboxProcess(config) as sandbox:
        (root / ".env").write_text(
            f"FRESHSALES_BASE_URL={sandbox.base_url}\nFRESHSALES_API_KEY={_KEY}\n"
            "KF_REQUESTS_PER_HOUR=0\nKF_REQUESTS_PER_MINUTE=0\n",
            encoding="utf-8",
        )
        with open_journey(root, screen) as journey:
            return journey.migrate(Person("demo", create_fields=True), ()), sandbox.port


def _rehearse(decisions: Path) -> None:
    """Say in the decisions that this is no production, so that the reports say it too."""
    text = decisions.read_text(encoding="utf-8")
    told = text.replace("\nrehearsal: false", "\nrehearsal: true")
    decisions.write_text(told, encoding="utf-8")


def try_next(root: Path, port: int) -> str:
    """Commands to go on with, ready to be copied."""
    served = ("--port", str(port), "--api-key", _KEY, "--requests-per-hour", "unlimited")
    there, named = ("--workspace", root), ("--approve", "Your name")
    return "\n".join(
        [
            "Try next. First the stand-in, in a terminal of its own, with what it holds:",
            f"  {command('sandbox', *served, '--state', root / _STATE)}",
            "Then again, which sends nothing, for all is there:",
            f"  {command('migrate', *there, *named)}",
            "Take everything back:",
            f"  {command('rollback', *there, *named)}",
            "See the same runs in Dagster:",
            f"  {command('ui', *there)}",
        ]
    )
