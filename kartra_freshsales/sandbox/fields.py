"""Custom fields: metadata, creation under a plan's caps, and what records show of them.

Reading the values clients send is ``custom_values``'s work.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from kartra_freshsales.sandbox.builtin_fields import ENTITIES, Field, builtin_fields
from kartra_freshsales.sandbox.config import SandboxConfig
from kartra_freshsales.sandbox.custom_values import CustomField, clean_value, custom_field
from kartra_freshsales.sandbox.field_items import (
    asked_name,
    choices_of,
    form_id,
    made_required,
    new_item,
    type_of,
)
from kartra_freshsales.sandbox.plans import CAP_OF
from kartra_freshsales.sandbox.refusal import Refusal, bad, missing
from kartra_freshsales.sandbox.seed import Seed
from kartra_freshsales.sandbox.state import Store
from kartra_freshsales.sandbox.values import as_text


class Fields:
    """All fields of an account: built-in ones, and custom ones kept in the store."""

    def __init__(self, store: Store, seed: Seed, config: SandboxConfig) -> None:
        """Read the custom fields already in ``store``."""
        self._store = store
        self._config = config
        self._builtin = {
            name: builtin_fields(name, seed, config.generation) for name in ENTITIES
        }
        self.custom: dict[str, dict[str, CustomField]] = {name: {} for name in ENTITIES}
        rows = store.sql.execute("SELECT module, body FROM custom_fields ORDER BY id")
        for module, body in rows.fetchall():
            field = custom_field(json.loads(body))
            self.custom[module][field.name] = field
        self._demanded = {name: frozenset[str]() for name in ENTITIES}
        self._labels: dict[str, dict[str, str]] = {name: {} for name in ENTITIES}
        for module, names in seed.required_fields.items():
            self._demand(module, names)
        for module, wanted in seed.custom_fields.items():
            self._make(module, wanted)

    def _demand(self, module: str, names: list[str]) -> None:
        if module not in self._config.generation.modules:
            raise ValueError(f"required_fields: {module} is no module of this edition")
        builtin = {item["name"]: item for item in self._builtin[module]}
        for name in names:
            if name.startswith("cf_"):
                continue  # it may be made later
            if name not in builtin:
                raise ValueError(f"required_fields: {module} has no field {name}")
            builtin[name]["required"] = True
            self._labels[module][name] = builtin[name]["label"]
        self._demanded[module] = frozenset(names)
        for name in self._demanded[module] & set(self.custom[module]):
            self.custom[module][name] = made_required(self.custom[module][name])

    def _make(self, module: str, wanted: list[Field]) -> None:
        """Make the fields of a seed that do not stand yet, as an admin does on a screen."""
        for asked in wanted:
            try:
                if asked_name(asked) not in self.custom[module]:
                    self.create(module, asked, on_screen=True)
            except (Refusal, KeyError) as refused:
                raise ValueError(
                    f"custom_fields: {module} cannot have {asked.get('label')!r}"
                ) from refused

    def required(self, module: str) -> dict[str, str]:
        """Labels of the fields this tenant demands, built-in and custom, by name."""
        return self._labels[module] | {
            name: str(field.item["label"])
            for name, field in self.custom[module].items()
            if field.required
        }

    def listing(self, module: str) -> list[Field]:
        """Every field of a module, built-in ones first."""
        if module not in self._builtin:
            raise missing("page")
        return self._builtin[module] + [
            {key: value for key, value in field.item.items() if key in _LISTED}
            for field in self.custom[module].values()
        ]

    def form(self, module: str) -> dict[str, Any]:
        """The one form of a module, its fields in groups."""
        if module not in self._builtin:
            raise missing("page")
        groups = [
            ("Basic information", self._builtin[module]),
            ("Custom fields", [field.item for field in self.custom[module].values()]),
        ]
        return {
            "id": form_id(module),
            "name": f"{module} form",
            "active": True,
            "description": None,
            "field_class": module,
            "fields": [
                {
                    "id": form_id(module) * 10 + at,
                    "name": label.lower().replace(" ", "_"),
                    "label": label,
                    "type": "section",
                    "position": at,
                    "fields": fields,
                }
                for at, (label, fields) in enumerate(groups, start=1)
            ],
        }

    def create(
        self, module: str, asked: Mapping[str, Any], *, on_screen: bool = False
    ) -> Field:
        """Create a custom field, or refuse it: caps, clashes, unknown types, no choices."""
        allowed = on_screen or self._config.switches.field_creation
        if not allowed or not self._config.allows.field_caps["total"]:
            raise Refusal(403, "Custom fields are not available in your plan.")
        label = as_text("label", asked.get("label"))
        if label is None:
            raise bad("Label can't be blank")
        kind = type_of(asked)
        name = asked_name(asked)
        if name in self.custom[module]:
            raise bad("Name has already been taken")
        self._check_caps(module, kind)
        unique = bool(
            asked.get("unique") or (asked.get("field_options") or {}).get("unique")
        )
        self._check_unique(module, kind, unique)
        choices = choices_of(kind, asked.get("choices"))
        cursor = self._store.sql.execute(
            "INSERT INTO custom_fields (module, name, body) VALUES (?, ?, '{}')",
            (module, name),
        )
        field_id = int(cursor.lastrowid or 0)
        item = new_item(
            asked,
            module=module,
            field_id=field_id,
            name=name,
            label=label,
            kind=kind,
            choices=choices,
            unique=unique,
            position=len(self._builtin[module]) + len(self.custom[module]) + 1,
        )
        item["required"] = item["required"] or name in self._demanded[module]
        self._store.sql.execute(
            "UPDATE custom_fields SET body = ? WHERE id = ?", (json.dumps(item), field_id)
        )
        self.custom[module][name] = custom_field(item)
        return item

    def _check_caps(self, module: str, kind: str) -> None:
        caps = self._config.allows.field_caps
        fields = self.custom[module].values()
        group = CAP_OF[kind]
        alike = sum(CAP_OF[field.type] == group for field in fields)
        counted = sum(field.type != "formula" for field in fields)
        if alike >= caps[group] or (kind != "formula" and counted >= caps["total"]):
            raise bad(
                "You have reached the limit of custom fields of this type in your plan"
            )

    def _check_unique(self, module: str, kind: str, unique: bool) -> None:
        if not unique:
            return
        if kind not in {"text", "number"}:
            raise bad("Only text and number fields can be unique")
        standing = sum(field.unique for field in self.custom[module].values())
        if standing >= self._config.allows.unique_fields.get(module, 0):
            raise bad("You have reached the limit of unique fields")

    def clean(self, module: str, sent: Any) -> dict[str, Any]:
        """Read the values of ``custom_field``; unknown keys and choices are refused."""
        if sent is None:
            return {}
        if not isinstance(sent, dict):
            raise bad("Invalid or missing attributes")
        known = self.custom[module]
        cleaned: dict[str, Any] = {}
        for key, value in sent.items():
            field = known.get(key)
            if field is None:
                if self._config.switches.strict_custom_fields:
                    raise bad(f"Invalid or missing attributes: {key}")
                continue
            cleaned[key] = clean_value(field, value)
        return cleaned

    def shown(self, module: str, stored: Mapping[str, Any]) -> dict[str, Any]:
        """All custom fields of a module with a record's values."""
        return {
            name: stored.get(name, field.blank)
            for name, field in self.custom[module].items()
        }


_LISTED: Final = {
    "id", "label", "name", "type", "default", "actionable", "position", "choices",
    "base_model", "required", "quick_add_position", "visible",
}  # fmt: skip
