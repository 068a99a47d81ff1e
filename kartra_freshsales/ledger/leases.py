"""Who is at work in an account: one process a batch, or one alone in the whole account.

A holder renews its lease while it works. One that was killed is told by its process, on the
same machine, or by a lease that ran out. Advisory: whoever writes asks first (``Ledger``).
Not here: the account's limits (``budget``), waiting for one's turn.
"""

import os
import socket
import threading
import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, insert, select, update

from kartra_freshsales.errors import BatchBusy
from kartra_freshsales.ledger.engine import LedgerFault, carried_out, reading, writing
from kartra_freshsales.ledger.tables import destination, lease

WHOLE = ""
"""The subject of a lease on the whole account; it goes with no other."""

_SECOND = 1_000_000
LASTS_SECONDS = 120.0
RENEWED_EVERY = 20.0

_HELD: set[str] = set()
"""Leases of this very process: after a restart in a container its number is the same."""


@dataclass(frozen=True, slots=True)
class Holder:
    """One lease as it was taken. ``owner`` is unlike any other's."""

    owner: str
    subjects: frozenset[str]
    run: str


def take(
    connection: Connection,
    destination_id: int,
    subjects: Collection[str],
    run: str,
    now_us: int,
) -> Holder:
    """Take the lease of some batches, or of the whole account (``WHOLE``).

    Raises:
        BatchBusy: somebody else is at work there.
    """
    # One at a time: two that look at once would both find nobody.
    connection.execute(
        select(destination.c.id).where(destination.c.id == destination_id).with_for_update()
    ).one()
    wanted = set(subjects)
    for row in _rows(connection, destination_id):
        if not _at_work(row, now_us):
            give_back(connection, destination_id, row.owner)
        elif WHOLE in wanted or row.subject == WHOLE or row.subject in wanted:
            raise _busy(row, now_us)
    holder = Holder(uuid.uuid4().hex, frozenset(wanted), run)
    _HELD.add(holder.owner)  # before anybody can see the row
    connection.execute(
        insert(lease),
        [
            {
                "destination_id": destination_id,
                "subject": subject,
                "owner": holder.owner,
                "host": this_host(),
                "pid": os.getpid(),
                "run": run,
                "renewed_us": now_us,
                "until_us": now_us + int(LASTS_SECONDS * _SECOND),
            }
            for subject in sorted(wanted)
        ],
    )
    return holder


def renew(connection: Connection, destination_id: int, owner: str, now_us: int) -> None:
    """Say that the holder is still at work; whose lease was taken over has none."""
    connection.execute(
        update(lease)
        .where(lease.c.destination_id == destination_id)
        .where(lease.c.owner == owner)
        .values(renewed_us=now_us, until_us=now_us + int(LASTS_SECONDS * _SECOND))
    )


def give_back(connection: Connection, destination_id: int, owner: str) -> None:
    """Let others work there."""
    connection.execute(
        delete(lease)
        .where(lease.c.destination_id == destination_id)
        .where(lease.c.owner == owner)
    )


def check_held(connection: Connection, destination_id: int, owners: set[str]) -> None:
    """Raise ``BatchBusy`` unless every one of these leases is still held.

    A machine that slept for longer than its lease lasts may have lost it to another.
    """
    there = connection.scalars(
        select(lease.c.owner)
        .where(lease.c.destination_id == destination_id)
        .where(lease.c.owner.in_(owners))
    )
    if owners - set(there):
        raise BatchBusy(
            "Another process took this work over, since this one was not heard of for "
            f"{LASTS_SECONDS:.0f} seconds.",
            remedy="Wait until the other has ended, then start again: the run goes on "
            "where that one stopped.",
        )


def runs_of_others(
    connection: Connection, destination_id: int, owners: Collection[str], now_us: int
) -> set[str]:
    """Runs that others have under way just now: what they have open is theirs to settle."""
    return {
        row.run
        for row in _rows(connection, destination_id)
        if row.owner not in owners and _at_work(row, now_us)
    }


def _rows(connection: Connection, destination_id: int) -> list[Row[Any]]:
    query = select(lease).where(lease.c.destination_id == destination_id)
    return list(connection.execute(query.order_by(lease.c.subject)))


def _busy(row: Row[Any], now_us: int) -> BatchBusy:
    what = f"Batch {row.subject!r} is" if row.subject else "This account is"
    heard = max(0, now_us - row.renewed_us) // _SECOND
    machine = row.host.partition(" ")[0]
    left = max(0, row.until_us - now_us) // _SECOND + 1
    return BatchBusy(
        f"{what} being loaded or undone already, by process {row.pid} on {machine} "
        f"(run {row.run or '-'}), heard of {heard} seconds ago.",
        remedy="Wait until it has ended, or stop it, then start again. If it is no longer "
        f"there, its hold ends by itself within {left} seconds.",
    )


# Whether a holder lives


def _at_work(row: Row[Any], now_us: int) -> bool:
    if row.until_us <= now_us:
        return False
    if row.host != this_host():
        return True
    if row.pid == os.getpid():
        return row.owner in _HELD
    return _runs(row.pid)


@cache
def this_host() -> str:
    """This machine; of containers that share a name each has process numbers of its own."""
    try:
        space = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        space = ""
    return f"{socket.gethostname()} {space}".strip()


def _runs(pid: int) -> bool:
    """Whether a process of this machine runs; where that cannot be told, it does."""
    if os.name != "posix":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        told = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return True
    return told.rpartition(")")[2].split()[0] not in {"Z", "X"}  # killed, not yet buried


class AtWork:
    """The leases that one ledger of this process holds."""

    def __init__(
        self, engine: Engine, destination_id: int, now_us: Callable[[], int]
    ) -> None:
        self._engine = engine
        self._id = destination_id
        self._now_us = now_us
        self._holders: list[Holder] = []

    @contextmanager
    def hold(self, batches: Collection[str], run: str) -> Iterator[None]:
        """Be alone at work on these batches, or without any in the whole account."""
        wanted = set(batches) or {WHOLE}
        held = {subject for holder in self._holders for subject in holder.subjects}
        if WHOLE in held or wanted <= held:
            yield
            return
        holder = carried_out(
            self._engine, lambda c: take(c, self._id, wanted, run, self._now_us())
        )
        self._holders.append(holder)
        heart = Heartbeat(lambda: self._renew(holder))
        heart.start()
        try:
            yield
        finally:
            heart.stop()
            self._holders.remove(holder)
            _HELD.discard(holder.owner)
            # Where the database is away, the lease runs out by itself.
            with suppress(LedgerFault), writing(self._engine) as connection:
                give_back(connection, self._id, holder.owner)

    def _renew(self, holder: Holder) -> None:
        with writing(self._engine) as connection:
            renew(connection, self._id, holder.owner, self._now_us())

    def check(self, connection: Connection) -> None:
        """Raise ``BatchBusy`` if another process has taken over what we hold."""
        if self._holders:
            owners = {holder.owner for holder in self._holders}
            check_held(connection, self._id, owners)

    def runs_of_others(self) -> set[str]:
        """Runs that others have under way just now."""
        owners = {holder.owner for holder in self._holders}
        with reading(self._engine) as connection:
            return runs_of_others(connection, self._id, owners, self._now_us())


class Heartbeat:
    """Renews a lease from a thread of its own, since a load may wait for an hour."""

    def __init__(self, renewing: Callable[[], None]) -> None:
        self._renewing = renewing
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="lease", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, once what is under way is done."""
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._over.wait(RENEWED_EVERY):
            # A database that is away for a while is asked again the next time.
            with suppress(LedgerFault):
                self._renewing()
