"""Search, lookup and filtered search. All three may lag behind writes, as the real ones."""

from __future__ import annotations

from typing import Any, Final

from kartra_freshsales.sandbox.calls import Answer, Call
from kartra_freshsales.sandbox.modules import MODULES, PEOPLE, Module
from kartra_freshsales.sandbox.refusal import bad, missing
from kartra_freshsales.sandbox.rendering import short
from kartra_freshsales.sandbox.state import Record, marks
from kartra_freshsales.sandbox.values import as_id

_BY_SINGULAR: Final = {module.singular: module for module in MODULES.values()}
_MOST: Final = 100
_EMAIL: Final = (
    "id IN (SELECT record_id FROM unique_value WHERE module='{module}' AND field='email'"
    " AND value IN ({marks}))"
)


def _visible(call: Call) -> tuple[str, int]:
    delay = int(call.world.config.search_delay_seconds * 1_000_000)
    if not delay:
        return "deleted = 0 AND ? IS NOT NULL", 0
    return "deleted = 0 AND created_us <= ?", call.world.now_us() - delay


def _asked(call: Call, key: str) -> list[Module]:
    names = call.query.get(key, "contact").split(",")
    found = (_known(call, name.strip()) for name in names)
    return [module for module in found if module is not None]


def _known(call: Call, singular: str) -> Module | None:
    module = _BY_SINGULAR.get(singular)
    return module if module and module.plural in call.world.edition.modules else None


def search(call: Call) -> Answer:
    """``GET /search``: a bare array; ids are text."""
    words = call.query.get("q", "").strip()
    if not words:
        return Answer([])
    visible, moment = _visible(call)
    found: list[dict[str, Any]] = []
    for module in _asked(call, "include"):
        where, args = f"{visible} AND name LIKE ?", [moment, f"%{words}%"]
        if module in PEOPLE:
            where = (
                f"{visible} AND (name LIKE ? OR id IN (SELECT record_id FROM unique_value"
                f" WHERE module='{module.plural}' AND field='email' AND value LIKE ?))"
            )
            args.append(f"%{words.casefold()}%")
        rows = call.world.store.select(module.plural, where, args, f"LIMIT {_MOST}")
        found += [_hit(module, record) for record in rows]
    return Answer(found[: min(_MOST, call.number("per_page", 25))])


def _hit(module: Module, record: Record) -> dict[str, Any]:
    shown = short(module, record)
    return {
        "id": str(record.id),
        "type": module.singular,
        "name": shown.get("display_name") or record.name,
        "email": shown.get("email"),
        "avatar": None,
    }


def lookup(call: Call) -> Answer:
    """``GET /lookup``: exact value of one field, one answer per entity asked."""
    value, field = call.query.get("q", ""), call.query.get("f", "email")
    answer: dict[str, Any] = {}
    for module in _asked(call, "entities"):
        records = _exact(call, module, field, [value])
        answer[module.plural] = {module.plural: [short(module, item) for item in records]}
    return Answer(answer)


def filtered(call: Call) -> Answer:
    """``POST /filtered_search/<entity>`` with ``is_in`` (and ``is_after`` on times)."""
    module = _known(call, call.params["entity"])
    if module is None:
        raise missing("page")
    rules = call.mapping().get("filter_rule")
    if not isinstance(rules, list) or not rules:
        raise bad("Invalid or missing attributes")
    found: dict[int, Record] | None = None
    for rule in rules:
        if not isinstance(rule, dict) or rule.get("operator") not in {"is_in", "is"}:
            raise bad("Invalid or missing attributes")
        value = rule.get("value")
        values = value if isinstance(value, list) else [value]
        attribute = str(rule.get("attribute", ""))
        records = {item.id: item for item in _exact(call, module, attribute, values)}
        found = (
            records
            if found is None
            else {key: item for key, item in found.items() if key in records}
        )
    items = list((found or {}).values())
    page, per_page = call.paging
    start = (page - 1) * per_page
    return Answer(
        {
            module.plural: [
                short(module, item) for item in items[start : start + per_page]
            ],
            "meta": {"total": len(items)},
        }
    )


def _exact(call: Call, module: Module, field: str, values: list[Any]) -> list[Record]:
    visible, moment = _visible(call)
    words = [str(value).strip() for value in values if value not in (None, "")]
    name = field.removeprefix("contact_email.").removeprefix("lead_email.")
    if name in {"email", "emails"} and module in PEOPLE:
        clause = _EMAIL.format(module=module.plural, marks=marks(words))
        words = [word.casefold() for word in words]
        args: list[Any] = [moment, *words]
    elif name == "id":
        args = [moment, *[as_id(word) or 0 for word in words]]
        clause = f"id IN ({marks(words)})"
    elif name == "name":
        args = [moment, *words]
        clause = f"name COLLATE NOCASE IN ({marks(words)})"
    elif name in module.template or name.startswith("cf_"):
        path = f"$.custom_field.{name}" if name.startswith("cf_") else f"$.{name}"
        args = [moment, path, *words]
        clause = f"CAST(json_extract(body, ?) AS TEXT) IN ({marks(words)})"
    else:
        raise bad("Invalid or missing attributes")
    return call.world.store.select(
        module.plural, f"{visible} AND {clause}", args, "ORDER BY id LIMIT 1000"
    )
