"""What each kind of record looks like and how its keys are written.

Constants only. The keys themselves stand in ``record_keys``. How values are cleaned lives
in ``values``, how records change in ``records``, how they are shown in ``rendering``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from kartra_freshsales.sandbox import record_keys


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
    template=MappingProxyType(record_keys.CONTACT),
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
    template=MappingProxyType(record_keys.ACCOUNT),
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
    template=MappingProxyType(record_keys.DEAL),
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
    template=MappingProxyType(record_keys.LEAD),
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
