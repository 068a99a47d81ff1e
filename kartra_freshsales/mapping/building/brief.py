"""What every payload builder is told. Not here: golden records."""

from collections.abc import Mapping as Table
from dataclasses import dataclass, field

from kartra_freshsales.freshsales.lookups import Lookups
from kartra_freshsales.mapping.custom_fields import ResolvedField
from kartra_freshsales.mapping.model import Mapping
from kartra_freshsales.mapping.routing import Standing


@dataclass(frozen=True)
class Brief:
    """The decisions, the account's ids, and the custom fields both lead to."""

    mapping: Mapping
    lookups: Lookups
    fields: tuple[ResolvedField, ...]
    edition: str
    standing: Standing = field(default_factory=Standing)

    @property
    def zone(self) -> str:
        """The time zone whose days count."""
        return self.mapping.source.zone

    def names(self, endpoint: str) -> Table[str, str]:
        """Label → internal name of the custom fields that stand in the account."""
        return self.lookups.custom_fields.get(endpoint, {})
