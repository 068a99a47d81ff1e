"""Turning a lead into a contact, an account and a deal, by the account's mapping.

Classic only (reference, section 1.1). Which custom fields survive is what an admin sets on
a screen; the API can neither read nor set it, so ``set_conversion`` stands for that screen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from kartra_freshsales.sandbox import records
from kartra_freshsales.sandbox.calls import Answer, Call
from kartra_freshsales.sandbox.leads import COMPANY_IDS, COMPANY_TEXTS
from kartra_freshsales.sandbox.modules import (
    CONTACTS,
    DEALS,
    LEADS,
    SALES_ACCOUNTS,
    Module,
)
from kartra_freshsales.sandbox.refusal import bad
from kartra_freshsales.sandbox.rendering import render
from kartra_freshsales.sandbox.state import Record
from kartra_freshsales.sandbox.values import as_text
from kartra_freshsales.sandbox.world import World

Json = dict[str, Any]
Mapped = dict[str, dict[str, str]]

_TARGETS: Final = {module.singular: module for module in (CONTACTS, SALES_ACCOUNTS, DEALS)}
_PLAIN: Final = {"text", "textarea", "number", "date"}
_COMPANY: Final = (
    *COMPANY_TEXTS, "website", "phone", "number_of_employees", "annual_revenue",
    *COMPANY_IDS,
)  # fmt: skip
_BLANK: Final[tuple[Any, ...]] = (None, "", [], {})


# the mapping an admin keeps


def read_conversion(path: Path) -> Mapped:
    """The mapping a YAML file holds: ``{lead field: {contact: field, deal: field}}``.

    Raises:
        ValueError: the file holds something else.
    """
    return _checked_form(yaml.safe_load(path.read_text(encoding="utf-8")) or {})


def _checked_form(mapping: Any) -> Mapped:
    if not isinstance(mapping, dict) or not all(
        isinstance(targets, dict) and set(targets) <= set(_TARGETS)
        for targets in mapping.values()
    ):
        raise ValueError(f"give lead fields, each with fields of {', '.join(_TARGETS)}")
    return {
        str(source): {str(target): str(name) for target, name in targets.items()}
        for source, targets in mapping.items()
    }


def set_conversion(world: World, mapping: Mapping[str, Mapping[str, str]]) -> None:
    """Replace the account's mapping of custom lead fields.

    Raises:
        ValueError: a field does not exist, or the two of a pair differ in type.
    """
    asked = _checked_form({key: dict(targets) for key, targets in mapping.items()})
    for source, targets in asked.items():
        field = world.fields.custom["leads"].get(source)
        if field is None:
            raise ValueError(
                f"{source} is no custom field of leads; it cannot go to"
                f" {', '.join(f'{name} of {target}' for target, name in targets.items())}"
            )
        for target, name in targets.items():
            kind = _type_of(world, _TARGETS[target], name)
            if kind is None:
                raise ValueError(
                    f"{source} of lead cannot go to {name} of {target}: no such field"
                )
            if kind != field.type:
                raise ValueError(
                    f"{source} of lead is {field.type}, {name} of {target} is {kind}"
                )
    with world.store.transaction():
        world.store.sql.execute("DELETE FROM conversion")
        world.store.sql.executemany(
            "INSERT INTO conversion VALUES (?, ?, ?)",
            [
                (source, target, name)
                for source, targets in asked.items()
                for target, name in targets.items()
            ],
        )


def conversion_of(world: World) -> Mapped:
    """The mapping as it stands."""
    found: Mapped = {}
    rows = world.store.sql.execute(
        "SELECT lead_field, target, field FROM conversion ORDER BY lead_field, target"
    )
    for source, target, name in rows:
        found.setdefault(source, {})[target] = name
    return found


def _type_of(world: World, module: Module, name: str) -> str | None:
    custom = world.fields.custom[module.plural].get(name)
    if custom is not None:
        return custom.type
    return next(
        (
            str(item["type"])
            for item in world.fields.listing(module.plural)
            if item["name"] == name and item["type"] in _PLAIN
        ),
        None,
    )


# the call


def convert(call: Call) -> Answer:
    """``POST /leads/:id/convert``: the lead is gone afterwards, not even in the bin."""
    world, sent = call.world, call.mapping("lead")
    lead = records.live(world, LEADS, call.params["id"])
    _required(world, sent)
    lead = records.update(world, LEADS, lead, sent)
    account = _account(world, lead)
    contact = _contact(world, lead, account)
    _deal(world, lead, account, contact)
    world.store.hand_over(LEADS.plural, lead.id, CONTACTS.plural, contact.id)
    world.store.erase(LEADS.plural, lead.id)
    _, shown = render(world, CONTACTS, [contact], ())
    return Answer({"contact": shown[0], "meta": {"success_msg": "Lead converted."}})


def _required(world: World, sent: Json) -> None:
    if as_text("last_name", sent.get("last_name")) is None:
        raise bad("Need to fill this Last name")
    company = sent.get("company")
    named = isinstance(company, dict) and as_text("name", company.get("name"))
    if world.config.switches.convert_needs_company and not named:
        raise bad("Need to fill this Company")


def _account(world: World, lead: Record) -> Record | None:
    company = lead.body.get("company") or {}
    if not company.get("name"):
        return None
    values: Json = {key: company[key] for key in _COMPANY if key in company}
    values |= {"owner_id": lead.owner_id, **_mapped(world, lead, "sales_account")}
    return _settle(world, SALES_ACCOUNTS, [("name", company["name"])], values)


def _contact(world: World, lead: Record, account: Record | None) -> Record:
    body = lead.body
    kept = (*LEADS.texts, "lead_source_id", "campaign_id")
    values: Json = {key: body[key] for key in kept if body.get(key) is not None}
    values |= {"emails": body.get("emails", []), "owner_id": lead.owner_id}
    if world.config.switches.convert_keeps_tags:
        values["tags"] = body.get("tags", [])
    if account is not None:
        values["sales_accounts"] = [{"id": account.id, "is_primary": True}]
    values |= _mapped(world, lead, "contact")
    keys = [("email", entry["value"]) for entry in body.get("emails", [])]
    return _settle(world, CONTACTS, keys, values)


def _deal(world: World, lead: Record, account: Record | None, contact: Record) -> None:
    deal = lead.body.get("deal") or {}
    if not deal.get("name"):
        return
    values: Json = {key: value for key, value in deal.items() if value is not None}
    values.setdefault("amount", 0)
    for key in ("lead_source_id", "campaign_id"):
        if lead.body.get(key) is not None:
            values[key] = lead.body[key]
    if account is not None:
        values["sales_account_id"] = account.id
    values |= {"owner_id": lead.owner_id, "contacts_added_list": [contact.id]}
    records.create(world, DEALS, values | _mapped(world, lead, "deal"))


def _mapped(world: World, lead: Record, target: str) -> Json:
    """What the mapping carries of a lead's custom fields to one kind of record."""
    module, values = _TARGETS[target], lead.body.get("custom_field", {})
    carried: Json = {}
    for source, targets in conversion_of(world).items():
        name, value = targets.get(target), values.get(source)
        if name is None or value in (None, ""):
            continue
        if name in world.fields.custom[module.plural]:
            carried.setdefault("custom_field", {})[name] = value
        elif _type_of(world, module, name) is not None:
            carried[name] = value
    return carried


def _settle(
    world: World, module: Module, keys: list[tuple[str, str]], values: Json
) -> Record:
    """Create a record, or complete the standing one with such a key: what it has stays."""
    for field, key in keys:
        holder = world.store.holder(module.plural, field, key)
        standing = None if holder is None else world.store.get(module.plural, holder)
        if standing is not None and not standing.deleted:
            gaps = dict(_gaps(world, module, standing, values))
            return records.update(world, module, standing, gaps)
    return records.create(world, module, values)


def _gaps(
    world: World, module: Module, standing: Record, values: Json
) -> Iterator[tuple[str, Any]]:
    body = standing.body
    for key, value in values.items():
        if key == "custom_field":
            own = body.get("custom_field", {})
            yield (
                key,
                {name: item for name, item in value.items() if own.get(name) in _BLANK},
            )
        elif key == "emails":
            yield key, [*body.get("emails", []), *value]
        elif key == "tags":
            yield key, [*body.get("tags", []), *value]
        elif key == "sales_accounts":
            links = records.account_links(world, module.plural, [standing.id])
            own_links = [
                {"id": account, "is_primary": first}
                for account, first in links.get(standing.id, [])
            ]
            yield key, [*own_links, *value]
        elif key != "owner_id" and body.get(key) in _BLANK:
            yield key, value
