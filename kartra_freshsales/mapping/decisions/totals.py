"""``totals.yaml``: what Kartra's own screens say, typed in by a person (S75).

It decides nothing; it is held against the exports, so that a file that was forgotten, or
cut short, is noticed. Not here: counting the files, comparing (``transforms.totals``).
"""

from decimal import Decimal
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from kartra_freshsales.mapping.decisions.base import Decisions
from kartra_freshsales.mapping.source_words import TYPE_LABELS, type_key

Count = Annotated[int, Field(ge=0)]


def _type_label(word: object) -> object:
    """A transaction type as Kartra spells it: ``request_can`` is ``Request Can.``."""
    return TYPE_LABELS.get(type_key(word), word) if isinstance(word, str) else word


class TransactionTotal(Decisions):
    """One figure of the transactions screen; what is left empty counts over all of it."""

    type: Annotated[str, BeforeValidator(_type_label)] = ""
    currency: str = Field(default="", pattern=r"^([A-Z]{3})?$")
    month: str = Field(default="", pattern=r"^(\d{4}-(0[1-9]|1[0-2]))?$")
    product: str = ""
    count: Count | None = None
    amount: Decimal | None = Field(default=None, ge=0, decimal_places=2)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.count is None and self.amount is None:
            raise ValueError("an entry needs a count or an amount")
        if self.amount is not None and not self.currency:
            raise ValueError("an amount needs its currency: currencies are never added up")
        if self.amount is not None and not self.type:
            raise ValueError(
                "an amount needs its type: sales and refunds are never added up"
            )
        if self.type and self.type not in TYPE_LABELS.values():
            raise ValueError(f"known types are {', '.join(TYPE_LABELS.values())}")
        return self


class Totals(Decisions):
    """The figures; ``subscriptions`` by status, ``tags`` and ``lists`` by name."""

    contacts: Count | None = None
    subscriptions: dict[str, Count] = Field(default_factory=dict)
    tags: dict[str, Count] = Field(default_factory=dict)
    lists: dict[str, Count] = Field(default_factory=dict)
    transactions: tuple[TransactionTotal, ...] = ()
