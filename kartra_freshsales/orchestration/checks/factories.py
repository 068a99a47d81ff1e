"""Turns rules into the asset checks of one asset: one step reads its frame once.

Not here: the rules (``…_rules``), which asset has which (``all_checks``).
"""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl
from dagster import (
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetIn,
    AssetKey,
    PartitionsDefinition,
    PreviewWarning,
    multi_asset_check,
)

from kartra_freshsales.orchestration.checks.verdicts import SHOWN, Frames, Rule, Verdict

IDENTIFYING = "identifying_columns"
"""The I/O manager that reads only the columns that name rows and records."""


@dataclass(frozen=True)
class Check:
    """A rule under the name of what is true when it passes."""

    name: str
    description: str
    rule: Rule
    blocking: bool = True
    severity: AssetCheckSeverity = AssetCheckSeverity.ERROR


def warn(name: str, description: str, rule: Rule) -> Check:
    """A check that warns and lets the run go on."""
    return Check(name, description, rule, blocking=False, severity=AssetCheckSeverity.WARN)


def error(name: str, description: str, rule: Rule) -> Check:
    """A check that fails loudly and lets the run go on."""
    return Check(name, description, rule, blocking=False)


def checks_of(
    asset: str,
    *checks: Check,
    beside: Sequence[str] = (),
    partitions_def: PartitionsDefinition[str] | None = None,
) -> AssetChecksDefinition:
    """All checks of one asset.

    A check named ``schema`` comes first: where it fails, the others are not judged, for
    they lean on the columns it promises.

    Args:
        asset: whose frame is checked.
        checks: the rules, in order.
        beside: other assets that the rules look at; they get their identifying columns
            only, so that a check of a small frame never loads millions of wide rows.
        partitions_def: of the asset. Without it the last partition's result would hide
            those of the others.
    """
    with warnings.catch_warnings():
        # Partitioned checks are marked preview; the version is pinned and the behaviour
        # we lean on is tested (kartra_freshsales_tests/characterization).
        warnings.simplefilter("ignore", PreviewWarning)
        specs = [
            AssetCheckSpec(
                check.name,
                asset=asset,
                description=check.description,
                blocking=check.blocking,
                additional_deps=list(beside),
                partitions_def=partitions_def,
            )
            for check in checks
        ]

    @multi_asset_check(
        name=f"check_{asset}",
        specs=specs,
        ins={
            asset: AssetIn(asset),
            **{other: AssetIn(other, input_manager_key=IDENTIFYING) for other in beside},
        },
    )
    def check_asset(**frames: pl.DataFrame) -> Iterator[AssetCheckResult]:
        yield from results(asset, checks, frames)

    return check_asset


def results(
    asset: str, checks: Sequence[Check], frames: Frames
) -> Iterator[AssetCheckResult]:
    """Judge each check in order, as Dagster shows it."""
    broken = False
    for check in checks:
        verdict = _not_judged() if broken else check.rule(frames)
        broken |= check.name == "schema" and verdict.failures > 0
        yield as_result(asset, check, verdict)


def _not_judged() -> Verdict:
    return Verdict(
        1, remedy="Not judged, because the schema check failed: see there first."
    )


def as_result(asset: str, check: Check, verdict: Verdict) -> AssetCheckResult:
    """A verdict as Dagster shows it. A rule that found nothing still reports 0."""
    metadata: dict[str, int | str] = {
        "failures": verdict.failures,
        **verdict.counts,
    }
    if verdict.where:
        metadata["where"] = "\n".join(verdict.where[:SHOWN])
    if verdict.failures:
        metadata["what to do"] = verdict.remedy
    return AssetCheckResult(
        asset_key=AssetKey(asset),
        check_name=check.name,
        passed=verdict.failures == 0,
        severity=check.severity,
        metadata=metadata,
        description=verdict.remedy if verdict.failures else None,
    )
