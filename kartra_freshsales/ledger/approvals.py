"""Who agreed to what, and when. Rows are only ever added."""

from sqlalchemy import Connection, insert, select

from kartra_freshsales.ledger.records import Approval
from kartra_freshsales.ledger.tables import approval
from kartra_freshsales.ledger.text import from_us


def add(connection: Connection, destination_id: int, given: Approval) -> None:
    """Note an approval; earlier ones of the same subject stay on record."""
    connection.execute(
        insert(approval).values(
            destination_id=destination_id,
            kind=given.kind,
            subject=given.subject,
            digest=given.digest,
            approved_by=given.approved_by,
            run=given.run,
            at_us=int(given.at.timestamp() * 1_000_000),
            host=given.host,
        )
    )


def newest(
    connection: Connection, destination_id: int, kind: str, subject: str
) -> Approval | None:
    """The approval that counts, if there is one."""
    row = connection.execute(
        select(approval)
        .where(approval.c.destination_id == destination_id)
        .where(approval.c.kind == kind)
        .where(approval.c.subject == subject)
        .order_by(approval.c.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    return Approval(
        kind=row.kind,
        subject=row.subject,
        digest=row.digest,
        approved_by=row.approved_by,
        run=row.run,
        at=from_us(row.at_us),
        host=row.host,
    )
