"""The destination as it is configured: users, stages, pipelines, fields, views.

Frozen and JSON-able, tolerant of keys the account's plan adds or leaves out. Selectors
are read-only, so everything here was made by an admin. Not here: what we want to exist.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Annotated, Any, Protocol

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    model_validator,
)
from pydantic import (
    Field as Default,
)

from kartra_freshsales.errors import Forbidden, NotFound
from kartra_freshsales.freshsales.lookups import Lookups, StageTarget

Text = Annotated[str, BeforeValidator(lambda value: "" if value is None else str(value))]
Position = Annotated[int, BeforeValidator(lambda value: 0 if value is None else value)]
Flag = Annotated[bool, BeforeValidator(bool)]


LEAD_STAGE = "lead_stage_id"
"""The field of Classic's leads whose choices are the lead stages."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class User(_Part):
    """Somebody who can own records."""

    id: int
    email: Text = ""
    is_active: Flag = True
    display_name: Text = ""


class LifecycleStage(_Part):
    """Where a contact stands; on Suite the stage "Lead" replaces the Leads module."""

    id: int
    name: Text
    position: Position = 0


class ContactStatus(_Part):
    """A step inside one lifecycle stage."""

    id: int
    name: Text
    lifecycle_stage_id: int | None = None
    forecast_type: Text = ""


class DealStage(_Part):
    """A step of a pipeline; ``forecast_type`` is Open, Closed Won or Closed Lost."""

    id: int
    name: Text
    forecast_type: Text = ""
    position: Position = 0


class Pipeline(_Part):
    """A deal pipeline with its stages in order."""

    id: int
    name: Text
    is_default: Flag = False
    stages: list[DealStage] = Default(default_factory=list)

    @model_validator(mode="before")
    @classmethod
    def _accept_api_key(cls, raw: Any) -> Any:
        if isinstance(raw, dict) and "stages" not in raw:
            return {**raw, "stages": raw.get("deal_stages") or []}
        return raw


class Currency(_Part):
    """A currency deals may be in."""

    id: int
    currency_code: Text
    is_active: Flag = True


class LeadSource(_Part):
    """Where a contact came from, as a selector item."""

    id: int
    name: Text


class Choice(_Part):
    """One value of a dropdown; ids are numbers or text by field."""

    id: int | str | None = None
    value: Text = ""


class Field(_Part):
    """A field of a module; custom ones are not ``default`` and start ``cf_``."""

    id: Text = ""
    label: Text = ""
    name: Text
    type: Text = ""
    required: Flag = False
    default: Flag = False
    choices: list[Choice] = Default(default_factory=list)

    @model_validator(mode="before")
    @classmethod
    def _no_choices_is_none(cls, raw: Any) -> Any:
        if isinstance(raw, dict) and raw.get("choices") is None:
            return {**raw, "choices": []}
        return raw


class Metadata(_Part):
    """Everything read before a plan is made. ``unreadable`` names refused selectors."""

    users: list[User] = Default(default_factory=list)
    lifecycle_stages: list[LifecycleStage] = Default(default_factory=list)
    contact_statuses: list[ContactStatus] = Default(default_factory=list)
    pipelines: list[Pipeline] = Default(default_factory=list)
    currencies: list[Currency] = Default(default_factory=list)
    lead_sources: list[LeadSource] = Default(default_factory=list)
    fields: dict[str, list[Field]] = Default(default_factory=dict)
    views: dict[str, dict[str, int]] = Default(default_factory=dict)
    forms: dict[str, list[int]] = Default(default_factory=dict)
    unreadable: list[str] = Default(default_factory=list)

    def digest(self) -> str:
        """SHA-256 over the canonical JSON: a plan made under other settings is void."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def lookups(self) -> Lookups:
        """Names → ids for payloads; inactive users and currencies are left out."""
        stage_names = {stage.id: stage.name for stage in self.lifecycle_stages}
        default = [pipe.name for pipe in self.pipelines if pipe.is_default]
        return Lookups(
            owners={u.email.strip().casefold(): u.id for u in self.users if u.is_active},
            lifecycle_stages={stage.name: stage.id for stage in self.lifecycle_stages},
            contact_statuses={
                (
                    stage_names.get(status.lifecycle_stage_id or 0, ""),
                    status.name,
                ): status.id
                for status in self.contact_statuses
            },
            lead_stages=self._lead_stages(),
            deal_stages={
                (pipe.name, stage.name): StageTarget(stage.id, pipe.id, stage.forecast_type)
                for pipe in self.pipelines
                for stage in pipe.stages
            },
            pipelines={pipe.name: pipe.id for pipe in self.pipelines},
            default_pipeline=next(iter(default or [p.name for p in self.pipelines]), None),
            currencies={c.currency_code: c.id for c in self.currencies if c.is_active},
            lead_sources={source.name: source.id for source in self.lead_sources},
            custom_fields={
                endpoint: {f.label: f.name for f in fields if not f.default}
                for endpoint, fields in self.fields.items()
            },
            built_in={
                endpoint: frozenset(f.name for f in fields if f.default)
                for endpoint, fields in self.fields.items()
            },
        )

    def _lead_stages(self) -> dict[str, int]:
        """Classic has no selector of them: they are the choices of the leads' own field."""
        choices = (
            choice
            for field in self.fields.get("leads", [])
            if field.default and field.name == LEAD_STAGE
            for choice in field.choices
        )
        return {c.value: int(str(c.id)) for c in choices if str(c.id or "").isdigit()}


class MetadataSource(Protocol):
    """The part of the client that metadata needs."""

    def selector(self, name: str) -> list[dict[str, object]]:
        """Items of one selector."""

    def fields(self, endpoint: str) -> list[dict[str, object]]:
        """Fields of a module."""

    def filters(self, endpoint: str) -> list[dict[str, object]]:
        """Saved views of a module."""

    def forms(self, endpoint: str) -> list[dict[str, object]]:
        """Forms of a module."""


_SELECTORS = {
    "users": "owners",
    "lifecycle_stages": "lifecycle_stages",
    "contact_statuses": "contact_statuses",
    "pipelines": "deal_pipelines",
    "currencies": "currencies",
    "lead_sources": "lead_sources",
}
_MAY_BE_MISSING = frozenset({"currencies", "lead_sources", "lifecycle_stages",
                             "contact_statuses"})  # fmt: skip


def read_metadata(client: MetadataSource, endpoints: Sequence[str]) -> Metadata:
    """Read settings of the account: selectors once, fields, views and forms per endpoint.

    Args:
        client: the destination.
        endpoints: ``sales_accounts``, ``contacts``, ``deals``, on Classic also ``leads``.

    Raises:
        Forbidden: owners, pipelines, fields or views may not be read with this key.
    """
    unreadable: list[str] = []
    raw: dict[str, object] = {
        key: _selector(client, name, unreadable) for key, name in _SELECTORS.items()
    }
    return Metadata.model_validate(
        raw
        | {
            "fields": {endpoint: client.fields(endpoint) for endpoint in endpoints},
            "views": {endpoint: _views(client, endpoint) for endpoint in endpoints},
            "forms": {endpoint: _forms(client, endpoint) for endpoint in endpoints},
            "unreadable": unreadable,
        }
    )


def _selector(
    client: MetadataSource, name: str, unreadable: list[str]
) -> list[dict[str, object]]:
    try:
        return client.selector(name)
    except (Forbidden, NotFound):
        if name not in _MAY_BE_MISSING:
            raise
        unreadable.append(name)
        return []


def _views(client: MetadataSource, endpoint: str) -> dict[str, int]:
    return {str(view["name"]): int(str(view["id"])) for view in client.filters(endpoint)}


def _forms(client: MetadataSource, endpoint: str) -> list[int]:
    """Form ids; the call is not documented for standard modules and may be absent."""
    try:
        return [int(str(form["id"])) for form in client.forms(endpoint)]
    except (Forbidden, NotFound):
        return []
