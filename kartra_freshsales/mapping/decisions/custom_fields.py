"""``custom_fields.yaml``: kinds of Kartra's custom fields, as its screens show them (S53).

Not here: what Freshsales types they become (``mapping.custom_fields``).
"""

from typing import Literal, Self

from pydantic import Field, model_validator

from kartra_freshsales.mapping.decisions.base import Decisions

KartraKind = Literal["input_field", "text_area", "drop_down", "radio_button", "checkbox"]
"""The five kinds Kartra has; there is no date and no number kind (S51)."""


class Declared(Decisions):
    """One custom field as Kartra's own screen shows it."""

    kind: KartraKind
    choices: tuple[str, ...] = ()
    separator: str = ""

    @model_validator(mode="after")
    def _choices_fit_the_kind(self) -> Self:
        if self.choices and self.kind in {"input_field", "text_area"}:
            raise ValueError(f"a {self.kind} has no choices")
        if self.separator and self.kind != "checkbox":
            raise ValueError("only a checkbox field holds several values")
        folded = [choice.strip().casefold() for choice in self.choices]
        if not all(folded) or len(set(folded)) < len(folded):
            raise ValueError("a choice is blank or stands there twice")
        return self


class CustomFields(Decisions):
    """Declared kinds by column header, per export. What is not declared is inferred."""

    contacts: dict[str, Declared] = Field(default_factory=dict)
    transactions: dict[str, Declared] = Field(default_factory=dict)
    subscriptions: dict[str, Declared] = Field(default_factory=dict)

    def of(self, kind: str, header: str) -> Declared | None:
        """The declaration for a header of an export kind, whatever its letter case."""
        declared: dict[str, Declared] = getattr(self, kind)
        folded = header.strip().casefold()
        return next(
            (
                found
                for name, found in declared.items()
                if name.strip().casefold() == folded
            ),
            None,
        )
