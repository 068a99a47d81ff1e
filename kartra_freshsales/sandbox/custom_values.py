"""How the values of custom fields are read, type by type. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from kartra_freshsales.sandbox.builtin_fields import Field
from kartra_freshsales.sandbox.refusal import bad
from kartra_freshsales.sandbox.values import (
    as_checkbox,
    as_date,
    as_id,
    as_labels,
    as_number,
    as_text,
    label_of,
)

LONGEST_TEXT_AREA: Final = 10_000
_NUMBER_LIMIT: Final = Decimal(10) ** 11


@dataclass(frozen=True)
class CustomField:
    """One custom field as values are checked against it."""

    name: str
    type: str
    unique: bool
    required: bool
    labels: Mapping[int, str]
    item: Field

    @property
    def blank(self) -> Any:
        """What a record shows when nothing was written."""
        return False if self.type == "checkbox" else None


def custom_field(item: Field) -> CustomField:
    """The field a metadata item describes."""
    return CustomField(
        name=item["name"],
        type=item["type"],
        unique=item["field_options"]["unique"],
        required=item["required"],
        labels={choice["id"]: choice["value"] for choice in item["choices"]},
        item=item,
    )


def clean_value(field: CustomField, value: Any) -> Any:
    """Read one value by the field's type; unknown choices are refused."""
    reader = _READERS.get(field.type)
    return as_text(field.name, value) if reader is None else reader(field, value)


def _number(key: str, value: Any, kind: str) -> Any:
    number = as_number(value)
    if number is None:
        return None
    if abs(number) >= _NUMBER_LIMIT:
        raise bad(f"{label_of(key)} is not in required length")
    number = round(number, 4)
    if kind == "decimal":
        text = f"{number:f}".rstrip("0") if "." in f"{number:f}" else f"{number:f}."
        return f"{text}0" if text.endswith(".") else text
    return int(number) if number == number.to_integral_value() else float(number)


def _label(field: CustomField, value: Any) -> str:
    if isinstance(value, str) and value.strip() in field.labels.values():
        return value.strip()
    by_id = field.labels.get(as_id(value) or 0)
    if by_id is None:
        raise bad(f"{label_of(field.name)} has an invalid choice")
    return by_id


def _choice(field: CustomField, value: Any) -> str | None:
    return None if value in (None, "") else _label(field, value)


def _choices(field: CustomField, value: Any) -> str | None:
    return ";".join(_label(field, label) for label in as_labels(value)) or None


_READERS: Final[Mapping[str, Callable[[CustomField, Any], Any]]] = {
    "checkbox": lambda field, value: as_checkbox(field.name, value),
    "date": lambda _field, value: as_date(value),
    "number": lambda field, value: _number(field.name, value, "number"),
    "decimal": lambda field, value: _number(field.name, value, "decimal"),
    "dropdown": _choice,
    "radio": _choice,
    "multi_select_dropdown": _choices,
    "textarea": lambda field, value: as_text(field.name, value, LONGEST_TEXT_AREA),
    "formula": lambda _field, _value: None,  # computed; what a client sends is ignored
}
