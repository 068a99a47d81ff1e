"""What each plan of Freshsales allows: requests, custom fields, features.

The figures and their sources stand in ``plan_facts.yaml`` and nowhere else. Not here: what
this account really has (``metadata``), which plan it is on (``mappings/destination.yaml``).
"""

from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

from kartra_freshsales.errors import MappingError

_ALIKE = {"radio": "dropdown", "decimal": "number"}


class PlanFacts(BaseModel):
    """One plan. ``None`` and a missing cap mean that nobody has published it.

    ``field_caps_are`` is ``published``, or ``assumed`` where another plan's stand in.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    edition: str
    requests_per_hour: int
    requests_per_minute: int
    field_caps: Mapping[str, int]
    field_caps_are: Literal["published", "assumed"] = "published"
    storage_gb_per_user: int | None
    multiple_pipelines: bool | None
    product_catalogue: bool | None
    multi_currency: bool | None
    custom_modules: bool | None
    marketing_lists: bool | None


class _Published(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    read_on: date
    sources: Mapping[str, str]
    plans: Mapping[str, PlanFacts]


@cache
def _published() -> _Published:
    text = files(__package__).joinpath("plan_facts.yaml").read_text(encoding="utf-8")
    return _Published.model_validate(yaml.safe_load(text))


def plan_facts(plan: str) -> PlanFacts:
    """What is published of a plan, named in any letter case.

    Raises:
        MappingError: there is no such plan.
    """
    plans = _published().plans
    found = plans.get(plan.strip().casefold())
    if found is None:
        raise MappingError(
            f"There is no Freshsales plan {plan!r}.",
            file="destination.yaml",
            column="plan",
            remedy=f"Use one of: {', '.join(plans)}.",
        )
    return found


def plans_of(edition: str) -> tuple[str, ...]:
    """Names of an edition's plans, the smallest first."""
    plans = _published().plans.items()
    return tuple(name for name, facts in plans if facts.edition == edition)


def hourly_limit(settings_value: int | None, plan: str) -> int:
    """Requests per hour of the account: as set, else the plan's. 0 means no limit."""
    return plan_facts(plan).requests_per_hour if settings_value is None else settings_value


def minute_limit(settings_value: int | None, plan: str) -> int:
    """Requests per minute of the account: as set, else the plan's. 0 means no limit."""
    return (
        plan_facts(plan).requests_per_minute if settings_value is None else settings_value
    )


def field_caps(plan: str) -> Mapping[str, int]:
    """How many custom fields a module may have, by type word of the metadata and in total.

    A ``radio`` shares the cap of ``dropdown``, a ``decimal`` that of ``number`` (see
    ``counted_as``). Types without a published cap are absent.
    """
    return plan_facts(plan).field_caps


def counted_as(field_type: str) -> str:
    """The type word whose cap a field of this type uses up."""
    return _ALIKE.get(field_type, field_type)


def facts_are_from() -> tuple[date, Mapping[str, str]]:
    """When the figures were compiled, and the source of each."""
    return _published().read_on, _published().sources
