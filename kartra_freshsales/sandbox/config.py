"""What a sandbox is told before it starts: plan, limits, switches and faults.

Only plain frozen values live here; nothing reads the environment or touches the network.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

PLAN_REQUESTS_PER_HOUR: Final[Mapping[str, int]] = {
    "free": 1000,
    "growth": 1000,
    "pro": 2000,
    "enterprise": 5000,
}
"""Requests an account may make within an hour (Freshworks support, article 50000005599)."""

EDITIONS: Final = ("suite",)


@dataclass(frozen=True)
class Faults:
    """What goes wrong, and how often. Every ``*_probability`` lies between 0 and 1.

    ``routes`` limits faults to calls whose route (``POST /contacts/bulk_upsert``) contains
    one of the texts; ``first_request`` lets that many calls pass; ``at_most`` ends the
    misery after so many faults, so that a retried load is sure to finish.
    """

    seed: int = 1
    drop_after_write: float = 0.0
    error_after_write: float = 0.0
    hang_after_write: float = 0.0
    hang_seconds: float = 60.0
    error_before_write: float = 0.0
    error_on_read: float = 0.0
    drop_on_read: float = 0.0
    burst_429: float = 0.0
    burst_length: int = 3
    burst_retry_after: float | None = 1.0
    hidden_429: float = 0.0
    job_loses_row: float = 0.0
    job_never_finishes: float = 0.0
    routes: tuple[str, ...] = ()
    first_request: int = 0
    at_most: int | None = None

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Faults:
        """Build faults from plain values, refusing names that are not known."""
        known = {item.name for item in dataclasses.fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise ValueError(
                f"unknown fault(s) {', '.join(unknown)}; known: {sorted(known)}"
            )
        plain = dict(values)
        if "routes" in plain:
            plain["routes"] = tuple(str(item) for item in plain["routes"])
        return cls(**plain)

    @classmethod
    def from_yaml(cls, path: Path) -> Faults:
        """Read faults from a YAML file holding a mapping of this class's names."""
        values = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        if not isinstance(values, dict):
            raise ValueError(f"{path.name}: give fault names and values")  # noqa: TRY004
        return cls.from_mapping(values)


@dataclass(frozen=True)
class Switches:
    """Behaviours no public source settles; each default is the stricter reading."""

    deals_match_by_name: bool = False
    all_deals_view: bool = False
    mobile_unique: bool = False
    deal_needs_account: bool = False
    email_required: bool = True
    strict_custom_fields: bool = True
    strict_wrapping: bool = False
    binned_readable: bool = False
    restore_call: bool = False
    field_creation: bool = True
    job_layout: str = "rows"


@dataclass(frozen=True)
class SandboxConfig:
    """One sandbox account.

    ``requests_per_hour`` is ``None`` for the plan's own figure and 0 for no limit at all;
    ``window_seconds`` shortens the "hour" for tests of the pace of a load.
    """

    api_key: str = ""
    host: str = "127.0.0.1"
    port: int = 0
    edition: str = "suite"
    plan: str = "growth"
    requests_per_hour: int | None = None
    requests_per_minute: int = 0
    window_seconds: float = 3600.0
    state: Path | None = None
    port_file: Path | None = None
    zone: str = "America/New_York"
    job_seconds: float = 0.0
    job_polls: int = 1
    search_delay_seconds: float = 0.0
    latency_seconds: float = 0.0
    seed_file: Path | None = None
    faults: Faults = field(default_factory=Faults)
    switches: Switches = field(default_factory=Switches)

    def __post_init__(self) -> None:
        """Refuse plans and editions nobody has described."""
        if self.plan not in PLAN_REQUESTS_PER_HOUR:
            raise ValueError(
                f"unknown plan {self.plan!r}; use one of {sorted(PLAN_REQUESTS_PER_HOUR)}"
            )
        if self.edition not in EDITIONS:
            raise ValueError(f"edition {self.edition!r} is not built; use 'suite'")

    @property
    def hourly_limit(self) -> int:
        """Requests per window; 0 means no limit."""
        if self.requests_per_hour is None:
            return PLAN_REQUESTS_PER_HOUR[self.plan]
        return self.requests_per_hour
