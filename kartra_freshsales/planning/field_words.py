"""The words of a field plan: its states, and what the admin's screens call things.

Not here: judging fields (``fields``), the checklist (``checklist``).
"""

from collections.abc import Mapping

OK, MISSING, WRONG_TYPE = "ok", "missing", "wrong_type"
MISSING_CHOICES, OVER_CAP, CLASH = "missing_choices", "over_cap", "clash"

TYPE_WORDS: Mapping[str, str] = {
    "text": "Text field",
    "textarea": "Text area",
    "number": "Number",
    "decimal": "Number with decimals",
    "date": "Date picker",
    "dropdown": "Dropdown",
    "radio": "Radio button",
    "checkbox": "Checkbox",
    "multi_select_dropdown": "Multi-select",
}
"""What the admin's screen calls a type."""

MODULE_WORDS: Mapping[str, str] = {
    "sales_accounts": "Accounts",
    "contacts": "Contacts",
    "leads": "Leads",
    "deals": "Deals",
}
