"""Planning and carrying out a rollback through its jobs, and its figures."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from kartra_freshsales.cli.targets import Target
from kartra_freshsales.errors import BadInput

if TYPE_CHECKING:
    from kartra_freshsales.cli.journey import Journey

_STATES = ("planned", "done", "failed")


def roll_back(
    journey: "Journey", only: Iterable[str], approved_by: str, target: Target
) -> dict[str, Any]:
    """Plan the undo of some batches or of all; carry it out if somebody approves.

    ``target`` narrows it to a module, a run, single records or what has left the source.

    Raises:
        BadInput: there is nothing to undo, or ``only`` names what was never read.
    """
    chosen, known = list(only), journey.runs.batches()
    unknown = sorted(set(chosen) - set(known))
    if unknown or not known:
        raise BadInput(
            f"Batch {unknown[0]!r} was never read." if unknown else "Nothing was loaded.",
            remedy=f"Known here: {', '.join(known) or 'no batch'}.",
        )
    if not journey.path_of("provisioned_fields").exists():
        raise BadInput("Nothing was loaded.", remedy="There is nothing to take back.")
    with journey.destination.ledger() as ledger:
        identities = ledger.identities()
    batches = [(batch, False) for batch in reversed(known) if batch in chosen]
    results = [
        _roll_back_one(
            journey,
            batch,
            approved_by,
            rollback_config(target, identities, everything=everything),
        )
        for batch, everything in batches or [(known[-1], True)]
    ]
    return merged_rollbacks(results)


def _roll_back_one(
    journey: "Journey", batch: str, name: str, config: Mapping[str, Any]
) -> dict[str, Any]:
    journey.run("plan_rollback", partition=batch, config={"rollback_plan": config})
    facts = journey.runs.facts_of("rollback_plan", batch)
    plan = journey.frame("rollback_plan", batch)
    if not name:
        return rollback_summary(plan, facts, done=None)
    yes = {"approved_by": name, "plan_digest": facts["digest"]}
    journey.run("rollback", partition=batch, config={"rollback_approval": yes})
    return rollback_summary(plan, facts, done=journey.frame("rolled_back", batch))


def rollback_config(
    target: Target, identities: pl.DataFrame, *, everything: bool
) -> dict[str, Any]:
    """Run config of ``rollback_plan``: ids instead of anybody's address.

    Raises:
        BadInput: a word names no record that stands in Freshsales.
    """
    return {
        "everything": everything,
        "module": target.module,
        "run": target.run,
        "records": places_of(target.records, identities),
        "left_source": target.left_source,
        "include_touched": target.include_touched,
    }


def places_of(words: Iterable[str], identities: pl.DataFrame) -> list[str]:
    """The records that words name, each as ``module:Freshsales id``.

    Raises:
        BadInput: a word names no record that stands in Freshsales.
    """
    live = identities.filter(pl.col("state") == "live")
    key = pl.col("source_key").str.to_lowercase()
    found: list[str] = []
    for word in words:
        plain = word.strip().casefold()
        place = pl.format("{}:{}", "module", "freshsales_id")
        named = live.filter(
            key.is_in([plain, f"txn:{plain}", f"sub:{plain}"])
            | (pl.col("freshsales_id").cast(pl.String) == plain)
            | (place == plain)
        )
        if named.is_empty():
            raise BadInput(
                "One of the named records is not known to stand in Freshsales.",
                remedy="Look it up: kartra-freshsales trace KEY. Name it by its e-mail, "
                "Kartra id or Freshsales id.",
            )
        found += named.select(place).to_series().to_list()
    return list(dict.fromkeys(found))


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
    # Lists stay; members that are taken off one are no deletion.
    deletes = pl.col("operation").is_in(["delete", "delete_note", "delete_activity"])
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
