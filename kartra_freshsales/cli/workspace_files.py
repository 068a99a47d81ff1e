"""Lays out a workspace: folders, decision files, an example of the environment."""

from pathlib import Path

from kartra_freshsales.mapping.defaults import write_defaults
from kartra_freshsales.settings import Workspace

_ENV_EXAMPLE = """\
# Copy to .env and fill in. Nothing here is ever logged.
# Address of the account's API, with its /crm/sales/api (profile settings, API tab):
FRESHSALES_BASE_URL=https://YOUR-BUNDLE.myfreshworks.com/crm/sales/api
# Key of an account admin, whose language should be English:
FRESHSALES_API_KEY=
# Requests an hour this account allows, if it differs from the plan in destination.yaml:
# KF_REQUESTS_PER_HOUR=1000
# Share of the hour left to the people who use the account meanwhile:
# KF_LIVE_USE_RESERVE=0.2
# A shared ledger instead of data/ledger.sqlite:
# KF_LEDGER_URL=postgresql+psycopg://USER:PASSWORD@HOST/DATABASE
"""
_GITIGNORE = ".env\ndata/\ninbox/\nreports/\n"


def lay_out(root: Path) -> list[Path]:
    """Create what is missing below ``root`` and return the files written; keep the rest."""
    workspace = Workspace(root)
    for folder in (workspace.inbox, workspace.data, workspace.reports):
        folder.mkdir(parents=True, exist_ok=True)
    written = list(write_defaults(workspace.mappings))
    for name, text in ((".env.example", _ENV_EXAMPLE), (".gitignore", _GITIGNORE)):
        path = workspace.root / name
        if not path.exists():
            path.write_text(text, encoding="utf-8")
            written.append(path)
    return written
