"""The destination as a resource: client, ledger and budget, opened for one asset's work.

Not here: what is read or written (``freshsales``, ``loading``), decisions (``mapping``).
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import polars as pl
from dagster import ConfigurableResource

from kartra_freshsales.errors import NotConfirmed
from kartra_freshsales.freshsales.classic import ClassicClient
from kartra_freshsales.freshsales.client import FreshsalesClient
from kartra_freshsales.freshsales.metadata import Metadata
from kartra_freshsales.freshsales.modules import CLASSIC
from kartra_freshsales.freshsales.plan_facts import hourly_limit, minute_limit
from kartra_freshsales.freshsales.request_log import RequestFiles
from kartra_freshsales.ledger.budget import RequestBudget
from kartra_freshsales.ledger.store import Destination, Ledger
from kartra_freshsales.loading.kept_pages import KeptPages
from kartra_freshsales.loading.loader import Loader
from kartra_freshsales.mapping.model import Mapping
from kartra_freshsales.orchestration.frames import metadata_from
from kartra_freshsales.orchestration.progress import Progress
from kartra_freshsales.orchestration.resources import WorkspaceResource


@dataclass(frozen=True)
class Connection:
    """An open way to one account, with the ledger that belongs to it."""

    client: FreshsalesClient
    ledger: Ledger
    mapping: Mapping
    budget: RequestBudget


class DestinationResource(ConfigurableResource):  # type: ignore[type-arg]
    """The Freshsales account that the workspace's settings point at."""

    workspace: WorkspaceResource

    def account(self) -> Destination:
        """Which account the settings point at now."""
        edition = self.workspace.mapping().destination.edition
        return Destination(self.workspace.settings().base_url.rstrip("/"), edition=edition)

    def settings_in(self, frame: pl.DataFrame) -> Metadata:
        """The account's settings that a stage before this one read.

        Raises:
            NotConfirmed: they are another account's: what was planned for a rehearsal must
                not go into production because an address was changed.
        """
        account = frame.item(0, "account") if "account" in frame.columns else None
        if account != self.account().key:
            raise NotConfirmed(
                "The address of Freshsales has changed since its settings were read.",
                remedy="Run 'prepare' and 'plan' again for the account that the address "
                "names now, then approve the new plan.",
            )
        return metadata_from(frame)

    def kept_pages(self) -> KeptPages:
        """Where pages of this account's snapshot are kept until it is whole."""
        named = hashlib.sha256(self.account().key.encode()).hexdigest()[:12]
        return KeptPages(self.workspace.settings().workspace.data / "snapshot" / named)

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        """The ledger of this account; needs no network."""
        settings = self.workspace.settings()
        with Ledger.open(settings.ledger, self.account()) as ledger:
            yield ledger

    @contextmanager
    def connect(self, run: str = "") -> Iterator[Connection]:
        """Client and ledger; every request is counted against the account's hour.

        Raises:
            SettingsError: the address or the key is missing.
        """
        settings = self.workspace.settings()
        settings.require_destination()
        mapping = self.workspace.mapping()
        with self.ledger() as ledger:
            budget = ledger.budget(
                hourly_limit(settings.requests_per_hour, mapping.destination.plan),
                minute_limit(settings.requests_per_minute, mapping.destination.plan),
                settings.live_use_reserve,
                run=run,
            )
            classic = mapping.destination.edition == CLASSIC
            with (ClassicClient if classic else FreshsalesClient)(
                settings.base_url,
                settings.api_key,
                budget=budget,
                timeout=settings.timeout_seconds,
                log=RequestFiles(settings.workspace.data / "requests", run=run),
            ) as client:
                yield Connection(client, ledger, mapping, budget)

    @contextmanager
    def loader(
        self, *, run: str, batch: str, metadata: pl.DataFrame, progress: Progress
    ) -> Iterator[Loader]:
        """The loading engine for one batch."""
        with self.connect(run) as connection:
            target = connection.mapping.destination
            with Loader(
                connection.client,
                connection.ledger,
                self.settings_in(metadata),
                run=run,
                batch=batch,
                edition=target.edition,
                bulk=target.bulk_endpoints,
                group_size=target.group_size,
                list_group_size=target.list_group_size,
                progress=progress,
                forecast=connection.budget.seconds_for,
                expected=progress.expect,
                view_names=target.views,
                files=self.workspace.workspace.inbox,
            ) as loader:
                yield loader
