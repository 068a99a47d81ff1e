"""What every part of a load needs at hand: the account, the ledger, the batch, patience.

No logic of its own beyond looking things up in what it holds.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from kartra_freshsales.freshsales.client import FreshsalesClient
from kartra_freshsales.freshsales.metadata import Metadata
from kartra_freshsales.freshsales.modules import RECORD_ENDPOINTS, Module
from kartra_freshsales.ledger.store import Ledger
from kartra_freshsales.loading.policy import Policy

Progress = Callable[[str, int, int], object]
"""(module, records settled, records in all), after each group."""

ViewNames = Mapping[str, Sequence[str | int]]
"""Endpoint → names or ids of the views that together show every record."""


def quiet(_module: str, _done: int, _total: int) -> None:
    """Say nothing about progress."""


@dataclass(frozen=True)
class Session:
    """One load of one batch into one account.

    ``bulk`` are endpoints that take many records in one call; others go one by one.
    """

    client: FreshsalesClient
    ledger: Ledger
    metadata: Metadata
    run: str
    batch: str
    edition: str = "suite"
    bulk: frozenset[str] = frozenset(RECORD_ENDPOINTS)
    group_size: int = 100
    list_group_size: int = 500
    progress: Progress = quiet
    policy: Policy = field(default_factory=Policy)
    view_names: ViewNames = field(default_factory=dict)

    def endpoint(self, module: str) -> str:
        """Where records of a module live in this edition."""
        return Module(module).endpoint_in(self.edition)

    def modules_at(self, endpoint: str) -> list[str]:
        """Modules whose records live at an endpoint: on Suite leads are contacts."""
        return [str(m) for m in Module if m.endpoint_in(self.edition) == endpoint]
