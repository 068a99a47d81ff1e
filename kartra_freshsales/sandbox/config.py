"""What a sandbox is told before it starts: plan, limits, switches and faults.

Only plain frozen values live here; nothing reads the environment or touches the network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from kartra_freshsales.sandbox.edition import BY_NAME, Edition
from kartra_freshsales.sandbox.fault_settings import Faults as Faults  # noqa: PLC0414  told here
from kartra_freshsales.sandbox.messages import LANGUAGES
from kartra_freshsales.sandbox.plans import Plan, plan_of, published

EDITIONS: Final = tuple(BY_NAME)
PLAN_REQUESTS_PER_HOUR: Final[Mapping[str, int]] = {
    name: plan.requests_per_hour for name, plan in published().plans.items()
}
"""Requests an account may make within an hour, by plan."""


@dataclass(frozen=True)
class Switches:
    """Behaviours no public source settles; each default is the stricter reading."""

    deals_match_by_name: bool = False
    all_deals_view: bool = False
    mobile_unique: bool = True
    deal_needs_account: bool = False
    email_required: bool = True
    strict_custom_fields: bool = True
    strict_wrapping: bool = False
    binned_readable: bool = False
    restore_call: bool = False
    phone_call_by_id: bool = False
    field_creation: bool = True
    job_layout: str = "rows"
    classic_bulk_everywhere: bool = False
    convert_needs_company: bool = True
    convert_keeps_tags: bool = False
    lists_on: str = "growth,pro,enterprise"
    language: str = "en"

    def __post_init__(self) -> None:
        """Refuse languages nobody speaks here, and plans nobody sells."""
        if self.language not in LANGUAGES:
            raise ValueError(f"language: one of {', '.join(LANGUAGES)}")
        unknown = sorted(self.lists_plans - set(published().plans))
        if unknown:
            raise ValueError(f"lists_on: unknown plan(s) {', '.join(unknown)}")

    @property
    def lists_plans(self) -> frozenset[str]:
        """The plans that have marketing lists; which do is not proven."""
        words = (word.strip() for word in self.lists_on.split(","))
        return frozenset(word for word in words if word)


STRICT: Final = (
    "strict_wrapping",
    "strict_custom_fields",
    "email_required",
    "deal_needs_account",
)
"""The switches that make an account as demanding as any that was seen."""


@dataclass(frozen=True)
class SandboxConfig:
    """One sandbox account.

    A blank ``plan`` is the edition's usual one. ``requests_per_hour`` is ``None`` for the
    plan's own figure and 0 for no limit at all, ``requests_per_minute`` likewise;
    ``window_seconds`` shortens the "hour" for tests of the pace of a load.
    ``storage_bytes`` is ``None`` for the plan's own room for files; a file may have
    ``largest_file_bytes`` (Freshworks support, article 50000002563).
    """

    api_key: str = ""
    host: str = "127.0.0.1"
    port: int = 0
    edition: str = "suite"
    plan: str = ""
    requests_per_hour: int | None = None
    requests_per_minute: int | None = None
    window_seconds: float = 3600.0
    state: Path | None = None
    port_file: Path | None = None
    zone: str = "America/New_York"
    job_seconds: float = 0.0
    job_polls: int = 1
    search_delay_seconds: float = 0.0
    largest_file_bytes: int = 150_000_000
    storage_bytes: int | None = None
    latency_seconds: float = 0.0
    seed_file: Path | None = None
    faults: Faults = field(default_factory=Faults)
    switches: Switches = field(default_factory=Switches)
    control_port: int = 0
    control_port_file: Path | None = None
    conversion_file: Path | None = None
    allow_remote: bool = False

    def __post_init__(self) -> None:
        """Refuse plans and editions nobody has described."""
        if self.edition not in BY_NAME:
            raise ValueError(
                f"unknown edition {self.edition!r}; use one of {', '.join(EDITIONS)}"
            )
        object.__setattr__(self, "plan", self.plan or self.generation.default_plan)
        plan_of(self.plan, self.edition)

    @property
    def generation(self) -> Edition:
        """The edition's constants."""
        return BY_NAME[self.edition]

    @property
    def allows(self) -> Plan:
        """What the account's plan allows."""
        return plan_of(self.plan, self.edition)

    @property
    def hourly_limit(self) -> int:
        """Requests per window; 0 means no limit."""
        if self.requests_per_hour is None:
            return self.allows.requests_per_hour
        return self.requests_per_hour

    @property
    def minute_limit(self) -> int:
        """Requests per minute; 0 means no limit, also where the hour has none."""
        if self.requests_per_minute is not None:
            return self.requests_per_minute
        if self.requests_per_hour == 0:
            return 0
        return self.allows.requests_per_minute or 0
