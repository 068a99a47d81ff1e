"""What each plan of Freshsales allows: requests, custom fields, storage, features.

The figures and their sources stand in ``plans.yaml`` and nowhere else; they are checked
when they are read. Which plan an account has is ``config``'s word.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Final

import yaml

from kartra_freshsales.sandbox.edition import BY_NAME

FIELD_KINDS: Final = (
    "text", "dropdown", "textarea", "multi_select_dropdown", "number", "checkbox", "date",
    "lookup", "formula",
)  # fmt: skip
CAP_OF: Final[Mapping[str, str]] = {
    **{kind: kind for kind in FIELD_KINDS}, "radio": "dropdown", "decimal": "number",
}  # fmt: skip
"""The cap a type of field uses up."""
FEATURES: Final = (
    "multiple_pipelines", "product_catalogue", "multi_currency", "custom_modules",
    "custom_activity_types",
)  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """One plan. ``None`` means that nobody has published it.

    ``requests_per_hour`` and ``requests_per_minute`` count all calls of the account,
    ``field_caps`` the custom fields of one module by type, ``unique_fields`` those of
    them that may be unique, by module.
    """

    name: str
    edition: str
    api: bool
    requests_per_hour: int
    requests_per_minute: int | None
    field_caps: Mapping[str, int]
    unique_fields: Mapping[str, int]
    storage_gb_per_user: int | None
    multiple_pipelines: bool | None
    product_catalogue: bool | None
    multi_currency: bool | None
    custom_modules: bool | None
    custom_activity_types: bool | None

    def __post_init__(self) -> None:
        """Refuse a plan whose figures cannot be right."""
        caps = dict(self.field_caps)
        if set(caps) != {"total", *FIELD_KINDS}:
            raise ValueError(f"plan {self.name}: a cap for each of total, {FIELD_KINDS}")
        counted = sum(caps[kind] for kind in FIELD_KINDS if kind != "formula")
        if caps["total"] != counted:
            raise ValueError(f"plan {self.name}: the total is the sum without formula")
        if self.edition not in BY_NAME:
            raise ValueError(f"plan {self.name}: unknown edition {self.edition!r}")
        if set(self.unique_fields) != set(BY_NAME[self.edition].modules):
            raise ValueError(f"plan {self.name}: unique fields for each module")
        if any(figure < 0 for figure in (*caps.values(), self.requests_per_hour)):
            raise ValueError(f"plan {self.name}: figures below 0")

    def has(self, feature: str) -> bool:
        """Whether the plan has a feature; one nobody described it does not have."""
        return getattr(self, feature) is True


@dataclass(frozen=True)
class Published:
    """All plans, with the day they were read and the source of each figure."""

    read_on: date
    sources: Mapping[str, str]
    plans: Mapping[str, Plan]

    def __post_init__(self) -> None:
        """Refuse a figure without a source."""
        figures = {item.name for item in dataclasses.fields(Plan)} - {"name", "edition"}
        missing = sorted(figures - set(self.sources))
        if missing or not all(self.sources.values()):
            raise ValueError(f"figures without a source: {', '.join(missing) or 'blank'}")
        if type(self.read_on) is not date:
            raise ValueError("read_on: the day the figures were read")


def read_plans(text: str) -> Published:
    """Read the plans from YAML.

    Raises:
        ValueError: a figure is missing, unknown, without a source or cannot be right.
    """
    told: dict[str, Any] = yaml.safe_load(text)
    known = {item.name for item in dataclasses.fields(Plan)} - {"name"}
    for name, figures in told["plans"].items():
        if set(figures) != known:
            raise ValueError(f"plan {name}: {sorted(set(figures) ^ known)}")
    return Published(
        read_on=told["read_on"],
        sources=told["sources"],
        plans={name: Plan(name=name, **item) for name, item in told["plans"].items()},
    )


@cache
def published() -> Published:
    """The plans as they stand in ``plans.yaml``."""
    return read_plans(files(__package__).joinpath("plans.yaml").read_text(encoding="utf-8"))


def plan_of(name: str, edition: str) -> Plan:
    """The plan an account of that edition has.

    Raises:
        ValueError: the edition has no such plan.
    """
    plans = published().plans
    found = plans.get(name)
    if found is None or found.edition != edition:
        own = sorted(key for key, plan in plans.items() if plan.edition == edition)
        raise ValueError(f"unknown plan {name!r} of {edition}; use one of {own}")
    return found
