"""What each kind of record looks like: its keys in recorded order and how they are written.

Constants only. How values are cleaned lives in ``values``, how records change in
``records``, how they are shown in ``rendering``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final


@dataclass(frozen=True)
class Module:
    """One kind of record.

    ``texts`` are plain text keys, ``relations`` map a key to the settings list its id must
    stand in, ``hidden`` are keys shown only with an include, ``template`` is the record as
    shown when nothing was written.
    """

    plural: str
    singular: str
    target: str
    word: str
    texts: tuple[str, ...]
    relations: Mapping[str, str]
    hidden: frozenset[str]
    template: Mapping[str, Any]


_CONTACT: Final[dict[str, Any]] = {
    "id": None,
    "first_name": None,
    "last_name": None,
    "display_name": None,
    "avatar": None,
    "job_title": None,
    "city": None,
    "state": None,
    "zipcode": None,
    "country": None,
    "email": None,
    "emails": [],
    "time_zone": None,
    "work_number": None,
    "mobile_number": None,
    "address": None,
    "last_seen": None,
    "lead_score": 0,
    "last_contacted": None,
    "open_deals_amount": "0.0",
    "won_deals_amount": "0.0",
    "links": {},
    "last_contacted_sales_activity_mode": None,
    "custom_field": {},
    "created_at": None,
    "updated_at": None,
    "keyword": None,
    "medium": None,
    "last_contacted_mode": None,
    "recent_note": None,
    "won_deals_count": 0,
    "last_contacted_via_sales_activity": None,
    "completed_sales_sequences": None,
    "active_sales_sequences": None,
    "web_form_ids": None,
    "open_deals_count": 0,
    "last_assigned_at": None,
    "facebook": None,
    "twitter": None,
    "linkedin": None,
    "is_deleted": False,
    "team_user_ids": None,
    "external_id": None,
    "work_email": None,
    "subscription_status": 1,
    "subscription_types": "2;3;4;5;1",
    "unsubscription_reason": None,
    "other_unsubscription_reason": None,
    "customer_fit": 0,
    "whatsapp_subscription_status": 2,
    "sms_subscription_status": 2,
    "last_seen_chat": None,
    "first_seen_chat": None,
    "locale": None,
    "total_sessions": None,
    "system_tags": [],
    "first_campaign": None,
    "first_medium": None,
    "first_source": None,
    "last_campaign": None,
    "last_medium": None,
    "last_source": None,
    "latest_campaign": None,
    "latest_medium": None,
    "latest_source": None,
    "mcr_id": None,
    "phone_numbers": [],
    "tags": [],
}

_ACCOUNT: Final[dict[str, Any]] = {
    "id": None,
    "name": None,
    "address": None,
    "city": None,
    "state": None,
    "zipcode": None,
    "country": None,
    "number_of_employees": None,
    "annual_revenue": None,
    "website": None,
    "owner_id": None,
    "phone": None,
    "open_deals_amount": "0.0",
    "open_deals_count": 0,
    "won_deals_amount": "0.0",
    "won_deals_count": 0,
    "last_contacted": None,
    "last_contacted_mode": None,
    "facebook": None,
    "twitter": None,
    "linkedin": None,
    "links": {},
    "custom_field": {},
    "created_at": None,
    "updated_at": None,
    "avatar": None,
    "parent_sales_account_id": None,
    "recent_note": None,
    "last_contacted_via_sales_activity": None,
    "last_contacted_sales_activity_mode": None,
    "completed_sales_sequences": None,
    "active_sales_sequences": None,
    "last_assigned_at": None,
    "is_deleted": False,
    "team_user_ids": None,
    "web_form_ids": None,
    "tags": [],
}

_DEAL: Final[dict[str, Any]] = {
    "id": None,
    "name": None,
    "amount": "0.0",
    "base_currency_amount": "0.0",
    "expected_close": None,
    "closed_date": None,
    "stage_updated_time": None,
    "custom_field": {},
    "probability": None,
    "updated_at": None,
    "created_at": None,
    "deal_pipeline_id": None,
    "deal_stage_id": None,
    "age": 0,
    "links": {},
    "recent_note": None,
    "completed_sales_sequences": None,
    "active_sales_sequences": None,
    "web_form_id": None,
    "upcoming_activities_time": None,
    "collaboration": {},
    "last_assigned_at": None,
    "last_contacted_sales_activity_mode": None,
    "last_contacted_via_sales_activity": None,
    "expected_deal_value": "0.0",
    "is_deleted": False,
    "team_user_ids": None,
    "avatar": None,
    "fc_widget_collaboration": {},
    "forecast_category": 2,
    "deal_prediction": 2,
    "deal_prediction_last_updated_at": None,
    "has_products": False,
    "rotten_days": None,
    "tags": [],
}

_LEAD: Final[dict[str, Any]] = {
    "id": None,
    "first_name": None,
    "last_name": None,
    "display_name": None,
    "avatar": None,
    "job_title": None,
    "department": None,
    "city": None,
    "state": None,
    "zipcode": None,
    "country": None,
    "email": None,
    "emails": [],
    "time_zone": None,
    "work_number": None,
    "mobile_number": None,
    "address": None,
    "last_seen": None,
    "lead_score": 0,
    "last_contacted": None,
    "stage_updated_time": None,
    "company": None,
    "deal": None,
    "links": {},
    "custom_field": {},
    "created_at": None,
    "updated_at": None,
    "keyword": None,
    "medium": None,
    "last_contacted_mode": None,
    "recent_note": None,
    "facebook": None,
    "twitter": None,
    "linkedin": None,
    "is_deleted": False,
    "team_user_ids": None,
    "tags": [],
}

CONTACTS: Final = Module(
    plural="contacts",
    singular="contact",
    target="Contact",
    word="contact",
    texts=(
        "first_name",
        "last_name",
        "job_title",
        "city",
        "state",
        "zipcode",
        "country",
        "time_zone",
        "work_number",
        "mobile_number",
        "address",
        "keyword",
        "medium",
        "facebook",
        "twitter",
        "linkedin",
        "external_id",
        "subscription_types",
        "other_unsubscription_reason",
        "locale",
    ),
    relations=MappingProxyType(
        {
            "territory_id": "territories",
            "lead_source_id": "lead_sources",
            "campaign_id": "campaigns",
            "lost_reason_id": "lost_reasons",
        }
    ),
    hidden=frozenset(
        {
            "lifecycle_stage_id",
            "contact_status_id",
            "territory_id",
            "lead_source_id",
            "campaign_id",
            "lost_reason_id",
        }
    ),
    template=MappingProxyType(_CONTACT),
)
SALES_ACCOUNTS: Final = Module(
    plural="sales_accounts",
    singular="sales_account",
    target="SalesAccount",
    word="account",
    texts=(
        "name",
        "address",
        "city",
        "state",
        "zipcode",
        "country",
        "website",
        "facebook",
        "twitter",
        "linkedin",
    ),
    relations=MappingProxyType(
        {
            "territory_id": "territories",
            "industry_type_id": "industry_types",
            "business_type_id": "business_types",
        }
    ),
    hidden=frozenset({"territory_id", "industry_type_id", "business_type_id"}),
    template=MappingProxyType(_ACCOUNT),
)
DEALS: Final = Module(
    plural="deals",
    singular="deal",
    target="Deal",
    word="deal",
    texts=("name",),
    relations=MappingProxyType(
        {
            "currency_id": "currencies",
            "deal_type_id": "deal_types",
            "deal_reason_id": "deal_reasons",
            "deal_payment_status_id": "deal_payment_statuses",
            "lead_source_id": "lead_sources",
            "campaign_id": "campaigns",
            "territory_id": "territories",
        }
    ),
    hidden=frozenset(
        {
            "currency_id",
            "deal_type_id",
            "deal_reason_id",
            "deal_payment_status_id",
            "lead_source_id",
            "campaign_id",
            "territory_id",
        }
    ),
    template=MappingProxyType(_DEAL),
)

LEADS: Final = Module(
    plural="leads",
    singular="lead",
    target="Lead",
    word="lead",
    texts=(
        "first_name",
        "last_name",
        "job_title",
        "department",
        "work_number",
        "mobile_number",
        "address",
        "city",
        "state",
        "zipcode",
        "country",
        "time_zone",
        "keyword",
        "medium",
        "facebook",
        "twitter",
        "linkedin",
    ),
    relations=MappingProxyType(
        {
            "lead_stage_id": "lead_stages",
            "lead_reason_id": "lead_reasons",
            "lead_source_id": "lead_sources",
            "territory_id": "territories",
            "campaign_id": "campaigns",
        }
    ),
    hidden=frozenset(
        {
            "lead_stage_id",
            "lead_reason_id",
            "lead_source_id",
            "territory_id",
            "campaign_id",
        }
    ),
    template=MappingProxyType(_LEAD),
)
"""Classic only."""

MODULES: Final[Mapping[str, Module]] = MappingProxyType(
    {item.plural: item for item in (CONTACTS, SALES_ACCOUNTS, DEALS, LEADS)}
)
"""Every kind there is; which of them an edition has stands in ``edition``."""
PEOPLE: Final = (CONTACTS, LEADS)
"""The kinds that have e-mail addresses."""
BY_TARGET: Final[Mapping[str, Module]] = MappingProxyType(
    {item.target: item for item in MODULES.values()}
)
FORECAST_KIND: Final[Mapping[str, int]] = MappingProxyType(
    {"Open": 0, "Closed Won": 1, "Closed Lost": 2}
)
"""How a deal's forecast type is kept in the ``kind`` column."""
