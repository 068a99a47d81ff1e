"""What a client's body would make of a record: checked and cleaned, nothing written yet.

The rules of each module live here; ``records`` carries a draft out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from kartra_freshsales.sandbox.leads import draft_lead, known
from kartra_freshsales.sandbox.modules import (
    CONTACTS,
    DEALS,
    FORECAST_KIND,
    LEADS,
    Module,
)
from kartra_freshsales.sandbox.refusal import bad
from kartra_freshsales.sandbox.required import check_required
from kartra_freshsales.sandbox.state import Record
from kartra_freshsales.sandbox.values import (
    as_amount,
    as_date,
    as_email,
    as_emails,
    as_id,
    as_tags,
    as_text,
    company_values,
    label_of,
    money,
    one_primary,
)
from kartra_freshsales.sandbox.world import World


@dataclass
class Draft:
    """A record as it would stand, with the links it asks for (``None``: leave alone)."""

    body: dict[str, Any]
    owner_id: int | None
    name: str = ""
    kind: int = 0
    unique: dict[str, list[str]] = field(default_factory=dict)
    accounts: list[tuple[int, bool]] | None = None
    account_name: str | None = None
    contacts_added: list[int] = field(default_factory=list)
    contacts_removed: list[int] = field(default_factory=list)


def draft(
    world: World, module: Module, sent: Mapping[str, Any], standing: Record | None
) -> Draft:
    """Check ``sent`` against the rules of ``module`` and lay it over what stands."""
    made = Draft(
        body=dict(standing.body) if standing else {},
        owner_id=standing.owner_id if standing else world.seed.admin_id,
        kind=standing.kind if standing else 0,
    )
    for key in module.texts:
        if key in sent:
            made.body[key] = as_text(key, sent[key])
    _relations(world, module, sent, made)
    if "tags" in sent:
        made.body["tags"] = as_tags(sent["tags"])
    custom = world.fields.clean(module.plural, sent.get("custom_field"))
    if custom:
        made.body["custom_field"] = made.body.get("custom_field", {}) | custom
    if module is CONTACTS:
        _contact(world, sent, made)
    elif module is LEADS:
        _emails(world, sent, made)
        draft_lead(world, sent, made)
    elif module is DEALS:
        _deal(world, sent, made, standing)
    else:
        _account(world, sent, made)
    check_required(world, module, sent, made, creating=standing is None)
    _unique_custom(world, module, made)
    _check_unique(world, module, made, standing)
    return made


def _relations(world: World, module: Module, sent: Mapping[str, Any], made: Draft) -> None:
    for key, listing in module.relations.items():
        if key in sent:
            made.body[key] = known(world, key, listing, sent[key])
    if sent.get("owner_id") is not None:
        owner = world.seed.by_id["users"].get(as_id(sent["owner_id"]) or 0)
        if owner is None or not owner["is_active"]:
            raise bad("Invalid owner provided.")
        made.owner_id = owner["id"]


def _unique_custom(world: World, module: Module, made: Draft) -> None:
    values = made.body.get("custom_field", {})
    for item in world.fields.custom[module.plural].values():
        if item.unique and values.get(item.name) is not None:
            made.unique[item.name] = [str(values[item.name])]


def _check_unique(
    world: World, module: Module, made: Draft, standing: Record | None
) -> None:
    own = standing.id if standing else None
    for key, values in made.unique.items():
        for value in values:
            holder = world.store.holder(module.plural, key, value)
            if holder is not None and holder != own:
                if key == "email":
                    raise bad(f"{value} already exists.")
                if key == "mobile_number":
                    raise bad("MobileNumber is not unique")
                raise bad(f"{label_of(key)} has already been taken")


# contacts


def _contact(world: World, sent: Mapping[str, Any], made: Draft) -> None:
    _emails(world, sent, made)
    if not world.edition.has_leads:
        _lifecycle(world, sent, made)
    elif "department" in sent:
        made.body["department"] = as_text("department", sent["department"])
    for key, most in (
        ("subscription_status", 4),
        ("whatsapp_subscription_status", 2),
        ("sms_subscription_status", 2),
    ):
        if sent.get(key) is not None:
            status = as_id(sent[key])
            if status is None or status > most:
                raise bad(f"Invalid {key.replace('_', ' ')} provided.")
            made.body[key] = status
    made.accounts = _contact_accounts(world, sent)
    body = made.body
    made.name = " ".join(
        part for part in (body.get("first_name"), body.get("last_name")) if part
    )
    if body.get("external_id"):
        made.unique["external_id"] = [body["external_id"]]
    if world.config.switches.mobile_unique and body.get("mobile_number"):
        made.unique["mobile_number"] = [body["mobile_number"]]


def _emails(world: World, sent: Mapping[str, Any], made: Draft) -> None:
    entries: list[dict[str, Any]] = made.body.get("emails", [])
    if sent.get("emails"):
        entries = as_emails(sent["emails"])
    if sent.get("email"):
        primary = as_email(sent["email"])
        rest = [
            {**entry, "is_primary": False}
            for entry in entries
            if entry["value"].casefold() != primary.casefold()
            and ("emails" in sent or not entry["is_primary"])
        ]
        entries = [{"value": primary, "is_primary": True, "label": None}, *rest]
    cleared = ("email" in sent and not sent["email"]) or (
        "emails" in sent and not sent["emails"]
    )
    if not entries or (cleared and not (sent.get("email") or sent.get("emails"))):
        if world.config.switches.email_required:
            raise bad("Need to fill this Email")
        entries = []
    made.body["emails"] = one_primary(entries)
    made.unique["email"] = [entry["value"] for entry in made.body["emails"]]


def _lifecycle(world: World, sent: Mapping[str, Any], made: Draft) -> None:
    stages = world.seed.by_id["lifecycle_stages"]
    statuses = world.seed.by_id["contact_statuses"]
    stage_id = (
        made.body.get("lifecycle_stage_id") or world.seed.lists["lifecycle_stages"][0]["id"]
    )
    if sent.get("lifecycle_stage_id") is not None:
        asked = as_id(sent["lifecycle_stage_id"])
        if asked not in stages:
            raise bad("Invalid lifecycle stage provided.")
        stage_id = asked
    status_id = made.body.get("contact_status_id")
    if sent.get("contact_status_id") is not None:
        asked = as_id(sent["contact_status_id"])
        if asked not in stages[stage_id]["contact_status_ids"]:
            raise bad("Invalid contact status provided.")
        status_id = asked
    elif status_id is None or statuses[status_id]["lifecycle_stage_id"] != stage_id:
        status_id = stages[stage_id]["contact_status_ids"][0]
    made.body["lifecycle_stage_id"] = stage_id
    made.body["contact_status_id"] = status_id


def _contact_accounts(
    world: World, sent: Mapping[str, Any]
) -> list[tuple[int, bool]] | None:
    asked: list[dict[str, Any]]
    if sent.get("sales_accounts") is not None:
        items = sent["sales_accounts"]
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise bad("Invalid or missing attributes")
        asked = [item for item in items if not item.get("_destroy")]
    elif "sales_account_id" in sent:
        asked = [{"id": sent["sales_account_id"]}] if sent["sales_account_id"] else []
    else:
        return None
    ids = [_live_id(world, "sales_accounts", item.get("id")) for item in asked]
    flags = [bool(item.get("is_primary")) for item in asked]
    chosen = flags.index(True) if True in flags else 0
    return [(account_id, at == chosen) for at, account_id in enumerate(ids)]


def _live_id(world: World, plural: str, value: Any) -> int:
    found = as_id(value)
    record = world.store.get(plural, found) if found is not None else None
    if record is None or record.deleted:
        raise bad(f"{label_of(plural.removesuffix('s'))} doesn't exist")
    return record.id


# accounts


def _account(world: World, sent: Mapping[str, Any], made: Draft) -> None:
    body = made.body
    if not body.get("name"):
        raise bad("Name can't be empty")
    body.update(company_values(sent))
    if "parent_sales_account_id" in sent:
        parent = sent["parent_sales_account_id"]
        body["parent_sales_account_id"] = (
            None if parent is None else _live_id(world, "sales_accounts", parent)
        )
    made.name = body["name"]
    made.unique["name"] = [body["name"]]


# deals


def _deal(
    world: World, sent: Mapping[str, Any], made: Draft, standing: Record | None
) -> None:
    body = made.body
    if not body.get("name"):
        raise bad("Deal name can't be empty")
    made.name = body["name"]
    _deal_amount(world, sent, body, creating=standing is None)
    for key in ("expected_close", "closed_date"):
        if key in sent:
            body[key] = as_date(sent[key])
    if "forecast_category" in sent:
        body["forecast_category"] = as_id(sent["forecast_category"])
    _stage(world, sent, made)
    _deal_links(world, sent, made, creating=standing is None)


def _deal_amount(
    world: World, sent: Mapping[str, Any], body: dict[str, Any], *, creating: bool
) -> None:
    if "amount" in sent:
        if sent["amount"] in (None, ""):
            raise bad("Amount can't be empty")
        amount = as_amount(sent["amount"])
        if amount is not None or creating:
            body["amount"] = amount or "0.0"
    elif creating:
        raise bad("Amount can't be empty")
    currencies = world.seed.lists["currencies"]
    body.setdefault("currency_id", currencies[0]["id"])
    if body["currency_id"] is None:
        body["currency_id"] = currencies[0]["id"]
    rate = Decimal(world.seed.by_id["currencies"][body["currency_id"]]["exchange_rate"])
    body["base_currency_amount"] = money(Decimal(body["amount"]) / rate)


def _stage(world: World, sent: Mapping[str, Any], made: Draft) -> None:
    pipelines, stages = world.seed.by_id["deal_pipelines"], world.seed.by_id["deal_stages"]
    body = made.body
    before = body.get("deal_stage_id")
    pipeline_id = as_id(sent.get("deal_pipeline_id"))
    if sent.get("deal_pipeline_id") is not None and pipeline_id not in pipelines:
        raise bad("Deal pipeline doesn't exist")
    stage_id = before
    if sent.get("deal_stage_id") is not None:
        stage_id = as_id(sent["deal_stage_id"])
        if stage_id not in stages:
            raise bad("Deal stage doesn't exist")
        if pipeline_id is not None and stages[stage_id]["deal_pipeline_id"] != pipeline_id:
            raise bad("Deal stage doesn't exist")
    elif before is None or (
        pipeline_id is not None and stages[before]["deal_pipeline_id"] != pipeline_id
    ):
        pipeline = pipelines[pipeline_id or world.seed.lists["deal_pipelines"][0]["id"]]
        stage_id = pipeline["deal_stages"][0]["id"]
    stage = stages[stage_id or 0]
    body["deal_stage_id"] = stage["id"]
    body["deal_pipeline_id"] = stage["deal_pipeline_id"]
    made.kind = FORECAST_KIND[stage["forecast_type"]]
    if stage["id"] != before:
        body["probability"] = stage["probability"]
        body["stage_updated_us"] = world.now_us()
        if made.kind and not body.get("closed_date"):
            body["closed_date"] = world.today()
        if not made.kind and "closed_date" not in sent:
            body["closed_date"] = None
    elif sent.get("probability") is not None:
        body["probability"] = as_id(sent["probability"])


def _deal_links(
    world: World, sent: Mapping[str, Any], made: Draft, *, creating: bool
) -> None:
    account = sent.get("sales_account")
    if isinstance(account, dict) and account.get("id") is not None:
        made.accounts = [(_live_id(world, "sales_accounts", account["id"]), True)]
    elif isinstance(account, dict) and account.get("name"):
        made.account_name = as_text("name", account["name"])
    elif "sales_account_id" in sent:
        value = sent["sales_account_id"]
        made.accounts = (
            [] if value is None else [(_live_id(world, "sales_accounts", value), True)]
        )
    if (
        creating
        and world.config.switches.deal_needs_account
        and not (made.accounts or made.account_name)
    ):
        raise bad("Need to fill this Sales account")
    made.contacts_added = [
        _live_id(world, "contacts", value) for value in _ids(sent, "contacts_added_list")
    ]
    made.contacts_removed = [
        found
        for value in _ids(sent, "contacts_removed_list")
        if (found := as_id(value)) is not None
    ]


def _ids(sent: Mapping[str, Any], key: str) -> list[Any]:
    value = sent.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise bad("Invalid or missing attributes")
    return value
