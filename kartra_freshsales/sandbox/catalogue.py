"""What products and CPQ documents share: the pattern of their calls, and deleting softly.

What a product or a document demands and how it is shown lives with each of them; which
plans have them is ``features``'s word.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kartra_freshsales.sandbox import items
from kartra_freshsales.sandbox.calls import Answer, Call
from kartra_freshsales.sandbox.entries import Entry
from kartra_freshsales.sandbox.items import Item, Json
from kartra_freshsales.sandbox.refusal import bad, missing
from kartra_freshsales.sandbox.values import as_date, as_number, as_text
from kartra_freshsales.sandbox.world import World


@dataclass(frozen=True)
class Kind:
    """One kind of row: ``fill`` lays what was sent over it, ``show`` shows it.

    ``required`` are keys a create cannot leave out; ``fill`` refuses blank ones.
    """

    table: str
    singular: str
    word: str
    required: tuple[str, ...]
    fill: Callable[[World, Item, Json], None]
    show: Callable[[World, Item, frozenset[str]], Json]


def standing(world: World, kind: Kind, item_id: int, *, deleted: bool = False) -> Item:
    """The row with that id, deleted or not as asked, or a 404."""
    item = items.get(world, kind.table, item_id)
    if bool(item.done) is not deleted:
        raise missing(kind.word)
    return item


def _kind(call: Call) -> Kind:
    kind: Kind = call.params["kind"]
    return kind


def _shown(call: Call, kind: Kind, item: Item) -> Answer:
    names = frozenset(name.strip() for name in call.query.get("include", "").split(","))
    return Answer({kind.singular: kind.show(call.world, item, names)})


def create(call: Call) -> Answer:
    """``POST /cpq/<kind>``."""
    kind = _kind(call)
    item = items.insert(call.world, kind.table, items.new())
    blank = dict.fromkeys(kind.required)
    kind.fill(call.world, item, {**blank, **items.sent(call, kind.singular)})
    return _shown(call, kind, items.save(call.world, kind.table, item))


def read(call: Call) -> Answer:
    """``GET /cpq/<kind>/:id``."""
    kind = _kind(call)
    return _shown(call, kind, standing(call.world, kind, call.params["id"]))


def update(call: Call) -> Answer:
    """``PUT /cpq/<kind>/:id``: only the keys sent change."""
    kind = _kind(call)
    item = standing(call.world, kind, call.params["id"])
    kind.fill(call.world, item, items.sent(call, kind.singular))
    return _shown(call, kind, items.save(call.world, kind.table, item))


def delete(call: Call) -> Answer:
    """``DELETE /cpq/<kind>/:id``: may be restored."""
    kind = _kind(call)
    item = standing(call.world, kind, call.params["id"])
    _set_deleted(call.world, kind, item, deleted=True)
    return Answer({"msg": {"id": item.id, "code": "success"}})


def restore(call: Call) -> Answer:
    """``PUT /cpq/<kind>/:id/restore``."""
    kind = _kind(call)
    item = standing(call.world, kind, call.params["id"], deleted=True)
    _set_deleted(call.world, kind, item, deleted=False)
    return _shown(call, kind, item)


def bulk_assign(call: Call) -> Answer:
    """``POST ..._bulk_assign`` with ``selected_ids`` and ``owner_id``."""
    kind = _kind(call)
    owner_id = call.mapping().get("owner_id")
    if owner_id is None:
        raise bad("Invalid owner provided.")
    return _many(call, kind, items.selected_ids(call), {"owner_id": owner_id})


def bulk_update(call: Call) -> Answer:
    """``PUT ..._bulk_update`` with ``ids`` and the values all of them get."""
    kind = _kind(call)
    sent = call.mapping().get(kind.singular)
    if not isinstance(sent, dict) or not sent:
        raise bad("Invalid or missing attributes")
    return _many(call, kind, items.selected_ids(call, "ids"), sent)


def bulk_delete(call: Call) -> Answer:
    """``POST ..._bulk_delete`` with ``selected_ids``."""
    return _all_deleted(call, deleted=True, done="deleted")


def bulk_restore(call: Call) -> Answer:
    """``POST ..._bulk_restore`` with ``selected_ids``."""
    return _all_deleted(call, deleted=False, done="restored")


def _set_deleted(world: World, kind: Kind, item: Item, *, deleted: bool) -> None:
    item.done = int(deleted)
    items.save(world, kind.table, item)


def _among(call: Call, kind: Kind, ids: list[int], *, deleted: bool) -> list[Item]:
    """The rows among some ids; unknown ones are passed over as by bulk destroy."""
    found = (items.select(call.world, kind.table, "id = ?", (one,)) for one in ids)
    return [item for rows in found for item in rows if bool(item.done) is deleted]


def _many(call: Call, kind: Kind, ids: list[int], sent: Json) -> Answer:
    rows = _among(call, kind, ids, deleted=False)
    for item in rows:
        kind.fill(call.world, item, sent)
        items.save(call.world, kind.table, item)
    return Answer({"message": f"{len(rows)} {kind.word}s updated."})


def _all_deleted(call: Call, *, deleted: bool, done: str) -> Answer:
    kind = _kind(call)
    rows = _among(call, kind, items.selected_ids(call), deleted=not deleted)
    for item in rows:
        _set_deleted(call.world, kind, item, deleted=deleted)
    return Answer({"message": f"{len(rows)} {kind.word}s {done}."})


def entries(kind: Kind) -> tuple[Entry, ...]:
    """The calls of one kind; there is none that lists all of them."""
    base, params = f"/cpq/{kind.table}", {"kind": kind}
    bulk = f"{base}/{kind.table}_bulk"
    return (
        Entry("POST", base, create, params),
        Entry("GET", f"{base}/{{id:int}}", read, params),
        Entry("PUT", f"{base}/{{id:int}}", update, params),
        Entry("DELETE", f"{base}/{{id:int}}", delete, params),
        Entry("PUT", f"{base}/{{id:int}}/restore", restore, params),
        Entry("POST", f"{bulk}_assign", bulk_assign, params),
        Entry("POST", f"{bulk}_delete", bulk_delete, params),
        Entry("POST", f"{bulk}_restore", bulk_restore, params),
        Entry("PUT", f"{bulk}_update", bulk_update, params),
    )


def fill_texts(item: Item, sent: Json, keys: tuple[str, ...]) -> None:
    """Take the plain texts among what was sent."""
    for key in keys:
        if key in sent:
            item.body[key] = as_text(key, sent[key])


def fill_common(world: World, item: Item, sent: Json) -> None:
    """Owner, territory, last day and custom fields, which both kinds have."""
    if "owner_id" in sent:
        value = sent["owner_id"]
        item.body["owner_id"] = None if value is None else items.owner(world, value)
    if "territory_id" in sent:
        item.body["territory_id"] = items.known(
            world, "territory_id", "territories", sent["territory_id"]
        )
    if "valid_till" in sent:
        item.body["valid_till"] = as_date(sent["valid_till"])
    if sent.get("custom_field"):  # no call makes such a field, so none is known
        raise bad("Invalid or missing attributes")


def price(value: Any) -> float | None:
    """A price as these calls show it: a number; null when unreadable."""
    number = as_number(value)
    return None if number is None else float(number)


def currency(world: World, value: Any) -> str:
    """The code of one of the account's currencies."""
    known = {item["currency_code"] for item in world.seed.lists["currencies"]}
    if value not in known:
        raise bad("Currency doesn't exist")
    return str(value)


def base_currency(world: World) -> str:
    """The code of the account's own currency."""
    code: str = world.seed.lists["currencies"][0]["currency_code"]
    return code
