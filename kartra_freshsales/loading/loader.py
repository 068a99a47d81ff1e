"""Loading one batch, module by module: settle, check, send, read back, report.

This is the engine's table of contents; each step lives in its own module. It knows no
Dagster, and never whether it talks to a rehearsal server or to the real one.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import polars as pl

from kartra_freshsales.freshsales.client import FreshsalesClient
from kartra_freshsales.freshsales.metadata import Metadata
from kartra_freshsales.freshsales.modules import CLASSIC, Module, bulk_endpoints
from kartra_freshsales.freshsales.records import Json
from kartra_freshsales.ledger.records import Identity
from kartra_freshsales.ledger.states import Origin
from kartra_freshsales.ledger.store import Ledger
from kartra_freshsales.loading.activities import load_activities
from kartra_freshsales.loading.bin import clear_bin
from kartra_freshsales.loading.bulk import STUCK, Delivery
from kartra_freshsales.loading.checks import (
    Filling,
    against_standing,
    link,
    sort_out,
)
from kartra_freshsales.loading.files import load_files
from kartra_freshsales.loading.items import Item, Known, items_of
from kartra_freshsales.loading.lists import load_lists
from kartra_freshsales.loading.notes import load_notes
from kartra_freshsales.loading.outlook import Expected, Forecast, Outlook, outlook
from kartra_freshsales.loading.policy import Policy
from kartra_freshsales.loading.results import LoadResult, Results
from kartra_freshsales.loading.session import Progress, Session, ViewNames, quiet
from kartra_freshsales.loading.settle import (
    late_arrivals,
    retire_converted,
    settle_records,
)
from kartra_freshsales.loading.singly import Singly
from kartra_freshsales.loading.standing import read_standing

_PARENTS = [str(Module.SALES_ACCOUNTS), str(Module.CONTACTS), str(Module.LEADS)]


class Loader:
    """Loads an approved plan of one batch. Use it in a ``with``.

    Args of the constructor:
        client, ledger, metadata: the account, its ledger, its settings and views.
        run, batch: noted with every intent.
        edition: ``suite`` or ``classic``.
        bulk: endpoints with a bulk call; those of the edition without.
        group_size, list_group_size: records per bulk call, members per list call.
        progress: called with (module, settled, planned) after each group.
        policy: patience and clocks.
        view_names: views that show all records, where they are not named as usual.
        verify_notes: read every note back, at one request per note.
        forecast: how long so many requests will take, as the request budget knows it.
        expected: told now and then how many requests and seconds the batch still takes.
        files: the folder that the paths of files in a plan start from.
    """

    def __init__(
        self,
        client: FreshsalesClient,
        ledger: Ledger,
        metadata: Metadata,
        *,
        run: str,
        batch: str,
        edition: str = "suite",
        bulk: Collection[str] | None = None,
        group_size: int = 100,
        list_group_size: int = 500,
        progress: Progress | None = None,
        policy: Policy | None = None,
        view_names: ViewNames | None = None,
        verify_notes: bool = False,
        files: Path | None = None,
        forecast: Forecast | None = None,
        expected: Expected | None = None,
    ) -> None:
        self._forecast, self._expected = forecast, expected
        self._verify_notes = verify_notes
        self._files = files or Path()
        self._hold = ExitStack()
        self._session = Session(
            client=client,
            ledger=ledger,
            metadata=metadata,
            run=run,
            batch=batch,
            edition=edition,
            bulk=bulk_endpoints(edition) if bulk is None else frozenset(bulk),
            group_size=group_size,
            list_group_size=list_group_size,
            progress=progress or quiet,
            policy=policy or Policy(),
            view_names=view_names or {},
        )

    def __enter__(self) -> Self:
        """Be alone at work on the batch.

        Raises:
            BatchBusy: another process loads or undoes it just now.
        """
        session = self._session
        self._hold.enter_context(session.ledger.hold(session.batch, run=session.run))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let others work on the batch; client and ledger belong to the caller."""
        self._hold.close()

    def load(
        self, module: Module, plan: pl.DataFrame, *, snapshot: pl.DataFrame | None = None
    ) -> LoadResult:
        """Load the rows of one module; parents must have been loaded before.

        Args:
            module: which rows of the plan.
            plan: an approved load plan; rows of other modules are left alone.
            snapshot: the destination as the plan was made on. Without it the whole
                endpoint is read where people have records in it.

        Returns:
            One result row for every row of the plan of this module.

        Raises:
            DestinationError: the account cannot be reached or refuses the key. What was
                sent is settled by the next run.
        """
        rows = plan.filter(pl.col("module") == str(module))
        results = Results(self._session, str(module), rows, self._outlook(module, plan))
        if module is Module.NOTES:
            load_notes(self._session, results, self._parents(), verify=self._verify_notes)
        elif module is Module.ACTIVITIES:
            load_activities(self._session, results, self._parents())
        elif module is Module.FILES:
            parents = self._session.ledger.identity_ids([*_PARENTS, str(Module.DEALS)])
            load_files(self._session, results, parents, self._files)
        elif module is Module.LISTS:
            load_lists(self._session, results, self._parents())
        else:
            self._load_records(str(module), results, snapshot)
        if module is Module.CONTACTS:
            retire_converted(self._session, rows, snapshot)
        return results.finish()

    def _outlook(self, module: Module, plan: pl.DataFrame) -> Outlook | None:
        if self._forecast is None or self._expected is None:
            return None
        return outlook(self._session, str(module), plan, self._forecast, self._expected)

    def _parents(self) -> Mapping[tuple[str, str], int]:
        return self._session.ledger.identity_ids(_PARENTS)

    def _holders(self) -> Mapping[tuple[str, str], int]:
        """What a record may be linked to: on Classic no lead holds a deal."""
        parents = self._parents()
        if self._session.edition != CLASSIC:
            return parents
        return {key: n for key, n in parents.items() if key[0] != str(Module.LEADS)}

    def _load_records(
        self, module: str, results: Results, snapshot: pl.DataFrame | None
    ) -> None:
        session, endpoint = self._session, self._session.endpoint(module)
        held = settle_records(session, module)
        items = [i for i in items_of(results.plan) if not _held(i, held, results)]
        known = Known.read(session.ledger, module, [item.source_key for item in items])
        items = sort_out(session, items, known, results)
        items = late_arrivals(session, module, items, known, results)
        filling = Filling(self._holders())
        items = link(endpoint, items, filling.ids, results)
        if not items:
            results.tell()
            return
        ours = session.ledger.identity_ids(session.modules_at(endpoint)).values()
        standing = read_standing(session, endpoint, items, snapshot, list(ours))
        items, done = against_standing(endpoint, items, standing, known, results)
        _note_done(session, done, known, results)
        clear_bin(session, endpoint, items, known)
        mark = standing.mark
        del standing, done  # by now updates have their pre-images
        delivery = Delivery(session, endpoint, module, results, known, filling, mark)
        grouped, single = (items, []) if endpoint in session.bulk else ([], items)
        left = delivery.deliver(grouped)
        Singly(delivery).deliver([*left, *single])


def _held(item: Item, held: frozenset[str], results: Results) -> bool:
    """A deal whose bulk job is still running must not be sent again."""
    if item.source_key not in held:
        return False
    results.settle(item, "failed", reason="job_stuck", remedy=STUCK)
    return True


def _note_done(
    session: Session,
    done: Sequence[tuple[Item, Json]],
    known: Known,
    results: Results,
) -> None:
    """Updates that stand there already: remembered as written, nothing is sent."""
    identities = []
    for item, seen in done:
        own = known.live(item.source_key)
        written = (own.written if own else {}) | item.sent
        identities.append(
            Identity(
                module=item.module,
                source_key=item.source_key,
                freshsales_id=int(str(seen["id"])),
                origin=own.origin if own else Origin.ADOPTED,
                written=written,
                # Looking again must not make people's changes look like ours.
                seen=own.seen if own and own.seen else seen,
                payload_hash=item.digest,
                batch=own.batch if own else session.batch,
            )
        )
        results.settle(
            item,
            "skipped",
            freshsales_id=int(str(seen["id"])),
            reason=item.reason,
            written=written,
            seen=seen,
        )
    session.ledger.put_identities(identities)
