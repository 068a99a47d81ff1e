"""One account: its settings, its state and its clock, handed to every handler."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from kartra_freshsales.sandbox import workflows
from kartra_freshsales.sandbox.clock import Clock, as_clock
from kartra_freshsales.sandbox.config import SandboxConfig
from kartra_freshsales.sandbox.edition import Edition
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
    clock: Clock

    @property
    def edition(self) -> Edition:
        """The generation of Freshsales this account belongs to."""
        return self.config.generation

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
    moving = as_clock(clock)
    store = Store(config.state, moving)
    seed = load_seed(config.allows, config.seed_file)
    workflows.set_up(store.sql, seed.workflows, config.generation.modules)
    return World(
        config=config,
        store=store,
        seed=seed,
        fields=Fields(store, seed, config),
        zone=ZoneInfo(config.zone),
        clock=moving,
    )
