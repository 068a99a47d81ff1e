"""The settings a fresh account comes with: users, stages, sources and their ids.

Records never live here. A YAML file may replace any of the lists, so that a test can ask
for other users, pipelines or currencies; it may name ``custom_fields`` an admin made and
``required_fields``, built-in or custom, both by module.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import yaml

from kartra_freshsales.sandbox.plans import Plan

Item = dict[str, Any]

FIRST_ID: Final = {
    "users": 70_000_000_001,
    "territories": 71_000_001_001,
    "lead_sources": 71_000_002_001,
    "lifecycle_stages": 71_000_003_001,
    "contact_statuses": 71_000_004_001,
    "deal_pipelines": 71_000_005_001,
    "deal_stages": 71_000_006_001,
    "deal_types": 71_000_007_001,
    "deal_reasons": 71_000_008_001,
    "deal_payment_statuses": 71_000_009_001,
    "currencies": 71_000_010_001,
    "campaigns": 71_000_011_001,
    "industry_types": 71_000_012_001,
    "business_types": 71_000_013_001,
    "sales_activity_types": 71_000_014_001,
    "sales_activity_outcomes": 71_000_015_001,
    "designations": 71_000_016_001,
    "sales_activity_entity_types": 71_000_020_001,
    "lost_reasons": 71_000_017_001,
    "lead_stages": 71_000_018_001,
    "lead_reasons": 71_000_019_001,
}

USERS: Final = (
    {"display_name": "Account Admin", "email": "admin@example.com"},
    {"display_name": "Owner North", "email": "owner-north@example.com"},
    {"display_name": "Owner South", "email": "owner-south@example.com"},
    {"display_name": "Owner East", "email": "owner-east@example.com"},
    {
        "display_name": "Former Owner",
        "email": "former-owner@example.com",
        "is_active": False,
    },
)

LIFECYCLE: Final = (
    (
        "Lead",
        (
            ("New", "Open"),
            ("Contacted", "Open"),
            ("Interested", "Open"),
            ("Unqualified", "Closed Lost"),
        ),
    ),
    (
        "Sales Qualified Lead",
        (("Qualified", "Open"), ("Negotiation", "Open"), ("Lost", "Closed Lost")),
    ),
    ("Customer", (("Won", "Closed Won"), ("Churned", "Closed Lost"))),
)

DEAL_STAGES: Final = (
    ("New", "Open", 10),
    ("Follow-up", "Open", 25),
    ("Under review", "Open", 40),
    ("Demo", "Open", 60),
    ("Negotiation", "Open", 80),
    ("Won", "Closed Won", 100),
    ("Lost", "Closed Lost", 0),
)

NAMED: Final[dict[str, tuple[str, ...]]] = {
    "lead_sources": (
        "Web",
        "Organic Search",
        "Email",
        "Phone",
        "Chat",
        "Web Form",
        "Referral",
        "Direct",
        "Paid Search",
        "Blogs",
        "Social Media",
        "Display Ads",
        "Events",
        "Partner",
    ),
    "territories": ("North", "South"),
    "deal_types": ("New Business", "Existing Business"),
    "deal_reasons": ("Price", "Product", "Timing", "Lost to competitor"),
    "deal_payment_statuses": ("Pending", "Paid", "Overdue"),
    "campaigns": ("Spring Campaign", "Autumn Campaign"),
    "industry_types": ("Education", "Retail", "Services", "Software"),
    "business_types": ("Competitor", "Customer", "Partner", "Prospect", "Reseller"),
    "designations": ("Account Manager", "Sales Engineer"),
    "lost_reasons": (
        "Junk Lead",
        "Not able to reach",
        "Not interested",
        "Budget",
        "Lost to competitor",
    ),
    "lead_stages": ("New", "Contacted", "Interested", "Unqualified"),
    "lead_reasons": (
        "Junk Lead",
        "Not able to reach",
        "Not interested",
        "Budget",
        "Lost to competitor",
    ),
}

ACTIVITY_TYPES: Final = (
    "Chat",
    "Phone",
    "Meeting",
    "Task",
    "Email",
    "SMS Outgoing",
    "Reminder",
    "SMS Incoming",
)


ENTITY_TYPES: Final = (
    ("Follow up", "Task"),
    ("Call reminder", "Task"),
    ("Email reminder", "Reminder"),
)


class Seed:
    """All settings lists of one account, with ids that depend on their order only."""

    def __init__(self, plan: Plan, override: dict[str, Any] | None = None) -> None:
        """Build the lists for ``plan``; ``override`` replaces whole lists by name."""
        asked = override or {}
        self.workflows: list[Item] | None = asked.get("workflows")
        self.lists: dict[str, list[Item]] = {"users": _users(asked.get("users", USERS))}
        for name, words in NAMED.items():
            self.lists[name] = _named(name, tuple(asked.get(name, words)))
        self._add_lifecycle(asked.get("lifecycle", LIFECYCLE))
        pipelines = asked.get("pipelines") or {
            "Default Pipeline": DEAL_STAGES,
            **({"Renewals": DEAL_STAGES} if plan.has("multiple_pipelines") else {}),
        }
        self._add_pipelines(pipelines)
        rates = asked.get("currencies") or (
            {"USD": 1.0, "EUR": 0.9, "GBP": 0.8, "CAD": 1.35, "AUD": 1.5}
            if plan.has("multi_currency")
            else {"USD": 1.0}
        )
        self.lists["currencies"] = _currencies(rates)
        self.lists["sales_activity_types"] = _activity_types()
        self.lists["sales_activity_outcomes"] = _outcomes(
            self.lists["sales_activity_types"][1]["id"]
        )
        self.lists["sales_activity_entity_types"] = _entity_types(
            self.lists["sales_activity_types"]
        )
        self.custom_modules: list[Item] = asked.get("custom_modules", [])
        self.custom_fields: dict[str, list[Item]] = asked.get("custom_fields", {})
        self.required_fields: dict[str, list[str]] = asked.get("required_fields", {})
        self.by_id: dict[str, dict[int, Item]] = {
            name: {item["id"]: item for item in items} for name, items in self.lists.items()
        }
        self.admin_id: int = self.lists["users"][0]["id"]

    def _add_lifecycle(self, stages: Any) -> None:
        stage_items, status_items = [], []
        status_id = FIRST_ID["contact_statuses"]
        for at, (name, statuses) in enumerate(stages):
            stage_id = FIRST_ID["lifecycle_stages"] + at
            ids = []
            for position, (status, forecast) in enumerate(statuses, start=1):
                status_items.append(
                    {
                        "id": status_id,
                        "name": status,
                        "position": position,
                        "partial": True,
                        "forecast_type": forecast,
                        "lifecycle_stage_id": stage_id,
                    }
                )
                ids.append(status_id)
                status_id += 1
            stage_items.append(
                {
                    "id": stage_id,
                    "name": name,
                    "position": at + 1,
                    "disabled": False,
                    "default": at == 0,
                    "type": name,
                    "contact_status_ids": ids,
                }
            )
        self.lists["lifecycle_stages"] = stage_items
        self.lists["contact_statuses"] = status_items

    def _add_pipelines(self, pipelines: dict[str, Any]) -> None:
        pipeline_items: list[Item] = []
        stage_items: list[Item] = []
        stage_id = FIRST_ID["deal_stages"]
        for at, (name, stages) in enumerate(pipelines.items()):
            pipeline_id = FIRST_ID["deal_pipelines"] + at
            own: list[Item] = []
            for position, (stage, forecast, probability) in enumerate(stages, start=1):
                own.append(
                    {
                        "id": stage_id,
                        "value": stage,
                        "name": stage,
                        "position": position,
                        "forecast_type": forecast,
                        "deal_pipeline_id": pipeline_id,
                        "choice_type": 1,
                        "is_deleted": False,
                        "probability": probability,
                        "updated_at": "2024-01-01T00:00:00Z",
                    }
                )
                stage_id += 1
            stage_items += own
            pipeline_items.append(
                {
                    "partial": True,
                    "id": pipeline_id,
                    "name": name,
                    "position": at + 1,
                    "is_default": at == 0,
                    "rotting_days": 30,
                    "configs": [],
                    "aggregated_field": "amount",
                    "deal_stages": own,
                }
            )
        self.lists["deal_pipelines"] = pipeline_items
        self.lists["deal_stages"] = stage_items


def load_seed(plan: Plan, path: Path | None) -> Seed:
    """Build the seed for ``plan``, with lists replaced from a YAML file if one is given."""
    override = None
    if path is not None:
        override = yaml.safe_load(path.read_text(encoding="utf-8"))
        if not isinstance(override, dict):
            raise ValueError(f"{path.name}: give list names and lists")
    return Seed(plan, override)


def _users(users: Any) -> list[Item]:
    return [
        {
            "id": FIRST_ID["users"] + at,
            "display_name": user.get("display_name", f"User {at + 1}"),
            "email": user["email"],
            "is_active": user.get("is_active", True),
            "work_number": None,
            "mobile_number": None,
        }
        for at, user in enumerate(users)
    ]


def _named(kind: str, words: tuple[str, ...]) -> list[Item]:
    return [
        {"id": FIRST_ID[kind] + at, "name": word, "position": at + 1, "partial": True}
        for at, word in enumerate(words)
    ]


def _currencies(rates: dict[str, float]) -> list[Item]:
    return [
        {
            "partial": True,
            "id": FIRST_ID["currencies"] + at,
            "is_active": True,
            "currency_code": code,
            "exchange_rate": str(rate),
            "currency_type": 1 if at == 0 else 2,
            "schedule_info": None,
        }
        for at, (code, rate) in enumerate(rates.items())
    ]


def _activity_types() -> list[Item]:
    return [
        {
            "partial": True,
            "id": FIRST_ID["sales_activity_types"] + at,
            "name": word,
            "internal_name": word.lower().replace(" ", "_"),
            "show_in_conversation": True,
            "position": at + 1,
            "is_default": True,
            "is_checkedin": False,
            "is_checkedin_mandatory": False,
            "is_outcome_mandatory": False,
        }
        for at, word in enumerate(ACTIVITY_TYPES)
    ]


def _outcomes(type_id: int) -> list[Item]:
    return [
        {
            "partial": True,
            "id": FIRST_ID["sales_activity_outcomes"] + at,
            "name": word,
            "sales_activity_type_id": type_id,
            "position": at + 1,
        }
        for at, word in enumerate(("Interested", "Left message", "No response"))
    ]


def _entity_types(activity_types: list[Item]) -> list[Item]:
    ids = {item["name"]: item["id"] for item in activity_types}
    return [
        {
            "partial": True,
            "id": FIRST_ID["sales_activity_entity_types"] + at,
            "name": word,
            "sales_activity_type_id": ids[of_type],
            "position": at + 1,
            "sales_activity_type_name": of_type,
        }
        for at, (word, of_type) in enumerate(ENTITY_TYPES)
    ]
