"""Names of the destination that decisions refer to, found whatever their case (S95).

Not here: the decisions, reading the account (``freshsales.metadata``).
"""

from collections.abc import Iterator
from difflib import get_close_matches

import polars as pl

from kartra_freshsales.freshsales.lookups import Lookups, StageTarget
from kartra_freshsales.freshsales.modules import SUITE
from kartra_freshsales.mapping.model import Mapping

_SCHEMA: dict[str, pl.DataType] = {
    "what": pl.String(),
    "name": pl.String(),
    "found": pl.Boolean(),
    "nearest": pl.String(),
    "used_by": pl.String(),
}


def _folded(name: str) -> str:
    return name.strip().casefold()


def pipeline_name(mapping: Mapping, lookups: Lookups) -> str | None:
    """The pipeline deals go into, as the account spells it; else its default (S117)."""
    wanted = mapping.stages.pipeline
    if not wanted.strip():
        return lookups.default_pipeline
    spelled = {_folded(name): name for name in lookups.pipelines}
    return spelled.get(_folded(wanted))


def deal_stage(name: str, mapping: Mapping, lookups: Lookups) -> StageTarget | None:
    """The stage of that name in the pipeline deals go into."""
    pipeline = pipeline_name(mapping, lookups)
    stages = {
        _folded(stage): target
        for (of, stage), target in lookups.deal_stages.items()
        if of == pipeline
    }
    return stages.get(_folded(name))


def lifecycle_stage(name: str, lookups: Lookups) -> int | None:
    """The id of a lifecycle stage."""
    stages = {_folded(stage): number for stage, number in lookups.lifecycle_stages.items()}
    return stages.get(_folded(name))


def lead_stage(name: str, lookups: Lookups) -> int | None:
    """The id of a stage of Classic's leads."""
    stages = {_folded(stage): number for stage, number in lookups.lead_stages.items()}
    return stages.get(_folded(name))


def contact_status(stage: str, status: str, lookups: Lookups) -> int | None:
    """The id of a contact status within its lifecycle stage."""
    statuses = {
        (_folded(of), _folded(name)): number
        for (of, name), number in lookups.contact_statuses.items()
    }
    return statuses.get((_folded(stage), _folded(status)))


def _used(mapping: Mapping, lookups: Lookups) -> Iterator[tuple[str, str, bool, str]]:
    if mapping.stages.pipeline:
        there = pipeline_name(mapping, lookups) is not None
        yield "pipeline", mapping.stages.pipeline, there, "stages.yaml"
    stages = mapping.stages
    used = [*stages.types.values(), stages.other_type, *stages.refunds.values()]
    for name in dict.fromkeys(used):
        there = deal_stage(name, mapping, lookups) is not None
        yield "deal stage", name, there, "stages.yaml"
    subscriptions = mapping.subscriptions
    for name in dict.fromkeys([*subscriptions.stages.values(), subscriptions.other_status]):
        there = deal_stage(name, mapping, lookups) is not None
        yield "deal stage", name, there, "subscriptions.yaml"
    if mapping.destination.edition == SUITE:
        yield from _contact_names(mapping, lookups)
    else:
        yield from _lead_names(mapping, lookups)


def _lead_names(mapping: Mapping, lookups: Lookups) -> Iterator[tuple[str, str, bool, str]]:
    for rule in mapping.routing.rules:
        if rule.module == "leads" and rule.lead_stage:
            there = lead_stage(rule.lead_stage, lookups) is not None
            yield "lead stage", rule.lead_stage, there, "routing.yaml"


def _contact_names(
    mapping: Mapping, lookups: Lookups
) -> Iterator[tuple[str, str, bool, str]]:
    for rule in mapping.routing.rules:
        stage, status = rule.lifecycle_stage, rule.contact_status
        if stage:
            there = lifecycle_stage(stage, lookups) is not None
            yield "lifecycle stage", stage, there, "routing.yaml"
        if stage and status:
            there = contact_status(stage, status, lookups) is not None
            yield "contact status", f"{stage}: {status}", there, "routing.yaml"


def names_in_use(mapping: Mapping, lookups: Lookups) -> pl.DataFrame:
    """Every stage, status and pipeline the decisions name, and whether the account has it.

    Returns:
        ``what, name, found, nearest, used_by``; ``nearest`` is what the account has that
        looks most like a name it lacks.
    """
    pipeline = pipeline_name(mapping, lookups)
    known = {
        "pipeline": list(lookups.pipelines),
        "deal stage": [stage for of, stage in lookups.deal_stages if of == pipeline],
        "lifecycle stage": list(lookups.lifecycle_stages),
        "lead stage": list(lookups.lead_stages),
        "contact status": [f"{of}: {name}" for of, name in lookups.contact_statuses],
    }
    rows = []
    for what, name, found, used_by in dict.fromkeys(_used(mapping, lookups)):
        near = [] if found else get_close_matches(name, known[what], n=1, cutoff=0.4)
        rows.append((what, name, found, near[0] if near else None, used_by))
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")
