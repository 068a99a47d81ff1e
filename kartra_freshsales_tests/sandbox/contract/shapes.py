"""The key tables of the reference, copied row by row. Data only; no sandbox code is used.

Where the reference abbreviates (``last_*``), the recorded keys are written out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final


def _words(text: str) -> list[str]:
    return text.split()


CONTACT: Final = _words("""
id first_name last_name display_name avatar job_title city state zipcode country email
emails time_zone work_number mobile_number address last_seen lead_score last_contacted
open_deals_amount won_deals_amount links last_contacted_sales_activity_mode custom_field
created_at updated_at keyword medium last_contacted_mode recent_note won_deals_count
last_contacted_via_sales_activity completed_sales_sequences active_sales_sequences
web_form_ids open_deals_count last_assigned_at facebook twitter linkedin is_deleted
team_user_ids external_id work_email subscription_status subscription_types
unsubscription_reason other_unsubscription_reason customer_fit
whatsapp_subscription_status sms_subscription_status last_seen_chat first_seen_chat locale
total_sessions system_tags first_campaign first_medium first_source last_campaign
last_medium last_source latest_campaign latest_medium latest_source mcr_id phone_numbers
tags
""")
ACCOUNT: Final = _words("""
id name address city state zipcode country number_of_employees annual_revenue website
owner_id phone open_deals_amount open_deals_count won_deals_amount won_deals_count
last_contacted last_contacted_mode facebook twitter linkedin links custom_field created_at
updated_at avatar parent_sales_account_id recent_note last_contacted_via_sales_activity
last_contacted_sales_activity_mode completed_sales_sequences active_sales_sequences
last_assigned_at is_deleted team_user_ids web_form_ids tags
""")
DEAL: Final = _words("""
id name amount base_currency_amount expected_close closed_date stage_updated_time
custom_field probability updated_at created_at deal_pipeline_id deal_stage_id age links
recent_note completed_sales_sequences active_sales_sequences web_form_id
upcoming_activities_time collaboration last_assigned_at last_contacted_sales_activity_mode
last_contacted_via_sales_activity expected_deal_value is_deleted team_user_ids avatar
fc_widget_collaboration forecast_category deal_prediction deal_prediction_last_updated_at
has_products rotten_days tags
""")
RECORDS: Final = {"contacts": CONTACT, "sales_accounts": ACCOUNT, "deals": DEAL}

EMAIL_ENTRY: Final = ["id", "value", "is_primary", "label", "_destroy"]
LINKED_ACCOUNT: Final = _words("""
partial id name avatar website last_contacted record_type_id is_primary
""")

NOTE: Final = _words("""
id description created_at updated_at url duration creater_id has_access collab_context
targetables
""")
JOB: Final = _words("job_type_name created_at status status_updated_at progress data")
VIEW: Final = _words("""
id name model_class_name user_id is_default updated_at user_name current_user_permissions
""")
VIEW_NAMES: Final = {
    "contacts": [
        "My Contacts", "My Territory Contacts", "New Contacts", "All Contacts",
        "Recently Modified", "Recently Imported", "Never Contacted", "Needs Follow-up",
        "Active", "Inactive", "Recycle Bin", "Bounced contacts",
        "Untouched 5-star contacts", "Slipping away",
    ],
    "sales_accounts": [
        "My Accounts", "All Accounts", "My Territory Accounts", "Recently Imported",
        "Recycle Bin",
    ],
    "deals": [
        "Open Deals", "My Deals", "My Territory Deals", "Recent Deals",
        "Recently Imported", "Lost Deals", "Won Deals", "Hot Deals", "Cold Deals",
        "Closing this week", "This month's sales", "Recycle Bin",
    ],
}  # fmt: skip

NAMED_ITEM: Final = ["id", "name", "position", "partial"]
STAGE: Final = _words("""
id value name position forecast_type deal_pipeline_id choice_type is_deleted probability
updated_at
""")
SELECTORS: Final = {
    "owners": _words("id display_name email is_active work_number mobile_number"),
    "territories": ["id", "name", "position"],
    "deal_stages": STAGE,
    "deal_pipelines": _words("""
        partial id name position is_default rotting_days configs aggregated_field
        deal_stages"""),
    "deal_types": NAMED_ITEM,
    "deal_reasons": NAMED_ITEM,
    "deal_payment_statuses": NAMED_ITEM,
    "currencies": _words("""
        partial id is_active currency_code exchange_rate currency_type
        schedule_info"""),
    "lead_sources": NAMED_ITEM,
    "industry_types": NAMED_ITEM,
    "business_types": NAMED_ITEM,
    "campaigns": NAMED_ITEM,
    "contact_statuses": _words("id name position partial forecast_type lifecycle_stage_id"),
    "lifecycle_stages": _words("id name position disabled default type contact_status_ids"),
    "sales_activity_types": _words("""
        partial id name internal_name show_in_conversation position is_default
        is_checkedin is_checkedin_mandatory is_outcome_mandatory"""),
    "sales_activity_outcomes": _words("partial id name sales_activity_type_id position"),
    "designations": NAMED_ITEM,
}
"""Item keys of every selector that has items in a fresh account."""

FIELD: Final = _words("""
id label name type default actionable position choices base_model required
quick_add_position visible
""")
AUTO_COMPLETE: Final = _words("auto_suggest_url creatable creatable_data_key multiple")
CREATED_FIELD: Final = _words("""
id name label type form_id custom field_class field_options choices required visible
position quick_add_position parent_id placeholder hint default_value editable
""")
FORM: Final = _words("id name active description field_class fields")
FORM_CHOICE: Final = _words("id value position disabled inactive is_active")
TYPE_WORDS: Final = _words("""
text textarea number decimal date date_time_split dropdown multi_select_dropdown checkbox
auto_complete group_field radio lookup formula
""")

PATHS: Final = {"contact": "contacts", "sales_account": "sales_accounts", "deal": "deals"}
LEAST: Final[Mapping[str, Mapping[str, Any]]] = {
    "contacts": {"email": "least@example.com", "last_name": "Least"},
    "sales_accounts": {"name": "Least"},
    "deals": {"name": "Least", "amount": 1},
}
"""The least each kind of record needs."""
