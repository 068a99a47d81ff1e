"""``stages.yaml`` and ``subscriptions.yaml``: what money events and subscriptions become.

Not here: the ids of pipelines and stages, which event types count (``source.yaml``).
"""

from string import Formatter
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field

from kartra_freshsales.mapping.decisions.base import Decisions

Status = Literal["Active", "Pending Cancellation", "Paused", "Cancelled", "Terminated"]
Refund = Literal["partial", "full", "chargeback"]
SUBSCRIPTION_STATUSES: tuple[Status, ...] = get_args(Status)
_MOVED_BY: dict[Refund, str] = {"full": "Lost", "chargeback": "Lost"}
_TRANSACTION_WORDS = frozenset(
    {"transaction_id", "product", "price_point", "type", "date", "currency", "amount"}
)
_SUBSCRIPTION_WORDS = frozenset(
    {"subscription_id", "product", "price_point", "status", "interval"}
)


def template_words(template: str) -> list[str]:
    """The placeholders of a name template, in order.

    Raises:
        ValueError: braces that do not pair, or a placeholder with a format.
    """
    words = []
    for _, word, form, conversion in Formatter().parse(template):
        if form or conversion or word == "":
            raise ValueError("placeholders are plain words in braces, such as {product}")
        if word is not None:
            words.append(word)
    return words


def _template(key: str, known: frozenset[str]) -> AfterValidator:
    def check(template: str) -> str:
        words = template_words(template)
        unknown = sorted(set(words) - known)
        if unknown:
            raise ValueError(
                f"{{{unknown[0]}}} is unknown; known are "
                + ", ".join(f"{{{word}}}" for word in sorted(known))
            )
        if words.count(key) != 1:
            raise ValueError(f"it must hold {{{key}}} once: the deal is recognised by it")
        return template

    return AfterValidator(check)


class Stages(Decisions):
    """The pipeline, a stage per money event and what undid it, and the deals' names.

    ``refunds`` holds what moves a deal: a refund that is not listed leaves it where it is.
    """

    pipeline: str = ""
    types: dict[str, str] = Field(default_factory=lambda: {"Sale": "Won", "Rebill": "Won"})
    other_type: str = "New"
    refunds: dict[Refund, str] = Field(default_factory=lambda: dict(_MOVED_BY))
    name: Annotated[str, _template("transaction_id", _TRANSACTION_WORDS)] = (
        "{product} – Kartra {transaction_id}"
    )


class Subscriptions(Decisions):
    """What a subscription becomes, in which stage it stands, and the deal's name."""

    treatment: Literal["deal", "note", "status_field"] = Field(default="deal", alias="as")
    stages: dict[Status, str] = Field(
        default_factory=lambda: dict.fromkeys(SUBSCRIPTION_STATUSES, "New")
    )
    other_status: str = "New"
    name: Annotated[str, _template("subscription_id", _SUBSCRIPTION_WORDS)] = (
        "{product} – Kartra subscription {subscription_id}"
    )
