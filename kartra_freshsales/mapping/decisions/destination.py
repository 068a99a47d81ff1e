"""``destination.yaml``: the Freshsales account that is loaded, and how.

Not here: its address and key (the environment holds them).
"""

from typing import Literal

from pydantic import Field

from kartra_freshsales.mapping.decisions.base import Decisions

Edition = Literal["suite", "classic"]
Plan = Literal["free", "growth", "pro", "enterprise"]


class Destination(Decisions):
    """Edition, plan, consent jurisdiction and sizes of the groups that are sent."""

    edition: Edition = "suite"
    plan: Plan = "growth"
    jurisdiction: Literal["gdpr", "can_spam"] = "gdpr"
    currency: str = Field(default="", pattern=r"^([A-Z]{3})?$")
    group_size: int = Field(default=100, ge=1, le=100)
    list_group_size: int = Field(default=500, ge=1, le=500)
    create_fields: bool = False
    rehearsal: bool = False
    views: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    @property
    def consent_field(self) -> bool:
        """Whether our verdict on consent is also kept in a field of its own (S58)."""
        return self.jurisdiction == "gdpr"
