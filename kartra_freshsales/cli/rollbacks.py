"""Figures of a rollback, from the frames its assets leave behind."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

_STATES = ("planned", "done", "failed")


def rollback_summary(
    plan: pl.DataFrame, facts: Mapping[str, Any], *, done: pl.DataFrame | None
) -> dict[str, Any]:
    """Counts by module, what cannot be undone, and whether the undo was proven.

    Args:
        plan: rows of rollback_plan.
        facts: metadata of its materialization: ``digest, requests``.
        done: rows of rolled_back, none for a dry run.
    """
    undone = pl.col("action") == "undo"
    rows = plan.filter(pl.col("module").is_not_null())
    deletes = pl.col("operation").is_in(["delete", "delete_note", "remove_member"])
    table = rows.group_by("module", maintain_order=True).agg(
        (undone & deletes).sum().alias("delete"),
        (undone & ~deletes).sum().alias("restore"),
        (~undone).sum().alias("spared"),
    )
    modules = {row.pop("module"): row for row in table.iter_rows(named=True)}
    state = "planned"
    if done is not None:
        proven = bool(done["proven"].all()) and not (done["outcome"] == "failed").any()
        state = "done" if proven else "failed"
    return {
        "state": state,
        "modules": modules,
        "digest": facts.get("digest", ""),
        "requests": facts.get("requests", 0),
        "cannot_undo": list(dict.fromkeys(plan["cannot_undo"].explode().drop_nulls())),
    }


def merged_rollbacks(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Several batches' summaries as one; the worst state speaks for all."""
    modules: dict[str, dict[str, int]] = {}
    for result in results:
        for module, counts in result["modules"].items():
            known = modules.setdefault(module, dict.fromkeys(counts, 0))
            for name, count in counts.items():
                known[name] += count
    sentences = [sentence for result in results for sentence in result["cannot_undo"]]
    return {
        "state": max((result["state"] for result in results), key=_STATES.index),
        "modules": modules,
        "digests": [result["digest"] for result in results],
        "requests": sum(result["requests"] for result in results),
        "cannot_undo": list(dict.fromkeys(sentences)),
    }
