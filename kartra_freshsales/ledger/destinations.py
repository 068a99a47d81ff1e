"""Which account ledger rows belong to, so that a rehearsal confuses no production load.

Not here: what is kept of an account (one module per group of tables).
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import Connection, select

from kartra_freshsales.ledger import upsert
from kartra_freshsales.ledger.tables import destination, pace


@dataclass(frozen=True, slots=True)
class Destination:
    """The account that ledger rows belong to: by name where given, else by address."""

    base_url: str
    account: str = ""
    edition: str = "suite"

    @property
    def key(self) -> str:
        """What tells one account from another, however its address is spelled."""
        if self.account.strip():
            return self.account.strip().casefold()
        parts = urlsplit(self.base_url.strip())
        host = parts.netloc.rpartition("@")[2].casefold()
        return f"{host}{parts.path.rstrip('/')}"


def row_of(connection: Connection, wanted: Destination, now_us: int) -> int:
    """The id of a destination's row, made where there is none."""
    connection.execute(
        upsert.insert(connection, destination)
        .values(
            key=wanted.key,
            base_url=wanted.base_url,
            account=wanted.account,
            edition=wanted.edition,
            created_us=now_us,
        )
        .on_conflict_do_nothing()
    )
    found = int(
        connection.execute(
            select(destination.c.id).where(destination.c.key == wanted.key)
        ).scalar_one()
    )
    connection.execute(
        upsert.insert(connection, pace)
        .values(destination_id=found)
        .on_conflict_do_nothing()
    )
    return found
