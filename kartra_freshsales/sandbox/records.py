"""How records change: create, update, bin, restore, forget, and the links between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kartra_freshsales.sandbox.drafts import Draft, draft
from kartra_freshsales.sandbox.modules import MODULES, PEOPLE, SALES_ACCOUNTS, Module
from kartra_freshsales.sandbox.refusal import bad, missing
from kartra_freshsales.sandbox.state import Record, marks
from kartra_freshsales.sandbox.world import World


def create(world: World, module: Module, sent: Mapping[str, Any]) -> Record:
    """Store a new record, or refuse it."""
    made = draft(world, module, sent, None)
    account_id = _named_account(world, made)
    record = world.store.insert(
        module.plural, made.name, made.owner_id, made.kind, made.body
    )
    _carry_out(world, module, record, made, account_id)
    return record


def update(world: World, module: Module, record: Record, sent: Mapping[str, Any]) -> Record:
    """Lay what was sent over a record; keys not sent stay untouched."""
    made = draft(world, module, sent, record)
    account_id = _named_account(world, made)
    record.name, record.owner_id, record.kind = made.name, made.owner_id, made.kind
    record.body = made.body
    world.store.save(module.plural, record)
    _carry_out(world, module, record, made, account_id)
    return record


def live(world: World, module: Module, record_id: int) -> Record:
    """The record with that id, unless it is unknown or in the recycle bin."""
    record = world.store.get(module.plural, record_id)
    if record is None or record.deleted:
        raise missing(module.word)
    return record


def upsert(
    world: World, module: Module, identifier: Mapping[str, Any], sent: Mapping[str, Any]
) -> tuple[Record, bool]:
    """Create or update by one identifier; answers the record and whether it is new."""
    if len(identifier) != 1:
        raise bad("Invalid or missing attributes")
    key, value = next(iter(identifier.items()))
    if key == "id":
        if not str(value).strip().isdigit():
            raise missing(module.word)
        return update(world, module, live(world, module, int(value)), sent), False
    field, for_new = _identified(world, module, key, value)
    holder = world.store.holder(module.plural, field, str(value)) if field else None
    standing = world.store.get(module.plural, holder) if holder is not None else None
    if standing is None or standing.deleted:  # a binned holder makes the create refuse
        if "custom_field" in for_new:
            sent = {
                **sent,
                "custom_field": for_new["custom_field"] | (sent.get("custom_field") or {}),
            }
        elif "email" in for_new and (sent.get("email") or sent.get("emails")):
            for_new = {}
        return create(world, module, {**for_new, **sent}), True
    return update(world, module, standing, sent), False


def _identified(
    world: World, module: Module, key: str, value: Any
) -> tuple[str | None, dict[str, Any]]:
    """The unique field an identifier speaks of, and what it adds to a new record."""
    if not isinstance(value, str) or not value.strip():
        raise bad("Invalid or missing attributes")
    if module in PEOPLE and key in {"emails", "email"}:
        return "email", {"email": value}
    if key == "name" and module.plural == "sales_accounts":
        return "name", {"name": value}
    if key == "name" and module.plural == "deals":
        matching = world.config.switches.deals_match_by_name
        return "name" if matching else None, {"name": value}
    custom = world.fields.custom[module.plural].get(key)
    if custom is not None and custom.unique:
        return key, {"custom_field": {key: value}}
    raise bad("Invalid or missing attributes")


def _named_account(world: World, made: Draft) -> int | None:
    """Find or create the account a deal names."""
    if made.account_name is None:
        return None
    record, _ = upsert(world, SALES_ACCOUNTS, {"name": made.account_name}, {})
    return record.id


def _carry_out(
    world: World, module: Module, record: Record, made: Draft, account_id: int | None
) -> None:
    store = world.store
    for field, values in made.unique.items():
        store.claim(module.plural, field, values, record.id)
    if module.plural == "deals" and world.config.switches.deals_match_by_name:
        store.claim("deals", "name", [record.name], record.id)
    accounts = [(account_id, True)] if account_id is not None else made.accounts
    if accounts is not None:
        ids = dict(reversed(accounts))  # of one named twice the first mention counts
        store.sql.execute(
            "DELETE FROM account_link WHERE module=? AND record_id=?"
            f" AND account_id NOT IN ({marks(list(ids))})",
            (module.plural, record.id, *ids),
        )
        store.sql.executemany(
            "INSERT INTO account_link VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE"
            " SET is_primary = excluded.is_primary",
            [(module.plural, record.id, other, int(first)) for other, first in ids.items()],
        )
    if made.contacts_removed:
        store.sql.executemany(
            "DELETE FROM deal_contact WHERE deal_id=? AND contact_id=?",
            [(record.id, contact) for contact in made.contacts_removed],
        )
    if made.contacts_added:
        store.sql.executemany(
            "INSERT OR IGNORE INTO deal_contact VALUES (?, ?)",
            [(record.id, contact) for contact in made.contacts_added],
        )


def put_in_bin(world: World, module: Module, record: Record) -> None:
    """Soft delete; an account loses its links for good, even when restored later."""
    record.deleted = 1
    world.store.save(module.plural, record)
    if module is SALES_ACCOUNTS:
        world.store.sql.execute("DELETE FROM account_link WHERE account_id=?", (record.id,))
        world.store.orphan(record.id)


def restore(world: World, module: Module, record_id: int) -> Record:
    """Take a record out of the recycle bin."""
    record = world.store.get(module.plural, record_id)
    if record is None or not record.deleted:
        raise missing(module.word)
    record.deleted = 0
    world.store.save(module.plural, record)
    return record


def forget(world: World, module: Module, record_id: int) -> None:
    """Erase a record, binned or not, with everything that hangs on it."""
    if world.store.get(module.plural, record_id) is None:
        raise missing(module.word)
    world.store.erase(module.plural, record_id)


def bulk_destroy(
    world: World, module: Module, ids: Iterable[int], *, with_related: bool = False
) -> int:
    """Put many records in the bin; unknown and binned ids are passed over."""
    count = 0
    for record_id in ids:
        record = world.store.get(module.plural, record_id)
        if record is None or record.deleted:
            continue
        if with_related and module is SALES_ACCOUNTS:
            for name in ("contacts", "deals"):
                bulk_destroy(world, MODULES[name], linked_to(world, name, record_id))
        put_in_bin(world, module, record)
        count += 1
    return count


def linked_to(world: World, plural: str, account_id: int) -> list[int]:
    """Ids of the contacts or deals linked to an account."""
    rows = world.store.sql.execute(
        "SELECT record_id FROM account_link WHERE account_id=? AND module=?"
        " ORDER BY record_id",
        (account_id, plural),
    )
    return [row[0] for row in rows]


def account_links(
    world: World, plural: str, ids: list[int]
) -> dict[int, list[tuple[int, bool]]]:
    """Accounts of each contact or deal: ``{record: [(account, is_primary)]}``."""
    found: dict[int, list[tuple[int, bool]]] = {}
    rows = world.store.sql.execute(
        "SELECT record_id, account_id, is_primary FROM account_link"
        f" WHERE module=? AND record_id IN ({marks(ids)})"
        " ORDER BY record_id, is_primary DESC, account_id",
        (plural, *ids),
    )
    for record_id, account_id, first in rows:
        found.setdefault(record_id, []).append((account_id, bool(first)))
    return found
