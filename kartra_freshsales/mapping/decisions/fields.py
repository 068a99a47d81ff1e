"""``fields.yaml``: what becomes of every column of every export (S1, S9, S21).

Not here: the default table (``default_fields``), kinds of custom fields, values.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from kartra_freshsales.mapping.decisions.base import Decisions
from kartra_freshsales.mapping.decisions.default_fields import (
    DEFAULT_FIELDS,
    DERIVATIONS,
    FRESHSALES_KEYS,
    HELPERS,
    NOT_CARRIED,
)

KINDS = ("contacts", "transactions", "subscriptions")
FieldType = Literal["text", "textarea", "number", "date", "dropdown", "checkbox"]
Unknown = Literal["custom", "drop", "stop"]


class Custom(Decisions):
    """A custom field of Freshsales."""

    label: str = Field(min_length=1, max_length=255)
    type: FieldType = "text"


class Target(Decisions):
    """What becomes of one column: exactly one of the four.

    ``field`` is a key of Freshsales itself, ``custom`` a custom field, ``derived`` names
    what the column contributes to, ``drop`` holds the reason for leaving it behind.
    """

    field: str | None = None
    custom: Custom | None = None
    derived: str | None = None
    drop: str | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        given = [name for name, value in self if value is not None]
        if len(given) != 1:
            raise ValueError("give exactly one of field, custom, derived and drop")
        if self.drop is not None and not self.drop.strip():
            raise ValueError("a dropped column needs a reason")
        return self


def _over_defaults(kind: str) -> BeforeValidator:
    """A file names only what it changes; every other column keeps its default."""

    def merge(given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        return {**DEFAULT_FIELDS[kind], **given}

    return BeforeValidator(merge)


class UnknownColumns(Decisions):
    """What becomes of columns Kartra does not have itself: the account's own fields."""

    contacts: Unknown = "custom"
    transactions: Unknown = "custom"
    subscriptions: Unknown = "custom"


def _defaults(kind: str) -> Any:
    return Field(
        default_factory=lambda: {
            column: Target.model_validate(target)
            for column, target in DEFAULT_FIELDS[kind].items()
        }
    )


class Fields(Decisions):
    """Column → target, per export kind."""

    contacts: Annotated[dict[str, Target], _over_defaults("contacts")] = _defaults(
        "contacts"
    )
    transactions: Annotated[dict[str, Target], _over_defaults("transactions")] = _defaults(
        "transactions"
    )
    subscriptions: Annotated[dict[str, Target], _over_defaults("subscriptions")] = (
        _defaults("subscriptions")
    )
    unknown: UnknownColumns = UnknownColumns()

    def of(self, kind: str) -> dict[str, Target]:
        """The targets of an export kind."""
        targets: dict[str, Target] = getattr(self, kind)
        return targets

    def unknown_rule(self, kind: str) -> Unknown:
        """The rule for columns of a kind that have no target."""
        rule: Unknown = getattr(self.unknown, kind)
        return rule

    def derives(self, kind: str, what: str) -> bool:
        """Whether a column of the kind contributes to ``what``, helpers left aside."""
        return any(
            target.derived == what and column not in HELPERS[kind]
            for column, target in self.of(kind).items()
        )

    def keys_of(self, kind: str) -> dict[str, str]:
        """Freshsales key → column, for columns that go into a key of Freshsales itself."""
        return {t.field: column for column, t in self.of(kind).items() if t.field}

    @model_validator(mode="after")
    def _targets_exist(self) -> Self:
        for kind in KINDS:
            for column, target in self.of(kind).items():
                _check(kind, column, target)
            _check_unique(kind, self.of(kind))
        return self


def _check(kind: str, column: str, target: Target) -> None:
    where = f"{kind}.{column}"
    if column not in DEFAULT_FIELDS[kind]:
        raise ValueError(
            f"{where}: Kartra has no such column; the account's own fields are governed by "
            "'unknown' and by custom_fields.yaml"
        )
    if target.field is not None and target.field not in FRESHSALES_KEYS[kind]:
        known = ", ".join(sorted(FRESHSALES_KEYS[kind]))
        raise ValueError(f"{where}: {target.field!r} cannot be written; keys are {known}")
    if target.derived is not None and target.derived not in DERIVATIONS[kind]:
        known = ", ".join(sorted(DERIVATIONS[kind]))
        raise ValueError(f"{where}: nothing derives {target.derived!r}; known are {known}")
    if column in NOT_CARRIED[kind] and (target.field or target.custom):
        raise ValueError(
            f"{where}: cleaning does not carry this column; name it under 'also' in "
            "source.yaml instead, or drop it with a reason"
        )
    if kind == "contacts" and column == "email" and target.field != "email":
        raise ValueError(f"{where}: the e-mail is the key of a contact and stays one")


def _check_unique(kind: str, targets: Mapping[str, Target]) -> None:
    seen: dict[str, str] = {}
    for column, target in targets.items():
        goal = target.field or (target.custom.label.casefold() if target.custom else None)
        if goal is None:
            continue
        if goal in seen:
            raise ValueError(f"{kind}.{column}: {seen[goal]} already goes there")
        seen[goal] = column
