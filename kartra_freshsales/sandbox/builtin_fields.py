"""The built-in fields of each module, as ``/settings/<module>/fields`` describes them.

Constants and the few lines that turn them into items; custom fields live in ``fields``.
"""

from __future__ import annotations

from typing import Any, Final

from kartra_freshsales.sandbox.edition import Edition
from kartra_freshsales.sandbox.seed import Seed

Field = dict[str, Any]

_SUBSCRIPTION: Final = (
    ("0", "Unsubscribed"),
    ("1", "Subscribed"),
    ("2", "Not subscribed"),
    ("3", "Reported as spam"),
    ("4", "Bounced"),
)
_YES_NO_OPEN: Final = _SUBSCRIPTION[:3]
_SUBSCRIPTION_TYPES: Final = (
    ("1", "Non-marketing"),
    ("2", "Newsletter"),
    ("3", "Promotional"),
    ("4", "Product updates"),
    ("5", "Conferences and events"),
)

_CONTACT: Final = """
first_name:text last_name:text emails:group_field job_title:text work_number:text
mobile_number:text address:textarea city:text state:text zipcode:text country:dropdown
sales_accounts:auto_complete territory_id:dropdown@territories
lead_source_id:dropdown@lead_sources owner_id:dropdown@users campaign_id:dropdown@campaigns
lifecycle_stage_id:dropdown@lifecycle_stages contact_status_id:dropdown@contact_statuses
lost_reason_id:dropdown@lost_reasons medium:text keyword:text time_zone:dropdown
facebook:text twitter:text linkedin:text external_id:text subscription_status:dropdown
subscription_types:multi_select_dropdown whatsapp_subscription_status:dropdown
sms_subscription_status:dropdown lists:auto_complete tags:auto_complete department:text
"""
_ACCOUNT: Final = """
name:text! address:textarea city:text state:text zipcode:text country:dropdown
number_of_employees:dropdown annual_revenue:number website:text phone:text
industry_type_id:dropdown@industry_types business_type_id:dropdown@business_types
territory_id:dropdown@territories owner_id:dropdown@users
parent_sales_account_id:auto_complete facebook:text twitter:text linkedin:text
tags:auto_complete
"""
_DEAL: Final = """
name:text! amount:number! currency_id:dropdown@currencies base_currency_amount:number
sales_account_id:auto_complete contacts:auto_complete
deal_pipeline_id:dropdown@deal_pipelines deal_stage_id:dropdown@deal_stages
deal_reason_id:dropdown@deal_reasons deal_type_id:dropdown@deal_types
owner_id:dropdown@users expected_close:date closed_date:date
lead_source_id:dropdown@lead_sources campaign_id:dropdown@campaigns
deal_payment_status_id:dropdown@deal_payment_statuses probability:number
territory_id:dropdown@territories tags:auto_complete
"""
_ACTIVITY: Final = """
title:text! start_date:date_time_split! end_date:date_time_split! targetable:auto_complete!
sales_activity_type_id:dropdown@sales_activity_types! owner_id:dropdown@users notes:textarea
sales_activity_outcome_id:dropdown@sales_activity_outcomes
"""
_LEAD: Final = """
first_name:text last_name:text emails:group_field job_title:text department:text
work_number:text mobile_number:text address:textarea city:text state:text zipcode:text
country:dropdown company:group_field deal:group_field
lead_stage_id:dropdown@lead_stages lead_reason_id:dropdown@lead_reasons
lead_source_id:dropdown@lead_sources owner_id:dropdown@users campaign_id:dropdown@campaigns
territory_id:dropdown@territories medium:text keyword:text time_zone:dropdown
facebook:text twitter:text linkedin:text tags:auto_complete
"""
_SPECS: Final = {
    "contacts": _CONTACT,
    "sales_accounts": _ACCOUNT,
    "deals": _DEAL,
    "sales_activities": _ACTIVITY,
    "leads": _LEAD,
}
ENTITIES: Final = tuple(_SPECS)
BASE_MODELS: Final = {
    "contacts": "Contact",
    "sales_accounts": "SalesAccount",
    "deals": "Deal",
    "sales_activities": "SalesActivity",
    "leads": "Lead",
}
_EMPLOYEES: Final = (
    "1-10", "11-50", "51-200", "201-500", "501-1000", "1001-5000", "5001-10000",
    "More than 10000",
)  # fmt: skip


def builtin_fields(module: str, seed: Seed, edition: Edition) -> list[Field]:
    """The built-in fields of ``module`` with the choices of this account."""
    absent = edition.absent_fields.get(module, frozenset())
    first_id = 73_000_000_001 + 1000 * ENTITIES.index(module)
    return [
        _field(module, word, seed, first_id + at, at + 1)
        for at, word in enumerate(_SPECS[module].split())
        if word.partition(":")[0] not in absent
    ]


def _field(module: str, word: str, seed: Seed, field_id: int, position: int) -> Field:
    name, _, kind = word.partition(":")
    required = kind.endswith("!")
    kind, _, source = kind.rstrip("!").partition("@")
    field: Field = {
        "id": str(field_id),
        "label": name.removesuffix("_id").replace("_", " ").capitalize(),
        "name": name,
        "type": kind,
        "default": True,
        "actionable": True,
        "position": position,
        "choices": _choices(name, source, seed),
        "base_model": BASE_MODELS[module],
        "required": required,
        "quick_add_position": None,
        "visible": True,
    }
    if kind == "auto_complete":
        field |= {
            "auto_suggest_url": f"/search/autocomplete/{name}",
            "creatable": name == "tags",
            "creatable_data_key": "name" if name == "tags" else None,
            "multiple": name in {"tags", "lists", "contacts", "sales_accounts"},
        }
    return field


def _choices(name: str, source: str, seed: Seed) -> list[Field]:
    if source:
        return [
            {
                "id": item["id"],
                "value": item.get("name")
                or item.get("display_name")
                or item.get("currency_code"),
                "position": at + 1,
            }
            for at, item in enumerate(seed.lists[source])
        ]
    words: tuple[tuple[str, str], ...] = ()
    if name == "subscription_status":
        words = _SUBSCRIPTION
    elif name.endswith("subscription_status"):
        words = _YES_NO_OPEN
    elif name == "subscription_types":
        words = _SUBSCRIPTION_TYPES
    elif name == "number_of_employees":
        words = tuple(zip(("1", "11", "51", "201", "501", "1001", "5001", "10001"),
                          _EMPLOYEES, strict=True))  # fmt: skip
    return [
        {"id": key, "value": value, "position": at + 1}
        for at, (key, value) in enumerate(words)
    ]
