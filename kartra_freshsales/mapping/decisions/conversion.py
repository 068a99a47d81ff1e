"""``conversion.yaml``: that an admin has set up Classic's lead conversion (S82, S96, S106).

No API shows or sets that screen, so a person says that it was done. Not here: which fields
need a place (``mapping.conversion``).
"""

from datetime import date
from typing import Literal

from pydantic import Field

from kartra_freshsales.mapping.decisions.base import Decisions


class Place(Decisions):
    """Where a lead field goes if not to the contact field of the same label."""

    module: Literal["contacts", "sales_accounts", "deals"]
    label: str = Field(min_length=1)


class Conversion(Decisions):
    """Who confirmed the screen, when, and for which fields (their digest)."""

    confirmed_by: str = ""
    confirmed_on: date | None = None
    fields: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")
    elsewhere: dict[str, Place] = Field(default_factory=dict)

    def place_of(self, label: str) -> Place:
        """Where the lead field with this label goes, whatever its letter case."""
        folded = label.strip().casefold()
        named = (p for name, p in self.elsewhere.items() if name.casefold() == folded)
        return next(named, Place(module="contacts", label=label))
