"""One account: its settings, its state and its clock, handed to every handler."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from kartra_freshsales.sandbox.config import SandboxConfig
from kartra_freshsales.sandbox.fields import Fields
from kartra_freshsales.sandbox.seed import Seed, load_seed
from kartra_freshsales.sandbox.state import Store


@dataclass(frozen=True)
class World:
    """Everything a handler may look at or change."""

    config: SandboxConfig
    store: Store
    seed: Seed
    fields: Fields
    zone: ZoneInfo
    clock: Callable[[], float]

    def shown_time(self, microseconds: int | None) -> str | None:
        """A stored time as the API shows it: milliseconds and the account's offset."""
        if microseconds is None:
            return None
        moment = datetime.fromtimestamp(microseconds / 1_000_000, self.zone)
        return moment.isoformat(timespec="milliseconds")

    def today(self) -> str:
        """The account's present day as ``YYYY-MM-DD``."""
        return (
            datetime.fromtimestamp(self.clock(), UTC)
            .astimezone(self.zone)
            .date()
            .isoformat()
        )

    def now_us(self) -> int:
        """The present in whole microseconds, without moving the store's ticks."""
        return int(self.clock() * 1_000_000)


def make_world(config: SandboxConfig, clock: Callable[[], float] = time.time) -> World:
    """Open the state and settle the settings of one account."""
    store = Store(config.state, clock)
    seed = load_seed(config.plan, config.seed_file)
    return World(
        config=config,
        store=store,
        seed=seed,
        fields=Fields(store, seed, config),
        zone=ZoneInfo(config.zone),
        clock=clock,
    )
