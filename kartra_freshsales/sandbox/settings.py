"""Read-only settings: selectors, field metadata and forms; and the making of fields."""

from __future__ import annotations

from typing import Any, Final

from kartra_freshsales.sandbox.calls import Answer, Call
from kartra_freshsales.sandbox.refusal import bad, missing

_ANSWER_KEY: Final = {"owners": "users"}
_WITHOUT: Final = {"territories": "partial"}  # the one plain list recorded without it
_SELECTORS: Final = (
    "owners",
    "territories",
    "deal_stages",
    "deal_pipelines",
    "deal_types",
    "deal_reasons",
    "deal_payment_statuses",
    "deal_products",
    "currencies",
    "lead_sources",
    "industry_types",
    "business_types",
    "campaigns",
    "contact_statuses",
    "lifecycle_stages",
    "sales_activity_types",
    "sales_activity_outcomes",
    "sales_activity_entity_types",
    "designations",
)


def selector(call: Call) -> Answer:
    """``GET /selector/<name>``; ``owners`` answers under ``users``."""
    name = call.params["name"]
    if name not in _SELECTORS or name in call.world.edition.absent_selectors:
        raise missing("page")
    key = _ANSWER_KEY.get(name, name)
    items = call.world.seed.lists.get(key, [])
    if name in _WITHOUT:
        items = [
            {word: value for word, value in item.items() if word != _WITHOUT[name]}
            for item in items
        ]
    return Answer({key: items})


def pipeline_stages(call: Call) -> Answer:
    """``GET /selector/deal_pipelines/:id/deal_stages``."""
    pipeline = call.world.seed.by_id["deal_pipelines"].get(call.params["id"])
    if pipeline is None:
        raise missing("pipeline")
    return Answer({"deal_stages": pipeline["deal_stages"]})


def type_outcomes(call: Call) -> Answer:
    """``GET /selector/sales_activity_types/:id/sales_activity_outcomes``."""
    outcomes = call.world.seed.lists["sales_activity_outcomes"]
    own = [item for item in outcomes if item["sales_activity_type_id"] == call.params["id"]]
    return Answer({"sales_activity_outcomes": own})


def fields(call: Call) -> Answer:
    """``GET /settings/<module>/fields``; groups only when asked for."""
    items = call.world.fields.listing(call.params["module"])
    if "field_group" not in call.query.get("include", ""):
        return Answer({"fields": items})
    form = call.world.fields.form(call.params["module"])
    groups = [
        {key: group[key] for key in ("id", "name", "label", "position")}
        for group in form["fields"]
    ]
    shown = [
        {**item, "field_group_id": groups[0 if item["default"] else 1]["id"]}
        for item in items
    ]
    return Answer({"field_groups": groups, "fields": shown})


def forms(call: Call) -> Answer:
    """``GET /settings/:entity/forms``: one form, its fields in groups."""
    return Answer({"forms": [call.world.fields.form(call.params["module"])], "meta": {}})


def create_field(call: Call) -> Answer:
    """``POST /settings/:entity/forms/:form_id/fields``: a new custom field."""
    module: str = call.params["module"]
    form = call.world.fields.form(module)
    if module == "sales_activities" or form["id"] != call.params["id"]:
        raise missing("form")
    asked: dict[str, Any] = call.mapping("field")
    if not asked:
        raise bad("Invalid or missing attributes")
    return Answer({"field": call.world.fields.create(module, asked)})
