"""Calls on single records: create, view, update, delete, forget, upsert, bulk destroy."""

from __future__ import annotations

from typing import Any

from kartra_freshsales.sandbox import records
from kartra_freshsales.sandbox.calls import Answer, Call
from kartra_freshsales.sandbox.modules import MODULES, Module
from kartra_freshsales.sandbox.refusal import bad, missing
from kartra_freshsales.sandbox.rendering import one, parse_includes
from kartra_freshsales.sandbox.state import Record
from kartra_freshsales.sandbox.values import as_id


def _module(call: Call) -> Module:
    return MODULES[call.params["module"]]


def _shown(call: Call, record: Record, status: int = 200) -> Answer:
    includes = parse_includes(call.query.get("include"))
    return Answer(one(call.world, _module(call), record, includes), status)


def create(call: Call) -> Answer:
    """``POST /M``."""
    module = _module(call)
    return _shown(call, records.create(call.world, module, call.mapping(module.singular)))


def read(call: Call) -> Answer:
    """``GET /M/:id``."""
    module = _module(call)
    if call.world.config.switches.binned_readable:
        record = call.world.store.get(module.plural, call.params["id"])
        if record is None:
            raise missing(module.word)
        return _shown(call, record)
    return _shown(call, records.live(call.world, module, call.params["id"]))


def update(call: Call) -> Answer:
    """``PUT /M/:id``: only the keys sent change."""
    module = _module(call)
    record = records.live(call.world, module, call.params["id"])
    sent = call.mapping(module.singular)
    return _shown(call, records.update(call.world, module, record, sent))


def delete(call: Call) -> Answer:
    """``DELETE /M/:id``: into the recycle bin; the body ``true`` says so.

    One public client sends an account's contacts and deals along by a query key.
    """
    module = _module(call)
    record = records.live(call.world, module, call.params["id"])
    records.bulk_destroy(
        call.world,
        module,
        [record.id],
        with_related=call.query.get("delete_associated_contacts_deals") == "true",
    )
    return Answer(True)


def forget(call: Call) -> Answer:
    """``DELETE /M/:id/forget``: erased for good."""
    records.forget(call.world, _module(call), call.params["id"])
    return Answer(True)


def restore(call: Call) -> Answer:
    """``PUT /M/:id/restore``: only where the account's switch allows it under the API."""
    if not call.world.config.switches.restore_call:
        raise missing("page")
    record = records.restore(call.world, _module(call), call.params["id"])
    return _shown(call, record)


def clone(call: Call) -> Answer:
    """``POST /M/:id/clone``: a copy with the overrides of the body."""
    module = _module(call)
    record = records.live(call.world, module, call.params["id"])
    overrides = call.mapping(module.singular) if call.body is not None else {}
    copied = {key: value for key, value in record.body.items() if key != "emails"}
    sent = {"owner_id": record.owner_id, **copied, **overrides}
    return _shown(call, records.create(call.world, module, sent))


def upsert(call: Call) -> Answer:
    """``POST /M/upsert``: 201 when created, 200 when updated."""
    module, body = _module(call), call.mapping()
    identifier, sent = body.get("unique_identifier"), body.get(module.singular)
    if not isinstance(identifier, dict) or not isinstance(sent, dict):
        raise bad("Invalid or missing attributes")
    record, created = records.upsert(call.world, module, identifier, sent)
    return _shown(call, record, 201 if created else 200)


def bulk_destroy(call: Call) -> Answer:
    """``POST /M/bulk_destroy``: many records into the bin."""
    module, body = _module(call), call.mapping()
    ids = _selected(body)
    count = records.bulk_destroy(
        call.world,
        module,
        ids,
        with_related=bool(body.get("delete_associated_contacts_deals")),
    )
    return Answer({"message": f"{count} {module.plural.replace('_', ' ')} deleted."})


def bulk_assign_owner(call: Call) -> Answer:
    """``POST /contacts/bulk_assign_owner``."""
    module, body = MODULES["contacts"], call.mapping()
    ids = _selected(body)
    for record_id in ids:
        record = call.world.store.get(module.plural, record_id)
        if record is not None and not record.deleted:
            records.update(call.world, module, record, {"owner_id": body.get("owner_id")})
    return Answer({"message": f"{len(ids)} contacts updated."})


def _selected(body: dict[str, Any]) -> list[int]:
    ids = body.get("selected_ids")
    if not isinstance(ids, list) or not ids:
        raise bad("Invalid or missing attributes")
    return [found for value in ids if (found := as_id(value)) is not None]
