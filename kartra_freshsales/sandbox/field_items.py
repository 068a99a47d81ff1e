"""What a new custom field is made of: its type, its internal name, its choices, its item.

Pure functions. Whether the account may have the field is ``fields``'s question.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from kartra_freshsales.sandbox.builtin_fields import BASE_MODELS, ENTITIES, Field
from kartra_freshsales.sandbox.custom_values import CustomField, custom_field
from kartra_freshsales.sandbox.plans import CAP_OF
from kartra_freshsales.sandbox.refusal import bad
from kartra_freshsales.sandbox.state import FIRST_IDS
from kartra_freshsales.sandbox.values import as_id

TYPE_NUMBERS: Final = {
    1: "text", 2: "textarea", 3: "number", 4: "dropdown", 5: "checkbox", 6: "radio",
    7: "date", 8: "multi_select_dropdown", 9: "lookup", 10: "formula", 11: "decimal",
}  # fmt: skip
"""Our guess: no public source lists the numbers of ``field_type``."""

_WITH_CHOICES: Final = {"dropdown", "radio", "multi_select_dropdown"}
_MOST_CHOICES: Final = 300


def form_id(module: str) -> int:
    """The id of a module's form."""
    return 74_000_000_001 + ENTITIES.index(module)


def type_of(asked: Mapping[str, Any]) -> str:
    """The type asked for, by its word or by its number; text without one."""
    for key in ("type", "field_type"):
        value = asked.get(key)
        if isinstance(value, str) and value in CAP_OF:
            return value
        number = as_id(value)
        if number in TYPE_NUMBERS:
            return TYPE_NUMBERS[number]
        if value is not None:
            raise bad("Field type is not valid")
    return "text"


def made_required(field: CustomField) -> CustomField:
    """The same field, demanded."""
    return custom_field({**field.item, "required": True})


def asked_name(asked: Mapping[str, Any]) -> str:
    """The internal name a new field would get (reference, section 7.2)."""
    return _name_of(
        asked.get("internal_name") or asked.get("name") or asked.get("label") or ""
    )


def _name_of(words: Any) -> str:
    text = str(words).strip().lower().removeprefix("cf_")
    name = re.sub(r"[^a-z0-9]+", "_", text).strip("_")
    if not name:
        raise bad("Internal name is not valid")
    return f"cf_{name}"


def choices_of(kind: str, asked: Any) -> list[str]:
    """The labels of the choices asked for; refused where blank, alike or too many."""
    if kind not in _WITH_CHOICES:
        return []
    if not isinstance(asked, list) or not asked:
        raise bad("Choices can't be blank")
    words = [
        str(choice.get("value", "") if isinstance(choice, dict) else choice).strip()
        for choice in asked
    ]
    if not all(words) or len({word.casefold() for word in words}) < len(words):
        raise bad("Choices are blank or not unique")
    if len(words) > _MOST_CHOICES:
        raise bad("Choices are more than 300")
    return words


def new_item(
    asked: Mapping[str, Any],
    *,
    module: str,
    field_id: int,
    name: str,
    label: str,
    kind: str,
    choices: list[str],
    unique: bool,
    position: int,
) -> Field:
    """The metadata of a new custom field."""
    return {
        "id": str(field_id),
        "label": label,
        "name": name,
        "type": kind,
        "default": False,
        "custom": True,
        "actionable": True,
        "position": position,
        "choices": [
            {
                "id": 73_500_000_000 + (field_id - FIRST_IDS["custom_fields"]) * 301 + at,
                "value": word,
                "position": at,
                "disabled": False,
                "inactive": False,
                "is_active": True,
            }
            for at, word in enumerate(choices, start=1)
        ],
        "base_model": BASE_MODELS[module],
        "form_id": form_id(module),
        "field_class": module,
        "field_options": {"unique": unique},
        "required": bool(asked.get("required")),
        "visible": asked.get("visible", True),
        "editable": asked.get("editable", True),
        "quick_add_position": None,
        "parent_id": None,
        "placeholder": asked.get("placeholder"),
        "hint": asked.get("hint"),
        "default_value": None,
    }
