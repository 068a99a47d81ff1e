"""``routing.yaml``: which contact becomes what (S9, S23–S29).

Not here: the ids of stages.
"""

from typing import Literal, Self

from pydantic import Field, model_validator

from kartra_freshsales.mapping.decisions.base import Decisions


class When(Decisions):
    """Conditions of one rule; all that are given must hold. None given holds always."""

    paying: bool | None = None
    company: bool | None = None
    tags_any: tuple[str, ...] = ()
    lists_any: tuple[str, ...] = ()
    equals: dict[str, str] = Field(default_factory=dict)

    @property
    def always(self) -> bool:
        """Whether the rule asks nothing."""
        return not self.model_dump(exclude_defaults=True)


class Rule(Decisions):
    """Contacts that meet ``when`` and no earlier rule go where this one says."""

    name: str = Field(min_length=1)
    when: When = When()
    module: Literal["contacts", "leads"]
    lifecycle_stage: str = ""
    contact_status: str = ""
    lead_stage: str = ""


DEFAULT_RULES: tuple[Rule, ...] = (
    Rule(
        name="paying customer",
        when=When(paying=True),
        module="contacts",
        lifecycle_stage="Customer",
        contact_status="Won",
    ),
    Rule(
        name="works for a company",
        when=When(company=True),
        module="contacts",
        lifecycle_stage="Sales Qualified Lead",
        contact_status="Qualified",
    ),
    Rule(
        name="everyone else",
        module="leads",
        lifecycle_stage="Lead",
        contact_status="New",
        lead_stage="New",
    ),
)


class Routing(Decisions):
    """Ordered rules; the first that holds decides."""

    rules: tuple[Rule, ...] = DEFAULT_RULES

    @model_validator(mode="after")
    def _every_contact_is_routed(self) -> Self:
        names = [rule.name for rule in self.rules]
        if len(set(names)) < len(names):
            raise ValueError("two rules have the same name")
        if not self.rules or not self.rules[-1].when.always:
            raise ValueError(
                "the last rule must have no 'when', so that nobody is left over"
            )
        return self
