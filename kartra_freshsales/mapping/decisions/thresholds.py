"""``thresholds.yaml``: what the certificate requires (S8). Not here: measuring it.

The same shape as the certificate's own thresholds, which sit in a higher room.
"""

from decimal import Decimal

from pydantic import Field

from kartra_freshsales.mapping.decisions.base import Decisions

_HUNDRED = Decimal(100)


class ModuleThresholds(Decisions):
    """What one module must reach, in per cent."""

    records_present: Decimal = Field(default=_HUNDRED, ge=0, le=_HUNDRED)
    fields_equal: Decimal = Field(default=_HUNDRED, ge=0, le=_HUNDRED)


class Thresholds(Decisions):
    """What a migration must reach to pass. The defaults allow nothing to be lost."""

    default: ModuleThresholds = ModuleThresholds()
    modules: dict[str, ModuleThresholds] = Field(default_factory=dict)
    unequal_sums: int = Field(default=0, ge=0)
    orphans: int = Field(default=0, ge=0)
    failed_rows: int = Field(default=0, ge=0)
    failed_records: int = Field(default=0, ge=0)
    unbalanced: int = Field(default=0, ge=0)
    accept_edits_since: bool = True
