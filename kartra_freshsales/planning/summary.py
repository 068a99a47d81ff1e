"""A plan as a person looks at it: counts, and a few payloads without anybody's data.

Not here: rendering.
"""

import json

import polars as pl

from kartra_freshsales.freshsales.modules import Module
from kartra_freshsales.planning.plan import OPERATIONS

_SHOWN = ("_id", "_status")
_HIDDEN = frozenset({"external_id"})


def operation_counts(plan: pl.DataFrame) -> dict[str, dict[str, int]]:
    """Module → operation → records, in loading order; every operation is there."""
    counted = plan.group_by("module", "operation").len().rows()
    counts = {(module, operation): number for module, operation, number in counted}
    present = set(plan["module"])
    return {
        str(module): {name: counts.get((str(module), name), 0) for name in OPERATIONS}
        for module in Module
        if str(module) in present
    }


def reason_counts(plan: pl.DataFrame) -> pl.DataFrame:
    """``module, operation, reason, remedy, records`` of what is not simply sent."""
    return (
        plan.filter(pl.col("reason").is_not_null())
        .group_by("module", "operation", "reason", "remedy")
        .agg(pl.len().cast(pl.Int64).alias("records"))
        .sort("module", "operation", "reason", "remedy")
    )


def sample_payloads(plan: pl.DataFrame, *, each: int = 1) -> pl.DataFrame:
    """``module, operation, fields, payload``: a few of each kind, payloads masked."""
    picked = plan.filter(pl.col("operation").is_in(["create", "update"]))
    return (
        picked.group_by("module", "operation", maintain_order=True)
        .head(each)
        .select(
            "module",
            "operation",
            "fields",
            pl.col("payload").map_elements(masked, return_dtype=pl.String),
        )
        .sort("module", "operation")
    )


def masked(payload: str) -> str:
    """A payload whose texts, numbers and dates are replaced by their kind and length."""
    record = json.loads(payload)
    return json.dumps({k: _mask(k, v) for k, v in record.items()}, ensure_ascii=False)


def _mask(key: str, value: object) -> object:
    ids = key.endswith(_SHOWN) and not key.startswith("cf_") and key not in _HIDDEN
    if value is None or isinstance(value, bool) or ids:
        return value
    if isinstance(value, list):
        return f"({len(value)} items)"
    kind = "text" if isinstance(value, str) else "number"
    return f"({kind}, {len(str(value))} characters)"
