"""Leads, which only Classic has: how they are checked and shown.

Converting a lead lives in ``convert``; that leads are stored, listed and searched is
the common machinery's work. Keys of leads: reference, sections 1.1 and 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from kartra_freshsales.sandbox.refusal import bad
from kartra_freshsales.sandbox.values import (
    as_amount,
    as_date,
    as_id,
    as_text,
    company_values,
    label_of,
)

if TYPE_CHECKING:
    from kartra_freshsales.sandbox.drafts import Draft
    from kartra_freshsales.sandbox.state import Record
    from kartra_freshsales.sandbox.world import World

Json = dict[str, Any]

COMPANY_TEXTS: Final = ("name", "address", "city", "state", "zipcode", "country")
COMPANY_IDS: Final = {
    "industry_type_id": "industry_types",
    "business_type_id": "business_types",
}
_COMPANY: Final = (
    *COMPANY_TEXTS, "number_of_employees", "annual_revenue", "website", "phone",
    *COMPANY_IDS,
)  # fmt: skip
_DEAL: Final = ("name", "amount", "currency_id", "expected_close", "deal_product_id")
_COMPANY_ID: Final = 418_000_000_000


def draft_lead(world: World, sent: Mapping[str, Any], made: Draft) -> None:
    """Check what only leads have: the stage, the nested company and the nested deal."""
    body = made.body
    before = body.get("stage_at")
    if body.get("lead_stage_id") is None:
        body["lead_stage_id"] = world.seed.lists["lead_stages"][0]["id"]
    if body["lead_stage_id"] != before:
        body["stage_at"] = body["lead_stage_id"]
        body["stage_updated_us"] = world.now_us()
    for key, cleaned in (("company", clean_company), ("deal", clean_deal)):
        if key in sent:
            asked = _nested(sent[key])
            body[key] = {**(body.get(key) or {}), **cleaned(world, asked)} if asked else {}
    made.name = " ".join(
        part for part in (body.get("first_name"), body.get("last_name")) if part
    )


def _nested(value: Any) -> Json:
    if value is not None and not isinstance(value, dict):
        raise bad("Invalid or missing attributes")
    return value or {}


def clean_company(world: World, asked: Json) -> Json:
    """The company of a lead, each value read as an account's is."""
    cleaned: Json = {key: as_text(key, asked[key]) for key in COMPANY_TEXTS if key in asked}
    cleaned |= company_values(asked)
    for key, listing in COMPANY_IDS.items():
        if key in asked:
            cleaned[key] = known(world, key, listing, asked[key])
    return cleaned


def clean_deal(world: World, asked: Json) -> Json:
    """The deal of a lead, each value read as a deal's is."""
    cleaned: Json = {}
    if "name" in asked:
        cleaned["name"] = as_text("name", asked["name"])
    if "amount" in asked:
        cleaned["amount"] = as_amount(asked["amount"])
    if "currency_id" in asked:
        cleaned["currency_id"] = known(
            world, "currency_id", "currencies", asked["currency_id"]
        )
    if "expected_close" in asked:
        cleaned["expected_close"] = as_date(asked["expected_close"])
    if "deal_product_id" in asked:
        cleaned["deal_product_id"] = as_id(asked["deal_product_id"])
    return cleaned


def known(world: World, key: str, listing: str, value: Any) -> int | None:
    """The id of an item of a settings list; unknown ones are refused."""
    if value in (None, ""):
        return None
    found = as_id(value)
    if found is None or found not in world.seed.by_id[listing]:
        raise bad(f"{label_of(key)} doesn't exist")
    return found


def show_lead(record: Record, shown: Json) -> None:
    """Complete a lead as shown: its company and its deal with all their keys."""
    company, deal = record.body.get("company"), record.body.get("deal")
    shown["company"] = (
        {"id": _COMPANY_ID + record.id % 1_000_000_000}
        | dict.fromkeys(_COMPANY)
        | dict(company)
        if company
        else None
    )
    shown["deal"] = dict.fromkeys(_DEAL) | dict(deal) if deal else None
