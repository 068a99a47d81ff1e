"""``duplicates.yaml``: which contacts and companies are one, and which are not.

Nobody is ever merged without a line here, and without the line nothing stays merged.
Not here: finding pairs that look alike, merging their rows (``transforms``).
"""

from collections.abc import Iterable
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from kartra_freshsales.mapping.decisions.base import Decisions
from kartra_freshsales.mapping.decisions.people import Email


def _text(value: object) -> object:
    return value.strip() if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_text), Field(min_length=1)]
EmailPair = Annotated[tuple[Email, ...], Field(min_length=2, max_length=2)]
NamePair = Annotated[tuple[Text, ...], Field(min_length=2, max_length=2)]


class MergeContacts(Decisions):
    """The contact of one address goes into that of another; ``why`` is kept with it."""

    contact: Email
    into: Email
    why: Text


class MergeAccounts(Decisions):
    """One company name goes into another, which names the account."""

    account: Text
    into: Text
    why: Text


class Duplicates(Decisions):
    """Accepted and rejected duplicates; see ``reports/duplicate_proposals.csv``."""

    merge: tuple[MergeContacts, ...] = ()
    different: tuple[EmailPair, ...] = ()
    merge_accounts: tuple[MergeAccounts, ...] = ()
    different_accounts: tuple[NamePair, ...] = ()

    @field_validator("merge")
    @classmethod
    def _contacts_have_one_end(
        cls, merges: tuple[MergeContacts, ...]
    ) -> tuple[MergeContacts, ...]:
        _one_end((each.contact, each.into) for each in merges)
        return merges

    @field_validator("merge_accounts")
    @classmethod
    def _accounts_have_one_end(
        cls, merges: tuple[MergeAccounts, ...]
    ) -> tuple[MergeAccounts, ...]:
        _one_end((each.account.casefold(), each.into.casefold()) for each in merges)
        return merges

    @model_validator(mode="after")
    def _no_pair_is_both(self) -> Self:
        """Refuse a pair that is merged and called different at once."""
        merged = {frozenset((each.contact, each.into)) for each in self.merge}
        if merged & {frozenset(pair) for pair in self.different}:
            raise ValueError("a pair stands in merge and in different; keep one of the two")
        return self


def _one_end(merges: Iterable[tuple[str, str]]) -> None:
    """Refuse merges whose end is not plain to see: into itself, twice, or in a chain."""
    ends: dict[str, str] = {}
    for gone, kept in merges:
        if gone == kept:
            raise ValueError("an entry is merged into itself; delete the line")
        if gone in ends:
            raise ValueError("an entry is merged twice; keep one of the lines")
        ends[gone] = kept
    if set(ends) & set(ends.values()):
        raise ValueError(
            "an entry is merged into one that is itself merged; name the one that stays"
        )
