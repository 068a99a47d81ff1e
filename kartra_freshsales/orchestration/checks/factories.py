"""Asset checks from schemas and rules. Messages count and point; they hold no values."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl
from dagster import (
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    AssetIn,
    AssetKey,
    PartitionsDefinition,
    asset_check,
)


@dataclass(frozen=True)
class Verdict:
    """What a rule found: how many rows break it, where a few stand, and what to do."""

    failures: int
    where: Sequence[str] = ()
    remedy: str = ""


Rule = Callable[[pl.DataFrame], Verdict]


def frame_check(
    asset: str,
    name: str,
    rule: Rule,
    *,
    description: str,
    blocking: bool = True,
    partitions_def: PartitionsDefinition[str] | None = None,
) -> AssetChecksDefinition:
    """One rule over one asset's frame, as an asset check.

    A rule that found nothing still reports 0, so that silence is never mistaken for
    success. ``where`` shows file and row of the first failures.
    """

    @asset_check(
        asset=AssetKey(asset),
        name=name,
        description=description,
        blocking=blocking,
        partitions_def=partitions_def,
        additional_ins={},
    )
    def check(frame: pl.DataFrame) -> AssetCheckResult:
        return as_result(rule(frame), blocking=blocking)

    return check


def multi_frame_check(
    asset: str,
    name: str,
    rule: Callable[..., Verdict],
    *,
    others: Sequence[str],
    description: str,
    blocking: bool = True,
    partitions_def: PartitionsDefinition[str] | None = None,
) -> AssetChecksDefinition:
    """One rule over an asset's frame and others beside it, in the order of ``others``."""

    @asset_check(
        asset=AssetKey(asset),
        name=name,
        description=description,
        blocking=blocking,
        partitions_def=partitions_def,
        additional_ins={f"other_{n}": AssetIn(other) for n, other in enumerate(others)},
    )
    def check(frame: pl.DataFrame, **rest: pl.DataFrame) -> AssetCheckResult:
        return as_result(rule(frame, *rest.values()), blocking=blocking)

    return check


def as_result(verdict: Verdict, *, blocking: bool) -> AssetCheckResult:
    """A verdict as Dagster shows it."""
    metadata: dict[str, int | str] = {"failures": verdict.failures}
    if verdict.failures:
        metadata["where"] = "; ".join(verdict.where[:10]) or "see the asset's frame"
        metadata["what to do"] = verdict.remedy
    return AssetCheckResult(
        passed=verdict.failures == 0,
        severity=AssetCheckSeverity.ERROR if blocking else AssetCheckSeverity.WARN,
        metadata=metadata,
        description=verdict.remedy if verdict.failures else None,
    )


def places(frame: pl.DataFrame) -> list[str]:
    """``batch/file:row`` of the first ten rows of a frame that carries provenance."""
    if not {"_batch", "_file", "_row"} <= set(frame.columns):
        return []
    head = frame.head(10).select(pl.format("{}/{}:{}", "_batch", "_file", "_row"))
    return head.to_series().to_list()
