"""What an account's plan has beside records: calls it lacks are refused with 403."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from kartra_freshsales.sandbox.calls import Answer, Call, Handler
from kartra_freshsales.sandbox.config import SandboxConfig
from kartra_freshsales.sandbox.entries import Entry
from kartra_freshsales.sandbox.refusal import forbidden


def has_feature(config: SandboxConfig, feature: str) -> bool:
    """Whether the account has a feature of ``plans.FEATURES``, or "lists"."""
    if feature == "lists":
        return config.plan in config.switches.lists_plans
    return config.allows.has(feature)


def gated(feature: str, entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """The same calls, refused where the plan lacks ``feature``."""
    return tuple(
        replace(entry, handler=_guard(feature, entry.handler)) for entry in entries
    )


def _guard(feature: str, handler: Handler) -> Handler:
    def guarded(call: Call) -> Answer:
        if not has_feature(call.world.config, feature):
            raise forbidden()
        return handler(call)

    return guarded
