"""Names and e-mail addresses people use, looked up as the destination's ids.

Not here: how they were read (``metadata``), what to do about a name that is missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class StageTarget:
    """A deal stage: its id, its pipeline, and whether it counts as open, won or lost."""

    id: int
    pipeline_id: int
    forecast_type: str


@dataclass(frozen=True)
class Lookups:
    """Everything a payload refers to by name. E-mail keys are case-folded.

    ``owners`` holds active users only. ``lifecycle_stages``, ``pipelines``,
    ``currencies`` (by code) and ``lead_sources`` are name → id; ``contact_statuses`` is
    (stage, status) → id; ``lead_stages`` (Classic) is name → id; ``deal_stages`` is
    (pipeline, stage) → target;
    ``custom_fields`` is endpoint → label → internal name, ``built_in`` endpoint → names of
    the fields that every account has.
    """

    owners: Mapping[str, int] = field(default_factory=dict)
    lifecycle_stages: Mapping[str, int] = field(default_factory=dict)
    contact_statuses: Mapping[tuple[str, str], int] = field(default_factory=dict)
    lead_stages: Mapping[str, int] = field(default_factory=dict)
    deal_stages: Mapping[tuple[str, str], StageTarget] = field(default_factory=dict)
    pipelines: Mapping[str, int] = field(default_factory=dict)
    default_pipeline: str | None = None
    currencies: Mapping[str, int] = field(default_factory=dict)
    lead_sources: Mapping[str, int] = field(default_factory=dict)
    custom_fields: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    built_in: Mapping[str, frozenset[str]] = field(default_factory=dict)
