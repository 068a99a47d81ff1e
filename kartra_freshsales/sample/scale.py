"""How large a sample is, and the fixed calendar it plays in.

What does not belong here: anything about a single person or payment.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl

from kartra_freshsales.sample.dice import Dice

FIRST_EXPORT = datetime(2026, 3, 2, 14, 5, 9, tzinfo=UTC)
BETWEEN_EXPORTS = timedelta(days=7, minutes=11)
FIRST_JOINED = datetime(2018, 5, 1)  # noqa: DTZ001 - account time, which Kartra writes without zone
LAST_JOINED = datetime(2026, 2, 25)  # noqa: DTZ001
LAST_PAYMENT = datetime(2026, 2, 27)  # noqa: DTZ001
SMALLEST = 10


@dataclass(frozen=True)
class Scale:
    """What was asked for. People are numbered from 0 to ``contacts - 1``."""

    contacts: int
    batches: int
    dice: Dice

    def __post_init__(self) -> None:
        """Refuse what makes no sample."""
        if self.contacts < SMALLEST:
            raise ValueError(f"a sample needs at least {SMALLEST} contacts")
        if not 1 <= self.batches <= self.contacts:
            raise ValueError("a sample needs at least one batch, and a contact for each")
        if self.dice.seed < 0:
            raise ValueError("the seed is a whole number from 0")

    @property
    def strangers(self) -> int:
        """Buyers that no contacts export knows; numbered from ``contacts`` upwards."""
        return max(2, self.contacts // 250)

    def exported_at(self, batch: int) -> datetime:
        """When the export of batch 0, 1, and so on began (UTC)."""
        return FIRST_EXPORT + batch * BETWEEN_EXPORTS


def batch_key(batch: int) -> str:
    """The folder name of batch 0, 1, and so on."""
    return f"batch-{batch + 1:02d}"


def outside_clock_change(moment: pl.Expr) -> pl.Expr:
    """Account time without the hour after 02:00, which some days in spring do not have."""
    return pl.when(moment.dt.hour() == 2).then(moment.dt.offset_by("1h")).otherwise(moment)  # noqa: PLR2004
