"""``destination.yaml``: the Freshsales account that is loaded, and how.

Not here: its address and key (the environment holds them).
"""

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import Field, model_validator

from kartra_freshsales.freshsales.modules import CLASSIC, bulk_endpoints
from kartra_freshsales.freshsales.plan_facts import plan_facts, plans_of
from kartra_freshsales.mapping.decisions.base import Decisions

Edition = Literal["suite", "classic"]
Plan = Literal[
    "free", "growth", "pro", "enterprise", "blossom", "garden", "estate", "forest"
]
Endpoint = Literal["sales_accounts", "contacts", "leads", "deals"]


class Destination(Decisions):
    """Edition, plan, consent jurisdiction and sizes of the groups that are sent."""

    edition: Edition = "suite"
    plan: Plan = "growth"
    jurisdiction: Literal["gdpr", "can_spam"] = "gdpr"
    currency: str = Field(default="", pattern=r"^([A-Z]{3})?$")
    group_size: int = Field(default=100, ge=1, le=100)
    list_group_size: int = Field(default=500, ge=1, le=500)
    bulk: tuple[Endpoint, ...] | None = None
    field_caps: dict[str, int] = Field(default_factory=dict)
    create_fields: bool = False
    rehearsal: bool = False
    sample_first: bool = True
    sample_size: int = Field(default=200, ge=20, le=1000)
    views: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _the_plan_is_one_of_the_edition(self) -> Self:
        plans = plans_of(self.edition)
        if self.plan not in plans:
            raise ValueError(
                f"plan {self.plan!r} does not exist in edition {self.edition!r}: name "
                f"{', '.join(plans[:-1])} or {plans[-1]}"
            )
        return self

    @property
    def bulk_endpoints(self) -> frozenset[str]:
        """Endpoints that take many records in one call; the others go one by one."""
        return bulk_endpoints(self.edition) if self.bulk is None else frozenset(self.bulk)

    @property
    def caps(self) -> Mapping[str, int]:
        """How many custom fields a module may have, by type: as set, else the plan's."""
        return {**plan_facts(self.plan).field_caps, **self.field_caps}

    @property
    def has_lists(self) -> bool:
        """Whether there may be marketing lists: on Classic nobody has seen any (3.10)."""
        return plan_facts(self.plan).marketing_lists is not False

    @property
    def consent_field(self) -> bool:
        """Whether our verdict on consent is also kept in a field of its own (S58).

        Always on Classic: its leads have no subscription status that could hold a refusal.
        """
        return self.jurisdiction == "gdpr" or self.edition == CLASSIC
