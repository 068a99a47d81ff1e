"""The demonstration: made-up exports, a stand-in Freshsales, the real journey."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from kartra_freshsales.cli.bar import Bar
from kartra_freshsales.cli.journey import Journey, Person
from kartra_freshsales.cli.output import Screen
from kartra_freshsales.cli.workspace_files import lay_out
from kartra_freshsales.errors import BadInput
from kartra_freshsales.sample import generate
from kartra_freshsales.sandbox.config import SandboxConfig
from kartra_freshsales.sandbox.server import SandboxProcess
from kartra_freshsales.settings import Workspace

_NEXT = """\
Try next (the stand-in keeps its records in {root}):
  kartra-freshsales sandbox --port {port} --api-key demo --state {state} --requests-per-hour unlimited
  kartra-freshsales migrate --workspace {root} --approve you      sends nothing: all is there
  kartra-freshsales rollback --workspace {root} --approve you     takes everything back
  kartra-freshsales ui --workspace {root}                         the same run in Dagster"""


def run_demo(
    root: Path,
    contacts: int,
    screen: Screen,
    *,
    show: Callable[[Screen, dict[str, dict[str, Any]]], None],
) -> dict[str, Any]:
    """Make a workspace below ``root``, migrate it, and return the journey's summary."""
    if root.exists() and any(root.iterdir()):
        raise BadInput(f"{root} is not empty.", remedy="Name a new --directory.")
    lay_out(root)
    screen.say(f"Writing exports of {contacts:,} made-up contacts to {root}/inbox")
    generate(root / "inbox", contacts=contacts, batches=3)
    state = root / "sandbox.db"
    config = SandboxConfig(api_key="demo", requests_per_hour=0, state=state)
    with SandboxProcess(config) as sandbox:
        (root / ".env").write_text(
            f"FRESHSALES_BASE_URL={sandbox.base_url}\nFRESHSALES_API_KEY=demo\n"
            "KF_REQUESTS_PER_HOUR=0\nKF_REQUESTS_PER_MINUTE=0\n",
            encoding="utf-8",
        )
        with Journey(Workspace(root), screen, Bar(screen.err)) as journey:
            summary = journey.migrate(Person("demo", create_fields=True), (), show=show)
        port = sandbox.base_url.split(":")[2].split("/")[0]
    screen.say(_NEXT.format(root=root, port=port, state=state))
    return summary
