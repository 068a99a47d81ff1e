"""How many requests were made to an account: by run and kind, and of late.

Not here: counting them and giving leave (``budget``).
"""

from sqlalchemy import Connection, func, select

from kartra_freshsales.freshsales.budget import KINDS
from kartra_freshsales.ledger.tables import request, request_count


def counts(connection: Connection, destination_id: int, run: str | None) -> dict[str, int]:
    """Requests by kind, of one run or of all."""
    query = (
        select(request_count.c.kind, func.sum(request_count.c.requests))
        .where(request_count.c.destination_id == destination_id)
        .group_by(request_count.c.kind)
    )
    if run is not None:
        query = query.where(request_count.c.run == run)
    found = {kind: int(count) for kind, count in connection.execute(query)}
    return {kind: found.get(kind, 0) for kind in KINDS}


def made_since(connection: Connection, destination_id: int, since_us: int) -> int:
    """Requests since a time; without a limit none is timed."""
    query = (
        select(func.count())
        .select_from(request)
        .where(request.c.destination_id == destination_id)
        .where(request.c.at_us >= since_us)
    )
    return int(connection.execute(query).scalar_one())
