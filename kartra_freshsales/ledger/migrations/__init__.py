"""Bringing a ledger's database up to this version of the package, with Alembic.

``env`` and ``versions`` are Alembic's; run ``upgrade`` rather than its command line.
"""

import zlib
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Engine, text

from kartra_freshsales.errors import SettingsError
from kartra_freshsales.ledger.engine import reading, writing

_LOCK = zlib.crc32(b"kartra_freshsales.ledger.migrations")


def config() -> Config:
    """Alembic's settings; there is no ``alembic.ini``."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    made.set_main_option("path_separator", "os")
    return made


def upgrade(engine: Engine) -> None:
    """Bring the schema to the newest version; safe for several processes at once.

    Raises:
        SettingsError: a newer version of the package has written this ledger.
    """
    settings = config()
    newest = ScriptDirectory.from_config(settings).get_current_head()
    with reading(engine) as connection:
        if MigrationContext.configure(connection).get_current_revision() == newest:
            return
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        settings.attributes["connection"] = connection
        try:
            command.upgrade(settings, "head")
        except CommandError:
            raise SettingsError(
                "The ledger was written by a newer version of this package.",
                remedy="Install that version, or name another KF_LEDGER_URL.",
            ) from None
