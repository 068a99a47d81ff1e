"""What the operator decides about reading the source: dates, money, types, words, consent.

These are the models behind ``mappings/source.yaml`` and ``mappings/consent.yaml``; their
defaults are what those files ship with. What does not belong here: applying a rule
(``transforms``), reading YAML (``loading``), anything about Freshsales.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from kartra_freshsales.mapping.source_files import FileMeaning
from kartra_freshsales.mapping.source_words import (
    COMMUNICATIONS,
    DATE_FORMATS,
    INTERVALS,
    LEGAL_SUFFIXES,
    MAIL,
    NULL_WORDS,
    STATUSES,
    SUBSCRIPTION_STATUSES,
    TRANSACTION_TYPES,
    type_key,
)

Treatment = Literal["deal", "annotate", "exclude"]
NumericOrder = Literal["day_first", "month_first"]
Suppression = Literal[
    "bounced", "spam", "do_not_contact", "stale", "role", "disposable", "placeholder"
]
ConsentState = Literal[
    "subscribed", "not_subscribed", "unsubscribed", "reported_as_spam", "bounced"
]
GdprMeaning = Literal["accepted", "refused", "not_subject", "unknown"]
MailMeaning = Literal["harmless", "unsubscribed", "reported_as_spam", "bounced"]
SubscriptionStatus = Literal[
    "Active", "Pending Cancellation", "Paused", "Cancelled", "Terminated"
]


def folded(word: str) -> str:
    """A word as tables are looked up: trimmed, single blanks, case-folded."""
    return " ".join(word.split()).casefold()


def _folded_keys(table: Any) -> Any:
    """Table keys as words.

    YAML reads an unquoted ``Yes``, ``No`` or ``Off`` as true or false, after which nobody
    can tell ``No`` from ``Off``: such keys are refused instead of guessed.
    """
    if not isinstance(table, Mapping):
        return table
    words: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(key, bool):
            raise ValueError(  # noqa: TRY004 - pydantic reports only ValueError
                "Put quotes around Yes, No, On and Off in this table."
            )
        word = folded(str(key))
        if words.get(word, value) != value:
            raise ValueError(f"{word!r} stands in the table twice with different meanings.")
        words[word] = value
    return words


def _type_keys(table: Any) -> Any:
    """Transaction types as keys: ``Request Can.`` and ``request_can`` are one."""
    if not isinstance(table, Mapping):
        return table
    return {type_key(str(key)): value for key, value in table.items()}


Words = BeforeValidator(_folded_keys)


class Rules(BaseModel):
    """The common base: frozen, and an unknown key is an error, not a silent nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ConsentRules(Rules):
    """Which words mean what for consent (S57–S60, G10).

    A contact is subscribed only where the status means ``accepted`` and communications mean
    ``yes``. ``not_subject`` says what a contact outside the GDPR counts as.
    """

    statuses: Annotated[dict[str, GdprMeaning], Words] = Field(
        default_factory=lambda: dict(STATUSES)
    )
    communications: Annotated[dict[str, Literal["yes", "no", "unknown"]], Words] = Field(
        default_factory=lambda: dict(COMMUNICATIONS)
    )
    mail: Annotated[dict[str, MailMeaning], Words] = Field(
        default_factory=lambda: dict(MAIL)
    )
    not_subject: Literal["not_subscribed", "subscribed"] = "not_subscribed"


class TransactionRules(Rules):
    """What becomes of each transaction type, and which further columns are carried on.

    ``also`` names known columns of the export (``affiliate_username`` …) which deals do not
    hold by default; they travel as ``custom:<name>``.
    """

    types: Annotated[dict[str, Treatment], BeforeValidator(_type_keys)] = Field(
        default_factory=lambda: dict(TRANSACTION_TYPES)
    )
    also: tuple[str, ...] = ()


class SubscriptionRules(Rules):
    """Words for statuses and intervals; ``also`` as for transactions."""

    statuses: Annotated[dict[str, SubscriptionStatus], Words] = Field(
        default_factory=lambda: dict(SUBSCRIPTION_STATUSES)
    )
    intervals: Annotated[dict[str, str], Words] = Field(
        default_factory=lambda: dict(INTERVALS)
    )
    also: tuple[str, ...] = ()


class SourceRules(Rules):
    """Every decision about reading and cleaning the exports.

    Attributes:
        zone: the Kartra account's time zone; times in the files are local to it.
        date_formats: accepted layouts; nothing else is guessed.
        numeric_dates: column → order, for dates such as 3/4/2026 that do not tell.
        null_words: cells that mean "nothing here", compared without regard to case.
        html_entities: decode ``&amp;`` and the like once.
        phone_region: ISO region of numbers without a country code; null builds none.
        default_currency: where the header of the amount names no currency.
        decimal_comma: amounts are written 1.234,56 and not 1,234.56.
        separators: column → separator, where the one found in the file is wrong. An empty
            text means that a cell is one name.
        files: names of exports that tell a tag, a list or a mail status of their contacts.
        complete: kind → the batch that holds everything Kartra had of it.
        withdrawn: batches that were a mistake: their rows count for nothing.
        test_domains: e-mail domains of test contacts.
        suppress: groups of contacts that are left out by decision.
        stale_after_days: when a contact without score counts as stale.
        legal_suffixes: endings that make no other company of a name.
    """

    zone: str = "America/New_York"
    date_formats: tuple[str, ...] = DATE_FORMATS
    numeric_dates: dict[str, NumericOrder] = Field(default_factory=dict)
    null_words: tuple[str, ...] = NULL_WORDS
    html_entities: bool = True
    phone_region: str | None = Field(default="US", pattern=r"^[A-Z]{2}$")
    default_currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    decimal_comma: bool = False
    separators: dict[Literal["tags", "lists", "sequences", "memberships"], str] = Field(
        default_factory=dict
    )
    files: tuple[FileMeaning, ...] = ()
    complete: dict[Literal["contacts", "transactions", "subscriptions"], str] = Field(
        default_factory=dict
    )
    withdrawn: tuple[str, ...] = ()
    test_domains: tuple[str, ...] = ("kartra.com",)
    suppress: tuple[Suppression, ...] = ()
    stale_after_days: int = Field(default=1095, ge=1)
    legal_suffixes: tuple[str, ...] = LEGAL_SUFFIXES
    transactions: TransactionRules = Field(default_factory=TransactionRules)
    subscriptions: SubscriptionRules = Field(default_factory=SubscriptionRules)
    consent: ConsentRules = Field(default_factory=ConsentRules)

    @field_validator("zone")
    @classmethod
    def _a_zone_that_exists(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(
                f"{zone!r} is no time zone. Use a name such as America/New_York or "
                "Europe/Berlin."
            ) from error
        return zone

    @field_validator("test_domains", "legal_suffixes")
    @classmethod
    def _folded_words(cls, words: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(folded(word).lstrip("@") for word in words)
